//! The look around: every minute, page by page, what every event missed. A cut that was never said,
//! a period of a telework day or of a permission that ended, a process that died between a commit
//! and its word: whatever has no ground ends here at the latest.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use people::{BodyCode, MeetingId};
use store::open_sessions::Of;

use super::cuts::{close_body, end_open};
use super::grounds::fallen;
use super::hub::ToLine;
use crate::People;

/// How often everything is looked at.
pub(super) const EVERY: Duration = Duration::from_secs(60);
/// Bodies of one page: a few statements, one connection, given back before the next.
const PAGE: usize = 16;
/// After a page that could not be looked at.
const AGAIN: Duration = Duration::from_secs(1);

/// Looks around as long as the server runs.
pub(super) async fn keep(app: People) {
    // What was found before and told of is not told every minute.
    let mut told = BTreeSet::new();
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(fault) = at_all(&app, &mut told).await {
            tracing::error!(%fault, "cannot look for sessions without ground; looking again in a \
                minute");
        }
    }
}

/// Looks at every body once. `told`: meetings that were ended by the look before and are not over
/// by their agent's word yet; after it, those of this look.
pub(super) async fn at_all(app: &People, told: &mut BTreeSet<MeetingId>) -> store::Result<()> {
    let bodies = store::bodies::all(&mut *app.store.for_lines().read().await?).await?;
    let stopped = bodies.iter().filter(|body| body.suspended).map(|body| body.code);
    stopped
        .filter(|body| !app.hub.of_body(*body).is_empty())
        .for_each(|body| close_body(app, body));
    let codes: Vec<BodyCode> = bodies.into_iter().map(|body| body.code).collect();
    let mut found = BTreeSet::new();
    for page in codes.chunks(PAGE) {
        let began = Instant::now();
        found.extend(at_page(app, page, told).await?);
        // Half of the time at most: cuts that come meanwhile are not to wait for a look that nobody
        // is in a hurry for.
        tokio::time::sleep(began.elapsed().min(AGAIN)).await;
    }
    *told = found;
    Ok(())
}

async fn at_page(
    app: &People,
    bodies: &[BodyCode],
    told: &BTreeSet<MeetingId>,
) -> store::Result<Vec<MeetingId>> {
    let mut conn = app.store.for_lines().read().await?;
    let fallen = fallen(&*app.ports.openings, &mut conn, Of::Bodies(bodies), app.now()).await?;
    let revoked = store::agents::revoked(&mut conn, bodies).await?;
    let forgetful = store::devices::revoked_known_by(&mut conn, bodies).await?;
    drop(conn);
    let new: Vec<_> = fallen.iter().filter(|open| !told.contains(&open.meeting)).collect();
    if !new.is_empty() {
        tracing::info!(sessions = new.len(), "sessions had no ground any more; ended");
    }
    new.into_iter().for_each(|open| end_open(app, open));
    revoked
        .into_iter()
        .filter(|agent| app.hub.is_connected(*agent))
        .for_each(|agent| _ = app.hub.tell(agent, ToLine::Retire));
    forgetful.into_iter().for_each(|agent| _ = app.hub.tell(agent, ToLine::Look));
    Ok(fallen.into_iter().map(|open| open.meeting).collect())
}
