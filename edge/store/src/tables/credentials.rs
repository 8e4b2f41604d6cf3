//! Password hash, sealed one-time code key. Nothing here is readable as a secret.

use people::StaffId;

use crate::row::{int, opt_bytes, opt_text};
use crate::{Conn, Result, Tx};

/// What a person proves identity with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// Argon2id, PHC string; none before activation.
    pub password: Option<String>,
    /// TOTP key, sealed by the server's key; none before activation.
    pub totp: Option<Vec<u8>>,
    /// Last time step a code was accepted for; a step at or before it is refused (RFC 6238, 5.2).
    pub totp_step: i64,
    /// Counts how often the browsers in which the person signed in were forgotten.
    pub generation: i64,
}

/// A person's credentials.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, staff: StaffId) -> Result<Option<Credentials>> {
    let row = sqlx::query(
        "SELECT password, totp, totp_step, generation FROM credentials WHERE staff = $1",
    )
    .bind(staff.0.to_vec())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Credentials {
            password: opt_text(&row, "password")?,
            totp: opt_bytes(&row, "totp")?,
            totp_step: int(&row, "totp_step")?,
            generation: int(&row, "generation")?,
        })
    })
    .transpose()
}

/// Sets password and one-time code key together.
///
/// # Errors
/// What the database can meet.
pub async fn put(
    tx: &mut Tx,
    staff: StaffId,
    password: &str,
    totp: &[u8],
    totp_step: i64,
) -> Result<()> {
    sqlx::query("UPDATE credentials SET password = $2, totp = $3, totp_step = $4 WHERE staff = $1")
        .bind(staff.0.to_vec())
        .bind(password.to_owned())
        .bind(totp.to_vec())
        .bind(totp_step)
        .execute(&mut **tx)
        .await?;
    super::tries::forget_all(tx, staff).await
}

/// Sets the password alone.
///
/// # Errors
/// What the database can meet.
pub async fn put_password(tx: &mut Tx, staff: StaffId, password: &str) -> Result<()> {
    sqlx::query("UPDATE credentials SET password = $2 WHERE staff = $1")
        .bind(staff.0.to_vec())
        .bind(password.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes every credential away, so that only a new activation can give some. Browsers of before are
/// not known any more.
///
/// # Errors
/// What the database can meet.
pub async fn clear(tx: &mut Tx, staff: StaffId) -> Result<()> {
    sqlx::query(
        "UPDATE credentials SET password = NULL, totp = NULL, totp_step = 0 WHERE staff = $1",
    )
    .bind(staff.0.to_vec())
    .execute(&mut **tx)
    .await?;
    forget_browsers(tx, staff).await
}

/// From now on no browser in which the person signed in before is known as hers.
///
/// # Errors
/// What the database can meet.
pub async fn forget_browsers(tx: &mut Tx, staff: StaffId) -> Result<()> {
    sqlx::query("UPDATE credentials SET generation = generation + 1 WHERE staff = $1")
        .bind(staff.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Uses a time step up: answers false when it (or a later one) was used before, whoever else tries
/// at the same moment.
///
/// # Errors
/// What the database can meet.
pub async fn use_step(tx: &mut Tx, staff: StaffId, step: i64) -> Result<bool> {
    let done =
        sqlx::query("UPDATE credentials SET totp_step = $2 WHERE staff = $1 AND totp_step < $2")
            .bind(staff.0.to_vec())
            .bind(step)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}
