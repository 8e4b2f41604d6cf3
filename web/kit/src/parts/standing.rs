//! A server whose store is older than what it said of it before: closed to everybody, and says so.

use std::sync::OnceLock;

use audit::{Chain, Head, Seen};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

use super::Kit;
use crate::error::Refusal;

/// Why the server is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed {
    /// Whose record it was seen at.
    pub chain: Chain,
    /// The head that was told before.
    pub told: Head,
    /// What the store holds instead.
    pub found: Seen,
    /// Who knew better, in words for the operator.
    pub by: &'static str,
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the record of {} was at {} according to {}, ", self.chain.as_str(), self.told.seq, self.by)?;
        match self.found {
            Seen::Behind { at } => write!(f, "and the store ends at {at}")?,
            _ => write!(f, "and the store holds another record with that number")?,
        }
        f.write_str(
            ": an old copy of the data was put back, or the record was rewritten. The server is closed. Stop it, put back what is newest, \
             and run `noren-server restored --anchors FILE --export FILE` (deploy/README.md, \"Putting a copy back\")",
        )
    }
}

/// Whether the server is open; once closed it stays so until it is started again, and the start looks again.
#[derive(Debug, Default)]
pub struct Standing {
    why: OnceLock<Closed>,
    told: watch::Sender<bool>,
}

impl Standing {
    /// Comes back when the server was closed: whoever holds lines ends them.
    pub async fn until_closed(&self) {
        // The sender is ours, so there is somebody to hear from.
        _ = self.told.subscribe().wait_for(|closed| *closed).await;
    }
}

impl Kit {
    /// Closes the server: pages, calls and agents are refused, nothing is written any more, and lines that are open end.
    pub fn close(&self, why: Closed) {
        if self.standing.why.set(why).is_ok() {
            tracing::error!("{why}");
            self.store.stop_writing();
            self.standing.told.send_replace(true);
        }
    }

    /// Why the server is closed, if it is.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.standing.why.get().copied()
    }
}

/// Before everything else: a closed server answers nothing but that it is closed. Style sheets and fonts hold nobody's data.
pub async fn guard(State(kit): State<Kit>, request: Request, next: Next) -> Response {
    if kit.closed().is_some() && !request.uri().path().starts_with("/static/") {
        return Refusal::Unavailable("record_rolled_back").into_response();
    }
    next.run(request).await
}
