//! Hours a year by result, division and obstacle, and which single obstacle, removed, frees most.

use super::{Outcome, RuleSet, Work};
use crate::time::Minutes;
use people::DivisionId;
use std::collections::BTreeMap;

/// What one obstacle holds up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freed {
    /// The rule's key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What would take it away, where a rule says.
    pub remedy: Option<String>,
    /// Time of all work it stands against.
    pub touched: Minutes,
    /// Time of the work for which it is the only obstacle: what its removal alone frees.
    pub alone: Minutes,
    /// How many pieces of work that is.
    pub works: usize,
}

/// The obstacles, the one that frees most first. What cannot be removed (locked) is left out.
pub fn obstacles(rules: &RuleSet, works: &[Work]) -> Vec<Freed> {
    let mut found: BTreeMap<String, Freed> = BTreeMap::new();
    for work in works {
        let judged = rules.judge(work);
        if judged.outcome == Outcome::Possible || judged.causes.iter().any(|c| c.locked) {
            continue;
        }
        let single = judged.causes.len() == 1;
        for cause in judged.causes {
            let freed = found.entry(cause.key.clone()).or_insert_with(|| Freed {
                key: cause.key,
                name: cause.name,
                remedy: cause.remedy,
                touched: Minutes(0),
                alone: Minutes(0),
                works: 0,
            });
            freed.touched = freed.touched + work.yearly;
            if single {
                freed.alone = freed.alone + work.yearly;
                freed.works += 1;
            }
        }
    }
    let mut all: Vec<Freed> = found.into_values().collect();
    all.sort_by(|a, b| (b.alone, b.touched, &a.key).cmp(&(a.alone, a.touched, &b.key)));
    all
}

/// Time a year by result.
pub fn hours_by_outcome(rules: &RuleSet, works: &[Work]) -> BTreeMap<Outcome, Minutes> {
    let mut sums = BTreeMap::new();
    for work in works {
        let sum = sums.entry(rules.judge(work).outcome).or_insert(Minutes(0));
        *sum = *sum + work.yearly;
    }
    sums
}

/// Time a year by division and result.
pub fn hours_by_division(
    rules: &RuleSet,
    works: &[Work],
) -> BTreeMap<DivisionId, BTreeMap<Outcome, Minutes>> {
    let mut sums: BTreeMap<DivisionId, BTreeMap<Outcome, Minutes>> = BTreeMap::new();
    for work in works {
        let sum = sums
            .entry(work.division)
            .or_default()
            .entry(rules.judge(work).outcome)
            .or_insert(Minutes(0));
        *sum = *sum + work.yearly;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::tests_support::desk_work;
    use super::super::{Information, Zone};
    use super::*;

    #[test]
    fn the_single_obstacle_that_frees_most_comes_first() {
        let hours = |h: u32| Minutes(h * 60);
        let works = [
            Work { paper: true, yearly: hours(100), ..desk_work() },
            Work { paper: true, yearly: hours(50), ..desk_work() },
            Work { seal: true, yearly: hours(120), ..desk_work() },
            Work { paper: true, seal: true, yearly: hours(900), ..desk_work() },
            Work {
                zone: Zone::Mynumber,
                information: Information::Personal,
                yearly: hours(5000),
                ..desk_work()
            },
            Work { yearly: hours(10), ..desk_work() },
        ];
        let found = obstacles(&RuleSet::shipped().unwrap(), &works);
        let rows: Vec<_> =
            found.iter().map(|f| (f.key.as_str(), f.alone, f.touched, f.works)).collect();
        assert_eq!(
            rows,
            [("paper", hours(150), hours(1050), 2), ("seal", hours(120), hours(1020), 1)]
        );
        // Doing what is said makes the promise true.
        let rules = RuleSet::shipped().unwrap();
        let before = hours_by_outcome(&rules, &works)[&Outcome::Possible];
        let after: Vec<Work> =
            works.iter().map(|w| Work { removed: vec!["paper".into()], ..w.clone() }).collect();
        assert_eq!(hours_by_outcome(&rules, &after)[&Outcome::Possible] - before, hours(150));
        assert_eq!(
            hours_by_division(&rules, &works)[&DivisionId([7; 16])][&Outcome::No],
            hours(5000)
        );
    }
}
