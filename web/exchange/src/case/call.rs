//! Calls of a case as a whole: its public questions answered, closed, opened again, published.

use axum::extract::State;
use exchange::case::CaseAction;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Exchange;
use crate::Route;
use crate::access::{act_on_case, case_id, reach};
use crate::rim::undone;
use kit::http::call::{Body, PathOf};
use kit::http::{Access, Answer, Method, call};
use kit::http::{Caller, ErrorBody, Scope, json};

/// A case as a whole after a step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseStepped {
    /// Its number.
    id: String,
    /// `draft`, `sent`, `closed`, `published`.
    #[schema(value_type = String)]
    stage: exchange::case::Stage,
    /// Counts the steps: to be handed back with the next.
    revision: u64,
}

impl CaseStepped {
    pub(crate) fn of(case: &exchange::case::Case) -> Self {
        Self { id: case.id.to_string(), stage: case.stage, revision: case.revision }
    }
}

/// An answer to a public question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionAnswer {
    /// The revision of the case that was seen.
    revision: u64,
    /// Which question, from 0.
    question: usize,
    /// The answer, for everybody asked to read.
    #[schema(min_length = 1, max_length = 4000)]
    text: String,
}

/// Answers a public question.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/answers",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = QuestionAnswer,
    responses(
        (status = 200, description = "Answered", body = CaseStepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn answer_question(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<QuestionAnswer>,
) -> Answer {
    let action = CaseAction::Answer { question: new.question, answer: new.text };
    let done = act_on_case(&app, &caller.actor, case_id(&id)?, new.revision, action).await;
    stepped(done)
}

/// What becomes of a case as a whole.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Become {
    /// 確定: no more answers
    Close,
    /// Open again, with a reason
    Reopen,
    /// 公表
    Publish,
}

/// A step of a case as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageStep {
    /// The revision of the case that was seen.
    revision: u64,
    /// What becomes of it.
    act: Become,
    /// Why, when it is opened again.
    #[serde(default)]
    #[schema(max_length = 4000)]
    reason: String,
}

/// Closes a case, opens it again, publishes it.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/stage",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = StageStep,
    responses(
        (status = 200, description = "Done", body = CaseStepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn stage(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<StageStep>,
) -> Answer {
    let id = reach(&app, &caller.actor, &id).await?;
    let action = match new.act {
        Become::Close => CaseAction::Close,
        Become::Reopen => CaseAction::Reopen { reason: new.reason },
        Become::Publish => CaseAction::Publish,
    };
    stepped(act_on_case(&app, &caller.actor, id, new.revision, action).await)
}

fn stepped(done: Result<exchange::case::Case, crate::access::Undone>) -> Answer {
    match done {
        Ok(case) => json(&CaseStepped::of(&case)),
        Err(why) => undone(why, None),
    }
}

pub(crate) fn calls() -> Vec<Route> {
    let run = Access::Api(Scope::ExchangeRun);
    vec![
        call(Method::Post, "/api/v1/exchange/cases/{id}/answers", run, answer_question),
        call(Method::Post, "/api/v1/exchange/cases/{id}/stage", run, stage),
    ]
}
