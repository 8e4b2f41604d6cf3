//! `/admin/telework/overtime`: overtime by month and by fiscal year against 45 and 360 hours.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use people::{BodyCode, Deed, DivisionId, StaffId};
use serde::Deserialize;
use store::Conn;
use telework::attendance::{MONTH_LIMIT, YEAR_LIMIT};
use telework::close::{Ledger, Records, close};
use telework::time::{Minutes, Month, tokyo};

use super::{Office, moment, month, office, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, SignedIn, get, page};

/// Rows of one page of the list.
const PAGE: usize = 100;
/// Months not yet closed that are counted as they stand; a body that never closes is told, not kept
/// waiting.
const OPEN_MONTHS: usize = 3;

#[derive(Template)]
#[template(path = "telework/overtime.html")]
struct Page {
    ctx: Ctx,
    month_name: String,
    month_key: String,
    before: String,
    after: String,
    closed: bool,
    left_out: Vec<String>,
    over: (usize, usize),
    rows: Vec<Row>,
    found: usize,
    search: String,
    page: usize,
    next: Option<usize>,
}

struct Row {
    id: String,
    name: String,
    division: String,
    month: String,
    month_over: bool,
    year: String,
    year_over: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    month: String,
    q: String,
    page: usize,
}

/// Everybody's overtime up to a month of the fiscal year.
pub(crate) struct Sums {
    /// Whether the month is closed.
    pub(crate) closed: bool,
    /// Of the month.
    pub(crate) month: BTreeMap<StaffId, Minutes>,
    /// Of the fiscal year up to it.
    pub(crate) year: BTreeMap<StaffId, Minutes>,
    /// Open months that were not counted.
    pub(crate) left_out: Vec<Month>,
}

/// Counts it: closed months as kept, open ones as they stand.
pub(crate) async fn sums(
    conn: &mut Conn,
    body: BodyCode,
    of: Month,
    office: &Office,
    now: i64,
) -> Result<Sums, Refusal> {
    let this = Month::of(tokyo(moment(now)).date());
    let first = Month { year: of.fiscal_year().0, month: 4 };
    let ledgers = store::telework::ledgers(conn, body, first, of).await?;
    let mut year = store::telework::overtime_sums(conn, body, first, of).await?;
    let (closed, month) = of_month(conn, body, of, office, now).await?;
    let mut add = |all: &BTreeMap<StaffId, Minutes>| {
        for (staff, minutes) in all {
            let sum = year.entry(*staff).or_default();
            *sum = *sum + *minutes;
        }
    };
    if !closed {
        add(&month);
    }
    let open: Vec<Month> = of
        .fiscal_year()
        .months()
        .filter(|one| *one < of && *one <= this && !ledgers.get(one).is_some_and(Ledger::is_closed))
        .collect();
    let skip = open.len().saturating_sub(OPEN_MONTHS);
    for one in &open[skip..] {
        add(&of_month(conn, body, *one, office, now).await?.1);
    }
    Ok(Sums { closed, month, year, left_out: open[..skip].to_vec() })
}

/// Whether a month is closed, and everybody's overtime of it: as kept, or as it stands. Overtime
/// follows from the reports, so nothing else is read.
async fn of_month(
    conn: &mut Conn,
    body: BodyCode,
    month: Month,
    office: &Office,
    now: i64,
) -> Result<(bool, BTreeMap<StaffId, Minutes>), Refusal> {
    if store::telework::ledger(conn, body, month).await?.is_closed() {
        let kept = store::telework::sheets(conn, body, month).await?;
        return Ok((true, kept.iter().map(|row| (row.staff, row.overtime)).collect()));
    }
    let (first, last) = month.days().map_err(|_| Refusal::NotFound)?;
    let days = store::telework::days(conn, body, first, last).await?;
    let reports = days.iter().map(|row| ((row.staff, row.day), &row.record)).collect();
    let records = Records { reports, ..Records::default() };
    let sheets = close(month, &records, &office.rules, &office.calendar, moment(now));
    Ok((false, sheets.iter().map(|(staff, sheet)| (*staff, sheet.overtime())).collect()))
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let (body, lang, now) = (permit.body(), visit.ctx.lang, app.now());
    let of = month::parse(&asked.month, Month::of(tokyo(moment(now)).date()));
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, body).await?;
    let sums = sums(&mut conn, body, of, &office, now).await?;
    let staff = store::staff::all(&mut conn, body).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    drop(conn);
    let names: BTreeMap<DivisionId, &str> =
        divisions.iter().map(|one| (one.id, one.name.as_str())).collect();
    let of_month = |id: StaffId| sums.month.get(&id).copied().unwrap_or_default();
    let of_year = |id: StaffId| sums.year.get(&id).copied().unwrap_or_default();
    let search = asked.q.trim();
    let division = |id: Option<DivisionId>| id.and_then(|id| names.get(&id).copied()).unwrap_or("");
    let mut shown: Vec<_> = staff
        .iter()
        .filter(|one| of_year(one.id).0 > 0 || of_month(one.id).0 > 0)
        .filter(|one| {
            [one.name.as_str(), one.login.as_str(), division(one.division)]
                .iter()
                .any(|text| text.contains(search))
        })
        .collect();
    shown.sort_by_key(|one| {
        (std::cmp::Reverse(of_year(one.id)), std::cmp::Reverse(of_month(one.id)), one.login.clone())
    });
    let found = shown.len();
    let skip = asked.page.saturating_mul(PAGE);
    let rows = shown.into_iter().skip(skip).take(PAGE).map(|one| Row {
        id: one.id.to_string(),
        name: one.name.to_string(),
        division: division(one.division).to_owned(),
        month: words::minutes(lang, of_month(one.id)),
        month_over: of_month(one.id) > MONTH_LIMIT,
        year: words::minutes(lang, of_year(one.id)),
        year_over: of_year(one.id) > YEAR_LIMIT,
    });
    page(Page {
        month_name: month::name(lang, of),
        month_key: month::key(of),
        before: month::key(of.before()),
        after: month::key(of.next()),
        closed: sums.closed,
        left_out: sums.left_out.iter().map(|one| month::name(lang, *one)).collect(),
        over: (
            sums.month.values().filter(|minutes| **minutes > MONTH_LIMIT).count(),
            sums.year.values().filter(|minutes| **minutes > YEAR_LIMIT).count(),
        ),
        rows: rows.collect(),
        found,
        next: (skip.saturating_add(PAGE) < found).then_some(asked.page + 1),
        search: asked.q,
        page: asked.page,
        ctx: visit.ctx,
    })
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/admin/telework/overtime", May(Deed::ManageTelework), show)]
}
