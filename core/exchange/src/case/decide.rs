//! The steps of a delivery. The order of the checks is the same for each: permit, case, what was
//! seen, state, particulars.

use std::collections::BTreeMap;

use audit::{Decision, Event, Kind};
use jiff::Timestamp;
use jiff::civil::Date;

use super::delivery::{
    Action, AnswerVersion, Base, Context, Delivery, Extension, Part, Refused, Remark, State,
};
use super::possible::open;
use super::{Permit, Receipt, ReceiptNumber, Relation, Right, SubmitKey, today};
use crate::value::Sheet;

/// Most characters of a note, reason or remark.
const MAX_NOTE: usize = 4_000;
/// Most remarks, parts or questions of a part.
const MAX_LIST: usize = 500;

impl Delivery {
    /// What comes of an action: the new value with what goes on record, to be stored together.
    ///
    /// A submission under a key that was taken before gives the delivery as it is and nothing for
    /// the record: its receipt is the answer.
    ///
    /// # Errors
    /// [`Refused`] says why nothing was done.
    pub fn decide(
        &self,
        action: Action,
        permit: &Permit,
        context: Context<'_>,
        now: Timestamp,
    ) -> Result<Decision<Delivery>, Refused> {
        let step = action.step();
        self.permits(step, permit, &context)?;
        if let Action::Submit { key } | Action::TakeIn { key, .. } = &action
            && self.receipts.iter().any(|receipt| receipt.key == *key)
        {
            return Ok(Decision { value: self.clone(), events: Vec::new() });
        }
        open(context.case)?;
        // Answers are laid together instead (see `save`), so that a page that stood open for long
        // loses nothing.
        let lays_together = matches!(
            action,
            Action::Save { .. } | Action::SavePart { .. } | Action::SaveAsProxy { .. }
        );
        if !lays_together && context.seen != self.revision {
            return Err(Refused::Stale);
        }
        self.follows(step, permit, &context)?;
        let mut next = self.clone();
        next.revision += 1;
        let event = next.step(action, permit, context, now)?;
        Ok(Decision::new(next, event))
    }

    fn step(
        &mut self,
        action: Action,
        permit: &Permit,
        context: Context<'_>,
        now: Timestamp,
    ) -> Result<Event, Refused> {
        let record = |kind: Kind| {
            Event::new(permit.chain(), permit.who(), kind, context.case.id.to_string())
                .with("body", self.to.body)
        };
        Ok(match action {
            Action::Receive => {
                let event = record(Kind::CASE_RECEIVED);
                self.state = State::Received;
                event
            }
            Action::Forward { deadline, note } => {
                let event = record(Kind::CASE_FORWARDED)
                    .with("deadline", deadline.map(|d| d.to_string()).unwrap_or_default());
                if let Some(note) = &note {
                    bounded(note)?;
                }
                self.forward(deadline, now)?;
                self.note = note;
                event
            }
            Action::Circulate { parts } => {
                let event = record(Kind::CASE_CIRCULATED).with("parts", parts.len());
                self.circulate(parts, context)?;
                event
            }
            Action::Save { base, sheet } => {
                let event = record(Kind::ANSWER_SAVED);
                let version = self.save(base, sheet, String::new(), permit, now)?;
                event.with("version", version)
            }
            Action::SaveAsProxy { base, sheet, reason } => {
                let event = record(Kind::ANSWER_SAVED_BY_PROXY);
                needed(&reason)?;
                let version = self.save(base, sheet, reason, permit, now)?;
                event.with("version", version)
            }
            Action::TakeIn { sheet, reason, key } => {
                let event = record(Kind::ANSWER_SAVED_BY_PROXY);
                needed(&reason)?;
                let receipt = self.take_in(sheet, reason, key, permit, context, now)?;
                event.with("receipt", receipt.number).with("version", receipt.version)
            }
            Action::SavePart { sheet, done } => {
                let super::OfficeRole::Division(division) = &permit.actor.role else {
                    return Err(Refused::WrongPermit);
                };
                let event = record(Kind::PART_SAVED).with("division", division).with("done", done);
                let version = self.save_part(division, sheet, done, permit, now)?;
                event.with("version", version)
            }
            Action::AskApproval => {
                let event = record(Kind::APPROVAL_ASKED);
                self.complete(context)?;
                self.state = State::ForApproval;
                event
            }
            Action::Approve => {
                let event = record(Kind::ANSWER_APPROVED);
                self.state = State::Approved;
                event
            }
            Action::Decline { reason } => {
                let event = record(Kind::APPROVAL_DECLINED);
                needed(&reason)?;
                self.state = State::Entering;
                self.remarks.push(Remark { question: None, text: reason });
                event
            }
            Action::Submit { key } => {
                let event = record(Kind::ANSWER_SUBMITTED);
                let receipt = self.submit(key, context, now)?;
                event
                    .with("receipt", receipt.number)
                    .with("version", receipt.version)
                    .with("late", receipt.late)
            }
            Action::Correct { reason } => {
                let event = record(Kind::ANSWER_TAKEN_BACK).with("reason", &reason);
                needed(&reason)?;
                if !matches!(self.state, State::Approved | State::ForApproval) {
                    self.in_time(context, now)?;
                }
                self.state = State::Entering;
                if !self.receipts.is_empty() {
                    self.correction = Some(reason);
                }
                event
            }
            Action::Return { remarks, until } => {
                let event = record(Kind::ANSWER_RETURNED)
                    .with("remarks", remarks.len())
                    .with("until", until);
                self.state = State::Returned;
                self.remark(remarks, until, now)?;
                event
            }
            Action::Pass => {
                let event = record(Kind::ANSWER_PASSED);
                self.state = State::Passed;
                event
            }
            Action::HandUp => {
                let event = record(Kind::ANSWER_HANDED_UP);
                self.state = State::HandedUp;
                event
            }
            Action::Query { remarks, until } => {
                let event = record(Kind::ANSWER_QUERIED)
                    .with("remarks", remarks.len())
                    .with("until", until);
                self.state = State::Queried;
                self.remark(remarks, until, now)?;
                event
            }
            Action::Confirm => {
                let event = record(Kind::ANSWER_CONFIRMED);
                self.state = State::Confirmed;
                event
            }
            Action::AskExtension { until, reason } => {
                let event = record(Kind::EXTENSION_ASKED).with("until", until);
                needed(&reason)?;
                let deadline = self.deadline.ok_or(Refused::NoDeadline)?;
                if until <= deadline.day() || until < today(now) {
                    return Err(Refused::BadDay(until));
                }
                self.extension = Some(Extension { until, reason });
                self.extension_refused = None;
                event
            }
            Action::GrantExtension { until } => {
                let event = record(Kind::EXTENSION_GRANTED).with("until", until);
                self.extend(until, permit.relation, now)?;
                self.extension = None;
                self.extension_refused = None;
                event
            }
            Action::RefuseExtension { reason } => {
                let event = record(Kind::EXTENSION_REFUSED).with("reason", &reason);
                needed(&reason)?;
                self.extension = None;
                self.extension_refused = Some(reason);
                event
            }
            Action::Reopen { until, reason } => {
                let event =
                    record(Kind::ANSWER_REOPENED).with("until", until).with("reason", &reason);
                needed(&reason)?;
                self.state = State::Entering;
                self.extend(until, permit.relation, now)?;
                self.correction = Some(reason);
                event
            }
        })
    }

    fn forward(&mut self, day: Option<Date>, now: Timestamp) -> Result<(), Refused> {
        if self.state == State::Waiting {
            self.state = State::Sent;
        }
        if let Some(day) = day {
            let deadline = self.deadline.as_mut().ok_or(Refused::BadDay(day))?;
            if day > deadline.ministry || day < today(now) {
                return Err(Refused::BadDay(day));
            }
            deadline.prefecture = Some(day);
        }
        Ok(())
    }

    fn circulate(
        &mut self,
        parts: BTreeMap<String, Part>,
        context: Context<'_>,
    ) -> Result<(), Refused> {
        let form = context.form.ok_or(Refused::NoForm)?;
        if parts.len() > MAX_LIST || parts.keys().any(|name| name.chars().count() > 200) {
            return Err(Refused::TooLong);
        }
        for part in parts.values() {
            if let Some(id) = part.questions.iter().find(|id| form.question(id.as_str()).is_none())
            {
                return Err(Refused::NotInPart((*id).clone()));
            }
        }
        self.parts = parts;
        self.state = State::Entering;
        Ok(())
    }

    /// Saves a whole sheet, or lays it together with what was saved meanwhile.
    fn save(
        &mut self,
        base: Base,
        sheet: Sheet,
        reason: String,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<u32, Refused> {
        self.enter();
        let empty = Sheet::default();
        let (version, theirs) =
            self.answer.as_ref().map_or((0, &empty), |answer| (answer.number, &answer.sheet));
        if base.version != version {
            let merge = crate::merge::merge(&base.sheet, theirs, &sheet);
            // Saved again unchanged, or already there: nothing to ask.
            if merge.clashes.is_empty() && merge.theirs.is_empty() {
                return Ok(self.version(merge.sheet, reason, permit, now));
            }
            return Err(Refused::Conflict { version, merge: Box::new(merge) });
        }
        Ok(self.version(sheet, reason, permit, now))
    }

    fn save_part(
        &mut self,
        division: &str,
        theirs: Sheet,
        done: bool,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<u32, Refused> {
        self.enter();
        let part = self.parts.get_mut(division).ok_or(Refused::WrongPermit)?;
        if let Some(id) = theirs
            .values
            .keys()
            .chain(theirs.reasons.keys())
            .find(|id| !part.questions.contains(*id))
        {
            return Err(Refused::NotInPart(id.clone()));
        }
        part.done = done.then_some(now);
        // A division touches its own questions only, so its work never clashes with another's.
        let mut sheet = self.answer.as_ref().map(|answer| answer.sheet.clone()).unwrap_or_default();
        for id in &part.questions {
            sheet.set(id, theirs.values.get(id).cloned());
            match theirs.reasons.get(id) {
                Some(reason) => sheet.reasons.insert(id.clone(), reason.clone()),
                None => sheet.reasons.remove(id),
            };
        }
        Ok(self.version(sheet, String::new(), permit, now))
    }

    fn enter(&mut self) {
        if self.state == State::Received {
            self.state = State::Entering;
        }
    }

    fn version(&mut self, sheet: Sheet, reason: String, permit: &Permit, now: Timestamp) -> u32 {
        let number = self.answer.as_ref().map_or(0, |answer| answer.number) + 1;
        let (by, proxy) =
            (permit.actor.login.clone(), matches!(permit.right, Right::Proxy | Right::TakeIn));
        let reason =
            if reason.is_empty() { self.correction.clone().unwrap_or_default() } else { reason };
        if let Some(before) =
            self.answer.as_ref().filter(|before| self.entered.is_empty() && !before.by.is_empty())
        {
            // Saved before entries were remembered.
            self.entered.insert(before.by.clone());
        }
        self.entered.insert(permit.actor.person.clone());
        self.answer = Some(AnswerVersion { number, sheet, at: now, by, reason, proxy });
        number
    }

    /// The answer, complete and without faults.
    fn complete(&self, context: Context<'_>) -> Result<&AnswerVersion, Refused> {
        let form = context.form.ok_or(Refused::NoForm)?;
        let answer = self.answer.as_ref().ok_or(Refused::NoAnswer)?;
        if let Some((division, _)) = self.parts.iter().find(|(_, part)| part.done.is_none()) {
            return Err(Refused::PartOpen(division.clone()));
        }
        let faults = crate::entry::check(form, &answer.sheet, context.previous);
        if faults.is_empty() { Ok(answer) } else { Err(Refused::Faults(faults)) }
    }

    /// Whether something may still be handed in; late, if the case takes that.
    fn in_time(&self, context: Context<'_>, now: Timestamp) -> Result<bool, Refused> {
        match self.deadline {
            Some(deadline) if deadline.passed(now) => {
                if context.case.accept_late {
                    Ok(true)
                } else {
                    Err(Refused::DeadlinePassed(deadline.day()))
                }
            }
            _ => Ok(false),
        }
    }

    fn submit(
        &mut self,
        key: SubmitKey,
        context: Context<'_>,
        now: Timestamp,
    ) -> Result<Receipt, Refused> {
        let version = self.complete(context)?.number;
        let late = self.in_time(context, now)?;
        let receipt = self.receipt(key, version, late, now)?;
        self.correction = None;
        self.extension_refused = None;
        self.state = if self.via.is_some() { State::Submitted } else { State::HandedUp };
        Ok(receipt)
    }

    /// What came another way is neither late nor approved in the office: the ministry answers for
    /// it.
    fn take_in(
        &mut self,
        sheet: Sheet,
        reason: String,
        key: SubmitKey,
        permit: &Permit,
        context: Context<'_>,
        now: Timestamp,
    ) -> Result<Receipt, Refused> {
        let form = context.form.ok_or(Refused::NoForm)?;
        let faults = crate::entry::check(form, &sheet, context.previous);
        if !faults.is_empty() {
            return Err(Refused::Faults(faults));
        }
        let version = self.version(sheet, reason, permit, now);
        let receipt = self.receipt(key, version, false, now)?;
        self.correction = None;
        self.extension_refused = None;
        self.state = State::HandedUp;
        Ok(receipt)
    }

    fn receipt(
        &mut self,
        key: SubmitKey,
        version: u32,
        late: bool,
        now: Timestamp,
    ) -> Result<Receipt, Refused> {
        let count = u8::try_from(self.receipts.len() + 1).map_err(|_| Refused::TooLong)?;
        let number = ReceiptNumber { case: self.case, body: self.to.body, count };
        let receipt = Receipt { number, key, version, at: now, late };
        self.receipts.push(receipt.clone());
        self.remarks.clear();
        self.extension = None;
        Ok(receipt)
    }

    fn remark(&mut self, remarks: Vec<Remark>, until: Date, now: Timestamp) -> Result<(), Refused> {
        if remarks.is_empty() {
            return Err(Refused::ReasonMissing);
        }
        if remarks.len() > MAX_LIST {
            return Err(Refused::TooLong);
        }
        for remark in &remarks {
            needed(&remark.text)?;
        }
        if until < today(now) {
            return Err(Refused::BadDay(until));
        }
        if let Some(deadline) = &mut self.deadline {
            deadline.extend(until);
        }
        self.remarks = remarks;
        Ok(())
    }

    /// A prefecture has until the ministry's deadline to give; the ministry has no such bound.
    fn extend(&mut self, until: Date, by: Relation, now: Timestamp) -> Result<(), Refused> {
        let deadline = self.deadline.as_mut().ok_or(Refused::NoDeadline)?;
        if until < today(now) || by == Relation::Prefecture && until > deadline.ministry {
            return Err(Refused::BadDay(until));
        }
        deadline.extend(until);
        Ok(())
    }
}

fn bounded(text: &str) -> Result<(), Refused> {
    if text.chars().count() > MAX_NOTE { Err(Refused::TooLong) } else { Ok(()) }
}

fn needed(text: &str) -> Result<(), Refused> {
    if text.trim().is_empty() { Err(Refused::ReasonMissing) } else { bounded(text) }
}
