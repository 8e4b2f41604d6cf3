//! Lists and counts over many deliveries, each in one statement.

use ::exchange::case::{CaseId, State};
use jiff::civil::Date;
use people::BodyCode;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::cases::{CaseRow, case_row};
use super::{date, number, state, state_list};
use crate::row::{flag, int, parsed, text};
use crate::{Conn, Fault, Result};

/// How many bodies of a prefecture stand where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardCount {
    /// The two digits of the prefecture.
    pub prefecture: String,
    /// Where they stand.
    pub state: State,
    /// Whether their last day has passed while the next step is theirs.
    pub overdue: bool,
    /// How many.
    pub count: u64,
    /// How many of these ask for more time.
    pub asking: u64,
}

/// Which deliveries of a case to list.
#[derive(Clone, Debug, Default)]
pub struct BoardFilter {
    /// Only those that go through this prefecture.
    pub via: Option<BodyCode>,
    /// Only those in this prefecture: its two digits.
    pub prefecture: Option<String>,
    /// Only those in these states; all, when empty.
    pub states: Vec<State>,
    /// Only those whose last day was before this one.
    pub due_before: Option<Date>,
    /// Only those that asked for more time.
    pub asking: bool,
    /// Only these bodies.
    pub bodies: Option<Vec<BodyCode>>,
    /// How many to leave out from the front.
    pub skip: u32,
    /// Most to give.
    pub limit: u32,
}

/// A delivery in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRow {
    /// The body.
    pub body: BodyCode,
    /// Its desk.
    pub desk: String,
    /// Where it stands.
    pub state: State,
    /// The day that binds it.
    pub due: Option<Date>,
    /// Whether it asks for more time.
    pub asks: bool,
    /// When it was last submitted, Unix milliseconds; 0 for never.
    pub submitted_at: i64,
    /// Whether that was late.
    pub late: bool,
    /// Whether the latest version was entered by proxy.
    pub proxy: bool,
    /// For the next decision.
    pub revision: u64,
}

/// A case in a body's own list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRow {
    /// The case.
    pub case: CaseRow,
    /// The desk it is for.
    pub desk: String,
    /// Where it stands.
    pub state: State,
    /// The day that binds the body.
    pub due: Option<Date>,
}

/// A case a prefecture looks after, with how many of its bodies stand where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchRow {
    /// The case.
    pub case: CaseRow,
    /// How many stand where, in the order of the way.
    pub counts: Vec<(State, u64)>,
}

/// The states in which the next step is the body's own.
fn with_the_body() -> Vec<State> {
    State::ALL.into_iter().filter(|state| state.awaits_the_body()).collect()
}

/// The whole case in some hundreds of counts; with `via` only what goes through one prefecture.
///
/// # Errors
/// What the database can meet.
pub async fn board_counts(
    conn: &mut Conn,
    case: CaseId,
    via: Option<BodyCode>,
    today: Date,
) -> Result<Vec<BoardCount>> {
    let overdue = format!(
        "CASE WHEN due > 0 AND due < $2 AND state IN ({}) THEN 1 ELSE 0 END",
        state_list(&with_the_body())
    );
    let through = if via.is_some() { "AND via = $3" } else { "" };
    let sql = format!(
        "SELECT prefecture, state, overdue, COUNT(*) AS count, COUNT(CASE WHEN asks > 0 THEN 1 \
         END) AS asking FROM
         (SELECT prefecture, state, asks, {overdue} AS overdue FROM exchange_deliveries WHERE \
         case_id = $1 {through}) AS d
         GROUP BY prefecture, state, overdue ORDER BY prefecture, state"
    );
    let mut query =
        sqlx::query(AssertSqlSafe(sql)).bind(case.to_string()).bind(number(Some(today)));
    if let Some(via) = via {
        query = query.bind(via.to_string());
    }
    let rows = query.fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(BoardCount {
                prefecture: text(row, "prefecture")?,
                state: state(int(row, "state")?)?,
                // PostgreSQL calls the constants of a CASE four-byte integers.
                overdue: small(row, "overdue")? != 0,
                count: counted(row, "count")?,
                asking: counted(row, "asking")?,
            })
        })
        .collect()
}

/// A page of a case's deliveries, by code.
///
/// # Errors
/// What the database can meet.
pub async fn board_rows(
    conn: &mut Conn,
    case: CaseId,
    filter: &BoardFilter,
) -> Result<Vec<BoardRow>> {
    let states = if filter.states.is_empty() { State::ALL.to_vec() } else { filter.states.clone() };
    // Codes are six digits by their type.
    let bodies = filter.bodies.as_ref().map_or(String::new(), |codes| {
        let list: Vec<String> = codes.iter().map(|code| format!("'{code}'")).collect();
        if list.is_empty() {
            "AND 1 = 0".to_owned()
        } else {
            format!("AND body IN ({})", list.join(", "))
        }
    });
    let sql = format!(
        "SELECT body, desk, state, due, asks, submitted_at, late, proxy, revision FROM \
         exchange_deliveries
         WHERE case_id = $1 AND ($2 = '' OR via = $2) AND ($3 = '' OR prefecture = $3) AND state \
         IN ({})
         AND ($4 = 0 OR (due > 0 AND due < $4)) AND asks >= $5 {bodies} ORDER BY body LIMIT $6 \
         OFFSET $7",
        state_list(&states)
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(case.to_string())
        .bind(filter.via.map(|via| via.to_string()).unwrap_or_default())
        .bind(filter.prefecture.clone().unwrap_or_default())
        .bind(number(filter.due_before))
        .bind(i64::from(filter.asking))
        .bind(i64::from(filter.limit))
        .bind(i64::from(filter.skip))
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(BoardRow {
                body: parsed(row, "body")?,
                desk: text(row, "desk")?,
                state: state(int(row, "state")?)?,
                due: date(int(row, "due")?)?,
                asks: flag(row, "asks")?,
                submitted_at: int(row, "submitted_at")?,
                late: flag(row, "late")?,
                proxy: flag(row, "proxy")?,
                revision: u64::try_from(int(row, "revision")?)
                    .map_err(|_| Fault::Corrupt("a revision".into()))?,
            })
        })
        .collect()
}

/// What a body has: what waits for it, by its day; then what is done, latest first.
///
/// # Errors
/// What the database can meet.
pub async fn inbox(
    conn: &mut Conn,
    body: BodyCode,
    skip: u32,
    limit: u32,
) -> Result<Vec<InboxRow>> {
    let waits = format!("c.stage = 1 AND d.state IN ({})", state_list(&with_the_body()));
    let sql = format!(
        "SELECT c.id, c.kind, c.stage, c.subject, c.deadline, d.desk, d.state, d.due FROM \
         exchange_deliveries d
         JOIN exchange_cases c ON c.id = d.case_id WHERE d.body = $1 AND d.state > 0
         ORDER BY CASE WHEN {waits} THEN 0 ELSE 1 END, CASE WHEN NOT ({waits}) THEN 0 WHEN d.due = \
         0 THEN 99999999 ELSE d.due END,
         c.id DESC LIMIT $2 OFFSET $3"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(i64::from(limit))
        .bind(i64::from(skip))
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(InboxRow {
                case: case_row(row)?,
                desk: text(row, "desk")?,
                state: state(int(row, "state")?)?,
                due: date(int(row, "due")?)?,
            })
        })
        .collect()
}

/// The cases that go through a prefecture, newest first.
///
/// # Errors
/// What the database can meet.
pub async fn watched(
    conn: &mut Conn,
    via: BodyCode,
    skip: u32,
    limit: u32,
) -> Result<Vec<WatchRow>> {
    let rows = sqlx::query(
        "SELECT c.id, c.kind, c.stage, c.subject, c.deadline, d.state, d.count FROM
         (SELECT case_id, state, COUNT(*) AS count FROM exchange_deliveries WHERE via = $1 GROUP \
         BY case_id, state) AS d
         JOIN (SELECT id, kind, stage, subject, deadline FROM exchange_cases
               WHERE id IN (SELECT case_id FROM exchange_deliveries WHERE via = $1) ORDER BY id \
               DESC LIMIT $2 OFFSET $3) AS c
         ON c.id = d.case_id ORDER BY c.id DESC, d.state",
    )
    .bind(via.to_string())
    .bind(i64::from(limit))
    .bind(i64::from(skip))
    .fetch_all(conn)
    .await?;
    let mut found: Vec<WatchRow> = Vec::new();
    for row in &rows {
        let case = case_row(row)?;
        let count = (state(int(row, "state")?)?, counted(row, "count")?);
        match found.last_mut().filter(|last| last.case.id == case.id) {
            Some(last) => last.counts.push(count),
            None => found.push(WatchRow { case, counts: vec![count] }),
        }
    }
    Ok(found)
}

fn counted(row: &AnyRow, column: &str) -> Result<u64> {
    u64::try_from(int(row, column)?).map_err(|_| Fault::Corrupt("a count".into()))
}

/// A number that one database calls small and the other does not.
fn small(row: &AnyRow, column: &str) -> Result<i64> {
    use sqlx::Row;
    match row.try_get::<i64, _>(column) {
        Ok(value) => Ok(value),
        Err(_) => Ok(i64::from(row.try_get::<i32, _>(column)?)),
    }
}
