//! The marked copy of a workbook that was refused: one a person, kept until it is fetched, replaced
//! or a day old.

use crate::row::bytes;
use crate::{Conn, Result, Tx};
use people::{BodyCode, StaffId};

/// How long a copy is kept, milliseconds.
const KEPT_MS: i64 = 24 * 3_600_000;

/// Keeps a person's copy in place of the one before, and forgets everybody's that are too old.
///
/// # Errors
/// What the database can meet.
pub async fn put_marked(
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
    workbook: &[u8],
    now: i64,
) -> Result<()> {
    sqlx::query("DELETE FROM telework_marked WHERE at < $1")
        .bind(now - KEPT_MS)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "INSERT INTO telework_marked (staff, body, at, workbook) VALUES ($1, $2, $3, $4)
         ON CONFLICT (staff) DO UPDATE SET at = excluded.at, workbook = excluded.workbook",
    )
    .bind(staff.0.to_vec())
    .bind(body.to_string())
    .bind(now)
    .bind(workbook.to_vec())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A person's copy.
///
/// # Errors
/// What the database can meet.
pub async fn marked(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    now: i64,
) -> Result<Option<Vec<u8>>> {
    let row = sqlx::query(
        "SELECT workbook FROM telework_marked WHERE staff = $1 AND body = $2 AND at >= $3",
    )
    .bind(staff.0.to_vec())
    .bind(body.to_string())
    .bind(now - KEPT_MS)
    .fetch_optional(conn)
    .await?;
    row.map(|row| bytes(&row, "workbook")).transpose()
}

/// Forgets a person's copy: the list was taken, or is given up.
///
/// # Errors
/// What the database can meet.
pub async fn forget_marked(tx: &mut Tx, staff: StaffId) -> Result<()> {
    sqlx::query("DELETE FROM telework_marked WHERE staff = $1")
        .bind(staff.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
