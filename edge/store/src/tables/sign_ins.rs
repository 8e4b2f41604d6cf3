//! Who is signed in. The cookie's value is kept as a hash only.

use people::{BodyCode, MeetingId, StaffId};
use sqlx::any::AnyRow;

use crate::row::{blob32, id, int, text};
use crate::{Conn, Result, Tx};

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
    /// When the person last proved to be there, by the server's clock, Unix milliseconds: at the
    /// sign-in, or later for a dangerous act.
    pub proved: i64,
    /// Where it was made from, as text.
    pub address: String,
    /// Browser and system, as `Firefox/Windows`; empty when not known.
    pub browser: String,
}

const COLUMNS: &str = "hash, staff, created, seen, factor, proved, address, browser";

/// Adds a sign-in.
///
/// # Errors
/// What the database can meet.
pub async fn add(tx: &mut Tx, hash: &[u8; 32], sign_in: &SignIn) -> Result<()> {
    let sql = format!("INSERT INTO sign_ins ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(hash.to_vec())
        .bind(sign_in.staff.0.to_vec())
        .bind(sign_in.created)
        .bind(sign_in.seen)
        .bind(sign_in.factor.clone())
        .bind(sign_in.proved)
        .bind(sign_in.address.clone())
        .bind(sign_in.browser.clone())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The sign-in with this hash.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<SignIn>> {
    let sql = format!("SELECT {COLUMNS} FROM sign_ins WHERE hash = $1");
    let row =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(hash.to_vec()).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// A person's sign-ins with their hashes, the one used last first.
///
/// # Errors
/// What the database can meet.
pub async fn of(conn: &mut Conn, staff: StaffId) -> Result<Vec<([u8; 32], SignIn)>> {
    let sql =
        format!("SELECT {COLUMNS} FROM sign_ins WHERE staff = $1 ORDER BY seen DESC, created DESC");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(staff.0.to_vec()).fetch_all(conn).await?;
    rows.iter().map(|row| Ok((blob32(row, "hash")?, read(row)?))).collect()
}

/// Writes down that the person proved to be there. Answers whether the sign-in still stands.
///
/// # Errors
/// What the database can meet.
pub async fn prove(tx: &mut Tx, hash: &[u8; 32], now: i64) -> Result<bool> {
    let done = sqlx::query("UPDATE sign_ins SET proved = $2 WHERE hash = $1")
        .bind(hash.to_vec())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Remembers from which sign-in a PC session was opened: it ends with it.
///
/// # Errors
/// What the database can meet.
pub async fn opened(tx: &mut Tx, meeting: MeetingId, hash: &[u8; 32]) -> Result<()> {
    sqlx::query("INSERT INTO session_sign_ins (meeting, sign_in) VALUES ($1, $2)")
        .bind(meeting.0.to_vec())
        .bind(hash.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The PC sessions that were opened from a sign-in, whether or not they are over.
///
/// # Errors
/// What the database can meet.
pub async fn sessions_from(conn: &mut Conn, hash: &[u8; 32]) -> Result<Vec<MeetingId>> {
    let rows = sqlx::query("SELECT meeting FROM session_sign_ins WHERE sign_in = $1")
        .bind(hash.to_vec())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| id(row, "meeting")).collect()
}

/// The same person signed in again in the same browser: what the first sign-in opened hangs on the
/// second.
///
/// # Errors
/// What the database can meet.
pub async fn hand_over(tx: &mut Tx, from: &[u8; 32], to: &[u8; 32]) -> Result<()> {
    sqlx::query("UPDATE session_sign_ins SET sign_in = $2 WHERE sign_in = $1")
        .bind(from.to_vec())
        .bind(to.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes a request's time down.
///
/// # Errors
/// What the database can meet.
pub async fn touch(tx: &mut Tx, hash: &[u8; 32], now: i64) -> Result<()> {
    sqlx::query("UPDATE sign_ins SET seen = $2 WHERE hash = $1")
        .bind(hash.to_vec())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends one.
///
/// # Errors
/// What the database can meet.
pub async fn remove(tx: &mut Tx, hash: &[u8; 32]) -> Result<bool> {
    let done = sqlx::query("DELETE FROM sign_ins WHERE hash = $1")
        .bind(hash.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all of a person.
///
/// # Errors
/// What the database can meet.
pub async fn remove_all(tx: &mut Tx, staff: StaffId) -> Result<u64> {
    let done = sqlx::query("DELETE FROM sign_ins WHERE staff = $1")
        .bind(staff.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// Ends all of a person but one.
///
/// # Errors
/// What the database can meet.
pub async fn remove_others(tx: &mut Tx, staff: StaffId, kept: &[u8; 32]) -> Result<u64> {
    let done = sqlx::query("DELETE FROM sign_ins WHERE staff = $1 AND hash <> $2")
        .bind(staff.0.to_vec())
        .bind(kept.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// Ends all of a body but one person's.
///
/// # Errors
/// What the database can meet.
pub async fn remove_body(tx: &mut Tx, body: BodyCode, kept: StaffId) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM sign_ins WHERE staff <> $2 AND staff IN (SELECT id FROM \
        staff WHERE body = $1)",
    )
    .bind(body.to_string())
    .bind(kept.0.to_vec())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Removes what ended by itself before `oldest` (Unix milliseconds of the beginning), and forgets
/// where sessions that are over, or whose sign-in ended by itself, were opened from: a session
/// whose sign-in is missing is one that somebody ended ([`crate::open_sessions::judged`]).
///
/// # Errors
/// What the database can meet.
pub async fn sweep(tx: &mut Tx, oldest: i64) -> Result<u64> {
    sqlx::query(
        "DELETE FROM session_sign_ins WHERE sign_in IN (SELECT hash FROM sign_ins WHERE created < \
         $1) \
         OR NOT EXISTS (SELECT 1 FROM sessions s WHERE s.meeting = session_sign_ins.meeting \
         AND s.ended = 0 AND s.not_after > $1)",
    )
    .bind(oldest)
    .execute(&mut **tx)
    .await?;
    Ok(sqlx::query("DELETE FROM sign_ins WHERE created < $1")
        .bind(oldest)
        .execute(&mut **tx)
        .await?
        .rows_affected())
}

fn read(row: &AnyRow) -> Result<SignIn> {
    Ok(SignIn {
        staff: id(row, "staff")?,
        created: int(row, "created")?,
        seen: int(row, "seen")?,
        factor: text(row, "factor")?,
        proved: int(row, "proved")?,
        address: text(row, "address")?,
        browser: text(row, "browser")?,
    })
}
