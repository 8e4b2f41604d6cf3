//! Days, years and minutes as a Japanese office counts them.
//!
//! Moments are stored in UTC and shown in Asia/Tokyo. Japan has kept UTC+9 without daylight saving
//! since 1951, so the offset is a constant here and no time zone database is consulted; daylight
//! changes elsewhere cannot move a record.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use std::fmt;

pub use crate::workdays::{Calendar, Off, YearEnd, Yearly};

const TOKYO: Offset = Offset::constant(9);

/// The wall clock in Asia/Tokyo at `moment`.
pub fn tokyo(moment: Timestamp) -> DateTime {
    TOKYO.to_datetime(moment)
}

/// The moment at which the wall clock in Asia/Tokyo shows `local`.
///
/// # Errors
/// [`OutOfRange`] outside the years jiff can hold (-9999 to 9999).
pub fn moment(local: DateTime) -> Result<Timestamp, OutOfRange> {
    TOKYO.to_timestamp(local).map_err(|_| OutOfRange)
}

/// A date or moment outside what a record can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the date is out of range")]
pub struct OutOfRange;

/// A fiscal year (会計年度): 1 April to 31 March, named by the year it begins in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FiscalYear(pub i16);

impl FiscalYear {
    /// The fiscal year `day` falls in.
    pub fn of(day: Date) -> Self {
        Self(if day.month() >= 4 { day.year() } else { day.year() - 1 })
    }

    /// Its twelve months, from April.
    pub fn months(self) -> impl Iterator<Item = Month> {
        std::iter::successors(Some(Month { year: self.0, month: 4 }), |m| Some(m.next())).take(12)
    }

    /// Whether `day` lies in this year.
    pub fn holds(self, day: Date) -> bool {
        Self::of(day) == self
    }
}

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Month {
    /// Year of the calendar, not the fiscal year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl fmt::Display for Month {
    /// As `2026-04`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl Month {
    /// The month `day` falls in.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// The month after this one.
    pub fn next(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1 }
        } else {
            Self { month: self.month + 1, ..self }
        }
    }

    /// The month before this one.
    pub fn before(self) -> Self {
        if self.month == 1 {
            Self { year: self.year - 1, month: 12 }
        } else {
            Self { month: self.month - 1, ..self }
        }
    }

    /// Its first and last day.
    ///
    /// # Errors
    /// [`OutOfRange`] for a month that does not exist.
    pub fn days(self) -> Result<(Date, Date), OutOfRange> {
        let first = Date::new(self.year, self.month, 1).map_err(|_| OutOfRange)?;
        Ok((first, first.last_of_month()))
    }

    /// Its fiscal year.
    pub fn fiscal_year(self) -> FiscalYear {
        FiscalYear(if self.month >= 4 { self.year } else { self.year - 1 })
    }
}

/// Monday of the week `day` falls in: weekly limits count from Monday to Sunday.
pub fn week_of(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(jiff::Span::new().days(back)).unwrap_or(day)
}

/// Minutes of work or of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Minutes(pub u32);

impl Minutes {
    /// A working day of local government staff: 7 hours 45 minutes.
    pub const WORKING_DAY: Self = Self(7 * 60 + 45);

    /// Whole minutes between two moments, rounded down; zero when `end` is not after `start`.
    pub fn between(start: Timestamp, end: Timestamp) -> Self {
        Self(u32::try_from((end.as_second() - start.as_second()).max(0) / 60).unwrap_or(u32::MAX))
    }
}

impl std::ops::Add for Minutes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Minutes {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Minutes {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self(0), |a, b| a + b)
    }
}

/// Hours of one day, from `start` to `end`; when `end` is not after `start` the span runs past
/// midnight into the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// First minute, by the wall clock.
    pub start: Time,
    /// The minute after the last.
    pub end: Time,
}

impl Hours {
    /// The moments the span begins and ends on `day`.
    ///
    /// # Errors
    /// [`OutOfRange`] when the day cannot be held.
    pub fn on(self, day: Date) -> Result<(Timestamp, Timestamp), OutOfRange> {
        let last =
            if self.end > self.start { day } else { day.tomorrow().map_err(|_| OutOfRange)? };
        Ok((moment(day.to_datetime(self.start))?, moment(last.to_datetime(self.end))?))
    }

    /// Whether the two spans share a minute, both taken on the same day.
    pub fn overlaps(self, other: Self) -> bool {
        let span = |h: Self| {
            let at = |t: Time| u32::from(t.hour() as u8) * 60 + u32::from(t.minute() as u8);
            let (start, end) = (at(h.start), at(h.end));
            (start, if end > start { end } else { end + 24 * 60 })
        };
        let ((a, b), (c, d)) = (span(self), span(other));
        a < d && c < b
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    fn hours(a: i16, b: i16) -> Hours {
        let at = |m: i16| time((m / 60) as i8, (m % 60) as i8, 0, 0);
        Hours { start: at(a), end: at(b) }
    }

    proptest! {
        #[test]
        fn spans_are_as_long_as_the_clock_says_and_share_minutes_either_way(
            a in 0i16..1440, b in 0i16..1440, c in 0i16..1440, d in 0i16..1440, day in 0i64..2000) {
            let day = date(2023, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            let (one, two) = (hours(a, b), hours(c, d));
            let (start, end) = one.on(day).unwrap();
            let length = if b > a { b - a } else { b - a + 1440 };
            prop_assert_eq!(Minutes::between(start, end), Minutes(length as u32));
            prop_assert_eq!(tokyo(start).date(), day);
            prop_assert_eq!(one.overlaps(two), two.overlaps(one));
            let (from, to) = two.on(day).unwrap();
            prop_assert_eq!(one.overlaps(two), start < to && from < end);
        }
    }

    #[test]
    fn a_fiscal_year_runs_from_april_to_march_leap_day_included() {
        assert_eq!(FiscalYear::of(date(2024, 2, 29)), FiscalYear(2023));
        assert_eq!(FiscalYear::of(date(2024, 3, 31)), FiscalYear(2023));
        assert_eq!(FiscalYear::of(date(2024, 4, 1)), FiscalYear(2024));
        assert_eq!(Month { year: 2024, month: 12 }.next(), Month { year: 2025, month: 1 });
        assert_eq!(Month { year: 2025, month: 3 }.fiscal_year(), FiscalYear(2024));
        assert_eq!(Month { year: 2025, month: 1 }.before(), Month { year: 2024, month: 12 });
        assert_eq!(
            Month { year: 2024, month: 2 }.days(),
            Ok((date(2024, 2, 1), date(2024, 2, 29)))
        );
        assert_eq!(Month { year: 2024, month: 13 }.days(), Err(OutOfRange));
        assert!(FiscalYear(2024).months().all(|m| m.fiscal_year() == FiscalYear(2024)));
        assert_eq!(FiscalYear(2024).months().last(), Some(Month { year: 2025, month: 3 }));
    }

    #[test]
    fn the_day_changes_at_midnight_in_tokyo_not_in_utc() {
        let before: Timestamp = "2024-02-29T14:59:59Z".parse().unwrap();
        let after: Timestamp = "2024-02-29T15:00:00Z".parse().unwrap();
        assert_eq!(tokyo(before).date(), date(2024, 2, 29));
        assert_eq!(tokyo(after).date(), date(2024, 3, 1));
        // The Sunday on which Europe and America change their clocks means nothing here.
        let (start, end) =
            Hours { start: time(1, 0, 0, 0), end: time(4, 0, 0, 0) }.on(date(2026, 3, 29)).unwrap();
        assert_eq!(Minutes::between(start, end), Minutes(180));
    }

    #[test]
    fn hours_may_cross_midnight() {
        let night = Hours { start: time(22, 0, 0, 0), end: time(2, 30, 0, 0) };
        let (start, end) = night.on(date(2024, 12, 31)).unwrap();
        assert_eq!(Minutes::between(start, end), Minutes(270));
        assert_eq!(tokyo(end).date(), date(2025, 1, 1));
        assert!(night.overlaps(Hours { start: time(23, 0, 0, 0), end: time(23, 30, 0, 0) }));
        assert!(!night.overlaps(Hours { start: time(9, 0, 0, 0), end: time(17, 0, 0, 0) }));
    }

    #[test]
    fn weeks_begin_on_monday() {
        assert_eq!(week_of(date(2026, 11, 22)), date(2026, 11, 16));
        assert_eq!(week_of(date(2026, 11, 16)), date(2026, 11, 16));
    }
}
