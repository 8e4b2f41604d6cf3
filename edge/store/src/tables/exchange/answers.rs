//! Answers: every version that was saved, and the ones that count.

use std::collections::{BTreeMap, BTreeSet};

use ::exchange::case::{AnswerVersion, CaseId, State};
use ::exchange::form::FormRef;
use ::exchange::value::Sheet;
use jiff::Timestamp;
use people::BodyCode;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::{read, state_list, write};
use crate::row::{flag, int, parsed, text};
use crate::{Conn, Fault, Result, Tx};

/// Answers of one case: what `exchange::tally` counts.
pub type Year = BTreeMap<BodyCode, Sheet>;

/// The submitted answers of the bodies in one of these states (the version of the last receipt, not
/// what was typed since), by body.
/// With `via`, only of the prefecture's own and of those that go through it.
///
/// # Errors
/// What the database can meet.
pub async fn answers(
    conn: &mut Conn,
    case: CaseId,
    via: Option<BodyCode>,
    states: &[State],
) -> Result<Year> {
    let sql = format!(
        "SELECT d.body, a.sheet FROM exchange_deliveries d
         JOIN exchange_answers a ON a.case_id = d.case_id AND a.body = d.body AND a.version = \
         d.submitted
         WHERE d.case_id = $1 AND ($2 = '' OR d.via = $2 OR d.body = $2) AND d.state IN ({})",
        state_list(states)
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(case.to_string())
        .bind(via.map(|via| via.to_string()).unwrap_or_default())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((parsed(row, "body")?, read(&text(row, "sheet")?)?))).collect()
}

/// What changes whenever an answer of the case, or whether it counts, may have changed: deliveries
/// and the sum of their revisions.
///
/// # Errors
/// What the database can meet.
pub async fn answers_stamp(conn: &mut Conn, case: CaseId) -> Result<(i64, i64)> {
    let sql = "SELECT COUNT(*) AS many, CAST(COALESCE(SUM(revision), 0) AS BIGINT) AS changes FROM \
        exchange_deliveries WHERE case_id = $1";
    let row = sqlx::query(sql).bind(case.to_string()).fetch_one(conn).await?;
    Ok((int(&row, "many")?, int(&row, "changes")?))
}

/// The submitted answers of these bodies, whatever their state: last year's figures of a body and
/// its predecessors.
///
/// # Errors
/// What the database can meet.
pub async fn answers_of(
    conn: &mut Conn,
    case: CaseId,
    bodies: &BTreeSet<BodyCode>,
) -> Result<Year> {
    let mut found = Year::new();
    for body in bodies {
        let row = sqlx::query(
            "SELECT a.sheet FROM exchange_deliveries d
             JOIN exchange_answers a ON a.case_id = d.case_id AND a.body = d.body AND a.version = \
             d.submitted
             WHERE d.case_id = $1 AND d.body = $2",
        )
        .bind(case.to_string())
        .bind(body.to_string())
        .fetch_optional(&mut *conn)
        .await?;
        if let Some(row) = row {
            found.insert(*body, read(&text(&row, "sheet")?)?);
        }
    }
    Ok(found)
}

/// The latest case that was sent with this form.
///
/// # Errors
/// What the database can meet.
pub async fn case_of_form(conn: &mut Conn, form: &FormRef) -> Result<Option<CaseId>> {
    let row = sqlx::query(
        "SELECT MAX(id) AS id FROM exchange_cases WHERE form_id = $1 AND \
        form_version = $2 AND stage > 0",
    )
    .bind(form.id.clone())
    .bind(form.version.clone())
    .fetch_one(conn)
    .await?;
    crate::row::opt_text(&row, "id")?
        .map(|id| id.parse().map_err(|_| Fault::Corrupt("number of a case".into())))
        .transpose()
}

/// Every version of a body's answer, oldest first.
///
/// # Errors
/// What the database can meet.
pub async fn answer_versions(
    conn: &mut Conn,
    case: CaseId,
    body: BodyCode,
) -> Result<Vec<AnswerVersion>> {
    let rows = sqlx::query(
        "SELECT version, at, saved_by, reason, proxy, sheet FROM exchange_answers WHERE case_id = \
         $1 AND body = $2 ORDER BY version",
    )
    .bind(case.to_string())
    .bind(body.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(answer_version).collect()
}

pub(super) async fn add_answer(
    tx: &mut Tx,
    case: CaseId,
    body: BodyCode,
    answer: &AnswerVersion,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO exchange_answers (case_id, body, version, at, saved_by, reason, proxy, sheet) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(case.to_string())
    .bind(body.to_string())
    .bind(i64::from(answer.number))
    .bind(answer.at.as_millisecond())
    .bind(answer.by.clone())
    .bind(answer.reason.clone())
    .bind(i64::from(answer.proxy))
    .bind(write(&answer.sheet)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) fn answer_version(row: &AnyRow) -> Result<AnswerVersion> {
    let corrupt = || Fault::Corrupt("version of an answer".into());
    Ok(AnswerVersion {
        number: u32::try_from(int(row, "version")?).map_err(|_| corrupt())?,
        sheet: read(&text(row, "sheet")?)?,
        at: Timestamp::from_millisecond(int(row, "at")?).map_err(|_| corrupt())?,
        by: text(row, "saved_by")?,
        reason: text(row, "reason")?,
        proxy: flag(row, "proxy")?,
    })
}
