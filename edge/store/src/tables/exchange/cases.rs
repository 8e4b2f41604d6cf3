//! Cases (案件).

use std::collections::BTreeSet;

use ::exchange::case::{Addressee, Case, CaseId, CaseKind, Stage};
use jiff::civil::Date;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::{date, kind, kind_number, number, read, signed, stage, stage_number, write};
use crate::row::{int, parsed, text};
use crate::{Conn, Result, Tx};

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// Its number.
    pub id: CaseId,
    /// What it is.
    pub kind: CaseKind,
    /// Where it stands.
    pub stage: Stage,
    /// 件名
    pub subject: String,
    /// The ministry's last day.
    pub deadline: Option<Date>,
}

/// The next free serial number of a fiscal year. Inside a write of the ministry's turn it stays
/// free until the commit.
///
/// # Errors
/// What the database can meet.
pub async fn next_serial(conn: &mut Conn, year: u16) -> Result<CaseId> {
    let row =
        sqlx::query("SELECT COALESCE(MAX(id), '') AS last FROM exchange_cases WHERE id LIKE $1")
            .bind(format!("{year:04}-%"))
            .fetch_one(conn)
            .await?;
    let serial =
        text(&row, "last")?.parse::<CaseId>().map_or(1, |last| last.serial.saturating_add(1));
    Ok(CaseId { year, serial })
}

/// Adds a case.
///
/// # Errors
/// [`crate::Fault::Conflict`] when its number is taken.
pub async fn add_case(tx: &mut Tx, case: &Case) -> Result<()> {
    sqlx::query(
        "INSERT INTO exchange_cases (id, stage, kind, subject, deadline, sent, form_id, \
         form_version, revision, addressees, doc)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(case.id.to_string())
    .bind(stage_number(case.stage))
    .bind(kind_number(case.kind))
    .bind(case.letter.subject.clone())
    .bind(number(case.deadline))
    .bind(case.sent_at.map_or(0, |at| at.as_millisecond()))
    .bind(case.form.as_ref().map(|form| form.id.clone()))
    .bind(case.form.as_ref().map(|form| form.version.clone()))
    .bind(signed(case.revision))
    .bind(write(&case.addressees)?)
    .bind(document(case)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps what a decision made of a case, if nobody decided since `seen`. Addressees are kept with
/// it while it is a draft; after that its deliveries are the addressees, and they stay. Answers
/// whether it was kept.
///
/// # Errors
/// What the database can meet.
pub async fn put_case(tx: &mut Tx, seen: u64, case: &Case) -> Result<bool> {
    let draft = case.stage == Stage::Draft;
    let addressees = if draft { ", addressees = $11" } else { "" };
    let sql = format!(
        "UPDATE exchange_cases SET stage = $3, kind = $4, subject = $5, deadline = $6, sent = $7, \
         form_id = $8, form_version = $9,
         revision = $10, doc = ${}{addressees} WHERE id = $1 AND revision = $2",
        if draft { 12 } else { 11 }
    );
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .bind(case.id.to_string())
        .bind(signed(seen))
        .bind(stage_number(case.stage))
        .bind(kind_number(case.kind))
        .bind(case.letter.subject.clone())
        .bind(number(case.deadline))
        .bind(case.sent_at.map_or(0, |at| at.as_millisecond()))
        .bind(case.form.as_ref().map(|form| form.id.clone()))
        .bind(case.form.as_ref().map(|form| form.version.clone()))
        .bind(signed(case.revision));
    if draft {
        query = query.bind(write(&case.addressees)?);
    }
    Ok(query.bind(document(case)?).execute(&mut **tx).await?.rows_affected() == 1)
}

/// One case. Its addressees are left out, for they may be thousands and few pages need them: see
/// [`addressees`].
///
/// # Errors
/// What the database can meet.
pub async fn case(conn: &mut Conn, id: CaseId) -> Result<Option<Case>> {
    let row = sqlx::query("SELECT doc FROM exchange_cases WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| read(&text(&row, "doc")?)).transpose()
}

/// To whom a case goes.
///
/// # Errors
/// What the database can meet.
pub async fn addressees(conn: &mut Conn, id: CaseId) -> Result<BTreeSet<Addressee>> {
    let row = sqlx::query("SELECT addressees FROM exchange_cases WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(BTreeSet::new()), |row| read(&text(&row, "addressees")?))
}

/// Cases whose subject or number contains the text, newest first.
///
/// # Errors
/// What the database can meet.
pub async fn cases(
    conn: &mut Conn,
    containing: &str,
    skip: u32,
    limit: u32,
) -> Result<Vec<CaseRow>> {
    let rows = sqlx::query(
        "SELECT id, kind, stage, subject, deadline FROM exchange_cases WHERE subject LIKE $1 OR id \
         LIKE $1 ORDER BY id DESC
         LIMIT $2 OFFSET $3",
    )
    .bind(format!("%{}%", containing.replace(['%', '_', '\\'], "")))
    .bind(i64::from(limit))
    .bind(i64::from(skip))
    .fetch_all(conn)
    .await?;
    rows.iter().map(case_row).collect()
}

/// The columns of a [`CaseRow`].
pub(super) fn case_row(row: &AnyRow) -> Result<CaseRow> {
    Ok(CaseRow {
        id: parsed(row, "id")?,
        kind: kind(int(row, "kind")?)?,
        stage: stage(int(row, "stage")?)?,
        subject: text(row, "subject")?,
        deadline: date(int(row, "deadline")?)?,
    })
}

fn document(case: &Case) -> Result<String> {
    write(&Case { addressees: BTreeSet::new(), ..case.clone() })
}
