//! Who of a team is where.

use std::collections::BTreeSet;

use axum::extract::State;
use jiff::civil::Date;
use people::StaffId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Route;
use crate::leaves::leaves;
use crate::team::teams;
use crate::{office, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::Query;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Scope, json};

/// Longest stretch of one answer, days.
const DAYS: i32 = 62;

/// Which team, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichTeam {
    /// Code of the division; one's own without it.
    division: Option<String>,
    /// First day.
    #[param(format = Date, example = "2026-11-01")]
    from: String,
    /// Last day, at most 62 days later.
    #[param(format = Date, example = "2026-11-30")]
    to: String,
}

/// Somebody who is away from the office.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AwayInfo {
    /// Sign-in name.
    login: String,
    /// `home`, `satellite`, `mobile`, `other`; none for a leave.
    form: Option<&'static str>,
    /// `HH:MM〜HH:MM`; none for a leave.
    hours: Option<String>,
    /// Whether it only waits to be approved.
    waits: bool,
}

/// A day of a team.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamDay {
    /// The day.
    #[schema(format = Date)]
    day: String,
    /// Why nobody works on it, in words; none for a working day.
    off: Option<&'static str>,
    /// How many are in the office.
    present: usize,
    /// How many have to be.
    least: usize,
    /// Who is elsewhere.
    away: Vec<AwayInfo>,
}

/// A team.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamInfo {
    /// Code of the division.
    division: String,
    /// Its name.
    name: String,
    /// Sign-in names of its members.
    members: Vec<String>,
    /// Day by day.
    days: Vec<TeamDay>,
}

/// Who of a team is where: one's own team, or one that the caller leads. That somebody is on leave
/// is said, of which kind is not.
#[utoipa::path(
    get,
    path = "/api/v1/telework/team",
    tag = "telework",
    security(("token" = ["telework:read"])),
    params(WhichTeam),
    responses((status = 200, description = "The team", body = TeamInfo)),
)]
pub(crate) async fn team(
    caller: Caller,
    State(app): State<Kit>,
    Query(which): Query<WhichTeam>,
) -> Answer {
    let day = |text: &str| text.parse::<Date>().map_err(|_| Refusal::Malformed("day"));
    let (from, to) = (day(&which.from)?, day(&which.to)?);
    let long = from.until(to).map_err(|_| Refusal::Malformed("day"))?.get_days();
    if !(0..=DAYS).contains(&long) {
        return Err(Refusal::Malformed("days"));
    }
    let body = caller.actor.body;
    let mut conn = app.store.read().await?;
    let teams = teams(&mut conn, &caller.actor).await?;
    let found = match &which.division {
        Some(code) => teams.into_iter().find(|(one, _)| one.code == *code),
        None => teams.into_iter().next(),
    };
    let (division, _) = found.ok_or(Refusal::NotFound)?;
    let office = office(&mut conn, body).await?;
    let staff = store::staff::in_division(&mut conn, body, division.id).await?;
    let requests =
        store::telework::requests_in(&mut conn, body, Some(division.id), from, to).await?;
    let leaves = leaves(&mut conn, body).await?;
    drop(conn);
    let login =
        |id: StaffId| staff.iter().find(|one| one.id == id).map(|one| one.login.to_string());
    let days = std::iter::successors(Some(from), |day| day.tomorrow().ok())
        .take_while(|day| *day <= to)
        .map(|at| {
            let off = office.calendar.off(at);
            let live = requests.iter().filter(|row| row.request.day == at && row.request.is_live());
            let mut away: Vec<AwayInfo> = Vec::new();
            let mut gone: BTreeSet<StaffId> = BTreeSet::new();
            for row in live {
                let waits = row.request.is_waiting();
                let Some(login) = login(row.staff) else { continue };
                if !waits {
                    gone.insert(row.staff);
                }
                let (form, hours) = (
                    Some(words::form_key(row.request.form)),
                    Some(words::hours(row.request.hours)),
                );
                away.push(AwayInfo { login, form, hours, waits });
            }
            for one in staff.iter().filter(|_| off.is_none()) {
                if leaves.iter().any(|leave| leave.staff == one.id && leave.covers(at)) {
                    gone.insert(one.id);
                    away.push(AwayInfo {
                        login: one.login.to_string(),
                        form: None,
                        hours: None,
                        waits: false,
                    });
                }
            }
            TeamDay {
                day: at.to_string(),
                off: off.map(|off| words::day_off(Lang::Ja, off)),
                present: if off.is_some() { 0 } else { staff.len().saturating_sub(gone.len()) },
                least: if off.is_some() {
                    0
                } else {
                    office.least.get(&division.id).copied().unwrap_or(0)
                },
                away,
            }
        });
    let days: Vec<TeamDay> = days.collect();
    json(&TeamInfo {
        days,
        members: staff.iter().map(|one| one.login.to_string()).collect(),
        division: division.code,
        name: division.name.to_string(),
    })
}

pub(super) fn routes() -> Vec<Route> {
    vec![call(Method::Get, "/api/v1/telework/team", Access::Api(Scope::TeleworkRead), team)]
}
