//! Mergers and renames of bodies: which codes were in force when, and which stood for what is one
//! body today.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::body::BodyCode;

/// Most bodies that become one in one change.
const MAX_PREDECESSORS: usize = 100;

/// A day on which a body came to be, or grew, out of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The first day it is so.
    pub on: Date,
    /// What it was until then: the codes that ended, and itself where it went on (編入).
    pub predecessors: BTreeSet<BodyCode>,
}

/// What became of a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// The code.
    pub code: BodyCode,
    /// By day. A code whose first change does not name itself began then.
    pub changes: Vec<Change>,
    /// First day it is no longer in force, if it ended.
    pub until: Option<Date>,
}

impl Validity {
    /// Whether it says nothing: the code was always in force.
    pub fn is_plain(&self) -> bool {
        self.changes.is_empty() && self.until.is_none()
    }
}

/// Mergers and renames. A code that is not listed was always in force and has no predecessor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    changes: BTreeMap<BodyCode, Validity>,
    /// The first day of codes that came to be later, whatever they came out of.
    began: BTreeMap<BodyCode, Date>,
}

/// Why a list of validities makes no lineage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLineage {
    /// One code has two entries.
    #[error("{0} is listed twice")]
    Twice(BodyCode),
    /// Changes that are not one after the other, or one after the code's end.
    #[error("{0} changes after it ended, or twice on one day")]
    Period(BodyCode),
    /// A change without predecessors, with too many, or with none but the body itself.
    #[error("{0} came from nothing")]
    Predecessors(BodyCode),
    /// A code that ended already, on another day.
    #[error("{0} ended already")]
    Ended(BodyCode),
}

impl BadLineage {
    /// What it is, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Twice(_) => "listed_twice",
            Self::Period(_) => "out_of_order",
            Self::Predecessors(_) => "bad_predecessors",
            Self::Ended(_) => "ended",
        }
    }

    /// The message for the person who registers a change.
    pub fn ja(&self) -> String {
        match self {
            Self::Twice(code) => format!("{code}が二重に登録されています。"),
            Self::Period(code) => {
                format!("{code}は、その日より前に廃止されているか、同じ日の変更と重なっています。")
            }
            Self::Predecessors(_) => {
                "もとの団体を1つ以上（自身のほかに）入力してください。".to_owned()
            }
            Self::Ended(code) => format!("{code}は別の日に廃止として登録されています。"),
        }
    }
}

impl Lineage {
    /// The lineage these entries describe.
    ///
    /// # Errors
    /// [`BadLineage`]: a code listed twice, changes out of order, or a change from nothing.
    pub fn new(entries: impl IntoIterator<Item = Validity>) -> Result<Self, BadLineage> {
        let mut map = BTreeMap::new();
        for entry in entries {
            let code = entry.code;
            let ordered =
                entry.changes.windows(2).all(|pair| matches!(pair, [a, b] if a.on < b.on));
            if !ordered
                || entry
                    .until
                    .zip(entry.changes.last())
                    .is_some_and(|(until, last)| until <= last.on)
            {
                return Err(BadLineage::Period(code));
            }
            let others =
                |change: &Change| change.predecessors.iter().filter(|one| **one != code).count();
            if entry.changes.iter().any(|change| !(1..=MAX_PREDECESSORS).contains(&others(change)))
            {
                return Err(BadLineage::Predecessors(code));
            }
            if map.insert(code, entry).is_some() {
                return Err(BadLineage::Twice(code));
            }
        }
        Ok(Self { changes: map, began: BTreeMap::new() })
    }

    /// The same with the first days of codes that came to be later.
    #[must_use]
    pub fn beginning(self, began: BTreeMap<BodyCode, Date>) -> Self {
        Self { began, ..self }
    }

    /// Every entry, by code.
    pub fn entries(&self) -> impl Iterator<Item = &Validity> {
        self.changes.values()
    }

    /// Whether `code` is in force on `day`.
    pub fn in_force(&self, code: BodyCode, day: Date) -> bool {
        self.began.get(&code).is_none_or(|began| *began <= day)
            && self.changes.get(&code).is_none_or(|entry| {
                let began = entry
                    .changes
                    .first()
                    .filter(|first| !first.predecessors.contains(&code))
                    .map(|first| first.on);
                began.is_none_or(|began| began <= day)
                    && entry.until.is_none_or(|until| day < until)
            })
    }

    /// The codes that on `day` stood for what is `code` today: itself, or the bodies it came from.
    pub fn on(&self, code: BodyCode, day: Date) -> BTreeSet<BodyCode> {
        let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![(code, Date::MAX)];
        while let Some((code, before)) = open.pop() {
            if !seen.insert((code, before)) {
                continue;
            }
            // Days only go back, so this ends whatever comes from whatever.
            let changes = self.changes.get(&code).map_or(&[] as &[Change], |entry| &entry.changes);
            match changes.iter().rev().find(|change| day < change.on && change.on < before) {
                Some(change) => {
                    open.extend(change.predecessors.iter().map(|past| (*past, change.on)))
                }
                None => {
                    found.insert(code);
                }
            }
        }
        found
    }

    /// The entries that are new when `code` came out of others on a day: its own, and those of what
    /// ended then. A change of the same day is replaced.
    ///
    /// # Errors
    /// [`BadLineage`] when it would be none any more.
    pub fn changed(&self, code: BodyCode, change: Change) -> Result<Vec<Validity>, BadLineage> {
        let mut next = self.without(code, change.on);
        for past in change.predecessors.iter().filter(|past| **past != code) {
            let entry = next.entry(*past).or_insert_with(|| plain(*past));
            if entry.until.is_some_and(|until| until != change.on) {
                return Err(BadLineage::Ended(*past));
            }
            entry.until = Some(change.on);
        }
        let own = next.entry(code).or_insert_with(|| plain(code));
        own.changes.push(change);
        own.changes.sort_by_key(|change| change.on);
        Lineage::new(next.values().cloned())?;
        Ok(self.new_in(&next))
    }

    /// The entries that are new when the change of that day is taken back; nothing, when there is
    /// none.
    pub fn undone(&self, code: BodyCode, on: Date) -> Vec<Validity> {
        self.new_in(&self.without(code, on))
    }

    fn without(&self, code: BodyCode, on: Date) -> BTreeMap<BodyCode, Validity> {
        let mut next = self.changes.clone();
        let Some(entry) = next.get_mut(&code) else { return next };
        let Some(at) = entry.changes.iter().position(|change| change.on == on) else { return next };
        let gone = entry.changes.remove(at);
        for past in gone.predecessors.iter().filter(|past| **past != code) {
            if let Some(entry) = next.get_mut(past)
                && entry.until == Some(on)
            {
                entry.until = None;
            }
        }
        next
    }

    fn new_in(&self, next: &BTreeMap<BodyCode, Validity>) -> Vec<Validity> {
        next.values()
            .filter(|entry| self.changes.get(&entry.code) != Some(entry))
            .cloned()
            .collect()
    }
}

fn plain(code: BodyCode) -> Validity {
    Validity { code, changes: Vec::new(), until: None }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const OLD: &str = "012025";
    const LESS: &str = "012033";
    const MERGED: &str = "012041";
    const RENAMED: &str = "012050";

    fn code(text: &str) -> BodyCode {
        text.parse().unwrap()
    }

    fn change(year: i16, predecessors: &[&str]) -> Change {
        Change {
            on: date(year, 1, 1),
            predecessors: predecessors.iter().map(|text| code(text)).collect(),
        }
    }

    fn lineage(changes: &[(&str, Change)]) -> Lineage {
        changes.iter().fold(Lineage::default(), |lineage, (of, change)| {
            let new = lineage.changed(code(of), change.clone()).unwrap();
            let kept = lineage
                .entries()
                .filter(|entry| new.iter().all(|one| one.code != entry.code))
                .cloned();
            Lineage::new(kept.chain(new.clone())).unwrap()
        })
    }

    fn on(lineage: &Lineage, of: &str, year: i16) -> Vec<String> {
        lineage.on(code(of), date(year, 10, 1)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_merged_body_is_followed_back_to_its_parts() {
        // Two towns become one in 2022, which is renamed in 2023.
        let lineage =
            lineage(&[(MERGED, change(2022, &[OLD, LESS])), (RENAMED, change(2023, &[MERGED]))]);
        assert_eq!(on(&lineage, RENAMED, 2024), [RENAMED]);
        assert_eq!(on(&lineage, RENAMED, 2022), [MERGED]);
        assert_eq!(on(&lineage, RENAMED, 2021), [OLD, LESS]);
        let in_force = |of: &str, year| lineage.in_force(code(of), date(year, 10, 1));
        assert_eq!(
            [in_force(MERGED, 2021), in_force(MERGED, 2022), in_force(MERGED, 2023)],
            [false, true, false]
        );
        assert_eq!(
            [in_force(OLD, 2021), in_force(OLD, 2022), in_force(RENAMED, 2022)],
            [true, false, false]
        );
    }

    #[test]
    fn a_body_that_took_others_in_went_on_itself() {
        let lineage =
            lineage(&[(OLD, change(2005, &[OLD, LESS])), (OLD, change(2010, &[OLD, MERGED]))]);
        assert_eq!(on(&lineage, OLD, 2010), [OLD]);
        assert_eq!(on(&lineage, OLD, 2007), [OLD, MERGED]);
        assert_eq!(on(&lineage, OLD, 2004), [OLD, LESS, MERGED]);
        assert!(
            lineage.in_force(code(OLD), date(1990, 1, 1))
                && !lineage.in_force(code(LESS), date(2005, 1, 1))
        );
        // Back under an old name: what comes from what it came from ends all the same.
        let back = lineage_back();
        assert_eq!(on(&back, OLD, 2020), [OLD]);
        assert_eq!(on(&back, OLD, 2015), [LESS]);
        assert_eq!(on(&back, OLD, 2005), [OLD]);
    }

    fn lineage_back() -> Lineage {
        let entry = |of: &str, year: i16, past: &str, until| Validity {
            code: code(of),
            changes: vec![change(year, &[past])],
            until,
        };
        Lineage::new([entry(OLD, 2020, LESS, None), entry(LESS, 2010, OLD, Some(date(2020, 1, 1)))])
            .unwrap()
    }

    #[test]
    fn a_change_is_corrected_and_taken_back() {
        let first = lineage(&[(MERGED, change(2022, &[OLD, LESS]))]);
        // The same day again, with one of them only: the other goes on.
        let corrected =
            lineage(&[(MERGED, change(2022, &[OLD, LESS])), (MERGED, change(2022, &[OLD]))]);
        assert!(
            corrected.in_force(code(LESS), date(2024, 1, 1))
                && !corrected.in_force(code(OLD), date(2024, 1, 1))
        );
        let undone = first.undone(code(MERGED), date(2022, 1, 1));
        assert!(undone.len() == 3 && undone.iter().all(Validity::is_plain), "{undone:?}");
        assert_eq!(first.undone(code(MERGED), date(2021, 1, 1)), []);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let ended = lineage(&[(MERGED, change(2022, &[OLD, LESS]))]);
        assert_eq!(
            ended.changed(code(RENAMED), change(2023, &[OLD])),
            Err(BadLineage::Ended(code(OLD)))
        );
        assert_eq!(
            ended.changed(code(RENAMED), change(2023, &[])),
            Err(BadLineage::Predecessors(code(RENAMED)))
        );
        assert_eq!(
            ended.changed(code(RENAMED), change(2023, &[RENAMED])),
            Err(BadLineage::Predecessors(code(RENAMED)))
        );
        assert_eq!(
            ended.changed(code(OLD), change(2023, &[RENAMED])),
            Err(BadLineage::Period(code(OLD)))
        );
        let twice = Validity { code: code(OLD), changes: Vec::new(), until: None };
        assert_eq!(Lineage::new([twice.clone(), twice]), Err(BadLineage::Twice(code(OLD))));
    }
}
