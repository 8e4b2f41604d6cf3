//! Reports of the day and the reasons given for differences.

use super::{date, number, read, write};
use crate::row::{id, int, text};
use crate::{Conn, Result};
use jiff::civil::Date;
use people::{BodyCode, StaffId};
use sqlx::any::AnyRow;
use telework::attendance::DayRecord;

/// One person's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    /// Whose.
    pub staff: StaffId,
    /// The day it began on.
    pub day: Date,
    /// Its reports.
    pub record: DayRecord,
}

/// One person's reports of one day.
///
/// # Errors
/// What the database can meet.
pub async fn day(conn: &mut Conn, body: BodyCode, staff: StaffId, day: Date) -> Result<Option<DayRecord>> {
    let row = sqlx::query("SELECT doc FROM telework_days WHERE staff = $1 AND day = $2 AND body = $3")
        .bind(staff.0.to_vec())
        .bind(number(day))
        .bind(body.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| read(&text(&row, "doc")?)).transpose()
}

/// Keeps one person's reports of a day.
///
/// # Errors
/// What the database can meet.
pub async fn put_day(conn: &mut Conn, body: BodyCode, row: &DayRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_days (staff, day, body, running, doc) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (staff, day) DO UPDATE SET running = excluded.running, doc = excluded.doc",
    )
    .bind(row.staff.0.to_vec())
    .bind(number(row.day))
    .bind(body.to_string())
    .bind(i64::from(row.record.is_open()))
    .bind(write(&row.record)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Everybody's reports of days from `from` to `to`, both included, by day.
///
/// # Errors
/// What the database can meet.
pub async fn days(conn: &mut Conn, body: BodyCode, from: Date, to: Date) -> Result<Vec<DayRow>> {
    let rows = sqlx::query("SELECT staff, day, doc FROM telework_days WHERE body = $1 AND day >= $2 AND day <= $3 ORDER BY day")
        .bind(body.to_string())
        .bind(number(from))
        .bind(number(to))
        .fetch_all(conn)
        .await?;
    rows.iter().map(day_row).collect()
}

/// One person's days that began and were never ended, oldest first.
///
/// # Errors
/// What the database can meet.
pub async fn running(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<Vec<DayRow>> {
    let rows =
        sqlx::query("SELECT staff, day, doc FROM telework_days WHERE staff = $1 AND body = $2 AND running = 1 ORDER BY day")
            .bind(staff.0.to_vec())
            .bind(body.to_string())
            .fetch_all(conn)
            .await?;
    rows.iter().map(day_row).collect()
}

/// Keeps the reason given for a difference on one day.
///
/// # Errors
/// What the database can meet.
pub async fn put_reason(conn: &mut Conn, body: BodyCode, staff: StaffId, day: Date, reason: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_reasons (staff, day, body, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT (staff, day) DO UPDATE SET reason = excluded.reason",
    )
    .bind(staff.0.to_vec())
    .bind(number(day))
    .bind(body.to_string())
    .bind(reason.to_owned())
    .execute(conn)
    .await?;
    Ok(())
}

/// The reasons given for days from `from` to `to`, both included.
///
/// # Errors
/// What the database can meet.
pub async fn reasons(conn: &mut Conn, body: BodyCode, from: Date, to: Date) -> Result<Vec<(StaffId, Date, String)>> {
    let rows = sqlx::query("SELECT staff, day, reason FROM telework_reasons WHERE body = $1 AND day >= $2 AND day <= $3")
        .bind(body.to_string())
        .bind(number(from))
        .bind(number(to))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((id(row, "staff")?, date(int(row, "day")?)?, text(row, "reason")?))).collect()
}

fn day_row(row: &AnyRow) -> Result<DayRow> {
    Ok(DayRow { staff: id(row, "staff")?, day: date(int(row, "day")?)?, record: read(&text(row, "doc")?)? })
}
