//! Telework days: asked for, decided, reported. What belongs to one's own year, a team, HR and the
//! register of loans stands in the files beside.

pub(crate) mod allowance;
#[cfg(test)]
mod course_tests;
pub(crate) mod exports;
pub(crate) mod inventory;
pub(crate) mod judging;
pub(crate) mod loans;
pub(crate) mod month;
pub(crate) mod months;
pub(crate) mod own;
pub(crate) mod persons;
pub(crate) mod settings;
mod shared;
pub(crate) mod stock;
pub(crate) mod takeouts;
pub(crate) mod team;
#[cfg(test)]
mod tests;
pub(crate) mod works;
#[cfg(test)]
mod writes_tests;

use audit::Kind;
use jiff::civil::Date;
use people::{Deed, DivisionId, Staff, StaffId};
use serde::{Deserialize, Serialize};
use store::telework::RequestRow;
use telework::attendance::{DayRecord, Mark, Source};
use telework::request::Action;
use utoipa::{IntoParams, OpenApi, ToSchema};

use self::shared::{days, decided, done, id_of, login, person, shown, version};
use crate::Route;
use crate::approvals::crowded;
use crate::own::{Entered, day, hand_in, wanted};
use crate::{acts, hex, hex16, moment, office, words};
use axum::extract::State;
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf, Query};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, changed, json, refused};

/// What these calls take and answer, for the document of the API.
#[derive(OpenApi)]
#[openapi(paths(
    rules,
    requests,
    ask,
    cancel,
    waiting,
    decide,
    reported,
    mark,
    report,
    own::copy,
    own::resubmit,
    own::end,
    own::registration,
    own::register,
    own::feeds,
    own::feed,
    own::unfeed,
    own::paper,
    month::own,
    month::of_person,
    month::differences,
    month::reason,
    month::reason_for,
    team::team,
    takeouts::own,
    takeouts::list,
    takeouts::ask,
    takeouts::give_back,
    takeouts::decide,
    loans::list,
    loans::show,
    loans::own,
    loans::lend,
    loans::change,
    loans::give_back,
    loans::lost,
    loans::own_lost,
    settings::show,
    settings::change,
    settings::emergencies,
    settings::order,
    settings::lift,
    persons::list,
    persons::show,
    persons::change,
    persons::leave,
    persons::unleave,
    persons::ask_for,
    allowance::list,
    allowance::fix,
    allowance::withdraw,
    exports::declared,
    exports::declare,
    exports::payroll,
    exports::attendance,
    exports::overtime,
    exports::year,
    inventory::work,
    inventory::unlink,
    inventory::import,
    inventory::marked,
    inventory::template,
    inventory::export,
    judging::rules,
    judging::add_rule,
    judging::change_rule,
    judging::drop_rule,
    judging::shipped_rules,
    inventory::hours,
    inventory::able,
    works::works,
    works::survey,
    works::answer,
    works::settle,
    months::month,
    months::close,
    months::reopen,
    stock::add,
    stock::change,
    stock::remove,
    stock::decide,
    stock::link,
))]
pub struct Calls;

/// Longest stretch of days of one answer.
const DAYS: i64 = 366;
/// Most requests decided by one call.
const PICKS: usize = 500;

/// Where and how much a person may telework: what matters to a program that asks for days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulesInfo {
    /// Forms the body allows: `home`, `satellite`, `mobile`, `other`.
    forms: Vec<&'static str>,
    /// Units the body allows: `day`, `half`, `hours`.
    units: Vec<&'static str>,
    /// Most days in a week.
    days_a_week: u8,
    /// Working days' notice.
    notice_days: u8,
    /// Whether a day may be asked for afterwards.
    after_the_fact: bool,
    /// Ordinary hours, `HH:MM〜HH:MM`.
    hours: String,
    /// Whether a PC opens only on an approved day.
    day_opens_pc: bool,
}

/// The body's rules.
#[utoipa::path(
    get,
    path = "/api/v1/telework/rules",
    tag = "telework",
    security(("token" = ["telework:read"])),
    responses((status = 200, description = "The rules", body = RulesInfo)),
)]
pub(crate) async fn rules(caller: Caller, State(app): State<Kit>) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let rules = office(&mut *app.store.read().await?, permit.body()).await?.rules;
    json(&RulesInfo {
        forms: rules.forms.iter().map(|one| words::form_key(*one)).collect(),
        units: rules.units.iter().map(|one| words::unit_key(*one)).collect(),
        days_a_week: rules.days_a_week,
        notice_days: rules.notice_days,
        after_the_fact: rules.after_the_fact,
        hours: words::hours(rules.hours),
        day_opens_pc: rules.day_opens_pc,
    })
}

/// Which days, and whose.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stretch {
    /// First day.
    #[param(format = Date, example = "2026-11-01")]
    from: String,
    /// Last day, at most 366 days later.
    #[param(format = Date, example = "2026-11-30")]
    to: String,
    /// `own` (the default), `led` (divisions led or stood in for) or `body` (for those who keep the
    /// rules).
    #[param(inline)]
    whose: Option<Whose>,
}

/// Whose days.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Whose {
    /// One's own.
    Own,
    /// Of the divisions led.
    Led,
    /// Of the whole body.
    Body,
}

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
    let staff = store::staff::all(&mut conn, caller.actor.body).await?;
    drop(conn);
    // Of a request the division it was made in decides, as on the page of approvals.
    let rows = rows.into_iter().filter(|row| seen.covers(row.staff, row.division));
    json(&Requests { requests: rows.map(|row| request_info(row, &staff)).collect() })
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
    /// The fields of the page's form.
    fn entered(self) -> Entered {
        Entered {
            day: self.day,
            form: self.form,
            unit: self.unit,
            half: self.half,
            start: self.start,
            end: self.end,
            place: self.place,
            note: self.note,
            weeks: self.weeks.to_string(),
            work: self.work.map(|work| work.to_string()).unwrap_or_default(),
        }
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
    let rules = office(&mut *app.store.read().await?, permit.body()).await?.rules;
    let made = match wanted(
        Lang::Ja,
        permit.actor(),
        permit.actor(),
        &new.entered(),
        &rules,
        moment(app.now()),
    ) {
        Ok(made) => made,
        Err(fault) => return Ok(refused(vec![fault.to_owned()])),
    };
    done(hand_in(&app, &permit, Lang::Ja, permit.actor(), made).await?)
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
    let action = Action::Cancel(back.why.trim().chars().take(400).collect());
    let seen = (hex16(&id)?, version(back.version));
    let kind = Kind::TELEWORK_CANCELLED;
    decided(acts::decide_own(&app, &permit, &caller.actor, Lang::Ja, seen, &action, kind).await?.1)
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
    drop(conn);
    json(&Waiting {
        requests: rows.into_iter().map(|row| request_info(row, &staff)).collect(),
        conflicts,
    })
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
            description = "Some are not decided, because they were changed since they \
            were read",
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
    let why: String = decisions.why.trim().chars().take(400).collect();
    let (action, kind) = match decisions.act {
        Act::Approve => (Action::Approve, Kind::TELEWORK_APPROVED),
        Act::Return => (Action::Return(why.clone()), Kind::TELEWORK_RETURNED),
        Act::Refuse => (Action::Refuse(why.clone()), Kind::TELEWORK_REFUSED),
        Act::Cancel => (Action::Cancel(why.clone()), Kind::TELEWORK_CANCELLED),
    };
    if decisions.requests.is_empty() || decisions.requests.len() > PICKS {
        return Err(Refusal::Malformed("requests"));
    }
    let mut picks = Vec::with_capacity(decisions.requests.len());
    for pick in &decisions.requests {
        picks.push((hex16(&pick.id)?, version(pick.version)));
    }
    decided(acts::decide_led(&app, &caller.actor, Lang::Ja, (action, kind, &why), &picks).await?)
}

/// One report of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClockInfo {
    /// `start`, `pause`, `resume`, `end`.
    #[schema(value_type = String)]
    mark: Mark,
    /// When, by the server.
    #[schema(format = DateTime)]
    at: String,
    /// `pressed`, `session`, `later`.
    #[schema(value_type = String)]
    source: Source,
}

/// One person's day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DayInfo {
    /// Sign-in name of the person.
    login: String,
    /// The day it began on.
    #[schema(format = Date)]
    day: String,
    /// In order.
    clocks: Vec<ClockInfo>,
    /// What was done, in words.
    report: String,
    /// The report in short: sent back with another one, which is refused where it is another by
    /// then.
    revision: String,
}

/// Days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Days {
    /// By day.
    days: Vec<DayInfo>,
}

/// What was reported on some days.
#[utoipa::path(
    get,
    path = "/api/v1/telework/days",
    tag = "telework",
    security(("token" = ["telework:read"])),
    params(Stretch),
    responses((status = 200, description = "Reports", body = Days)),
)]
pub(crate) async fn reported(
    caller: Caller,
    State(app): State<Kit>,
    Query(stretch): Query<Stretch>,
) -> Answer {
    let (from, to) = days(&stretch)?;
    let mut conn = app.store.read().await?;
    let seen = Sight::of(&mut conn, &caller, stretch.whose).await?;
    let rows = store::telework::days(&mut conn, caller.actor.body, from, to).await?;
    let staff = store::staff::all(&mut conn, caller.actor.body).await?;
    drop(conn);
    let division = |id: StaffId| staff.iter().find(|one| one.id == id).and_then(|one| one.division);
    let rows = rows.into_iter().filter(|row| seen.covers(row.staff, division(row.staff)));
    let all = rows.map(|row| day_info(row.day, &row.record, login(&staff, row.staff))).collect();
    json(&Days { days: all })
}

/// What is reported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMark {
    /// `start`, `pause`, `resume`, `end`.
    #[schema(value_type = String, example = "start")]
    mark: Mark,
    /// At the moment the day's session offers (its start, or its end) instead of now.
    #[serde(default)]
    from_session: bool,
}

/// Reports 始業, 中断, 再開 or 終業, now by the server's clock.
#[utoipa::path(
    post,
    path = "/api/v1/telework/today/marks",
    tag = "telework",
    security(("token" = ["telework:report"])),
    request_body = NewMark,
    responses(
        (status = 200, description = "Recorded", body = Done),
        (status = 422, description = "It does not follow from the last one", body = ErrorBody),
    ),
)]
pub(crate) async fn mark(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewMark>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let (_, faults) =
        day::press(&app, &permit, &caller.actor, Lang::Ja, new.mark, new.from_session).await?;
    done(faults)
}

/// The report of today.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReport {
    /// What was done.
    #[schema(max_length = 400)]
    report: String,
    /// What was read of the report that was written before, where one was.
    #[serde(default)]
    revision: Option<String>,
}

/// Writes today's report, once the day has begun.
#[utoipa::path(
    post,
    path = "/api/v1/telework/today/report",
    tag = "telework",
    security(("token" = ["telework:report"])),
    request_body = NewReport,
    responses(
        (status = 200, description = "Written", body = Done),
        (status = 404, description = "The day has not begun", body = ErrorBody),
        (status = 409, description = "Another was written since it was read", body = ErrorBody),
    ),
)]
pub(crate) async fn report(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewReport>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let read = new.revision.unwrap_or_default();
    let seen = Seen::Revision(&read);
    match day::write_report(&app, &permit, &caller.actor, Lang::Ja, &new.report, seen).await? {
        (_, stands) if stands.is_empty() => json(&Done::yes()),
        (_, stands) => Ok(changed(stands)),
    }
}

/// What the caller may see of what was asked for.
enum Sight {
    Own(StaffId),
    Led(Vec<DivisionId>),
    Body,
}

impl Sight {
    async fn of(
        _: &mut store::Conn,
        caller: &Caller,
        whose: Option<Whose>,
    ) -> Result<Self, Refusal> {
        match whose.unwrap_or(Whose::Own) {
            Whose::Own => Ok(Self::Own(caller.permit_own(Deed::AskForTelework)?.actor())),
            Whose::Led => {
                caller.actor.widest(Deed::DecideTelework).ok_or(Refusal::NotFound)?;
                Ok(Self::Led(caller.actor.leads.clone()))
            }
            Whose::Body => caller.permit(Deed::ManageTelework).map(|_| Self::Body),
        }
    }

    fn covers(&self, staff: StaffId, division: Option<DivisionId>) -> bool {
        match self {
            Self::Own(own) => staff == *own,
            Self::Led(leads) => division.is_some_and(|division| leads.contains(&division)),
            Self::Body => true,
        }
    }
}

fn request_info(row: RequestRow, staff: &[Staff]) -> RequestInfo {
    let request = row.request;
    RequestInfo {
        id: hex(row.id),
        version: request.version() as u64,
        login: login(staff, row.staff),
        day: request.day.to_string(),
        form: words::form_key(request.form),
        unit: words::unit_key(request.unit),
        hours: words::hours(request.hours),
        why: request.history.last().map(|step| step.why.clone()).unwrap_or_default(),
        place: request.place,
        note: request.note,
        state: request.state,
    }
}

fn day_info(day: Date, record: &DayRecord, login: String) -> DayInfo {
    let clocks = record.clocks.iter().map(|clock| ClockInfo {
        mark: clock.mark,
        at: shown(clock.at),
        source: clock.source,
    });
    let revision = day::shown(Lang::Ja, &record.report).revision();
    DayInfo {
        login,
        day: day.to_string(),
        clocks: clocks.collect(),
        report: record.report.clone(),
        revision,
    }
}

pub(crate) fn routes() -> Vec<Route> {
    use Scope::{TeleworkDecide, TeleworkRead, TeleworkReport, TeleworkRequest};
    let api = Access::Api;
    let mut all = own::routes();
    all.extend(month::routes());
    all.extend(team::routes());
    all.extend(takeouts::routes());
    all.extend(loans::routes());
    all.extend(settings::routes());
    all.extend(persons::routes());
    all.extend(allowance::routes());
    all.extend(exports::routes());
    all.extend(works::routes());
    all.extend(inventory::routes());
    all.extend(judging::routes());
    all.extend(months::routes());
    all.extend(stock::routes());
    all.extend([
        call(Method::Get, "/api/v1/telework/rules", api(TeleworkRead), rules),
        call(Method::Get, "/api/v1/telework/requests", api(TeleworkRead), requests),
        call(Method::Post, "/api/v1/telework/requests", api(TeleworkRequest), ask),
        call(Method::Post, "/api/v1/telework/requests/{id}/cancel", api(TeleworkRequest), cancel),
        call(Method::Get, "/api/v1/telework/waiting", api(TeleworkDecide), waiting),
        call(Method::Post, "/api/v1/telework/decisions", api(TeleworkDecide), decide),
        call(Method::Get, "/api/v1/telework/days", api(TeleworkRead), reported),
        call(Method::Post, "/api/v1/telework/today/marks", api(TeleworkReport), mark),
        call(Method::Post, "/api/v1/telework/today/report", api(TeleworkReport), report),
    ]);
    all
}
