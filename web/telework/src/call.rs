//! What calls share: days and people as they are named at the border, and what a caller may see.

use jiff::Timestamp;
use jiff::civil::Date;
use people::{BodyCode, Deed, DivisionId, Staff, StaffId};
use serde::Deserialize;
use telework::time::tokyo;
use utoipa::{IntoParams, ToSchema};

use kit::Kit;
use kit::error::Refusal;
use kit::http::{Answer, Caller, Done, Reason, json, refused};

/// Longest stretch of days of one answer.
const DAYS: i64 = 366;

/// Which days, and whose.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stretch {
    /// First day.
    #[param(format = Date, example = "2026-11-01")]
    pub(crate) from: String,
    /// Last day, at most 366 days later.
    #[param(format = Date, example = "2026-11-30")]
    pub(crate) to: String,
    /// `own` (the default), `led` (divisions led or stood in for) or `body` (for those who keep the
    /// rules).
    #[param(inline)]
    pub(crate) whose: Option<Whose>,
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

/// What the caller may see of what was asked for.
pub(crate) enum Sight {
    Own(StaffId),
    Led(Vec<DivisionId>),
    Body,
}

impl Sight {
    pub(crate) async fn of(
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

    pub(crate) fn covers(&self, staff: StaffId, division: Option<DivisionId>) -> bool {
        match self {
            Self::Own(own) => staff == *own,
            Self::Led(leads) => division.is_some_and(|division| leads.contains(&division)),
            Self::Body => true,
        }
    }
}

pub(crate) fn days(stretch: &Stretch) -> Result<(Date, Date), Refusal> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| Refusal::Malformed("day"));
    let (from, to) = (day(&stretch.from)?, day(&stretch.to)?);
    let long = from.until(to).map_err(|_| Refusal::Malformed("day"))?.get_days();
    if (0..=DAYS).contains(&i64::from(long)) {
        Ok((from, to))
    } else {
        Err(Refusal::Malformed("days"))
    }
}

pub(crate) fn version(version: u64) -> usize {
    usize::try_from(version).unwrap_or(usize::MAX)
}

pub(crate) fn login(staff: &[Staff], id: StaffId) -> String {
    staff.iter().find(|one| one.id == id).map(|one| one.login.to_string()).unwrap_or_default()
}

/// Done, or each thing that stands in the way by its code.
pub(crate) fn done_or(reasons: Vec<Reason>) -> Answer {
    if reasons.is_empty() { json(&Done::yes()) } else { Ok(refused(reasons)) }
}

/// The identity of the division of this code, as the pages' forms carry it; empty for none. A code
/// that is not there is not found.
pub(crate) async fn id_of(
    app: &Kit,
    body: BodyCode,
    code: Option<&str>,
) -> Result<String, Refusal> {
    let Some(code) = code else { return Ok(String::new()) };
    let all = store::divisions::all(&mut *app.store.read().await?, body).await?;
    all.iter().find(|one| one.code == code).map(|one| one.id.to_string()).ok_or(Refusal::NotFound)
}

/// The division of this code; none for none. A code that is not there is not found.
pub(crate) async fn division(
    app: &Kit,
    body: BodyCode,
    code: Option<&str>,
) -> Result<Option<DivisionId>, Refusal> {
    let Some(code) = code else { return Ok(None) };
    let all = store::divisions::all(&mut *app.store.read().await?, body).await?;
    let found = all.iter().find(|one| one.code == code).ok_or(Refusal::NotFound)?;
    Ok(Some(found.id))
}

/// Somebody of the body, by sign-in name.
pub(crate) async fn person(app: &Kit, body: BodyCode, login: &str) -> Result<Staff, Refusal> {
    let login = login.parse().map_err(|_| Refusal::NotFound)?;
    store::staff::by_login(&mut *app.store.read().await?, body, &login)
        .await?
        .ok_or(Refusal::NotFound)
}

/// A moment as the wall clock in Tokyo shows it, with its offset.
pub(crate) fn shown(at: Timestamp) -> String {
    let zoned = tokyo(at).to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
    zoned.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).unwrap_or_default()
}
