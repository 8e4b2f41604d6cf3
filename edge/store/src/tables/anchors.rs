//! Anchors of the record: their lines, what they say of each chain, and how far each receiver has
//! them.

use audit::{Chain, Head};
use sqlx::any::AnyRow;

use crate::audit_log::{number, signed};
use crate::row::{blob32, int, text};
use crate::{Conn, Fault, Result, Tx};

/// A line that was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnchorLine {
    /// Its number.
    pub number: u64,
    /// The line.
    pub line: String,
}

/// Chains whose head is not the one that was anchored last; with `all`, every chain. By code.
///
/// # Errors
/// What the database can meet.
pub async fn due(conn: &mut Conn, all: bool) -> Result<Vec<(Chain, Head)>> {
    let sql = "SELECT h.chain, h.seq, h.hash FROM audit_heads h LEFT JOIN anchored_heads a ON \
        a.chain = h.chain
               WHERE h.seq > 0 AND ($1 = 1 OR a.seq IS NULL OR a.seq <> h.seq OR a.hash <> h.hash) \
               ORDER BY h.chain";
    let rows = sqlx::query(sql).bind(i64::from(all)).fetch_all(conn).await?;
    rows.iter().map(head).collect()
}

/// What was anchored last of each chain.
///
/// # Errors
/// What the database can meet.
pub async fn anchored(conn: &mut Conn) -> Result<Vec<(Chain, Head)>> {
    let rows = sqlx::query("SELECT chain, seq, hash FROM anchored_heads ORDER BY chain")
        .fetch_all(conn)
        .await?;
    rows.iter().map(head).collect()
}

/// Keeps what was anchored of a chain.
///
/// # Errors
/// What the database can meet.
pub async fn put_anchored(tx: &mut Tx, chain: Chain, head: Head) -> Result<()> {
    sqlx::query(
        "INSERT INTO anchored_heads (chain, seq, hash) VALUES ($1, $2, $3)
         ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
    )
    .bind(chain.as_str().to_owned())
    .bind(signed(head.seq)?)
    .bind(head.hash.to_vec())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The last line.
///
/// # Errors
/// What the database can meet.
pub async fn last(conn: &mut Conn) -> Result<Option<AnchorLine>> {
    let row = sqlx::query("SELECT number, line FROM anchor_lines ORDER BY number DESC LIMIT 1")
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(line).transpose()
}

/// The line of a number.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, wanted: u64) -> Result<Option<AnchorLine>> {
    let row = sqlx::query("SELECT number, line FROM anchor_lines WHERE number = $1")
        .bind(signed(wanted)?)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(line).transpose()
}

/// Lines after a number, in their order.
///
/// # Errors
/// What the database can meet.
pub async fn after(conn: &mut Conn, number: u64, limit: u32) -> Result<Vec<AnchorLine>> {
    let rows = sqlx::query(
        "SELECT number, line FROM anchor_lines WHERE number > $1 ORDER BY number LIMIT $2",
    )
    .bind(signed(number)?)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(line).collect()
}

/// Keeps a line; a second one of its number is refused.
///
/// # Errors
/// [`Fault::Conflict`], and what else the database can meet.
pub async fn add(tx: &mut Tx, line: &AnchorLine, now: i64) -> Result<()> {
    sqlx::query("INSERT INTO anchor_lines (number, at, line) VALUES ($1, $2, $3)")
        .bind(signed(line.number)?)
        .bind(now)
        .bind(line.line.clone())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets lines up to a number.
///
/// # Errors
/// What the database can meet.
pub async fn forget(tx: &mut Tx, until: u64) -> Result<u64> {
    let done = sqlx::query("DELETE FROM anchor_lines WHERE number <= $1")
        .bind(signed(until)?)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// How far a receiver has something: the lines (chain `""`), or the events of a chain. 0: nothing
/// yet.
///
/// # Errors
/// What the database can meet.
pub async fn sent(conn: &mut Conn, sink: &str, chain: &str) -> Result<u64> {
    let row = sqlx::query("SELECT number FROM anchor_sinks WHERE sink = $1 AND chain = $2")
        .bind(sink.to_owned())
        .bind(chain.to_owned())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(0), |row| number(int(&row, "number")?))
}

/// Keeps how far a receiver has something.
///
/// # Errors
/// What the database can meet.
pub async fn put_sent(tx: &mut Tx, sink: &str, chain: &str, number: u64) -> Result<()> {
    sqlx::query(
        "INSERT INTO anchor_sinks (sink, chain, number) VALUES ($1, $2, $3)
         ON CONFLICT (sink, chain) DO UPDATE SET number = excluded.number",
    )
    .bind(sink.to_owned())
    .bind(chain.to_owned())
    .bind(signed(number)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn head(row: &AnyRow) -> Result<(Chain, Head)> {
    let chain = Chain::new(&text(row, "chain")?).ok_or_else(|| Fault::Corrupt("chain".into()))?;
    Ok((chain, Head { seq: number(int(row, "seq")?)?, hash: blob32(row, "hash")? }))
}

fn line(row: &AnyRow) -> Result<AnchorLine> {
    Ok(AnchorLine { number: number(int(row, "number")?)?, line: text(row, "line")? })
}
