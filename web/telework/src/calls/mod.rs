//! Telework days: asked for, decided, reported. What belongs to one's own year, a team, HR and the
//! register of loans stands in the files beside.

pub(crate) mod allowance;
#[cfg(test)]
mod course_tests;
pub(crate) mod exports;
pub(crate) mod month;
pub(crate) mod own;
pub(crate) mod team;
#[cfg(test)]
mod tests;
pub(crate) mod works;
#[cfg(test)]
mod writes_tests;

use jiff::civil::Date;
use people::{Deed, StaffId};
use serde::{Deserialize, Serialize};
use telework::attendance::{DayRecord, Mark, Source};
use utoipa::{OpenApi, ToSchema};

use crate::Route;
use crate::call::{Sight, Stretch, days, done_or, login, shown};
use crate::close::call as months;
use crate::inventory::call as inventory_calls;
use crate::inventory::call::{rules as judging, sheets as inventory, stock};
use crate::loans::call as loans;
use crate::own::day;
use crate::people::call as persons;
use crate::requests::call as requests;
use crate::settings::call as settings;
use crate::takeouts::call as takeouts;
use crate::{office, words};
use axum::extract::State;
use kit::Kit;
use kit::http::call::{Body, Query};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, changed, json};

/// What these calls take and answer, for the document of the API.
#[derive(OpenApi)]
#[openapi(paths(
    rules,
    requests::requests,
    requests::ask,
    requests::copy,
    requests::cancel,
    requests::resubmit,
    requests::waiting,
    requests::decide,
    reported,
    mark,
    report,
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
    let of = if new.from_session { day::Moment::OfSession } else { day::Moment::Now };
    let (_, fault) = day::press(&app, &permit, &caller.actor.login, new.mark, of).await?;
    done_or(fault.map(|fault| day::unreported(Lang::Ja, fault)).into_iter().collect())
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
    use Scope::{TeleworkRead, TeleworkReport};
    let api = Access::Api;
    let mut all = requests::routes();
    all.extend(own::routes());
    all.extend(month::routes());
    all.extend(team::routes());
    all.extend(takeouts::routes());
    all.extend(loans::routes());
    all.extend(settings::routes());
    all.extend(persons::routes());
    all.extend(allowance::routes());
    all.extend(exports::routes());
    all.extend(works::routes());
    all.extend(inventory_calls::routes());
    all.extend(months::routes());
    all.extend([
        call(Method::Get, "/api/v1/telework/rules", api(TeleworkRead), rules),
        call(Method::Get, "/api/v1/telework/days", api(TeleworkRead), reported),
        call(Method::Post, "/api/v1/telework/today/marks", api(TeleworkReport), mark),
        call(Method::Post, "/api/v1/telework/today/report", api(TeleworkReport), report),
    ]);
    all
}
