//! A request for telework and what may be done with it.

mod check;
mod conflict;

pub use check::{Applicant, Fault, Notice, check};
pub use conflict::{Conflict, Team, conflicts};

use crate::rules::{Form, Unit};
use crate::time::{Hours, tokyo};
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

/// What somebody wants to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// 再申請 after a return.
    Resubmit,
    /// 承認
    Approve,
    /// 差戻し, with why.
    Return(String),
    /// 不承認, with why.
    Refuse(String),
    /// 取消, with why when it was already approved.
    Cancel(String),
}

/// By what right. Made by the server from the person's role and the division's superior, never from
/// the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// Her own request, or one entered for her (proxy).
    Own,
    /// The division's superior.
    Superior,
    /// Standing in for the superior named.
    Deputy(StaffId),
}

/// What follows from a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The request as it now stands.
    pub request: Request,
    /// The PC must close at once: an approved day was taken back while it may be in use.
    pub closes_session: bool,
}

impl Request {
    /// How many things were done with it: an editor hands this back, and a decision on an older one
    /// is refused.
    pub fn version(&self) -> usize {
        self.history.len()
    }

    /// Decides one action. `seen` is the version the person looked at.
    ///
    /// # Errors
    /// [`Denied`] names what stands in the way; the request is unchanged.
    pub fn decide(
        &self,
        actor: StaffId,
        right: &Right,
        action: &Action,
        seen: usize,
        now: Timestamp,
    ) -> Result<Decided, Denied> {
        if seen != self.version() {
            return Err(Denied::Changed {
                by: self.history.last().map_or(Some(self.staff), |s| s.by),
                state: self.state,
            });
        }
        let own = *right == Right::Own;
        if !own && actor == self.staff {
            return Err(Denied::OwnRequest);
        }
        let over = self.hours.on(self.day).is_ok_and(|(_, end)| end <= now);
        let (state, why) = match (action, self.state) {
            (Action::Approve, State::Requested) if !own => (State::Approved, ""),
            (Action::Return(why), State::Requested) if !own => (State::Returned, reason(why)?),
            (Action::Refuse(why), State::Requested) if !own => (State::Refused, reason(why)?),
            (Action::Resubmit, State::Returned) if own => (State::Requested, ""),
            (Action::Cancel(why), State::Requested | State::Returned) if own => {
                (State::Cancelled, why.as_str())
            }
            (Action::Cancel(_), State::Approved) if over => return Err(Denied::Past),
            (Action::Cancel(why), State::Approved) => (State::Cancelled, reason(why)?),
            (Action::Approve | Action::Return(_) | Action::Refuse(_), State::Requested) => {
                return Err(Denied::NotSuperior);
            }
            (_, state) => return Err(Denied::WrongState(state)),
        };
        let deputy_for = if let Right::Deputy(whom) = right { Some(*whom) } else { None };
        let mut request = self.clone();
        request.state = state;
        request.history.push(Step { state, by: Some(actor), deputy_for, at: now, why: why.into() });
        let closes_session = self.state == State::Approved && tokyo(now).date() >= self.day;
        Ok(Decided { request, closes_session })
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

fn reason(why: &str) -> Result<&str, Denied> {
    if why.trim().is_empty() { Err(Denied::NoReason) } else { Ok(why.trim()) }
}

/// Why an action is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Somebody else decided since the page was opened.
    #[error("changed meanwhile")]
    Changed {
        /// Who; nobody, where the program did it.
        by: Option<StaffId>,
        /// To what.
        state: State,
    },
    /// Nobody approves her own day.
    #[error("one's own request")]
    OwnRequest,
    /// Only the superior or a deputy decides.
    #[error("not the superior")]
    NotSuperior,
    /// The deputy decides while the superior is away or has handed over, and now neither is so.
    #[error("the superior {superior} is there")]
    NotAway {
        /// Who decides.
        superior: StaffId,
    },
    /// The division has no superior, and a deputy decides nothing in the place of nobody.
    #[error("the division has no superior")]
    NoSuperior,
    /// The action does not fit the state.
    #[error("not possible in this state")]
    WrongState(State),
    /// A reason is needed.
    #[error("a reason is needed")]
    NoReason,
    /// The day is over.
    #[error("the day is over")]
    Past,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::who;
    use jiff::civil::{date, time};

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

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_superior_approves_and_nobody_else_does() {
        let r = request(who("sato"), date(2026, 4, 10));
        let now = at("2026-04-09T03:00:00Z");
        assert_eq!(
            r.decide(who("sato"), &Right::Own, &Action::Approve, 1, now),
            Err(Denied::NotSuperior)
        );
        assert_eq!(
            r.decide(who("sato"), &Right::Superior, &Action::Approve, 1, now),
            Err(Denied::OwnRequest)
        );
        let done =
            r.decide(who("kato"), &Right::Deputy(who("ito")), &Action::Approve, 1, now).unwrap();
        assert_eq!(done.request.state, State::Approved);
        assert_eq!(done.request.history[1].deputy_for, Some(who("ito")));
        assert!(!done.closes_session);
    }

    #[test]
    fn of_two_approvers_at_once_the_second_learns_what_the_first_did() {
        let r = request(who("sato"), date(2026, 4, 10));
        let now = at("2026-04-09T03:00:00Z");
        let first = r
            .decide(who("ito"), &Right::Superior, &Action::Refuse("窓口が足りない".into()), 1, now)
            .unwrap()
            .request;
        let second =
            first.decide(who("kato"), &Right::Deputy(who("ito")), &Action::Approve, 1, now);
        assert_eq!(second, Err(Denied::Changed { by: Some(who("ito")), state: State::Refused }));
    }

    #[test]
    fn approval_after_the_day_began_stands_and_a_cancelled_running_day_closes_the_pc() {
        let r = request(who("sato"), date(2026, 4, 10));
        let during = at("2026-04-10T01:00:00Z");
        let approved =
            r.decide(who("ito"), &Right::Superior, &Action::Approve, 1, during).unwrap().request;
        assert_eq!(
            approved.decide(who("sato"), &Right::Own, &Action::Cancel(" ".into()), 2, during),
            Err(Denied::NoReason)
        );
        assert!(
            approved
                .decide(
                    who("ito"),
                    &Right::Superior,
                    &Action::Cancel("出勤が必要".into()),
                    2,
                    during
                )
                .unwrap()
                .closes_session
        );
        let after = at("2026-04-10T08:16:00Z");
        assert_eq!(
            approved.decide(who("sato"), &Right::Own, &Action::Cancel("x".into()), 2, after),
            Err(Denied::Past)
        );
    }

    #[test]
    fn a_day_that_was_taken_back_before_a_copy_was_put_back_is_taken_back_by_the_program() {
        let r = request(who("sato"), date(2026, 4, 10));
        let now = at("2026-04-09T03:00:00Z");
        assert_eq!(r.taken_back(now, "x"), None, "what is not approved opens nothing");
        let approved =
            r.decide(who("ito"), &Right::Superior, &Action::Approve, 1, now).unwrap().request;
        let back = approved.taken_back(at("2026-04-11T03:00:00Z"), "x").unwrap();
        assert_eq!((back.state, back.version()), (State::Cancelled, 3));
        assert_eq!(
            (back.history[1].by, back.history[2].by),
            (Some(who("ito")), None),
            "and nobody is said to have done it"
        );
        let late = back.decide(who("ito"), &Right::Superior, &Action::Approve, 2, now);
        assert_eq!(late, Err(Denied::Changed { by: None, state: State::Cancelled }));
    }

    #[test]
    fn a_returned_request_goes_round_again() {
        let r = request(who("sato"), date(2026, 4, 10));
        let now = at("2026-04-09T03:00:00Z");
        assert_eq!(
            r.decide(who("ito"), &Right::Superior, &Action::Return(String::new()), 1, now),
            Err(Denied::NoReason)
        );
        let back = r
            .decide(
                who("ito"),
                &Right::Superior,
                &Action::Return("業務を書いてください".into()),
                1,
                now,
            )
            .unwrap()
            .request;
        let again =
            back.decide(who("sato"), &Right::Own, &Action::Resubmit, 2, now).unwrap().request;
        assert_eq!(again.state, State::Requested);
        assert_eq!(
            again.decide(who("sato"), &Right::Own, &Action::Resubmit, 3, now),
            Err(Denied::WrongState(State::Requested))
        );
    }
}
