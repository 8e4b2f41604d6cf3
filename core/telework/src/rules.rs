//! The body's own rules for telework (実施要領) as settings, checked before they are kept.

use crate::time::{Hours, Minutes};
use jiff::civil::time;
use people::StaffId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where telework is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// 在宅勤務
    Home,
    /// サテライトオフィス
    Satellite,
    /// モバイルワーク
    Mobile,
    /// その他
    Other,
}

/// How much of a day one request covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 1日
    Day,
    /// 半日
    Half,
    /// 時間単位
    Hours,
}

/// The kind of appointment, for who may telework and for Q5 of the survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Employment {
    /// 常勤
    Regular,
    /// 再任用
    Reappointed,
    /// 任期付
    FixedTerm,
    /// 会計年度任用職員
    FiscalYear,
}

/// Most places a body names.
pub const PLACES: usize = 50;
/// Longest name of a place, characters.
pub const PLACE: usize = 100;

/// The settings. Times of day are wall clock in Asia/Tokyo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Forms the body allows.
    pub forms: BTreeSet<Form>,
    /// Units the body allows.
    pub units: BTreeSet<Unit>,
    /// Satellite offices one can choose from, by name; none leaves the place to the request.
    #[serde(default)]
    pub places: Vec<String>,
    /// Kinds of staff who may telework.
    pub eligible: BTreeSet<Employment>,
    /// Most telework days in a week, Monday to Sunday; a half day or hours count as a day of
    /// presence lost.
    pub days_a_week: u8,
    /// A request must be in by this many working days before the day; 0 is the day itself, before
    /// it begins.
    pub notice_days: u8,
    /// Whether a day may be asked for after it was worked (sudden illness of a child, a storm),
    /// with a reason.
    pub after_the_fact: bool,
    /// Within how many days after.
    pub after_the_fact_days: u8,
    /// Ordinary hours.
    pub hours: Hours,
    /// Morning half, for [`Unit::Half`].
    pub morning: Hours,
    /// Afternoon half.
    pub afternoon: Hours,
    /// Break within the ordinary hours.
    pub rest: Minutes,
    /// The PC opens this long before the approved hours.
    pub grace_before: Minutes,
    /// The PC stays open this long after.
    pub grace_after: Minutes,
    /// Whether overtime may be ordered on telework days at all.
    pub overtime: bool,
    /// Reports and sessions may differ by this much before a reason is asked for.
    pub tolerance: Minutes,
    /// Whether an approved day is needed before the PC opens. Off or exempting people is on record.
    pub day_opens_pc: bool,
    /// People exempt from needing an approved day.
    #[serde(default)]
    pub exempt: BTreeSet<StaffId>,
    /// Percent of linked work that must be possible for a person to count as 実施可能.
    pub possible_percent: u8,
    /// Monthly amount of 在宅勤務等手当 in yen, set by the body's ordinance (条例).
    pub allowance_yen: u32,
}

impl Default for Rules {
    fn default() -> Self {
        let hours = |a: (i8, i8), b: (i8, i8)| Hours {
            start: time(a.0, a.1, 0, 0),
            end: time(b.0, b.1, 0, 0),
        };
        Self {
            forms: BTreeSet::from([Form::Home, Form::Satellite, Form::Mobile]),
            units: BTreeSet::from([Unit::Day, Unit::Half, Unit::Hours]),
            places: Vec::new(),
            eligible: BTreeSet::from([
                Employment::Regular,
                Employment::Reappointed,
                Employment::FixedTerm,
            ]),
            days_a_week: 3,
            notice_days: 1,
            after_the_fact: true,
            after_the_fact_days: 3,
            hours: hours((8, 30), (17, 15)),
            morning: hours((8, 30), (12, 0)),
            afternoon: hours((13, 0), (17, 15)),
            rest: Minutes(60),
            grace_before: Minutes(30),
            grace_after: Minutes(30),
            overtime: false,
            tolerance: Minutes(10),
            day_opens_pc: true,
            exempt: BTreeSet::new(),
            possible_percent: 20,
            allowance_yen: 3_000,
        }
    }
}

impl Rules {
    /// Checks that the settings make sense together.
    ///
    /// # Errors
    /// Every fault found, for the page to show beside its field.
    pub fn check(&self) -> Result<(), Vec<RuleFault>> {
        let mut faults = Vec::new();
        let mut fault = |wrong: bool, fault| {
            if wrong {
                faults.push(fault);
            }
        };
        fault(self.forms.is_empty(), RuleFault::NoForm);
        fault(self.units.is_empty(), RuleFault::NoUnit);
        fault(self.eligible.is_empty(), RuleFault::NobodyEligible);
        fault(!(1..=7).contains(&self.days_a_week), RuleFault::DaysAWeek);
        fault(self.notice_days > 30, RuleFault::NoticeDays);
        fault(self.hours.end <= self.hours.start, RuleFault::Hours);
        fault(
            self.morning.end <= self.morning.start || self.afternoon.end <= self.afternoon.start,
            RuleFault::Halves,
        );
        fault(self.morning.overlaps(self.afternoon), RuleFault::Halves);
        fault(self.grace_before.0 > 240 || self.grace_after.0 > 240, RuleFault::Grace);
        fault(self.possible_percent > 100, RuleFault::Percent);
        // A page shows them line by line: what it could not give back is refused.
        let odd = |place: &String| {
            place.trim().is_empty()
                || place.chars().count() > PLACE
                || place.chars().any(char::is_control)
        };
        fault(self.places.len() > PLACES || self.places.iter().any(odd), RuleFault::Places);
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// One fault in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// No form is allowed.
    #[error("no form of telework is allowed")]
    NoForm,
    /// No unit is allowed.
    #[error("no unit is allowed")]
    NoUnit,
    /// No kind of staff is eligible.
    #[error("nobody is eligible")]
    NobodyEligible,
    /// Days a week must be 1 to 7.
    #[error("days a week must be 1 to 7")]
    DaysAWeek,
    /// At most 30 working days' notice.
    #[error("notice is at most 30 days")]
    NoticeDays,
    /// Ordinary hours end after they begin, on one day.
    #[error("the ordinary hours end before they begin")]
    Hours,
    /// The halves must lie apart.
    #[error("the half days overlap or are empty")]
    Halves,
    /// At most four hours of grace.
    #[error("grace is at most four hours")]
    Grace,
    /// A percentage.
    #[error("a percentage is at most 100")]
    Percent,
    /// At most [`PLACES`] places, each with a name of at most [`PLACE`] characters.
    #[error("there are too many places, or one has no name or too long a one")]
    Places,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_hold_and_nonsense_is_named() {
        assert_eq!(Rules::default().check(), Ok(()));
        let odd = Rules {
            forms: BTreeSet::new(),
            days_a_week: 0,
            possible_percent: 101,
            afternoon: Rules::default().hours,
            places: vec!["駅前".into(), "あ".repeat(PLACE + 1)],
            ..Rules::default()
        };
        let faults = [
            RuleFault::NoForm,
            RuleFault::DaysAWeek,
            RuleFault::Halves,
            RuleFault::Percent,
            RuleFault::Places,
        ];
        assert_eq!(odd.check(), Err(faults.to_vec()));
        for place in ["a\nb", "", " "] {
            let rules = Rules { places: vec!["駅前".into(), place.into()], ..Rules::default() };
            assert_eq!(rules.check(), Err(vec![RuleFault::Places]), "{place:?}");
        }
    }
}
