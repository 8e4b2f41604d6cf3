//! The VNC (RFB) client as a state machine.

mod geometry;

pub use geometry::{Damage, Move, Rect};
