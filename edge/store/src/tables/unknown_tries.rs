//! Tries to sign in with names nobody has: an hour's, by where they came from. What is not told one
//! by one is told as a sum when the hour is over, and then goes.

use crate::row::{int, text};
use crate::{Conn, Result, Tx};

/// What came from one origin in one hour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The hour, since 1970.
    pub hour: i64,
    /// Where from; empty for all that had no row of their own.
    pub origin: String,
    /// How many are on record one by one.
    pub told: i64,
    /// How many more there were.
    pub more: i64,
}

/// What one more try is to be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Told one by one of an origin in an hour.
    pub each: i64,
    /// Of all origins together.
    pub all: i64,
    /// Origins with a row of their own.
    pub origins: i64,
}

/// Counts one more of this hour. Whether it is to be told by itself.
///
/// # Errors
/// What the database can meet.
pub async fn one(tx: &mut Tx, hour: i64, origin: &str, bounds: Bounds) -> Result<bool> {
    let sql = "SELECT CAST(COALESCE(SUM(told), 0) AS BIGINT) AS told, \
               CAST(COALESCE(SUM(CASE WHEN origin = $2 THEN told ELSE 0 END), 0) AS BIGINT) AS \
               own, \
               CAST(COALESCE(SUM(CASE WHEN origin = $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS here, \
               COUNT(*) AS n FROM unknown_tries WHERE hour = $1";
    let row = sqlx::query(sql).bind(hour).bind(origin.to_owned()).fetch_one(&mut **tx).await?;
    let tell = int(&row, "own")? < bounds.each && int(&row, "told")? < bounds.all;
    let full = int(&row, "here")? == 0 && int(&row, "n")? >= bounds.origins;
    let (told, more) = if tell { (1, 0) } else { (0, 1) };
    sqlx::query(
        "INSERT INTO unknown_tries (hour, origin, told, more) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (hour, origin) DO UPDATE \
         SET told = unknown_tries.told + $3, more = unknown_tries.more + $4",
    )
    .bind(hour)
    .bind(if full { String::new() } else { origin.to_owned() })
    .bind(told)
    .bind(more)
    .execute(&mut **tx)
    .await?;
    Ok(tell)
}

/// Whether hours before this one wait to be told.
///
/// # Errors
/// What the database can meet.
pub async fn due(conn: &mut Conn, hour: i64) -> Result<bool> {
    let sql = "SELECT COUNT(*) AS n FROM unknown_tries WHERE hour < $1";
    let row = sqlx::query(sql).bind(hour).fetch_one(conn).await?;
    Ok(int(&row, "n")? > 0)
}

/// Takes out what came in hours before this one: by hour, the most first.
///
/// # Errors
/// What the database can meet.
pub async fn take(tx: &mut Tx, hour: i64) -> Result<Vec<Origin>> {
    let sql = "SELECT hour, origin, told, more FROM unknown_tries WHERE hour < $1 \
               ORDER BY hour, more DESC, origin";
    let rows = sqlx::query(sql).bind(hour).fetch_all(&mut **tx).await?;
    let taken = rows.iter().map(|row| {
        let (told, more) = (int(row, "told")?, int(row, "more")?);
        Ok(Origin { hour: int(row, "hour")?, origin: text(row, "origin")?, told, more })
    });
    let taken = taken.collect::<Result<Vec<_>>>()?;
    sqlx::query("DELETE FROM unknown_tries WHERE hour < $1").bind(hour).execute(&mut **tx).await?;
    Ok(taken)
}
