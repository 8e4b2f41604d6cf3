//! Who may use which PC, and until when (利用許可).

use people::{Assignment, AssignmentId, BodyCode, Pc, PcId, StaffId};
use sqlx::any::AnyRow;

use crate::row::{id, int, parsed};
use crate::{Conn, Result, Tx};

/// Adds an assignment.
///
/// # Errors
/// What the database can meet.
pub async fn add(tx: &mut Tx, assignment: &Assignment) -> Result<()> {
    sqlx::query(
        "INSERT INTO assignments (id, body, staff, pc, valid_from, valid_until, permitted_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(assignment.id.0.to_vec())
    .bind(assignment.body.to_string())
    .bind(assignment.staff.0.to_vec())
    .bind(assignment.pc.0.to_vec())
    .bind(assignment.from)
    .bind(assignment.until)
    .bind(assignment.by.0.to_vec())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One assignment of a body.
///
/// # Errors
/// What the database can meet.
pub async fn find(
    conn: &mut Conn,
    body: BodyCode,
    assignment: AssignmentId,
) -> Result<Option<Assignment>> {
    let row = sqlx::query(
        "SELECT id, body, staff, pc, valid_from, valid_until, permitted_by FROM assignments WHERE \
         body = $1 AND id = $2",
    )
    .bind(body.to_string())
    .bind(assignment.0.to_vec())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Takes an assignment back. Answers whether it was there.
///
/// # Errors
/// What the database can meet.
pub async fn remove(tx: &mut Tx, body: BodyCode, assignment: AssignmentId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM assignments WHERE body = $1 AND id = $2")
        .bind(body.to_string())
        .bind(assignment.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Every assignment of a PC, soonest end first.
///
/// # Errors
/// What the database can meet.
pub async fn of_pc(conn: &mut Conn, body: BodyCode, pc: PcId) -> Result<Vec<Assignment>> {
    let rows = sqlx::query(
        "SELECT id, body, staff, pc, valid_from, valid_until, permitted_by FROM assignments WHERE \
         body = $1 AND pc = $2 ORDER BY valid_until",
    )
    .bind(body.to_string())
    .bind(pc.0.to_vec())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Every assignment of a body, soonest end first: for the review (NOREN-G2).
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn, body: BodyCode) -> Result<Vec<Assignment>> {
    let rows = sqlx::query(
        "SELECT id, body, staff, pc, valid_from, valid_until, permitted_by FROM assignments WHERE \
         body = $1 ORDER BY valid_until",
    )
    .bind(body.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The PCs a person may use at `now`, each with the latest end of a permission that holds. Stopped
/// PCs are among them, marked.
///
/// # Errors
/// What the database can meet.
pub async fn pcs_of(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    now: i64,
) -> Result<Vec<(Pc, i64)>> {
    let rows = sqlx::query(
        "SELECT p.id, p.body, p.agent, p.target, p.name, p.zone, p.stopped, p.seen, \
         MAX(a.valid_until) AS valid_until \
         FROM assignments a JOIN pcs p ON p.id = a.pc AND p.body = a.body \
         WHERE a.body = $1 AND a.staff = $2 AND a.valid_from <= $3 AND a.valid_until > $3 \
         GROUP BY p.id, p.body, p.agent, p.target, p.name, p.zone, p.stopped, p.seen ORDER BY \
         p.name, p.id",
    )
    .bind(body.to_string())
    .bind(staff.0.to_vec())
    .bind(now)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((super::pcs::read(row)?, int(row, "valid_until")?))).collect()
}

/// Until when a person may use a PC at `now`; `None` when not at all, or when the PC is stopped.
///
/// # Errors
/// What the database can meet.
pub async fn until(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    pc: PcId,
    now: i64,
) -> Result<Option<(Pc, i64)>> {
    Ok(pcs_of(conn, body, staff, now)
        .await?
        .into_iter()
        .find(|(found, _)| found.id == pc && !found.stopped))
}

fn read(row: &AnyRow) -> Result<Assignment> {
    Ok(Assignment {
        id: id(row, "id")?,
        body: parsed(row, "body")?,
        staff: id(row, "staff")?,
        pc: id(row, "pc")?,
        from: int(row, "valid_from")?,
        until: int(row, "valid_until")?,
        by: id(row, "permitted_by")?,
    })
}
