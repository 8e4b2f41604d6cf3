//! Migrations: numbered, each in one transaction, only forward.

use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;

use crate::connect::{Backend, Store};
use crate::row::{int, text};
use crate::{Conn, Fault, Result};

macro_rules! migrations {
    ($($number:literal $name:literal;)*) => {
        &[$(($number, include_str!(concat!("../migrations/", $name, ".sql")))),*]
    };
}

/// Number and text, in the order they run. What was once released never changes
/// (`tests/released.txt`).
///
/// The first ones are numbered by area (00xx people, 01xx pairing, 02xx exchange, 03xx telework,
/// 04xx mail and API), and their order stays as it is. A new one is numbered by the minute it is
/// written, UTC, and stands at the end: `202612010930 "202612010930_name"`. So a database in use
/// and a fresh one run it after the same others, and two people seldom take one number. What two
/// that were written side by side change must not depend on their order.
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
    202_612_010_610 "202612010610_own_tokens";
    202_612_010_612 "202612010612_second";
    202_612_010_620 "202612010620_known";
    202_612_010_623 "202612010623_unknown_tries";
};

pub(crate) async fn run(store: &Store) -> Result<()> {
    let mut tx = store.write(audit::Chain::SERVER, 0).await?;
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, hash TEXT NOT NULL)",
    )
    .execute(&mut *tx)
    .await?;
    for (number, sql) in open(&mut tx).await? {
        let hash = hash(sql);
        for statement in statements(sql, store.backend) {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
        }
        sqlx::query("INSERT INTO migrations (number, hash) VALUES ($1, $2)")
            .bind(number)
            .bind(hash)
            .execute(&mut *tx)
            .await?;
    }
    tx.keep(()).await
}

/// Numbers of those that did not run yet; of a database that is empty, all.
pub(crate) async fn pending(store: &Store) -> Result<Vec<i64>> {
    let mut conn = store.read().await?;
    let there = match store.backend {
        Backend::Sqlite => "SELECT COUNT(*) AS n FROM sqlite_schema WHERE name = 'migrations'",
        Backend::Postgres => {
            "SELECT COUNT(*) AS n FROM pg_catalog.pg_tables
                WHERE tablename = 'migrations' AND schemaname = ANY (current_schemas(false))"
        }
    };
    if int(&sqlx::query(there).fetch_one(&mut *conn).await?, "n")? == 0 {
        return Ok(MIGRATIONS.iter().map(|(number, _)| *number).collect());
    }
    Ok(open(&mut conn).await?.into_iter().map(|(number, _)| number).collect())
}

/// Those that did not run yet.
async fn open(conn: &mut Conn) -> Result<Vec<(i64, &'static str)>> {
    let rows =
        sqlx::query("SELECT number, hash FROM migrations ORDER BY number").fetch_all(conn).await?;
    let mut done = std::collections::BTreeMap::new();
    for row in &rows {
        done.insert(int(row, "number")?, text(row, "hash")?);
    }
    if let Some(newer) =
        done.keys().find(|number| !MIGRATIONS.iter().any(|(known, _)| known == *number))
    {
        return Err(Fault::Newer(*newer));
    }
    let mut open = Vec::new();
    for (number, sql) in MIGRATIONS {
        match done.get(number) {
            Some(there) if *there == hash(sql) => {}
            Some(_) => return Err(Fault::OtherMigration(*number)),
            None => open.push((*number, *sql)),
        }
    }
    Ok(open)
}

/// By which a database knows the text that it ran.
fn hash(sql: &str) -> String {
    id::hex(&Sha256::digest(sql.as_bytes()))
}

/// One statement ends with `;` at the end of a line. PostgreSQL says BYTEA for BLOB, and a column's
/// bytes in hexadecimal, here `hex_of(column)`, are said in two ways.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    /// The numbers by area, in the order that databases in use rely on.
    const BY_AREA: &[i64] = &[
        // People,
        1, 21, 31, 32, 41, 51, 52, 61, // pairing,
        101, 110, // exchange,
        201, 202, 203, // telework,
        301, 302, 320, 321, // mail and API; and one that changes a table of these.
        401, 402, 403, 42,
    ];

    /// What is wrong with the order of these numbers.
    fn disorder(numbers: &[i64]) -> Option<String> {
        let Some(later) = numbers.strip_prefix(BY_AREA) else {
            return Some("those numbered by area are not as they were".to_owned());
        };
        let wrong = later.iter().find(|number| !is_minute(**number));
        if let Some(number) = wrong {
            return Some(format!("{number} is no minute, by which a new one is numbered"));
        }
        let pair = later.windows(2).find(|pair| pair[0] >= pair[1]);
        pair.map(|pair| format!("{} stands before {}", pair[0], pair[1]))
    }

    fn is_minute(number: i64) -> bool {
        let (form, number) = ("%Y%m%d%H%M", number.to_string());
        let time = jiff::civil::DateTime::strptime(form, &number);
        time.is_ok_and(|time| time.year() >= 2026 && time.strftime(form).to_string() == number)
    }

    #[test]
    fn new_migrations_are_numbered_by_time_after_those_by_area() {
        let numbers: Vec<i64> = MIGRATIONS.iter().map(|(number, _)| *number).collect();
        assert_eq!(disorder(&numbers), None);
        let after = |more: &[i64]| disorder(&[BY_AREA, more].concat());
        assert_eq!(after(&[202_612_010_930, 202_701_312_359]), None);
        for wrong in [&[404][..], &[202_613_010_930], &[202_612_012_430], &[20_261_201]] {
            assert!(after(wrong).unwrap().contains("is no minute"), "{wrong:?}");
        }
        for wrong in [[202_612_010_930; 2], [202_612_010_930, 202_611_010_930]] {
            assert!(after(&wrong).unwrap().contains("stands before"), "{wrong:?}");
        }
        assert!(disorder(&[1, 21, 31]).is_some());
        assert!(disorder(&[&[404], BY_AREA].concat()).is_some());
    }

    #[test]
    fn every_file_is_in_the_list_by_its_own_number() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let number: i64 = name.split('_').next().unwrap().parse().unwrap();
            let text = std::fs::read_to_string(folder.join(&name)).unwrap();
            assert!(files.insert(number, text).is_none(), "{number} is there twice");
        }
        let listed = MIGRATIONS.iter().map(|(number, text)| (*number, (*text).to_owned()));
        let listed: BTreeMap<i64, String> = listed.collect();
        assert_eq!(listed.len(), MIGRATIONS.len(), "a number is listed twice");
        assert!(files == listed, "{:?} {:?}", files.keys(), listed.keys());
    }

    #[test]
    fn what_was_released_is_as_it_was() {
        let mut numbers = Vec::new();
        let lines = include_str!("../tests/released.txt").lines();
        for line in lines.filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let number: i64 = words.next().unwrap().parse().unwrap();
            let there = MIGRATIONS.iter().find(|(known, _)| *known == number);
            let (_, sql) = there.unwrap_or_else(|| panic!("{number} is gone"));
            let same = words.nth(1) == Some(hash(sql).as_str());
            assert!(same, "{number} was changed after its release");
            numbers.push(number);
        }
        for number in BY_AREA {
            assert!(numbers.contains(number), "{number} was released");
        }
    }
}
