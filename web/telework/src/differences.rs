//! Differences between reports and sessions, told to whom they concern on the morning after.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use people::{BodyCode, StaffId};
use store::Conn;
use telework::time::{Month, tokyo};

use kit::error::Refusal;
use kit::{Kit, mail};
use net::Shutdown;

use super::{moment, month, notices, office};

/// The setting that keeps the last day that was looked at.
const ASKED: &str = "asked";
/// From what hour on yesterday is looked at: work past midnight has ended.
const MORNING: i8 = 6;
/// How often it is looked whether a morning has come.
const LOOK_FOR_MORNING: std::time::Duration = std::time::Duration::from_secs(600);
/// Most days looked back, when nothing was sent for a while.
const BACK: i64 = 3;

/// Asks about differences once a morning has come. What could not be asked now is asked the next
/// time.
pub async fn mornings(kit: Kit, shutdown: Shutdown) {
    loop {
        if let Err(refusal) = ask_about_differences(&kit).await {
            tracing::warn!(error = %refusal, "nobody was asked about differences");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_FOR_MORNING) => {}
            () = shutdown.wait() => return,
        }
    }
}

/// Tells everybody of whom a reason is asked since the last day that was looked at; answers of how
/// many days. Once a morning for each body, and only where mail is sent: the page asks in any case.
///
/// # Errors
/// What the database can meet; then the next turn does it.
pub(crate) async fn ask_about_differences(kit: &Kit) -> Result<usize, Refusal> {
    let now = tokyo(moment(kit.now()));
    let Some(yesterday) = now.date().yesterday().ok().filter(|_| now.hour() >= MORNING) else {
        return Ok(0);
    };
    let mut conn = kit.store.read().await?;
    if !mail::is_on(&mut conn).await? {
        return Ok(0);
    }
    let bodies = store::bodies::all(&mut conn).await?;
    drop(conn);
    let mut asked = 0;
    for body in bodies.into_iter().filter(|body| !body.suspended) {
        asked += ask_body(kit, body.code, yesterday).await?;
    }
    Ok(asked)
}

async fn ask_body(kit: &Kit, body: BodyCode, yesterday: Date) -> Result<usize, Refusal> {
    let mut conn = kit.store.read().await?;
    let last: Option<Date> = store::telework::setting(&mut conn, body, ASKED).await?;
    if last.is_some_and(|last| last >= yesterday) {
        return Ok(0);
    }
    let earliest =
        yesterday.checked_sub(BACK.days()).map_err(|error| Refusal::Internal(error.to_string()))?;
    let after = last.unwrap_or(earliest).max(earliest);
    let open = open(&mut conn, body, after, yesterday, kit.now()).await?;
    drop(conn);
    let mut tx = kit.write_unattended(body).await?;
    // Somebody else may have been here meanwhile.
    if store::telework::setting::<Date>(&mut tx, body, ASKED).await? != last {
        return Ok(0);
    }
    for (day, staff) in &open {
        notices::difference(kit, &mut tx, body, *staff, *day).await?;
    }
    store::telework::put_setting(&mut tx, body, ASKED, &yesterday, kit.now()).await?;
    tx.keep(()).await?;
    Ok(open.len())
}

/// Days after `after` up to `until` about which somebody is asked.
async fn open(
    conn: &mut Conn,
    body: BodyCode,
    after: Date,
    until: Date,
    now: i64,
) -> Result<BTreeSet<(Date, StaffId)>, Refusal> {
    let office = office(conn, body).await?;
    let mut months: BTreeMap<Date, Month> = BTreeMap::new();
    for day in [after, until] {
        months.insert(day.first_of_month(), Month::of(day));
    }
    let mut found = BTreeSet::new();
    for of in months.into_values() {
        for (staff, sheet) in month::together(conn, body, None, of, &office, now).await?.sheets {
            let rows = sheet
                .rows
                .iter()
                .filter(|row| row.is_open() && row.day > after && row.day <= until);
            found.extend(rows.map(|row| (row.day, staff)));
        }
    }
    Ok(found)
}
