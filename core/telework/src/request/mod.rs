//! A request for telework and what may be done with it.

mod check;
mod conflict;
mod decide;

pub use check::{Applicant, Fault, Notice, check};
pub use conflict::{Conflict, Team, conflicts};
pub use decide::{Action, Context, Decided, Denied, Right};

use crate::rules::{Form, Unit};
use crate::time::Hours;
use jiff::Timestamp;
use jiff::civil::Date;
use people::StaffId;
use serde::{Deserialize, Serialize};

/// What is asked for: one day, or part of one. A period is as many requests as it has days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who will telework.
    pub staff: StaffId,
    /// The day it begins on.
    pub day: Date,
    /// Where.
    pub form: Form,
    /// How much of the day.
    pub unit: Unit,
    /// From when to when.
    pub hours: Hours,
    /// The place in words, where the body asks for it.
    #[serde(default)]
    pub place: String,
    /// What will be done: pieces of work from the inventory.
    #[serde(default)]
    pub works: Vec<u64>,
    /// Words for the superior; a reason when after the fact.
    #[serde(default)]
    pub note: String,
    /// Who asked on her behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<StaffId>,
    /// Where it stands.
    pub state: State,
    /// Everything that was done with it, oldest first.
    pub history: Vec<Step>,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 申請中
    Requested,
    /// 承認
    Approved,
    /// 差戻し
    Returned,
    /// 不承認
    Refused,
    /// 取消
    Cancelled,
}

/// One thing done with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The state it led to.
    pub state: State,
    /// Who; nobody, where the program did it.
    pub by: Option<StaffId>,
    /// As whom, when standing in for the superior.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy_for: Option<StaffId>,
    /// When.
    pub at: Timestamp,
    /// Why, where a reason is needed.
    #[serde(default)]
    pub why: String,
}

impl Step {
    /// The first of a request, and of one that is handed in again.
    pub fn asked(by: StaffId, at: Timestamp) -> Self {
        Self { state: State::Requested, by: Some(by), deputy_for: None, at, why: String::new() }
    }
}

impl Request {
    /// What is asked for, before words are added. `by` is who hands it in; somebody else than the
    /// person is a proxy.
    pub fn asked(
        staff: StaffId,
        (day, hours): (Date, Hours),
        (form, unit): (Form, Unit),
        by: StaffId,
        at: Timestamp,
    ) -> Self {
        Self {
            staff,
            day,
            form,
            unit,
            hours,
            place: String::new(),
            works: Vec::new(),
            note: String::new(),
            proxy: (by != staff).then_some(by),
            state: State::Requested,
            history: vec![Step::asked(by, at)],
        }
    }

    /// The same asked for on another day, by herself.
    #[must_use]
    pub fn again(self, day: Date, at: Timestamp) -> Self {
        let history = vec![Step::asked(self.staff, at)];
        Self { day, state: State::Requested, proxy: None, history, ..self }
    }

    /// Whether the day is approved.
    pub fn is_approved(&self) -> bool {
        self.state == State::Approved
    }

    /// Whether somebody has to decide on it.
    pub fn is_waiting(&self) -> bool {
        self.state == State::Requested
    }

    /// Whether it is an approved day or may become one without her.
    pub fn is_live(&self) -> bool {
        self.is_approved() || self.is_waiting()
    }

    /// Whether it was taken back.
    pub fn is_cancelled(&self) -> bool {
        self.state == State::Cancelled
    }

    /// Whether its hours are over; those that pass midnight are on the next day.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.hours.on(self.day).is_ok_and(|(_, end)| end <= now)
    }

    /// How many things were done with it: an editor hands this back, and a decision on an older one
    /// is refused.
    pub fn version(&self) -> usize {
        self.history.len()
    }

    /// An approved day that was taken back already, and stands again because an old copy of the
    /// data was put back: taken back by the program, also when the day is over. Nothing of a
    /// request that opens no PC.
    #[must_use]
    pub fn taken_back(&self, now: Timestamp, why: &str) -> Option<Self> {
        if self.state != State::Approved {
            return None;
        }
        let mut request = self.clone();
        request.state = State::Cancelled;
        request.history.push(Step {
            state: State::Cancelled,
            by: None,
            deputy_for: None,
            at: now,
            why: why.into(),
        });
        Some(request)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::civil::time;

    /// A whole day at home that was asked for.
    pub(crate) fn request(staff: StaffId, day: Date) -> Request {
        let at = "2026-04-01T00:00:00Z".parse().unwrap();
        Request {
            staff,
            day,
            form: Form::Home,
            unit: Unit::Day,
            hours: Hours { start: time(8, 30, 0, 0), end: time(17, 15, 0, 0) },
            place: "自宅".into(),
            works: vec![1],
            note: String::new(),
            proxy: None,
            state: State::Requested,
            history: vec![Step {
                state: State::Requested,
                by: Some(staff),
                deputy_for: None,
                at,
                why: String::new(),
            }],
        }
    }
}
