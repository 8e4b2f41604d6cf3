//! PCs (接続先) and who may use them.

use std::fmt;
use std::str::FromStr;

use crate::{AgentId, AssignmentId, BodyCode, Fault, Name, PcId, StaffId};

/// The network a PC is in (NOREN-G10). マイナンバー利用事務系 has no value here: it is never a
/// target (NOREN-R21).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Zone {
    /// LGWAN接続系
    Lgwan,
    /// インターネット接続系
    Internet,
}

impl Zone {
    /// The number in grants (spec/pairing.md).
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Lgwan => 1,
            Self::Internet => 2,
        }
    }

    /// From the number in grants.
    ///
    /// # Errors
    /// [`Fault::Zone`] for any other number.
    pub fn from_number(number: u8) -> Result<Self, Fault> {
        match number {
            1 => Ok(Self::Lgwan),
            2 => Ok(Self::Internet),
            _ => Err(Fault::Zone),
        }
    }

    /// As it is written in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Lgwan => "LGWAN接続系",
            Self::Internet => "インターネット接続系",
        }
    }
}

impl FromStr for Zone {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        match text.trim() {
            "lgwan" | "LGWAN" | "LGWAN接続系" | "1" => Ok(Self::Lgwan),
            "internet" | "インターネット接続系" | "2" => Ok(Self::Internet),
            text if text.contains("マイナンバー")
                || text.contains("個人番号")
                || text.eq_ignore_ascii_case("mynumber") =>
            {
                Err(Fault::MyNumberZone)
            }
            _ => Err(Fault::Zone),
        }
    }
}

/// The name an agent gives to one of its targets: 1 to 64 of a-z A-Z 0-9 . _ -
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct TargetId(String);

impl TargetId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TargetId {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::Id)
        }
    }
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A PC an agent offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pc {
    /// Identity on this server; in the addresses of pages.
    pub id: PcId,
    /// The body.
    pub body: BodyCode,
    /// The agent that reaches it.
    pub agent: AgentId,
    /// The agent's name for it.
    pub target: TargetId,
    /// Name people read.
    pub name: Name,
    /// The network it is in, as the agent declares.
    pub zone: Zone,
    /// Stopped by an administrator (NOREN-R22).
    pub stopped: bool,
    /// When the agent last offered it, Unix milliseconds.
    pub seen: i64,
}

/// 利用許可: who may use which PC, and until when (NOREN-G1, NOREN-G2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// Identity.
    pub id: AssignmentId,
    /// The body.
    pub body: BodyCode,
    /// Who.
    pub staff: StaffId,
    /// Which PC.
    pub pc: PcId,
    /// From, Unix milliseconds, inclusive.
    pub from: i64,
    /// Until, Unix milliseconds, exclusive. There is always an end (NOREN-G2).
    pub until: i64,
    /// Who permitted it (NOREN-G1).
    pub by: StaffId,
}

impl Assignment {
    /// Longest period: two years, so that every permission is looked at again (NOREN-G2).
    pub const LONGEST_MS: i64 = 2 * 366 * 24 * 60 * 60 * 1_000;

    /// Whether it holds at `now` (Unix milliseconds).
    #[must_use]
    pub fn holds(&self, now: i64) -> bool {
        self.from <= now && now < self.until
    }

    /// Checks a period.
    ///
    /// # Errors
    /// [`Fault::Bounds`] when it is empty or longer than [`Assignment::LONGEST_MS`].
    pub fn check_period(from: i64, until: i64) -> Result<(), Fault> {
        let length = until.checked_sub(from).ok_or(Fault::Bounds)?;
        if length > 0 && length <= Self::LONGEST_MS { Ok(()) } else { Err(Fault::Bounds) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_my_number_zone_cannot_be_said() {
        assert_eq!("マイナンバー利用事務系".parse::<Zone>(), Err(Fault::MyNumberZone));
        assert_eq!("個人番号利用事務系".parse::<Zone>(), Err(Fault::MyNumberZone));
        assert_eq!(Zone::from_number(3), Err(Fault::Zone));
        assert_eq!(Zone::from_number(0), Err(Fault::Zone));
    }

    #[test]
    fn a_period_has_an_end_within_two_years() {
        assert!(Assignment::check_period(0, 1).is_ok());
        for (from, until) in [(1, 1), (2, 1), (0, Assignment::LONGEST_MS + 1), (i64::MIN, i64::MAX)]
        {
            assert_eq!(Assignment::check_period(from, until), Err(Fault::Bounds));
        }
    }

    #[test]
    fn targets_have_plain_names() {
        for bad in ["", "a b", "a/b", "a;b", "デスク", &"a".repeat(65)] {
            assert!(bad.parse::<TargetId>().is_err());
        }
        assert!("desk-01.a_b".parse::<TargetId>().is_ok());
    }
}
