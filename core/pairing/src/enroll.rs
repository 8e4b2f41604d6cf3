//! Enrolment: `POST /agent/enroll`, one JSON object each way. Source: `spec/pairing.md`,
//! "Enrolment".

use serde::{Deserialize, Serialize};

use crate::control::Relays;
use crate::{AgentId, AgentNumber, BodyCode, ChannelKey, PublicKey, UnixMs};

/// The largest request or answer, in bytes.
pub const MAX: usize = 16 << 10;

/// What a new agent sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The token an administrator was shown once.
    pub token: String,
    /// What the agent calls itself, at most 128 bytes.
    pub name: String,
    /// The program's version, at most 64 bytes.
    pub version: String,
    /// Its X25519 static key for the channel.
    pub channel_key: ChannelKey,
    /// Its Ed25519 key for the control conversation.
    pub control_key: PublicKey,
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The agent's id from now on.
    pub agent: AgentId,
    /// Its short name, for slips.
    pub number: AgentNumber,
    /// Its body.
    pub body: BodyCode,
    /// The body's name.
    pub body_name: String,
    /// The key to pin.
    pub server_key: PublicKey,
    /// The server's calendar, so that a wrong clock shows at once.
    pub time: UnixMs,
    /// The relays the agent may go to; unchecked.
    pub relays: Relays,
}

/// Why enrolment was refused, in the body of an answer that is not 200: `{"error": ...}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The token is unknown, used or expired; which of them is not said.
    BadToken,
    /// The request is not what it should be.
    Malformed,
    /// Too many tries; wait.
    TooMany,
    /// A refusal this build does not know.
    #[serde(other)]
    Other,
}
