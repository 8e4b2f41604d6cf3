//! Bodies (団体): code, kind, and the 1,788 of `data/localgov.csv` (its notice stands beside it).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use crate::Fault;

/// 全国地方公共団体コード: five digits (JIS X 0401/0402) and a check digit, as the ministry's
/// 全国地方公共団体コード仕様 has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyCode([u8; 6]);

impl BodyCode {
    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// The six ASCII digits.
    #[must_use]
    pub fn bytes(&self) -> [u8; 6] {
        self.0
    }

    /// The first two digits: the prefecture, 01 to 47.
    #[must_use]
    pub fn prefecture(&self) -> &str {
        &self.as_str()[..2]
    }

    /// The chain its record is kept on.
    #[must_use]
    pub fn chain(&self) -> audit::Chain {
        audit::Chain::new(self.as_str()).unwrap_or(audit::Chain::SERVER)
    }
}

impl FromStr for BodyCode {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let bytes: [u8; 6] = text.as_bytes().try_into().map_err(|_| Fault::BodyCode)?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(Fault::BodyCode);
        }
        let sum: u32 = bytes
            .iter()
            .zip([6, 5, 4, 3, 2])
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        let check = (11 - sum % 11) % 10;
        if u32::from(bytes[5] - b'0') == check { Ok(Self(bytes)) } else { Err(Fault::BodyCode) }
    }
}

impl fmt::Display for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyCode({self})")
    }
}

impl serde::Serialize for BodyCode {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for BodyCode {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What kind of local government.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum BodyKind {
    /// 都道府県
    Prefecture,
    /// 指定都市
    DesignatedCity,
    /// 特別区
    SpecialWard,
    /// 市
    City,
    /// 町
    Town,
    /// 村
    Village,
    /// 国の機関: no local government. It sends cases; it is none of the 1,788.
    Ministry,
}

impl BodyKind {
    /// As it is written in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Prefecture => "都道府県",
            Self::DesignatedCity => "指定都市",
            Self::SpecialWard => "特別区",
            Self::City => "市",
            Self::Town => "町",
            Self::Village => "村",
            Self::Ministry => "国の機関",
        }
    }

    /// The kind of local government that is written so in Japanese.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Prefecture,
            Self::DesignatedCity,
            Self::SpecialWard,
            Self::City,
            Self::Town,
            Self::Village,
        ]
        .into_iter()
        .find(|kind| kind.ja() == text)
    }
}

/// One local government.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// Its code: the only key. Twenty-five municipality names recur.
    pub code: BodyCode,
    /// Its kind.
    pub kind: BodyKind,
    /// Name of its prefecture; empty for a prefecture.
    pub prefecture: Cow<'static, str>,
    /// Its name, such as 札幌市.
    pub name: Cow<'static, str>,
    /// Reading in hiragana.
    pub kana: Cow<'static, str>,
    /// Name with prefecture, such as 北海道札幌市.
    pub full_name: Cow<'static, str>,
}

static BODIES: LazyLock<Vec<Body>> = LazyLock::new(|| {
    include_str!("../data/localgov.csv").lines().skip(1).filter_map(row).collect()
});

/// The ministry's code. Prefectures are numbered from 01, so no local government has one that
/// begins with 00; its check digit is right.
pub const MINISTRY: BodyCode = BodyCode(*b"000019");

/// The ministry as a body of a server: it has staff, divisions and a record like any other.
static OFFICE: Body = Body {
    code: MINISTRY,
    kind: BodyKind::Ministry,
    prefecture: Cow::Borrowed(""),
    name: Cow::Borrowed("総務省"),
    kana: Cow::Borrowed("そうむしょう"),
    full_name: Cow::Borrowed("総務省"),
};

/// All 1,788, in the order of their codes.
#[must_use]
pub fn bodies() -> &'static [Body] {
    &BODIES
}

/// One of the 1,788, or the ministry.
fn listed(code: BodyCode) -> Option<&'static Body> {
    if code == MINISTRY {
        return Some(&OFFICE);
    }
    let at = BODIES.binary_search_by(|body| body.code.cmp(&code)).ok()?;
    BODIES.get(at)
}

/// The bodies a server knows by name: the 1,788, the ministry, and those that came to be after the
/// list was made. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bodies {
    later: Arc<BTreeMap<BodyCode, Body>>,
}

impl Bodies {
    /// The list, and the bodies that came to be after it. A code of the list keeps its name.
    #[must_use]
    pub fn with_later(later: impl IntoIterator<Item = Body>) -> Self {
        let new = later.into_iter().filter(|body| listed(body.code).is_none());
        Self { later: Arc::new(new.map(|body| (body.code, body)).collect()) }
    }

    /// The body with this code.
    ///
    /// # Errors
    /// [`Fault::UnknownBody`] when none has it.
    pub fn body(&self, code: BodyCode) -> Result<&Body, Fault> {
        listed(code).or_else(|| self.later.get(&code)).ok_or(Fault::UnknownBody)
    }

    /// The full name of the body with this code; empty when none has it.
    #[must_use]
    pub fn full_name(&self, code: BodyCode) -> Cow<'static, str> {
        self.body(code).map(|body| body.full_name.clone()).unwrap_or_default()
    }

    /// Every local government, in the order of the list and then of the later codes.
    pub fn governments(&self) -> impl Iterator<Item = &Body> {
        BODIES.iter().chain(self.later.values())
    }

    /// Bodies whose code starts with the text, or whose full name or reading contains it, at most
    /// `limit`.
    #[must_use]
    pub fn search(&self, text: &str, limit: usize) -> Vec<&Body> {
        let text: String = text.trim().chars().map(half_width_digit).collect();
        if text.is_empty() {
            return Vec::new();
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let matches = |body: &&Body| {
            if digits {
                body.code.as_str().starts_with(&text)
            } else {
                body.full_name.contains(&text) || body.kana.contains(&text)
            }
        };
        let all = BODIES.iter().chain([&OFFICE]).chain(self.later.values());
        let mut found: Vec<&Body> = all.filter(matches).collect();
        // Whoever types 府中市 means a body of that name before every name that contains it.
        found.sort_by_key(|body| {
            (body.name != text && body.full_name != text && body.kana != text, body.code)
        });
        found.truncate(limit);
        found
    }
}

fn half_width_digit(c: char) -> char {
    match c {
        '０'..='９' => {
            char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c)
        }
        _ => c,
    }
}

fn row(line: &'static str) -> Option<Body> {
    let mut cells = line.split(',');
    let mut cell = || cells.next();
    Some(Body {
        code: cell()?.parse().ok()?,
        kind: BodyKind::parse(cell()?)?,
        prefecture: Cow::Borrowed(cell()?),
        name: Cow::Borrowed(cell()?),
        kana: Cow::Borrowed(cell()?),
        full_name: Cow::Borrowed(cell()?),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn later(code: BodyCode, kind: BodyKind, name: &'static str, kana: &'static str) -> Body {
        let full_name = format!("長野県{name}").into();
        Body {
            code,
            kind,
            prefecture: "長野県".into(),
            name: name.into(),
            kana: kana.into(),
            full_name,
        }
    }

    #[test]
    fn the_ministry_stands_beside_the_bodies() {
        let known = Bodies::default();
        assert_eq!(MINISTRY.as_str().parse(), Ok(MINISTRY));
        assert_eq!(known.body(MINISTRY).unwrap().name, "総務省");
        assert!(
            bodies().iter().all(|body| body.code != MINISTRY && body.kind != BodyKind::Ministry)
        );
        assert_eq!(known.search("総務省", 3)[0].code, MINISTRY);
    }

    #[test]
    fn a_code_of_later_gets_its_name_and_one_of_the_list_keeps_its() {
        let code: BodyCode = "209996".parse().unwrap();
        assert_eq!(Bodies::default().body(code), Err(Fault::UnknownBody));
        assert_eq!(Bodies::default().full_name(code), "");
        let known = Bodies::with_later([
            later(code, BodyKind::City, "信州みらい市", "しんしゅうみらいし"),
            later("011002".parse().unwrap(), BodyKind::Town, "札幌町", ""),
            later(MINISTRY, BodyKind::Town, "総務町", ""),
        ]);
        assert_eq!(known.full_name(code), "長野県信州みらい市");
        assert_eq!(known.search("しんしゅうみらい", 3), [known.body(code).unwrap()]);
        assert_eq!(known.body("011002".parse().unwrap()).unwrap().name, "札幌市");
        assert_eq!(known.body(MINISTRY).unwrap().name, "総務省");
        assert!(known.search("札幌町", 3).is_empty() && known.search("総務町", 3).is_empty());
        assert_eq!(bodies().len(), 1_788, "the list stays the list");
    }

    #[test]
    fn every_row_is_read_and_in_order() {
        assert_eq!(bodies().len(), 1_788);
        assert!(bodies().windows(2).all(|pair| pair[0].code < pair[1].code));
        let count = |kind| bodies().iter().filter(|body| body.kind == kind).count();
        assert_eq!(count(BodyKind::Prefecture), 47);
        assert_eq!(count(BodyKind::DesignatedCity), 20);
        assert_eq!(count(BodyKind::SpecialWard), 23);
        assert_eq!(count(BodyKind::City) + count(BodyKind::Town) + count(BodyKind::Village), 1_698);
    }

    #[test]
    fn a_wrong_digit_anywhere_is_seen() {
        let code: BodyCode = "011002".parse().unwrap();
        assert_eq!(code.prefecture(), "01");
        for place in 0..6 {
            let mut digits = *b"011002";
            digits[place] = b'0' + (digits[place] - b'0' + 1) % 10;
            assert_eq!(
                std::str::from_utf8(&digits).unwrap().parse::<BodyCode>(),
                Err(Fault::BodyCode)
            );
        }
        for bad in ["", "01100", "0110022", "01100２", "01100a", " 11002"] {
            assert_eq!(bad.parse::<BodyCode>(), Err(Fault::BodyCode), "{bad}");
        }
    }

    #[test]
    fn names_recur_so_they_are_no_key() {
        let mut names = BTreeMap::new();
        for body in bodies() {
            *names.entry(&body.name).or_insert(0) += 1;
        }
        assert!(names.values().filter(|count| **count > 1).count() >= 20);
        assert_eq!(
            Bodies::default()
                .search("府中市", 10)
                .iter()
                .filter(|body| body.name == "府中市")
                .count(),
            2
        );
        assert_eq!(Bodies::default().search("０１１００", 10)[0].name, "札幌市");
        assert_eq!(Bodies::default().search("さっぽろし", 10)[0].name, "札幌市");
        assert!(Bodies::default().search("", 10).is_empty());
    }
}
