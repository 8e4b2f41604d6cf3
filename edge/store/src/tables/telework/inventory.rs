//! The work inventory, who does what, and what the rules know of each member of staff.

use super::{BATCH, read, write};
use crate::row::{id, int, list, text};
use crate::{Conn, Result, Tx};
use people::{BodyCode, DivisionId, StaffId};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use telework::inventory::{Share, Work};
use telework::survey::Member;
use telework::time::Minutes;

/// A piece of work and the division it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRow {
    /// The division.
    pub division: DivisionId,
    /// The piece of work.
    pub work: Work,
}

/// All pieces of work of a body, by number; of one division when given.
///
/// # Errors
/// What the database can meet.
pub async fn works(
    conn: &mut Conn,
    body: BodyCode,
    division: Option<DivisionId>,
) -> Result<Vec<WorkRow>> {
    let rows = match division {
        None => {
            sqlx::query("SELECT division, doc FROM telework_works WHERE body = $1 ORDER BY id")
                .bind(body.to_string())
                .fetch_all(conn)
                .await?
        }
        Some(division) => {
            sqlx::query(
                "SELECT division, doc FROM telework_works WHERE body = $1 AND division = \
                $2 ORDER BY id",
            )
            .bind(body.to_string())
            .bind(division.0.to_vec())
            .fetch_all(conn)
            .await?
        }
    };
    rows.iter().map(work_row).collect()
}

/// One piece of work of a body.
///
/// # Errors
/// What the database can meet.
pub async fn find_work(conn: &mut Conn, body: BodyCode, work: u64) -> Result<Option<WorkRow>> {
    let row = sqlx::query("SELECT division, doc FROM telework_works WHERE body = $1 AND id = $2")
        .bind(body.to_string())
        .bind(i64::try_from(work).unwrap_or(i64::MAX))
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(work_row).transpose()
}

/// Adds a piece of work (number 0) or changes it; returns its number.
///
/// # Errors
/// What the database can meet.
pub async fn put_work(tx: &mut Tx, body: BodyCode, row: &WorkRow) -> Result<u64> {
    let mut work = row.work.clone();
    if work.id == 0 {
        let last = sqlx::query(
            "SELECT CAST(COALESCE(MAX(id), 0) AS BIGINT) AS last FROM \
            telework_works WHERE body = $1",
        )
        .bind(body.to_string())
        .fetch_one(&mut **tx)
        .await?;
        work.id = u64::try_from(int(&last, "last")?).unwrap_or_default() + 1;
    }
    sqlx::query(
        "INSERT INTO telework_works (body, id, division, doc) VALUES ($1, $2, $3, $4)
         ON CONFLICT (body, id) DO UPDATE SET division = excluded.division, doc = excluded.doc",
    )
    .bind(body.to_string())
    .bind(i64::try_from(work.id).unwrap_or(i64::MAX))
    .bind(row.division.0.to_vec())
    .bind(write(&work)?)
    .execute(&mut **tx)
    .await?;
    Ok(work.id)
}

/// Removes a piece of work and its links. Answers whether it was there.
///
/// # Errors
/// What the database can meet.
pub async fn remove_work(tx: &mut Tx, body: BodyCode, work: u64) -> Result<bool> {
    let number = i64::try_from(work).unwrap_or(i64::MAX);
    sqlx::query("DELETE FROM telework_shares WHERE body = $1 AND work = $2")
        .bind(body.to_string())
        .bind(number)
        .execute(&mut **tx)
        .await?;
    let done = sqlx::query("DELETE FROM telework_works WHERE body = $1 AND id = $2")
        .bind(body.to_string())
        .bind(number)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Who does what, over the whole body.
///
/// # Errors
/// What the database can meet.
pub async fn shares(conn: &mut Conn, body: BodyCode) -> Result<Vec<Share>> {
    let rows = sqlx::query(
        "SELECT staff, work, yearly FROM telework_shares WHERE body = $1 ORDER BY staff, work",
    )
    .bind(body.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Share {
                staff: id(row, "staff")?,
                work: u64::try_from(int(row, "work")?).unwrap_or_default(),
                yearly: Minutes(u32::try_from(int(row, "yearly")?).unwrap_or(u32::MAX)),
            })
        })
        .collect()
}

/// Links a member of staff to a piece of work.
///
/// # Errors
/// What the database can meet.
pub async fn put_share(
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
    work: u64,
    yearly: Minutes,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_shares (body, staff, work, yearly) VALUES ($1, $2, $3, $4)
         ON CONFLICT (body, staff, work) DO UPDATE SET yearly = excluded.yearly",
    )
    .bind(body.to_string())
    .bind(staff.0.to_vec())
    .bind(i64::try_from(work).unwrap_or(i64::MAX))
    .bind(i64::from(yearly.0))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a link away. Answers whether it was there.
///
/// # Errors
/// What the database can meet.
pub async fn remove_share(tx: &mut Tx, body: BodyCode, staff: StaffId, work: u64) -> Result<bool> {
    let done =
        sqlx::query("DELETE FROM telework_shares WHERE body = $1 AND staff = $2 AND work = $3")
            .bind(body.to_string())
            .bind(staff.0.to_vec())
            .bind(i64::try_from(work).unwrap_or(i64::MAX))
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// What the rules know of each member of staff.
///
/// # Errors
/// What the database can meet.
pub async fn members(conn: &mut Conn, body: BodyCode) -> Result<BTreeMap<StaffId, Member>> {
    let rows = sqlx::query("SELECT staff, doc FROM telework_members WHERE body = $1")
        .bind(body.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((id(row, "staff")?, read(&text(row, "doc")?)?))).collect()
}

/// What the rules know of one, if anything was entered.
///
/// # Errors
/// What the database can meet.
pub async fn member(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<Option<Member>> {
    let row = sqlx::query("SELECT doc FROM telework_members WHERE staff = $1 AND body = $2")
        .bind(staff.0.to_vec())
        .bind(body.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| read(&text(&row, "doc")?)).transpose()
}

/// What the rules know of these people; of whom nothing was entered, nothing.
///
/// # Errors
/// What the database can meet.
pub async fn members_of(
    conn: &mut Conn,
    body: BodyCode,
    staff: &[StaffId],
) -> Result<BTreeMap<StaffId, Member>> {
    let mut found = BTreeMap::new();
    for batch in staff.chunks(BATCH) {
        let sql = format!(
            "SELECT staff, doc FROM telework_members WHERE body = $1 AND staff IN ({})",
            list(2, batch.len())
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string());
        for one in batch {
            query = query.bind(one.0.to_vec());
        }
        for row in &query.fetch_all(&mut *conn).await? {
            found.insert(id(row, "staff")?, read(&text(row, "doc")?)?);
        }
    }
    Ok(found)
}

/// Keeps what the rules know of one.
///
/// # Errors
/// What the database can meet.
pub async fn put_member(
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
    member: &Member,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_members (staff, body, doc) VALUES ($1, $2, $3) ON CONFLICT (staff) \
         DO UPDATE SET doc = excluded.doc",
    )
    .bind(staff.0.to_vec())
    .bind(body.to_string())
    .bind(write(member)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn work_row(row: &AnyRow) -> Result<WorkRow> {
    Ok(WorkRow { division: id(row, "division")?, work: read(&text(row, "doc")?)? })
}
