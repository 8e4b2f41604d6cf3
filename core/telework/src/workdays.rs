//! Which days an office works: not on Saturdays and Sundays, not on public holidays, not around New
//! Year, not on days of its own.
//! What an ordinance may set stands in article 4-2 of the Local Autonomy Act (地方自治法).

use crate::holidays::{Holiday, holiday};
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most days of its own a body names in one list.
pub const OWN_DAYS: usize = 400;

/// The working days of one body. Without a word of its own: public holidays and 29 December to 3
/// January are off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Single days the office is closed beside all others.
    #[serde(default)]
    pub holidays: BTreeSet<Date>,
    /// Days it is closed every year.
    #[serde(default)]
    pub yearly: BTreeSet<Yearly>,
    /// 年末年始; none for an office that stays open.
    #[serde(default = "usual")]
    pub year_end: Option<YearEnd>,
    /// Days it works all the same, whatever else would close it: a holiday moved by a law too new
    /// to be known here, a Saturday at the counter.
    #[serde(default)]
    pub opened: BTreeSet<Date>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            holidays: BTreeSet::new(),
            yearly: BTreeSet::new(),
            year_end: usual(),
            opened: BTreeSet::new(),
        }
    }
}

fn usual() -> Option<YearEnd> {
    Some(YearEnd::default())
}

/// A day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Yearly {
    /// 1 to 12.
    pub month: i8,
    /// 1 to 31.
    pub day: i8,
}

impl Yearly {
    /// The day, if some year has it.
    pub fn new(month: i8, day: i8) -> Option<Self> {
        // 2024 had a 29 February.
        Date::new(2024, month, day).ok().map(|_| Self { month, day })
    }
}

/// The days around New Year on which the office is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearEnd {
    /// First one in December.
    pub december: i8,
    /// Last one in January.
    pub january: i8,
}

impl Default for YearEnd {
    fn default() -> Self {
        Self { december: 29, january: 3 }
    }
}

impl YearEnd {
    /// Whether both lie in their month.
    pub fn is_valid(self) -> bool {
        (1..=31).contains(&self.december) && (1..=31).contains(&self.january)
    }

    fn covers(self, day: Date) -> bool {
        match day.month() {
            12 => day.day() >= self.december,
            1 => day.day() <= self.january,
            _ => false,
        }
    }
}

/// Why a day is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// 国民の祝日 or one that follows from it
    Holiday(Holiday),
    /// 年末年始
    YearEnd,
    /// A day of the body's own (閉庁日)
    Closed,
    /// Saturday or Sunday
    Weekend,
}

impl Calendar {
    /// Why staff do not work on `day` by default; nothing for a working day.
    pub fn off(&self, day: Date) -> Option<Off> {
        if self.opened.contains(&day) {
            return None;
        }
        if let Some(holiday) = holiday(day) {
            return Some(Off::Holiday(holiday));
        }
        if self.year_end.is_some_and(|closing| closing.covers(day)) {
            return Some(Off::YearEnd);
        }
        if self.holidays.contains(&day)
            || self.yearly.contains(&Yearly { month: day.month(), day: day.day() })
        {
            return Some(Off::Closed);
        }
        matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday).then_some(Off::Weekend)
    }

    /// Whether staff work on `day` by default.
    pub fn is_working(&self, day: Date) -> bool {
        self.off(day).is_none()
    }

    /// The working day before `day`, at most a year back.
    pub fn working_day_before(&self, day: Date) -> Option<Date> {
        let mut at = day;
        for _ in 0..366 {
            at = at.yesterday().ok()?;
            if self.is_working(at) {
                return Some(at);
            }
        }
        None
    }
}

impl Calendar {
    /// The working day after `day`, at most a year on; `day` itself where there is none.
    pub fn next_working(&self, day: Date) -> Date {
        let after = std::iter::successors(day.tomorrow().ok(), |at| at.tomorrow().ok()).take(366);
        after.into_iter().find(|at| self.is_working(*at)).unwrap_or(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn holidays_the_turn_of_the_year_and_days_of_its_own_are_off() {
        let calendar = Calendar {
            holidays: BTreeSet::from([date(2026, 8, 14)]),
            yearly: BTreeSet::from([Yearly::new(6, 23).unwrap()]),
            opened: BTreeSet::from([date(2026, 11, 3), date(2026, 11, 7)]),
            ..Calendar::default()
        };
        assert_eq!(calendar.off(date(2026, 9, 22)), Some(Off::Holiday(Holiday::Between)));
        assert_eq!(calendar.off(date(2026, 8, 14)), Some(Off::Closed));
        assert_eq!(calendar.off(date(2027, 8, 13)), None);
        assert_eq!(calendar.off(date(2026, 6, 23)), Some(Off::Closed));
        assert_eq!(calendar.off(date(2031, 6, 23)), Some(Off::Closed));
        assert_eq!(calendar.off(date(2026, 11, 8)), Some(Off::Weekend));
        assert!(calendar.is_working(date(2026, 11, 3)) && calendar.is_working(date(2026, 11, 7)));
        let around: Vec<bool> =
            [(2026, 12, 28), (2026, 12, 29), (2026, 12, 31), (2027, 1, 1), (2027, 1, 4)]
                .map(|(y, m, d)| calendar.is_working(date(y, m, d)))
                .into();
        assert_eq!(around, [true, false, false, false, true]);
        assert_eq!(calendar.working_day_before(date(2027, 1, 4)), Some(date(2026, 12, 28)));
        assert_eq!(calendar.working_day_before(date(2026, 9, 24)), Some(date(2026, 9, 18)));
        let open = Calendar { year_end: None, ..calendar };
        assert_eq!(open.off(date(2026, 12, 30)), None);
        assert_eq!(open.off(date(2027, 1, 1)), Some(Off::Holiday(Holiday::NewYear)));
    }

    #[test]
    fn a_day_that_no_year_has_is_none_and_settings_of_before_gain_the_usual_days() {
        assert_eq!(Yearly::new(2, 30), None);
        assert!(Yearly::new(2, 29).is_some());
        assert!(!YearEnd { december: 32, january: 3 }.is_valid());
        let kept: Calendar = toml::from_str(r#"holidays = ["2026-08-14"]"#).unwrap();
        assert_eq!(
            kept,
            Calendar { holidays: BTreeSet::from([date(2026, 8, 14)]), ..Calendar::default() }
        );
    }

    proptest! {
        #[test]
        fn the_working_day_before_works_and_none_lies_between(since in 0i64..40_000) {
            let day = date(1990, 1, 1).checked_add(jiff::Span::new().days(since)).unwrap();
            let calendar = Calendar::default();
            let before = calendar.working_day_before(day).unwrap();
            prop_assert!(before < day && calendar.is_working(before));
            let between = std::iter::successors(
                before.tomorrow().ok(), |at| at.tomorrow().ok()).take_while(|at| *at < day);
            prop_assert!(between.into_iter().all(|at| !calendar.is_working(at)));
            // Ten days stand in a row in 2019; no pause is longer than that.
            prop_assert!((day - before).get_days() <= 11);
            // There and back.
            let after = calendar.next_working(day);
            let back = calendar.working_day_before(after).unwrap();
            prop_assert_eq!(back, if calendar.is_working(day) { day } else { before });
        }
    }
}
