//! Bodies this server serves, each with its policies.

use people::{BodyCode, RecordPolicy, SessionPolicy, SignInPolicy, Stop, Stopper};
use sqlx::any::AnyRow;

use crate::row::{flag, int, parsed, text};
use crate::{Conn, Fault, Result, Tx};

/// A body on this server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServedBody {
    /// Its code.
    pub code: BodyCode,
    /// Stopped as a whole (NOREN-R22): nobody signs in, nothing opens.
    pub suspended: bool,
    /// Who stopped it and when, while it is stopped.
    pub stop: Option<Stop>,
    /// How its people sign in.
    pub sign_in: SignInPolicy,
    /// What its sessions may be.
    pub session: SessionPolicy,
    /// Made when, Unix milliseconds.
    pub created: i64,
}

const COLUMNS: &str =
    "code, suspended, stopped_by, stopped_at, stopped_who, sign_in_policy, session_policy, created";

/// Adds a body with the default policies.
///
/// # Errors
/// [`Fault::Conflict`] when it is there already.
pub async fn add(tx: &mut Tx, code: BodyCode, now: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO bodies (code, suspended, sign_in_policy, session_policy, created) \
        VALUES ($1, 0, $2, $3, $4)",
    )
    .bind(code.to_string())
    .bind(json(&SignInPolicy::default())?)
    .bind(json(&SessionPolicy::default())?)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One body.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, code: BodyCode) -> Result<Option<ServedBody>> {
    let sql = format!("SELECT {COLUMNS} FROM bodies WHERE code = $1");
    let row =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(code.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Every body, by code.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn) -> Result<Vec<ServedBody>> {
    let sql = format!("SELECT {COLUMNS} FROM bodies ORDER BY code");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Stops or resumes a whole body. Answers whether anything changed.
///
/// # Errors
/// What the database can meet.
pub async fn suspend(tx: &mut Tx, code: BodyCode, suspended: bool) -> Result<bool> {
    let done = sqlx::query("UPDATE bodies SET suspended = $2 WHERE code = $1 AND suspended <> $2")
        .bind(code.to_string())
        .bind(i64::from(suspended))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Stops a whole body and remembers who did. An operator's stop stays the operator's, whoever
/// presses after that. Answers whether anything changed.
///
/// # Errors
/// What the database can meet.
pub async fn stop(tx: &mut Tx, code: BodyCode, stop: &Stop) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE bodies SET suspended = 1, stopped_by = $2, stopped_at = $3, stopped_who = $4 \
         WHERE code = $1 AND (suspended = 0 OR stopped_by < $2)",
    )
    .bind(code.to_string())
    .bind(stop.by.number())
    .bind(stop.at)
    .bind(stop.who.clone())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets how people sign in.
///
/// # Errors
/// What the database can meet.
pub async fn put_sign_in_policy(tx: &mut Tx, code: BodyCode, policy: &SignInPolicy) -> Result<()> {
    sqlx::query("UPDATE bodies SET sign_in_policy = $2 WHERE code = $1")
        .bind(code.to_string())
        .bind(json(policy)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Sets what sessions may be.
///
/// # Errors
/// What the database can meet.
pub async fn put_session_policy(tx: &mut Tx, code: BodyCode, policy: &SessionPolicy) -> Result<()> {
    sqlx::query("UPDATE bodies SET session_policy = $2 WHERE code = $1")
        .bind(code.to_string())
        .bind(json(policy)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// How long a body keeps addresses beside its record; the default for what is no body's.
///
/// # Errors
/// What the database can meet.
pub async fn record_policy(conn: &mut Conn, code: BodyCode) -> Result<RecordPolicy> {
    let row = sqlx::query("SELECT record_policy FROM bodies WHERE code = $1")
        .bind(code.to_string())
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(RecordPolicy::default()) };
    serde_json::from_str(&text(&row, "record_policy")?)
        .map_err(|_| Fault::Corrupt("record_policy".to_owned()))
}

/// Sets how long a body keeps addresses beside its record.
///
/// # Errors
/// What the database can meet.
pub async fn put_record_policy(tx: &mut Tx, code: BodyCode, policy: &RecordPolicy) -> Result<()> {
    sqlx::query("UPDATE bodies SET record_policy = $2 WHERE code = $1")
        .bind(code.to_string())
        .bind(json(policy)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Fault::Refused(error.to_string()))
}

/// How a body signs in, from its column.
pub(super) fn sign_in_policy(row: &AnyRow) -> Result<SignInPolicy> {
    policy(row, "sign_in_policy")
}

fn policy<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T> {
    serde_json::from_str(&text(row, column)?).map_err(|_| Fault::Corrupt(column.to_owned()))
}

fn read(row: &AnyRow) -> Result<ServedBody> {
    let sign_in = sign_in_policy(row)?;
    let session = policy(row, "session_policy")?;
    let suspended = flag(row, "suspended")?;
    let stop = match suspended {
        false => None,
        true => Some(Stop {
            by: Stopper::from_number(int(row, "stopped_by")?),
            at: int(row, "stopped_at")?,
            who: text(row, "stopped_who")?,
        }),
    };
    Ok(ServedBody {
        code: parsed(row, "code")?,
        suspended,
        stop,
        sign_in,
        session,
        created: int(row, "created")?,
    })
}
