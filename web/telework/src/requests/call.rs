//! Requests for programs: asked for, taken back, decided.

use std::collections::BTreeMap;

use axum::extract::State;
use people::{Actor, BodyCode, Deed, Staff, StaffId};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::telework::RequestRow;
use telework::request::Action;
use utoipa::ToSchema;

use super::{
    Bench, Hindrance, Of, Part, Unread, Wanted, copy_week, crowded, decide_led, decide_own,
    hand_in, hindered, is_stale, unasked, unread,
};
use crate::Route;
use crate::call::{Sight, Stretch, days, done_or, version};
use crate::typed::text;
use crate::{hex, hex16, office, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf, Query};
use kit::http::{Access, Answer, Caller, Done, ErrorBody, Lang, Method, Scope};
use kit::http::{call, json, refused, stale};

/// Most requests decided by one call.
const PICKS: usize = 500;

/// One request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestInfo {
    /// Its identity.
    id: String,
    /// How many things were done with it: to be handed back when it is decided.
    version: u64,
    /// Sign-in name of the person.
    login: String,
    /// The day it begins on.
    #[schema(format = Date)]
    day: String,
    /// `home`, `satellite`, `mobile`, `other`.
    form: &'static str,
    /// `day`, `half`, `hours`.
    unit: &'static str,
    /// `HH:MM〜HH:MM`; an end before its start is on the next day.
    hours: String,
    /// The place, in words.
    place: String,
    /// What was said with it.
    note: String,
    /// `requested`, `approved`, `returned`, `refused`, `cancelled`.
    #[schema(value_type = String)]
    state: telework::request::State,
    /// Why, where the last act gave a reason.
    why: String,
    /// What the caller can do with it now: `resubmit`, `approve`, `return`, `refuse`, `cancel`.
    #[schema(value_type = Vec<String>)]
    steps: Vec<Action>,
}

/// Requests.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Requests {
    /// By day.
    requests: Vec<RequestInfo>,
}

/// Requests of some days.
#[utoipa::path(
    get,
    path = "/api/v1/telework/requests",
    tag = "telework",
    security(("token" = ["telework:read"])),
    params(Stretch),
    responses((status = 200, description = "Requests in any state", body = Requests)),
)]
pub(crate) async fn requests(
    caller: Caller,
    State(app): State<Kit>,
    Query(stretch): Query<Stretch>,
) -> Answer {
    let (from, to) = days(&stretch)?;
    let mut conn = app.store.read().await?;
    let seen = Sight::of(&mut conn, &caller, stretch.whose).await?;
    let rows = match seen {
        Sight::Own(staff) => {
            store::telework::requests_of(&mut conn, caller.actor.body, staff, from, to).await?
        }
        Sight::Led(_) | Sight::Body => {
            store::telework::requests(&mut conn, caller.actor.body, from, to).await?
        }
    };
    // Of a request the division it was made in decides, as on the page of approvals.
    let rows = rows.into_iter().filter(|row| seen.covers(row.staff, row.division)).collect();
    json(&Requests { requests: infos(&app, &mut conn, &caller.actor, rows).await? })
}

/// A request to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequest {
    /// The day.
    #[schema(format = Date, example = "2026-11-24")]
    day: String,
    /// `home`, `satellite`, `mobile`, `other`.
    #[schema(example = "home")]
    form: String,
    /// `day`, `half`, `hours`.
    #[schema(example = "day")]
    unit: String,
    /// `morning` or `afternoon`, for a half day.
    #[serde(default)]
    half: String,
    /// Start, for hours.
    #[serde(default)]
    #[schema(example = "09:00")]
    start: String,
    /// End, for hours.
    #[serde(default)]
    #[schema(example = "12:00")]
    end: String,
    /// The place, in words.
    #[serde(default)]
    #[schema(max_length = 400)]
    place: String,
    /// What will be done; a reason, afterwards.
    #[serde(default)]
    #[schema(max_length = 400)]
    note: String,
    /// In how many further weeks too, at most 12.
    #[serde(default)]
    #[schema(maximum = 12)]
    weeks: u8,
    /// Number of the piece of work it is for, from the division's own.
    #[serde(default)]
    #[schema(nullable = false)]
    work: Option<u64>,
}

impl NewRequest {
    /// What it asks for.
    pub(crate) fn read(&self) -> Result<Wanted, Unread> {
        let part = Part::of(&self.unit, &self.half, &self.start, &self.end)?;
        let wanted = Wanted {
            place: text(&self.place),
            note: text(&self.note),
            work: self.work,
            ..Wanted::of(&self.day, &self.form, part)?
        };
        wanted.weekly(self.weeks)
    }
}

/// Asks for a day, or one a week: all of them or none.
#[utoipa::path(
    post,
    path = "/api/v1/telework/requests",
    tag = "telework",
    security(("token" = ["telework:request"])),
    request_body = NewRequest,
    responses(
        (status = 200, description = "Asked for", body = Done),
        (status = 422, description = "Against the rules", body = ErrorBody),
    ),
)]
pub(crate) async fn ask(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewRequest>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    match new.read() {
        Ok(wanted) => {
            let handed = hand_in(&app, &permit, permit.actor(), &wanted, Of::All).await?;
            done_or(unasked(Lang::Ja, &handed.faults))
        }
        Err(fault) => Ok(refused(vec![unread(Lang::Ja, fault)])),
    }
}

/// A request as it was seen, and a reason.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakeBack {
    /// The version that was seen.
    version: u64,
    /// Why; needed when it was approved already.
    #[serde(default)]
    #[schema(max_length = 400)]
    why: String,
}

/// Takes one's own request back. A PC that is open on it closes.
#[utoipa::path(
    post,
    path = "/api/v1/telework/requests/{id}/cancel",
    tag = "telework",
    security(("token" = ["telework:request"])),
    params(("id" = String, Path, description = "Its identity")),
    request_body = TakeBack,
    responses(
        (status = 200, description = "Taken back", body = Done),
        (status = 404, description = "Not one's own, or not there", body = ErrorBody),
        (status = 409, description = "Changed since it was read", body = ErrorBody),
        (status = 422, description = "Not possible", body = ErrorBody),
    ),
)]
pub(crate) async fn cancel(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(back): Body<TakeBack>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let (seen, why) = ((hex16(&id)?, version(back.version)), text(&back.why));
    let done = decide_own(&app, &permit, &caller.actor, seen, Action::Cancel, &why).await?;
    decided(&app, permit.body(), &done.1).await
}

/// A day on which too few would be left.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConflictInfo {
    /// Code of the division.
    division: String,
    /// The day.
    #[schema(format = Date)]
    day: String,
    /// Who would still be in the office, were all of it approved.
    present: usize,
    /// How many have to be.
    least: usize,
}

/// What waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waiting {
    /// By day.
    requests: Vec<RequestInfo>,
    /// Days on which approving all of it would leave too few at the counter.
    conflicts: Vec<ConflictInfo>,
}

/// What waits for the caller's decision, and what it would do to the counter.
#[utoipa::path(
    get,
    path = "/api/v1/telework/waiting",
    tag = "telework",
    security(("token" = ["telework:decide"])),
    responses((status = 200, description = "Requests that wait", body = Waiting)),
)]
pub(crate) async fn waiting(caller: Caller, State(app): State<Kit>) -> Answer {
    caller.actor.widest(Deed::DecideTelework).ok_or(Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    let (body, leads) = (caller.actor.body, &caller.actor.leads);
    let rows = store::telework::waiting(&mut conn, body, leads).await?;
    let staff = store::staff::all(&mut conn, body).await?;
    let office = office(&mut conn, body).await?;
    let leaves = crate::leaves::leaves(&mut conn, body).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let (first, last) = (
        rows.iter().map(|row| row.request.day).min(),
        rows.iter().map(|row| row.request.day).max(),
    );
    let mut conflicts = Vec::new();
    for division in divisions.iter().filter(|one| leads.contains(&one.id)) {
        let around = match (first, last) {
            (Some(first), Some(last)) => {
                store::telework::requests_in(&mut conn, body, Some(division.id), first, last)
                    .await?
            }
            _ => Vec::new(),
        };
        let members: Vec<&Staff> =
            staff.iter().filter(|one| one.division == Some(division.id)).collect();
        let found = crowded(division.id, &members, &office, &leaves, &rows, &around);
        conflicts.extend(found.into_iter().map(|one| ConflictInfo {
            division: division.code.clone(),
            day: one.day.to_string(),
            present: one.present,
            least: one.least,
        }));
    }
    json(&Waiting { requests: infos(&app, &mut conn, &caller.actor, rows).await?, conflicts })
}

/// A decision on requests.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decisions {
    /// What is decided.
    act: Act,
    /// Why; needed except for an approval.
    #[serde(default)]
    #[schema(max_length = 400)]
    why: String,
    /// On which.
    #[schema(min_items = 1, max_items = 500)]
    requests: Vec<Pick>,
}

/// What is decided.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// 承認
    Approve,
    /// 差戻し
    Return,
    /// 不承認
    Refuse,
    /// 承認の取消し
    Cancel,
}

/// A request as it was seen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pick {
    /// Its identity.
    id: String,
    /// The version that was seen.
    version: u64,
}

/// Decides on requests of the divisions the caller leads or stands in for. Those that can be are
/// decided; what stands in the way of others is said.
#[utoipa::path(
    post,
    path = "/api/v1/telework/decisions",
    tag = "telework",
    security(("token" = ["telework:decide"])),
    request_body = Decisions,
    responses(
        (status = 200, description = "All decided", body = Done),
        (
            status = 404,
            description = "One of them is not the caller's to decide; then none is decided",
            body = ErrorBody,
        ),
        (
            status = 409,
            description = "Some are not decided, because they were changed since they were read",
            body = ErrorBody,
        ),
        (status = 422, description = "Some are not decided", body = ErrorBody),
    ),
)]
pub(crate) async fn decide(
    caller: Caller,
    State(app): State<Kit>,
    Body(decisions): Body<Decisions>,
) -> Answer {
    caller.actor.widest(Deed::DecideTelework).ok_or(Refusal::NotFound)?;
    let action = match decisions.act {
        Act::Approve => Action::Approve,
        Act::Return => Action::Return,
        Act::Refuse => Action::Refuse,
        Act::Cancel => Action::Cancel,
    };
    if decisions.requests.is_empty() || decisions.requests.len() > PICKS {
        return Err(Refusal::Malformed("requests"));
    }
    let mut picks = Vec::with_capacity(decisions.requests.len());
    for pick in &decisions.requests {
        picks.push((hex16(&pick.id)?, version(pick.version)));
    }
    let why = text(&decisions.why);
    let found = decide_led(&app, &caller.actor, (action, &why), &picks).await?;
    decided(&app, caller.actor.body, &found).await
}

/// A week.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Week {
    /// Any day of the week that is to be asked for.
    #[schema(format = Date, example = "2026-11-30")]
    week: String,
}

/// Asks for the days of the week before once more, in this week: all of them or none.
#[utoipa::path(
    post,
    path = "/api/v1/telework/requests/copy",
    tag = "telework",
    security(("token" = ["telework:request"])),
    request_body = Week,
    responses(
        (status = 200, description = "Asked for", body = Done),
        (status = 422, description = "Against the rules, or nothing to copy", body = ErrorBody),
    ),
)]
pub(crate) async fn copy(caller: Caller, State(app): State<Kit>, Body(new): Body<Week>) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let week = new.week.parse().map_err(|_| Refusal::Malformed("week"))?;
    let (_, handed) = copy_week(&app, &permit, week, Of::All).await?;
    done_or(unasked(Lang::Ja, &handed.faults))
}

/// A request as it was seen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenVersion {
    /// The version that was seen.
    version: u64,
}

/// Hands one's own request in again after it was returned.
#[utoipa::path(
    post,
    path = "/api/v1/telework/requests/{id}/resubmit",
    tag = "telework",
    security(("token" = ["telework:request"])),
    params(("id" = String, Path, description = "Its identity")),
    request_body = SeenVersion,
    responses(
        (status = 200, description = "Handed in", body = Done),
        (status = 409, description = "Changed since it was read", body = ErrorBody),
        (status = 422, description = "Not possible", body = ErrorBody),
    ),
)]
pub(crate) async fn resubmit(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<SeenVersion>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let seen = (hex16(&id)?, version(new.version));
    let done = decide_own(&app, &permit, &caller.actor, seen, Action::Resubmit, "").await?;
    decided(&app, permit.body(), &done.1).await
}

/// Done, or what stands in the way of each.
async fn decided(app: &Kit, body: BodyCode, found: &[Hindrance]) -> Answer {
    if found.is_empty() {
        return json(&Done::yes());
    }
    let reasons = hindered(app, body, Lang::Ja, found).await?;
    Ok(if is_stale(found) { stale(reasons) } else { refused(reasons) })
}

/// Requests with what the actor can do with each.
async fn infos(
    app: &Kit,
    conn: &mut Conn,
    actor: &Actor,
    rows: Vec<RequestRow>,
) -> Result<Vec<RequestInfo>, Refusal> {
    let staff = store::staff::all(conn, actor.body).await?;
    let staff: BTreeMap<StaffId, &Staff> = staff.iter().map(|one| (one.id, one)).collect();
    let days = rows.iter().map(|row| row.request.day);
    let bench = Bench::of(conn, actor, days, app.now()).await?;
    let info = |row: RequestRow| {
        let whose = staff.get(&row.staff);
        let steps = whose.map_or(Vec::new(), |whose| bench.possible(actor, &row, whose));
        let login = whose.map_or(String::new(), |whose| whose.login.to_string());
        request_info(row, login, steps)
    };
    Ok(rows.into_iter().map(info).collect())
}

fn request_info(row: RequestRow, login: String, steps: Vec<Action>) -> RequestInfo {
    let request = row.request;
    RequestInfo {
        id: hex(row.id),
        version: request.version() as u64,
        login,
        day: request.day.to_string(),
        form: words::form_key(request.form),
        unit: words::unit_key(request.unit),
        hours: words::hours(request.hours),
        why: request.history.last().map(|step| step.why.clone()).unwrap_or_default(),
        place: request.place,
        note: request.note,
        state: request.state,
        steps,
    }
}

pub(crate) fn routes() -> Vec<Route> {
    use Scope::{TeleworkDecide, TeleworkRead, TeleworkRequest};
    let api = Access::Api;
    vec![
        call(Method::Get, "/api/v1/telework/requests", api(TeleworkRead), requests),
        call(Method::Post, "/api/v1/telework/requests", api(TeleworkRequest), ask),
        call(Method::Post, "/api/v1/telework/requests/copy", api(TeleworkRequest), copy),
        call(Method::Post, "/api/v1/telework/requests/{id}/cancel", api(TeleworkRequest), cancel),
        call(
            Method::Post,
            "/api/v1/telework/requests/{id}/resubmit",
            api(TeleworkRequest),
            resubmit,
        ),
        call(Method::Get, "/api/v1/telework/waiting", api(TeleworkDecide), waiting),
        call(Method::Post, "/api/v1/telework/decisions", api(TeleworkDecide), decide),
    ]
}
