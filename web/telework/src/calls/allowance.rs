//! 在宅勤務等手当: fixed periods with their reasoning.

use std::collections::BTreeMap;

use axum::extract::State;
use people::{Deed, StaffId};
use serde::{Deserialize, Serialize};
use telework::allowance::Period;
use utoipa::ToSchema;

use crate::Route;
use crate::allowance::{PICKS, decided, fix_now, periods, withdraw_now};
use crate::call::login;
use crate::close::asked_month;
use crate::{hex, month, office};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf};
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, json, refused};

/// A fixed period of one person, and what stands for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodInfo {
    /// Its identity.
    id: String,
    /// Sign-in name.
    login: String,
    /// First month.
    first: String,
    /// How many months.
    months: u8,
    /// Days ordered at home, by month.
    days: BTreeMap<String, u32>,
    /// Their sum.
    total: u32,
    /// Whether it is at least three months long.
    long_enough: bool,
    /// Whether the average is strictly over ten days.
    over_ten: bool,
    /// Yen a month; zero when it is not due.
    yen_a_month: u32,
    /// Yen that closed months paid, arrears included.
    paid: i64,
    /// Why it was withdrawn; none while it stands.
    withdrawn: Option<String>,
}

/// Periods.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Periods {
    /// The newest first.
    periods: Vec<PeriodInfo>,
}

/// Every fixed period, with its reasoning.
#[utoipa::path(
    get,
    path = "/api/v1/telework/allowance",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    responses((status = 200, description = "Periods", body = Periods)),
)]
pub(crate) async fn list(caller: Caller, State(app): State<Kit>) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let mut conn = app.store.read().await?;
    let yen = office(&mut conn, permit.body()).await?.rules.allowance_yen;
    let (papers, ordered) = periods(&mut conn, permit.body(), None).await?;
    let pay = store::telework::pay(&mut conn, permit.body()).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    drop(conn);
    let none = BTreeMap::new();
    let info = |paper: &store::telework::Paper<telework::allowance::Fixed>| {
        let fixed = &paper.value;
        let found = decided(fixed, &ordered, yen);
        let paid = pay
            .get(&fixed.staff)
            .unwrap_or(&none)
            .iter()
            .filter(|(month, _)| fixed.period.holds(**month));
        PeriodInfo {
            id: hex(paper.id),
            login: login(&staff, fixed.staff),
            first: month::key(fixed.period.first),
            months: fixed.period.months,
            days: found.days.iter().map(|(of, days)| (month::key(*of), *days)).collect(),
            total: found.total,
            long_enough: found.long_enough,
            over_ten: found.over_ten,
            yen_a_month: found.yen_a_month,
            paid: paid.map(|(_, paid)| i64::from(paid.yen) + paid.arrears).sum(),
            withdrawn: fixed.withdrawn.as_ref().map(|(_, why)| why.clone()),
        }
    };
    json(&Periods { periods: papers.iter().map(info).collect() })
}

/// A period for some people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPeriod {
    /// First month.
    #[schema(example = "2026-10")]
    first: String,
    /// How many months, at least three.
    #[schema(minimum = 3)]
    months: u8,
    /// Sign-in names.
    #[schema(min_items = 1, max_items = 5000)]
    logins: Vec<String>,
}

/// Fixes a period for these people: all of them or none.
#[utoipa::path(
    post,
    path = "/api/v1/telework/allowance",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    request_body = NewPeriod,
    responses(
        (status = 200, description = "Fixed", body = Done),
        (
            status = 422,
            description = "Too short, or one of them has a period already",
            body = ErrorBody,
        ),
    ),
)]
pub(crate) async fn fix(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewPeriod>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    if new.logins.len() > PICKS {
        return Err(Refusal::Malformed("logins"));
    }
    let period = Period { first: asked_month(&new.first)?, months: new.months };
    let all = store::staff::all(&mut *app.store.read().await?, permit.body()).await?;
    let by_login: BTreeMap<&str, StaffId> =
        all.iter().map(|one| (one.login.as_str(), one.id)).collect();
    let found = new
        .logins
        .iter()
        .map(|login| by_login.get(login.as_str()).copied().ok_or(Refusal::NotFound));
    let picks = found.collect::<Result<Vec<StaffId>, Refusal>>()?;
    match fix_now(&app, &permit, period, &picks).await? {
        faults if faults.is_empty() => json(&Done::yes()),
        faults => Ok(refused(faults.iter().map(|fault| fault.reason(Lang::Ja)).collect())),
    }
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhyWithdrawn {
    /// The reason.
    #[schema(min_length = 1, max_length = 400)]
    why: String,
}

/// Withdraws a period that was entered by mistake; it stays on the list with the reason.
#[utoipa::path(
    post,
    path = "/api/v1/telework/allowance/{id}/withdraw",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(("id" = String, Path, description = "Its identity")),
    request_body = WhyWithdrawn,
    responses(
        (status = 200, description = "Withdrawn", body = Done),
        (status = 422, description = "No reason", body = ErrorBody),
    ),
)]
pub(crate) async fn withdraw(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<WhyWithdrawn>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    match withdraw_now(&app, &permit, &id, &new.why).await? {
        Ok(()) => json(&Done::yes()),
        Err(fault) => Ok(refused(vec![fault.reason(Lang::Ja)])),
    }
}

pub(super) fn routes() -> Vec<Route> {
    let manage = Access::Api(Scope::TeleworkManage);
    vec![
        call(Method::Get, "/api/v1/telework/allowance", manage, list),
        call(Method::Post, "/api/v1/telework/allowance", manage, fix),
        call(Method::Post, "/api/v1/telework/allowance/{id}/withdraw", manage, withdraw),
    ]
}
