//! Agents, pairings and sessions on PCs: the server's half of `spec/pairing.md`.
//!
//! | file | what |
//! |---|---|
//! | `hub.rs` | which agents are connected, how their PCs stand, which meetings are under way |
//! | `ended.rs` | how a session ended, in words |
//! | `enroll.rs` | `POST /agent/enroll`: a token becomes an agent |
//! | `control.rs` | `GET /agent/control`: one agent's conversation |
//! | `over.rs` | why a conversation ends, and its close code |
//! | `reports.rs` | what an agent reports, put on record once |
//! | `pairings.rs` | `POST /api/pairings` |
//! | `sessions.rs` | `POST /api/sessions` |
//! | `meetings.rs` | what pairings and sessions share; `GET /api/meetings/{id}` |
//! | `relay.rs` | `GET /relay`: the relay inside this server |
//! | `elsewhere.rs` | the line to each relay elsewhere, by which it hears what is over |
//! | `cuts.rs` | ends what was cut, within seconds (NOREN-R16, NOREN-R22) |
//! | `grounds.rs` | which open sessions may not go on |
//! | `look.rs` | the look around: every minute what every event missed |
//! | `admission.rs` | agents that come back are let in, so many at a time |
//! | `acts.rs` | what administrators do: tokens, revoking, ending; for the pages |

pub mod acts;
mod admission;
mod control;
mod cuts;
mod elsewhere;
pub mod ended;
mod enroll;
mod grounds;
mod hub;
mod look;
mod meetings;
mod over;
mod pairings;
mod relay;
mod reports;
mod sessions;
#[cfg(test)]
mod tests;

pub use hub::{Hub, PcState};

use crate::{People, Route};

/// Starts what follows cuts and the closing of the server, and the lines to relays elsewhere.
pub(crate) fn watch(app: &People) {
    cuts::start(app.clone());
    elsewhere::start(app);
}

/// Routes of this module.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = enroll::routes();
    all.extend(control::routes());
    all.extend(relay::routes());
    all.extend(pairings::routes());
    all.extend(sessions::routes());
    all.extend(meetings::routes());
    all
}
