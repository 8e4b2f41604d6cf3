//! Migrations: numbered, each in one transaction, only forward.

use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;

use crate::connect::{Backend, Store};
use crate::row::{int, text};
use crate::{Fault, Result};

macro_rules! migrations {
    ($($number:literal $name:literal;)*) => {
        &[$(($number, include_str!(concat!("../migrations/", $name, ".sql")))),*]
    };
}

/// Number and text, in the order they run. Ranges: 00xx people, 01xx pairing, 02xx exchange, 03xx telework, 04xx mail and API. What was once released never changes.
const MIGRATIONS: &[(i64, &str)] = migrations! {
    1 "0001_people";
    21 "0021_sign_in_tries";
    31 "0031_verified";
    32 "0032_anchors";
    41 "0041_changes";
    51 "0051_sign_ins";
    52 "0052_stops";
    61 "0061_addresses";
    101 "0101_pairing";
    110 "0110_open_sessions";
    201 "0201_exchange";
    202 "0202_exchange_carried";
    203 "0203_exchange_bodies";
    301 "0301_telework";
    302 "0302_months";
    320 "0320_telework_pages";
    321 "0321_pay";
    401 "0401_mail";
    402 "0402_api";
    403 "0403_mail_body";
    // After the table it changes.
    42 "0042_consent";
    // Numbered by the minute it was written, UTC.
    // Who made a token for herself, or on the server itself, consented by that; for others it waits.
    202612010610 "202612010610_own_tokens";
    202612010620 "202612010620_known";
};

pub(crate) async fn run(store: &Store) -> Result<()> {
    let mut tx = store.write(audit::Chain::SERVER, 0).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, hash TEXT NOT NULL)")
        .execute(&mut *tx)
        .await?;
    let rows = sqlx::query("SELECT number, hash FROM migrations ORDER BY number").fetch_all(&mut *tx).await?;
    let mut done = std::collections::BTreeMap::new();
    for row in &rows {
        done.insert(int(row, "number")?, text(row, "hash")?);
    }
    if let Some(newer) = done.keys().find(|number| !MIGRATIONS.iter().any(|(known, _)| known == *number)) {
        return Err(Fault::Newer(*newer));
    }
    for (number, sql) in MIGRATIONS {
        let hash: String = Sha256::digest(sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        match done.get(number) {
            Some(there) if *there == hash => continue,
            Some(_) => return Err(Fault::OtherMigration(*number)),
            None => {}
        }
        for statement in statements(sql, store.backend) {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
        }
        sqlx::query("INSERT INTO migrations (number, hash) VALUES ($1, $2)").bind(*number).bind(hash).execute(&mut *tx).await?;
    }
    tx.keep(()).await
}

/// One statement ends with `;` at the end of a line. PostgreSQL says BYTEA for BLOB, and a column's bytes in
/// hexadecimal, here `hex_of(column)`, are said in two ways.
fn statements(sql: &str, backend: Backend) -> Vec<String> {
    sql.split(";\n")
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .map(|statement| match backend {
            Backend::Sqlite => statement.replace("hex_of(", "hex("),
            Backend::Postgres => in_hex(&statement.replace(" BLOB", " BYTEA")),
        })
        .collect()
}

/// `hex_of(column)` as PostgreSQL says it.
fn in_hex(statement: &str) -> String {
    let mut parts = statement.split("hex_of(");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |said, part| match part.split_once(')') {
        Some((column, rest)) => format!("{said}encode({column}, 'hex'){rest}"),
        None => said + part,
    })
}
