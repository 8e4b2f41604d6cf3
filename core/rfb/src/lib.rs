//! The VNC (RFB) client as a state machine: RFC 6143 and the extensions of the community's
//! rfbproto.
//!
//! No I/O: [`Client::handle_bytes`] takes what the server sent, [`Client::poll_transmit`] gives
//! what to send, [`Client::poll_event`] tells what happened, [`Client::framebuffer`] is the picture
//! as the last whole update left it. Pixels are `u32` 0x00RRGGBB. Every length that a server sends
//! is held against a limit before anything is allocated for it; whatever it sends gives an
//! [`Error`], never a panic.

mod bytes;
mod client;
mod commit;
mod config;
mod decode;
mod error;
mod framebuffer;
pub mod fuzz;
mod geometry;
mod handshake;
mod inflate;
mod message;
mod text;
mod update;

pub use client::{Client, Event, Extensions, MOST_OFFER};
pub use config::{Config, FAR, NEAR, Security};
pub use decode::cursor::Cursor;
pub use error::Error;
pub use framebuffer::{Framebuffer, Limits};
pub use geometry::{Damage, Move, Rect};
pub use message::Encoding;
pub use text::MOST_NAME;
