//! The work inventory, read: each piece of work with what it is judged, and the computed answers to
//! the telework survey.

use axum::extract::State;
use exchange::value::Value;
use jiff::civil::Date;
use people::{Deed, Resource};
use serde::{Deserialize, Serialize};
use telework::survey::Scope as Span;
use utoipa::{IntoParams, ToSchema};

use crate::Route;
use crate::inventory::judging;
use crate::moment;
use crate::survey::{Word, question, read, settle_now, shown};
use crate::survey_answers::offered;
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf, Query};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, changed, json, refused};

/// One piece of work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkInfo {
    /// Its number in the body.
    id: u64,
    /// Code of its division.
    division: String,
    /// Its name.
    name: String,
    /// Minutes a year over all staff.
    yearly_minutes: u32,
    /// `none`, `internal`, `personal`, `specific_personal`.
    information: &'static str,
    /// `mynumber`, `lgwan`, `internet`.
    zone: &'static str,
    /// `possible`, `condition`, `no`, `ask`.
    outcome: &'static str,
    /// The survey's reason, where it is `no`.
    reason: Option<String>,
    /// Whether a person's word decided it.
    by_person: bool,
}

/// Pieces of work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Works {
    /// By number.
    works: Vec<WorkInfo>,
}

/// The work of the divisions the caller may see, as it is judged now.
#[utoipa::path(
    get,
    path = "/api/v1/telework/works",
    tag = "telework",
    security(("token" = ["works:read"])),
    responses((status = 200, description = "The inventory", body = Works)),
)]
pub(super) async fn works(caller: Caller, State(app): State<Kit>) -> Answer {
    caller.actor.widest(Deed::SeeWorks).ok_or(Refusal::NotFound)?;
    let body = caller.actor.body;
    let mut conn = app.store.read().await?;
    let rules = judging(&mut conn, body).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let rows = store::telework::works(&mut conn, body, None).await?;
    drop(conn);
    let code = |id| {
        divisions.iter().find(|one| one.id == id).map(|one| one.code.clone()).unwrap_or_default()
    };
    let seen = rows.into_iter().filter(|row| {
        caller.actor.permit(Deed::SeeWorks, Resource::division(body, row.division)).is_ok()
    });
    let works = seen.map(|row| {
        let judged = rules.judge(&row.work);
        WorkInfo {
            id: row.work.id,
            division: code(row.division),
            yearly_minutes: row.work.yearly.0,
            information: row.work.information.key(),
            zone: row.work.zone.key(),
            outcome: judged.outcome.key(),
            reason: judged.reason,
            by_person: judged.by_person,
            name: row.work.name,
        }
    });
    json(&Works { works: works.collect() })
}

/// For which survey.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AsOf {
    /// The day the survey asks about; staff are counted and use begins on 1 April of its fiscal
    /// year.
    #[param(format = Date, example = "2026-10-01")]
    as_of: String,
}

/// The value of an answer: unknown, a number or choices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValueInfo {
    /// 不明
    unknown: bool,
    /// A number of people.
    number: Option<i64>,
    /// Choices, by their names in the form.
    choices: Vec<String>,
}

/// One answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnswerInfo {
    /// The question's name in the form.
    question: &'static str,
    /// The value a person stands behind, or else the computed one; none where the records cannot
    /// tell.
    value: Option<ValueInfo>,
    /// Whether a person stands behind it.
    settled: bool,
    /// Whether the records say something else now than when it was settled.
    moved_on: bool,
    /// How it was computed, in one sentence.
    how: String,
    /// How many people are behind it.
    people: u64,
}

/// Answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SurveyAnswers {
    /// When the records were read.
    #[schema(format = DateTime)]
    taken: String,
    /// In the form's order.
    answers: Vec<AnswerInfo>,
}

/// What the body's own records answer to the telework survey. Nothing is sent by this.
#[utoipa::path(
    get,
    path = "/api/v1/telework/survey",
    tag = "telework",
    security(("token" = ["survey:read"])),
    params(AsOf),
    responses(
        (
            status = 200,
            description = "Computed answers, and those a person settled",
            body = SurveyAnswers,
        ),
    ),
)]
pub(super) async fn survey(
    caller: Caller,
    State(app): State<Kit>,
    Query(asked): Query<AsOf>,
) -> Answer {
    let permit = caller.permit(Deed::AnswerSurvey)?;
    let day: Date = asked.as_of.parse().map_err(|_| Refusal::Malformed("as_of"))?;
    let now = moment(app.now());
    let mut conn = app.store.read().await?;
    let found = offered(&mut conn, permit.body(), Span::as_of(day), Lang::Ja, now).await?;
    drop(conn);
    let answers = crate::survey_answers::QUESTIONS.into_iter().filter_map(|question| {
        let one = found.get(question)?;
        Some(AnswerInfo {
            question,
            value: one.value().map(value_info),
            settled: one.settled.is_some(),
            moved_on: one.moved_on(),
            how: one.how.clone(),
            people: one.working.len() as u64,
        })
    });
    json(&SurveyAnswers { taken: now.to_string(), answers: answers.collect() })
}

/// A line of the working.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkingLine {
    /// Sign-in name.
    login: String,
    /// Hours, works or days, in words.
    detail: String,
}

/// One computed answer with its working.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnswerDetail {
    /// The moment the records were read.
    #[schema(format = DateTime)]
    taken: String,
    /// First and last day of the period.
    period: [String; 2],
    /// How it was computed, in one sentence.
    how: String,
    /// What is computed and what was settled, in short: sent back with a word, which is refused
    /// where it is another by then.
    revision: String,
    /// Why a person changed it, where one did.
    why: Option<String>,
    /// Who and which days are behind it.
    working: Vec<WorkingLine>,
}

/// One computed answer, with who and which days are behind it.
#[utoipa::path(
    get,
    path = "/api/v1/telework/survey/{question}",
    tag = "telework",
    security(("token" = ["survey:read"])),
    params(
        (
            "question" = String,
            Path,
            description = "The question's name in the form",
            example = "users",
        ),
        AsOf,
    ),
    responses((status = 200, description = "The answer", body = AnswerDetail)),
)]
pub(super) async fn answer(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(code): PathOf<String>,
    Query(asked): Query<AsOf>,
) -> Answer {
    let permit = caller.permit(Deed::AnswerSurvey)?;
    let code = question(&code)?;
    let day: Date = asked.as_of.parse().map_err(|_| Refusal::Malformed("as_of"))?;
    let scope = Span::as_of(day);
    let mut conn = app.store.read().await?;
    let mut found = offered(&mut conn, permit.body(), scope, Lang::Ja, moment(app.now())).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    drop(conn);
    let one = found.remove(code).ok_or(Refusal::NotFound)?;
    let login = |id| {
        staff.iter().find(|one| one.id == id).map(|one| one.login.to_string()).unwrap_or_default()
    };
    json(&AnswerDetail {
        taken: one.taken.to_string(),
        period: [scope.from.to_string(), scope.to.to_string()],
        revision: shown(Lang::Ja, &one).revision(),
        how: one.how,
        why: one.settled.map(|settled| settled.why).filter(|why| !why.is_empty()),
        working: one
            .working
            .into_iter()
            .map(|line| WorkingLine { login: login(line.staff), detail: line.detail })
            .collect(),
    })
}

/// What a person makes of a computed answer.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SettleAct {
    /// It is right
    Confirm,
    /// Another one instead
    Change,
    /// Computed again
    Reopen,
}

/// A word on a computed answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSettled {
    /// The day the survey asks about.
    #[schema(format = Date, example = "2026-10-01")]
    as_of: String,
    /// What is done.
    act: SettleAct,
    /// What was read of the answer.
    revision: String,
    /// The other answer: a number or `unknown`, or names of choices.
    #[serde(default)]
    #[schema(max_items = 20)]
    value: Vec<String>,
    /// Why; needed for another answer.
    #[serde(default)]
    #[schema(max_length = 400)]
    why: String,
}

/// Confirms a computed answer or puts another in its place, with the reason. Nothing is sent by
/// this.
#[utoipa::path(
    post,
    path = "/api/v1/telework/survey/{question}",
    tag = "telework",
    security(("token" = ["survey:settle"])),
    params(
        (
            "question" = String,
            Path,
            description = "The question's name in the form",
            example = "users",
        ),
    ),
    request_body = NewSettled,
    responses(
        (status = 200, description = "Settled", body = Done),
        (
            status = 409,
            description = "Computed or settled anew since it was read",
            body = ErrorBody,
        ),
        (status = 422, description = "No answer, or no reason", body = ErrorBody),
    ),
)]
pub(super) async fn settle(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(code): PathOf<String>,
    Body(new): Body<NewSettled>,
) -> Answer {
    let permit = caller.permit(Deed::AnswerSurvey)?;
    let code = question(&code)?;
    let day: Date = new.as_of.parse().map_err(|_| Refusal::Malformed("as_of"))?;
    let fields: Vec<(String, String)> =
        new.value.into_iter().map(|value| ("value".to_owned(), value)).collect();
    let word = match new.act {
        SettleAct::Confirm => Word::Confirm,
        SettleAct::Change => Word::Change(read(code, &fields)),
        SettleAct::Reopen => Word::Reopen,
    };
    let seen = Seen::Revision(&new.revision);
    match settle_now(&app, &permit, Lang::Ja, code, Span::as_of(day), seen, word, &new.why).await? {
        Ok(()) => json(&Done::yes()),
        Err(un) if un.changed.is_empty() => Ok(refused(un.reasons(Lang::Ja))),
        Err(un) => Ok(changed(un.changed)),
    }
}

fn value_info(value: &Value) -> ValueInfo {
    let choices = match value {
        Value::One(one) => vec![one.to_string()],
        Value::Many(many) => many.iter().map(ToString::to_string).collect(),
        Value::Unknown | Value::Number(_) | Value::Text(_) | Value::Cells(_) => Vec::new(),
    };
    let number = if let Value::Number(number) = value { Some(*number) } else { None };
    ValueInfo { unknown: *value == Value::Unknown, number, choices }
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        call(Method::Get, "/api/v1/telework/works", Access::Api(Scope::WorksRead), works),
        call(Method::Get, "/api/v1/telework/survey", Access::Api(Scope::SurveyRead), survey),
        call(
            Method::Get,
            "/api/v1/telework/survey/{question}",
            Access::Api(Scope::SurveyRead),
            answer,
        ),
        call(
            Method::Post,
            "/api/v1/telework/survey/{question}",
            Access::Api(Scope::SurveySettle),
            settle,
        ),
    ]
}
