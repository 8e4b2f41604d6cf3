//! What is being typed: kept as it is typed, good or not, so that a closed browser loses nothing.

use ::exchange::case::CaseId;
use people::BodyCode;

use crate::row::{int, text};
use crate::{Conn, Fault, Result, Tx};

/// Whose draft: of a body for a case, as a whole or of one division's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftKey {
    /// The case.
    pub case: CaseId,
    /// The body.
    pub body: BodyCode,
    /// Code of the division; empty for the desk.
    pub part: String,
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// One more with every save.
    pub revision: u64,
    /// The version of the answer it began with; 0 for none.
    pub base: u32,
    /// Sign-in name of who typed last.
    pub by: String,
    /// When, Unix milliseconds.
    pub at: i64,
    /// What stands in the fields, as the page that wrote it keeps it.
    pub content: String,
}

/// How a save went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// Kept, under this revision.
    Kept(u64),
    /// Somebody saved since: nothing was written, and this is theirs.
    Theirs(Draft),
}

/// The draft, if there is one.
///
/// # Errors
/// What the database can meet.
pub async fn draft(conn: &mut Conn, key: &DraftKey) -> Result<Option<Draft>> {
    let row = sqlx::query(
        "SELECT revision, base, saved_by, at, content FROM exchange_drafts WHERE case_id = $1 AND \
         body = $2 AND part = $3",
    )
    .bind(key.case.to_string())
    .bind(key.body.to_string())
    .bind(key.part.clone())
    .fetch_optional(conn)
    .await?;
    let corrupt = || Fault::Corrupt("a draft".into());
    row.map(|row| {
        Ok(Draft {
            revision: u64::try_from(int(&row, "revision")?).map_err(|_| corrupt())?,
            base: u32::try_from(int(&row, "base")?).map_err(|_| corrupt())?,
            by: text(&row, "saved_by")?,
            at: int(&row, "at")?,
            content: text(&row, "content")?,
        })
    })
    .transpose()
}

/// Keeps a draft, if `draft.revision` is the one that is there (0 when there is none); the kept one
/// has the next.
///
/// # Errors
/// What the database can meet.
pub async fn put_draft(tx: &mut Tx, key: &DraftKey, draft: &Draft) -> Result<Put> {
    let seen = i64::try_from(draft.revision).map_err(|_| Fault::Refused("a revision".into()))?;
    let done = sqlx::query(
        "INSERT INTO exchange_drafts (case_id, body, part, revision, base, saved_by, at, content)
         SELECT $1, $2, $3, $4 + 1, $5, $6, $7, $8 WHERE $4 = 0 OR EXISTS
         (SELECT 1 FROM exchange_drafts WHERE case_id = $1 AND body = $2 AND part = $3)
         ON CONFLICT (case_id, body, part) DO UPDATE SET revision = exchange_drafts.revision + 1, \
         base = excluded.base,
         saved_by = excluded.saved_by, at = excluded.at, content = excluded.content WHERE \
         exchange_drafts.revision = $4",
    )
    .bind(key.case.to_string())
    .bind(key.body.to_string())
    .bind(key.part.clone())
    .bind(seen)
    .bind(i64::from(draft.base))
    .bind(draft.by.clone())
    .bind(draft.at)
    .bind(draft.content.clone())
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(Put::Kept(draft.revision + 1));
    }
    match self::draft(tx, key).await? {
        Some(theirs) => Ok(Put::Theirs(theirs)),
        // It was saved as an answer and removed meanwhile.
        None => Box::pin(put_draft(tx, key, &Draft { revision: 0, ..draft.clone() })).await,
    }
}

/// Removes a draft that was saved as an answer.
///
/// # Errors
/// What the database can meet.
pub async fn remove_draft(tx: &mut Tx, key: &DraftKey) -> Result<()> {
    sqlx::query("DELETE FROM exchange_drafts WHERE case_id = $1 AND body = $2 AND part = $3")
        .bind(key.case.to_string())
        .bind(key.body.to_string())
        .bind(key.part.clone())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
