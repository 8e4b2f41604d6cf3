//! Who acts, as the book has her at this moment: for the guard that lets a request in, and for the
//! write that does what it asks.

use people::{Actor, AgentId, Ground, SignInPolicy, Staff, StaffId, Stopper, Via, roles_now};
use sqlx::any::AnyRow;

use super::tokens::{self, Token};
use super::{bodies, changes, divisions, staff};
use crate::connect::Backend;
use crate::row::{flag, int, text};
use crate::{Conn, Result};

/// Somebody who may act now.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who, with the roles that count now. `operator` is as the person has it, by a token too.
    pub actor: Actor,
    /// How the body signs in.
    pub sign_in: SignInPolicy,
    /// Who holds the body stopped, while it is.
    pub stopped: Option<Stopper>,
    /// When the sign-in began and was last used, Unix milliseconds, and by which factor.
    pub since: Option<Since>,
    /// The token, where it is one.
    pub token: Option<Token>,
}

/// A sign-in's times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Since {
    /// When it began, Unix milliseconds.
    pub created: i64,
    /// When it was last used, Unix milliseconds.
    pub seen: i64,
    /// How: `passkey` or `password+totp`.
    pub factor: String,
    /// When the factors were last proved, Unix milliseconds.
    pub proved: i64,
}

const STAFF: &str = "s.id, s.body, s.login, s.name, s.division, s.roles, s.operator, s.state, \
    s.fiscal_year, s.created, \
                     b.suspended, b.stopped_by, b.sign_in_policy";

/// Whoever came with this; `None` when it is over at `now` (Unix milliseconds), or she or her body
/// is stopped.
///
/// # Errors
/// What the database can meet.
pub async fn standing(conn: &mut Conn, ground: Ground, now: i64) -> Result<Option<Standing>> {
    find(conn, ground, now, "").await
}

/// The same inside a write, of which nothing changes until its end.
pub(crate) async fn held(
    conn: &mut Conn,
    backend: Backend,
    ground: Ground,
    now: i64,
) -> Result<Option<Standing>> {
    // SQLite has one writer. In PostgreSQL the person's body may not be the one whose turn it is:
    // its rows are kept as they are
    // (https://www.postgresql.org/docs/15/explicit-locking.html#LOCKING-ROWS).
    find(conn, ground, now, if backend == Backend::Postgres { " FOR SHARE" } else { "" }).await
}

/// A person as she may act now, who came with nothing herself: what she issued is used. `None` when
/// she or her body is stopped.
///
/// # Errors
/// What the database can meet.
pub async fn issuer(conn: &mut Conn, staff: StaffId) -> Result<Option<Actor>> {
    let sql =
        format!("SELECT {STAFF} FROM staff s JOIN bodies b ON b.code = s.body WHERE s.id = $1");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(staff.0.to_vec());
    let Some(row) = query.fetch_optional(&mut *conn).await? else { return Ok(None) };
    actor(conn, &row, Ground::Nothing, "").await
}

/// Whether an agent may act: not revoked, its body not stopped. Inside a write of its body that
/// stays so until the end.
///
/// # Errors
/// What the database can meet.
pub async fn agent_stands(conn: &mut Conn, agent: AgentId) -> Result<bool> {
    let sql = "SELECT 1 AS one FROM agents a JOIN bodies b ON b.code = a.body WHERE a.id = $1 AND \
        a.revoked = 0 AND b.suspended = 0";
    Ok(sqlx::query(sql).bind(agent.0.to_vec()).fetch_optional(conn).await?.is_some())
}

async fn find(conn: &mut Conn, ground: Ground, now: i64, lock: &str) -> Result<Option<Standing>> {
    match ground {
        Ground::Nothing => Ok(None),
        Ground::SignIn(hash) => by_sign_in(conn, hash, now, lock).await,
        Ground::Token(hash) => by_token(conn, hash, now, lock).await,
    }
}

async fn by_sign_in(
    conn: &mut Conn,
    hash: [u8; 32],
    now: i64,
    lock: &str,
) -> Result<Option<Standing>> {
    let sql = format!(
        "SELECT i.created AS began, i.seen, i.factor, i.proved, {STAFF} FROM sign_ins i JOIN staff \
         s ON s.id = i.staff \
         JOIN bodies b ON b.code = s.body WHERE i.hash = $1{lock}"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(hash.to_vec())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let since = Since {
        created: int(&row, "began")?,
        seen: int(&row, "seen")?,
        factor: text(&row, "factor")?,
        proved: int(&row, "proved")?,
    };
    let sign_in = bodies::sign_in_policy(&row)?;
    if sign_in.is_over(since.created, since.seen, now) {
        return Ok(None);
    }
    let Some(actor) = actor(conn, &row, Ground::SignIn(hash), lock).await? else { return Ok(None) };
    let stopped = match flag(&row, "suspended")? {
        true => Some(Stopper::from_number(int(&row, "stopped_by")?)),
        false => None,
    };
    Ok(Some(Standing { actor, sign_in, stopped, since: Some(since), token: None }))
}

async fn by_token(
    conn: &mut Conn,
    hash: [u8; 32],
    now: i64,
    lock: &str,
) -> Result<Option<Standing>> {
    let sql = format!(
        "SELECT {} FROM api_tokens WHERE hash = $1 AND {}{lock}",
        tokens::COLUMNS,
        tokens::IN_FORCE
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(hash.to_vec())
        .bind(now)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(token) = row.as_ref().map(tokens::token).transpose()? else { return Ok(None) };
    let sql = format!(
        "SELECT {STAFF} FROM staff s JOIN bodies b ON b.code = s.body WHERE s.id = $1 AND s.body = \
         $2{lock}"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(token.staff.0.to_vec())
        .bind(token.body.to_string());
    let Some(row) = query.fetch_optional(&mut *conn).await? else { return Ok(None) };
    // A stopped body lets its IT in to put things right: people, not programs.
    if flag(&row, "suspended")? {
        return Ok(None);
    }
    let sign_in = bodies::sign_in_policy(&row)?;
    let Some(mut actor) = actor(conn, &row, Ground::Token(hash), lock).await? else {
        return Ok(None);
    };
    actor.via = Some(Via {
        id: token.id.to_string(),
        name: format!("{}（{}）", token.name, actor.login),
    });
    Ok(Some(Standing { actor, sign_in, stopped: None, since: None, token: Some(token) }))
}

async fn actor(conn: &mut Conn, row: &AnyRow, ground: Ground, lock: &str) -> Result<Option<Actor>> {
    let person: Staff = staff::read(row)?;
    let stopped = flag(row, "suspended")?;
    if roles_now(&person, stopped).is_none() {
        return Ok(None);
    }
    let leads = divisions::led(conn, person.body, person.id, lock).await?;
    // What one officer alone gave is not there yet.
    let now = changes::confirmed(conn, (person.body, person.id), person.roles, leads).await?;
    let person = Staff { roles: now.roles, operator: person.operator && !now.held, ..person };
    let Some(roles) = roles_now(&person, stopped) else { return Ok(None) };
    let leads = now.leads;
    let Staff { id, login, name, body, operator, .. } = person;
    Ok(Some(Actor { id, login, name, body, roles, operator, leads, via: None, ground }))
}
