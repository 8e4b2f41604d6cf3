//! Who is signed in. The cookie's value is kept as a hash only.

use people::{BodyCode, StaffId};

use crate::row::{id, int, text};
use crate::{Conn, Result};

/// A sign-in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignIn {
    /// Who.
    pub staff: StaffId,
    /// Since when, Unix milliseconds.
    pub created: i64,
    /// Last request, Unix milliseconds.
    pub seen: i64,
    /// How: `passkey` or `password+totp`.
    pub factor: String,
}

/// Adds a sign-in.
///
/// # Errors
/// What the database can meet.
pub async fn add(conn: &mut Conn, hash: &[u8; 32], sign_in: &SignIn) -> Result<()> {
    sqlx::query("INSERT INTO sign_ins (hash, staff, created, seen, factor) VALUES ($1, $2, $3, $4, $5)")
        .bind(hash.to_vec())
        .bind(sign_in.staff.0.to_vec())
        .bind(sign_in.created)
        .bind(sign_in.seen)
        .bind(sign_in.factor.clone())
        .execute(conn)
        .await?;
    Ok(())
}

/// The sign-in with this hash.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<SignIn>> {
    let row = sqlx::query("SELECT staff, created, seen, factor FROM sign_ins WHERE hash = $1")
        .bind(hash.to_vec())
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(SignIn {
            staff: id(&row, "staff")?,
            created: int(&row, "created")?,
            seen: int(&row, "seen")?,
            factor: text(&row, "factor")?,
        })
    })
    .transpose()
}

/// Writes a request's time down.
///
/// # Errors
/// What the database can meet.
pub async fn touch(conn: &mut Conn, hash: &[u8; 32], now: i64) -> Result<()> {
    sqlx::query("UPDATE sign_ins SET seen = $2 WHERE hash = $1").bind(hash.to_vec()).bind(now).execute(conn).await?;
    Ok(())
}

/// Ends one.
///
/// # Errors
/// What the database can meet.
pub async fn remove(conn: &mut Conn, hash: &[u8; 32]) -> Result<bool> {
    let done = sqlx::query("DELETE FROM sign_ins WHERE hash = $1").bind(hash.to_vec()).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all of a person.
///
/// # Errors
/// What the database can meet.
pub async fn remove_all(conn: &mut Conn, staff: StaffId) -> Result<u64> {
    let done = sqlx::query("DELETE FROM sign_ins WHERE staff = $1").bind(staff.0.to_vec()).execute(conn).await?;
    Ok(done.rows_affected())
}

/// Ends all of a person but one.
///
/// # Errors
/// What the database can meet.
pub async fn remove_others(conn: &mut Conn, staff: StaffId, kept: &[u8; 32]) -> Result<u64> {
    let done = sqlx::query("DELETE FROM sign_ins WHERE staff = $1 AND hash <> $2")
        .bind(staff.0.to_vec())
        .bind(kept.to_vec())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Ends all of a body but one person's.
///
/// # Errors
/// What the database can meet.
pub async fn remove_body(conn: &mut Conn, body: BodyCode, kept: StaffId) -> Result<u64> {
    let done = sqlx::query("DELETE FROM sign_ins WHERE staff <> $2 AND staff IN (SELECT id FROM staff WHERE body = $1)")
        .bind(body.to_string())
        .bind(kept.0.to_vec())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Removes what ended by itself before `oldest` (Unix milliseconds of the beginning).
///
/// # Errors
/// What the database can meet.
pub async fn sweep(conn: &mut Conn, oldest: i64) -> Result<u64> {
    Ok(sqlx::query("DELETE FROM sign_ins WHERE created < $1").bind(oldest).execute(conn).await?.rows_affected())
}
