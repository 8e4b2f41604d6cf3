//! The body's telework settings: name and JSON value.

use super::{read, write};
use crate::row::text;
use crate::{Conn, Result};
use people::BodyCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A setting, `None` while the body has not set it.
///
/// # Errors
/// What the database can meet.
pub async fn setting<T: DeserializeOwned>(conn: &mut Conn, body: BodyCode, name: &str) -> Result<Option<T>> {
    let row = sqlx::query("SELECT value FROM telework_settings WHERE body = $1 AND name = $2")
        .bind(body.to_string())
        .bind(name.to_owned())
        .fetch_optional(conn)
        .await?;
    row.map(|row| read(&text(&row, "value")?)).transpose()
}

/// Sets it.
///
/// # Errors
/// What the database can meet.
pub async fn put_setting<T: Serialize>(conn: &mut Conn, body: BodyCode, name: &str, value: &T, now: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_settings (body, name, value, changed) VALUES ($1, $2, $3, $4)
         ON CONFLICT (body, name) DO UPDATE SET value = excluded.value, changed = excluded.changed",
    )
    .bind(body.to_string())
    .bind(name.to_owned())
    .bind(write(value)?)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
