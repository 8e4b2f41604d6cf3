//! A server whose store is older than what it said of it before: closed to everybody, and says so.

use std::sync::{Mutex, OnceLock, PoisonError};

use audit::{Chain, Head, Seen};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

use super::Kit;
use crate::error::{CLOSED, Refusal};

/// Why the server is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// The store does not hold what was told of it.
    Other {
        /// Whose record it was seen at.
        chain: Chain,
        /// The head that was told before.
        told: Head,
        /// What the store holds instead.
        found: Seen,
        /// Who knew better, in words for the operator.
        by: &'static str,
    },
    /// The store knows of anchors, and the file that should tell of them says nothing.
    NoAnchors {
        /// The number of the last one the store knows.
        last: u64,
    },
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Other { chain, told, found, by } => {
                let chain = chain.as_str();
                write!(f, "the record of {chain} was at {} according to {by}, ", told.seq)?;
                match found {
                    Seen::Behind { at } => write!(f, "and the store ends at {at}")?,
                    _ => write!(f, "and the store holds another record with that number")?,
                }
                f.write_str(
                    ": an old copy of the data was put back, or the record was rewritten. \
                     The server is closed. Stop it, put back what is newest, and run \
                     `noren-server restored --anchors FILE --export FILE` (deploy/README.md, \
                     \"Putting a copy back\")",
                )
            }
            Self::NoAnchors { last } => write!(
                f,
                "the database knows of {last} anchors, and the file of anchors is empty or was \
                 not there: nothing would tell an old copy of the data. The server is closed. \
                 Stop it and put the file back (it may have been renamed). If it is lost for \
                 good, or is to begin now, run `noren-server audit begin-anchors --anchor-file \
                 PATH` (deploy/README.md, \"The record outside\")"
            ),
        }
    }
}

/// Whether the server is open; once closed it stays so until it is started again, and the start
/// looks again.
#[derive(Debug, Default)]
pub struct Standing {
    why: OnceLock<Closed>,
    told: watch::Sender<bool>,
    refused: Mutex<Refused>,
}

/// How often the log of a closed server tells of those it refused.
const SAY_MS: i64 = 60_000;

/// Requests that a closed server refused: strangers do not fill its log.
#[derive(Debug, Default)]
struct Refused {
    count: u64,
    /// When it was last told, and how many there were then.
    said: Option<(i64, u64)>,
}

impl Refused {
    /// One more; how many since the last time, when it is time to say so.
    fn one(&mut self, now: i64) -> Option<u64> {
        self.count += 1;
        let (at, before) = self.said.unwrap_or((i64::MIN, 0));
        // A clock that went back keeps nothing silent.
        let due = now < at || now.saturating_sub(at) >= SAY_MS;
        due.then(|| {
            self.said = Some((now, self.count));
            self.count - before
        })
    }
}

impl Standing {
    /// Comes back when the server was closed: whoever holds lines ends them.
    pub async fn until_closed(&self) {
        // The sender is ours, so there is somebody to hear from.
        _ = self.told.subscribe().wait_for(|closed| *closed).await;
    }
}

impl Kit {
    /// Closes the server: pages, calls and agents are refused, nothing is written any more, and
    /// lines that are open end.
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

/// Before everything else: a closed server answers nothing but that it is closed. Style sheets and
/// fonts hold nobody's data.
pub async fn guard(State(kit): State<Kit>, request: Request, next: Next) -> Response {
    if kit.closed().is_some() && !request.uri().path().starts_with("/static/") {
        let refused =
            kit.standing.refused.lock().unwrap_or_else(PoisonError::into_inner).one(kit.now());
        if let Some(count) = refused {
            tracing::error!(count, "requests were refused: the server is closed");
        }
        return Refusal::Unavailable(CLOSED).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_server_tells_of_a_flood_once_a_minute_and_how_many_it_was() {
        let mut refused = Refused::default();
        let said: Vec<u64> = (0..300_000).filter_map(|ms| refused.one(ms)).collect();
        assert_eq!(said, [1, 60_000, 60_000, 60_000, 60_000]);
        assert!(refused.one(100).is_some(), "the clock went back");
    }
}
