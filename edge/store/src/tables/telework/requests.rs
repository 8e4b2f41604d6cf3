//! Requests for telework days.

use super::{number, read, write};
use crate::row::{id, opt_id, text};
use crate::{Conn, Result};
use jiff::civil::Date;
use people::{BodyCode, DivisionId, StaffId};
use sqlx::any::AnyRow;
use telework::request::{Request, State};

/// A request as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Its identity: 16 random bytes.
    pub id: [u8; 16],
    /// Whose.
    pub staff: StaffId,
    /// The division she was in when she asked.
    pub division: Option<DivisionId>,
    /// The request.
    pub request: Request,
}

/// Adds a request.
///
/// # Errors
/// What the database can meet.
pub async fn add_request(conn: &mut Conn, body: BodyCode, row: &RequestRow) -> Result<()> {
    sqlx::query("INSERT INTO telework_requests (id, body, staff, division, day, state, version, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(row.id.to_vec())
        .bind(body.to_string())
        .bind(row.staff.0.to_vec())
        .bind(row.division.map(|d| d.0.to_vec()))
        .bind(number(row.request.day))
        .bind(state_number(row.request.state))
        .bind(version(&row.request))
        .bind(write(&row.request)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps what a decision made of a request, if nobody decided since `seen`. Answers whether it was kept.
///
/// # Errors
/// What the database can meet.
pub async fn change_request(
    conn: &mut Conn,
    body: BodyCode,
    request_id: [u8; 16],
    seen: usize,
    request: &Request,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE telework_requests SET state = $4, version = $5, doc = $6 WHERE id = $1 AND body = $2 AND version = $3",
    )
    .bind(request_id.to_vec())
    .bind(body.to_string())
    .bind(i64::try_from(seen).unwrap_or(i64::MAX))
    .bind(state_number(request.state))
    .bind(version(request))
    .bind(write(request)?)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One request of the body.
///
/// # Errors
/// What the database can meet.
pub async fn find_request(conn: &mut Conn, body: BodyCode, request_id: [u8; 16]) -> Result<Option<RequestRow>> {
    let row = sqlx::query("SELECT id, staff, division, doc FROM telework_requests WHERE body = $1 AND id = $2")
        .bind(body.to_string())
        .bind(request_id.to_vec())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(request_row).transpose()
}

/// All requests of the body for days from `from` to `to`, both included, by day.
///
/// # Errors
/// What the database can meet.
pub async fn requests(conn: &mut Conn, body: BodyCode, from: Date, to: Date) -> Result<Vec<RequestRow>> {
    let rows = sqlx::query(
        "SELECT id, staff, division, doc FROM telework_requests WHERE body = $1 AND day >= $2 AND day <= $3 ORDER BY day",
    )
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(request_row).collect()
}

/// One person's requests for days from `from` to `to`, both included, by day.
///
/// # Errors
/// What the database can meet.
pub async fn requests_of(conn: &mut Conn, body: BodyCode, staff: StaffId, from: Date, to: Date) -> Result<Vec<RequestRow>> {
    let rows = sqlx::query(
        "SELECT id, staff, division, doc FROM telework_requests WHERE staff = $2 AND body = $1 AND day >= $3 AND day <= $4 ORDER BY day",
    )
    .bind(body.to_string())
    .bind(staff.0.to_vec())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(request_row).collect()
}

/// What waits for a decision in these divisions, by day.
///
/// # Errors
/// What the database can meet.
pub async fn waiting(conn: &mut Conn, body: BodyCode, divisions: &[DivisionId]) -> Result<Vec<RequestRow>> {
    let mut found = Vec::new();
    for division in divisions {
        let rows = sqlx::query(
            "SELECT id, staff, division, doc FROM telework_requests WHERE body = $1 AND state = $2 AND division = $3 ORDER BY day",
        )
        .bind(body.to_string())
        .bind(state_number(State::Requested))
        .bind(division.0.to_vec())
        .fetch_all(&mut *conn)
        .await?;
        for row in &rows {
            found.push(request_row(row)?);
        }
    }
    found.sort_by_key(|r| r.request.day);
    Ok(found)
}

pub(super) fn request_row(row: &AnyRow) -> Result<RequestRow> {
    Ok(RequestRow {
        id: id::<StaffId>(row, "id")?.0,
        staff: id(row, "staff")?,
        division: opt_id(row, "division")?,
        request: read(&text(row, "doc")?)?,
    })
}

fn version(request: &Request) -> i64 {
    i64::try_from(request.version()).unwrap_or(i64::MAX)
}

fn state_number(state: State) -> i64 {
    match state {
        State::Requested => 1,
        State::Approved => 2,
        State::Returned => 3,
        State::Refused => 4,
        State::Cancelled => 5,
    }
}
