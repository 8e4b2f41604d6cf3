//! Requests for telework days.

use super::{BATCH, month, number, places, read, small, write};
use crate::row::{id, int, list, opt_id, text};
use crate::{Conn, Fault, Result, Tx};
use jiff::civil::Date;
use people::{BodyCode, DivisionId, StaffId};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use telework::request::{Request, State};
use telework::rules::Form;
use telework::time::Month;

/// A request as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Its identity: 16 random bytes.
    pub id: [u8; 16],
    /// Whose.
    pub staff: StaffId,
    /// The division she was in when she asked: its superior decides, wherever she is now.
    pub division: Option<DivisionId>,
    /// The request.
    pub request: Request,
}

/// Adds a request.
///
/// # Errors
/// What the database can meet.
pub async fn add_request(tx: &mut Tx, body: BodyCode, row: &RequestRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_requests (id, body, staff, division, day, state, version, \
        doc, form) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.id.to_vec())
    .bind(body.to_string())
    .bind(row.staff.0.to_vec())
    .bind(row.division.map(|d| d.0.to_vec()))
    .bind(number(row.request.day))
    .bind(state_number(row.request.state))
    .bind(version(&row.request))
    .bind(write(&row.request)?)
    .bind(form_number(row.request.form))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds many requests: records brought in from elsewhere, the sample body.
///
/// # Errors
/// What the database can meet.
pub async fn add_requests(tx: &mut Tx, body: BodyCode, rows: &[RequestRow]) -> Result<()> {
    for batch in rows.chunks(BATCH) {
        let sql = format!(
            "INSERT INTO telework_requests (body, id, staff, division, day, state, version, doc, \
             form) VALUES {}",
            places(batch.len(), 8)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string());
        for row in batch {
            query = query
                .bind(row.id.to_vec())
                .bind(row.staff.0.to_vec())
                .bind(row.division.map(|division| division.0.to_vec()))
                .bind(number(row.request.day))
                .bind(state_number(row.request.state))
                .bind(version(&row.request))
                .bind(write(&row.request)?)
                .bind(form_number(row.request.form));
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

/// Keeps what a decision made of a request, if nobody decided since `seen`. Answers whether it was
/// kept.
///
/// # Errors
/// What the database can meet.
pub async fn change_request(
    tx: &mut Tx,
    body: BodyCode,
    request_id: [u8; 16],
    seen: usize,
    request: &Request,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE telework_requests SET state = $4, version = $5, doc = $6 WHERE id = $1 AND body = \
         $2 AND version = $3",
    )
    .bind(request_id.to_vec())
    .bind(body.to_string())
    .bind(i64::try_from(seen).unwrap_or(i64::MAX))
    .bind(state_number(request.state))
    .bind(version(request))
    .bind(write(request)?)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One request of the body.
///
/// # Errors
/// What the database can meet.
pub async fn find_request(
    conn: &mut Conn,
    body: BodyCode,
    request_id: [u8; 16],
) -> Result<Option<RequestRow>> {
    let row = sqlx::query(
        "SELECT id, staff, division, doc FROM telework_requests WHERE body = $1 AND id = $2",
    )
    .bind(body.to_string())
    .bind(request_id.to_vec())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(request_row).transpose()
}

/// The division a request is asked of from now on: its person hands it in again.
///
/// # Errors
/// What the database can meet.
pub async fn ask_request_of(
    tx: &mut Tx,
    body: BodyCode,
    request_id: [u8; 16],
    division: Option<DivisionId>,
) -> Result<()> {
    sqlx::query("UPDATE telework_requests SET division = $3 WHERE body = $1 AND id = $2")
        .bind(body.to_string())
        .bind(request_id.to_vec())
        .bind(division.map(|d| d.0.to_vec()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// All requests of the body for days from `from` to `to`, both included, by day.
///
/// # Errors
/// What the database can meet.
pub async fn requests(
    conn: &mut Conn,
    body: BodyCode,
    from: Date,
    to: Date,
) -> Result<Vec<RequestRow>> {
    let rows = sqlx::query(
        "SELECT id, staff, division, doc FROM telework_requests WHERE body = $1 AND day >= $2 AND \
         day <= $3 ORDER BY day",
    )
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(request_row).collect()
}

/// The requests for days from `from` to `to`, both included, of the people who are in a division
/// now; nobody's without one.
///
/// # Errors
/// What the database can meet.
pub async fn requests_in(
    conn: &mut Conn,
    body: BodyCode,
    division: Option<DivisionId>,
    from: Date,
    to: Date,
) -> Result<Vec<RequestRow>> {
    let Some(division) = division else { return Ok(Vec::new()) };
    let rows = sqlx::query(
        "SELECT r.id, r.staff, r.division, r.doc FROM staff s JOIN telework_requests r ON r.staff \
         = s.id \
         WHERE s.body = $1 AND s.division = $2 AND r.day >= $3 AND r.day <= $4 ORDER BY r.day",
    )
    .bind(body.to_string())
    .bind(division.0.to_vec())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(request_row).collect()
}

/// The approved requests of the body for days from `from` to `to`, both included, by day.
///
/// # Errors
/// What the database can meet.
pub async fn approved(
    conn: &mut Conn,
    body: BodyCode,
    from: Date,
    to: Date,
) -> Result<Vec<RequestRow>> {
    let rows = sqlx::query(
        "SELECT id, staff, division, doc FROM telework_requests WHERE body = $1 AND day >= $2 AND \
         day <= $3 AND state = $4 ORDER BY day",
    )
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .bind(state_number(State::Approved))
    .fetch_all(conn)
    .await?;
    rows.iter().map(request_row).collect()
}

/// Days of home telework ordered from `from` to `to`, both included, by person and month; a day of
/// two halves is one.
///
/// # Errors
/// What the database can meet.
pub async fn home_days(
    conn: &mut Conn,
    body: BodyCode,
    from: Date,
    to: Date,
) -> Result<Vec<(StaffId, Month, u32)>> {
    let rows = sqlx::query(
        "SELECT staff, day / 100 AS month, COUNT(DISTINCT day) AS days FROM telework_requests \
         WHERE body = $1 AND day >= $2 AND day <= $3 AND state = $4 AND form = $5 GROUP BY staff, \
         day / 100",
    )
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .bind(state_number(State::Approved))
    .bind(form_number(Form::Home))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok((id(row, "staff")?, month(int(row, "month")?)?, small(int(row, "days")?))))
        .collect()
}

/// Approved requests of one form in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormCount {
    /// The month.
    pub month: Month,
    /// The form.
    pub form: Form,
    /// How many requests.
    pub requests: u32,
    /// Of how many people.
    pub people: u32,
}

/// Approved requests from `from` to `to`, both included, by month and form.
///
/// # Errors
/// What the database can meet.
pub async fn forms_by_month(
    conn: &mut Conn,
    body: BodyCode,
    from: Date,
    to: Date,
) -> Result<Vec<FormCount>> {
    let rows = sqlx::query(
        // Grouped in two steps, which PostgreSQL hashes; COUNT(DISTINCT ..) it sorts.
        "SELECT month, form, CAST(SUM(requests) AS BIGINT) AS requests, COUNT(*) AS people FROM \
         (SELECT day / 100 AS month, form, staff, COUNT(*) AS requests FROM telework_requests \
          WHERE body = $1 AND day >= $2 AND day <= $3 AND state = $4 GROUP BY day / 100, form, \
          staff) AS each_of_them \
         GROUP BY month, form ORDER BY month, form",
    )
    .bind(body.to_string())
    .bind(number(from))
    .bind(number(to))
    .bind(state_number(State::Approved))
    .fetch_all(conn)
    .await?;
    let read = |row: &AnyRow| {
        let form = form_of(int(row, "form")?)?;
        Ok(FormCount {
            month: month(int(row, "month")?)?,
            form,
            requests: small(int(row, "requests")?),
            people: small(int(row, "people")?),
        })
    };
    rows.iter().map(read).collect()
}

/// People with at least one approved request from `from` to `to`, both included: by month, and over
/// the whole time under `None`.
///
/// # Errors
/// What the database can meet.
pub async fn people_by_month(
    conn: &mut Conn,
    body: BodyCode,
    from: Date,
    to: Date,
) -> Result<BTreeMap<Option<Month>, u32>> {
    let whole = "SELECT CAST(0 AS BIGINT) AS month, COUNT(*) AS people FROM (SELECT DISTINCT staff \
        FROM telework_requests \
                 WHERE body = $1 AND day >= $2 AND day <= $3 AND state = $4) AS each_of_them";
    let each = "SELECT month, COUNT(*) AS people FROM (SELECT DISTINCT day / 100 AS month, staff \
        FROM telework_requests \
                WHERE body = $1 AND day >= $2 AND day <= $3 AND state = $4) AS each_of_them GROUP \
                BY month";
    let mut found = BTreeMap::new();
    for sql in [whole, each] {
        let rows = sqlx::query(sql)
            .bind(body.to_string())
            .bind(number(from))
            .bind(number(to))
            .bind(state_number(State::Approved))
            .fetch_all(&mut *conn)
            .await?;
        for row in &rows {
            let at = int(row, "month")?;
            found.insert(if at == 0 { None } else { Some(month(at)?) }, small(int(row, "people")?));
        }
    }
    Ok(found)
}

/// One person's requests for days from `from` to `to`, both included, by day.
///
/// # Errors
/// What the database can meet.
pub async fn requests_of(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    from: Date,
    to: Date,
) -> Result<Vec<RequestRow>> {
    let rows = sqlx::query(
        "SELECT id, staff, division, doc FROM telework_requests WHERE staff = $2 AND body = $1 AND \
         day >= $3 AND day <= $4 ORDER BY day",
    )
    .bind(body.to_string())
    .bind(staff.0.to_vec())
    .bind(number(from))
    .bind(number(to))
    .fetch_all(conn)
    .await?;
    rows.iter().map(request_row).collect()
}

/// The requests of these people for days from `from` to `to`, both included.
///
/// # Errors
/// What the database can meet.
pub async fn requests_of_many(
    conn: &mut Conn,
    body: BodyCode,
    staff: &[StaffId],
    from: Date,
    to: Date,
) -> Result<Vec<RequestRow>> {
    let mut found = Vec::new();
    for batch in staff.chunks(BATCH) {
        let sql = format!(
            "SELECT id, staff, division, doc FROM telework_requests WHERE body = $1 AND day >= $2 \
             AND day <= $3 AND staff IN ({})",
            list(4, batch.len())
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(body.to_string())
            .bind(number(from))
            .bind(number(to));
        for one in batch {
            query = query.bind(one.0.to_vec());
        }
        for row in &query.fetch_all(&mut *conn).await? {
            found.push(request_row(row)?);
        }
    }
    Ok(found)
}

/// What was asked of these divisions and waits for a decision, by day. Whoever moves on leaves it
/// there: moving a person makes nobody the judge of what she asked before.
///
/// # Errors
/// What the database can meet.
pub async fn waiting(
    conn: &mut Conn,
    body: BodyCode,
    divisions: &[DivisionId],
) -> Result<Vec<RequestRow>> {
    let mut found = Vec::new();
    for division in divisions {
        let rows = sqlx::query(
            "SELECT id, staff, division, doc FROM telework_requests \
             WHERE body = $1 AND state = $2 AND division = $3 ORDER BY day",
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

fn request_row(row: &AnyRow) -> Result<RequestRow> {
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

fn form_number(form: Form) -> i64 {
    match form {
        Form::Home => 1,
        Form::Satellite => 2,
        Form::Mobile => 3,
        Form::Other => 4,
    }
}

fn form_of(number: i64) -> Result<Form> {
    [Form::Home, Form::Satellite, Form::Mobile, Form::Other]
        .into_iter()
        .find(|form| form_number(*form) == number)
        .ok_or_else(|| Fault::Corrupt("a form that does not exist".into()))
}

/// How a request that waits is kept.
pub(in crate::tables) const REQUESTED: i64 = 1;

fn state_number(state: State) -> i64 {
    match state {
        State::Requested => REQUESTED,
        State::Approved => 2,
        State::Returned => 3,
        State::Refused => 4,
        State::Cancelled => 5,
    }
}
