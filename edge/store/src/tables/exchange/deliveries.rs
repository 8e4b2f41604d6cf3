//! What each body has of a case, with its answer and its receipts.

use ::exchange::case::{CaseId, Delivery, Receipt, ReceiptNumber, SubmitKey};
use jiff::Timestamp;
use people::BodyCode;
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;

use super::answers::{add_answer, answer_version};
use super::{number, read, signed, state_number, write};
use crate::row::{bytes, flag, int, opt_text, parsed, text};
use crate::{Conn, Fault, Result, Tx};

/// A receipt with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipted {
    /// The receipt.
    pub receipt: Receipt,
    /// The revision of the delivery now.
    pub revision: u64,
}

/// Adds the deliveries a case was sent out as.
///
/// # Errors
/// [`Fault::Conflict`] when a body has one already.
pub async fn add_deliveries(tx: &mut Tx, deliveries: &[Delivery], at: i64) -> Result<()> {
    for delivery in deliveries {
        kept(
            "INSERT INTO exchange_deliveries (case_id, body, prefecture, desk, via, state, due, \
             asks, answer, submitted,
             submitted_at, late, proxy, revision, changed, doc)
             VALUES ($1, $2, $14, $15, $16, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            delivery,
            at,
        )?
        .bind(delivery.to.body.prefecture().to_owned())
        .bind(delivery.to.desk.clone())
        .bind(delivery.via.map(|via| via.to_string()))
        .execute(&mut **tx)
        .await?;
        follow(tx, delivery).await?;
    }
    Ok(())
}

/// Keeps what a decision made of a delivery, with a new version of its answer and a new receipt if
/// there is one, if nobody decided since `seen`. Answers whether it was kept; when not, nothing was
/// written.
///
/// # Errors
/// [`Fault::Conflict`] when the version or receipt is there already.
pub async fn put_delivery(tx: &mut Tx, seen: u64, delivery: &Delivery, at: i64) -> Result<bool> {
    let done = kept(
        "UPDATE exchange_deliveries SET state = $3, due = $4, asks = $5, answer = $6, submitted = \
         $7, submitted_at = $8, late = $9,
         proxy = $10, revision = $11, changed = $12, doc = $13 WHERE case_id = $1 AND body = $2 \
         AND revision = $14",
        delivery,
        at,
    )?
    .bind(signed(seen))
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    follow(tx, delivery).await?;
    Ok(true)
}

/// A statement with what is kept of a delivery as $1 to $13: its key, the columns it is searched
/// and counted by, and the document.
fn kept(
    sql: &'static str,
    delivery: &Delivery,
    at: i64,
) -> Result<Query<'static, Any, AnyArguments>> {
    let (answer, receipt) = (delivery.answer.as_ref(), delivery.receipts.last());
    Ok(sqlx::query(sql)
        .bind(delivery.case.to_string())
        .bind(delivery.to.body.to_string())
        .bind(state_number(delivery.state))
        .bind(number(delivery.deadline.map(|deadline| deadline.day())))
        .bind(i64::from(delivery.extension.is_some()))
        .bind(answer.map_or(0, |answer| i64::from(answer.number)))
        .bind(receipt.map_or(0, |receipt| i64::from(receipt.version)))
        .bind(receipt.map_or(0, |receipt| receipt.at.as_millisecond()))
        .bind(i64::from(receipt.is_some_and(|receipt| receipt.late)))
        .bind(i64::from(answer.is_some_and(|answer| answer.proxy)))
        .bind(signed(delivery.revision))
        .bind(at)
        .bind(document(delivery)?))
}

/// The rows beside a delivery: a new version, a new receipt, the parts of divisions.
async fn follow(tx: &mut Tx, delivery: &Delivery) -> Result<()> {
    let (case, body) = (delivery.case.to_string(), delivery.to.body.to_string());
    if let Some(answer) = &delivery.answer {
        let row = sqlx::query(
            "SELECT COALESCE(MAX(version), 0) AS last FROM exchange_answers \
            WHERE case_id = $1 AND body = $2",
        )
        .bind(case.clone())
        .bind(body.clone())
        .fetch_one(&mut **tx)
        .await?;
        if int(&row, "last")? < i64::from(answer.number) {
            add_answer(tx, delivery.case, delivery.to.body, answer).await?;
        }
    }
    let row = sqlx::query(
        "SELECT COALESCE(MAX(count), 0) AS last FROM exchange_receipts WHERE \
        case_id = $1 AND body = $2",
    )
    .bind(case.clone())
    .bind(body.clone())
    .fetch_one(&mut **tx)
    .await?;
    let last = int(&row, "last")?;
    for receipt in delivery.receipts.iter().filter(|receipt| i64::from(receipt.number.count) > last)
    {
        sqlx::query(
            "INSERT INTO exchange_receipts (case_id, body, count, submit_key, version, at, late) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(case.clone())
        .bind(body.clone())
        .bind(i64::from(receipt.number.count))
        .bind(receipt.key.0.to_vec())
        .bind(i64::from(receipt.version))
        .bind(receipt.at.as_millisecond())
        .bind(i64::from(receipt.late))
        .execute(&mut **tx)
        .await?;
    }
    sqlx::query("DELETE FROM exchange_parts WHERE case_id = $1 AND body = $2")
        .bind(case.clone())
        .bind(body.clone())
        .execute(&mut **tx)
        .await?;
    for (division, part) in &delivery.parts {
        sqlx::query(
            "INSERT INTO exchange_parts (case_id, body, division, until, done) VALUES ($1, \
            $2, $3, $4, $5)",
        )
        .bind(case.clone())
        .bind(body.clone())
        .bind(division.clone())
        .bind(number(part.until))
        .bind(part.done.map_or(0, |at| at.as_millisecond()))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// What one body has of a case, with the latest version of its answer.
///
/// # Errors
/// What the database can meet.
pub async fn delivery(conn: &mut Conn, case: CaseId, body: BodyCode) -> Result<Option<Delivery>> {
    let sql = format!("{SELECT} WHERE d.case_id = $1 AND d.body = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(case.to_string())
        .bind(body.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(whole).transpose()
}

/// Every delivery of a case, or only those that go through one prefecture, by code, with answers:
/// for a bundle, a workbook of a prefecture, or an act on many.
///
/// # Errors
/// What the database can meet.
pub async fn deliveries(
    conn: &mut Conn,
    case: CaseId,
    via: Option<BodyCode>,
) -> Result<Vec<Delivery>> {
    let sql = format!("{SELECT} WHERE d.case_id = $1 AND ($2 = '' OR d.via = $2) ORDER BY d.body");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(case.to_string())
        .bind(via.map(|via| via.to_string()).unwrap_or_default())
        .fetch_all(conn)
        .await?;
    rows.iter().map(whole).collect()
}

/// The parts of cases a division was asked for and that are still with the body: case, last day,
/// whether it is done.
///
/// # Errors
/// What the database can meet.
pub async fn parts_of(
    conn: &mut Conn,
    body: BodyCode,
    division: &str,
) -> Result<Vec<(CaseId, Option<jiff::civil::Date>, bool)>> {
    let rows = sqlx::query(
        "SELECT p.case_id AS id, p.until, p.done FROM exchange_parts p
         JOIN exchange_cases c ON c.id = p.case_id WHERE p.body = $1 AND p.division = $2 AND \
         c.stage = 1 ORDER BY p.done, p.until, p.case_id",
    )
    .bind(body.to_string())
    .bind(division.to_owned())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok((parsed(row, "id")?, super::date(int(row, "until")?)?, int(row, "done")? != 0))
        })
        .collect()
}

/// The receipt with this number, if it was given.
///
/// # Errors
/// What the database can meet.
pub async fn receipt(conn: &mut Conn, number: ReceiptNumber) -> Result<Option<Receipted>> {
    let row = sqlx::query(
        "SELECT r.submit_key, r.version, r.at, r.late, d.revision FROM exchange_receipts r
         JOIN exchange_deliveries d ON d.case_id = r.case_id AND d.body = r.body
         WHERE r.case_id = $1 AND r.body = $2 AND r.count = $3",
    )
    .bind(number.case.to_string())
    .bind(number.body.to_string())
    .bind(i64::from(number.count))
    .fetch_optional(conn)
    .await?;
    let corrupt = || Fault::Corrupt("a receipt".into());
    row.map(|row| {
        let receipt = Receipt {
            number,
            key: SubmitKey(bytes(&row, "submit_key")?.try_into().map_err(|_| corrupt())?),
            version: u32::try_from(int(&row, "version")?).map_err(|_| corrupt())?,
            at: Timestamp::from_millisecond(int(&row, "at")?).map_err(|_| corrupt())?,
            late: flag(&row, "late")?,
        };
        Ok(Receipted {
            receipt,
            revision: u64::try_from(int(&row, "revision")?).map_err(|_| corrupt())?,
        })
    })
    .transpose()
}

const SELECT: &str = "SELECT d.doc, a.version, a.at, a.saved_by, a.reason, a.proxy, a.sheet FROM \
    exchange_deliveries d
     LEFT JOIN exchange_answers a ON a.case_id = d.case_id AND a.body = d.body AND a.version = \
     d.answer";

fn whole(row: &AnyRow) -> Result<Delivery> {
    let mut delivery: Delivery = read(&text(row, "doc")?)?;
    if opt_text(row, "sheet")?.is_some() {
        delivery.answer = Some(answer_version(row)?);
    }
    Ok(delivery)
}

fn document(delivery: &Delivery) -> Result<String> {
    write(&Delivery { answer: None, ..delivery.clone() })
}
