//! The steps of a delivery: the own desk's, those of whoever examines.

use axum::extract::State;
use exchange::case::{Action, Remark, Right};
use exchange::value::QuestionId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::info::{DeliveryInfo, RemarkInfo, Stepped};
use super::{day, undone};
use crate::Exchange;
use crate::Route;
use crate::access::{act, approval_of, body_code, case_id, form_of, open, reach};
use crate::submit_key;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf};
use kit::http::{Access, Answer, Method, call};
use kit::http::{Caller, ErrorBody, Scope, json};

/// A step without more to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// The revision of the delivery that was seen.
    revision: u64,
}

/// A step with its reason.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenWhy {
    /// The revision of the delivery that was seen.
    revision: u64,
    /// Why.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

/// 受領: confirms receipt.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/receive",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = Seen,
    responses(
        (status = 200, description = "Received", body = Stepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn receive(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(seen): Body<Seen>,
) -> Answer {
    own(&app, &caller, &id, seen.revision, Action::Receive).await
}

/// Asks for 庁内承認. The answer is checked whole.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/ask-approval",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = Seen,
    responses(
        (status = 200, description = "Asked", body = Stepped),
        (
            status = 422,
            description = "Not possible now, or the answer has faults",
            body = ErrorBody,
        ),
    ),
)]
pub(crate) async fn ask_approval(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(seen): Body<Seen>,
) -> Answer {
    own(&app, &caller, &id, seen.revision, Action::AskApproval).await
}

/// What is decided on an answer inside the office.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    /// The revision of the delivery that was seen.
    revision: u64,
    /// Whether it is approved; otherwise it goes back to the desk.
    approved: bool,
    /// Why not.
    #[serde(default)]
    #[schema(max_length = 4000)]
    reason: String,
}

/// 庁内承認, or back to the desk with a reason.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/approval",
    tag = "exchange",
    security(("token" = ["exchange:approve"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = Approval,
    responses(
        (status = 200, description = "Decided", body = Stepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn approval(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<Approval>,
) -> Answer {
    let action =
        if new.approved { Action::Approve } else { Action::Decline { reason: new.reason } };
    own(&app, &caller, &id, new.revision, action).await
}

/// A submission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Submission {
    /// The revision of the delivery that was seen.
    revision: u64,
    /// One intention to submit, 32 hexadecimal digits made by the caller. The same key again is
    /// answered with the same receipt, so a call whose answer was
    /// lost is simply made again.
    #[schema(pattern = "^[0-9a-f]{32}$", example = "0f1e2d3c4b5a69788796a5b4c3d2e1f0")]
    key: String,
}

/// 提出: submits the answer; its receipt is in the answer of this call.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/submit",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = Submission,
    responses(
        (status = 200, description = "Submitted", body = Stepped),
        (
            status = 422,
            description = "Not possible now, or the answer has faults",
            body = ErrorBody,
        ),
    ),
)]
pub(crate) async fn submit(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<Submission>,
) -> Answer {
    let key = submit_key(&new.key)?;
    own(&app, &caller, &id, new.revision, Action::Submit { key }).await
}

/// Takes a submitted answer back to correct it, before the deadline.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/correct",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = SeenWhy,
    responses(
        (status = 200, description = "Taken back", body = Stepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn correct(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<SeenWhy>,
) -> Answer {
    own(&app, &caller, &id, new.revision, Action::Correct { reason: new.reason }).await
}

/// More time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoreTime {
    /// The revision of the delivery that was seen.
    revision: u64,
    /// Until when.
    #[schema(format = Date)]
    until: String,
    /// Why.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

/// Asks for more time.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/extension",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = MoreTime,
    responses(
        (status = 200, description = "Asked", body = Stepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn extend(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<MoreTime>,
) -> Answer {
    let action = Action::AskExtension { until: day(&new.until)?, reason: new.reason };
    own(&app, &caller, &id, new.revision, action).await
}

/// Another body's delivery, for its prefecture and the ministry: with the answer once it was
/// submitted to them.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/bodies/{body}",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("body" = String, Path, description = "Code of the body"),
    ),
    responses((status = 200, description = "The delivery", body = DeliveryInfo)),
)]
pub(crate) async fn body(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, body)): PathOf<(String, String)>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let opened = open(&mut conn, &caller.actor, case_id(&id)?, body_code(&body)?).await?;
    let form = form_of(&app, &mut conn, &opened.case).await?;
    let approval = approval_of(&mut conn, opened.delivery.to.body).await?;
    drop(conn);
    let steps = opened.steps(form.as_deref(), approval);
    json(&DeliveryInfo::of(&opened.delivery, &opened.permit(Right::See)?, form.as_deref(), steps))
}

/// What a prefecture does with one of its bodies.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reviewed {
    /// 転送
    Forward,
    /// 差戻し, with remarks and a day
    Return,
    /// 承認
    Pass,
    /// 国へ提出
    HandUp,
    /// Grants more time
    Grant,
    /// Refuses more time, with a reason
    Refuse,
    /// Lets the body change what it handed up, until a day, with a reason
    Reopen,
}

/// A step of whoever examines.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Review {
    /// The revision of the delivery that was seen.
    revision: u64,
    /// What is done.
    act: Reviewed,
    /// What is to be mended.
    #[serde(default)]
    #[schema(max_items = 500)]
    remarks: Vec<RemarkInfo>,
    /// By when, or until when; passing on: the prefecture's own last day.
    #[serde(default)]
    #[schema(format = Date, nullable = false)]
    until: Option<String>,
    /// Why; passing on: a note shown to the body.
    #[serde(default)]
    #[schema(max_length = 4000)]
    reason: String,
}

/// A prefecture's step with one of its bodies.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/bodies/{body}/review",
    tag = "exchange",
    security(("token" = ["exchange:review"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("body" = String, Path, description = "Code of the body"),
    ),
    request_body = Review,
    responses(
        (status = 200, description = "Done", body = Stepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn review(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, body)): PathOf<(String, String)>,
    Body(new): Body<Review>,
) -> Answer {
    let until = new.until.as_deref().map(day).transpose()?;
    let needed = || until.ok_or(Refusal::Malformed("until"));
    let action = match new.act {
        Reviewed::Forward => {
            let note = Some(new.reason).filter(|note| !note.trim().is_empty());
            Action::Forward { deadline: until, note }
        }
        Reviewed::Return => Action::Return { remarks: remarks(new.remarks), until: needed()? },
        Reviewed::Pass => Action::Pass,
        Reviewed::HandUp => Action::HandUp,
        Reviewed::Grant => Action::GrantExtension { until: needed()? },
        Reviewed::Refuse => Action::RefuseExtension { reason: new.reason },
        Reviewed::Reopen => Action::Reopen { until: needed()?, reason: new.reason },
    };
    anothers(&app, &caller, &id, &body, new.revision, action).await
}

/// What the ministry does with one body.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asked {
    /// 疑義照会, with remarks and a day
    Query,
    /// 確定
    Confirm,
    /// Grants more time
    Grant,
    /// Refuses more time, with a reason
    Refuse,
    /// Lets the body change what it handed up, until a day, with a reason
    Reopen,
}

/// A step of the ministry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inquiry {
    /// The revision of the delivery that was seen.
    revision: u64,
    /// What is done.
    act: Asked,
    /// What is asked.
    #[serde(default)]
    #[schema(max_items = 500)]
    remarks: Vec<RemarkInfo>,
    /// By when, or until when.
    #[serde(default)]
    #[schema(format = Date, nullable = false)]
    until: Option<String>,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 4000)]
    reason: String,
}

/// The ministry's step with one body.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/bodies/{body}/query",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("body" = String, Path, description = "Code of the body"),
    ),
    request_body = Inquiry,
    responses(
        (status = 200, description = "Done", body = Stepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn query(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, body)): PathOf<(String, String)>,
    Body(new): Body<Inquiry>,
) -> Answer {
    let until = new.until.as_deref().map(day).transpose()?;
    let needed = || until.ok_or(Refusal::Malformed("until"));
    let action = match new.act {
        Asked::Query => Action::Query { remarks: remarks(new.remarks), until: needed()? },
        Asked::Confirm => Action::Confirm,
        Asked::Grant => Action::GrantExtension { until: needed()? },
        Asked::Refuse => Action::RefuseExtension { reason: new.reason },
        Asked::Reopen => Action::Reopen { until: needed()?, reason: new.reason },
    };
    if caller.actor.body != people::MINISTRY {
        return Err(Refusal::NotFound);
    }
    anothers(&app, &caller, &id, &body, new.revision, action).await
}

fn remarks(given: Vec<RemarkInfo>) -> Vec<Remark> {
    let remark = |one: RemarkInfo| Remark {
        question: one.question.map(QuestionId::new),
        text: one.text.trim().to_owned(),
    };
    given.into_iter().map(remark).filter(|remark| !remark.text.is_empty()).collect()
}

async fn own(app: &Exchange, caller: &Caller, id: &str, seen: u64, action: Action) -> Answer {
    let case = reach(app, &caller.actor, id).await?;
    match act(app, &caller.actor, case, caller.actor.body, Some(seen), action).await {
        Ok(delivery) => json(&Stepped::of(&delivery)),
        Err(why) => {
            let mut conn = app.store.read().await?;
            let form = match store::exchange::case(&mut conn, case).await? {
                Some(case) => form_of(app, &mut conn, &case).await?,
                None => None,
            };
            drop(conn);
            undone(why, form.as_deref())
        }
    }
}

async fn anothers(
    app: &Exchange,
    caller: &Caller,
    id: &str,
    body: &str,
    seen: u64,
    action: Action,
) -> Answer {
    let (case, body) = (reach(app, &caller.actor, id).await?, body_code(body)?);
    match act(app, &caller.actor, case, body, Some(seen), action).await {
        Ok(delivery) => json(&Stepped::of(&delivery)),
        Err(why) => undone(why, None),
    }
}

pub(super) fn routes() -> Vec<Route> {
    let answer = Access::Api(Scope::ExchangeAnswer);
    vec![
        call(Method::Post, "/api/v1/exchange/cases/{id}/receive", answer, receive),
        call(Method::Post, "/api/v1/exchange/cases/{id}/ask-approval", answer, ask_approval),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/approval",
            Access::Api(Scope::ExchangeApprove),
            approval,
        ),
        call(Method::Post, "/api/v1/exchange/cases/{id}/submit", answer, submit),
        call(Method::Post, "/api/v1/exchange/cases/{id}/correct", answer, correct),
        call(Method::Post, "/api/v1/exchange/cases/{id}/extension", answer, extend),
        call(
            Method::Get,
            "/api/v1/exchange/cases/{id}/bodies/{body}",
            Access::Api(Scope::ExchangeRead),
            body,
        ),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/bodies/{body}/review",
            Access::Api(Scope::ExchangeReview),
            review,
        ),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/bodies/{body}/query",
            Access::Api(Scope::ExchangeRun),
            query,
        ),
    ]
}
