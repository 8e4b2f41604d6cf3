//! What was done with a month: closed, opened again, closed once more. The list only grows.

use crate::time::{Month, tokyo};
use jiff::Timestamp;
use people::StaffId;
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

    /// Closes the month.
    ///
    /// # Errors
    /// [`Refused`]; nothing changed.
    pub fn close(&self, month: Month, step: Step) -> Result<Self, Refused> {
        if self.is_closed() {
            return Err(Refused::Already);
        }
        if Month::of(tokyo(step.at).date()) <= month {
            return Err(Refused::NotOver);
        }
        if step.open > 0 && step.why.trim().is_empty() {
            return Err(Refused::Open(step.open));
        }
        Ok(self.with(Step { act: Act::Closed, ..step }))
    }

    /// Opens it again.
    ///
    /// # Errors
    /// [`Refused`]; nothing changed.
    pub fn reopen(&self, step: Step) -> Result<Self, Refused> {
        if !self.is_closed() {
            return Err(Refused::NotClosed);
        }
        if step.why.trim().is_empty() {
            return Err(Refused::NoReason);
        }
        Ok(self.with(Step { act: Act::Reopened, ..step }))
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::who;

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
        assert_eq!(new.reopen(step("2024-03-02T00:00:00Z", 0, "誤り")), Err(Refused::NotClosed));
        assert_eq!(closed.reopen(step("2024-03-02T00:00:00Z", 0, "  ")), Err(Refused::NoReason));
        let again = closed.reopen(step("2024-03-02T00:00:00Z", 0, "報告漏れ")).unwrap();
        assert!(!again.is_closed());
        assert_eq!(again.steps.len(), 2);
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
