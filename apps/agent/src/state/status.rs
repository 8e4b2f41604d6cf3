//! What the daemon says of itself, for `noren-agent status`.

use super::Document;
use pairing::control::TargetState;
use pairing::{MeetingId, TargetId, UnixMs};
use serde::{Deserialize, Serialize};

/// How the daemon is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Process id, for the person at the machine.
    pub process: u32,
    /// When it was started.
    pub started: UnixMs,
    /// Whether the control conversation is open, and since when it is as it is.
    pub connected: bool,
    /// Since when.
    pub since: UnixMs,
    /// Why the last try failed, when it did.
    pub trouble: Option<String>,
    /// How far this clock is ahead of the server's, in milliseconds, at the last welcome.
    pub clock_ahead: i64,
    /// Sessions that are open.
    pub sessions: Vec<LiveSession>,
    /// The targets, as they were last seen.
    #[serde(default)]
    pub targets: Vec<SeenTarget>,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSession {
    /// Its name.
    pub meeting: MeetingId,
    /// The user's sign-in name.
    pub login: String,
    /// The target.
    pub target: TargetId,
    /// When it began.
    pub started: UnixMs,
}

/// A target as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenTarget {
    /// Its id.
    pub target: TargetId,
    /// How it is.
    pub state: TargetState,
    /// The certificate that it showed, where that is not the pinned one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
}

impl Document for Status {
    const FILE: &'static str = "status.json";
    const MAX: u64 = 1 << 20;
}
