//! 在宅勤務等手当, by the national rule in force since 2024-04-01: home telework ordered for a fixed period of at least three
//! months in a row, on average on more than ten days a month (strictly); the period does not move once fixed.

use crate::time::Month;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A period fixed in advance for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First month.
    pub first: Month,
    /// How many months.
    pub months: u8,
}

/// The answer for one person and period, with the reasoning a clerk can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Ordered home-telework days in each month of the period.
    pub days: BTreeMap<Month, u32>,
    /// Their sum.
    pub total: u32,
    /// Whether the period is long enough.
    pub long_enough: bool,
    /// Whether total / months > 10, strictly.
    pub over_ten: bool,
    /// Yen a month; zero when not due.
    pub yen_a_month: u32,
}

/// The least number of months in a row.
pub const LEAST_MONTHS: u8 = 3;
/// Days a month that must be exceeded.
pub const DAYS: u32 = 10;

impl Period {
    /// Its months in order; at most ten years.
    pub fn months(self) -> impl Iterator<Item = Month> {
        std::iter::successors(Some(self.first), |m| Some(m.next())).take(usize::from(self.months.min(120)))
    }
}

/// Decides the allowance. `ordered` is the number of home-telework days ordered in each month; days outside the period do not
/// count. `yen` is the body's monthly amount.
pub fn allowance(period: Period, ordered: &BTreeMap<Month, u32>, yen: u32) -> Allowance {
    let days: BTreeMap<Month, u32> = period.months().map(|m| (m, ordered.get(&m).copied().unwrap_or(0))).collect();
    let total = days.values().fold(0u32, |a, b| a.saturating_add(*b));
    let long_enough = period.months >= LEAST_MONTHS;
    // total / months > 10 without a fraction
    let over_ten = u64::from(total) > u64::from(DAYS) * days.len() as u64;
    let yen_a_month = if long_enough && over_ten { yen } else { 0 };
    Allowance { days, total, long_enough, over_ten, yen_a_month }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn period(months: u8) -> Period {
        Period { first: Month { year: 2025, month: 11 }, months }
    }

    fn ordered(days: &[u32]) -> BTreeMap<Month, u32> {
        period(days.len() as u8).months().zip(days.iter().copied()).collect()
    }

    #[test]
    fn ten_days_a_month_are_not_enough_and_one_more_in_the_period_is() {
        assert_eq!(allowance(period(3), &ordered(&[10, 10, 10]), 3000).yen_a_month, 0);
        assert_eq!(allowance(period(3), &ordered(&[10, 10, 11]), 3000).yen_a_month, 3000);
        assert_eq!(allowance(period(3), &ordered(&[0, 11, 20]), 3000).yen_a_month, 3000);
        assert_eq!(allowance(period(2), &ordered(&[20, 20]), 3000).yen_a_month, 0);
        assert!(!allowance(period(2), &ordered(&[20, 20]), 3000).long_enough);
    }

    #[test]
    fn the_period_does_not_move_to_richer_months() {
        let mut days = ordered(&[10, 10, 10, 20, 20]);
        assert_eq!(allowance(period(3), &days, 3000).total, 30);
        days.insert(Month { year: 2026, month: 1 }, 11);
        assert_eq!(allowance(period(3), &days, 3000).yen_a_month, 3000);
    }

    proptest! {
        #[test]
        fn due_exactly_when_the_average_is_over_ten(days in proptest::collection::vec(0u32..32, 0..14)) {
            let a = allowance(period(days.len() as u8), &ordered(&days), 1);
            let mean = if days.is_empty() { 0.0 } else { f64::from(days.iter().sum::<u32>()) / days.len() as f64 };
            prop_assert_eq!(a.yen_a_month == 1, days.len() >= 3 && mean > 10.0);
        }
    }
}
