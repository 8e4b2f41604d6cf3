//! 在宅勤務等手当, by the national rule in force since 2024-04-01: home telework ordered for a fixed
//! period of at least three months in a row, on average on more than ten days a month (strictly);
//! the period does not move once fixed.

use crate::time::Month;
use jiff::Timestamp;
use people::StaffId;
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

impl Allowance {
    /// Whether it is due, whatever the amount.
    pub fn is_due(&self) -> bool {
        self.long_enough && self.over_ten
    }
}

/// The least number of months in a row.
pub const LEAST_MONTHS: u8 = 3;
/// The most months one period has.
pub const MOST_MONTHS: u8 = 12;
/// Days a month that must be exceeded.
pub const DAYS: u32 = 10;

/// A period that was fixed for one person. It does not move: one entered by mistake is withdrawn
/// with a reason and stays on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixed {
    /// For whom.
    pub staff: StaffId,
    /// The period.
    pub period: Period,
    /// When it was fixed.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffId,
    /// When and why it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<(Timestamp, String)>,
}

/// Why a period cannot be fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeriodFault {
    /// Fewer than [`LEAST_MONTHS`] months.
    #[error("a period has at least three months")]
    Short,
    /// More than [`MOST_MONTHS`] months.
    #[error("a period has at most twelve months")]
    Long,
    /// She has a period that shares a month with it.
    #[error("it shares a month with another period")]
    Overlap,
}

impl Period {
    /// The month after its last.
    pub fn end(self) -> Month {
        (0..self.months.min(120)).fold(self.first, |m, _| m.next())
    }

    /// Whether a month lies in it.
    pub fn holds(self, month: Month) -> bool {
        self.first <= month && month < self.end()
    }

    /// Whether this period may be fixed beside the ones `others` of the same person.
    ///
    /// # Errors
    /// [`PeriodFault`].
    pub fn check<'a>(self, others: impl IntoIterator<Item = &'a Fixed>) -> Result<(), PeriodFault> {
        if self.months < LEAST_MONTHS {
            return Err(PeriodFault::Short);
        }
        if self.months > MOST_MONTHS {
            return Err(PeriodFault::Long);
        }
        let shares = |o: &Fixed| {
            o.withdrawn.is_none() && o.period.first < self.end() && self.first < o.period.end()
        };
        if others.into_iter().any(shares) { Err(PeriodFault::Overlap) } else { Ok(()) }
    }

    /// Its months in order; at most ten years.
    pub fn months(self) -> impl Iterator<Item = Month> {
        std::iter::successors(Some(self.first), |m| Some(m.next()))
            .take(usize::from(self.months.min(120)))
    }
}

/// Decides the allowance. `ordered` is the number of home-telework days ordered in each month; days
/// outside the period do not count. `yen` is the body's monthly amount.
pub fn allowance(period: Period, ordered: &BTreeMap<Month, u32>, yen: u32) -> Allowance {
    let days: BTreeMap<Month, u32> =
        period.months().map(|m| (m, ordered.get(&m).copied().unwrap_or(0))).collect();
    let total = days.values().fold(0u32, |a, b| a.saturating_add(*b));
    let long_enough = period.months >= LEAST_MONTHS;
    // total / months > 10 without a fraction
    let over_ten = u64::from(total) > u64::from(DAYS) * days.len() as u64;
    let found = Allowance { days, total, long_enough, over_ten, yen_a_month: yen };
    if found.is_due() { found } else { Allowance { yen_a_month: 0, ..found } }
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

    #[test]
    fn periods_of_one_person_lie_apart_and_a_withdrawn_one_makes_room() {
        let fixed = |first: (i16, i8), months| Fixed {
            staff: crate::testing::who("sato"),
            period: Period { first: Month { year: first.0, month: first.1 }, months },
            at: Timestamp::UNIX_EPOCH,
            by: crate::testing::who("jinji"),
            withdrawn: None,
        };
        let winter = fixed((2025, 11), 3);
        assert_eq!(winter.period.end(), Month { year: 2026, month: 2 });
        assert!(
            winter.period.holds(Month { year: 2026, month: 1 })
                && !winter.period.holds(Month { year: 2026, month: 2 })
        );
        assert_eq!(fixed((2026, 1), 3).period.check([&winter]), Err(PeriodFault::Overlap));
        assert_eq!(fixed((2026, 2), 3).period.check([&winter]), Ok(()));
        assert_eq!(fixed((2025, 8), 3).period.check([&winter]), Ok(()));
        assert_eq!(fixed((2026, 2), 2).period.check([]), Err(PeriodFault::Short));
        assert_eq!(fixed((2026, 2), 13).period.check([]), Err(PeriodFault::Long));
        let gone = Fixed { withdrawn: Some((Timestamp::UNIX_EPOCH, "誤り".into())), ..winter };
        assert_eq!(fixed((2026, 1), 3).period.check([&gone]), Ok(()));
    }

    proptest! {
        #[test]
        fn periods_share_a_month_exactly_when_they_overlap(
            a in 0u8..40, n in 3u8..13, b in 0u8..40, m in 3u8..13) {
            let at = |k: u8| (0..k).fold(Month { year: 2025, month: 4 }, |month, _| month.next());
            let (one, two) = (
                Period { first: at(a), months: n }, Period { first: at(b), months: m });
            let shared = one.months().any(|month| two.holds(month));
            let who = crate::testing::who("sato");
            let fixed = Fixed {
                staff: who, period: one, at: Timestamp::UNIX_EPOCH, by: who, withdrawn: None };
            prop_assert_eq!(two.check([&fixed]).is_err(), shared);
        }

        #[test]
        fn due_exactly_when_the_average_is_over_ten(
            days in proptest::collection::vec(0u32..32, 0..14)) {
            let a = allowance(period(days.len() as u8), &ordered(&days), 1);
            let mean = if days.is_empty() { 0.0 } else {
                f64::from(days.iter().sum::<u32>()) / days.len() as f64 };
            prop_assert_eq!(a.yen_a_month == 1, days.len() >= 3 && mean > 10.0);
        }
    }
}
