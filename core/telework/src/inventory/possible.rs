//! Who can telework (実施可能職員): staff with enough possible work, with the working shown.

use super::{Outcome, RuleSet, Work};
use crate::time::Minutes;
use people::StaffId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A link between a member of staff and a piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The member of staff.
    pub staff: StaffId,
    /// The piece of work.
    pub work: u64,
    /// Her own time a year on it.
    pub yearly: Minutes,
}

/// The working behind one person's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible {
    /// Her time on work that is possible as it is.
    pub possible: Minutes,
    /// Her time on all linked work.
    pub linked: Minutes,
    /// The pieces of work counted as possible.
    pub works: Vec<u64>,
    /// Whether it is enough.
    pub enough: bool,
}

/// For each member of staff with linked work, whether at least `percent` of the linked time is
/// possible. Only そのまま可 counts: a condition counts once it is met (its obstacle is marked as
/// removed). Links to unknown work are ignored.
pub fn possible_staff(
    rules: &RuleSet,
    works: &[Work],
    shares: &[Share],
    percent: u8,
) -> BTreeMap<StaffId, Possible> {
    let possible: BTreeMap<u64, bool> =
        works.iter().map(|w| (w.id, rules.judge(w).outcome == Outcome::Possible)).collect();
    let mut staff: BTreeMap<StaffId, Possible> = BTreeMap::new();
    for share in shares {
        let Some(&is_possible) = possible.get(&share.work) else {
            continue;
        };
        let one = staff.entry(share.staff).or_insert_with(|| Possible {
            possible: Minutes(0),
            linked: Minutes(0),
            works: Vec::new(),
            enough: false,
        });
        one.linked = one.linked + share.yearly;
        if is_possible {
            one.possible = one.possible + share.yearly;
            one.works.push(share.work);
        }
    }
    for one in staff.values_mut() {
        let (part, whole) = (u64::from(one.possible.0), u64::from(one.linked.0));
        one.enough = part > 0 && part * 100 >= whole * u64::from(percent);
    }
    staff
}

#[cfg(test)]
mod tests {
    use super::super::tests_support::desk_work;
    use super::*;
    use crate::testing::who;

    #[test]
    fn enough_possible_work_makes_a_person_able_with_the_working_shown() {
        let works = [Work { id: 1, ..desk_work() }, Work { id: 2, counter: true, ..desk_work() }];
        let share = |staff, work, hours: u32| Share { staff, work, yearly: Minutes(hours * 60) };
        let shares = [
            share(who("a"), 1, 20),
            share(who("a"), 2, 80),
            share(who("b"), 1, 19),
            share(who("b"), 2, 81),
            share(who("c"), 2, 10),
            share(who("d"), 9, 5),
        ];
        let found = possible_staff(&RuleSet::shipped().unwrap(), &works, &shares, 20);
        assert!(found[&who("a")].enough && !found[&who("b")].enough && !found[&who("c")].enough);
        assert_eq!(
            (found[&who("a")].possible, found[&who("a")].linked, &found[&who("a")].works[..]),
            (Minutes(1200), Minutes(6000), &[1][..])
        );
        assert!(!found.contains_key(&who("d")));
        // Nothing possible is never enough, not even against a threshold of nothing.
        assert!(
            !possible_staff(&RuleSet::shipped().unwrap(), &works, &shares, 0)[&who("c")].enough
        );
    }
}
