//! Reminders (督促) that were given, and the deliveries that may be due for one.

use std::collections::BTreeSet;

use ::exchange::case::{Addressee, Case, CaseId, Delivery, Reminder, State};
use jiff::civil::Date;
use people::BodyCode;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::{date, number, read, state_list};
use crate::row::{int, parsed, text};
use crate::{Conn, Fault, Result, Tx};

/// Open cases with an answer to come by `until` at the latest, each with the deliveries whose next
/// step is the body's: what `exchange::case::due_reminders` looks at.
///
/// # Errors
/// What the database can meet.
pub async fn remindable(conn: &mut Conn, until: Date) -> Result<Vec<(Case, Vec<Delivery>)>> {
    let states: Vec<State> =
        State::ALL.into_iter().filter(|state| state.awaits_the_body()).collect();
    let sql = format!(
        "SELECT d.case_id, d.doc FROM exchange_deliveries d JOIN exchange_cases c ON c.id = \
         d.case_id
         WHERE c.stage = 1 AND d.due > 0 AND d.due <= $1 AND d.state IN ({}) ORDER BY d.case_id, \
         d.body",
        state_list(&states)
    );
    let rows =
        sqlx::query(AssertSqlSafe(sql)).bind(number(Some(until))).fetch_all(&mut *conn).await?;
    let mut found: Vec<(Case, Vec<Delivery>)> = Vec::new();
    for row in &rows {
        let id: CaseId = parsed(row, "case_id")?;
        let delivery: Delivery = read(&text(row, "doc")?)?;
        if found.last().is_none_or(|(case, _)| case.id != id) {
            let case = super::case(conn, id)
                .await?
                .ok_or_else(|| Fault::Corrupt("a delivery without its case".into()))?;
            found.push((case, Vec::new()));
        }
        if let Some((_, deliveries)) = found.last_mut() {
            deliveries.push(delivery);
        }
    }
    Ok(found)
}

/// What was given already for a case.
///
/// # Errors
/// What the database can meet.
pub async fn reminders_sent(conn: &mut Conn, case: CaseId) -> Result<BTreeSet<Reminder>> {
    let rows = sqlx::query(
        "SELECT r.case_id, r.body, d.desk, r.deadline, r.days FROM exchange_reminders r
         JOIN exchange_deliveries d ON d.case_id = r.case_id AND d.body = r.body WHERE r.case_id = \
         $1",
    )
    .bind(case.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(reminder).collect()
}

/// The reminders a body was given since a moment (Unix milliseconds), latest first, with when.
///
/// # Errors
/// What the database can meet.
pub async fn recent_reminders(
    conn: &mut Conn,
    body: BodyCode,
    since: i64,
) -> Result<Vec<(Reminder, i64)>> {
    let rows = sqlx::query(
        "SELECT r.case_id, r.body, d.desk, r.deadline, r.days, r.at FROM exchange_reminders r
         JOIN exchange_deliveries d ON d.case_id = r.case_id AND d.body = r.body
         WHERE r.body = $1 AND r.at >= $2 ORDER BY r.at DESC, r.case_id LIMIT 100",
    )
    .bind(body.to_string())
    .bind(since)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((reminder(row)?, int(row, "at")?))).collect()
}

/// Writes down that one was given. Answers whether it is the first of its kind.
///
/// # Errors
/// What the database can meet.
pub async fn add_reminder(tx: &mut Tx, reminder: &Reminder, at: i64) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO exchange_reminders (case_id, body, deadline, days, at) VALUES ($1, $2, $3, \
         $4, $5)
         ON CONFLICT (case_id, body, deadline, days) DO NOTHING",
    )
    .bind(reminder.case.to_string())
    .bind(reminder.to.body.to_string())
    .bind(number(Some(reminder.deadline)))
    .bind(i64::from(reminder.days))
    .bind(at)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn reminder(row: &AnyRow) -> Result<Reminder> {
    let corrupt = || Fault::Corrupt("a reminder".into());
    Ok(Reminder {
        case: parsed(row, "case_id")?,
        to: Addressee { body: parsed(row, "body")?, desk: text(row, "desk")? },
        deadline: date(int(row, "deadline")?)?.ok_or_else(corrupt)?,
        days: i32::try_from(int(row, "days")?).map_err(|_| corrupt())?,
    })
}
