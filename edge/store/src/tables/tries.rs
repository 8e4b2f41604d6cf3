//! Failed sign-ins in a row, by person and by where they came from.

use people::StaffId;

use crate::row::int;
use crate::{Conn, Result, Tx};

/// What came from one origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tries {
    /// Failures in a row.
    pub failures: i64,
    /// Locked until, Unix milliseconds; 0 not locked.
    pub locked_until: i64,
}

/// What came from an origin.
///
/// # Errors
/// What the database can meet.
pub async fn of(conn: &mut Conn, staff: StaffId, origin: &[u8]) -> Result<Tries> {
    let row = sqlx::query(
        "SELECT failures, locked_until FROM sign_in_tries WHERE staff = $1 AND origin = $2",
    )
    .bind(staff.0.to_vec())
    .bind(origin.to_vec())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(Tries::default()) };
    Ok(Tries { failures: int(&row, "failures")?, locked_until: int(&row, "locked_until")? })
}

/// Whether a person is locked out for any origin.
///
/// # Errors
/// What the database can meet.
pub async fn any_locked(conn: &mut Conn, staff: StaffId, now: i64) -> Result<bool> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n FROM sign_in_tries WHERE staff = $1 AND locked_until > $2",
    )
    .bind(staff.0.to_vec())
    .bind(now)
    .fetch_one(conn)
    .await?;
    Ok(int(&row, "n")? > 0)
}

/// Writes down what came from an origin; whatever nobody added to since `before` goes, of
/// everybody.
///
/// # Errors
/// What the database can meet.
pub async fn put(
    tx: &mut Tx,
    staff: StaffId,
    origin: &[u8],
    tries: Tries,
    now: i64,
    before: i64,
) -> Result<()> {
    sqlx::query("DELETE FROM sign_in_tries WHERE at < $1").bind(before).execute(&mut **tx).await?;
    sqlx::query(
        "INSERT INTO sign_in_tries (staff, origin, failures, locked_until, at) VALUES ($1, $2, $3, \
         $4, $5) \
         ON CONFLICT (staff, origin) DO UPDATE SET failures = $3, locked_until = $4, at = $5",
    )
    .bind(staff.0.to_vec())
    .bind(origin.to_vec())
    .bind(tries.failures)
    .bind(tries.locked_until)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets what came from an origin.
///
/// # Errors
/// What the database can meet.
pub async fn forget(tx: &mut Tx, staff: StaffId, origin: &[u8]) -> Result<()> {
    sqlx::query("DELETE FROM sign_in_tries WHERE staff = $1 AND origin = $2")
        .bind(staff.0.to_vec())
        .bind(origin.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets what came from anywhere.
///
/// # Errors
/// What the database can meet.
pub async fn forget_all(tx: &mut Tx, staff: StaffId) -> Result<()> {
    sqlx::query("DELETE FROM sign_in_tries WHERE staff = $1")
        .bind(staff.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
