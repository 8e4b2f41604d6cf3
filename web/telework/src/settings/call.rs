//! The body's settings and its emergency orders.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::Response;
use jiff::civil::{Date, Time};
use people::{BodyCode, Deed};
use serde::{Deserialize, Serialize};
use store::telework::PaperKind;
use telework::opening::Emergency;
use telework::rules::{Employment, Form, Rules, Unit};
use telework::survey::Stage;
use telework::time::{Hours, Minutes};
use utoipa::ToSchema;

use super::act::shown as settings_shown;
use super::act::{NotKept, Ordered, Unfit, Wanted, keep, lift_now, order_now};
use super::calendar::Named;
use super::words::unfit;
use crate::Route;
use crate::call::{division, shown};
use crate::typed::clock_time;
use crate::{STAGE, hex, hex16, office};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, changed, json, refused};

/// Hours of a day, by the wall clock in Tokyo.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoursBody {
    /// Their start.
    #[schema(example = "08:30")]
    start: String,
    /// Their end.
    #[schema(example = "17:15")]
    end: String,
}

/// The settings, read and written as a whole. Who needs no approved day is set person by person.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsBody {
    /// How far the body has come: `none`, `trial`, `in_force`.
    #[schema(value_type = String, example = "in_force")]
    stage: Stage,
    /// `home`, `satellite`, `mobile`, `other`.
    #[schema(value_type = Vec<String>, example = json!(["home"]))]
    forms: BTreeSet<Form>,
    /// `day`, `half`, `hours`.
    #[schema(value_type = Vec<String>, example = json!(["day"]))]
    units: BTreeSet<Unit>,
    /// `regular`, `reappointed`, `fixed_term`, `fiscal_year`.
    #[schema(value_type = Vec<String>, example = json!(["regular"]))]
    eligible: BTreeSet<Employment>,
    /// Satellite offices to choose from.
    #[schema(max_items = 50)]
    places: Vec<String>,
    /// Most days in a week.
    #[schema(minimum = 1, maximum = 7)]
    days_a_week: u8,
    /// Working days' notice.
    #[schema(maximum = 30)]
    notice_days: u8,
    /// Whether a day may be asked for afterwards.
    after_the_fact: bool,
    /// Within how many days.
    after_the_fact_days: u8,
    /// Ordinary hours.
    hours: HoursBody,
    /// Morning half.
    morning: HoursBody,
    /// Afternoon half.
    afternoon: HoursBody,
    /// Break, minutes.
    rest_minutes: u32,
    /// The PC opens this long before, minutes.
    #[schema(maximum = 240)]
    grace_before_minutes: u32,
    /// The PC stays open this long after, minutes.
    #[schema(maximum = 240)]
    grace_after_minutes: u32,
    /// A larger difference asks for a reason, minutes.
    tolerance_minutes: u32,
    /// Whether overtime may be ordered.
    overtime: bool,
    /// Whether a PC opens only on an approved day.
    day_opens_pc: bool,
    /// Share of possible work from which somebody counts as able, percent.
    #[schema(maximum = 100)]
    possible_percent: u8,
    /// 在宅勤務等手当 a month, yen.
    allowance_yen: u32,
    /// Own days off beside weekends, public holidays and the turn of the year: `2026-11-24`, or
    /// `06-23` for every year.
    #[schema(max_items = 800)]
    closed_days: Vec<String>,
    /// Days worked all the same.
    #[schema(max_items = 400)]
    opened_days: Vec<String>,
    /// First and last day of the turn of the year, `12-29` and `01-03`; empty for none.
    #[schema(max_items = 2, example = json!(["12-29", "01-03"]))]
    year_end: Vec<String>,
    /// Least number of people in the office, by the division's code.
    least_present: BTreeMap<String, u16>,
    /// What stands, in short: sent back with a change, which is refused where it is another by
    /// then.
    revision: String,
}

/// The body's settings.
#[utoipa::path(
    get,
    path = "/api/v1/telework/settings",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    responses((status = 200, description = "The settings", body = SettingsBody)),
)]
pub(crate) async fn show(caller: Caller, State(app): State<Kit>) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, permit.body()).await?;
    let stage =
        store::telework::setting(&mut conn, permit.body(), STAGE).await?.unwrap_or(Stage::None);
    let divisions = store::divisions::all(&mut conn, permit.body()).await?;
    let revision = settings_shown(&mut conn, Lang::Ja, permit.body()).await?.revision();
    drop(conn);
    let hours = |hours: Hours| HoursBody {
        start: hours.start.strftime("%H:%M").to_string(),
        end: hours.end.strftime("%H:%M").to_string(),
    };
    let (rules, days) = (office.rules, office.calendar);
    let yearly = days.yearly.iter().map(|one| format!("{:02}-{:02}", one.month, one.day));
    let year_end = days
        .year_end
        .map(|one| vec![format!("12-{:02}", one.december), format!("01-{:02}", one.january)]);
    json(&SettingsBody {
        stage,
        forms: rules.forms,
        units: rules.units,
        eligible: rules.eligible,
        places: rules.places,
        days_a_week: rules.days_a_week,
        notice_days: rules.notice_days,
        after_the_fact: rules.after_the_fact,
        after_the_fact_days: rules.after_the_fact_days,
        hours: hours(rules.hours),
        morning: hours(rules.morning),
        afternoon: hours(rules.afternoon),
        rest_minutes: rules.rest.0,
        grace_before_minutes: rules.grace_before.0,
        grace_after_minutes: rules.grace_after.0,
        tolerance_minutes: rules.tolerance.0,
        overtime: rules.overtime,
        day_opens_pc: rules.day_opens_pc,
        possible_percent: rules.possible_percent,
        allowance_yen: rules.allowance_yen,
        closed_days: yearly.chain(days.holidays.iter().map(Date::to_string)).collect(),
        opened_days: days.opened.iter().map(Date::to_string).collect(),
        year_end: year_end.unwrap_or_default(),
        least_present: divisions
            .iter()
            .filter_map(|one| {
                Some((
                    one.code.clone(),
                    u16::try_from(*office.least.get(&one.id)?).unwrap_or(u16::MAX),
                ))
            })
            .collect(),
        revision,
    })
}

/// Writes the settings. Sessions that nothing opens any more are cut. That PCs open without an
/// approved day begins when a second person confirms it, or at the next midnight, eight hours later
/// at least.
#[utoipa::path(
    post,
    path = "/api/v1/telework/settings",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    request_body = SettingsBody,
    responses(
        (status = 200, description = "Kept", body = Done),
        (
            status = 409,
            description = "Somebody changed them since they were read",
            body = ErrorBody,
        ),
        (status = 422, description = "They do not make sense together", body = ErrorBody),
    ),
)]
pub(crate) async fn change(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<SettingsBody>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let mut conn = app.store.read().await?;
    let before = office(&mut conn, permit.body()).await?;
    let divisions = store::divisions::all(&mut conn, permit.body()).await?;
    drop(conn);
    let year_end = match &*new.year_end {
        [] => ("", ""),
        [from, to] => (&**from, &**to),
        // One day, or three, are no turn of the year and are refused as that.
        [from, ..] => (&**from, ""),
    };
    let named = Named {
        closed: Some(new.closed_days.iter().map(String::as_str).collect()),
        opened: Some(new.opened_days.iter().map(String::as_str).collect()),
        year_end: Some(year_end),
    };
    let calendar = named.calendar(&before.calendar);
    let mut least = BTreeMap::new();
    for (code, number) in &new.least_present {
        match divisions.iter().find(|one| one.code == *code) {
            Some(one) => _ = least.insert(one.id, usize::from(*number)),
            None => return Err(Refusal::NotFound),
        }
    }
    let (Some(hours), Some(morning), Some(afternoon)) =
        (span(&new.hours), span(&new.morning), span(&new.afternoon))
    else {
        return Err(Refusal::Malformed("hours"));
    };
    let calendar = match calendar {
        Ok(calendar) => calendar,
        Err(found) => return Ok(unkept(found.into_iter().map(Unfit::Calendar).collect())),
    };
    let rules = Rules {
        forms: new.forms,
        units: new.units,
        places: new.places,
        eligible: new.eligible,
        days_a_week: new.days_a_week,
        notice_days: new.notice_days,
        after_the_fact: new.after_the_fact,
        after_the_fact_days: new.after_the_fact_days,
        hours,
        morning,
        afternoon,
        rest: Minutes(new.rest_minutes),
        grace_before: Minutes(new.grace_before_minutes),
        grace_after: Minutes(new.grace_after_minutes),
        overtime: new.overtime,
        tolerance: Minutes(new.tolerance_minutes),
        day_opens_pc: new.day_opens_pc,
        exempt: before.rules.exempt,
        possible_percent: new.possible_percent,
        allowance_yen: new.allowance_yen,
    };
    let wanted = Wanted { rules, calendar, least, stage: Some(new.stage) };
    match keep(&app, &permit, Lang::Ja, wanted, Seen::Revision(&new.revision)).await? {
        Ok(_) => json(&Done::yes()),
        Err(NotKept::Unfit(found)) => Ok(unkept(found)),
        Err(NotKept::Changed(stands)) => Ok(changed(stands)),
    }
}

fn unkept(found: Vec<Unfit>) -> Response {
    refused(found.iter().map(|fault| unfit(Lang::Ja, fault)).collect())
}

fn span(hours: &HoursBody) -> Option<Hours> {
    let at = |text: &str| -> Option<Time> { clock_time(text) };
    Some(Hours { start: at(&hours.start)?, end: at(&hours.end)? })
}

/// An emergency order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmergencyInfo {
    /// Its identity.
    id: String,
    /// Code of the division; none for the whole body.
    division: Option<String>,
    /// From.
    #[schema(format = DateTime)]
    from: String,
    /// Until.
    #[schema(format = DateTime)]
    until: String,
    /// Why.
    why: String,
    /// Whether it was lifted early.
    lifted: bool,
}

/// Emergency orders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Emergencies {
    /// The newest first.
    orders: Vec<EmergencyInfo>,
}

/// The emergency orders there are and were.
#[utoipa::path(
    get,
    path = "/api/v1/telework/emergencies",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    responses((status = 200, description = "Orders", body = Emergencies)),
)]
pub(crate) async fn emergencies(caller: Caller, State(app): State<Kit>) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let body: BodyCode = permit.body();
    let mut conn = app.store.read().await?;
    let orders =
        store::telework::papers::<Emergency>(&mut conn, body, PaperKind::Emergency).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    drop(conn);
    let code = |id| {
        divisions.iter().find(|one| one.id == id).map(|one| one.code.clone()).unwrap_or_default()
    };
    let info = |paper: store::telework::Paper<Emergency>| EmergencyInfo {
        id: hex(paper.id),
        division: paper.value.division.map(code),
        from: shown(paper.value.from),
        until: shown(paper.value.lifted.unwrap_or(paper.value.until).min(paper.value.until)),
        why: paper.value.why,
        lifted: paper.value.lifted.is_some(),
    };
    json(&Emergencies { orders: orders.into_iter().map(info).collect() })
}

/// An emergency order as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEmergency {
    /// Code of the division; none for the whole body.
    #[serde(default)]
    division: Option<String>,
    /// First day; none for now.
    #[serde(default)]
    #[schema(format = Date)]
    from: Option<String>,
    /// Last day, at most 31 days.
    #[schema(format = Date, example = "2026-11-25")]
    until: String,
    /// Why.
    #[schema(min_length = 1, max_length = 400)]
    why: String,
}

/// An order that was given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmergencyMade {
    /// Its identity.
    id: String,
}

/// Opens the PCs of a body or division for a period, at once; it closes by itself.
#[utoipa::path(
    post,
    path = "/api/v1/telework/emergencies",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    request_body = NewEmergency,
    responses(
        (status = 200, description = "Given", body = EmergencyMade),
        (status = 422, description = "No period or no reason", body = ErrorBody),
    ),
)]
pub(crate) async fn order(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewEmergency>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let division = division(&app, permit.body(), new.division.as_deref()).await?;
    let given = match Ordered::read(division, new.from.as_deref(), &new.until, &new.why) {
        Ok(ordered) => order_now(&app, &permit, ordered).await?,
        Err(fault) => Err(fault),
    };
    match given {
        Ok(id) => json(&EmergencyMade { id: hex(id) }),
        Err(fault) => Ok(unkept(vec![fault])),
    }
}

/// Lifts an order early; whoever has nothing else that opens the PC is cut.
#[utoipa::path(
    post,
    path = "/api/v1/telework/emergencies/{id}/lift",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(("id" = String, Path, description = "Its identity")),
    responses((status = 200, description = "Lifted", body = Done)),
)]
pub(crate) async fn lift(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    lift_now(&app, &permit, hex16(&id)?).await?;
    json(&Done::yes())
}

pub(crate) fn routes() -> Vec<Route> {
    let manage = Access::Api(Scope::TeleworkManage);
    vec![
        call(Method::Get, "/api/v1/telework/settings", manage, show),
        call(Method::Post, "/api/v1/telework/settings", manage, change),
        call(Method::Get, "/api/v1/telework/emergencies", manage, emergencies),
        call(Method::Post, "/api/v1/telework/emergencies", manage, order),
        call(Method::Post, "/api/v1/telework/emergencies/{id}/lift", manage, lift),
    ]
}
