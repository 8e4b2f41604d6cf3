//! Bodies this server serves, each with its policies.

use people::{BodyCode, SessionPolicy, SignInPolicy};
use sqlx::any::AnyRow;

use crate::row::{flag, int, parsed, text};
use crate::{Conn, Fault, Result};

/// A body on this server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServedBody {
    /// Its code.
    pub code: BodyCode,
    /// Stopped as a whole (R22): nobody signs in, nothing opens.
    pub suspended: bool,
    /// How its people sign in.
    pub sign_in: SignInPolicy,
    /// What its sessions may be.
    pub session: SessionPolicy,
    /// Made when, Unix milliseconds.
    pub created: i64,
}

/// Adds a body with the default policies.
///
/// # Errors
/// [`Fault::Conflict`] when it is there already.
pub async fn add(conn: &mut Conn, code: BodyCode, now: i64) -> Result<()> {
    sqlx::query("INSERT INTO bodies (code, suspended, sign_in_policy, session_policy, created) VALUES ($1, 0, $2, $3, $4)")
        .bind(code.to_string())
        .bind(json(&SignInPolicy::default())?)
        .bind(json(&SessionPolicy::default())?)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// One body.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, code: BodyCode) -> Result<Option<ServedBody>> {
    let row = sqlx::query("SELECT code, suspended, sign_in_policy, session_policy, created FROM bodies WHERE code = $1")
        .bind(code.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Every body, by code.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn) -> Result<Vec<ServedBody>> {
    let rows = sqlx::query("SELECT code, suspended, sign_in_policy, session_policy, created FROM bodies ORDER BY code")
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// Stops or resumes a whole body. Answers whether anything changed.
///
/// # Errors
/// What the database can meet.
pub async fn suspend(conn: &mut Conn, code: BodyCode, suspended: bool) -> Result<bool> {
    let done = sqlx::query("UPDATE bodies SET suspended = $2 WHERE code = $1 AND suspended <> $2")
        .bind(code.to_string())
        .bind(i64::from(suspended))
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets how people sign in.
///
/// # Errors
/// What the database can meet.
pub async fn put_sign_in_policy(conn: &mut Conn, code: BodyCode, policy: &SignInPolicy) -> Result<()> {
    sqlx::query("UPDATE bodies SET sign_in_policy = $2 WHERE code = $1")
        .bind(code.to_string())
        .bind(json(policy)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Sets what sessions may be.
///
/// # Errors
/// What the database can meet.
pub async fn put_session_policy(conn: &mut Conn, code: BodyCode, policy: &SessionPolicy) -> Result<()> {
    sqlx::query("UPDATE bodies SET session_policy = $2 WHERE code = $1")
        .bind(code.to_string())
        .bind(json(policy)?)
        .execute(conn)
        .await?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Fault::Refused(error.to_string()))
}

/// The policies of a body, from their columns.
pub(super) fn policies(row: &AnyRow) -> Result<(SignInPolicy, SessionPolicy)> {
    let policy = |column: &str| Fault::Corrupt(column.to_owned());
    let sign_in = serde_json::from_str(&text(row, "sign_in_policy")?).map_err(|_| policy("sign_in_policy"))?;
    let session = serde_json::from_str(&text(row, "session_policy")?).map_err(|_| policy("session_policy"))?;
    Ok((sign_in, session))
}

fn read(row: &AnyRow) -> Result<ServedBody> {
    let (sign_in, session) = policies(row)?;
    let suspended = flag(row, "suspended")?;
    Ok(ServedBody { code: parsed(row, "code")?, suspended, sign_in, session, created: int(row, "created")? })
}
