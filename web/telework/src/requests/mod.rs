//! Requests for telework: the command, what is done with it, and its refusals by name. Pages and
//! calls parse into the command and find words for the refusals.

mod act;
mod ask;
pub(crate) mod call;
mod command;
mod crowd;
mod words;

pub use act::not_away;
pub(crate) use act::{Bench, Hindrance, decide_led, decide_own, is_stale};
pub(crate) use ask::{Handed, Of, Unasked, copy_week, hand_in};
pub(crate) use command::{Part, Unread, Wanted};
pub(crate) use crowd::crowded;
pub(crate) use words::{hindered, unasked, unread};

/// A request by its identity, and the version that was looked at.
pub(crate) type Seen = ([u8; 16], usize);
