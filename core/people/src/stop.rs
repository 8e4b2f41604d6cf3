//! The stop of a whole body (NOREN-R22), and who may lift it.

/// Who stopped a body: whoever is stronger holds the stop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stopper {
    /// The body's own IT.
    Office,
    /// Who runs the server.
    Operator,
}

/// A body's stop that stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stop {
    /// Who holds it.
    pub by: Stopper,
    /// Since when, Unix milliseconds; 0 when it was not written down.
    pub at: i64,
    /// The name of who pressed, for the body's IT to ask; empty when it was not written down.
    pub who: String,
}

impl Stopper {
    /// Its number in the store.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Office => 0,
            Self::Operator => 1,
        }
    }

    /// From its number. One that is not known is the stronger.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        if number == 0 { Self::Office } else { Self::Operator }
    }

    /// For the record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Operator => "operator",
        }
    }
}

impl Stop {
    /// Whether somebody may lift it: an operator's stop contains an IT account that was taken over,
    /// so only an operator lifts it.
    #[must_use]
    pub fn may_be_lifted(&self, operator: bool) -> bool {
        self.by == Stopper::Office || operator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operators_stop_is_an_operators_to_lift() {
        let stop = |by| Stop { by, at: 1, who: String::new() };
        for (by, operator, may) in [
            (Stopper::Office, false, true),
            (Stopper::Office, true, true),
            (Stopper::Operator, false, false),
            (Stopper::Operator, true, true),
        ] {
            assert_eq!(stop(by).may_be_lifted(operator), may, "{by:?} {operator}");
        }
        for by in [Stopper::Office, Stopper::Operator] {
            assert_eq!(Stopper::from_number(by.number()), by);
        }
        assert_eq!(Stopper::from_number(7), Stopper::Operator, "what is not known is the stronger");
    }
}
