//! How far each chain of the record was verified, and when.

use audit::{Chain, Head};

use crate::audit_log::{number, signed};
use crate::row::{blob32, int};
use crate::{Conn, Result, Tx};

/// The last record of a chain that was verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Its number and hash.
    pub head: Head,
    /// When, Unix milliseconds.
    pub at: i64,
    /// When the chain was last walked from its beginning.
    pub whole: i64,
}

/// How far a chain was verified.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, chain: Chain) -> Result<Option<Verified>> {
    let row = sqlx::query("SELECT seq, hash, at, whole FROM audit_verified WHERE chain = $1")
        .bind(chain.as_str().to_owned())
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        let head = Head { seq: number(int(&row, "seq")?)?, hash: blob32(&row, "hash")? };
        Ok(Verified { head, at: int(&row, "at")?, whole: int(&row, "whole")? })
    })
    .transpose()
}

/// Keeps it. What is kept is never lowered: a walk that came less far says nothing of what stood
/// behind it.
///
/// # Errors
/// What the database can meet.
pub async fn put(tx: &mut Tx, chain: Chain, verified: &Verified) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit_verified (chain, seq, hash, at, whole) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, at = \
         excluded.at, whole = excluded.whole
         WHERE excluded.seq >= audit_verified.seq",
    )
    .bind(chain.as_str().to_owned())
    .bind(signed(verified.head.seq)?)
    .bind(verified.head.hash.to_vec())
    .bind(verified.at)
    .bind(verified.whole)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
