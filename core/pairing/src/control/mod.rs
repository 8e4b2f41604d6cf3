//! The agent's control conversation with the server, both sides as machines without I/O.
//!
//! Source: `spec/pairing.md`, "Control conversation". Over one WebSocket the server sends 32 random
//! bytes. The agent answers with its id, 32 random bytes of its own and a proof. From then on both
//! sides send signed and numbered words, each with one JSON text in it ([`ToServer`], [`ToAgent`]).
//! What must not be lost is numbered and repeated until acknowledged: reports to the server from an
//! [`Outbox`], orders to the agent from the server's store.
//!
//! A driver passes WebSocket messages to `handle_message`, sends what `poll_transmit` gives as
//! binary messages, calls `handle_timeout` at the time `timeout` gives, and acts on what
//! `poll_event` gives.

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
/// The agent sends `alive` this often.
pub const ALIVE_MS: u64 = 10_000;
/// A line is broken after this long without a sign of life.
pub const SILENCE_MS: u64 = 30_000;
/// The conversation must be open after this long.
pub const OPENING_MS: u64 = 10_000;
/// An agent waits this long for its welcome. A server to which many agents reconnect at once makes
/// them wait, and sends nothing meanwhile.
pub const WAITING_MS: u64 = 60_000;
/// The WebSocket close code of a server that is too busy: reconnect with a back-off of full jitter
/// up to [`BUSY_MS`].
pub const BUSY: u16 = 4408;
/// The longest back-off after [`BUSY`].
pub const BUSY_MS: u64 = 10_000;
/// Most reports that were sent and not acknowledged.
pub const WINDOW: usize = 64;

/// What a WebSocket received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A text message, which this version never uses: it ends the line.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// A ping or pong. It is not signed, so it proves nothing and changes nothing.
    Life,
}

/// How long the line has been silent.
#[derive(Debug)]
struct Line {
    /// The last time the driver passed in.
    now: Ticks,
    /// When this side said the last word that the other side has proved to have heard. It counts
    /// once the conversation is open.
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

    /// Sets the time until which the conversation must be open.
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
