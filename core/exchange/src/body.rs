//! Local public bodies (団体) as the exchange sees them: the prefecture a code lies in, and lineage over the years.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use people::{Body, BodyCode, BodyKind, MINISTRY, bodies};

/// The local government with this code; the ministry, which asks and never answers, is none.
///
/// # Errors
/// [`people::Fault::UnknownBody`] when none of the 1,788 has it.
pub fn body(code: BodyCode) -> Result<&'static Body, people::Fault> {
    people::body(code).ok().filter(|body| body.kind != BodyKind::Ministry).ok_or(people::Fault::UnknownBody)
}

/// Whether the code is that of a prefecture itself.
pub fn is_prefecture(code: BodyCode) -> bool {
    code.bytes()[2..5] == *b"000"
}

/// The code of the prefecture that a body lies in; its own, for a prefecture.
pub fn prefecture_of(code: BodyCode) -> BodyCode {
    // The codes of a prefecture's bodies share its first two digits.
    let list = bodies();
    let start = list.partition_point(|body| body.code.bytes()[..2] < code.bytes()[..2]);
    list.get(start)
        .map(|body| body.code)
        .filter(|first| is_prefecture(*first) && first.prefecture() == code.prefecture())
        .unwrap_or(code)
}

/// The time during which a code is in force, and what it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// The code.
    pub code: BodyCode,
    /// First day it is in force.
    pub from: Date,
    /// First day it is no longer in force, if it ended.
    pub until: Option<Date>,
    /// The codes that were merged into it or renamed to it on `from`.
    pub predecessors: Vec<BodyCode>,
}

/// Mergers and renames. A code that is not listed was always in force and has no predecessor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage(BTreeMap<BodyCode, Validity>);

/// Why a list of validities makes no lineage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLineage {
    /// One code has two entries.
    #[error("{0} is listed twice")]
    Twice(BodyCode),
    /// A period that ends before it begins.
    #[error("{0} ends before it begins")]
    Period(BodyCode),
    /// A code is its own ancestor.
    #[error("{0} descends from itself")]
    Cycle(BodyCode),
}

impl Lineage {
    /// The lineage these entries describe.
    ///
    /// # Errors
    /// A code listed twice, a period that ends before it begins, or a code that descends from itself.
    pub fn new(entries: impl IntoIterator<Item = Validity>) -> Result<Self, BadLineage> {
        let mut map = BTreeMap::new();
        for entry in entries {
            let code = entry.code;
            if entry.until.is_some_and(|until| until <= entry.from) {
                return Err(BadLineage::Period(code));
            }
            if map.insert(code, entry).is_some() {
                return Err(BadLineage::Twice(code));
            }
        }
        let lineage = Lineage(map);
        for code in lineage.0.keys() {
            let mut seen = BTreeSet::new();
            let mut open: Vec<BodyCode> = lineage.0[code].predecessors.clone();
            while let Some(next) = open.pop() {
                if next == *code {
                    return Err(BadLineage::Cycle(*code));
                }
                if seen.insert(next) {
                    open.extend(lineage.0.get(&next).into_iter().flat_map(|v| v.predecessors.iter().copied()));
                }
            }
        }
        Ok(lineage)
    }

    /// Whether `code` is in force on `day`.
    pub fn in_force(&self, code: BodyCode, day: Date) -> bool {
        self.0.get(&code).is_none_or(|v| v.from <= day && v.until.is_none_or(|until| day < until))
    }

    /// The codes that on `day` stood for what is `code` today: itself, or the bodies it came from.
    pub fn on(&self, code: BodyCode, day: Date) -> BTreeSet<BodyCode> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![code];
        while let Some(next) = open.pop() {
            if !seen.insert(next) {
                continue;
            }
            match self.0.get(&next) {
                Some(entry) if day < entry.from => open.extend(entry.predecessors.iter().copied()),
                _ => {
                    found.insert(next);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn code(text: &str) -> BodyCode {
        text.parse().unwrap()
    }

    #[test]
    fn every_body_lies_in_a_prefecture_of_the_table() {
        for entry in bodies() {
            let prefecture = body(prefecture_of(entry.code)).unwrap();
            assert_eq!(prefecture.kind, BodyKind::Prefecture, "{}", entry.code);
            assert_eq!(is_prefecture(entry.code), entry.kind == BodyKind::Prefecture);
            let name = if entry.prefecture.is_empty() { entry.name } else { entry.prefecture };
            assert_eq!(prefecture.name, name);
        }
    }

    #[test]
    fn a_merged_body_is_followed_back_to_its_parts() {
        // Three towns become one on 2022-01-01, which is renamed on 2023-01-01.
        let merged = Validity {
            code: code("012041"),
            from: date(2022, 1, 1),
            until: Some(date(2023, 1, 1)),
            predecessors: vec![code("012025"), code("012033")],
        };
        let renamed = Validity { code: code("012050"), from: date(2023, 1, 1), until: None, predecessors: vec![code("012041")] };
        let lineage = Lineage::new([merged.clone(), renamed]).unwrap();
        let on = |y| lineage.on(code("012050"), date(y, 10, 1)).into_iter().collect::<Vec<_>>();
        assert_eq!(on(2024), [code("012050")]);
        assert_eq!(on(2022), [code("012041")]);
        assert_eq!(on(2021), [code("012025"), code("012033")]);
        assert!(!lineage.in_force(code("012041"), date(2024, 1, 1)));

        let looped = Validity { predecessors: vec![code("012041")], ..merged };
        assert_eq!(Lineage::new([looped]), Err(BadLineage::Cycle(code("012041"))));
    }
}
