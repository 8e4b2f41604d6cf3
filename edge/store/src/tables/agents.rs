//! Agents, and the tokens they enrol with.

use people::{AgentId, BodyCode, StaffId};
use sqlx::any::AnyRow;

use crate::row::{blob32, flag, id, int, list, parsed, text};
use crate::{Conn, Fault, Result, Tx};

const COLUMNS: &str = "id, body, number, name, version, channel_key, control_key, enrolled, seen, \
    revoked, epoch, reported";

/// An agent in an office.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    /// Identity.
    pub id: AgentId,
    /// The body.
    pub body: BodyCode,
    /// The short name on slips: below 2^20, unique in the server.
    pub number: u32,
    /// What it calls itself.
    pub name: String,
    /// Its program's version.
    pub version: String,
    /// X25519 key of the channel.
    pub channel_key: [u8; 32],
    /// Ed25519 key of the control conversation.
    pub control_key: [u8; 32],
    /// When it enrolled, Unix milliseconds.
    pub enrolled: i64,
    /// When it was last connected, Unix milliseconds; 0 never.
    pub seen: i64,
    /// When it was revoked, Unix milliseconds; 0 not.
    pub revoked: i64,
    /// Its count of reports.
    pub epoch: u64,
    /// The last of them that is on record.
    pub reported: u64,
}

/// A token that lets one agent in. Only its hash is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolment {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// The body it lets into.
    pub body: BodyCode,
    /// What it is for, in words.
    pub name: String,
    /// Who issued it.
    pub by: StaffId,
    /// Until when it works, Unix milliseconds.
    pub expires: i64,
}

/// Issues a token.
///
/// # Errors
/// What the database can meet.
pub async fn issue(tx: &mut Tx, enrolment: &Enrolment) -> Result<()> {
    sqlx::query(
        "INSERT INTO enrolments (hash, body, name, issued_by, expires) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(enrolment.hash.to_vec())
    .bind(enrolment.body.to_string())
    .bind(enrolment.name.clone())
    .bind(enrolment.by.0.to_vec())
    .bind(enrolment.expires)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The body a token lets into, if the token is known and still works at `now`.
///
/// # Errors
/// What the database can meet.
pub async fn token(conn: &mut Conn, hash: &[u8; 32], now: i64) -> Result<Option<Enrolment>> {
    let row = sqlx::query(
        "SELECT hash, body, name, issued_by, expires FROM enrolments WHERE hash \
        = $1 AND expires > $2",
    )
    .bind(hash.to_vec())
    .bind(now)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read_enrolment).transpose()
}

/// Uses a token up. Answers whether it was there: two that come at once see it once.
///
/// # Errors
/// What the database can meet.
pub async fn use_token(tx: &mut Tx, hash: &[u8; 32]) -> Result<bool> {
    let done = sqlx::query("DELETE FROM enrolments WHERE hash = $1")
        .bind(hash.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Withdraws every token that somebody issued; answers what they were for.
///
/// # Errors
/// What the database can meet.
pub async fn withdraw_of(tx: &mut Tx, by: StaffId) -> Result<Vec<String>> {
    let rows = sqlx::query("DELETE FROM enrolments WHERE issued_by = $1 RETURNING name")
        .bind(by.0.to_vec())
        .fetch_all(&mut **tx)
        .await?;
    rows.iter().map(|row| text(row, "name")).collect()
}

/// Tokens of a body that still work.
///
/// # Errors
/// What the database can meet.
pub async fn tokens(conn: &mut Conn, body: BodyCode, now: i64) -> Result<Vec<Enrolment>> {
    let rows = sqlx::query(
        "SELECT hash, body, name, issued_by, expires FROM enrolments WHERE body = $1 AND expires > \
         $2 ORDER BY expires",
    )
    .bind(body.to_string())
    .bind(now)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_enrolment).collect()
}

/// Adds an agent.
///
/// # Errors
/// [`Fault::Conflict`] when its number is in use.
pub async fn add(tx: &mut Tx, agent: &Agent) -> Result<()> {
    sqlx::query(
        "INSERT INTO agents (id, body, number, name, version, channel_key, control_key, enrolled, \
         seen, revoked, epoch, reported) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(agent.id.0.to_vec())
    .bind(agent.body.to_string())
    .bind(i64::from(agent.number))
    .bind(agent.name.clone())
    .bind(agent.version.clone())
    .bind(agent.channel_key.to_vec())
    .bind(agent.control_key.to_vec())
    .bind(agent.enrolled)
    .bind(agent.seen)
    .bind(agent.revoked)
    .bind(signed(agent.epoch)?)
    .bind(signed(agent.reported)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether a number is in use.
///
/// # Errors
/// What the database can meet.
pub async fn number_taken(conn: &mut Conn, number: u32) -> Result<bool> {
    Ok(sqlx::query("SELECT id FROM agents WHERE number = $1")
        .bind(i64::from(number))
        .fetch_optional(conn)
        .await?
        .is_some())
}

/// One agent, of whatever body: for an agent that says who it is.
///
/// # Errors
/// What the database can meet.
pub async fn by_id(conn: &mut Conn, agent: AgentId) -> Result<Option<Agent>> {
    let sql = format!("SELECT {COLUMNS} FROM agents WHERE id = $1");
    let row =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(agent.0.to_vec()).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// One agent by identity and whether its body is stopped: for one that says who it is, by one
/// statement.
///
/// # Errors
/// What the database can meet.
pub async fn at_the_door(conn: &mut Conn, agent: AgentId) -> Result<Option<(Agent, bool)>> {
    let columns =
        COLUMNS.split(", ").map(|column| format!("g.{column}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT {columns}, b.suspended FROM agents g JOIN bodies b ON b.code = g.body WHERE g.id = \
         $1"
    );
    let row =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(agent.0.to_vec()).fetch_optional(conn).await?;
    row.map(|row| Ok((read(&row)?, flag(&row, "suspended")?))).transpose()
}

/// Agents of these bodies that were revoked.
///
/// # Errors
/// What the database can meet.
pub async fn revoked(conn: &mut Conn, bodies: &[BodyCode]) -> Result<Vec<AgentId>> {
    let mut found = Vec::new();
    for batch in bodies.chunks(200) {
        let sql = format!(
            "SELECT id FROM agents WHERE revoked > 0 AND body IN ({})",
            list(1, batch.len())
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for one in batch {
            query = query.bind(one.to_string());
        }
        for row in &query.fetch_all(&mut *conn).await? {
            found.push(id(row, "id")?);
        }
    }
    Ok(found)
}

/// One agent of a body.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, body: BodyCode, agent: AgentId) -> Result<Option<Agent>> {
    Ok(by_id(conn, agent).await?.filter(|found| found.body == body))
}

/// The agent of a body with this number that is not revoked.
///
/// # Errors
/// What the database can meet.
pub async fn by_number(conn: &mut Conn, body: BodyCode, number: u32) -> Result<Option<Agent>> {
    let sql =
        format!("SELECT {COLUMNS} FROM agents WHERE body = $1 AND number = $2 AND revoked = 0");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(i64::from(number))
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Every agent of a body, by name; revoked ones last.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn, body: BodyCode) -> Result<Vec<Agent>> {
    let sql = format!("SELECT {COLUMNS} FROM agents WHERE body = $1 ORDER BY revoked, name, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string()).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Writes down an agent's version and that it was connected; its name is what an administrator
/// typed. Answers whether it may be: not revoked meanwhile.
///
/// # Errors
/// What the database can meet.
pub async fn seen(tx: &mut Tx, agent: AgentId, version: &str, now: i64) -> Result<bool> {
    let done =
        sqlx::query("UPDATE agents SET version = $2, seen = $3 WHERE id = $1 AND revoked = 0")
            .bind(agent.0.to_vec())
            .bind(version.to_owned())
            .bind(now)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a report's number. Answers whether the report is new; one that is not was put on record
/// before.
///
/// # Errors
/// What the database can meet.
pub async fn take_report(tx: &mut Tx, agent: AgentId, epoch: u64, number: u64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE agents SET epoch = $2, reported = $3 WHERE id = $1 AND (epoch \
        <> $2 OR reported < $3)",
    )
    .bind(agent.0.to_vec())
    .bind(signed(epoch)?)
    .bind(signed(number)?)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes an agent. Answers whether it was in use.
///
/// # Errors
/// What the database can meet.
pub async fn revoke(tx: &mut Tx, body: BodyCode, agent: AgentId, now: i64) -> Result<bool> {
    let done =
        sqlx::query("UPDATE agents SET revoked = $3 WHERE body = $1 AND id = $2 AND revoked = 0")
            .bind(body.to_string())
            .bind(agent.0.to_vec())
            .bind(now)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<Agent> {
    Ok(Agent {
        id: id(row, "id")?,
        body: parsed(row, "body")?,
        number: unsigned(row, "number")?.try_into().map_err(|_| Fault::Corrupt("number".into()))?,
        name: text(row, "name")?,
        version: text(row, "version")?,
        channel_key: blob32(row, "channel_key")?,
        control_key: blob32(row, "control_key")?,
        enrolled: int(row, "enrolled")?,
        seen: int(row, "seen")?,
        revoked: int(row, "revoked")?,
        epoch: unsigned(row, "epoch")?,
        reported: unsigned(row, "reported")?,
    })
}

fn read_enrolment(row: &AnyRow) -> Result<Enrolment> {
    Ok(Enrolment {
        hash: blob32(row, "hash")?,
        body: parsed(row, "body")?,
        name: text(row, "name")?,
        by: id(row, "issued_by")?,
        expires: int(row, "expires")?,
    })
}

pub(super) fn unsigned(row: &AnyRow, column: &str) -> Result<u64> {
    u64::try_from(int(row, column)?).map_err(|_| Fault::Corrupt(column.to_owned()))
}

/// For a column; more than 2^63 has no honest meaning anywhere here.
pub(super) fn signed(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| Fault::Corrupt("a number beyond 2^63".into()))
}
