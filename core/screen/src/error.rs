use thiserror::Error;

/// What can be wrong with a frame or an acknowledgement that came from the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Error {
    /// The bytes end before the frame does.
    #[error("truncated frame")]
    Truncated,
    /// The entropy coder's final state is wrong or bytes are left over.
    #[error("corrupt frame")]
    Corrupt,
    /// A picture is larger than the decoder's limit, or a count is beyond its bound.
    #[error("frame too large")]
    TooLarge,
    /// A rectangle leaves the picture or is empty.
    #[error("rectangle outside the picture")]
    OutOfBounds,
    /// A flag, section or coding this version does not know.
    #[error("unknown coding")]
    Unknown,
    /// The first frame does not carry the size of the picture.
    #[error("no picture size yet")]
    NoSize,
    /// An acknowledgement names a frame that was never sent or was acknowledged before.
    #[error("acknowledgement of an unknown frame")]
    UnknownFrame,
}
