//! Settings of the server itself: name and value.

use crate::row::text;
use crate::{Conn, Result, Tx};

/// The value of a setting.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    let row = sqlx::query("SELECT value FROM settings WHERE name = $1")
        .bind(name.to_owned())
        .fetch_optional(conn)
        .await?;
    row.map(|row| text(&row, "value")).transpose()
}

/// Sets a setting.
///
/// # Errors
/// What the database can meet.
pub async fn put(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE \
        SET value = excluded.value",
    )
    .bind(name.to_owned())
    .bind(value.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets a setting.
///
/// # Errors
/// What the database can meet.
pub async fn remove(tx: &mut Tx, name: &str) -> Result<()> {
    sqlx::query("DELETE FROM settings WHERE name = $1")
        .bind(name.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
