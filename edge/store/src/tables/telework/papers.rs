//! Registrations, loans, permissions and emergency orders: one table, a kind each.

use super::{read, write};
use crate::row::{id, opt_id, text};
use crate::{Conn, Result, Tx};
use people::{BodyCode, StaffId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;

/// Which paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperKind {
    /// Yearly registration.
    Registration = 1,
    /// Loan of a device.
    Loan = 2,
    /// Permission to take information assets out.
    Takeout = 3,
    /// Emergency order.
    Emergency = 4,
    /// A leave.
    Leave = 10,
    /// A fixed period of the allowance.
    Allowance = 11,
    /// A superior's hand-over to the deputy.
    HandOver = 12,
}

/// A paper as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper<T> {
    /// Its identity: 16 random bytes.
    pub id: [u8; 16],
    /// Whose, where it is a person's.
    pub staff: Option<StaffId>,
    /// What it says.
    pub value: T,
}

/// Adds a paper or changes it. `at` is Unix milliseconds and orders them.
///
/// # Errors
/// What the database can meet.
pub async fn put_paper<T: Serialize>(
    tx: &mut Tx,
    body: BodyCode,
    kind: PaperKind,
    paper: &Paper<T>,
    at: i64,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_papers (id, body, kind, staff, at, doc) VALUES ($1, $2, $3, $4, $5, \
         $6)
         ON CONFLICT (id) DO UPDATE SET doc = excluded.doc",
    )
    .bind(paper.id.to_vec())
    .bind(body.to_string())
    .bind(kind as i64)
    .bind(paper.staff.map(|s| s.0.to_vec()))
    .bind(at)
    .bind(write(&paper.value)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One paper of the body.
///
/// # Errors
/// What the database can meet.
pub async fn find_paper<T: DeserializeOwned>(
    conn: &mut Conn,
    body: BodyCode,
    kind: PaperKind,
    paper: [u8; 16],
) -> Result<Option<Paper<T>>> {
    let row = sqlx::query(
        "SELECT id, staff, doc FROM telework_papers WHERE body = $1 AND kind = $2 AND id = $3",
    )
    .bind(body.to_string())
    .bind(kind as i64)
    .bind(paper.to_vec())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(paper_row).transpose()
}

/// All papers of a kind, the newest first.
///
/// # Errors
/// What the database can meet.
pub async fn papers<T: DeserializeOwned>(
    conn: &mut Conn,
    body: BodyCode,
    kind: PaperKind,
) -> Result<Vec<Paper<T>>> {
    let rows = sqlx::query(
        "SELECT id, staff, doc FROM telework_papers WHERE body = $1 AND kind = $2 ORDER BY at DESC",
    )
    .bind(body.to_string())
    .bind(kind as i64)
    .fetch_all(conn)
    .await?;
    rows.iter().map(paper_row).collect()
}

/// One person's papers of a kind, the newest first.
///
/// # Errors
/// What the database can meet.
pub async fn papers_of<T: DeserializeOwned>(
    conn: &mut Conn,
    body: BodyCode,
    kind: PaperKind,
    staff: StaffId,
) -> Result<Vec<Paper<T>>> {
    let rows = sqlx::query(
        "SELECT id, staff, doc FROM telework_papers WHERE staff = $3 AND body = $1 AND \
            kind = $2 ORDER BY at DESC",
    )
    .bind(body.to_string())
    .bind(kind as i64)
    .bind(staff.0.to_vec())
    .fetch_all(conn)
    .await?;
    rows.iter().map(paper_row).collect()
}

fn paper_row<T: DeserializeOwned>(row: &AnyRow) -> Result<Paper<T>> {
    Ok(Paper {
        id: id::<StaffId>(row, "id")?.0,
        staff: opt_id(row, "staff")?,
        value: read(&text(row, "doc")?)?,
    })
}
