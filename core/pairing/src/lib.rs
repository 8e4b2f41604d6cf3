//! Who may meet whom: slips and invites, tickets and grants, the agent's control conversation, the
//! relay's decisions.
//!
//! Source: `spec/pairing.md`. Nothing here reads a clock, draws a random number or opens a socket.
//! The caller passes in the time, as [`UnixMs`] (the calendar, for periods that people agreed on)
//! or [`Ticks`] (a clock that never jumps, for time-outs), and the randomness, as an `rng`.
//!
//! - [`Ticket`] admits one side to one meeting at a relay, once; [`relay::Machine`] makes all
//!   decisions of the relay.
//! - [`Grant`] is the server's signed statement that a person may use a target now; [`Door`] is the
//!   agent's check of it.
//! - [`Slip`] is what is printed in the office; [`Book`] holds the invites it came from.
//! - [`control::AgentSide`] and [`control::ServerSide`] are the two ends of the control
//!   conversation.
//! - [`Head`] is the signed head of a body's record, as agents keep it; [`Tries`] counts refused
//!   passwords of office PCs.

pub use error::{Error, Result};
pub use grant::{Door, Grant, Policy, Seen, Zone};
pub use head::Head;
pub use ids::{
    AgentId, AgentNumber, BodyCode, ChannelKey, DeviceId, GrantId, InviteId, MeetingId, TargetId,
    UserId,
};
pub use invites::{Attempt, Book, Invite};
pub use keys::{PublicKey, Signature, SigningKey};
pub use slip::{Psk, Secret, Slip};
pub use ticket::{Side, Ticket};
pub use time::{Ticks, UnixMs};
pub use tries::{Refused, Tries};

pub mod control;
pub mod crockford;
pub mod enroll;
mod error;
mod grant;
mod head;
mod ids;
mod invites;
mod keys;
pub mod relay;
mod slip;
#[cfg(test)]
mod testing;
mod ticket;
mod time;
mod tries;
