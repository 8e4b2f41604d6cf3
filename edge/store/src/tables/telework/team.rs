//! What the people who are in a division now have asked for and reported.

use super::requests::request_row;
use super::{DayRow, RequestRow, date, number, read};
use crate::row::{id, int, text};
use crate::{Conn, Result};
use jiff::civil::Date;
use people::{BodyCode, DivisionId};

/// Requests of a division's people for days from `from` to `to`, both included, by day.
///
/// # Errors
/// What the database can meet.
pub async fn team_requests(
    conn: &mut Conn,
    body: BodyCode,
    division: DivisionId,
    from: Date,
    to: Date,
) -> Result<Vec<RequestRow>> {
    let rows = sqlx::query(
        "SELECT r.id AS id, r.staff AS staff, r.division AS division, r.doc AS doc FROM telework_requests r
         JOIN staff s ON s.id = r.staff WHERE r.body = $1 AND s.division = $2 AND r.day >= $3 AND r.day <= $4 ORDER BY r.day",
    )
    .bind(body.to_string())
    .bind(division.0.to_vec())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(request_row).collect()
}

/// Reports of a division's people of one day.
///
/// # Errors
/// What the database can meet.
pub async fn team_day(conn: &mut Conn, body: BodyCode, division: DivisionId, day: Date) -> Result<Vec<DayRow>> {
    let rows = sqlx::query(
        "SELECT d.staff AS staff, d.day AS day, d.doc AS doc FROM telework_days d JOIN staff s ON s.id = d.staff
         WHERE d.body = $1 AND s.division = $2 AND d.day = $3",
    )
    .bind(body.to_string())
    .bind(division.0.to_vec())
    .bind(number(day))
    .fetch_all(conn)
    .await?;
    let one = |row| Ok(DayRow { staff: id(row, "staff")?, day: date(int(row, "day")?)?, record: read(&text(row, "doc")?)? });
    rows.iter().map(one).collect()
}
