//! The work inventory, changed: the same acts as on its pages, on the divisions the caller keeps.

use axum::extract::State;
use axum::response::Response;
use people::Deed;
use serde::{Deserialize, Serialize};
use telework::inventory::{Approval, Frequency, Information, Outcome, Work, Zone};
use utoipa::ToSchema;

use super::super::act::{Unchanged, add_work, change_work, decide_work, link_work, remove_work};
use super::super::command::{Decided, Described, Unfit};
use super::super::number;
use super::super::words::unfit;
use crate::Route;
use crate::typed::text;
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Caller, Done, ErrorBody, Lang, Method, Scope};
use kit::http::{call, changed, json, refused};

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
    /// How often: `daily`, `weekly`, `monthly`, `seasonal` (some times a year), `occasional`.
    #[schema(value_type = String, example = "weekly")]
    frequency: Frequency,
    /// What kind of information: `none`, `internal`, `personal`, `specific_personal` (with a My
    /// Number).
    #[schema(value_type = String, example = "internal")]
    information: Information,
    /// In which network: `mynumber` (always impossible), `lgwan`, `internet`.
    #[schema(value_type = String, example = "lgwan")]
    zone: Zone,
    /// How it is approved: `none`, `electronic`, `paper`.
    #[schema(value_type = String, example = "electronic")]
    approval: Approval,
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
pub(crate) async fn add(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewWork>,
) -> Answer {
    let added = match read(&app, &caller, new).await? {
        Ok(work) => add_work(&app, &caller.actor, work).await?,
        Err(faults) => Err(faults),
    };
    match added {
        Ok(id) => json(&WorkNumber { id }),
        Err(faults) => Ok(unfit_for(&faults)),
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
pub(crate) async fn change(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<NewWork>,
) -> Answer {
    let revision = new.revision.clone().unwrap_or_default();
    let (work, seen) = (read(&app, &caller, new).await?, Seen::Revision(&revision));
    match change_work(&app, &caller.actor, Lang::Ja, number(&id)?, work, seen).await? {
        Ok(id) => json(&WorkNumber { id }),
        Err(un) => Ok(unchanged(un)),
    }
}

fn unchanged(un: Unchanged) -> Response {
    match un.changed.is_empty() {
        true => unfit_for(&un.faults),
        false => changed(un.changed),
    }
}

fn unfit_for(faults: &[Unfit]) -> Response {
    refused(faults.iter().map(|fault| unfit(Lang::Ja, *fault)).collect())
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
pub(crate) async fn remove(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
) -> Answer {
    remove_work(&app, &caller.actor, number(&id)?).await?;
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
pub(crate) async fn decide(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<NewWord>,
) -> Answer {
    let outcome = match new.outcome {
        Said::Possible => Some(Outcome::Possible),
        Said::Condition => Some(Outcome::Condition),
        Said::No => Some(Outcome::No),
        Said::Rules => None,
    };
    let (decided, seen) = (Decided { outcome, why: text(&new.why) }, Seen::Revision(&new.revision));
    match decide_work(&app, &caller.actor, Lang::Ja, number(&id)?, decided, seen).await? {
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
pub(crate) async fn link(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<NewShare>,
) -> Answer {
    let read = new.revision.unwrap_or_default();
    let entered = (new.login.as_str(), new.hours.as_str());
    let seen = Seen::Revision(&read);
    match link_work(&app, &caller.actor, Lang::Ja, number(&id)?, entered, seen).await? {
        Ok(()) => json(&Done::yes()),
        Err(un) => Ok(unchanged(un)),
    }
}

/// The work that is described.
async fn read(
    app: &Kit,
    caller: &Caller,
    new: NewWork,
) -> Result<Result<Work, Vec<Unfit>>, Refusal> {
    caller.actor.widest(Deed::ManageWorks).ok_or(Refusal::NotFound)?;
    let divisions = store::divisions::all(&mut *app.store.read().await?, caller.actor.body).await?;
    let described = Described {
        name: new.name.trim(),
        hours: new.hours.trim(),
        division: divisions.iter().find(|one| one.code == new.division).map(|one| one.id),
        frequency: Some(new.frequency),
        information: Some(new.information),
        zone: Some(new.zone),
        approval: Some(new.approval),
        removed: new.removed,
    };
    Ok(described.work().map(|work| Work {
        paper: new.paper,
        seal: new.seal,
        counter: new.counter,
        site: new.site,
        telephone: new.telephone,
        interruptible: new.interruptible,
        ..work
    }))
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
