//! What can go wrong in a channel, named by fault.

/// Why a channel failed. Every failure is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A handshake message does not fit: another prologue, key or secret, or altered bytes. Noise
    /// cannot tell which.
    #[error("the handshake does not fit: other prologue, key or secret, or altered bytes")]
    Handshake,
    /// A public key of small order, which would give the same secret with everybody.
    #[error("a public key of small order")]
    WeakKey,
    /// A handshake message was read or written when it was the other side's turn, or after the end.
    #[error("a handshake message out of turn")]
    OutOfTurn,
    /// The handshake is not finished yet.
    #[error("the handshake is not finished")]
    NotFinished,
    /// A record does not decrypt: altered, lost, repeated or out of order.
    #[error("a record does not decrypt: altered, lost, repeated or out of order")]
    Record,
    /// A handshake message, record or payload is longer than Noise allows.
    #[error("{length} bytes where {limit} are allowed")]
    Oversized {
        /// Length in bytes.
        length: usize,
        /// Limit in bytes.
        limit: usize,
    },
    /// A message is larger than the limit of its direction.
    #[error("a message is larger than {limit} bytes")]
    TooLarge {
        /// Limit of the direction in bytes.
        limit: usize,
    },
    /// A record without a kind, or of an unknown kind.
    #[error("unknown kind of record")]
    UnknownKind,
    /// A record whose payload does not fit its kind: an empty part, or a rekey or close of the
    /// wrong length.
    #[error("a record's payload does not fit its kind")]
    BadRecord,
    /// The peer used one key for more records or bytes than it may.
    #[error("the peer did not rekey in time")]
    Overused,
    /// A record came, or should be sent, after the close.
    #[error("the channel is closed")]
    Closed,
    /// The transport ended without a close record: it was cut.
    #[error("the transport ended without a close")]
    Truncated,
    /// The machine failed before and has dropped its keys.
    #[error("the channel failed before")]
    Spent,
    /// A payload of the pairing handshake is malformed.
    #[error("payload: {0}")]
    Payload(#[from] wire::Error),
}
