//! What was done with a month: closed, opened again, closed once more. The list only grows.

use crate::time::{Month, tokyo};
use audit::{Decision, Kind};
use jiff::Timestamp;
use people::{Deed, Permit, StaffId};
use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// 締め
    Closed,
    /// 締めの取消し
    Reopened,
}

/// One thing done with a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What.
    pub act: Act,
    /// Who.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
    /// People with a record in the month, at the time.
    pub people: u32,
    /// Differences without a reason, at the time.
    pub open: u32,
    /// Why: to reopen, and to close over differences without a reason.
    #[serde(default)]
    pub why: String,
}

/// A month's steps, oldest first. One never closed has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// In order.
    pub steps: Vec<Step>,
}

impl Ledger {
    /// Whether the month is closed: nothing of it changes until it is opened again.
    pub fn is_closed(&self) -> bool {
        self.steps.last().is_some_and(|step| step.act == Act::Closed)
    }

    /// What can be done with the month now: [`Ledger::close`] and [`Ledger::reopen`] do each of
    /// these, given a reason where one is asked for, and nothing else.
    pub fn possible(&self, month: Month, permit: &Permit, now: Timestamp) -> Vec<Act> {
        let allowed = |act: &Act| {
            permit.deed() == Deed::ManageTelework && self.allows(*act, month, now).is_ok()
        };
        [Act::Closed, Act::Reopened].into_iter().filter(allowed).collect()
    }

    /// The one place that says what is possible.
    fn allows(&self, act: Act, month: Month, now: Timestamp) -> Result<(), Refused> {
        match (act, self.is_closed()) {
            (Act::Closed, true) => Err(Refused::Already),
            (Act::Closed, false) if Month::of(tokyo(now).date()) <= month => Err(Refused::NotOver),
            (Act::Reopened, false) => Err(Refused::NotClosed),
            _ => Ok(()),
        }
    }

    /// Closes the month.
    ///
    /// # Errors
    /// [`Refused`]; nothing changed.
    pub fn close(&self, month: Month, step: Step) -> Result<Self, Refused> {
        self.allows(Act::Closed, month, step.at)?;
        if step.open > 0 && step.why.trim().is_empty() {
            return Err(Refused::Open(step.open));
        }
        Ok(self.with(Step { act: Act::Closed, ..step }))
    }

    /// Opens it again.
    ///
    /// # Errors
    /// [`Refused`]; nothing changed.
    pub fn reopen(
        &self,
        month: Month,
        step: Step,
        permit: &Permit,
    ) -> Result<Decision<Self>, Refused> {
        if permit.deed() != Deed::ManageTelework {
            return Err(Refused::WrongPermit);
        }
        self.allows(Act::Reopened, month, step.at)?;
        if step.why.trim().is_empty() {
            return Err(Refused::NoReason);
        }
        let event = permit.event(Kind::MONTH_REOPENED, month).with("why", step.why.trim());
        Ok(Decision::new(self.with(Step { act: Act::Reopened, ..step }), event))
    }

    /// That it was closed, for the record: by whoever holds this permit.
    ///
    /// # Errors
    /// [`Refused::WrongPermit`], or [`Refused::NotClosed`] where the last step is another.
    pub fn closed_by(self, month: Month, permit: &Permit) -> Result<Decision<Self>, Refused> {
        if permit.deed() != Deed::ManageTelework {
            return Err(Refused::WrongPermit);
        }
        let last = self.steps.last().filter(|step| step.act == Act::Closed);
        let last = last.ok_or(Refused::NotClosed)?;
        let event = permit
            .event(Kind::MONTH_CLOSED, month)
            .with("people", last.people)
            .with("open", last.open)
            .with("why", last.why.trim());
        Ok(Decision::new(self, event))
    }

    fn with(&self, step: Step) -> Self {
        let mut next = self.clone();
        next.steps.push(step);
        next
    }
}

/// Why a month is not closed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is closed.
    #[error("already closed")]
    Already,
    /// It is open.
    #[error("not closed")]
    NotClosed,
    /// Its last day is not over in Tokyo.
    #[error("the month is not over")]
    NotOver,
    /// So many differences have no reason; closing over them needs a word.
    #[error("{0} differences have no reason")]
    Open(u32),
    /// Opening again needs a reason.
    #[error("a reason is needed")]
    NoReason,
    /// The permit is for something else: a fault of the program.
    #[error("a permit for something else")]
    WrongPermit,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{permit, who};
    use proptest::prelude::*;

    fn step(at: &str, open: u32, why: &str) -> Step {
        Step {
            act: Act::Closed,
            by: who("jinji"),
            at: at.parse().unwrap(),
            people: 3,
            open,
            why: why.into(),
        }
    }

    #[test]
    fn a_month_is_closed_once_it_is_over_and_opened_again_with_a_reason() {
        let month = Month { year: 2024, month: 2 };
        let new = Ledger::default();
        // 29 February 2024, 23:59 in Tokyo, and the minute after.
        assert_eq!(new.close(month, step("2024-02-29T14:59:00Z", 0, "")), Err(Refused::NotOver));
        let closed = new.close(month, step("2024-02-29T15:00:00Z", 0, "")).unwrap();
        assert!(closed.is_closed() && !new.is_closed());
        assert_eq!(closed.close(month, step("2024-03-02T00:00:00Z", 0, "")), Err(Refused::Already));
        let hr = permit("jinji", Deed::ManageTelework);
        let reopen =
            |ledger: &Ledger, why| ledger.reopen(month, step("2024-03-02T00:00:00Z", 0, why), &hr);
        assert_eq!(reopen(&new, "誤り"), Err(Refused::NotClosed));
        assert_eq!(reopen(&closed, "  "), Err(Refused::NoReason));
        let again = reopen(&closed, "報告漏れ").unwrap();
        assert_eq!(
            again.events,
            [hr.event(Kind::MONTH_REOPENED, "2024-02").with("why", "報告漏れ")]
        );
        let again = again.value;
        assert!(!again.is_closed());
        assert_eq!(again.steps.len(), 2);
    }

    proptest! {
        #[test]
        fn what_is_offered_is_what_is_done(
            closed: bool,
            hours in -100i64..100,
            deed in 0..2usize,
        ) {
            let month = Month { year: 2024, month: 2 };
            let new = Ledger::default();
            let before = new.close(month, step("2024-03-02T00:00:00Z", 0, "")).unwrap();
            let ledger = if closed { before } else { new };
            let deed = [Deed::ManageTelework, Deed::DecideTelework][deed];
            let permit = permit("jinji", deed);
            let at = "2024-03-01T00:00:00Z".parse::<Timestamp>().unwrap();
            let now = at + jiff::Span::new().hours(hours);
            let step = Step { at: now, ..step("2024-03-02T00:00:00Z", 3, "理由") };
            let steps = ledger.possible(month, &permit, now);
            let closes = ledger.close(month, step.clone()).map(|one| one.closed_by(month, &permit));
            let closes = matches!(closes, Ok(Ok(_)));
            prop_assert_eq!(steps.contains(&Act::Closed), closes);
            let reopens = ledger.reopen(month, step, &permit).is_ok();
            prop_assert_eq!(steps.contains(&Act::Reopened), reopens);
        }
    }

    #[test]
    fn differences_without_a_reason_need_a_word_to_close_over() {
        let month = Month { year: 2026, month: 3 };
        let new = Ledger::default();
        assert_eq!(new.close(month, step("2026-04-01T00:00:00Z", 2, "")), Err(Refused::Open(2)));
        assert!(
            new.close(month, step("2026-04-01T00:00:00Z", 2, "退職者のため確認できない"))
                .unwrap()
                .is_closed()
        );
    }
}
