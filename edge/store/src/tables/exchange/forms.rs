//! Form files: by name and version, their text by its hash. What a case was sent with never
//! changes.

use ::exchange::form::FormRef;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;

use crate::row::{blob32, flag, int, text};
use crate::{Conn, Result, Tx};

/// A form in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormRow {
    /// Survey and version.
    pub name: FormRef,
    /// Title.
    pub title: String,
    /// SHA-256 of its text.
    pub sha256: [u8; 32],
    /// Whether a case was sent with it: then it stays as it is.
    pub fixed: bool,
    /// When this text was added, Unix milliseconds.
    pub added: i64,
    /// Sign-in name of who added it.
    pub added_by: String,
}

/// Adds a form, or replaces the text of one no case was sent with. Answers whether it was kept; the
/// same text again is.
///
/// # Errors
/// What the database can meet.
pub async fn put_form(
    tx: &mut Tx,
    name: &FormRef,
    title: &str,
    source: &str,
    at: i64,
    by: &str,
) -> Result<bool> {
    let hash = Sha256::digest(source.as_bytes()).to_vec();
    sqlx::query(
        "INSERT INTO exchange_form_files (sha256, source) VALUES ($1, $2) ON CONFLICT \
        (sha256) DO NOTHING",
    )
    .bind(hash.clone())
    .bind(source.to_owned())
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query(
        "INSERT INTO exchange_forms (id, version, title, sha256, fixed, added, added_by) VALUES \
         ($1, $2, $3, $4, 0, $5, $6)
         ON CONFLICT (id, version) DO UPDATE SET title = excluded.title, sha256 = excluded.sha256, \
         added = excluded.added,
         added_by = excluded.added_by WHERE exchange_forms.fixed = 0 OR exchange_forms.sha256 = \
         excluded.sha256",
    )
    .bind(name.id.clone())
    .bind(name.version.clone())
    .bind(title.to_owned())
    .bind(hash)
    .bind(at)
    .bind(by.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// From now on the form stays as it is: a case goes out with it.
///
/// # Errors
/// What the database can meet.
pub async fn fix_form(tx: &mut Tx, name: &FormRef) -> Result<()> {
    sqlx::query("UPDATE exchange_forms SET fixed = 1 WHERE id = $1 AND version = $2")
        .bind(name.id.clone())
        .bind(name.version.clone())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A form with its text.
///
/// # Errors
/// What the database can meet.
pub async fn form(conn: &mut Conn, name: &FormRef) -> Result<Option<(FormRow, String)>> {
    let row = sqlx::query(
        "SELECT f.id, f.version, f.title, f.sha256, f.fixed, f.added, f.added_by, s.source FROM \
         exchange_forms f
         JOIN exchange_form_files s ON s.sha256 = f.sha256 WHERE f.id = $1 AND f.version = $2",
    )
    .bind(name.id.clone())
    .bind(name.version.clone())
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok((read(&row)?, text(&row, "source")?))).transpose()
}

/// Every form, by survey, latest first.
///
/// # Errors
/// What the database can meet.
pub async fn forms(conn: &mut Conn) -> Result<Vec<FormRow>> {
    let rows = sqlx::query(
        "SELECT id, version, title, sha256, fixed, added, added_by FROM exchange_forms ORDER BY \
         id, added DESC, version LIMIT 1000",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<FormRow> {
    Ok(FormRow {
        name: FormRef { id: text(row, "id")?, version: text(row, "version")? },
        title: text(row, "title")?,
        sha256: blob32(row, "sha256")?,
        fixed: flag(row, "fixed")?,
        added: int(row, "added")?,
        added_by: text(row, "added_by")?,
    })
}
