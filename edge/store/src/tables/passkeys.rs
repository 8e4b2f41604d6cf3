//! Passkeys (WebAuthn credentials): public keys and counters.

use people::{PasskeyId, StaffId};
use sqlx::any::AnyRow;

use crate::row::{bytes, id, int, text};
use crate::{Conn, Result, Tx};

/// A passkey.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredPasskey {
    /// Identity here.
    pub id: PasskeyId,
    /// Whose.
    pub staff: StaffId,
    /// The authenticator's credential id.
    pub credential: Vec<u8>,
    /// Name the person gave it.
    pub name: String,
    /// Public key and counter, JSON of the WebAuthn library.
    pub passkey: String,
    /// Made when, Unix milliseconds.
    pub created: i64,
    /// Last used, Unix milliseconds; 0 never.
    pub used: i64,
}

/// Adds a passkey.
///
/// # Errors
/// [`crate::Fault::Conflict`] when the credential is known already.
pub async fn add(tx: &mut Tx, passkey: &StoredPasskey) -> Result<()> {
    sqlx::query(
        "INSERT INTO passkeys (id, staff, credential, name, passkey, created, used) VALUES \
        ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(passkey.id.0.to_vec())
    .bind(passkey.staff.0.to_vec())
    .bind(passkey.credential.clone())
    .bind(passkey.name.clone())
    .bind(passkey.passkey.clone())
    .bind(passkey.created)
    .bind(passkey.used)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Passkeys of a person, oldest first.
///
/// # Errors
/// What the database can meet.
pub async fn of(conn: &mut Conn, staff: StaffId) -> Result<Vec<StoredPasskey>> {
    let rows = sqlx::query(
        "SELECT id, staff, credential, name, passkey, created, used FROM passkeys \
            WHERE staff = $1 ORDER BY created",
    )
    .bind(staff.0.to_vec())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The passkey with this credential id.
///
/// # Errors
/// What the database can meet.
pub async fn by_credential(conn: &mut Conn, credential: &[u8]) -> Result<Option<StoredPasskey>> {
    let row = sqlx::query(
        "SELECT id, staff, credential, name, passkey, created, used FROM \
        passkeys WHERE credential = $1",
    )
    .bind(credential.to_vec())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Writes a use down: the new counter and the time.
///
/// # Errors
/// What the database can meet.
pub async fn put_used(tx: &mut Tx, passkey: PasskeyId, json: &str, now: i64) -> Result<()> {
    sqlx::query("UPDATE passkeys SET passkey = $2, used = $3 WHERE id = $1")
        .bind(passkey.0.to_vec())
        .bind(json.to_owned())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes a person's passkey. Answers whether it was there.
///
/// # Errors
/// What the database can meet.
pub async fn remove(tx: &mut Tx, staff: StaffId, passkey: PasskeyId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM passkeys WHERE id = $1 AND staff = $2")
        .bind(passkey.0.to_vec())
        .bind(staff.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes all of a person's passkeys.
///
/// # Errors
/// What the database can meet.
pub async fn remove_all(tx: &mut Tx, staff: StaffId) -> Result<u64> {
    let done = sqlx::query("DELETE FROM passkeys WHERE staff = $1")
        .bind(staff.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

fn read(row: &AnyRow) -> Result<StoredPasskey> {
    Ok(StoredPasskey {
        id: id(row, "id")?,
        staff: id(row, "staff")?,
        credential: bytes(row, "credential")?,
        name: text(row, "name")?,
        passkey: text(row, "passkey")?,
        created: int(row, "created")?,
        used: int(row, "used")?,
    })
}
