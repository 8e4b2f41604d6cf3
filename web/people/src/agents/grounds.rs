//! Which open sessions may not go on: judged for many at once, by a few statements for each body
//! that asks for telework days.

use std::collections::{BTreeMap, BTreeSet};

use people::{BodyCode, StaffId};
use store::Conn;
use store::open_sessions::{Of, Open};

use kit::ports::Openings;

/// Of the open sessions of whom is named, those that nothing carries any more.
pub(super) async fn fallen(
    openings: &dyn Openings,
    conn: &mut Conn,
    of: Of<'_>,
    now: i64,
) -> store::Result<Vec<Open>> {
    let open = store::open_sessions::judged(conn, of, now).await?;
    Ok(judge(openings, conn, open, now)
        .await?
        .into_iter()
        .filter_map(|(open, stands)| (!stands).then_some(open))
        .collect())
}

/// Each with whether it may go on: the grounds that are rows, and, where its body asks for an
/// approved telework day, that day too.
pub(super) async fn judge(
    openings: &dyn Openings,
    conn: &mut Conn,
    open: Vec<Open>,
    now: i64,
) -> store::Result<Vec<(Open, bool)>> {
    let mut by_body: BTreeMap<BodyCode, BTreeSet<StaffId>> = BTreeMap::new();
    for one in open.iter().filter(|one| one.grounded) {
        by_body.entry(one.body).or_default().insert(one.staff);
    }
    let closed = openings.closed(conn, &by_body, now).await?;
    Ok(open
        .into_iter()
        .map(|one| (one, one.grounded && !closed.contains(&(one.body, one.staff))))
        .collect())
}
