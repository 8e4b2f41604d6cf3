//! Mergers and renames of bodies, and bodies that came to be: the ministry's desk's.

use std::collections::BTreeSet;

use axum::extract::State;
use exchange::body::Change;
use exchange::newcomer::{BadNewcomer, Newcomer};
use people::BodyCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::day;
use crate::Exchange;
use crate::Route;
use crate::lineage::{BadChange, enter, may, shown, take_back};
use crate::newcomers::{USED, add, drop_one, shown as newcomer_shown};
use kit::error::Refusal;
use kit::http::call::Body;
use kit::http::seen::Seen;
use kit::http::{
    Access, Answer, Caller, Done, ErrorBody, Lang, Method, Reason, Scope, call, changed, json,
    refused,
};

/// A merger or a rename.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineageChange {
    /// Code of the body that came to be, or grew.
    #[schema(example = "012025")]
    body: String,
    /// The first day it is so.
    #[schema(format = Date)]
    on: String,
    /// Codes of what it was until then; its own among them, where it went on (編入).
    #[schema(min_items = 1, max_items = 100)]
    predecessors: Vec<String>,
    /// The change in short: sent back with another one of the same body and day, which is refused
    /// where it is another by then; nothing for a new one.
    #[serde(default)]
    revision: Option<String>,
}

/// Mergers and renames.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineageInfo {
    /// The latest first.
    changes: Vec<LineageChange>,
}

/// Every merger and rename that was registered.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/lineage",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    responses((status = 200, description = "Changes", body = LineageInfo)),
)]
pub(crate) async fn lineage(caller: Caller, State(app): State<Exchange>) -> Answer {
    let mut conn = app.store.read().await?;
    may(&mut conn, &caller.actor).await?;
    let found = store::exchange::lineage(&mut conn).await?;
    drop(conn);
    let mut all: Vec<(BodyCode, &Change)> = found
        .entries()
        .flat_map(|entry| entry.changes.iter().map(|change| (entry.code, change)))
        .collect();
    all.sort_by_key(|(code, change)| (std::cmp::Reverse(change.on), *code));
    let known = app.bodies();
    let change = |(code, change): (BodyCode, &Change)| LineageChange {
        body: code.to_string(),
        on: change.on.to_string(),
        predecessors: change.predecessors.iter().map(ToString::to_string).collect(),
        revision: Some(shown(&known, Lang::Ja, &found, code, change.on).revision()),
    };
    json(&LineageInfo { changes: all.into_iter().map(change).collect() })
}

/// Registers a merger or a rename. One of the same body and day is replaced, where its revision is
/// named.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/lineage",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    request_body = LineageChange,
    responses(
        (status = 200, description = "Registered", body = Done),
        (status = 409, description = "One is registered that was not read", body = ErrorBody),
        (status = 422, description = "It cannot be so", body = ErrorBody),
    ),
)]
pub(crate) async fn change_lineage(
    caller: Caller,
    State(app): State<Exchange>,
    Body(new): Body<LineageChange>,
) -> Answer {
    if new.predecessors.len() > 100 {
        return Err(Refusal::Malformed("predecessors"));
    }
    let mut conn = app.store.read().await?;
    may(&mut conn, &caller.actor).await?;
    drop(conn);
    let code: BodyCode = new.body.parse().map_err(|_| Refusal::Malformed("body"))?;
    if exchange::body::body(&app.bodies(), code).is_err() {
        let words = "この団体コードは登録されていません。";
        return Ok(refused(vec![Reason::new(BadChange::Body.code(), words)]));
    }
    let predecessors: Result<BTreeSet<BodyCode>, _> =
        new.predecessors.iter().map(|code| code.parse()).collect();
    let change = Change {
        on: day(&new.on)?,
        predecessors: predecessors.map_err(|_| Refusal::Malformed("predecessors"))?,
    };
    let read = new.revision.unwrap_or_default();
    match enter(&app, &caller.actor, Lang::Ja, code, change, Seen::Revision(&read)).await? {
        Ok(()) => json(&Done::yes()),
        Err(unkept) if unkept.changed.is_empty() => Ok(refused(unkept.reasons(Lang::Ja))),
        Err(unkept) => Ok(changed(unkept.changed)),
    }
}

/// A change that is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineageUndo {
    /// Code of the body.
    body: String,
    /// The day of the change.
    #[schema(format = Date)]
    on: String,
}

/// Takes a change back, as if it had never been registered.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/lineage/undo",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    request_body = LineageUndo,
    responses(
        (status = 200, description = "Taken back", body = Done),
        (
            status = 404,
            description = "No such change, or not the caller's to take back",
            body = ErrorBody,
        ),
    ),
)]
pub(crate) async fn undo_lineage(
    caller: Caller,
    State(app): State<Exchange>,
    Body(undo): Body<LineageUndo>,
) -> Answer {
    let code: BodyCode = undo.body.parse().map_err(|_| Refusal::NotFound)?;
    take_back(&app, &caller.actor, code, day(&undo.on)?).await?;
    json(&Done::yes())
}

/// A body that came to be after the list of the 1,788.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBody {
    /// Its code, six digits with the check digit; the first two say the prefecture.
    #[schema(pattern = "^[0-9]{6}$", example = "012998")]
    code: String,
    /// 市, 町, 村, 指定都市 or 特別区.
    kind: String,
    /// Its name without the prefecture.
    #[schema(min_length = 2, max_length = 40)]
    name: String,
    /// Reading in hiragana; may be empty.
    #[serde(default)]
    #[schema(max_length = 40)]
    kana: String,
    /// The first day it is there.
    #[schema(format = Date)]
    since: String,
    /// The registration in short: sent back with another one of the same code, which is refused
    /// where it is another by then; nothing for a new one.
    #[serde(default)]
    revision: Option<String>,
}

/// Bodies that came to be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewBodies {
    /// By code.
    bodies: Vec<NewBody>,
}

/// The bodies that were registered after the list.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/newcomers",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    responses((status = 200, description = "Bodies", body = NewBodies)),
)]
pub(crate) async fn newcomers(caller: Caller, State(app): State<Exchange>) -> Answer {
    let mut conn = app.store.read().await?;
    may(&mut conn, &caller.actor).await?;
    let found = store::exchange::newcomers(&mut conn).await?;
    drop(conn);
    let revision = |new: &Newcomer| {
        newcomer_shown(Lang::Ja, std::slice::from_ref(new), new.code.as_str()).revision()
    };
    let one = |new: Newcomer| NewBody {
        revision: Some(revision(&new)),
        code: new.code.to_string(),
        kind: new.kind.ja().to_owned(),
        name: new.name,
        kana: new.kana,
        since: new.since.to_string(),
    };
    json(&NewBodies { bodies: found.into_iter().map(one).collect() })
}

/// Registers a body that came to be. The same code again replaces what was registered, where its
/// revision is named.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/newcomers",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    request_body = NewBody,
    responses(
        (status = 200, description = "Registered", body = Done),
        (status = 409, description = "One is registered that was not read", body = ErrorBody),
        (status = 422, description = "It cannot be so", body = ErrorBody),
    ),
)]
pub(crate) async fn add_newcomer(
    caller: Caller,
    State(app): State<Exchange>,
    Body(new): Body<NewBody>,
) -> Answer {
    let mut conn = app.store.read().await?;
    may(&mut conn, &caller.actor).await?;
    drop(conn);
    match Newcomer::read(&new.code, &new.kind, &new.name, &new.kana, &new.since) {
        Ok(found) => {
            let read = new.revision.unwrap_or_default();
            match add(&app, &caller.actor, Lang::Ja, &found, Seen::Revision(&read)).await? {
                stands if stands.is_empty() => json(&Done::yes()),
                stands => Ok(changed(stands)),
            }
        }
        Err(faults) => {
            let reason = |fault: BadNewcomer| Reason::new(fault.code(), fault.ja());
            Ok(refused(faults.into_iter().map(reason).collect()))
        }
    }
}

/// A registration to be taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBodyGone {
    /// Code of the body.
    code: String,
}

/// Takes the registration of a body back, while nothing came of it.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/newcomers/remove",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    request_body = NewBodyGone,
    responses(
        (status = 200, description = "Taken back", body = Done),
        (status = 422, description = "Something came of it", body = ErrorBody),
    ),
)]
pub(crate) async fn remove_newcomer(
    caller: Caller,
    State(app): State<Exchange>,
    Body(gone): Body<NewBodyGone>,
) -> Answer {
    let code: BodyCode = gone.code.parse().map_err(|_| Refusal::NotFound)?;
    if drop_one(&app, &caller.actor, code).await? {
        json(&Done::yes())
    } else {
        Ok(refused(vec![Reason::new("in_use", USED.0)]))
    }
}

pub(super) fn routes() -> Vec<Route> {
    let run = Access::Api(Scope::ExchangeRun);
    vec![
        call(Method::Get, "/api/v1/exchange/lineage", run, lineage),
        call(Method::Post, "/api/v1/exchange/lineage", run, change_lineage),
        call(Method::Post, "/api/v1/exchange/lineage/undo", run, undo_lineage),
        call(Method::Get, "/api/v1/exchange/newcomers", run, newcomers),
        call(Method::Post, "/api/v1/exchange/newcomers", run, add_newcomer),
        call(Method::Post, "/api/v1/exchange/newcomers/remove", run, remove_newcomer),
    ]
}
