//! Answering a case: the form with last year beside it, the draft that is kept while it is typed,
//! and saving it as a version.
//!
//! Everybody of a desk works on one draft. What a page sends is laid over what stands there now,
//! question by question, from what the page began with: what only the other changed is taken over
//! and told, and what both changed stays beside the field until somebody deals with it. Divisions
//! have a draft for their own part, a prefecture that enters for a body has one of its own.

mod books;
mod draft;
mod entry;
mod offers;
mod save;
mod show;
mod standing;
mod workbook;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use exchange::case::{CaseId, Delivery, Refused, Right, Step};
use exchange::draft::{Checked, Typed};
use exchange::form::{Form, FormRef};
use exchange::value::{QuestionId, Sheet};
use people::{Actor, BodyCode};
use store::Conn;
use store::exchange::DraftKey;

use super::access::{self, Opened};
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;

pub(crate) use books::{
    Content, Taken as BookTaken, made as book_of, save as save_book, taken as take_book,
};
pub(crate) use draft::{Other, keep_typed, name_of_login};
pub(crate) use entry::{Enter, Entered, Outcome, Wish, enter};
pub(crate) use standing::Standing;

pub(super) fn routes() -> Vec<Route> {
    let mut all = show::routes();
    all.extend(draft::routes());
    all.extend(save::routes());
    all.extend(workbook::routes());
    all
}

/// Whose answer: the own body's, or that of another one that is looked after.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Whose {
    /// Its code; empty for the own body.
    pub(crate) body: String,
}

impl Whose {
    /// The body whose answer it is.
    pub(crate) fn code(&self, by: &Actor) -> Result<BodyCode, Refusal> {
        if self.body.is_empty() { Ok(by.body) } else { access::body_code(&self.body) }
    }
}

/// As what somebody is at an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    /// The desk: the whole form.
    Desk,
    /// A division: its part.
    Part(String),
    /// The prefecture, for a body that cannot.
    Proxy,
    /// Reads only.
    Reader,
}

/// An answer before somebody who may see it.
pub(crate) struct Place {
    pub(crate) opened: Opened,
    /// The full name of the body.
    pub(crate) name: Cow<'static, str>,
    pub(crate) form: Arc<Form>,
    /// Last year's form and answers of the body.
    pub(crate) previous: Option<(Arc<Form>, Sheet)>,
    pub(crate) hand: Hand,
}

impl Place {
    /// The place in an address; 404 where there is nothing for this person, or nothing to answer.
    pub(crate) async fn of(
        app: &Exchange,
        conn: &mut Conn,
        by: &Actor,
        case: &str,
        whose: &Whose,
    ) -> Result<Self, Refusal> {
        let body = whose.code(by)?;
        let opened = access::open(conn, by, access::case_id(case)?, body).await?;
        let form = access::form_of(app, conn, &opened.case).await?.ok_or(Refusal::NotFound)?;
        let previous = previous(app, conn, &form, body).await?;
        let approval = access::approval_of(conn, body).await?;
        let steps = opened.steps(Some(&form), approval);
        let part = opened.part().filter(|_| steps.has(Step::SavePart));
        let hand = if let Some(part) = part {
            Hand::Part(part.to_owned())
        } else if steps.has(Step::Save) {
            Hand::Desk
        } else if steps.has(Step::SaveAsProxy) {
            Hand::Proxy
        } else {
            Hand::Reader
        };
        let name = app.bodies().full_name(body);
        Ok(Self { opened, name, form, previous, hand })
    }

    pub(crate) fn case(&self) -> CaseId {
        self.opened.case.id
    }

    pub(crate) fn body(&self) -> BodyCode {
        self.opened.delivery.to.body
    }

    pub(crate) fn delivery(&self) -> &Delivery {
        &self.opened.delivery
    }

    /// Why nothing can be entered here, for who reads only.
    pub(crate) fn closed(&self) -> Refused {
        let steps = [Step::Save, Step::SavePart, Step::SaveAsProxy];
        let mut bars = steps.into_iter().filter_map(|step| {
            self.opened.bar(step, Some(&self.form), self.opened.seat.desks.approval)
        });
        let said = bars.rfind(|bar| *bar != Refused::WrongPermit);
        said.unwrap_or(Refused::WrongPermit)
    }

    /// Where its draft lies.
    pub(crate) fn key(&self) -> DraftKey {
        let part = match &self.hand {
            Hand::Part(code) => code.clone(),
            // No division has such a code.
            Hand::Proxy => "/proxy".to_owned(),
            Hand::Desk | Hand::Reader => String::new(),
        };
        DraftKey { case: self.case(), body: self.body(), part }
    }

    /// The questions this person may type into; all, where it is not said.
    pub(crate) fn open(&self) -> Option<BTreeSet<QuestionId>> {
        match &self.hand {
            Hand::Desk | Hand::Proxy => None,
            Hand::Part(code) => Some(
                self.delivery()
                    .parts
                    .get(code)
                    .map(|part| part.questions.clone())
                    .unwrap_or_default(),
            ),
            Hand::Reader => Some(BTreeSet::new()),
        }
    }

    /// What was typed, without fields that are not this person's.
    pub(crate) fn own(&self, typed: &Typed) -> Typed {
        self.open().map_or_else(|| typed.clone(), |open| typed.only(&open))
    }

    /// What stands in the fields, read and checked. A division answers what it was asked, whatever
    /// the desk has not answered yet.
    pub(crate) fn check(&self, typed: &Typed) -> Checked {
        let mut checked = typed.check(&self.form, self.before().map(|(_, sheet)| sheet));
        let (Hand::Part(_), Some(open)) = (&self.hand, self.open()) else { return checked };
        let read = typed.read(&self.form);
        let not_asked = |id: &QuestionId| {
            open.contains(id)
                && self
                    .form
                    .question(id.as_str())
                    .is_some_and(|q| !self.form.asked(q, &checked.sheet))
        };
        let own: Vec<QuestionId> = open.iter().filter(|id| not_asked(id)).cloned().collect();
        for id in own {
            checked.faults.extend(read.faults.iter().filter(|fault| fault.question == id).cloned());
            checked.sheet.set(&id, read.sheet.values.get(&id).cloned());
            checked
                .sheet
                .reasons
                .extend(read.sheet.reasons.get(&id).map(|reason| (id.clone(), reason.clone())));
        }
        checked
    }

    /// Last year's form and answers, borrowed.
    pub(crate) fn before(&self) -> Option<(&Form, &Sheet)> {
        self.previous.as_ref().map(|(form, sheet)| (&**form, sheet))
    }

    /// `?body=` where it is another body's, for links of the page.
    pub(crate) fn query(&self) -> String {
        let own = self.body() == self.opened.seat.person.body;
        if own { String::new() } else { format!("?body={}", self.body()) }
    }

    /// The saved answer, as far as this person may see it.
    pub(crate) fn answer(&self) -> Option<&exchange::case::AnswerVersion> {
        let permit = self.opened.permit(Right::See).ok()?;
        self.delivery().answer_for(&permit)
    }
}

async fn previous(
    app: &Exchange,
    conn: &mut Conn,
    form: &Form,
    body: BodyCode,
) -> Result<Option<(Arc<Form>, Sheet)>, Refusal> {
    let Some(version) = &form.previous else { return Ok(None) };
    let Some(sheet) = app.previous(conn, form, body).await? else { return Ok(None) };
    let name = FormRef { id: form.name.id.clone(), version: version.clone() };
    Ok(app.form(conn, &name).await?.map(|form| (form, sheet)))
}
