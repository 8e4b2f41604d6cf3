//! Cases read: lists, one case, its form, receipts; and the questions a desk asks about it.

use axum::extract::State;
use exchange::case::{ReceiptNumber, Right, State as Standing};
use exchange::form::{Choice, Form, Kind, Line, Question, Range};
use people::Deed;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::info::{CaseInfo, CaseLine, DeliveryInfo, ReceiptInfo};
use super::undone;
use crate::Exchange;
use crate::Route;
use crate::access::{Opened, Seat, case_id, form_of, open, open_case};
use crate::{lists, put_question};
use kit::error::Refusal;
use kit::http::call::{Body, PathOf, Query};
use kit::http::{Access, Answer, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, json};

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Looked {
    /// A part of the subject or of the number; the ministry's list only.
    #[serde(default)]
    q: String,
    /// Which hundred, from 1.
    #[param(minimum = 1, maximum = 10000)]
    page: Option<u32>,
}

/// A case that has come to the body.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InboxInfo {
    /// The case.
    case: CaseLine,
    /// The desk it is for.
    desk: String,
    /// Where the body's copy stands.
    #[schema(value_type = String)]
    state: Standing,
    /// The body's last day.
    #[schema(format = Date)]
    due: Option<String>,
}

/// How many of a prefecture's bodies stand where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountInfo {
    /// The state.
    #[schema(value_type = String)]
    state: Standing,
    /// How many.
    bodies: u64,
}

/// A case a prefecture looks after.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WatchedInfo {
    /// The case.
    case: CaseLine,
    /// Its bodies by state.
    counts: Vec<CountInfo>,
}

/// What the caller's desk has before it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseLists {
    /// The ministry's cases, drafts too.
    cases: Vec<CaseLine>,
    /// What has come to the body, what is due first.
    inbox: Vec<InboxInfo>,
    /// What goes through the prefecture.
    watched: Vec<WatchedInfo>,
    /// Whether there is another page.
    more: bool,
}

/// The cases of the caller's desk, a hundred at a time.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(Looked),
    responses((status = 200, description = "Cases", body = CaseLists)),
)]
pub(crate) async fn cases(
    caller: Caller,
    State(app): State<Exchange>,
    Query(looked): Query<Looked>,
) -> Answer {
    caller.actor.widest(Deed::UseExchange).ok_or(Refusal::NotFound)?;
    let q: String = looked.q.chars().take(100).collect();
    let mut conn = app.store.read().await?;
    let seat = Seat::of(&mut conn, &caller.actor).await?;
    let found = lists(&mut conn, &seat, &q, looked.page.unwrap_or(1).clamp(1, 10_000)).await?;
    drop(conn);
    let inbox = found.inbox.into_iter().map(|row| InboxInfo {
        case: CaseLine::of(row.case),
        desk: row.desk,
        state: row.state,
        due: row.due.map(|day| day.to_string()),
    });
    let watched = found.watched.into_iter().map(|row| WatchedInfo {
        case: CaseLine::of(row.case),
        counts: row.counts.into_iter().map(|(state, bodies)| CountInfo { state, bodies }).collect(),
    });
    json(&CaseLists {
        cases: found.cases.into_iter().map(CaseLine::of).collect(),
        inbox: inbox.collect(),
        watched: watched.collect(),
        more: found.more,
    })
}

/// One case, with its letter and the caller's own delivery.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("id" = String, Path, description = "Its number", example = "2026-0001")),
    responses((status = 200, description = "The case", body = CaseInfo)),
)]
pub(crate) async fn case(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let (seat, case, own) = open_case(&mut conn, &caller.actor, case_id(&id)?).await?;
    let files = store::exchange::attachments(&mut conn, case.id, None).await?;
    let steps = seat.member().possible_case(&case, own.as_ref());
    let own = match own {
        Some(delivery) => {
            let form = form_of(&app, &mut conn, &case).await?;
            let opened = Opened { seat, case: case.clone(), delivery };
            let steps = opened.steps(form.as_deref(), opened.seat.desks.approval);
            let permit = opened.permit(Right::See)?;
            Some(DeliveryInfo::of(&opened.delivery, &permit, form.as_deref(), steps))
        }
        None => None,
    };
    drop(conn);
    json(&CaseInfo::of(case, files, steps, own))
}

/// A choice, a row or a column.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChoiceInfo {
    /// Its name in fields.
    id: String,
    /// What people see.
    label: String,
}

/// A question of a form.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormQuestion {
    /// Its name.
    id: String,
    /// What people see.
    label: String,
    /// How to answer.
    guidance: String,
    /// `number`, `money`, `one`, `many`, `text`, `table`, `computed` (never entered).
    kind: &'static str,
    /// Unit of numbers.
    unit: String,
    /// Whether it must be answered when it is asked.
    required: bool,
    /// Whether 不明 is an answer.
    unknown: bool,
    /// Least number.
    least: Option<i64>,
    /// Greatest number.
    most: Option<i64>,
    /// Choices of one-of and many-of.
    choices: Vec<ChoiceInfo>,
    /// Rows of a table.
    rows: Vec<ChoiceInfo>,
    /// Columns of a table.
    columns: Vec<ChoiceInfo>,
}

/// A form.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormInfo {
    /// `name/version`
    name: String,
    /// Its title.
    title: String,
    /// The day it asks about.
    #[schema(format = Date)]
    as_of: String,
    /// In order.
    questions: Vec<FormQuestion>,
}

/// The form of a case: its questions, and how the fields of an answer are named.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/form",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("id" = String, Path, description = "Number of the case")),
    responses((status = 200, description = "The form", body = FormInfo)),
)]
pub(crate) async fn form(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let (_, case, _) = open_case(&mut conn, &caller.actor, case_id(&id)?).await?;
    let form = form_of(&app, &mut conn, &case).await?.ok_or(Refusal::NotFound)?;
    drop(conn);
    json(&form_info(&form))
}

pub(super) fn form_info(form: &Form) -> FormInfo {
    FormInfo {
        name: format!("{}/{}", form.name.id, form.name.version),
        title: form.title.clone(),
        as_of: form.as_of.to_string(),
        questions: form.questions.iter().map(question).collect(),
    }
}

fn question(question: &Question) -> FormQuestion {
    let choices = |list: &[Choice]| {
        list.iter()
            .map(|one| ChoiceInfo { id: one.id.to_string(), label: one.label.clone() })
            .collect()
    };
    let lines = |list: &[Line]| {
        list.iter().map(|one| ChoiceInfo { id: one.id.clone(), label: one.label.clone() }).collect()
    };
    let mut info = FormQuestion {
        id: question.id.to_string(),
        label: question.label.clone(),
        guidance: question.guidance.clone(),
        kind: "",
        unit: String::new(),
        required: question.required,
        unknown: question.unknown,
        least: None,
        most: None,
        choices: Vec::new(),
        rows: Vec::new(),
        columns: Vec::new(),
    };
    let numbers = |info: &mut FormQuestion, unit: &str, range: &Range| {
        (info.unit, info.least, info.most) = (unit.to_owned(), range.min, range.max);
    };
    info.kind = match &question.kind {
        Kind::Number { unit, range } => {
            numbers(&mut info, unit, range);
            "number"
        }
        Kind::Money { unit, range } => {
            numbers(&mut info, unit, range);
            "money"
        }
        Kind::OneOf { choices: list } => {
            info.choices = choices(list);
            "one"
        }
        Kind::ManyOf { choices: list, .. } => {
            info.choices = choices(list);
            "many"
        }
        Kind::Text { .. } => "text",
        Kind::Grid { rows, columns, unit, range } => {
            numbers(&mut info, unit, range);
            (info.rows, info.columns) = (lines(rows), lines(columns));
            "table"
        }
        Kind::Computed { unit, .. } => {
            info.unit.clone_from(unit);
            "computed"
        }
    };
    info
}

/// A question on a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewQuestion {
    /// The question, for everybody asked to read.
    #[schema(min_length = 1, max_length = 4000)]
    text: String,
}

/// Asks about a case, for everybody asked to read. Who asked is not shown.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/questions",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = NewQuestion,
    responses(
        (status = 200, description = "Asked", body = Done),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn ask(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<NewQuestion>,
) -> Answer {
    match put_question(&app, &caller.actor, &id, new.text).await {
        Ok(()) => json(&Done::yes()),
        Err(why) => undone(why, None),
    }
}

/// A receipt that was looked up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptFound {
    /// Number of the case.
    case: String,
    /// Code of the body that submitted.
    body: String,
    /// The receipt.
    receipt: ReceiptInfo,
}

/// Whether a submission was taken, by its receipt number.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/receipts/{number}",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("number" = String, Path, description = "受付番号")),
    responses(
        (status = 200, description = "It was taken", body = ReceiptFound),
        (status = 404, description = "No such receipt, or another's", body = ErrorBody),
    ),
)]
pub(crate) async fn receipt(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(number): PathOf<String>,
) -> Answer {
    let number: ReceiptNumber = number.parse().map_err(|_| Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    open(&mut conn, &caller.actor, number.case, number.body).await?;
    let found = store::exchange::receipt(&mut conn, number).await?.ok_or(Refusal::NotFound)?;
    drop(conn);
    json(&ReceiptFound {
        case: number.case.to_string(),
        body: number.body.to_string(),
        receipt: ReceiptInfo::of(&found.receipt),
    })
}

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Api(Scope::ExchangeRead);
    vec![
        call(Method::Get, "/api/v1/exchange/cases", read, cases),
        call(Method::Get, "/api/v1/exchange/cases/{id}", read, case),
        call(Method::Get, "/api/v1/exchange/cases/{id}/form", read, form),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/questions",
            Access::Api(Scope::ExchangeAnswer),
            ask,
        ),
        call(Method::Get, "/api/v1/exchange/receipts/{number}", read, receipt),
    ]
}
