//! The agent's control conversation with the server, both sides as machines without I/O.
//!
//! Source: `spec/pairing.md`, "Control conversation". Over one WebSocket: the server sends 32 random bytes; the agent
//! answers its id and a signature; from then on both send JSON texts ([`ToServer`], [`ToAgent`]). What must not be lost
//! travels numbered and is repeated until acknowledged: reports to the server from an [`Outbox`], orders to the agent
//! from whatever the server keeps them in.
//!
//! A driver reads WebSocket messages into `handle_message`, writes what `poll_transmit` gives, calls `handle_timeout`
//! when `timeout` has come, and acts on what `poll_event` gives.

pub use agent::{AgentEvent, AgentSide};
pub use messages::{
    End, EndReason, Hello, Meet, MeetKind, Order, PairedBy, Refusal, Report, Settings, Target, TargetKind, TargetState, ToAgent,
    ToServer, Welcome,
};
pub use outbox::Outbox;
pub use server::{ServerEvent, ServerSide};

use crate::{Error, Result, Ticks};

mod agent;
mod messages;
mod outbox;
mod server;

/// The version of the conversation this build speaks.
pub const VERSION: u16 = 1;
/// The largest message, in bytes.
pub const MAX_MESSAGE: usize = 256 << 10;
/// Each side pings this often.
pub const PING_MS: u64 = 10_000;
/// A line this long silent is broken.
pub const SILENCE_MS: u64 = 30_000;
/// The conversation must be open after this long.
pub const OPENING_MS: u64 = 10_000;
/// An agent waits this long for its welcome: a server to which many agents come back at once makes them wait, and gives signs of life meanwhile.
pub const WAITING_MS: u64 = 60_000;
/// The WebSocket close code of a server that has too much to do: come again, with a back-off of full jitter up to [`BUSY_MS`].
pub const BUSY: u16 = 4408;
/// The longest back-off of an agent that was told so.
pub const BUSY_MS: u64 = 10_000;
/// Reports on their way that are not yet acknowledged, at most.
pub const WINDOW: usize = 64;

const CONTEXT: &[u8] = b"noren control v1";

/// What a WebSocket brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// A ping or pong: a sign of life.
    Life,
}

/// What a WebSocket is to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A WebSocket ping.
    Ping,
}

/// When the line was last heard and last pinged.
#[derive(Debug)]
struct Line {
    heard: Ticks,
    pinged: Ticks,
    opened: Option<Ticks>,
}

impl Line {
    fn new(now: Ticks) -> Self {
        Self { heard: now, pinged: now, opened: Some(now.plus(OPENING_MS)) }
    }

    fn heard(&mut self, now: Ticks) {
        self.heard = now;
    }

    fn open(&mut self) {
        self.opened = None;
    }

    /// The conversation must be open so long from now on.
    fn opens_within(&mut self, ms: u64, now: Ticks) {
        self.opened = Some(now.plus(ms));
    }

    fn timeout(&self) -> Ticks {
        let silence = self.heard.plus(SILENCE_MS);
        let ping = self.pinged.plus(PING_MS);
        self.opened.map_or(silence, |opening| opening.min(silence)).min(ping)
    }

    /// True if it is time to ping.
    fn handle_timeout(&mut self, now: Ticks) -> Result<bool> {
        if now >= self.heard.plus(SILENCE_MS) || self.opened.is_some_and(|opening| now >= opening) {
            return Err(Error::Silent);
        }
        let due = now >= self.pinged.plus(PING_MS);
        if due {
            self.pinged = now;
        }
        Ok(due)
    }
}

#[cfg(test)]
mod tests;
