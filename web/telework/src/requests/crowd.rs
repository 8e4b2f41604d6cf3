//! Who would be left at the counter.

use std::collections::BTreeSet;

use jiff::civil::Date;
use people::{DivisionId, Staff};
use store::telework::RequestRow;
use telework::papers::Leave;
use telework::request::{Conflict, Request, Team, conflicts};

use crate::Office;

/// The days on which approving all that waits in a division would leave too few in the office.
/// `around` are its requests of those days.
pub(crate) fn crowded(
    division: DivisionId,
    members: &[&Staff],
    office: &Office,
    leaves: &[Leave],
    rows: &[RequestRow],
    around: &[RequestRow],
) -> Vec<Conflict> {
    let days = rows.iter().map(|row| row.request.day).collect::<BTreeSet<_>>();
    let away = |day: Date| {
        leaves.iter().filter(move |leave| leave.covers(day)).map(move |leave| (day, leave.staff))
    };
    let team = Team {
        members: members.iter().map(|one| one.id).collect(),
        least_present: office.least.get(&division).copied().unwrap_or(0),
        on_leave: days.into_iter().flat_map(away).collect(),
    };
    let of = |rows: &[RequestRow], fits: fn(&Request) -> bool| -> Vec<Request> {
        rows.iter().map(|row| &row.request).filter(|one| fits(one)).cloned().collect()
    };
    conflicts(&team, &of(rows, Request::is_waiting), &of(around, Request::is_approved))
}
