//! The steps of a case as a whole, and the deliveries it is sent out as.

use audit::{Decision, Event, Kind};
use jiff::Timestamp;

use super::{
    Case, CaseStep, Deadline, Delivery, Path, Permit, PublicQuestion, Refused, Stage, State, today,
};
use crate::body::{is_prefecture, prefecture_of};

/// Most characters of a public question or its answer.
const MAX_QUESTION: usize = 4_000;
/// Most public questions of a case.
pub(super) const MAX_QUESTIONS: usize = 1_000;

/// What can be done with a case as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseAction {
    /// Replaces the draft, all but its number.
    Edit(Box<Case>),
    /// 確定: no more answers are taken.
    Close,
    /// Open again.
    Reopen {
        /// Why.
        reason: String,
    },
    /// 公表
    Publish,
    /// Answers a public question.
    Answer {
        /// Its place in the list.
        question: usize,
        /// The answer.
        answer: String,
    },
}

/// 発出: the case as sent, and a delivery for every addressee.
///
/// # Errors
/// [`Refused`] when it is no draft, has no addressee, or lacks a form or a deadline to come where
/// it is to be answered.
pub fn send(
    case: &Case,
    permit: &Permit,
    seen: u64,
    now: Timestamp,
) -> Result<Decision<(Case, Vec<Delivery>)>, Refused> {
    allowed(case, permit, CaseStep::Send, seen)?;
    if case.addressees.is_empty() {
        return Err(Refused::NoAddressees);
    }
    if case.kind.wants_answer() {
        if case.form.is_none() {
            return Err(Refused::NoForm);
        }
        match case.deadline {
            Some(day) if day >= today(now) => {}
            Some(day) => return Err(Refused::BadDay(day)),
            None => return Err(Refused::BadDay(today(now))),
        }
    }
    let mut sent = case.clone();
    sent.stage = Stage::Sent;
    sent.sent_at = Some(now);
    sent.revision += 1;
    let deadline = case.deadline.filter(|_| case.kind.wants_answer()).map(|ministry| Deadline {
        ministry,
        prefecture: None,
        extended: None,
    });
    let deliveries = case
        .addressees
        .iter()
        .map(|to| {
            let via = (case.path != Path::Direct && !is_prefecture(to.body))
                .then(|| prefecture_of(to.body));
            let state = if case.path == Path::Cascade && via.is_some() {
                State::Waiting
            } else {
                State::Sent
            };
            Delivery {
                case: case.id,
                to: to.clone(),
                via,
                state,
                deadline,
                note: None,
                extension: None,
                extension_refused: None,
                correction: None,
                answer: None,
                parts: Default::default(),
                remarks: Vec::new(),
                receipts: Vec::new(),
                entered: Default::default(),
                revision: 0,
            }
        })
        .collect();
    let event = event(case, permit, Kind::CASE_SENT).with("addressees", case.addressees.len());
    Ok(Decision::new((sent, deliveries), event))
}

impl Case {
    /// What comes of an action on the case as a whole.
    ///
    /// # Errors
    /// [`Refused`] says why nothing was done.
    pub fn decide(
        &self,
        action: CaseAction,
        permit: &Permit,
        seen: u64,
        now: Timestamp,
    ) -> Result<Decision<Case>, Refused> {
        allowed(self, permit, action.step(), seen)?;
        let mut next = self.clone();
        let event = match action {
            CaseAction::Edit(draft) => {
                next = *draft;
                (next.id, next.stage, next.sent_at) = (self.id, Stage::Draft, None);
                (next.questions, next.revision) = (self.questions.clone(), self.revision);
                event(self, permit, Kind::CASE_DRAFTED)
            }
            CaseAction::Close => {
                next.stage = Stage::Closed;
                event(self, permit, Kind::CASE_CLOSED)
            }
            CaseAction::Reopen { reason } => {
                if reason.trim().is_empty() {
                    return Err(Refused::ReasonMissing);
                }
                next.stage = Stage::Sent;
                event(self, permit, Kind::CASE_REOPENED).with("reason", reason)
            }
            CaseAction::Publish => {
                next.stage = Stage::Published;
                event(self, permit, Kind::CASE_PUBLISHED)
            }
            CaseAction::Answer { question, answer } => {
                text(&answer)?;
                let open = next.questions.get_mut(question).ok_or(Refused::CaseNotOpen)?;
                open.answer = Some(answer);
                event(self, permit, Kind::QUESTION_ANSWERED).with("question", question)
            }
        };
        next.revision += 1;
        let _ = now;
        Ok(Decision::new(next, event))
    }

    /// A body asks a public question. The permit is the one for its delivery.
    ///
    /// # Errors
    /// [`Refused`] when the case is not open, the permit is another one, or the text is empty or
    /// too long.
    pub fn ask(
        &self,
        question: String,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<Decision<Case>, Refused> {
        self.admits(CaseStep::Ask, permit)?;
        let super::Office::Body(asked_by) = permit.actor.office else {
            return Err(Refused::WrongPermit);
        };
        text(&question)?;
        let mut next = self.clone();
        next.revision += 1;
        next.questions.push(PublicQuestion { asked_by, asked_at: now, question, answer: None });
        Ok(Decision::new(next, event(self, permit, Kind::QUESTION_ASKED)))
    }
}

fn allowed(case: &Case, permit: &Permit, step: CaseStep, seen: u64) -> Result<(), Refused> {
    case.permits(step, permit)?;
    if seen != case.revision {
        return Err(Refused::Stale);
    }
    case.follows(step)
}

fn event(case: &Case, permit: &Permit, kind: Kind) -> Event {
    Event::new(permit.chain(), permit.who(), kind, case.id.to_string())
}

fn text(text: &str) -> Result<(), Refused> {
    if text.trim().is_empty() {
        return Err(Refused::ReasonMissing);
    }
    if text.chars().count() > MAX_QUESTION { Err(Refused::TooLong) } else { Ok(()) }
}
