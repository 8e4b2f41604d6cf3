//! Months: what was done with each, and everybody's sums as they stood when it was closed.

use super::{BATCH, month, month_number, places, read, small, write};
use crate::row::{id, int, opt_id, text};
use crate::{Conn, Result, Tx};
use people::{BodyCode, DivisionId, StaffId};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use telework::close::Ledger;
use telework::time::{Minutes, Month};

/// One person's sums of a closed month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetRow {
    /// Whose.
    pub staff: StaffId,
    /// The division she was in when the month was closed.
    pub division: Option<DivisionId>,
    /// Days ordered.
    pub days: u32,
    /// Days of home telework ordered.
    pub home_days: u32,
    /// By her reports.
    pub worked: Minutes,
    /// By her sessions, idle time left out.
    pub connected: Minutes,
    /// Beyond a working day.
    pub overtime: Minutes,
}

/// Sums over people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many people.
    pub people: u32,
    /// Days ordered.
    pub days: u32,
    /// Minutes reported.
    pub worked: u32,
    /// Minutes of overtime.
    pub overtime: u32,
}

/// What was done with a month; nothing yet is an empty ledger.
///
/// # Errors
/// What the database can meet.
pub async fn ledger(conn: &mut Conn, body: BodyCode, month: Month) -> Result<Ledger> {
    let row = sqlx::query("SELECT doc FROM telework_months WHERE body = $1 AND month = $2")
        .bind(body.to_string())
        .bind(month_number(month))
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(Ledger::default()), |row| read(&text(&row, "doc")?))
}

/// What was done with the months from `from` to `to`, both included; months without anything are
/// left out.
///
/// # Errors
/// What the database can meet.
pub async fn ledgers(
    conn: &mut Conn,
    body: BodyCode,
    from: Month,
    to: Month,
) -> Result<BTreeMap<Month, Ledger>> {
    let rows = sqlx::query(
        "SELECT month, doc FROM telework_months WHERE body = $1 AND month >= $2 AND month <= $3",
    )
    .bind(body.to_string())
    .bind(month_number(from))
    .bind(month_number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((month(int(row, "month")?)?, read(&text(row, "doc")?)?))).collect()
}

/// Keeps what was done with a month.
///
/// # Errors
/// What the database can meet.
pub async fn put_ledger(tx: &mut Tx, body: BodyCode, month: Month, ledger: &Ledger) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_months (body, month, closed, doc) VALUES ($1, $2, $3, $4)
         ON CONFLICT (body, month) DO UPDATE SET closed = excluded.closed, doc = excluded.doc",
    )
    .bind(body.to_string())
    .bind(month_number(month))
    .bind(i64::from(ledger.is_closed()))
    .bind(write(ledger)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Replaces a month's sums; none takes them away.
///
/// # Errors
/// What the database can meet.
pub async fn put_sheets(
    tx: &mut Tx,
    body: BodyCode,
    month: Month,
    rows: &[SheetRow],
) -> Result<()> {
    sqlx::query("DELETE FROM telework_sheets WHERE body = $1 AND month = $2")
        .bind(body.to_string())
        .bind(month_number(month))
        .execute(&mut **tx)
        .await?;
    for batch in rows.chunks(BATCH) {
        let sql = format!(
            "INSERT INTO telework_sheets (body, month, staff, division, days, home_days, worked, \
             connected, overtime) VALUES {}",
            places(batch.len(), 8)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string());
        for row in batch {
            query = query
                .bind(month_number(month))
                .bind(row.staff.0.to_vec())
                .bind(row.division.map(|division| division.0.to_vec()))
                .bind(i64::from(row.days))
                .bind(i64::from(row.home_days))
                .bind(i64::from(row.worked.0))
                .bind(i64::from(row.connected.0))
                .bind(i64::from(row.overtime.0));
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

const COLUMNS: &str = "month, staff, division, days, home_days, worked, connected, overtime";

/// Everybody's sums of a closed month.
///
/// # Errors
/// What the database can meet.
pub async fn sheets(conn: &mut Conn, body: BodyCode, of: Month) -> Result<Vec<SheetRow>> {
    let sql = format!("SELECT {COLUMNS} FROM telework_sheets WHERE body = $1 AND month = $2");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(month_number(of))
        .fetch_all(conn)
        .await?;
    rows.iter().map(sheet_row).collect()
}

/// One person's sums of the closed months from `from` to `to`, both included, in order.
///
/// # Errors
/// What the database can meet.
pub async fn sheets_of(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    from: Month,
    to: Month,
) -> Result<Vec<(Month, SheetRow)>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM telework_sheets WHERE staff = $4 AND body = $1 AND month >= $2 AND \
         month <= $3 ORDER BY month"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(month_number(from))
        .bind(month_number(to))
        .bind(staff.0.to_vec())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((month(int(row, "month")?)?, sheet_row(row)?))).collect()
}

/// Everybody's overtime over the closed months from `from` to `to`, both included.
///
/// # Errors
/// What the database can meet.
pub async fn overtime_sums(
    conn: &mut Conn,
    body: BodyCode,
    from: Month,
    to: Month,
) -> Result<BTreeMap<StaffId, Minutes>> {
    let rows = sqlx::query(
        "SELECT staff, CAST(SUM(overtime) AS BIGINT) AS overtime FROM telework_sheets \
         WHERE body = $1 AND month >= $2 AND month <= $3 GROUP BY staff",
    )
    .bind(body.to_string())
    .bind(month_number(from))
    .bind(month_number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((id(row, "staff")?, Minutes(small(int(row, "overtime")?))))).collect()
}

const SUMS: &str = "CAST(COUNT(DISTINCT staff) AS BIGINT) AS people, CAST(SUM(days) AS BIGINT) AS \
    days, \
                    CAST(SUM(worked) AS BIGINT) AS worked, CAST(SUM(overtime) AS BIGINT) AS \
                    overtime";

/// Sums of the closed months from `from` to `to`, both included, by month.
///
/// # Errors
/// What the database can meet.
pub async fn sums_by_month(
    conn: &mut Conn,
    body: BodyCode,
    from: Month,
    to: Month,
) -> Result<BTreeMap<Month, Sums>> {
    let sql = format!(
        "SELECT month, {SUMS} FROM telework_sheets WHERE body = $1 AND month >= $2 AND month <= $3 \
         GROUP BY month ORDER BY month"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(month_number(from))
        .bind(month_number(to))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((month(int(row, "month")?)?, sums(row)?))).collect()
}

/// Sums of the closed months from `from` to `to`, both included, by the division people were in.
///
/// # Errors
/// What the database can meet.
pub async fn sums_by_division(
    conn: &mut Conn,
    body: BodyCode,
    from: Month,
    to: Month,
) -> Result<Vec<(Option<DivisionId>, Sums)>> {
    let sql = format!(
        "SELECT division, {SUMS} FROM telework_sheets WHERE body = $1 AND month >= $2 AND month <= \
         $3 GROUP BY division"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(month_number(from))
        .bind(month_number(to))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((opt_id(row, "division")?, sums(row)?))).collect()
}

fn sums(row: &AnyRow) -> Result<Sums> {
    let of = |column| Ok::<_, crate::Fault>(small(int(row, column)?));
    Ok(Sums {
        people: of("people")?,
        days: of("days")?,
        worked: of("worked")?,
        overtime: of("overtime")?,
    })
}

fn sheet_row(row: &AnyRow) -> Result<SheetRow> {
    let of = |column| Ok::<_, crate::Fault>(small(int(row, column)?));
    Ok(SheetRow {
        staff: id(row, "staff")?,
        division: opt_id(row, "division")?,
        days: of("days")?,
        home_days: of("home_days")?,
        worked: Minutes(of("worked")?),
        connected: Minutes(of("connected")?),
        overtime: Minutes(of("overtime")?),
    })
}
