//! Why an agent's conversation ends, and what the agent is told of it.

use pairing::control::BUSY;

use super::admission::Busy;
use kit::error::Refusal;

/// Why a conversation ends; logged once, where the conversation is left.
#[derive(Debug, thiserror::Error)]
pub(super) enum Over {
    #[error("{0}")]
    Line(#[from] net::Error),
    #[error("{0}")]
    Protocol(#[from] pairing::Error),
    #[error("{0}")]
    Store(#[from] store::Fault),
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("too many agents at once, or too much of one")]
    Busy,
    #[error("its body is stopped")]
    Stopped(people::AgentId),
    #[error("it heard more of the record than there is")]
    WentBack,
    #[error("closed")]
    Closed,
}

impl From<Busy> for Over {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl Over {
    /// What the far end is told (`spec/pairing.md`, "Control conversation").
    pub(super) fn code(&self, known: bool) -> (u16, &'static str) {
        match self {
            // The store has too much to do as well.
            Self::Busy => (BUSY, "busy"),
            Self::Store(fault) if fault.passing() => (BUSY, "busy"),
            // It comes again, and not eagerly.
            Self::Stopped(_) => (BUSY, "stopped"),
            Self::Protocol(pairing::Error::UnknownVersion(_)) => (4406, "version"),
            Self::WentBack => (4409, "record"),
            _ if known => (1000, ""),
            _ => (4401, "not known"),
        }
    }
}
