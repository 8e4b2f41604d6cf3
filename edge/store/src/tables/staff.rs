//! Staff.

use people::{BodyCode, DivisionId, Login, Role, Roles, Staff, StaffId, StaffState};
use sqlx::any::AnyRow;

use std::collections::BTreeMap;

use crate::row::{flag, id, int, list, opt_id, parsed};
use crate::{Conn, Fault, Result, Tx};

/// Adds a member of staff, with empty credentials.
///
/// # Errors
/// [`Fault::Conflict`] when the sign-in name is in use in the body.
pub async fn add(tx: &mut Tx, staff: &Staff) -> Result<()> {
    sqlx::query(
        "INSERT INTO staff (id, body, login, name, division, roles, operator, state, fiscal_year, \
         created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(staff.id.0.to_vec())
    .bind(staff.body.to_string())
    .bind(staff.login.to_string())
    .bind(staff.name.to_string())
    .bind(staff.division.map(|id| id.0.to_vec()))
    .bind(i64::from(staff.roles.bits()))
    .bind(i64::from(staff.operator))
    .bind(staff.state.number())
    .bind(i64::from(staff.fiscal_year))
    .bind(staff.created)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO credentials (staff, password, totp, totp_step) VALUES ($1, NULL, NULL, 0)",
    )
    .bind(staff.id.0.to_vec())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes what an administrator can change of a person of the body. Answers whether the person was
/// there. How the account stands is not among it: a form that was opened before a suspension must
/// not undo it, so [`put_state`] alone writes that.
///
/// # Errors
/// [`Fault::Conflict`] when the sign-in name is in use in the body.
pub async fn change(tx: &mut Tx, staff: &Staff) -> Result<bool> {
    if let Some(before) = find(tx, staff.body, staff.id).await? {
        super::officers::note(tx, &before, before.state, staff.roles).await?;
    }
    let done = sqlx::query(
        "UPDATE staff SET login = $3, name = $4, division = $5, roles = $6, fiscal_year = $7 WHERE \
         id = $1 AND body = $2",
    )
    .bind(staff.id.0.to_vec())
    .bind(staff.body.to_string())
    .bind(staff.login.to_string())
    .bind(staff.name.to_string())
    .bind(staff.division.map(|id| id.0.to_vec()))
    .bind(i64::from(staff.roles.bits()))
    .bind(i64::from(staff.fiscal_year))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One person of a body.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<Option<Staff>> {
    let row = sqlx::query(
        "SELECT id, body, login, name, division, roles, operator, state, fiscal_year, created FROM \
         staff WHERE body = $1 AND id = $2",
    )
    .bind(body.to_string())
    .bind(staff.0.to_vec())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// One person by identity alone: for a sign-in, whose body is not yet known.
///
/// # Errors
/// What the database can meet.
pub async fn by_id(conn: &mut Conn, staff: StaffId) -> Result<Option<Staff>> {
    let row = sqlx::query(
        "SELECT id, body, login, name, division, roles, operator, state, fiscal_year, created FROM \
         staff WHERE id = $1",
    )
    .bind(staff.0.to_vec())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// One person by body and sign-in name.
///
/// # Errors
/// What the database can meet.
pub async fn by_login(conn: &mut Conn, body: BodyCode, login: &Login) -> Result<Option<Staff>> {
    let row = sqlx::query(
        "SELECT id, body, login, name, division, roles, operator, state, fiscal_year, created FROM \
         staff WHERE body = $1 AND login = $2",
    )
    .bind(body.to_string())
    .bind(login.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Everybody in a division, by sign-in name.
///
/// # Errors
/// What the database can meet.
pub async fn in_division(
    conn: &mut Conn,
    body: BodyCode,
    division: DivisionId,
) -> Result<Vec<Staff>> {
    let rows = sqlx::query(
        "SELECT id, body, login, name, division, roles, operator, state, fiscal_year, created FROM \
         staff \
         WHERE body = $1 AND division = $2 ORDER BY login",
    )
    .bind(body.to_string())
    .bind(division.0.to_vec())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The divisions of these people of a body; who has none, or is not of the body, is not in it.
///
/// # Errors
/// What the database can meet.
pub async fn divisions_of(
    conn: &mut Conn,
    body: BodyCode,
    staff: &[StaffId],
) -> Result<BTreeMap<StaffId, DivisionId>> {
    let mut found = BTreeMap::new();
    for batch in staff.chunks(200) {
        let places = list(2, batch.len());
        let sql = format!(
            "SELECT id, division FROM staff WHERE body = $1 AND division IS NOT NULL AND id IN \
             ({places})"
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string());
        for one in batch {
            query = query.bind(one.0.to_vec());
        }
        for row in &query.fetch_all(&mut *conn).await? {
            found.insert(id(row, "id")?, id(row, "division")?);
        }
    }
    Ok(found)
}

/// Everybody of a body, by sign-in name.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn, body: BodyCode) -> Result<Vec<Staff>> {
    let rows = sqlx::query(
        "SELECT id, body, login, name, division, roles, operator, state, fiscal_year, created FROM \
         staff WHERE body = $1 ORDER BY login",
    )
    .bind(body.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Those of a body who hold an office (IT, HR), or held one that ended after `since`.
///
/// # Errors
/// What the database can meet.
pub(super) async fn officers(conn: &mut Conn, body: BodyCode, since: i64) -> Result<Vec<Staff>> {
    let rows = sqlx::query(
        "SELECT id, body, login, name, division, roles, operator, state, fiscal_year, created FROM \
         staff \
         WHERE body = $1 AND ((roles & $2) <> 0 \
         OR id IN (SELECT staff FROM officers_lately WHERE body = $1 AND ended > $3)) ORDER BY \
         login",
    )
    .bind(body.to_string())
    .bind(i64::from(Roles::of(&[Role::It, Role::Hr]).bits()))
    .bind(since)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// A page of a body's staff whose name or sign-in name holds the text, by sign-in name, after
/// `after`.
///
/// # Errors
/// What the database can meet.
pub async fn page(
    conn: &mut Conn,
    body: BodyCode,
    text: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<Staff>> {
    let like = format!("%{}%", text.replace(['%', '_', '\\'], ""));
    let rows = sqlx::query(
        "SELECT id, body, login, name, division, roles, operator, state, fiscal_year, created FROM \
         staff \
         WHERE body = $1 AND login > $2 AND (login LIKE $3 OR name LIKE $3) ORDER BY login LIMIT \
         $4",
    )
    .bind(body.to_string())
    .bind(after.to_owned())
    .bind(like)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Sets how an account stands. Answers whether anything changed.
///
/// # Errors
/// What the database can meet.
pub async fn put_state(
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
    state: StaffState,
) -> Result<bool> {
    if let Some(before) = find(tx, body, staff).await? {
        super::officers::note(tx, &before, state, before.roles).await?;
    }
    let done =
        sqlx::query("UPDATE staff SET state = $3 WHERE body = $1 AND id = $2 AND state <> $3")
            .bind(body.to_string())
            .bind(staff.0.to_vec())
            .bind(state.number())
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends what a person holds who is stopped, or starts anew: sign-ins, slips, and for good the
/// tokens of the API that act with her rights. Those tokens.
///
/// # Errors
/// What the database can meet.
pub async fn end_held(tx: &mut Tx, staff: StaffId, now: i64) -> Result<Vec<super::tokens::Token>> {
    super::sign_ins::remove_all(tx, staff).await?;
    super::activations::remove_all(tx, staff).await?;
    super::tokens::revoke_of(tx, staff, now).await
}

/// Resumes an account that is stopped: in use again where it has a password, or else waiting for
/// its slip. Answers whether it was stopped.
///
/// # Errors
/// What the database can meet.
pub async fn resume(tx: &mut Tx, body: BodyCode, staff: StaffId) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE staff SET state = CASE WHEN EXISTS (SELECT 1 FROM credentials c WHERE c.staff = \
         staff.id AND c.password IS NOT NULL) \
         THEN 1 ELSE 0 END WHERE body = $1 AND id = $2 AND state = 2",
    )
    .bind(body.to_string())
    .bind(staff.0.to_vec())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether an operator exists: the state the set-up link dies by.
///
/// # Errors
/// What the database can meet.
pub async fn operator_exists(conn: &mut Conn) -> Result<bool> {
    Ok(sqlx::query("SELECT 1 AS one FROM staff WHERE operator = 1 LIMIT 1")
        .fetch_optional(conn)
        .await?
        .is_some())
}

pub(super) fn read(row: &AnyRow) -> Result<Staff> {
    Ok(Staff {
        id: id(row, "id")?,
        body: parsed(row, "body")?,
        login: parsed(row, "login")?,
        name: parsed(row, "name")?,
        division: opt_id(row, "division")?,
        roles: Roles::from_bits(
            u8::try_from(int(row, "roles")?).map_err(|_| Fault::Corrupt("roles".into()))?,
        ),
        operator: flag(row, "operator")?,
        state: StaffState::from_number(int(row, "state")?),
        fiscal_year: flag(row, "fiscal_year")?,
        created: int(row, "created")?,
    })
}
