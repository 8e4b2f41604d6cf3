//! Last days, in Japan's time.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

/// The day it is in Japan (UTC+9 all year).
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::fixed(Offset::constant(9))).date()
}

/// The last day for one body's answer; the day itself counts whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The ministry's.
    pub ministry: Date,
    /// The prefecture's own, not later than the ministry's.
    pub prefecture: Option<Date>,
    /// What was granted to this body since.
    pub extended: Option<Date>,
}

impl Deadline {
    /// The day that binds the body.
    pub fn day(&self) -> Date {
        self.extended.or(self.prefecture).unwrap_or(self.ministry)
    }

    /// Whether it has passed.
    pub fn passed(&self, now: Timestamp) -> bool {
        today(now) > self.day()
    }

    /// A later day given to the body; never takes away what was granted before.
    pub(super) fn extend(&mut self, until: Date) {
        self.extended = Some(self.extended.map_or(until, |day| day.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_day_ends_at_midnight_in_japan() {
        let deadline = Deadline { ministry: date(2021, 10, 29), prefecture: None, extended: None };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(!deadline.passed(at("2021-10-29T14:59:59Z")));
        assert!(deadline.passed(at("2021-10-29T15:00:00Z")));
    }

    #[test]
    fn the_nearest_word_counts() {
        let mut deadline = Deadline {
            ministry: date(2021, 10, 29),
            prefecture: Some(date(2021, 10, 20)),
            extended: None,
        };
        assert_eq!(deadline.day(), date(2021, 10, 20));
        deadline.extend(date(2021, 10, 25));
        deadline.extend(date(2021, 10, 22));
        assert_eq!(deadline.day(), date(2021, 10, 25));
    }
}
