//! Reports of the day and the reasons given for differences.

use super::{BATCH, date, number, places, read, write};
use crate::row::{id, int, opt_id, text};
use crate::{Conn, Result, Tx};
use jiff::civil::Date;
use people::{BodyCode, DivisionId, StaffId};
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
pub async fn day(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    day: Date,
) -> Result<Option<DayRecord>> {
    let row =
        sqlx::query("SELECT doc FROM telework_days WHERE staff = $1 AND day = $2 AND body = $3")
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
pub async fn put_day(tx: &mut Tx, body: BodyCode, row: &DayRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_days (staff, day, body, running, doc) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (staff, day) DO UPDATE SET running = excluded.running, doc = excluded.doc",
    )
    .bind(row.staff.0.to_vec())
    .bind(number(row.day))
    .bind(body.to_string())
    .bind(i64::from(row.record.is_open()))
    .bind(write(&row.record)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds many days that are not there yet: records brought in from elsewhere, the sample body.
///
/// # Errors
/// [`crate::Fault::Conflict`] when one is there.
pub async fn add_days(tx: &mut Tx, body: BodyCode, rows: &[DayRow]) -> Result<()> {
    for batch in rows.chunks(BATCH) {
        let sql = format!(
            "INSERT INTO telework_days (body, staff, day, running, doc) VALUES {}",
            places(batch.len(), 4)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string());
        for row in batch {
            query = query
                .bind(row.staff.0.to_vec())
                .bind(number(row.day))
                .bind(i64::from(row.record.is_open()))
                .bind(write(&row.record)?);
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

/// Everybody's reports of days from `from` to `to`, both included, by day.
///
/// # Errors
/// What the database can meet.
pub async fn days(conn: &mut Conn, body: BodyCode, from: Date, to: Date) -> Result<Vec<DayRow>> {
    let rows = sqlx::query(
        "SELECT staff, day, doc FROM telework_days WHERE body = $1 AND day >= \
        $2 AND day <= $3 ORDER BY day",
    )
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(day_row).collect()
}

/// The reports of one day of the people who are in a division now; nobody's without one.
///
/// # Errors
/// What the database can meet.
pub async fn days_in(
    conn: &mut Conn,
    body: BodyCode,
    division: Option<DivisionId>,
    day: Date,
) -> Result<Vec<DayRow>> {
    let Some(division) = division else { return Ok(Vec::new()) };
    let rows = sqlx::query(
        "SELECT d.staff, d.day, d.doc FROM staff s JOIN telework_days d ON d.staff = s.id \
         WHERE s.body = $1 AND d.day = $2 AND s.division = $3",
    )
    .bind(body.to_string())
    .bind(number(day))
    .bind(division.0.to_vec())
    .fetch_all(conn)
    .await?;
    rows.iter().map(day_row).collect()
}

/// One person's days that began and were never ended, oldest first.
///
/// # Errors
/// What the database can meet.
pub async fn running(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<Vec<DayRow>> {
    let rows = sqlx::query(
        "SELECT staff, day, doc FROM telework_days WHERE staff = $1 AND body = $2 AND \
            running = 1 ORDER BY day",
    )
    .bind(staff.0.to_vec())
    .bind(body.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(day_row).collect()
}

/// One person's reports of days from `from` to `to`, both included, by day.
///
/// # Errors
/// What the database can meet.
pub async fn days_of(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    from: Date,
    to: Date,
) -> Result<Vec<DayRow>> {
    let rows = sqlx::query(
        "SELECT staff, day, doc FROM telework_days WHERE staff = $1 AND body = $2 AND day >= $3 \
         AND day <= $4 ORDER BY day",
    )
    .bind(staff.0.to_vec())
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(day_row).collect()
}

/// The reason given for a difference on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Whose day.
    pub staff: StaffId,
    /// The day.
    pub day: Date,
    /// In her words.
    pub text: String,
    /// Who gave it; somebody else is a proxy.
    pub by: StaffId,
}

/// Keeps the reason given for a difference on one day. `at` is Unix milliseconds.
///
/// # Errors
/// What the database can meet.
pub async fn put_reason(tx: &mut Tx, body: BodyCode, reason: &Reason, at: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_reasons (staff, day, body, reason, given_by, given_at) VALUES ($1, \
         $2, $3, $4, $5, $6)
         ON CONFLICT (staff, day) DO UPDATE SET reason = excluded.reason, given_by = \
         excluded.given_by, given_at = excluded.given_at",
    )
    .bind(reason.staff.0.to_vec())
    .bind(number(reason.day))
    .bind(body.to_string())
    .bind(reason.text.clone())
    .bind(reason.by.0.to_vec())
    .bind(at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The reasons given for days from `from` to `to`, both included.
///
/// # Errors
/// What the database can meet.
pub async fn reasons(conn: &mut Conn, body: BodyCode, from: Date, to: Date) -> Result<Vec<Reason>> {
    let rows = sqlx::query(
        "SELECT staff, day, reason, given_by FROM telework_reasons WHERE body = $1 AND \
            day >= $2 AND day <= $3",
    )
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(reason_row).collect()
}

/// The reasons one person's days from `from` to `to` have.
///
/// # Errors
/// What the database can meet.
pub async fn reasons_of(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    from: Date,
    to: Date,
) -> Result<Vec<Reason>> {
    let rows = sqlx::query(
        "SELECT staff, day, reason, given_by FROM telework_reasons WHERE staff = $4 AND body = $1 \
         AND day >= $2 AND day <= $3",
    )
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .bind(staff.0.to_vec())
    .fetch_all(conn)
    .await?;
    rows.iter().map(reason_row).collect()
}

fn reason_row(row: &AnyRow) -> Result<Reason> {
    let staff = id(row, "staff")?;
    let by = opt_id(row, "given_by")?.unwrap_or(staff);
    Ok(Reason { staff, day: date(int(row, "day")?)?, text: text(row, "reason")?, by })
}

fn day_row(row: &AnyRow) -> Result<DayRow> {
    Ok(DayRow {
        staff: id(row, "staff")?,
        day: date(int(row, "day")?)?,
        record: read(&text(row, "doc")?)?,
    })
}
