//! What can go wrong on the way, named by fault.

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a connection did not come about or did not last.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system says no.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// An address that cannot be used.
    #[error("not a usable address: {0}")]
    BadUrl(&'static str),
    /// Plain text to anywhere but this machine.
    #[error("refusing to speak without TLS to another machine")]
    Plaintext,
    /// A certificate, key or list of authorities cannot be used.
    #[error("certificates: {0}")]
    BadCertificate(String),
    /// The TLS handshake failed; mostly a certificate nobody vouches for.
    #[error("TLS: {0}")]
    Tls(std::io::Error),
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
    /// The line is gone.
    #[error("the line is closed")]
    Closed,
    /// It took too long.
    #[error("timed out")]
    TimedOut,
}
