//! What a superior is shown before deciding: who would still be at the counter.

use super::{Request, State};
use jiff::civil::Date;
use people::StaffId;
use std::collections::BTreeSet;

/// A team and the least number of people it must keep in the office.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Team {
    /// Its members.
    pub members: BTreeSet<StaffId>,
    /// At least this many stay.
    pub least_present: usize,
    /// Members on leave, by day.
    pub on_leave: BTreeSet<(Date, StaffId)>,
}

/// A day on which too few would be left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The day.
    pub day: Date,
    /// Who would still be in the office were all these requests approved.
    pub present: usize,
    /// What the team must keep.
    pub least: usize,
    /// Who telework already by approval.
    pub away: Vec<StaffId>,
}

/// The days among `pending` on which approving all of it would leave fewer than the least number in
/// the office, in order.
pub fn conflicts(team: &Team, pending: &[Request], approved: &[Request]) -> Vec<Conflict> {
    let days: BTreeSet<Date> = pending.iter().map(|r| r.day).collect();
    let mut found = Vec::new();
    for day in days {
        let of = |all: &[Request], state: State| -> BTreeSet<StaffId> {
            all.iter()
                .filter(|r| r.day == day && r.state == state && team.members.contains(&r.staff))
                .map(|r| r.staff)
                .collect()
        };
        let already = of(approved, State::Approved);
        let mut gone: BTreeSet<StaffId> =
            already.union(&of(pending, State::Requested)).copied().collect();
        gone.extend(
            team.on_leave
                .iter()
                .filter(|(d, who)| *d == day && team.members.contains(who))
                .map(|(_, who)| *who),
        );
        let present = team.members.len() - gone.len();
        if present < team.least_present {
            found.push(Conflict {
                day,
                present,
                least: team.least_present,
                away: already.into_iter().collect(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::*;
    use crate::testing::who;
    use jiff::civil::date;

    #[test]
    fn a_day_that_would_leave_the_counter_empty_is_shown() {
        let day = date(2026, 4, 10);
        let members = [who("a"), who("b"), who("c"), who("d")].into();
        let team = Team { members, least_present: 2, on_leave: BTreeSet::from([(day, who("d"))]) };
        let approved = [Request { state: State::Approved, ..request(who("a"), day) }];
        assert_eq!(conflicts(&team, &[request(who("z"), day)], &approved), []);
        let found = conflicts(
            &team,
            &[request(who("b"), day), request(who("b"), date(2026, 4, 13))],
            &approved,
        );
        assert_eq!(found, [Conflict { day, present: 1, least: 2, away: vec![who("a")] }]);
    }
}
