//! Activation slips: one-time codes with which a person sets the own password and one-time code
//! key. Kept hashed.

use people::StaffId;

use crate::row::{bytes, id, int};
use crate::{Conn, Result, Tx};

/// An activation waiting to be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Activation {
    /// Whose.
    pub staff: StaffId,
    /// The one-time code key it will set, sealed.
    pub totp: Vec<u8>,
    /// Until when, Unix milliseconds.
    pub expires: i64,
    /// Tries left.
    pub tries: i64,
}

/// Adds an activation; earlier ones of the person die.
///
/// # Errors
/// What the database can meet.
pub async fn add(tx: &mut Tx, hash: &[u8; 32], activation: &Activation) -> Result<()> {
    remove_all(tx, activation.staff).await?;
    sqlx::query(
        "INSERT INTO activations (hash, staff, totp, expires, tries) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(hash.to_vec())
    .bind(activation.staff.0.to_vec())
    .bind(activation.totp.clone())
    .bind(activation.expires)
    .bind(activation.tries)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The activation with this hash.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<Activation>> {
    let row = sqlx::query("SELECT staff, totp, expires, tries FROM activations WHERE hash = $1")
        .bind(hash.to_vec())
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(Activation {
            staff: id(&row, "staff")?,
            totp: bytes(&row, "totp")?,
            expires: int(&row, "expires")?,
            tries: int(&row, "tries")?,
        })
    })
    .transpose()
}

/// Takes a try away.
///
/// # Errors
/// What the database can meet.
pub async fn take_try(tx: &mut Tx, hash: &[u8; 32]) -> Result<()> {
    sqlx::query("UPDATE activations SET tries = tries - 1 WHERE hash = $1")
        .bind(hash.to_vec())
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM activations WHERE tries <= 0").execute(&mut **tx).await?;
    Ok(())
}

/// Removes all of a person.
///
/// # Errors
/// What the database can meet.
pub async fn remove_all(tx: &mut Tx, staff: StaffId) -> Result<()> {
    sqlx::query("DELETE FROM activations WHERE staff = $1")
        .bind(staff.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
