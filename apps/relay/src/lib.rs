//! Joins two encrypted streams it cannot read.
//!
//! [`Relay::serve`] takes a byte stream whose WebSocket handshake is done, asks for a ticket, waits
//! for the other side and then carries frames between the two until one closes. Who may is decided
//! by [`pairing::relay::Machine`]; how bytes move is decided here:
//!
//! - frames are not put together: what one read brought is unmasked in place and leaves with one
//!   write;
//! - nothing is read from a side while the other has not taken what came before, so a slow one
//!   slows only its partner;
//! - a connection that is idle holds no buffer: the buffer belongs to the thread.
//!
//! Source: `spec/pairing.md`, "Meeting"; RFC 6455, section 5.

pub use config::{Config, File};
pub use listen::{listen, listen_with};
pub use serve::Relay;

mod config;
mod early;
mod frames;
mod line;
mod listen;
mod serve;
mod splice;
