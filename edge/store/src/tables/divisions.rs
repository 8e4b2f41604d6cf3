//! Divisions (所属).

use people::{BodyCode, Division, DivisionId, StaffId};
use sqlx::any::AnyRow;

use crate::row::{id, opt_id, parsed, text};
use crate::{Conn, Result, Tx};

/// Adds a division.
///
/// # Errors
/// [`crate::Fault::Conflict`] when its code is in use in the body.
pub async fn add(tx: &mut Tx, division: &Division) -> Result<()> {
    sqlx::query(
        "INSERT INTO divisions (id, body, code, name, superior, deputy) VALUES ($1, $2, \
        $3, $4, $5, $6)",
    )
    .bind(division.id.0.to_vec())
    .bind(division.body.to_string())
    .bind(division.code.clone())
    .bind(division.name.to_string())
    .bind(division.superior.map(|id| id.0.to_vec()))
    .bind(division.deputy.map(|id| id.0.to_vec()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes a division of its body. Answers whether it was there.
///
/// # Errors
/// [`crate::Fault::Conflict`] when its code is in use in the body.
pub async fn change(tx: &mut Tx, division: &Division) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE divisions SET code = $3, name = $4, superior = $5, deputy = $6 \
        WHERE id = $1 AND body = $2",
    )
    .bind(division.id.0.to_vec())
    .bind(division.body.to_string())
    .bind(division.code.clone())
    .bind(division.name.to_string())
    .bind(division.superior.map(|id| id.0.to_vec()))
    .bind(division.deputy.map(|id| id.0.to_vec()))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a division nobody is in, no work is listed for and no request for telework waits in:
/// what was asked of it would be decided by nobody. Answers whether it went.
///
/// # Errors
/// What the database can meet.
pub async fn remove(tx: &mut Tx, body: BodyCode, division: DivisionId) -> Result<bool> {
    let done = sqlx::query(
        "DELETE FROM divisions WHERE id = $1 AND body = $2 AND NOT EXISTS (SELECT 1 FROM staff \
         WHERE staff.division = divisions.id) \
         AND NOT EXISTS (SELECT 1 FROM telework_works WHERE telework_works.division = \
         divisions.id) \
         AND NOT EXISTS (SELECT 1 FROM telework_requests r WHERE r.body = divisions.body AND \
         r.state = $3 \
         AND r.division = divisions.id)",
    )
    .bind(division.0.to_vec())
    .bind(body.to_string())
    .bind(super::telework::REQUESTED)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One division of a body.
///
/// # Errors
/// What the database can meet.
pub async fn find(
    conn: &mut Conn,
    body: BodyCode,
    division: DivisionId,
) -> Result<Option<Division>> {
    let row = sqlx::query(
        "SELECT id, body, code, name, superior, deputy FROM divisions WHERE body = $1 AND id = $2",
    )
    .bind(body.to_string())
    .bind(division.0.to_vec())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Every division of a body, by code.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn, body: BodyCode) -> Result<Vec<Division>> {
    let rows = sqlx::query(
        "SELECT id, body, code, name, superior, deputy FROM divisions WHERE \
        body = $1 ORDER BY code",
    )
    .bind(body.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Divisions this person leads or stands in for.
///
/// # Errors
/// What the database can meet.
pub async fn led_by(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<Vec<DivisionId>> {
    led(conn, body, staff, "").await
}

/// The same, with the clause that keeps the rows as they are.
pub(super) async fn led(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    lock: &str,
) -> Result<Vec<DivisionId>> {
    let sql = format!(
        "SELECT id FROM divisions WHERE body = $1 AND (superior = $2 OR deputy = $2) ORDER BY \
         code{lock}"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(staff.0.to_vec())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| id(row, "id")).collect()
}

fn read(row: &AnyRow) -> Result<Division> {
    Ok(Division {
        id: id(row, "id")?,
        body: parsed(row, "body")?,
        code: text(row, "code")?,
        name: parsed(row, "name")?,
        superior: opt_id(row, "superior")?,
        deputy: opt_id(row, "deputy")?,
    })
}
