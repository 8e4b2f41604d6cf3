//! Pictures of a desktop: damage to tiles to frames, and the reference decoder. The bytes are
//! described in `spec/screen.md`.
//!
//! # How an agent drives it
//!
//! [`Encoder`] is a pure machine; `now` is the time since any fixed moment of the session, the same
//! for all calls.
//!
//! ```
//! use std::time::Duration;
//! use screen::{Ack, Caps, Config, Decoder, Encoder, Picture, Rect};
//!
//! let pixels = vec![0x00ff_ffff; 64 * 48];
//! let picture = Picture::new(64, 48, &pixels).unwrap();
//! let mut encoder = Encoder::new(64, 48, Caps::from_bits(0), Config::default());
//! let mut decoder = Decoder::new(1 << 24);
//! let mut now = Duration::ZERO;
//! // The source says what changed (the first frame needs no damage: everything is sent).
//! encoder.handle_damage(&[Rect::new(0, 0, 64, 48)], &[], now);
//! // Whenever damage, an acknowledgement or the timeout came: send frames until there are none.
//! while let Some(body) = encoder.poll_frame(&picture, now) {
//!     // ... wire message 0x42 ...
//!     decoder.frame(&body).unwrap();
//!     // ... and the viewer's ScreenAck, wire message 0x08, comes back.
//!     now += Duration::from_millis(20);
//!     let ack = Ack { frame: decoder.frames(), work: 5, waiting: 0 };
//!     encoder.handle_ack(&ack.encode(), now).unwrap();
//! }
//! assert_eq!(decoder.row(47)[63], 0x00ff_ffff);
//! let _wake_at: Option<Duration> = encoder.timeout();
//! ```
//!
//! `refresh` and `resize` make the next frame reset everything; `line` gives round trip and rate
//! for the viewer's display of line quality.

mod ack;
mod choose;
mod coder;
mod config;
mod decoder;
mod encoder;
mod error;
mod flow;
mod frame;
mod geometry;
mod model;
mod photo;
mod plane;
mod scroll;
mod state;
mod tiles;
mod video;
mod watermark;

pub use ack::Ack;
pub use config::{Caps, Config};
pub use decoder::{Decoder, VideoUnit};
pub use encoder::Encoder;
pub use error::Error;
pub use flow::Line;
pub use frame::MAX_SIDE;
pub use geometry::{Move, Picture, Rect};
pub use watermark::Watermark;

/// Decodes any bytes as two frames after a good first one; for fuzzing: must neither panic nor use
/// unbounded memory or time.
pub fn fuzz_decode(bytes: &[u8]) {
    let mut decoder = Decoder::new(1 << 16);
    let _ = decoder.frame(bytes);
    let mut decoder = Decoder::new(1 << 16);
    let _ = decoder.frame(&[1, 0, 64, 0, 48]);
    let _ = decoder.frame(bytes);
    let _ = Ack::decode(bytes);
}
