//! Tokens of the API: only their hashes.

use people::{BodyCode, StaffId, TokenId};
use sqlx::any::AnyRow;

use crate::row::{id, int, parsed, text};
use crate::{Conn, Fault, Result, Tx};

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Of which body.
    pub body: BodyCode,
    /// With whose rights it acts.
    pub staff: StaffId,
    /// Who made it; nobody, where it was made on the server itself.
    pub asked_by: Option<StaffId>,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the token, which has 256 bits of its own.
    pub hash: [u8; 32],
    /// What it may be used for, one bit each.
    pub scopes: u64,
    /// When it was made, Unix milliseconds.
    pub created: i64,
    /// When it ends.
    pub expires: i64,
    /// When the person it acts for consented; 0: she has not, and it opens nothing.
    pub consented: i64,
    /// When it was revoked; 0: it was not.
    pub revoked: i64,
    /// When it was last used, to the minute; 0: never.
    pub used: i64,
}

/// A token that is in force at the moment `$2`: its person consented, it was not revoked and has
/// not ended. Said once, for whoever comes in with it and for whatever is done with it.
pub(super) const IN_FORCE: &str = "consented > 0 AND revoked = 0 AND expires > $2";

pub(super) const COLUMNS: &str =
    "id, body, staff, asked_by, name, hash, scopes, created, expires, consented, revoked, used";

/// Keeps a new token.
///
/// # Errors
/// What the database can meet.
pub async fn add(tx: &mut Tx, token: &Token) -> Result<()> {
    sqlx::query(
        "INSERT INTO api_tokens (id, body, staff, name, hash, scopes, created, expires, revoked, \
         used, asked_by, consented)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, $10)",
    )
    .bind(token.id.0.to_vec())
    .bind(token.body.to_string())
    .bind(token.staff.0.to_vec())
    .bind(token.name.clone())
    .bind(token.hash.to_vec())
    .bind(i64::try_from(token.scopes).map_err(|_| Fault::Corrupt("scopes".into()))?)
    .bind(token.created)
    .bind(token.expires)
    .bind(token.asked_by.map(|id| id.0.to_vec()))
    .bind(token.consented)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The token with this hash, if its person consented, it was not revoked and has not ended.
///
/// # Errors
/// What the database can meet.
pub async fn valid(conn: &mut Conn, hash: &[u8; 32], now: i64) -> Result<Option<Token>> {
    let sql = format!("SELECT {COLUMNS} FROM api_tokens WHERE hash = $1 AND {IN_FORCE}");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(hash.to_vec())
        .bind(now)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(token).transpose()
}

/// All tokens of a body, latest first.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn, body: BodyCode) -> Result<Vec<Token>> {
    let sql = format!("SELECT {COLUMNS} FROM api_tokens WHERE body = $1 ORDER BY created DESC, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string()).fetch_all(conn).await?;
    rows.iter().map(token).collect()
}

/// The tokens that act, or wait to act, with a person's rights, latest first.
///
/// # Errors
/// What the database can meet.
pub async fn of_staff(conn: &mut Conn, staff: StaffId, now: i64) -> Result<Vec<Token>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM api_tokens WHERE staff = $1 AND revoked = 0 AND expires > $2 ORDER \
         BY created DESC, id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(staff.0.to_vec())
        .bind(now)
        .fetch_all(conn)
        .await?;
    rows.iter().map(token).collect()
}

/// A person's consent to a token that waits for it; the token when it was hers and waited.
///
/// # Errors
/// What the database can meet.
pub async fn consent(tx: &mut Tx, staff: StaffId, id: TokenId, now: i64) -> Result<Option<Token>> {
    let sql = format!(
        "UPDATE api_tokens SET consented = $3 WHERE staff = $1 AND id = $2 AND consented = 0 AND \
         revoked = 0 AND expires > $3 RETURNING {COLUMNS}"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(staff.0.to_vec())
        .bind(id.0.to_vec())
        .bind(now)
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(token).transpose()
}

/// Ends every token that acts, or waits to act, with a person's rights. Those that were in force or
/// waiting until now.
///
/// # Errors
/// What the database can meet.
pub async fn revoke_of(tx: &mut Tx, staff: StaffId, now: i64) -> Result<Vec<Token>> {
    let sql = format!(
        "UPDATE api_tokens SET revoked = $2 WHERE staff = $1 AND revoked = 0 AND expires > $2 \
         RETURNING {COLUMNS}"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(staff.0.to_vec())
        .bind(now)
        .fetch_all(&mut **tx)
        .await?;
    rows.iter().map(token).collect()
}

/// How many tokens of a body are in force.
///
/// # Errors
/// What the database can meet.
pub async fn in_force(conn: &mut Conn, body: BodyCode, now: i64) -> Result<i64> {
    let sql =
        "SELECT COUNT(*) AS n FROM api_tokens WHERE body = $1 AND revoked = 0 AND expires > $2";
    int(&sqlx::query(sql).bind(body.to_string()).bind(now).fetch_one(conn).await?, "n")
}

/// Revokes a token; the token when it was in force until now.
///
/// # Errors
/// What the database can meet.
pub async fn revoke(tx: &mut Tx, body: BodyCode, id: TokenId, now: i64) -> Result<Option<Token>> {
    let sql = format!(
        "UPDATE api_tokens SET revoked = $3 WHERE body = $1 AND id = $2 AND revoked = 0 RETURNING \
         {COLUMNS}"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(id.0.to_vec())
        .bind(now)
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(token).transpose()
}

/// Notes when a token was used.
///
/// # Errors
/// What the database can meet.
pub async fn touch(tx: &mut Tx, id: TokenId, now: i64) -> Result<()> {
    sqlx::query("UPDATE api_tokens SET used = $2 WHERE id = $1")
        .bind(id.0.to_vec())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) fn token(row: &AnyRow) -> Result<Token> {
    Ok(Token {
        id: id(row, "id")?,
        body: parsed(row, "body")?,
        staff: id(row, "staff")?,
        asked_by: crate::row::opt_id(row, "asked_by")?,
        name: text(row, "name")?,
        hash: crate::row::blob32(row, "hash")?,
        scopes: u64::try_from(int(row, "scopes")?).map_err(|_| Fault::Corrupt("scopes".into()))?,
        created: int(row, "created")?,
        expires: int(row, "expires")?,
        consented: int(row, "consented")?,
        revoked: int(row, "revoked")?,
        used: int(row, "used")?,
    })
}
