//! What can be wrong with bytes.

/// Why bytes were refused, or a value could not be put into bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A field reaches past the end of the input.
    #[error("truncated: {wanted} bytes wanted, {left} left")]
    Truncated {
        /// Bytes the field needs.
        wanted: usize,
        /// Bytes that were left.
        left: usize,
    },
    /// Bytes were left over after the last field.
    #[error("trailing: {0} bytes after the end")]
    Trailing(usize),
    /// A length is over the limit of its field.
    #[error("too long: {length} bytes where {limit} are allowed")]
    TooLong {
        /// Length announced or given, in bytes.
        length: usize,
        /// Limit of the field, in bytes.
        limit: usize,
    },
    /// A string is not UTF-8.
    #[error("a string is not UTF-8")]
    NotUtf8,
    /// The first byte of a message is not in the table of its direction.
    #[error("unknown tag {0:#04x}")]
    UnknownTag(u8),
    /// A field holds a value its definition does not allow.
    #[error("bad value of {0}")]
    BadValue(&'static str),
}
