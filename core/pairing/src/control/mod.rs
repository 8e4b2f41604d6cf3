//! The agent's control conversation with the server, both sides as machines without I/O.
//!
//! Source: `spec/pairing.md`, "Control conversation". Over one WebSocket: the server sends 32
//! random bytes; the agent answers who it is, 32 random bytes of its own and a proof; from then on
//! both send signed and numbered words, each with one JSON text in it ([`ToServer`], [`ToAgent`]).
//! What must not be lost travels numbered and is repeated until acknowledged: reports to the server
//! from an [`Outbox`], orders to the agent from whatever the server keeps them in.
//!
//! A driver reads WebSocket messages into `handle_message`, writes what `poll_transmit` gives as
//! binary messages, calls `handle_timeout` when `timeout` has come, and acts on what `poll_event`
//! gives.

pub use agent::{AgentEvent, AgentSide};
pub use messages::{
    End, EndReason, Hello, Meet, MeetKind, Order, PairedBy, Refusal, Report, Settings, Target,
    TargetKind, TargetState, ToAgent, ToServer, Welcome,
};
pub use outbox::Outbox;
pub use relays::Relays;
pub use server::{ServerEvent, ServerSide};

use crate::{Error, Result, Ticks};

mod agent;
mod messages;
mod outbox;
mod relays;
mod server;
mod words;

/// The version of the conversation this build speaks.
pub const VERSION: u16 = 2;
/// The largest text of a word, in bytes.
pub const MAX_MESSAGE: usize = 256 << 10;
/// The largest word, and so the largest message of the WebSocket, in bytes: two numbers, text and
/// signature.
pub const MAX_WORD: usize = 16 + MAX_MESSAGE + 64;
/// The agent says this often that it is there.
pub const ALIVE_MS: u64 = 10_000;
/// A line this long silent is broken.
pub const SILENCE_MS: u64 = 30_000;
/// The conversation must be open after this long.
pub const OPENING_MS: u64 = 10_000;
/// An agent waits this long for its welcome: a server to which many agents come back at once makes
/// them wait, and gives signs of life meanwhile.
pub const WAITING_MS: u64 = 60_000;
/// The WebSocket close code of a server that has too much to do: come again, with a back-off of
/// full jitter up to [`BUSY_MS`].
pub const BUSY: u16 = 4408;
/// The longest back-off of an agent that was told so.
pub const BUSY_MS: u64 = 10_000;
/// Reports on their way that are not yet acknowledged, at most.
pub const WINDOW: usize = 64;

/// What a WebSocket brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A text message: nobody who speaks this version sends one.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// A ping or pong. It is nobody's word, so it proves nothing and changes nothing.
    Life,
}

/// How long the line has been silent.
#[derive(Debug)]
struct Line {
    /// The last moment that came in from outside.
    now: Ticks,
    /// When that was said of which the other side proved last that it was heard; counts once the
    /// conversation is open.
    alive: Ticks,
    /// When the conversation must be open, until it is.
    opening: Option<Ticks>,
}

impl Line {
    fn new(now: Ticks) -> Self {
        Self { now, alive: now, opening: Some(now.plus(OPENING_MS)) }
    }

    fn open(&mut self, now: Ticks) {
        self.opening = None;
        self.alive = now;
    }

    /// The conversation must be open so long from now on.
    fn opens_within(&mut self, ms: u64, now: Ticks) {
        self.now = now;
        self.opening = Some(now.plus(ms));
    }

    fn proved(&mut self, alive: Option<Ticks>) {
        self.alive = alive.map_or(self.alive, |at| at.max(self.alive));
    }

    fn timeout(&self) -> Ticks {
        self.opening.unwrap_or(self.alive.plus(SILENCE_MS))
    }

    fn handle_timeout(&mut self, now: Ticks) -> Result<()> {
        self.now = now;
        if now >= self.timeout() { Err(Error::Silent) } else { Ok(()) }
    }
}

#[cfg(test)]
mod middle;
#[cfg(test)]
mod tests;
