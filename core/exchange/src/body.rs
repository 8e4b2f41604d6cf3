//! Local public bodies (団体) by their six-digit code, and their lineage over the years.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A six-digit code of a local public body (全国地方公共団体コード) with a correct check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BodyCode([u8; 6]);

impl BodyCode {
    /// The six ASCII digits.
    pub fn as_str(&self) -> &str {
        // The constructor lets in ASCII digits only.
        str::from_utf8(&self.0).unwrap_or("000000")
    }

    /// The two-digit number of the prefecture, 1 to 47.
    pub fn prefecture_number(&self) -> u8 {
        (self.0[0] - b'0') * 10 + (self.0[1] - b'0')
    }

    /// Whether the code is that of a prefecture itself.
    pub fn is_prefecture(&self) -> bool {
        self.0[2..5] == *b"000"
    }

    /// The code of the prefecture that the body lies in (its own, for a prefecture).
    pub fn prefecture(&self) -> BodyCode {
        let mut digits = [self.0[0], self.0[1], b'0', b'0', b'0', b'0'];
        digits[5] = check_digit(&digits);
        BodyCode(digits)
    }
}

impl fmt::Display for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyCode({})", self.as_str())
    }
}

/// Why a text is no body code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBodyCode {
    /// Not six digits.
    #[error("a body code has six digits")]
    NotSixDigits,
    /// The last digit does not belong to the first five.
    #[error("the check digit is wrong")]
    CheckDigit,
    /// The first two digits name no prefecture.
    #[error("there is no such prefecture number")]
    Prefecture,
}

impl FromStr for BodyCode {
    type Err = BadBodyCode;

    fn from_str(text: &str) -> Result<Self, BadBodyCode> {
        let digits: [u8; 6] = text.as_bytes().try_into().map_err(|_| BadBodyCode::NotSixDigits)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(BadBodyCode::NotSixDigits);
        }
        let code = BodyCode(digits);
        if !(1..=47).contains(&code.prefecture_number()) {
            return Err(BadBodyCode::Prefecture);
        }
        if digits[5] != check_digit(&digits) {
            return Err(BadBodyCode::CheckDigit);
        }
        Ok(code)
    }
}

impl TryFrom<String> for BodyCode {
    type Error = BadBodyCode;

    fn try_from(text: String) -> Result<Self, BadBodyCode> {
        text.parse()
    }
}

impl From<BodyCode> for String {
    fn from(code: BodyCode) -> String {
        code.as_str().to_owned()
    }
}

/// (11 - (6a + 5b + 4c + 3d + 2e) mod 11) mod 10.
fn check_digit(digits: &[u8; 6]) -> u8 {
    let sum: u32 = digits[..5].iter().zip([6u32, 5, 4, 3, 2]).map(|(d, w)| u32::from(d - b'0') * w).sum();
    b'0' + ((11 - sum % 11) % 10) as u8
}

/// The kind of a body, as the table of bodies names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BodyKind {
    /// 都道府県
    Prefecture,
    /// 指定都市
    DesignatedCity,
    /// 市
    City,
    /// 町
    Town,
    /// 村
    Village,
    /// 特別区
    SpecialWard,
}

impl BodyKind {
    /// Every kind, in the order of the tables.
    pub const ALL: [BodyKind; 6] =
        [Self::Prefecture, Self::DesignatedCity, Self::City, Self::Town, Self::Village, Self::SpecialWard];

    /// The Japanese name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prefecture => "都道府県",
            Self::DesignatedCity => "指定都市",
            Self::City => "市",
            Self::Town => "町",
            Self::Village => "村",
            Self::SpecialWard => "特別区",
        }
    }

    /// The kind with this Japanese name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One row of the table of bodies, as far as the exchange needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The code: the only key. Names recur.
    pub code: BodyCode,
    /// What kind of body it is.
    pub kind: BodyKind,
    /// The name with the prefecture in front (北海道函館市).
    pub name: String,
}

/// Why a table of bodies cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct BadBodies {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong there.
    pub what: String,
}

/// The bodies in `text`, a CSV with the columns `code`, `type` and `fullname`.
///
/// # Errors
/// The first line that has no code, an unknown type or a code seen before.
pub fn read_bodies(text: &str) -> Result<BTreeMap<BodyCode, Body>, BadBodies> {
    let bad = |line: u64, what: &str| BadBodies { line, what: what.to_owned() };
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(|error| bad(1, &error.to_string()))?.clone();
    let place = |name: &str| header.iter().position(|h| h == name).ok_or_else(|| bad(1, &format!("no column {name}")));
    let (code, kind, name) = (place("code")?, place("type")?, place("fullname")?);
    let mut bodies = BTreeMap::new();
    for (index, record) in reader.records().enumerate() {
        let line = index as u64 + 2;
        let record = record.map_err(|error| bad(line, &error.to_string()))?;
        let field = |place: usize| record.get(place).unwrap_or_default();
        let code: BodyCode = field(code).parse().map_err(|e: BadBodyCode| bad(line, &e.to_string()))?;
        let kind = BodyKind::from_name(field(kind)).ok_or_else(|| bad(line, "unknown type"))?;
        if bodies.insert(code, Body { code, kind, name: field(name).to_owned() }).is_some() {
            return Err(bad(line, "the code stands twice"));
        }
    }
    Ok(bodies)
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
    fn codes_are_checked() {
        assert_eq!("010006".parse::<BodyCode>().map(|c| c.to_string()), Ok("010006".to_owned()));
        assert_eq!("010007".parse::<BodyCode>(), Err(BadBodyCode::CheckDigit));
        assert_eq!("01000".parse::<BodyCode>(), Err(BadBodyCode::NotSixDigits));
        assert_eq!("０１００".parse::<BodyCode>(), Err(BadBodyCode::NotSixDigits));
        assert_eq!("990000".parse::<BodyCode>(), Err(BadBodyCode::Prefecture));
        assert_eq!(code("012025").prefecture(), code("010006"));
        assert!(code("010006").is_prefecture() && !code("011002").is_prefecture());
    }

    #[test]
    fn every_body_of_the_table_is_read_and_lies_in_a_prefecture_of_the_table() {
        let bodies = read_bodies(include_str!("../testdata/localgov.csv")).unwrap();
        assert_eq!(bodies.len(), 1788);
        for body in bodies.values() {
            assert_eq!(bodies[&body.code.prefecture()].kind, BodyKind::Prefecture, "{}", body.code);
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
