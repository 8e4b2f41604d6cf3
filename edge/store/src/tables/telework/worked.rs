//! Telework days that took place: approved, and reported or connected. What the survey counts.

use super::{date, number, read};
use crate::row::{flag, id, int, text};
use crate::{Conn, Result};
use jiff::Span;
use jiff::civil::Date;
use people::{BodyCode, StaffId};
use serde::Deserialize;
use std::collections::BTreeMap;
use telework::rules::Form;
use telework::survey::Worked;
use telework::time::Hours;

/// As much of a request as counts here; the rest of its text is passed over.
#[derive(Deserialize)]
struct Part {
    form: Form,
    hours: Hours,
}

/// The days from `from` to `to`, both included, by day. A day without a report counts when a
/// session touched its approved hours.
///
/// # Errors
/// What the database can meet.
pub async fn worked(conn: &mut Conn, body: BodyCode, from: Date, to: Date) -> Result<Vec<Worked>> {
    let rows = sqlx::query(
        "SELECT r.staff, r.day, r.doc, CAST(CASE WHEN d.day IS NULL THEN 0 ELSE 1 END AS BIGINT) \
         AS reported FROM telework_requests r
         LEFT JOIN telework_days d ON d.staff = r.staff AND d.day = r.day
         WHERE r.body = $1 AND r.state = 2 AND r.day >= $2 AND r.day <= $3 ORDER BY r.day",
    )
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(&mut *conn)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    let mut open: Vec<(StaffId, Date, Part)> = Vec::new();
    for row in &rows {
        let (staff, day) = (id(row, "staff")?, date(int(row, "day")?)?);
        let part: Part = read(&text(row, "doc")?)?;
        if flag(row, "reported")? {
            found.push(Worked { staff, day, form: part.form });
        } else {
            open.push((staff, day, part));
        }
    }
    if open.is_empty() {
        return Ok(found);
    }
    let sessions = sessions(conn, body, from, to).await?;
    for (staff, day, part) in open {
        let Ok((start, end)) = part.hours.on(day) else { continue };
        let (start, end) = (start.as_millisecond(), end.as_millisecond());
        let touched = sessions
            .get(&staff)
            .is_some_and(|all| all.iter().any(|(began, ended)| *began < end && start < *ended));
        if touched {
            found.push(Worked { staff, day, form: part.form });
        }
    }
    found.sort_by_key(|one| (one.day, one.staff));
    Ok(found)
}

/// Begin and end (Unix milliseconds) of every session that touches the days, by person. One that
/// goes on has no end yet.
async fn sessions(
    conn: &mut Conn,
    body: BodyCode,
    from: Date,
    to: Date,
) -> Result<BTreeMap<StaffId, Vec<(i64, i64)>>> {
    let midnight = |day: Date| {
        telework::time::moment(day.to_datetime(jiff::civil::Time::midnight()))
            .map(|at| at.as_millisecond())
    };
    // The last day's hours may run past midnight.
    let after = to.checked_add(Span::new().days(2)).unwrap_or(to);
    let (Ok(first), Ok(last)) = (midnight(from), midnight(after)) else {
        return Ok(BTreeMap::new());
    };
    let rows = sqlx::query(
        "SELECT staff, started, ended FROM sessions WHERE body = $1 AND started > 0 AND started < \
         $3 AND (ended = 0 OR ended > $2)",
    )
    .bind(body.to_string())
    .bind(first)
    .bind(last)
    .fetch_all(conn)
    .await?;
    let mut found: BTreeMap<StaffId, Vec<(i64, i64)>> = BTreeMap::new();
    for row in &rows {
        let ended = int(row, "ended")?;
        found
            .entry(id(row, "staff")?)
            .or_default()
            .push((int(row, "started")?, if ended == 0 { i64::MAX } else { ended }));
    }
    Ok(found)
}
