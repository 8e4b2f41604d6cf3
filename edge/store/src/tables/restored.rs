//! What ends for everybody when an old copy was put back.

use people::{BodyCode, Roles, StaffId};

use super::tokens::{COLUMNS, Token, token};
use crate::{Result, Tx};

/// How much ended.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Ended {
    /// Sign-ins.
    pub sign_ins: u64,
    /// Activation slips that were not used.
    pub slips: u64,
    /// Enrolment tokens that were not used.
    pub enrolments: u64,
    /// Addresses of calendars.
    pub feeds: u64,
}

/// Ends every sign-in, slip, enrolment token and calendar address, and counts one-time codes up to
/// this time step as used.
///
/// # Errors
/// What the database can meet.
pub async fn end_everything(tx: &mut Tx, step: i64) -> Result<Ended> {
    let mut ended = [0; 4];
    let all = [
        "DELETE FROM sign_ins",
        "DELETE FROM activations",
        "DELETE FROM enrolments",
        "DELETE FROM telework_feeds",
    ];
    for (count, statement) in ended.iter_mut().zip(all) {
        *count = sqlx::query(statement).execute(&mut **tx).await?.rows_affected();
    }
    sqlx::query("UPDATE credentials SET totp_step = $1 WHERE totp IS NOT NULL AND totp_step < $1")
        .bind(step)
        .execute(&mut **tx)
        .await?;
    let [sign_ins, slips, enrolments, feeds] = ended;
    Ok(Ended { sign_ins, slips, enrolments, feeds })
}

/// Revokes every token of a body that was not revoked. Those it was.
///
/// # Errors
/// What the database can meet.
pub async fn revoke_tokens(tx: &mut Tx, body: BodyCode, now: i64) -> Result<Vec<Token>> {
    let sql = format!(
        "UPDATE api_tokens SET revoked = $2 WHERE body = $1 AND revoked = 0 RETURNING {COLUMNS}"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(now)
        .fetch_all(&mut **tx)
        .await?;
    rows.iter().map(token).collect()
}

/// Ends every token, of every body, that waits for the consent of its person. Those it was.
///
/// # Errors
/// What the database can meet.
pub async fn end_consents(tx: &mut Tx, now: i64) -> Result<Vec<Token>> {
    let sql = format!(
        "UPDATE api_tokens SET revoked = $1 WHERE consented = 0 AND revoked = 0 RETURNING {COLUMNS}"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).fetch_all(&mut **tx).await?;
    rows.iter().map(token).collect()
}

/// Leaves a person these roles.
///
/// # Errors
/// What the database can meet.
pub async fn put_roles(tx: &mut Tx, staff: StaffId, roles: Roles) -> Result<()> {
    sqlx::query("UPDATE staff SET roles = $2 WHERE id = $1")
        .bind(staff.0.to_vec())
        .bind(i64::from(roles.bits()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
