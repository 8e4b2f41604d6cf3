//! Differences between reports and sessions, told to whom they concern on the morning after.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use people::{BodyCode, StaffId};
use store::Conn;
use telework::time::{Month, tokyo};

use super::{moment, month, office};
use crate::app::App;
use crate::error::Refusal;
use crate::mail;

/// The setting that keeps the last day that was looked at.
const ASKED: &str = "asked";
/// From what hour on yesterday is looked at: work past midnight has ended.
const MORNING: i8 = 6;
/// Most days looked back, when nothing was sent for a while.
const BACK: i64 = 3;

impl App {
    /// Tells everybody of whom a reason is asked since the last day that was looked at; answers of how many days. Once a morning for each body, and only
    /// where mail is sent: the page asks in any case.
    ///
    /// # Errors
    /// What the database can meet; then the next turn does it.
    pub async fn ask_about_differences(&self) -> Result<usize, Refusal> {
        let now = tokyo(moment(self.now()));
        let Some(yesterday) = now.date().yesterday().ok().filter(|_| now.hour() >= MORNING) else { return Ok(0) };
        let mut conn = self.store.read().await?;
        if !mail::is_on(&mut conn).await? {
            return Ok(0);
        }
        let bodies = store::bodies::all(&mut conn).await?;
        drop(conn);
        let mut asked = 0;
        for body in bodies.into_iter().filter(|body| !body.suspended) {
            asked += self.ask_body(body.code, yesterday).await?;
        }
        Ok(asked)
    }

    async fn ask_body(&self, body: BodyCode, yesterday: Date) -> Result<usize, Refusal> {
        let mut conn = self.store.read().await?;
        let last: Option<Date> = store::telework::setting(&mut conn, body, ASKED).await?;
        if last.is_some_and(|last| last >= yesterday) {
            return Ok(0);
        }
        let earliest = yesterday.checked_sub(BACK.days()).map_err(|error| Refusal::Internal(error.to_string()))?;
        let after = last.unwrap_or(earliest).max(earliest);
        let open = open(&mut conn, body, after, yesterday, self.now()).await?;
        drop(conn);
        let mut tx = self.write_unattended(body).await?;
        // Somebody else may have been here meanwhile.
        if store::telework::setting::<Date>(&mut tx, body, ASKED).await? != last {
            return Ok(0);
        }
        for (day, staff) in &open {
            mail::telework::difference(self, &mut tx, body, *staff, *day).await?;
        }
        store::telework::put_setting(&mut tx, body, ASKED, &yesterday, self.now()).await?;
        tx.keep(()).await?;
        Ok(open.len())
    }
}

/// Days after `after` up to `until` about which somebody is asked.
async fn open(conn: &mut Conn, body: BodyCode, after: Date, until: Date, now: i64) -> Result<BTreeSet<(Date, StaffId)>, Refusal> {
    let office = office(conn, body).await?;
    let mut months: BTreeMap<Date, Month> = BTreeMap::new();
    for day in [after, until] {
        months.insert(day.first_of_month(), Month::of(day));
    }
    let mut found = BTreeSet::new();
    for of in months.into_values() {
        for (staff, sheet) in month::together(conn, body, None, of, &office, now).await?.sheets {
            let rows = sheet.rows.iter().filter(|row| row.is_open() && row.day > after && row.day <= until);
            found.extend(rows.map(|row| (row.day, staff)));
        }
    }
    Ok(found)
}
