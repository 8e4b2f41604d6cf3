//! A body's desks, and which codes were in force when.

use ::exchange::body::{Lineage, Validity};
use ::exchange::case::Desks;
use people::BodyCode;

use super::{read, write};
use crate::row::text;
use crate::{Conn, Fault, Result};

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
pub async fn put_desks(conn: &mut Conn, body: BodyCode, desks: &Desks) -> Result<()> {
    sqlx::query(
        "INSERT INTO exchange_settings (body, name, value) VALUES ($1, 'desks', $2)
         ON CONFLICT (body, name) DO UPDATE SET value = excluded.value",
    )
    .bind(body.to_string())
    .bind(write(desks)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Mergers and renames.
///
/// # Errors
/// What the database can meet.
pub async fn lineage(conn: &mut Conn) -> Result<Lineage> {
    let rows = sqlx::query("SELECT doc FROM exchange_validity ORDER BY code").fetch_all(conn).await?;
    let entries = rows.iter().map(|row| read(&text(row, "doc")?)).collect::<Result<Vec<Validity>>>()?;
    Lineage::new(entries).map_err(|bad| Fault::Corrupt(bad.to_string()))
}

/// Keeps what became of one code; an entry that says nothing is removed. Whoever calls checks that the lineage stays one.
///
/// # Errors
/// What the database can meet.
pub async fn put_validity(conn: &mut Conn, validity: &Validity) -> Result<()> {
    if validity.is_plain() {
        sqlx::query("DELETE FROM exchange_validity WHERE code = $1").bind(validity.code.to_string()).execute(conn).await?;
        return Ok(());
    }
    sqlx::query("INSERT INTO exchange_validity (code, doc) VALUES ($1, $2) ON CONFLICT (code) DO UPDATE SET doc = excluded.doc")
        .bind(validity.code.to_string())
        .bind(write(validity)?)
        .execute(conn)
        .await?;
    Ok(())
}
