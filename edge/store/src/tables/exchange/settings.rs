//! A body's desks, and which codes were in force when.

use ::exchange::body::{Lineage, Validity};
use ::exchange::case::Desks;
use ::exchange::newcomer::Newcomer;
use people::BodyCode;

use super::{read, write};
use crate::row::text;
use crate::{Conn, Fault, Result, Tx};

/// The desks of a body; the default where it has said nothing.
///
/// # Errors
/// What the database can meet.
pub async fn desks(conn: &mut Conn, body: BodyCode) -> Result<Desks> {
    let row = sqlx::query("SELECT value FROM exchange_settings WHERE body = $1 AND name = 'desks'")
        .bind(body.to_string())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(Desks::default()), |row| read(&text(&row, "value")?))
}

/// Keeps the desks of a body.
///
/// # Errors
/// What the database can meet.
pub async fn put_desks(tx: &mut Tx, body: BodyCode, desks: &Desks) -> Result<()> {
    sqlx::query(
        "INSERT INTO exchange_settings (body, name, value) VALUES ($1, 'desks', $2)
         ON CONFLICT (body, name) DO UPDATE SET value = excluded.value",
    )
    .bind(body.to_string())
    .bind(write(desks)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Mergers and renames.
///
/// # Errors
/// What the database can meet.
pub async fn lineage(conn: &mut Conn) -> Result<Lineage> {
    let rows = sqlx::query("SELECT doc FROM exchange_validity ORDER BY code")
        .fetch_all(&mut *conn)
        .await?;
    let entries =
        rows.iter().map(|row| read(&text(row, "doc")?)).collect::<Result<Vec<Validity>>>()?;
    let began = newcomers(conn).await?.into_iter().map(|new| (new.code, new.since)).collect();
    Ok(Lineage::new(entries).map_err(|bad| Fault::Corrupt(bad.to_string()))?.beginning(began))
}

/// Bodies that came to be after the list, in the order of their codes.
///
/// # Errors
/// What the database can meet.
pub async fn newcomers(conn: &mut Conn) -> Result<Vec<Newcomer>> {
    let rows = sqlx::query("SELECT doc FROM exchange_bodies ORDER BY code").fetch_all(conn).await?;
    rows.iter().map(|row| read(&text(row, "doc")?)).collect()
}

/// Keeps a body that came to be; one of the same code is replaced.
///
/// # Errors
/// What the database can meet.
pub async fn put_newcomer(tx: &mut Tx, new: &Newcomer) -> Result<()> {
    sqlx::query(
        "INSERT INTO exchange_bodies (code, doc) VALUES ($1, $2) ON CONFLICT (code) DO \
        UPDATE SET doc = excluded.doc",
    )
    .bind(new.code.to_string())
    .bind(write(new)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a body that came to be out again, as long as nothing is about it: no case went to it, it
/// is not served, nothing came of it. Says whether that was so.
///
/// # Errors
/// What the database can meet.
pub async fn remove_newcomer(tx: &mut Tx, code: BodyCode) -> Result<bool> {
    if lineage(tx).await?.entries().any(|entry| {
        entry.code == code || entry.changes.iter().any(|change| change.predecessors.contains(&code))
    }) {
        return Ok(false);
    }
    let gone = sqlx::query(
        "DELETE FROM exchange_bodies WHERE code = $1
         AND NOT EXISTS (SELECT 1 FROM exchange_deliveries WHERE body = $1) AND NOT EXISTS (SELECT \
         1 FROM bodies WHERE code = $1)",
    )
    .bind(code.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Keeps what became of one code; an entry that says nothing is removed. Whoever calls checks that
/// the lineage stays one.
///
/// # Errors
/// What the database can meet.
pub async fn put_validity(tx: &mut Tx, validity: &Validity) -> Result<()> {
    if validity.is_plain() {
        sqlx::query("DELETE FROM exchange_validity WHERE code = $1")
            .bind(validity.code.to_string())
            .execute(&mut **tx)
            .await?;
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO exchange_validity (code, doc) VALUES ($1, $2) ON CONFLICT (code) DO \
        UPDATE SET doc = excluded.doc",
    )
    .bind(validity.code.to_string())
    .bind(write(validity)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
