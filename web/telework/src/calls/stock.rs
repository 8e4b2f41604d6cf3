//! The work inventory, changed: the same acts as on its pages, on the divisions the caller keeps.

use std::collections::BTreeMap;

use axum::extract::State;
use people::Deed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Route;
use crate::inventory::{Entered, Unchanged, Word};
use crate::inventory::{add_work, change_work, decide_work, link_work, remove_work};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, changed, json, refused};

/// How often.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "weekly")]
pub(crate) enum Often {
    /// Every day
    Daily,
    /// Every week
    Weekly,
    /// Every month
    Monthly,
    /// Some times a year
    Seasonal,
    /// When it comes
    Occasional,
}

/// What kind of information.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    /// None
    None,
    /// The office's own
    Internal,
    /// Personal
    Personal,
    /// With a My Number
    SpecificPersonal,
}

/// In which network.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Network {
    /// マイナンバー利用事務系: always impossible
    Mynumber,
    /// LGWAN接続系
    Lgwan,
    /// インターネット接続系
    Internet,
}

/// How it is approved.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Approved {
    /// Not at all
    None,
    /// Electronically
    Electronic,
    /// On paper
    Paper,
}

/// A piece of work as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWork {
    /// Code of its division.
    division: String,
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Hours a year over all staff, with at most two decimals.
    #[schema(example = "120.5")]
    hours: String,
    /// How often.
    frequency: Often,
    /// What kind of information.
    information: Kept,
    /// In which network.
    zone: Network,
    /// How it is approved.
    approval: Approved,
    /// Whether it can be interrupted and taken up elsewhere.
    #[serde(default)]
    interruptible: bool,
    /// Whether it needs paper.
    #[serde(default)]
    paper: bool,
    /// Whether it needs a seal.
    #[serde(default)]
    seal: bool,
    /// Whether it is done at the counter.
    #[serde(default)]
    counter: bool,
    /// Whether it is done on site.
    #[serde(default)]
    site: bool,
    /// Whether it needs the office's telephone.
    #[serde(default)]
    telephone: bool,
    /// Names of the obstacles that were removed.
    #[serde(default)]
    #[schema(max_items = 200)]
    removed: Vec<String>,
    /// What was read of the work before a change of it; nothing for new work.
    #[serde(default)]
    revision: Option<String>,
}

/// A piece of work that was written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkNumber {
    /// Its number in the body.
    id: u64,
}

/// Adds a piece of work.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works",
    tag = "telework",
    security(("token" = ["works:write"])),
    request_body = NewWork,
    responses(
        (status = 200, description = "Added", body = WorkNumber),
        (status = 422, description = "Not as it is", body = ErrorBody),
    ),
)]
pub(super) async fn add(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewWork>,
) -> Answer {
    let entered = entered(&app, &caller, new).await?;
    match add_work(&app, &caller.actor, Lang::Ja, &entered).await? {
        Ok(id) => json(&WorkNumber { id }),
        Err(faults) => Ok(refused(faults.into_iter().map(str::to_owned).collect())),
    }
}

/// Changes a piece of work.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/{id}",
    tag = "telework",
    security(("token" = ["works:write"])),
    params(("id" = u64, Path, description = "Its number")),
    request_body = NewWork,
    responses(
        (status = 200, description = "Changed", body = WorkNumber),
        (status = 409, description = "Somebody changed it since it was read", body = ErrorBody),
        (status = 422, description = "Not as it is", body = ErrorBody),
    ),
)]
pub(super) async fn change(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<NewWork>,
) -> Answer {
    let read = new.revision.clone().unwrap_or_default();
    let entered = entered(&app, &caller, new).await?;
    match change_work(&app, &caller.actor, Lang::Ja, &id, &entered, Seen::Revision(&read)).await? {
        Ok(id) => json(&WorkNumber { id }),
        Err(un) => Ok(unchanged(un)),
    }
}

fn unchanged(un: Unchanged) -> axum::response::Response {
    match un.changed.is_empty() {
        true => refused(un.faults.into_iter().map(str::to_owned).collect()),
        false => changed(un.changed),
    }
}

/// Removes a piece of work.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/{id}/remove",
    tag = "telework",
    security(("token" = ["works:write"])),
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Removed", body = Done)),
)]
pub(super) async fn remove(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
) -> Answer {
    remove_work(&app, &caller.actor, &id).await?;
    json(&Done::yes())
}

/// What a person says.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    /// そのまま可
    Possible,
    /// 条件付き可
    Condition,
    /// 不可
    No,
    /// As the rules say
    Rules,
}

/// A person's word on a piece of work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWord {
    /// The result.
    outcome: Said,
    /// Why.
    #[schema(min_length = 1, max_length = 400)]
    why: String,
    /// What was read of the work: the word is on that.
    revision: String,
}

/// Decides on a piece of work, against the rules where need be; work in the My Number network stays
/// impossible.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/{id}/decide",
    tag = "telework",
    security(("token" = ["works:write"])),
    params(("id" = u64, Path, description = "Its number")),
    request_body = NewWord,
    responses(
        (status = 200, description = "Decided", body = WorkNumber),
        (status = 409, description = "Somebody changed it since it was read", body = ErrorBody),
        (status = 422, description = "Not possible", body = ErrorBody),
    ),
)]
pub(super) async fn decide(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<NewWord>,
) -> Answer {
    let outcome = match new.outcome {
        Said::Possible => "possible",
        Said::Condition => "condition",
        Said::No => "no",
        Said::Rules => "rules",
    };
    let word = Word { outcome: outcome.into(), why: new.why, seen: String::new() };
    match decide_work(&app, &caller.actor, Lang::Ja, &id, &word, Seen::Revision(&new.revision))
        .await?
    {
        Ok(id) => json(&WorkNumber { id }),
        Err(un) => Ok(unchanged(un)),
    }
}

/// Somebody who does a piece of work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShare {
    /// Sign-in name.
    login: String,
    /// Hours a year, with at most two decimals.
    #[schema(example = "40")]
    hours: String,
    /// What was read of her part, where she has one already.
    #[serde(default)]
    revision: Option<String>,
}

/// Links somebody to a piece of work.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/{id}/staff",
    tag = "telework",
    security(("token" = ["works:write"])),
    params(("id" = u64, Path, description = "Its number")),
    request_body = NewShare,
    responses(
        (status = 200, description = "Linked", body = Done),
        (
            status = 409,
            description = "Somebody changed her part since it was read",
            body = ErrorBody,
        ),
        (status = 422, description = "Nobody of the caller's, or no time", body = ErrorBody),
    ),
)]
pub(super) async fn link(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<NewShare>,
) -> Answer {
    let read = new.revision.unwrap_or_default();
    let entered = (new.login.as_str(), new.hours.as_str());
    match link_work(&app, &caller.actor, Lang::Ja, &id, entered, Seen::Revision(&read)).await? {
        Ok(()) => json(&Done::yes()),
        Err(un) => Ok(unchanged(un)),
    }
}

/// The fields of the page's form.
async fn entered(app: &Kit, caller: &Caller, new: NewWork) -> Result<Entered, Refusal> {
    caller.actor.widest(Deed::ManageWorks).ok_or(Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, caller.actor.body).await?;
    drop(conn);
    let division = divisions
        .iter()
        .find(|one| one.code == new.division)
        .map(|one| one.id.to_string())
        .unwrap_or_default();
    let key = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let mut fields: BTreeMap<String, String> = [
        ("division", division),
        ("name", new.name),
        ("hours", new.hours),
        ("frequency", key(serde_json::to_value(new.frequency))),
        ("information", key(serde_json::to_value(new.information))),
        ("zone", key(serde_json::to_value(new.zone))),
        ("approval", key(serde_json::to_value(new.approval))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let flags = [
        ("interruptible", new.interruptible),
        ("paper", new.paper),
        ("seal", new.seal),
        ("counter", new.counter),
        ("site", new.site),
        ("telephone", new.telephone),
    ];
    let on = flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned());
    let removed = new.removed.into_iter().take(200).map(|key| format!("removed-{key}"));
    fields.extend(on.chain(removed).map(|name| (name, "yes".to_owned())));
    Ok(Entered::of(fields))
}

pub(super) fn routes() -> Vec<Route> {
    let write = Access::Api(Scope::WorksWrite);
    vec![
        call(Method::Post, "/api/v1/telework/works", write, add),
        call(Method::Post, "/api/v1/telework/works/{id}", write, change),
        call(Method::Post, "/api/v1/telework/works/{id}/remove", write, remove),
        call(Method::Post, "/api/v1/telework/works/{id}/decide", write, decide),
        call(Method::Post, "/api/v1/telework/works/{id}/staff", write, link),
    ]
}
