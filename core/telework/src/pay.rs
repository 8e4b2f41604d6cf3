//! What each closed month pays of the allowance. The average over a period is known only towards
//! its end: until then a month pays by what is ordered so far, and what that leaves too much or too
//! little of the months closed before is made good (遡及・戻入) by the next one that is closed. What was
//! paid once is on record and never rewritten.

use crate::allowance::Period;
use crate::time::Month;
use std::collections::{BTreeMap, BTreeSet};

/// What one closed month pays one person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paid {
    /// The body's amount a month when it was closed; zero where she had no period.
    pub rate: u32,
    /// Yen for the month itself.
    pub yen: u32,
    /// Yen made good for months closed before; negative when too much was paid.
    pub arrears: i64,
}

impl Paid {
    /// Whether there is nothing to keep.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// What closing `month` pays one person. `periods` are hers that were not withdrawn, and whether
/// each is due as things stand; `before` is what her other closed months paid, `closed` are the
/// closed months of the body, `rate` is the body's amount now. A month that was closed before she
/// had a period takes today's amount.
pub fn pay(
    month: Month,
    periods: &[(Period, bool)],
    before: &BTreeMap<Month, Paid>,
    closed: &BTreeSet<Month>,
    rate: u32,
) -> Paid {
    let held = |of: Month| periods.iter().find(|(period, _)| period.holds(of));
    let due = |of: Month| held(of).is_some_and(|(_, due)| *due);
    let rate_of =
        |of: &Month| before.get(of).map(|paid| paid.rate).filter(|rate| *rate > 0).unwrap_or(rate);
    let should: i64 = closed
        .iter()
        .filter(|of| **of != month && due(**of))
        .map(|of| i64::from(rate_of(of)))
        .sum();
    let had: i64 = before
        .iter()
        .filter(|(of, _)| **of != month)
        .map(|(_, paid)| i64::from(paid.yen) + paid.arrears)
        .sum();
    Paid {
        rate: if held(month).is_some() { rate } else { 0 },
        yen: if due(month) { rate } else { 0 },
        arrears: should - had,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(month: i8) -> Month {
        Month { year: 2026, month }
    }

    /// Closes a month over what was paid before.
    fn close(
        book: &mut BTreeMap<Month, Paid>,
        month: Month,
        period: Period,
        due: bool,
        rate: u32,
    ) -> Paid {
        let closed: BTreeSet<Month> = book.keys().copied().chain([month]).collect();
        let paid = pay(month, &[(period, due)], book, &closed, rate);
        book.insert(month, paid);
        paid
    }

    const SUMMER: Period = Period { first: Month { year: 2026, month: 6 }, months: 3 };

    #[test]
    fn a_period_that_turns_out_to_be_due_pays_the_months_before_with_its_last() {
        let mut book = BTreeMap::new();
        assert_eq!(
            close(&mut book, at(6), SUMMER, false, 3000),
            Paid { rate: 3000, yen: 0, arrears: 0 }
        );
        assert_eq!(close(&mut book, at(7), SUMMER, false, 3000).yen, 0);
        assert_eq!(
            close(&mut book, at(8), SUMMER, true, 3000),
            Paid { rate: 3000, yen: 3000, arrears: 6000 }
        );
        assert_eq!(
            close(&mut book, at(9), SUMMER, true, 3000),
            Paid::default(),
            "nothing is paid twice"
        );
    }

    #[test]
    fn what_was_paid_too_early_comes_back_and_old_months_keep_their_amount() {
        let mut book = BTreeMap::new();
        close(&mut book, at(6), SUMMER, true, 3000);
        close(&mut book, at(7), SUMMER, true, 4000);
        // Days of August were cancelled: the average is no longer over ten.
        assert_eq!(
            close(&mut book, at(8), SUMMER, false, 4000),
            Paid { rate: 4000, yen: 0, arrears: -7000 }
        );
        // And ordered after all, seen when September is closed: June at June's amount.
        assert_eq!(
            close(&mut book, at(9), SUMMER, true, 5000),
            Paid { rate: 0, yen: 0, arrears: 11_000 }
        );
    }

    #[test]
    fn a_period_withdrawn_or_fixed_after_the_fact_is_made_good_with_the_next_close() {
        let book = BTreeMap::from([(at(6), Paid { rate: 3000, yen: 3000, arrears: 0 })]);
        let closed = BTreeSet::from([at(6), at(7)]);
        assert_eq!(pay(at(7), &[], &book, &closed, 3000).arrears, -3000);
        let late = pay(at(7), &[(SUMMER, true)], &BTreeMap::new(), &closed, 3000);
        assert_eq!(late, Paid { rate: 3000, yen: 3000, arrears: 3000 });
    }

    proptest! {
        #[test]
        fn after_each_close_all_that_was_paid_is_what_is_due(
            steps in proptest::collection::vec((1i8..13, any::<bool>()), 1..30),
            first in 1i8..10, months in 3u8..7,
        ) {
            let period = Period { first: at(first), months };
            let mut book = BTreeMap::new();
            for (month, due) in steps {
                close(&mut book, at(month), period, due, 3000);
                let sum: i64 = book.values().map(
                    |paid: &Paid| i64::from(paid.yen) + paid.arrears).sum();
                let should = book.keys().filter(|month| due && period.holds(**month)).count(
                    ) as i64 * 3000;
                prop_assert_eq!(sum, should);
            }
        }
    }
}
