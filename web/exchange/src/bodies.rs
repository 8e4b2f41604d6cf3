//! `/exchange/cases/{id}/bodies/{body}`: one body's answer before the prefecture or the ministry.

use std::borrow::Cow;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use exchange::case::{Action, Remark, Right, Step, Steps, today};
use exchange::form::{Computed, Form, Kind, Question};
use exchange::value::{QuestionId, Sheet};
use jiff::civil::Date;
use people::Deed;

use super::access::{Undone, act, approval_of, body_code, case_id, form_of, now, open, reach};
use super::case::shown::{self, Typed};
use super::case::{ReceiptLine, receipts};
use super::fields::answer_text;
use super::words;
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form as Fields, Lang, SignedIn, get, page_with, post, see_other};

#[derive(Template)]
#[template(path = "exchange/body.html")]
struct Page {
    ctx: Ctx,
    id: String,
    body: String,
    name: Cow<'static, str>,
    subject: String,
    state: &'static str,
    chip: &'static str,
    revision: u64,
    /// What stands of the delivery, for the fields that come back.
    seen: String,
    due: String,
    late: bool,
    note: Option<String>,
    extension: Option<(String, String, String)>,
    remarks: Vec<(String, String)>,
    receipts: Vec<ReceiptLine>,
    files: Vec<super::case::attachments::FileLine>,
    answer: Option<AnswerHead>,
    lines: Vec<Line>,
    hidden: bool,
    faults: Vec<String>,
    steps: Steps,
    /// Whether the body has it already: what is passed on is a word beside it.
    reached: bool,
    until: String,
    typed: Typed,
}

impl Page {
    /// Whether remarks are written here.
    fn remarks(&self) -> bool {
        self.steps.any(&[Step::Return, Step::Query])
    }

    /// The note to the body: as it was typed, or as it stands.
    fn note_typed(&self) -> &str {
        if self.typed.act == "forward" {
            return self.typed.value("note");
        }
        self.note.as_deref().unwrap_or_default()
    }

    /// What was typed of one question, or on the whole.
    fn remark(&self, id: &str) -> &str {
        let name = if id.is_empty() { "remark".to_owned() } else { format!("remark-{id}") };
        self.typed.value(&name)
    }
}

struct AnswerHead {
    version: u32,
    at: i64,
    by: String,
    proxy: bool,
    reason: String,
}

/// A question with its answer, last year's and the reason for a leap.
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) previous: String,
    pub(crate) reason: String,
    pub(crate) changed: bool,
}

async fn show(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((id, body)): Path<(String, String)>,
) -> Answer {
    render(&app, visit, &id, &body, Vec::new(), Typed::default(), StatusCode::OK).await
}

async fn render(
    app: &Exchange,
    visit: SignedIn,
    id: &str,
    body: &str,
    faults: Vec<String>,
    typed: Typed,
    status: StatusCode,
) -> Answer {
    let (case, body) = (case_id(id)?, body_code(body)?);
    let mut conn = app.store.read().await?;
    let opened = open(&mut conn, &visit.actor, case, body).await?;
    // Its own delivery a body has on the case's page.
    if visit.actor.body == body {
        return Ok(see_other(&format!("/exchange/cases/{case}")));
    }
    let form = form_of(app, &mut conn, &opened.case).await?;
    let previous = match &form {
        Some(form) => app.previous(&mut conn, form, body).await?,
        None => None,
    };
    let lang = visit.ctx.lang;
    let delivery = &opened.delivery;
    let permit = opened.permit(Right::See)?;
    let answer = delivery.answer_for(&permit);
    let label = |id: &Option<QuestionId>| {
        id.as_ref().map_or(String::new(), |id| {
            form.as_ref()
                .and_then(|form| form.question(id.as_str()))
                .map_or(id.to_string(), |q| q.label.clone())
        })
    };
    let today = today(now(app));
    let approval = approval_of(&mut conn, body).await?;
    let steps = opened.steps(form.as_deref(), approval);
    let state = delivery.state;
    let due = delivery.deadline.map(|deadline| deadline.day());
    let files = if answer.is_some() {
        super::case::attachments::lines(&mut conn, case, Some(body)).await?
    } else {
        Vec::new()
    };
    let view = Page {
        id: case.to_string(),
        body: body.to_string(),
        name: app.bodies().full_name(body),
        subject: opened.case.letter.subject.clone(),
        state: words::state(lang, state),
        chip: words::chip(state),
        revision: delivery.revision,
        seen: shown::delivery(lang, delivery, false).seen(),
        due: due.map(|day| words::day(lang, day)).unwrap_or_default(),
        late: opened.case.is_open()
            && state.awaits_the_body()
            && due.is_some_and(|due| due < today),
        note: delivery.note.clone(),
        extension: delivery.extension.as_ref().map(|asked| {
            (words::day(lang, asked.until), asked.reason.clone(), asked.until.to_string())
        }),
        remarks: delivery
            .remarks
            .iter()
            .map(|remark| (label(&remark.question), remark.text.clone()))
            .collect(),
        receipts: receipts(delivery),
        files,
        lines: match (&form, answer) {
            (Some(form), Some(answer)) => lines(form, &answer.sheet, previous.as_ref(), lang),
            _ => Vec::new(),
        },
        hidden: delivery.answer.is_some() && answer.is_none(),
        answer: answer.map(|answer| AnswerHead {
            version: answer.number,
            at: answer.at.as_millisecond(),
            by: answer.by.clone(),
            proxy: answer.proxy,
            reason: answer.reason.clone(),
        }),
        faults,
        reached: delivery.reached(),
        steps,
        until: match typed.value("until") {
            "" => due.filter(|due| *due >= today).unwrap_or(today).to_string(),
            until => until.to_owned(),
        },
        typed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

/// The answers in the form's order; what was not asked is left out.
pub(crate) fn lines(form: &Form, sheet: &Sheet, previous: Option<&Sheet>, lang: Lang) -> Vec<Line> {
    let text = |question: &Question, sheet: &Sheet| match &question.kind {
        Kind::Computed { .. } if form.computed(question, sheet) == Computed::Missing => {
            String::new()
        }
        _ => answer_text(form, question, sheet, lang),
    };
    form.questions
        .iter()
        .filter(|question| form.asked(question, sheet) || sheet.values.contains_key(&question.id))
        .map(|question| {
            let before = previous.map(|previous| text(question, previous)).unwrap_or_default();
            let value = text(question, sheet);
            Line {
                id: question.id.to_string(),
                label: question.label.clone(),
                changed: previous.is_some() && before != value,
                previous: before,
                value,
                reason: sheet.reasons.get(&question.id).cloned().unwrap_or_default(),
            }
        })
        .collect()
}

/// Which questions a version answers otherwise than the one before: label, before, after.
pub(crate) fn changes(
    form: &Form,
    before: Option<&Sheet>,
    after: &Sheet,
    lang: Lang,
) -> Vec<(String, String, String)> {
    let empty = Sheet::default();
    let before = before.unwrap_or(&empty);
    let mut all: Vec<(String, String, String)> = lines(form, after, Some(before), lang)
        .into_iter()
        .filter(|line| line.changed)
        .map(|line| (line.label, line.previous, line.value))
        .collect();
    // What is not asked any more went out of the answer.
    let gone = lines(form, before, None, lang).into_iter().filter(|line| {
        form.question(&line.id).is_some_and(|question| {
            !form.asked(question, after) && !after.values.contains_key(&question.id)
        })
    });
    all.extend(
        gone.filter(|line| !line.value.is_empty())
            .map(|line| (line.label, line.value, String::new())),
    );
    all
}

/// The steps of whoever examines.
async fn step(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((id, body)): Path<(String, String)>,
    Fields(fields): Fields<Vec<(String, String)>>,
) -> Answer {
    let (case, of) = (reach(&app, &visit.actor, &id).await?, body_code(&body)?);
    let field = |name: &str| {
        fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    };
    let revision = field("revision").parse().map_err(|_| Refusal::Malformed("revision"))?;
    let until = || field("until").parse::<Date>().map_err(|_| Refusal::Malformed("until"));
    let dated = matches!(field("act"), "return" | "query" | "grant" | "reopen");
    if dated && until().is_err() {
        let words = visit.ctx.t("期限の日付を入れてください。", "Please enter the day it is due.");
        let (faults, typed) = (vec![words.to_owned()], Typed::of(field("act"), &fields));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return render(&app, visit, &id, &body, faults, typed, status).await;
    }
    let reason = field("reason").to_owned();
    let action = match field("act") {
        "forward" => {
            let deadline = match field("deadline") {
                "" => None,
                day => Some(day.parse().map_err(|_| Refusal::Malformed("deadline"))?),
            };
            let note = Some(field("note")).filter(|note| !note.is_empty()).map(str::to_owned);
            Action::Forward { deadline, note }
        }
        "return" => Action::Return { remarks: remarks(&fields), until: until()? },
        "pass" => Action::Pass,
        "hand-up" => Action::HandUp,
        "query" => Action::Query { remarks: remarks(&fields), until: until()? },
        "confirm" => Action::Confirm,
        "grant" => Action::GrantExtension { until: until()? },
        "refuse" => Action::RefuseExtension { reason },
        "reopen" => Action::Reopen { until: until()?, reason },
        _ => return Err(Refusal::Malformed("act")),
    };
    match act(&app, &visit.actor, case, of, Some(revision), action).await {
        Ok(_) => Ok(see_other(&format!("/exchange/cases/{id}/bodies/{body}?done=exchange-done"))),
        Err(Undone::Refused(refused)) => {
            let lang = visit.ctx.lang;
            let typed = Typed::of(field("act"), &fields);
            let mut faults = words::refused(lang, &refused, None);
            if refused != exchange::case::Refused::Stale {
                return render(
                    &app,
                    visit,
                    &id,
                    &body,
                    faults,
                    typed,
                    StatusCode::UNPROCESSABLE_ENTITY,
                )
                .await;
            }
            let opened = open(&mut *app.store.read().await?, &visit.actor, case, of).await?;
            faults.extend(shown::since(
                lang,
                &typed.seen,
                &shown::delivery(lang, &opened.delivery, false),
            ));
            render(&app, visit, &id, &body, faults, typed, StatusCode::CONFLICT).await
        }
        Err(Undone::Other(refusal)) => Err(refusal),
    }
}

/// Remarks by question, and one on the whole.
fn remarks(fields: &[(String, String)]) -> Vec<Remark> {
    fields
        .iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .filter_map(|(name, text)| {
            let question = match name.strip_prefix("remark-") {
                Some(id) => Some(QuestionId::new(id)),
                None if name == "remark" => None,
                None => return None,
            };
            Some(Remark { question, text: text.trim().to_owned() })
        })
        .collect()
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/cases/{id}/bodies/{body}", may, show),
        post("/exchange/cases/{id}/bodies/{body}", may, step),
    ]
}
