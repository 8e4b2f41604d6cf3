//! An answer that was submitted on another server and came by file.

use audit::{Chain, Decision, Event, Kind, Who};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AnswerVersion, Case, Delivery, Receipt, ReceiptNumber, Refused, Stage, State, SubmitKey,
};
use crate::form::Form;
use crate::value::Sheet;

/// One submitted answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmittedAnswer {
    /// The receipt given on the other side.
    pub receipt: ReceiptNumber,
    /// When it was submitted.
    pub at: Timestamp,
    /// Whether the prefecture entered it (代理入力).
    pub proxy: bool,
    /// The answers.
    pub sheet: Sheet,
}

impl Delivery {
    /// Takes an answer that another server took and the bundle carried. It was examined over there,
    /// so it counts as handed up; its receipt is the one given there. The same receipt again
    /// changes nothing and records nothing.
    ///
    /// # Errors
    /// [`Refused`] when the case takes no answers, the receipt is another body's, or the answer has
    /// faults by the form and by last year's figures here: a leap without a reason is one, wherever
    /// it was entered.
    pub fn take_carried(
        &self,
        case: &Case,
        form: &Form,
        previous: Option<&Sheet>,
        answer: SubmittedAnswer,
    ) -> Result<Decision<Delivery>, Refused> {
        if answer.receipt.case != self.case
            || answer.receipt.body != self.to.body
            || case.id != self.case
        {
            return Err(Refused::WrongPermit);
        }
        if self.receipts.iter().any(|receipt| receipt.number == answer.receipt) {
            return Ok(Decision { value: self.clone(), events: Vec::new() });
        }
        if case.stage != Stage::Sent {
            return Err(Refused::CaseNotOpen);
        }
        if self.receipts.last().is_some_and(|last| last.number.count > answer.receipt.count) {
            return Err(Refused::Stale);
        }
        let faults = crate::entry::check(form, &answer.sheet, previous);
        if !faults.is_empty() {
            return Err(Refused::Faults(faults));
        }
        let mut next = self.clone();
        next.revision += 1;
        let number = self.answer.as_ref().map_or(0, |answer| answer.number) + 1;
        let late = self.deadline.is_some_and(|deadline| deadline.passed(answer.at));
        let key = SubmitKey(key(&answer));
        next.receipts.push(Receipt {
            number: answer.receipt,
            key,
            version: number,
            at: answer.at,
            late,
        });
        let event =
            Event::new(Chain::SERVER, Who::System, Kind::ANSWER_SUBMITTED, self.case.to_string())
                .with("body", self.to.body)
                .with("receipt", answer.receipt)
                .with("version", number)
                .with("by", "bundle");
        next.answer = Some(AnswerVersion {
            number,
            sheet: answer.sheet,
            at: answer.at,
            by: String::new(),
            reason: String::new(),
            proxy: answer.proxy,
        });
        next.remarks.clear();
        next.extension = None;
        next.state = State::HandedUp;
        Ok(Decision::new(next, event))
    }
}

/// A key of its own for each receipt: the digits of its number.
fn key(answer: &SubmittedAnswer) -> [u8; 16] {
    let mut key = [0; 16];
    key[..6].copy_from_slice(&answer.receipt.body.bytes());
    key[6..8].copy_from_slice(&answer.receipt.case.year.to_be_bytes());
    key[8..10].copy_from_slice(&answer.receipt.case.serial.to_be_bytes());
    key[10] = answer.receipt.count;
    key
}
