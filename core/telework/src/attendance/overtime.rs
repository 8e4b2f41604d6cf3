//! Overtime by month and by fiscal year against 45 and 360 hours.

use crate::time::{FiscalYear, Minutes, Month};
use std::collections::BTreeMap;

/// 45 hours a month.
pub const MONTH_LIMIT: Minutes = Minutes(45 * 60);
/// 360 hours a fiscal year.
pub const YEAR_LIMIT: Minutes = Minutes(360 * 60);

/// One person's overtime.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overtime {
    /// By month.
    pub months: BTreeMap<Month, Minutes>,
    /// By fiscal year.
    pub years: BTreeMap<FiscalYear, Minutes>,
}

impl Overtime {
    /// Months over [`MONTH_LIMIT`].
    pub fn months_over(&self) -> impl Iterator<Item = (Month, Minutes)> + '_ {
        self.months.iter().filter(|(_, m)| **m > MONTH_LIMIT).map(|(k, v)| (*k, *v))
    }
}

/// Sums what was worked beyond a working day (7 h 45 min), day by day; on a day off all of it is
/// overtime.
pub fn overtime(days: impl IntoIterator<Item = (jiff::civil::Date, Minutes, bool)>) -> Overtime {
    let mut sums = Overtime::default();
    for (day, worked, is_working_day) in days {
        let over = if is_working_day { worked - Minutes::WORKING_DAY } else { worked };
        if over > Minutes(0) {
            let month = sums.months.entry(Month::of(day)).or_default();
            *month = *month + over;
            let year = sums.years.entry(FiscalYear::of(day)).or_default();
            *year = *year + over;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn years_are_the_sum_of_their_months_and_nothing_is_made_up(
            days in proptest::collection::vec((0i64..1200, 0u32..1440, any::<bool>()), 0..200)) {
            let first = date(2023, 12, 1);
            let days: BTreeMap<_, _> = days
                .into_iter()
                .map(
                    |(at, worked, working)| (
                        first.checked_add(jiff::Span::new().days(at)).unwrap(),
                        (Minutes(worked), working)))
                .collect();
            let sums = overtime(
                days.iter().map(|(day, (worked, working))| (*day, *worked, *working)));
            for (year, sum) in &sums.years {
                let months: Minutes = sums.months.iter().filter(
                    |(m, _)| m.fiscal_year() == *year).map(|(_, v)| *v).sum();
                prop_assert_eq!(months, *sum);
            }
            let worked: Minutes = days.values().map(|(worked, _)| *worked).sum();
            let over: Minutes = sums.years.values().copied().sum();
            prop_assert!(over <= worked);
            prop_assert!(sums.months.values().all(|sum| *sum > Minutes(0)));
        }
    }

    #[test]
    fn limits_are_strict_and_the_year_turns_in_april() {
        let days = |from: (i16, i8), n: i8, minutes: u32| {
            (1..=n).map(move |d| (date(from.0, from.1, d), Minutes(465 + minutes), true))
        };
        let exactly = overtime(days((2026, 3), 27, 100));
        assert_eq!(exactly.months[&Month { year: 2026, month: 3 }], MONTH_LIMIT);
        assert_eq!(exactly.months_over().count(), 0);
        let both = overtime(days((2026, 3), 27, 101).chain(days((2026, 4), 1, 30)));
        assert_eq!(both.months_over().count(), 1);
        assert_eq!(both.years[&FiscalYear(2025)], Minutes(2727));
        assert_eq!(both.years[&FiscalYear(2026)], Minutes(30));
        let off = overtime([
            (date(2026, 5, 3), Minutes(120), false),
            (date(2026, 5, 7), Minutes(465), true),
        ]);
        assert_eq!(off.years[&FiscalYear(2026)], Minutes(120));
    }
}
