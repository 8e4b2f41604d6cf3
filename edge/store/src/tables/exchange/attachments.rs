//! Attached files: bytes by their hash, once; a row for each place they are attached to.

use ::exchange::case::CaseId;
use ::exchange::ids::AttachmentId;
use people::BodyCode;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;

use super::signed;
use crate::row::{blob32, bytes, id, int, text};
use crate::{Conn, Fault, Result, Tx};

/// A file attached to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Its identity.
    pub id: AttachmentId,
    /// The case.
    pub case: CaseId,
    /// The body whose answer it belongs to; the letter's own, where there is none.
    pub body: Option<BodyCode>,
    /// Name as shown.
    pub name: String,
    /// Media type by its content.
    pub kind: String,
    /// Length in bytes.
    pub length: u64,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// When, Unix milliseconds.
    pub added: i64,
    /// Sign-in name of who attached it.
    pub added_by: String,
}

/// Attaches a file. Length and hash of the row are those of the bytes.
///
/// # Errors
/// [`Fault::Refused`] when they are not; [`Fault::Conflict`] when the identity is taken.
pub async fn add_attachment(tx: &mut Tx, row: &AttachmentRow, content: &[u8]) -> Result<()> {
    let hash: [u8; 32] = Sha256::digest(content).into();
    if hash != row.sha256 || row.length != content.len() as u64 {
        return Err(Fault::Refused("the file is not the one that is named".into()));
    }
    sqlx::query(
        "INSERT INTO exchange_blobs (sha256, bytes) VALUES ($1, $2) ON CONFLICT (sha256) \
        DO NOTHING",
    )
    .bind(hash.to_vec())
    .bind(content.to_vec())
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO exchange_attachments (id, case_id, body, name, kind, length, sha256, added, \
         added_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.id.0.to_vec())
    .bind(row.case.to_string())
    .bind(row.body.map(|body| body.to_string()).unwrap_or_default())
    .bind(row.name.clone())
    .bind(row.kind.clone())
    .bind(signed(row.length))
    .bind(row.sha256.to_vec())
    .bind(row.added)
    .bind(row.added_by.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The files of the letter, or of one body's answer, in the order they were attached.
///
/// # Errors
/// What the database can meet.
pub async fn attachments(
    conn: &mut Conn,
    case: CaseId,
    body: Option<BodyCode>,
) -> Result<Vec<AttachmentRow>> {
    let rows = sqlx::query(
        "SELECT id, case_id, body, name, kind, length, sha256, added, added_by FROM \
         exchange_attachments
         WHERE case_id = $1 AND body = $2 ORDER BY added, id",
    )
    .bind(case.to_string())
    .bind(body.map(|body| body.to_string()).unwrap_or_default())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// One file of a case, with its bytes.
///
/// # Errors
/// What the database can meet.
pub async fn attachment(
    conn: &mut Conn,
    case: CaseId,
    id: AttachmentId,
) -> Result<Option<(AttachmentRow, Vec<u8>)>> {
    let row = sqlx::query(
        "SELECT a.id, a.case_id, a.body, a.name, a.kind, a.length, a.sha256, a.added, a.added_by, \
         b.bytes
         FROM exchange_attachments a JOIN exchange_blobs b ON b.sha256 = a.sha256 WHERE a.case_id \
         = $1 AND a.id = $2",
    )
    .bind(case.to_string())
    .bind(id.0.to_vec())
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok((read(&row)?, bytes(&row, "bytes")?))).transpose()
}

/// Removes a file; its bytes go with the last place they were attached to. Answers whether it was
/// there.
///
/// # Errors
/// What the database can meet.
pub async fn remove_attachment(tx: &mut Tx, case: CaseId, id: AttachmentId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM exchange_attachments WHERE case_id = $1 AND id = $2")
        .bind(case.to_string())
        .bind(id.0.to_vec())
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "DELETE FROM exchange_blobs WHERE NOT EXISTS
         (SELECT 1 FROM exchange_attachments a WHERE a.sha256 = exchange_blobs.sha256)",
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<AttachmentRow> {
    let corrupt = |what: &str| Fault::Corrupt(format!("attachment: {what}"));
    let body = text(row, "body")?;
    Ok(AttachmentRow {
        id: id(row, "id")?,
        case: text(row, "case_id")?.parse().map_err(|_| corrupt("case"))?,
        body: if body.is_empty() { None } else { Some(body.parse().map_err(|_| corrupt("body"))?) },
        name: text(row, "name")?,
        kind: text(row, "kind")?,
        length: u64::try_from(int(row, "length")?).map_err(|_| corrupt("length"))?,
        sha256: blob32(row, "sha256")?,
        added: int(row, "added")?,
        added_by: text(row, "added_by")?,
    })
}
