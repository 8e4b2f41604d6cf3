//! Answers to the survey that a person has settled, by question and period.

use super::{number, read, write};
use crate::row::text;
use crate::{Conn, Result, Tx};
use jiff::civil::Date;
use people::BodyCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What was settled for a period, by question.
///
/// # Errors
/// What the database can meet.
pub async fn settled<T: DeserializeOwned>(
    conn: &mut Conn,
    body: BodyCode,
    first: Date,
    last: Date,
) -> Result<BTreeMap<String, T>> {
    let rows = sqlx::query(
        "SELECT question, doc FROM telework_answers WHERE body = $1 AND \
        first_day = $2 AND last_day = $3",
    )
    .bind(body.to_string())
    .bind(number(first))
    .bind(number(last))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((text(row, "question")?, read(&text(row, "doc")?)?))).collect()
}

/// Settles one, or changes what was settled. `at` is Unix milliseconds.
///
/// # Errors
/// What the database can meet.
pub async fn put_settled<T: Serialize>(
    tx: &mut Tx,
    body: BodyCode,
    question: &str,
    (first, last): (Date, Date),
    value: &T,
    at: i64,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_answers (body, question, first_day, last_day, at, doc) VALUES ($1, \
         $2, $3, $4, $5, $6)
         ON CONFLICT (body, question, first_day, last_day) DO UPDATE SET at = excluded.at, doc = \
         excluded.doc",
    )
    .bind(body.to_string())
    .bind(question.to_owned())
    .bind(number(first))
    .bind(number(last))
    .bind(at)
    .bind(write(value)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Opens one again. Answers whether it was settled.
///
/// # Errors
/// What the database can meet.
pub async fn remove_settled(
    tx: &mut Tx,
    body: BodyCode,
    question: &str,
    (first, last): (Date, Date),
) -> Result<bool> {
    let done = sqlx::query(
        "DELETE FROM telework_answers WHERE body = $1 AND question = $2 AND \
        first_day = $3 AND last_day = $4",
    )
    .bind(body.to_string())
    .bind(question.to_owned())
    .bind(number(first))
    .bind(number(last))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
