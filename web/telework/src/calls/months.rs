//! Months of telework: everybody's sums, closing and opening again.

use axum::extract::State;
use people::Deed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Route;
use crate::months::{asked_month, close_now, reopen_now, sums_of, why_not};
use crate::office;
use kit::Kit;
use kit::http::call::{Body, PathOf};
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, json, refused};

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
pub(super) async fn month(
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
    drop(conn);
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
        month: format!("{:04}-{:02}", of.year, of.month),
        closed,
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
pub(super) async fn close(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(month): PathOf<String>,
    Body(new): Body<Why>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    match close_now(&app, &permit, asked_month(&month)?, &new.why).await? {
        Ok(()) => json(&Done::yes()),
        Err(why) => Ok(refused(vec![why_not(Lang::Ja, why)])),
    }
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
pub(super) async fn reopen(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(month): PathOf<String>,
    Body(new): Body<Why>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    match reopen_now(&app, &permit, asked_month(&month)?, &new.why).await? {
        Ok(()) => json(&Done::yes()),
        Err(why) => Ok(refused(vec![why_not(Lang::Ja, why)])),
    }
}

pub(super) fn routes() -> Vec<Route> {
    let close_scope = Access::Api(Scope::TeleworkClose);
    vec![
        call(Method::Get, "/api/v1/telework/months/{month}", close_scope, month),
        call(Method::Post, "/api/v1/telework/months/{month}/close", close_scope, close),
        call(Method::Post, "/api/v1/telework/months/{month}/reopen", close_scope, reopen),
    ]
}
