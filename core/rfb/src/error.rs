//! What can go wrong, by whose fault.

/// Why a VNC session cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server refused the password or the client. The text is the server's own, shortened and
    /// without control characters.
    #[error("refused: {0}")]
    Refused(String),
    /// The server asks for a password and the configuration has none.
    #[error("a password is asked for")]
    PasswordNeeded,
    /// The server asks for a user's name and password and the configuration has none.
    #[error("a user's name and password are asked for")]
    LoginNeeded,
    /// The server offers only versions or ways to authenticate that are not accepted.
    #[error("unsupported: {0}")]
    Unsupported(&'static str),
    /// The server broke the protocol.
    #[error("protocol broken: {0}")]
    PeerMisbehaved(&'static str),
    /// The server exceeds a limit.
    #[error("too large: {0}")]
    TooLarge(&'static str),
}
