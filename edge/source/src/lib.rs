//! Desktops to share: RDP, VNC, or the built-in sample desktop.
//!
//! # For the agent
//!
//! [`Desktop::open`] connects a [`Target`]; the result is a [`Source`]. The agent owns it alone and
//! selects between it and the viewer's messages:
//!
//! ```no_run
//! # type Viewer = tokio::sync::mpsc::Receiver<source::Input>;
//! # async fn run(viewer: &mut Viewer) -> Result<(), source::Error> {
//! use source::{Desktop, Event, Source, Target};
//! let mut desktop = Desktop::open(&Target::Sample, None, (1280, 800)).await?;
//! loop {
//!     let room = true; // whether the encoder can take another picture
//!     tokio::select! {
//!         event = desktop.next(), if room => match event? {
//!             Event::Damage(damage) => {
//!                 let _pixels = (desktop.frame(), damage.moves, damage.rects);
//!             }
//!             Event::Closed => return Ok(()),
//!             _ => {}
//!         },
//!         Some(input) = viewer.recv() => desktop.input(input).await?,
//!     }
//! }
//! # }
//! ```
//!
//! * `next` is cancel-safe and limits the rate: a newer picture is requested only while somebody
//!   waits in `next`, and everything that changed in between comes as one [`Damage`]. Nothing is
//!   queued.
//! * The first event after opening is [`Event::Resized`] with the size of the first picture.
//! * `input` never waits for the desktop.
//! * A `Damage` says how the older picture becomes the newer one: its moves in order, then its
//!   rectangles painted from [`Source::frame`]. An event is valid only until the next call of
//!   `next`.

mod account;
mod contract;
mod error;
mod keys;
mod line;
mod names;
mod probe;
mod probed;
mod rdp;
mod sample;
mod target;
pub mod text;
mod tls;
mod vnc;
mod wheel;

pub use account::Account;
pub use contract::{
    Caps, Cursor, Desktop, Event, Frame, Input, MOST_CURSOR_SIDE, MOST_PIXELS, MOST_SIDE,
    MOST_TEXT, Source,
};
pub use error::{Detail, Error, NoPin, Pin};
pub use probe::{Kind, probe};
pub use probed::Probed;
pub use rdp::{Rdp, fuzz::fuzz_rdp};
pub use rfb::{Damage, Encoding, Move, Rect};
pub use sample::Sample;
pub use target::{Address, Credentials, RdpTarget, Target, VncTarget};
pub use tls::pin_of;
pub use vnc::Vnc;
