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
    /// What the machine calls itself, for the record, at most 128 bytes. The agent is called as the
    /// administrator called it.
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
    /// Its name, as the administrator typed it; empty from an older server.
    #[serde(default)]
    pub name: String,
    /// Its short number, for slips.
    pub number: AgentNumber,
    /// Its body.
    pub body: BodyCode,
    /// The body's name.
    pub body_name: String,
    /// The server's public key, to be pinned.
    pub server_key: PublicKey,
    /// The server's calendar time, so that the agent notices a wrong clock at once.
    pub time: UnixMs,
    /// The relays the agent may connect to; not yet checked.
    pub relays: Relays,
}

/// Why enrolment was refused, in the body of an answer that is not 200: `{"error": ...}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The token is unknown, used or expired; the refusal does not say which.
    BadToken,
    /// The request is malformed.
    Malformed,
    /// Too many tries; wait.
    TooMany,
    /// A refusal this build does not know.
    #[serde(other)]
    Other,
}
