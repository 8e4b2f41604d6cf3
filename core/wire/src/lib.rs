//! Bytes: cursors, encode and decode, limits, and the messages of a session.
//!
//! Source: `spec/wire.md`. Every integer is big-endian. A decoder checks every length against what
//! is left and against its own limit before it allocates, and refuses bytes left over at the end.
//!
//! - [`Reader`] and [`Writer`] are the cursors every other protocol crate builds on.
//! - [`session`] holds the messages that travel inside the end-to-end channel.

pub use cursor::{Reader, Writer};
pub use error::Error;

mod cursor;
mod error;
pub mod session;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Decodes any bytes as a message of either direction; for fuzzing: must neither panic nor use
/// unbounded memory, and what decodes must encode to the same bytes.
pub fn fuzz_decode(bytes: &[u8]) {
    if let Ok(message) = session::ToAgent::decode(bytes) {
        assert_eq!(message.encode().as_deref(), Ok(bytes), "one message, one encoding");
    }
    if let Ok(message) = session::ToViewer::decode(bytes) {
        assert_eq!(message.encode().as_deref(), Ok(bytes), "one message, one encoding");
    }
}
