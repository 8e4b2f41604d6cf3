//! Months of telework: everybody's sums, closing and opening again.

use axum::extract::State;
use people::Deed;
use serde::{Deserialize, Serialize};
use telework::close::Act;
use utoipa::ToSchema;

use super::{asked_month, close_now, reopen_now, why_not};
use crate::Route;
use crate::call::done_or;
use crate::month::sums_of;
use crate::{moment, office};
use kit::Kit;
use kit::http::call::{Body, PathOf};
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, json};

/// One person's month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SumsInfo {
    /// Sign-in name.
    login: String,
    /// Days of telework that were ordered.
    days: u32,
    /// Of these, at home.
    home_days: u32,
    /// Minutes by the person's reports.
    worked_minutes: u32,
    /// Minutes connected, idle time left out.
    connected_minutes: u32,
    /// Minutes of overtime.
    overtime_minutes: u32,
}

/// A month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonthInfo {
    /// The month, `2026-11`.
    month: String,
    /// Whether it is closed; otherwise these sums may still change.
    closed: bool,
    /// What the caller can do with it now: `close`, `reopen`.
    steps: Vec<&'static str>,
    /// Everybody with a record.
    people: Vec<SumsInfo>,
}

/// Everybody's sums of a month: as kept when it was closed, as it stands now while it is open.
#[utoipa::path(
    get,
    path = "/api/v1/telework/months/{month}",
    tag = "telework",
    security(("token" = ["telework:close"])),
    params(("month" = String, Path, description = "The month", example = "2026-10")),
    responses((status = 200, description = "The month", body = MonthInfo)),
)]
pub(crate) async fn month(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(month): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let of = asked_month(&month)?;
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, permit.body()).await?;
    let (closed, sums) = sums_of(&mut conn, permit.body(), of, &office, app.now()).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    let ledger = store::telework::ledger(&mut conn, permit.body(), of).await?;
    drop(conn);
    let steps = ledger.possible(of, &permit, moment(app.now())).into_iter().map(|act| match act {
        Act::Closed => "close",
        Act::Reopened => "reopen",
    });
    let people = sums.into_iter().map(|row| SumsInfo {
        login: staff
            .iter()
            .find(|one| one.id == row.staff)
            .map(|one| one.login.to_string())
            .unwrap_or_default(),
        days: row.days,
        home_days: row.home_days,
        worked_minutes: row.worked.0,
        connected_minutes: row.connected.0,
        overtime_minutes: row.overtime.0,
    });
    json(&MonthInfo {
        month: of.to_string(),
        closed,
        steps: steps.collect(),
        people: people.collect(),
    })
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    /// The reason: needed to open a month again, and to close one over differences that nobody
    /// explained.
    #[serde(default)]
    #[schema(max_length = 400)]
    why: String,
}

/// 月次の締め: keeps everybody's sums; nothing of the month changes from then on.
#[utoipa::path(
    post,
    path = "/api/v1/telework/months/{month}/close",
    tag = "telework",
    security(("token" = ["telework:close"])),
    params(("month" = String, Path, description = "The month", example = "2026-10")),
    request_body = Why,
    responses(
        (status = 200, description = "Closed", body = Done),
        (status = 422, description = "Not closed, with the reason", body = ErrorBody),
    ),
)]
pub(crate) async fn close(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(month): PathOf<String>,
    Body(new): Body<Why>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let why = close_now(&app, &permit, asked_month(&month)?, &new.why).await?;
    done_or(why.map(|why| why_not(Lang::Ja, why)).into_iter().collect())
}

/// Opens a closed month again.
#[utoipa::path(
    post,
    path = "/api/v1/telework/months/{month}/reopen",
    tag = "telework",
    security(("token" = ["telework:close"])),
    params(("month" = String, Path, description = "The month", example = "2026-10")),
    request_body = Why,
    responses(
        (status = 200, description = "Open again", body = Done),
        (status = 422, description = "Not opened, with the reason", body = ErrorBody),
    ),
)]
pub(crate) async fn reopen(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(month): PathOf<String>,
    Body(new): Body<Why>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let why = reopen_now(&app, &permit, asked_month(&month)?, &new.why).await?;
    done_or(why.map(|why| why_not(Lang::Ja, why)).into_iter().collect())
}

pub(crate) fn routes() -> Vec<Route> {
    let close_scope = Access::Api(Scope::TeleworkClose);
    vec![
        call(Method::Get, "/api/v1/telework/months/{month}", close_scope, month),
        call(Method::Post, "/api/v1/telework/months/{month}/close", close_scope, close),
        call(Method::Post, "/api/v1/telework/months/{month}/reopen", close_scope, reopen),
    ]
}
