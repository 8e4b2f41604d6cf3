//! Calendar feeds: who may read which telework days under an address. Only the hash of the
//! address's token is kept.

use crate::row::{blob32, id, int, opt_id, parsed};
use crate::{Conn, Result, Tx};
use people::{BodyCode, DivisionId, StaffId};
use sqlx::any::AnyRow;

/// One feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feed {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// The body.
    pub body: BodyCode,
    /// Who asked for it; it shows what this person may see at the time it is read.
    pub staff: StaffId,
    /// The team it shows; none for the person's own days.
    pub division: Option<DivisionId>,
    /// When it was made, Unix milliseconds.
    pub made: i64,
}

/// Adds a feed.
///
/// # Errors
/// What the database can meet.
pub async fn add_feed(tx: &mut Tx, feed: &Feed) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_feeds (hash, body, staff, division, made) VALUES ($1, $2, \
        $3, $4, $5)",
    )
    .bind(feed.hash.to_vec())
    .bind(feed.body.to_string())
    .bind(feed.staff.0.to_vec())
    .bind(feed.division.map(|division| division.0.to_vec()))
    .bind(feed.made)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The feed of a token's hash.
///
/// # Errors
/// What the database can meet.
pub async fn feed(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<Feed>> {
    let row =
        sqlx::query("SELECT hash, body, staff, division, made FROM telework_feeds WHERE hash = $1")
            .bind(hash.to_vec())
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(feed_row).transpose()
}

/// A person's feeds, the newest first.
///
/// # Errors
/// What the database can meet.
pub async fn feeds_of(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<Vec<Feed>> {
    let rows = sqlx::query(
        "SELECT hash, body, staff, division, made FROM telework_feeds WHERE body = $1 AND staff = \
         $2 ORDER BY made DESC",
    )
    .bind(body.to_string())
    .bind(staff.0.to_vec())
    .fetch_all(conn)
    .await?;
    rows.iter().map(feed_row).collect()
}

/// Ends a person's feeds of one team, or of her own days. Answers how many there were.
///
/// # Errors
/// What the database can meet.
pub async fn remove_feeds(
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
    division: Option<DivisionId>,
) -> Result<u64> {
    let query = match division {
        None => sqlx::query(
            "DELETE FROM telework_feeds WHERE body = $1 AND staff = $2 AND division IS NULL",
        ),
        Some(_) => sqlx::query(
            "DELETE FROM telework_feeds WHERE body = $1 AND staff = $2 AND division = $3",
        ),
    };
    let query = query.bind(body.to_string()).bind(staff.0.to_vec());
    let query = if let Some(division) = division { query.bind(division.0.to_vec()) } else { query };
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

/// Ends every feed of a person. Answers how many there were.
///
/// # Errors
/// What the database can meet.
pub async fn remove_all_feeds(tx: &mut Tx, body: BodyCode, staff: StaffId) -> Result<u64> {
    let query = sqlx::query("DELETE FROM telework_feeds WHERE body = $1 AND staff = $2")
        .bind(body.to_string())
        .bind(staff.0.to_vec());
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

fn feed_row(row: &AnyRow) -> Result<Feed> {
    Ok(Feed {
        hash: blob32(row, "hash")?,
        body: parsed(row, "body")?,
        staff: id(row, "staff")?,
        division: opt_id(row, "division")?,
        made: int(row, "made")?,
    })
}
