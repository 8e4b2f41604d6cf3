//! Agents, pairings and sessions on PCs: the server's half of `spec/pairing.md`.

use people::{AgentId, TargetId};

use crate::http::Route;

/// How a PC stands, as people see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PcState {
    /// Can be opened.
    Ready,
    /// Somebody is on it.
    Busy,
    /// Its agent is not connected.
    Offline,
}

/// What is connected now.
#[derive(Debug, Default)]
pub struct Hub {}

impl Hub {
    /// How a PC stands.
    #[must_use]
    pub fn state(&self, _agent: AgentId, _target: &TargetId) -> PcState {
        PcState::Offline
    }
}

/// Routes of this module.
#[must_use]
pub fn routes() -> Vec<Route> {
    Vec::new()
}
