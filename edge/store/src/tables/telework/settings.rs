//! The body's telework settings: name and JSON value.

use super::{BATCH, read, write};
use crate::row::{list, parsed, text};
use crate::{Conn, Result, Tx};
use people::BodyCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A setting, `None` while the body has not set it.
///
/// # Errors
/// What the database can meet.
pub async fn setting<T: DeserializeOwned>(
    conn: &mut Conn,
    body: BodyCode,
    name: &str,
) -> Result<Option<T>> {
    let row = sqlx::query("SELECT value FROM telework_settings WHERE body = $1 AND name = $2")
        .bind(body.to_string())
        .bind(name.to_owned())
        .fetch_optional(conn)
        .await?;
    row.map(|row| read(&text(&row, "value")?)).transpose()
}

/// A setting of many bodies by one statement each few hundred; bodies that have not set it are not
/// in it.
///
/// # Errors
/// What the database can meet.
pub async fn settings_of<T: DeserializeOwned>(
    conn: &mut Conn,
    bodies: &[BodyCode],
    name: &str,
) -> Result<BTreeMap<BodyCode, T>> {
    let mut found = BTreeMap::new();
    for batch in bodies.chunks(BATCH) {
        let sql = format!(
            "SELECT body, value FROM telework_settings WHERE name = $1 AND body IN ({})",
            list(2, batch.len())
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(name.to_owned());
        for body in batch {
            query = query.bind(body.to_string());
        }
        for row in &query.fetch_all(&mut *conn).await? {
            found.insert(parsed(row, "body")?, read(&text(row, "value")?)?);
        }
    }
    Ok(found)
}

/// The name of the setting that holds a body's rules (`telework::rules::Rules`).
pub const RULES: &str = "rules";
/// The name of the setting that holds a body's own working days (`telework::time::Calendar`).
pub const CALENDAR: &str = "calendar";
/// The name of the setting that holds how many people a division needs present, by division.
pub const LEAST: &str = "least_present";

/// Sets it.
///
/// # Errors
/// What the database can meet.
pub async fn put_setting<T: Serialize>(
    tx: &mut Tx,
    body: BodyCode,
    name: &str,
    value: &T,
    now: i64,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO telework_settings (body, name, value, changed) VALUES ($1, $2, $3, $4)
         ON CONFLICT (body, name) DO UPDATE SET value = excluded.value, changed = excluded.changed",
    )
    .bind(body.to_string())
    .bind(name.to_owned())
    .bind(write(value)?)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
