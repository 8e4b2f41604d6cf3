//! Errors of a connection, named by who is at fault.

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a connection failed or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system reported an error.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// An address that cannot be used.
    #[error("not a usable address: {0}")]
    BadUrl(&'static str),
    /// A connection without TLS to another machine.
    #[error("refusing to speak without TLS to another machine")]
    Plaintext,
    /// A certificate, key or list of authorities cannot be used.
    #[error("certificates: {0}")]
    BadCertificate(String),
    /// The TLS handshake failed; most often the certificate is not signed by a trusted authority.
    #[error("TLS: {0}")]
    Tls(std::io::Error),
    /// The proxy asks for a user and a password, and none are known. It offers these ways.
    #[error("the proxy asks for a user and a password (it offers {0})")]
    ProxyAsks(String),
    /// The proxy lets in by ways that are not supported; no password was sent.
    #[error(
        "the proxy lets in by {0} only; Basic is the only way supported, and no password was sent"
    )]
    ProxyScheme(String),
    /// The proxy refused the user or the password.
    #[error("the proxy refused the user or the password (it offers {0})")]
    ProxyDenied(String),
    /// The proxy refused, with this HTTP status.
    #[error("the proxy answered {0}")]
    ProxyRefused(u16),
    /// The proxy does not speak HTTP.
    #[error("the proxy does not speak HTTP")]
    ProxyMisbehaved,
    /// The server refused the WebSocket, with this HTTP status.
    #[error("the server answered {0} instead of a WebSocket")]
    Refused(u16),
    /// The peer broke RFC 6455 or HTTP.
    #[error("the peer misbehaved: {0}")]
    PeerMisbehaved(String),
    /// A message over the limit.
    #[error("a message was too large")]
    TooLarge,
    /// The connection is closed.
    #[error("the line is closed")]
    Closed,
    /// It took too long.
    #[error("timed out")]
    TimedOut,
}
