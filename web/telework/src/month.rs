//! One month as it stands: orders, reports and sessions put side by side, for one person or for
//! everybody.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use people::{BodyCode, DivisionId, Staff, StaffId};
use store::Conn;
use store::telework::{Reason, SheetRow};
use telework::attendance::Connection;
use telework::close::{Records, Sheet, close};
use telework::request::Request;
use telework::time::{Minutes, Month, moment as moment_of};

use super::{Office, moment};
use kit::error::Refusal;
use kit::http::Lang;

/// Hours of the next month's first day that work ordered past midnight may still take.
const NIGHT_MS: i64 = 12 * 3_600_000;

/// A month and who gave which reason.
pub(crate) struct Together {
    /// By person.
    pub(crate) sheets: BTreeMap<StaffId, Sheet>,
    /// By person and day.
    pub(crate) reasons: BTreeMap<(StaffId, Date), Reason>,
}

/// Puts a month together: of one person, or of the whole body. Four reads whatever the number of
/// people.
pub(crate) async fn together(
    conn: &mut Conn,
    body: BodyCode,
    staff: Option<StaffId>,
    month: Month,
    office: &Office,
    now: i64,
) -> Result<Together, Refusal> {
    let (first, last) = month.days().map_err(|_| Refusal::NotFound)?;
    // The evening before may run past midnight into the month.
    let from = first.yesterday().map_err(|_| Refusal::NotFound)?;
    let midnight = |day: Date| {
        moment_of(day.to_datetime(jiff::civil::Time::midnight())).map(|at| at.as_millisecond())
    };
    let began = midnight(first).map_err(|_| Refusal::NotFound)?;
    let ends = last.tomorrow().ok().and_then(|day| midnight(day).ok()).ok_or(Refusal::NotFound)?;
    let (requests, days, reasons) = match staff {
        None => (
            store::telework::approved(conn, body, from, last).await?,
            store::telework::days(conn, body, from, last).await?,
            store::telework::reasons(conn, body, first, last).await?,
        ),
        Some(staff) => (
            store::telework::requests_of(conn, body, staff, from, last).await?,
            store::telework::days_of(conn, body, staff, from, last).await?,
            store::telework::reasons_of(conn, body, staff, first, last).await?,
        ),
    };
    let sessions = store::sessions::connected(conn, body, staff, began, ends + NIGHT_MS).await?;
    let reasons: BTreeMap<(StaffId, Date), Reason> =
        reasons.into_iter().map(|one| ((one.staff, one.day), one)).collect();
    let requests: Vec<Request> = requests.into_iter().map(|row| row.request).collect();
    let records = Records {
        requests: requests.iter().collect(),
        reports: days.iter().map(|row| ((row.staff, row.day), &row.record)).collect(),
        sessions: sessions.iter().map(|one| (one.staff, connection(one))).collect(),
        reasons: reasons.iter().map(|(key, reason)| (*key, reason.text.as_str())).collect(),
    };
    Ok(Together {
        sheets: close(month, &records, &office.rules, &office.calendar, moment(now)),
        reasons,
    })
}

fn connection(one: &store::sessions::Connected) -> Connection {
    Connection {
        start: moment(one.started),
        end: (one.ended > 0).then(|| moment(one.ended)),
        idle: Minutes(one.idle_seconds / 60),
    }
}

/// What a closed month keeps of one person.
pub(super) fn sums(staff: StaffId, division: Option<DivisionId>, sheet: &Sheet) -> SheetRow {
    SheetRow {
        staff,
        division,
        days: sheet.days,
        home_days: sheet.home_days,
        worked: sheet.worked(),
        connected: sheet.connected(),
        overtime: sheet.overtime(),
    }
}

/// Everybody's sums of a month: as kept when it is closed, as it stands now when it is not.
pub(crate) async fn sums_of(
    conn: &mut Conn,
    body: BodyCode,
    month: Month,
    office: &Office,
    now: i64,
) -> Result<(bool, Vec<SheetRow>), Refusal> {
    if store::telework::ledger(conn, body, month).await?.is_closed() {
        return Ok((true, store::telework::sheets(conn, body, month).await?));
    }
    let divisions: BTreeMap<StaffId, Option<DivisionId>> = store::staff::all(conn, body)
        .await?
        .into_iter()
        .map(|one: Staff| (one.id, one.division))
        .collect();
    let sheets = together(conn, body, None, month, office, now).await?.sheets;
    let of = |staff: &StaffId| divisions.get(staff).copied().flatten();
    Ok((false, sheets.iter().map(|(staff, sheet)| sums(*staff, of(staff), sheet)).collect()))
}

/// Whether a day's month is closed: then nothing of it changes.
pub(super) async fn is_closed(conn: &mut Conn, body: BodyCode, day: Date) -> store::Result<bool> {
    Ok(store::telework::ledger(conn, body, Month::of(day)).await?.is_closed())
}

/// The closed months of a stretch of days.
pub(crate) async fn closed_in(
    conn: &mut Conn,
    body: BodyCode,
    first: Date,
    last: Date,
) -> store::Result<BTreeSet<Month>> {
    let ledgers = store::telework::ledgers(conn, body, Month::of(first), Month::of(last)).await?;
    Ok(ledgers.into_iter().filter(|(_, one)| one.is_closed()).map(|(month, _)| month).collect())
}

/// A month as an address carries it, `2026-04`; the default for anything else.
pub(super) fn parse(text: &str, default: Month) -> Month {
    format!("{text}-01").parse::<Date>().map_or(default, Month::of)
}

/// The same the other way.
pub(crate) fn key(month: Month) -> String {
    format!("{:04}-{:02}", month.year, month.month)
}

/// For people.
pub(super) fn name(lang: Lang, month: Month) -> String {
    match lang {
        Lang::Ja => format!("{}年{}月", month.year, month.month),
        Lang::En => key(month),
    }
}
