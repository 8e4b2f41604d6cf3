//! Bodies that came to be after the list of the 1,788 was made: a merger makes a new code.

use jiff::civil::Date;
use people::{Body, BodyCode, BodyKind, bodies};
use serde::{Deserialize, Serialize};

use crate::body::{is_prefecture, prefecture_of};

/// Longest name or reading, characters.
const LONGEST: usize = 40;

/// A body that came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Newcomer {
    /// Its code.
    pub code: BodyCode,
    /// Its kind: no prefecture, and not the ministry.
    pub kind: BodyKind,
    /// Its name without the prefecture.
    pub name: String,
    /// Reading in hiragana; empty where nobody said it.
    pub kana: String,
    /// The first day it is there.
    pub since: Date,
}

/// Why somebody is no newcomer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNewcomer {
    /// Not six digits, or the last one does not follow from the others.
    #[error("the code is not six digits with a right check digit")]
    Code,
    /// One of the 1,788, or the ministry.
    #[error("this code is in the list already")]
    Listed,
    /// A code of no prefecture, or of a prefecture itself.
    #[error("the code is not that of a municipality of a prefecture")]
    Prefecture,
    /// None that municipalities are of.
    #[error("not a kind of municipality")]
    Kind,
    /// Empty, too long, or not ending as its kind does.
    #[error("the name does not end as bodies of this kind do, or is too long")]
    Name,
    /// Not hiragana, or too long.
    #[error("the reading is not hiragana")]
    Kana,
    /// No day.
    #[error("not a day")]
    Since,
}

impl BadNewcomer {
    /// What it is, for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Code => "bad_code",
            Self::Listed => "listed",
            Self::Prefecture => "not_a_municipality",
            Self::Kind => "bad_kind",
            Self::Name => "bad_name",
            Self::Kana => "bad_kana",
            Self::Since => "bad_day",
        }
    }

    /// For the person who registers it.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Code => "団体コードは検査数字を含む6桁で入力してください。",
            Self::Listed => "このコードの団体はすでに一覧にあります。",
            Self::Prefecture => "都道府県の市区町村のコードではありません。",
            Self::Kind => "種別を選んでください。",
            Self::Name => "名前を、種別に合う終わり（市・町・村・区）で入力してください。",
            Self::Kana => "読みはひらがなで入力してください。",
            Self::Since => "設置の日を入力してください。",
        }
    }
}

impl Newcomer {
    /// The newcomer these texts say, or everything that is wrong with them.
    ///
    /// # Errors
    /// [`BadNewcomer`], each once.
    pub fn read(
        code: &str,
        kind: &str,
        name: &str,
        kana: &str,
        since: &str,
    ) -> Result<Self, Vec<BadNewcomer>> {
        let mut faults = Vec::new();
        let code = code.trim().parse::<BodyCode>().map_err(|_| faults.push(BadNewcomer::Code)).ok();
        if let Some(code) = code {
            let listed = code == people::MINISTRY
                || bodies().binary_search_by(|body| body.code.cmp(&code)).is_ok();
            if listed {
                faults.push(BadNewcomer::Listed);
            } else if is_prefecture(code) || prefecture_of(code) == code {
                faults.push(BadNewcomer::Prefecture);
            }
        }
        let kind = BodyKind::parse(kind).filter(|kind| *kind != BodyKind::Prefecture);
        let (name, kana) = (name.trim(), kana.trim());
        match kind {
            None => faults.push(BadNewcomer::Kind),
            Some(kind) if !is_name(name, kind) => faults.push(BadNewcomer::Name),
            Some(_) => {}
        }
        if kana.chars().count() > LONGEST || !kana.chars().all(|c| matches!(c, 'ぁ'..='ゖ' | 'ー'))
        {
            faults.push(BadNewcomer::Kana);
        }
        let since = since.trim().parse::<Date>().map_err(|_| faults.push(BadNewcomer::Since)).ok();
        match (code, kind, since) {
            (Some(code), Some(kind), Some(since)) if faults.is_empty() => {
                Ok(Self { code, kind, name: name.to_owned(), kana: kana.to_owned(), since })
            }
            _ => Err(faults),
        }
    }

    /// The body that it is.
    pub fn body(&self) -> Body {
        let prefecture = prefecture_of(self.code);
        let prefecture = bodies().iter().find(|body| body.code == prefecture);
        let prefecture = prefecture.map_or_else(Default::default, |body| body.name.clone());
        Body {
            code: self.code,
            kind: self.kind,
            full_name: format!("{prefecture}{}", self.name).into(),
            prefecture,
            name: self.name.clone().into(),
            kana: self.kana.clone().into(),
        }
    }
}

fn is_name(name: &str, kind: BodyKind) -> bool {
    let ending = match kind {
        BodyKind::DesignatedCity | BodyKind::City => '市',
        BodyKind::SpecialWard => '区',
        BodyKind::Town => '町',
        BodyKind::Village => '村',
        BodyKind::Prefecture | BodyKind::Ministry => return false,
    };
    // What is written beside other text is letters: no commas of lists, no markup, nothing
    // invisible.
    let letters =
        name.chars().all(|c| c.is_alphabetic() || matches!(c, 'ー' | '々' | 'ヶ' | 'ヵ' | '・'));
    (2..=LONGEST).contains(&name.chars().count()) && letters && name.ends_with(ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_has_a_code_of_its_prefecture_and_a_name_of_its_kind() {
        let new =
            Newcomer::read("209996", "市", "信州みらい市", "しんしゅうみらいし", "2027-04-01")
                .unwrap();
        let body = new.body();
        assert_eq!((&*body.full_name, body.kind), ("長野県信州みらい市", BodyKind::City));
        let bad = |code, kind, name, kana, since| {
            Newcomer::read(code, kind, name, kana, since).unwrap_err()
        };
        use BadNewcomer::{Code, Kana, Kind, Listed, Name, Prefecture, Since};
        assert_eq!(bad("209995", "市", "信州市", "", "2027-04-01"), [Code]);
        assert_eq!(bad("２０９９９６", "市", "信州市", "", "2027-04-01"), [Code]);
        assert_eq!(bad("012025", "市", "函館市", "", "2027-04-01"), [Listed]);
        assert_eq!(bad("000019", "市", "総務市", "", "2027-04-01"), [Listed]);
        // 99 is no prefecture.
        assert_eq!(bad("992011", "市", "新市", "", "2027-04-01"), [Prefecture]);
        assert_eq!(bad("209996", "都道府県", "信州県", "", "2027-04-01"), [Kind]);
        assert_eq!(bad("209996", "国の機関", "信州省", "", "2027-04-01"), [Kind]);
        let long = "長".repeat(41);
        for name in ["", "市", "信州町", "信,州市", "信州\u{200b}市", "<b>市", &long] {
            assert_eq!(bad("209996", "市", name, "", "2027-04-01"), [Name], "{name}");
        }
        assert_eq!(bad("209996", "市", "信州市", "シンシュウ", "2027-04-01"), [Kana]);
        assert_eq!(bad("x", "x", "x", "x", "x"), [Code, Kind, Kana, Since]);
    }
}
