//! The agent in the office: offers desktops, lets paired people in while a grant lasts, and
//! enforces the policy here.
//!
//! - [`state`] is what it keeps on disk, shared with the command line.
//! - [`admit`] is the one place that says who may in.
//! - [`Agent`] is the daemon: one control conversation, and a task for each meeting.
//! - [`session`] is a session from the handshake to its last word.
//! - [`World`] is everything outside (network, desktops, clock), so that tests bring their own.

pub use agent::Agent;
pub use error::{Error, Result};
pub use line::Line;
pub use world::{RealWorld, World};

pub mod admit;
mod agent;
pub mod command;
mod control;
mod error;
mod line;
mod office;
mod pair;
mod platform;
mod reach;
mod session;
mod sizes;
pub mod state;
mod world;
