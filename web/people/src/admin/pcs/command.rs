//! What is asked of a PC.

use jiff::civil::Date;
use people::{Assignment, Login};

use kit::time;

/// Somebody is to use a PC for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::admin) struct Assign {
    pub(in crate::admin) login: Login,
    pub(in crate::admin) period: Period,
}

/// From the first moment of one day to the last of another, in Tokyo.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::admin) struct Period {
    /// The first day.
    pub(in crate::admin) first: Date,
    /// The last day.
    pub(in crate::admin) last: Date,
}

/// Why nobody is to use it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::admin) enum NotAssigned {
    /// Nobody who is not stopped has this sign-in name.
    Login,
    /// The days are no period, or too long a one.
    Period,
}

impl Assign {
    /// The command these texts say, or everything that is wrong with them.
    pub(in crate::admin) fn read(
        login: &str,
        first: &str,
        last: &str,
    ) -> Result<Self, Vec<NotAssigned>> {
        match (login.parse(), Period::read(first, last)) {
            (Ok(login), Some(period)) => Ok(Self { login, period }),
            (login, period) => {
                let login = login.err().map(|_: people::Fault| NotAssigned::Login);
                let period = period.is_none().then_some(NotAssigned::Period);
                Err(login.into_iter().chain(period).collect())
            }
        }
    }
}

impl Period {
    fn read(first: &str, last: &str) -> Option<Self> {
        let period = Self { first: first.parse().ok()?, last: last.parse().ok()? };
        period.moments().map(|_| period)
    }

    /// From and until, Unix milliseconds.
    pub(in crate::admin) fn moments(self) -> Option<(i64, i64)> {
        let from = time::start_of(self.first)?;
        let until = time::start_of(self.last.tomorrow().ok()?)?;
        Assignment::check_period(from, until).ok().map(|()| (from, until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let read = Assign::read("sato", "2026-10-01", "2027-03-31").unwrap();
        assert_eq!(read.period.first, jiff::civil::date(2026, 10, 1));
        let both = vec![NotAssigned::Login, NotAssigned::Period];
        assert_eq!(Assign::read("", "2026-10-01", "2026-09-30"), Err(both));
        let period = vec![NotAssigned::Period];
        assert_eq!(Assign::read("sato", "2026-10-01", ""), Err(period));
    }
}
