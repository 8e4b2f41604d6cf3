//! The own desk's steps: receive, ask for approval, approve, submit, correct, ask for more time.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use exchange::case::{Action, SubmitKey};
use people::{Deed, StaffId};
use serde::Deserialize;

use super::access::{act, reach};
use super::case::finish;
use super::case::shown::Typed;
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, SignedIn, post};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Step {
    /// What the form showed.
    seen: String,
    act: String,
    revision: u64,
    reason: String,
    until: String,
    key: String,
}

async fn step(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(id): Path<String>,
    Form(step): Form<Step>,
) -> Answer {
    let case = reach(&app, &visit.actor, &id).await?;
    let fields = [("reason", &step.reason), ("until", &step.until)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.clone())).into();
    let typed = Typed { act: step.act.clone(), seen: step.seen.clone(), whole: false, fields };
    let until = || step.until.trim().parse().map_err(|_| Refusal::Malformed("until"));
    if step.act == "extend" && until().is_err() {
        let words = visit.ctx.t("期限の日付を入れてください。", "Please enter the day it is due.");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return crate::case::render(&app, visit, &id, vec![words.to_owned()], typed, status).await;
    }
    let action = match step.act.as_str() {
        "receive" => Action::Receive,
        "ask-approval" => Action::AskApproval,
        "approve" => Action::Approve,
        "decline" => Action::Decline { reason: step.reason.clone() },
        "submit" => Action::Submit { key: key(&step.key)? },
        "correct" => Action::Correct { reason: step.reason.clone() },
        "extend" => Action::AskExtension { until: until()?, reason: step.reason.clone() },
        _ => return Err(Refusal::Malformed("act")),
    };
    let body = visit.actor.body;
    let done = act(&app, &visit.actor, case, body, Some(step.revision), action).await;
    let said = match step.act.as_str() {
        "receive" => "exchange-received",
        "ask-approval" => "exchange-asked",
        "approve" => "exchange-approved",
        "decline" => "exchange-declined",
        "submit" => "exchange-submitted",
        "correct" => "exchange-correct",
        _ => "exchange-extend",
    };
    finish(&app, visit, &id, said, typed, done.map(|_| ())).await
}

/// The key of one intention to submit: 32 hexadecimal digits of the page.
pub(crate) fn key(text: &str) -> Result<SubmitKey, Refusal> {
    // Of the same shape as an identity of staff, and read by the same reader.
    text.parse::<StaffId>().map(|id| SubmitKey(id.0)).map_err(|_| Refusal::Malformed("key"))
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/exchange/cases/{id}/own", May(Deed::UseExchange), step)]
}
