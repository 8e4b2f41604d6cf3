//! A month day by day, of oneself, of somebody one leads, or (HR) of anybody: orders, reports,
//! sessions, what differs, and the reason.

use axum::extract::State;
use jiff::civil::Date;
use people::{Deed, Resource, Staff};
use serde::{Deserialize, Serialize};
use telework::close::{Row, Sheet};
use utoipa::ToSchema;

use crate::Route;
use crate::call::{person, shown};
use crate::close::asked_month;
use crate::own_month::{Ungiven, give_reason, shown as reason_shown};
use crate::{month, office, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, changed, json, refused};

/// What was ordered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderInfo {
    /// `home`, `satellite`, `mobile`, `other`.
    form: &'static str,
    /// `HH:MM〜HH:MM`.
    hours: String,
}

/// A session with a PC: when, never what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionInfo {
    /// When it began.
    #[schema(format = DateTime)]
    start: String,
    /// When it ended; none while it runs.
    #[schema(format = DateTime)]
    end: Option<String>,
    /// Minutes nobody touched it.
    idle_minutes: u32,
}

/// One day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonthDay {
    /// The day.
    #[schema(format = Date)]
    day: String,
    /// What was ordered.
    ordered: Vec<OrderInfo>,
    /// Reported start.
    #[schema(format = DateTime)]
    began: Option<String>,
    /// Reported end.
    #[schema(format = DateTime)]
    ended: Option<String>,
    /// Minutes by the reports.
    worked_minutes: u32,
    /// Sessions.
    sessions: Vec<SessionInfo>,
    /// Minutes connected, idle time left out.
    connected_minutes: u32,
    /// What differs by more than the tolerance, in words.
    differences: Vec<String>,
    /// The reason that was given.
    reason: Option<String>,
    /// Whether a reason is asked for.
    asked: bool,
    /// The reason in short: sent back with another one, which is refused where it is another by
    /// then.
    revision: String,
}

/// One person's month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonMonth {
    /// Sign-in name.
    login: String,
    /// The month, `2026-11`.
    month: String,
    /// Whether it is closed.
    closed: bool,
    /// Days of telework that were ordered.
    days: u32,
    /// Of these, at home.
    home_days: u32,
    /// Minutes of overtime.
    overtime_minutes: u32,
    /// Days with an order, a report or a session.
    rows: Vec<MonthDay>,
}

/// One's own month.
#[utoipa::path(
    get,
    path = "/api/v1/telework/own/months/{month}",
    tag = "telework",
    security(("token" = ["telework:read"])),
    params(("month" = String, Path, description = "The month", example = "2026-10")),
    responses((status = 200, description = "The month", body = PersonMonth)),
)]
pub(crate) async fn own(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(of): PathOf<String>,
) -> Answer {
    caller.permit_own(Deed::AskForTelework)?;
    let staff = person(&app, caller.actor.body, caller.actor.login.as_str()).await?;
    one(&app, staff, &of).await
}

/// Somebody's month: of the divisions the caller leads, or of anybody for HR.
#[utoipa::path(
    get,
    path = "/api/v1/telework/people/{login}/months/{month}",
    tag = "telework",
    security(("token" = ["telework:decide"])),
    params(
        ("login" = String, Path, description = "Sign-in name"),
        ("month" = String, Path, description = "The month", example = "2026-10"),
    ),
    responses((status = 200, description = "The month", body = PersonMonth)),
)]
pub(crate) async fn of_person(
    caller: Caller,
    State(app): State<Kit>,
    PathOf((login, of)): PathOf<(String, String)>,
) -> Answer {
    let staff = person(&app, caller.actor.body, &login).await?;
    let leads = caller
        .actor
        .permit(Deed::DecideTelework, Resource::person(staff.body, staff.id, staff.division));
    if leads.is_err() {
        caller.permit(Deed::ManageTelework)?;
    }
    one(&app, staff, &of).await
}

async fn one(app: &Kit, staff: Staff, of: &str) -> Answer {
    let of = asked_month(of)?;
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, staff.body).await?;
    let closed = store::telework::ledger(&mut conn, staff.body, of).await?.is_closed();
    let mut found =
        month::together(&mut conn, staff.body, Some(staff.id), of, &office, app.now()).await?;
    drop(conn);
    let sheet = found.sheets.remove(&staff.id).unwrap_or_default();
    json(&PersonMonth {
        login: staff.login.to_string(),
        month: month::key(of),
        closed,
        days: sheet.days,
        home_days: sheet.home_days,
        overtime_minutes: sheet.overtime().0,
        rows: sheet.rows.iter().map(day).collect(),
    })
}

fn day(row: &Row) -> MonthDay {
    MonthDay {
        day: row.day.to_string(),
        ordered: row
            .ordered
            .iter()
            .map(|one| OrderInfo {
                form: words::form_key(one.form),
                hours: words::hours(one.hours),
            })
            .collect(),
        began: row.began.map(shown),
        ended: row.ended.map(shown),
        worked_minutes: row.worked.0,
        sessions: row
            .connections
            .iter()
            .map(|one| SessionInfo {
                start: shown(one.start),
                end: one.end.map(shown),
                idle_minutes: one.idle.0,
            })
            .collect(),
        connected_minutes: row.connected.0,
        differences: row.differences.iter().map(|one| words::difference(Lang::Ja, *one)).collect(),
        reason: row.reason.clone(),
        asked: row.is_open(),
        revision: reason_shown(Lang::Ja, row.reason.as_deref()).revision(),
    }
}

/// One person's days that differ.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonDifferences {
    /// Sign-in name.
    login: String,
    /// The days.
    days: Vec<MonthDay>,
}

/// What differs in a month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Differences {
    /// Whether the month is closed.
    closed: bool,
    /// How many days wait for a reason.
    open: usize,
    /// Everybody with a day that differs.
    people: Vec<PersonDifferences>,
}

/// The days of a month on which reports and sessions differ, with the reasons given: what is looked
/// at before it is closed.
#[utoipa::path(
    get,
    path = "/api/v1/telework/months/{month}/differences",
    tag = "telework",
    security(("token" = ["telework:close"])),
    params(("month" = String, Path, description = "The month", example = "2026-10")),
    responses((status = 200, description = "What differs", body = Differences)),
)]
pub(crate) async fn differences(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(of): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let of = asked_month(&of)?;
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, permit.body()).await?;
    let closed = store::telework::ledger(&mut conn, permit.body(), of).await?.is_closed();
    let sheets =
        month::together(&mut conn, permit.body(), None, of, &office, app.now()).await?.sheets;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    drop(conn);
    let differing = |sheet: &Sheet| -> Vec<MonthDay> {
        sheet.rows.iter().filter(|row| !row.differences.is_empty()).map(day).collect()
    };
    let people = staff.iter().filter_map(|one| {
        let days = differing(sheets.get(&one.id)?);
        (!days.is_empty()).then(|| PersonDifferences { login: one.login.to_string(), days })
    });
    json(&Differences {
        closed,
        open: sheets.values().map(|sheet| sheet.open).sum(),
        people: people.collect(),
    })
}

/// Why a day differs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReason {
    /// The reason.
    #[schema(min_length = 1, max_length = 400)]
    why: String,
    /// What was read of the reason that was given before, where one was.
    #[serde(default)]
    revision: Option<String>,
}

/// Gives the reason for one's own day that differs.
#[utoipa::path(
    post,
    path = "/api/v1/telework/days/{day}/reason",
    tag = "telework",
    security(("token" = ["telework:report"])),
    params(("day" = String, Path, description = "The day", example = "2026-11-20")),
    request_body = NewReason,
    responses(
        (status = 200, description = "Kept", body = Done),
        (status = 409, description = "Another was given since it was read", body = ErrorBody),
        (status = 422, description = "No reason, or the month is closed", body = ErrorBody),
    ),
)]
pub(crate) async fn reason(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(day): PathOf<String>,
    Body(new): Body<NewReason>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let staff = person(&app, permit.body(), caller.actor.login.as_str()).await?;
    let read = new.revision.unwrap_or_default();
    let seen = Seen::Revision(&read);
    given(give_reason(&app, &permit, Lang::Ja, &staff, of_day(&day)?, &new.why, seen).await?)
}

/// Gives it for somebody who cannot (gone, on leave); kept as entered by HR.
#[utoipa::path(
    post,
    path = "/api/v1/telework/people/{login}/days/{day}/reason",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(
        ("login" = String, Path, description = "Sign-in name"),
        ("day" = String, Path, description = "The day", example = "2026-11-20"),
    ),
    request_body = NewReason,
    responses(
        (status = 200, description = "Kept", body = Done),
        (status = 409, description = "Another was given since it was read", body = ErrorBody),
        (status = 422, description = "No reason, or the month is closed", body = ErrorBody),
    ),
)]
pub(crate) async fn reason_for(
    caller: Caller,
    State(app): State<Kit>,
    PathOf((login, day)): PathOf<(String, String)>,
    Body(new): Body<NewReason>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let staff = person(&app, permit.body(), &login).await?;
    let read = new.revision.unwrap_or_default();
    let seen = Seen::Revision(&read);
    given(give_reason(&app, &permit, Lang::Ja, &staff, of_day(&day)?, &new.why, seen).await?)
}

fn of_day(text: &str) -> Result<Date, Refusal> {
    text.parse().map_err(|_| Refusal::Malformed("day"))
}

fn given(kept: Result<(), Ungiven>) -> Answer {
    match kept {
        Ok(()) => json(&Done::yes()),
        Err(Ungiven::Changed(stands)) => Ok(changed(stands)),
        Err(why) => Ok(refused(why.reason(Lang::Ja).into_iter().collect())),
    }
}

pub(super) fn routes() -> Vec<Route> {
    use Scope::{TeleworkClose, TeleworkDecide, TeleworkManage, TeleworkRead, TeleworkReport};
    let api = Access::Api;
    vec![
        call(Method::Get, "/api/v1/telework/own/months/{month}", api(TeleworkRead), own),
        call(
            Method::Get,
            "/api/v1/telework/people/{login}/months/{month}",
            api(TeleworkDecide),
            of_person,
        ),
        call(
            Method::Get,
            "/api/v1/telework/months/{month}/differences",
            api(TeleworkClose),
            differences,
        ),
        call(Method::Post, "/api/v1/telework/days/{day}/reason", api(TeleworkReport), reason),
        call(
            Method::Post,
            "/api/v1/telework/people/{login}/days/{day}/reason",
            api(TeleworkManage),
            reason_for,
        ),
    ]
}
