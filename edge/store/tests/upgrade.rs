//! A database that an older program made, opened by this one, equals one made today: the same
//! tables, columns, keys and indexes, and what was in it is still there.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use store::{Backend, Conn, Store};

/// What an older program ran, and the commit it was of.
struct Older {
    commit: &'static str,
    numbers: Vec<i64>,
}

fn lists() -> Vec<Older> {
    let lines = include_str!("older.txt").lines().filter(|line| !line.starts_with('#'));
    let lists = lines.map(|line| {
        let mut words = line.split(' ');
        let commit = words.next().unwrap();
        let numbers = words.skip(1).map(|number| number.parse().unwrap()).collect();
        Older { commit, numbers }
    });
    lists.collect()
}

/// The text of a migration, by the number its file begins with.
fn migration(number: i64) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.split('_').next().unwrap().parse() == Ok(number)
    };
    std::fs::read_to_string(files.into_iter().find(|path| is(path)).unwrap()).unwrap()
}

/// The table in which a program writes down what it ran.
const KEPT: &str = "CREATE TABLE migrations (number BIGINT PRIMARY KEY, hash TEXT NOT NULL)";

async fn run(conn: &mut Conn, sql: String) {
    let done = sqlx::query(AssertSqlSafe(sql.clone())).execute(conn).await;
    done.unwrap_or_else(|fault| panic!("{fault}: {sql}"));
}

/// Runs migrations as a program of that day did, and writes down that they ran. Answers the tables
/// in the order in which they were made.
async fn make(conn: &mut Conn, backend: Backend, numbers: &[i64]) -> Vec<String> {
    let mut tables = Vec::new();
    run(conn, KEPT.to_owned()).await;
    for number in numbers {
        let text = migration(*number);
        let statements = text.split(";\n").map(str::trim);
        for statement in statements.filter(|statement| !statement.is_empty()) {
            let made = statement.lines().find_map(|line| line.strip_prefix("CREATE TABLE "));
            tables.extend(made.map(|rest| rest.split(' ').next().unwrap().to_owned()));
            let statement = match backend {
                Backend::Sqlite => statement.to_owned(),
                Backend::Postgres => statement.replace(" BLOB", " BYTEA"),
            };
            run(conn, statement).await;
        }
        let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        run(conn, format!("INSERT INTO migrations VALUES ({number}, '{hash}')")).await;
    }
    tables
}

/// One row in each table. All texts are one, all numbers and all bytes are, so each row has what it
/// points at.
async fn fill(conn: &mut Conn, backend: Backend, tables: &[String]) {
    for table in tables {
        let sql = match backend {
            Backend::Sqlite => {
                format!("SELECT name, type AS kind FROM pragma_table_info('{table}') ORDER BY cid")
            }
            Backend::Postgres => format!(
                "SELECT column_name::text AS name, data_type::text AS kind \
                 FROM information_schema.columns WHERE table_name = '{table}'"
            ),
        };
        let columns = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *conn).await.unwrap();
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for column in &columns {
            names.push(column.get::<String, _>("name"));
            let bytes = "01".repeat(16);
            values.push(match (column.get::<String, _>("kind").to_lowercase().as_str(), backend) {
                ("text", _) => "'011002'".to_owned(),
                ("bigint", _) => "1".to_owned(),
                ("blob", _) => format!("X'{bytes}'"),
                ("bytea", _) => format!("'\\x{bytes}'::bytea"),
                (kind, _) => panic!("{table}: no value for a {kind}"),
            });
        }
        let (names, values) = (names.join(", "), values.join(", "));
        run(conn, format!("INSERT INTO {table} ({names}) VALUES ({values})")).await;
    }
    if tables.iter().any(|table| table == "telework_requests") {
        run(conn, "UPDATE telework_requests SET doc = '{\"form\":\"mobile\"}'".into()).await;
    }
}

const SQLITE: &str = "\
    SELECT m.name || '.' || c.name || ' ' || c.type || ' not null ' || c.\"notnull\" \
        || ' default ' || COALESCE(c.dflt_value, '-') || ' key ' || c.pk AS line \
    FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' \
    UNION ALL SELECT m.name || '.' || f.\"from\" || ' references ' || f.\"table\" \
        || '.' || f.\"to\" || ' ' || f.on_update || ' ' || f.on_delete \
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' \
    UNION ALL SELECT m.name || ' unique ' \
        || (SELECT group_concat(i.name) FROM pragma_index_info(l.name) i) \
    FROM sqlite_master m JOIN pragma_index_list(m.name) l \
    WHERE m.type = 'table' AND l.origin = 'u' \
    UNION ALL SELECT type || ' ' || sql FROM sqlite_master \
    WHERE type <> 'table' AND sql IS NOT NULL";

const POSTGRES: &str = "\
    SELECT table_name || '.' || column_name || ' ' || data_type || ' null ' || is_nullable \
        || ' default ' || COALESCE(column_default, '-') AS line \
    FROM information_schema.columns WHERE table_schema = 'public' \
    UNION ALL SELECT conrelid::regclass::text || ' ' || conname || ' ' \
        || pg_get_constraintdef(oid) \
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'";

/// Every column, key and index. In which order a table's columns stand is no part of it: whoever
/// reads them names them.
async fn schema(store: &Store) -> BTreeSet<String> {
    let sql = if store.backend() == Backend::Sqlite { SQLITE } else { POSTGRES };
    let mut conn = store.read().await.unwrap();
    let rows = sqlx::query(sql).fetch_all(&mut *conn).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("line")).collect()
}

/// What stands in one schema alone.
fn differences(old: &BTreeSet<String>, fresh: &BTreeSet<String>) -> Vec<String> {
    let gone = old.difference(fresh).map(|line| format!("upgraded only: {line}"));
    gone.chain(fresh.difference(old).map(|line| format!("fresh only: {line}"))).collect()
}

async fn number(store: &Store, sql: String) -> i64 {
    let mut conn = store.read().await.unwrap();
    sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *conn).await.unwrap().get("n")
}

/// Makes a database as it was, fills it, opens it with this program, and looks at it.
async fn upgraded(address: &str, backend: Backend, older: &Older, fresh: &BTreeSet<String>) {
    let mut conn = AnyConnection::connect(address).await.unwrap();
    let tables = make(&mut conn, backend, &older.numbers).await;
    fill(&mut conn, backend, &tables).await;
    conn.close().await.unwrap();

    let store = Store::open(address).await.unwrap();
    let differing = differences(&schema(&store).await, fresh);
    assert!(differing.is_empty(), "{}: {backend:?}:\n{}", older.commit, differing.join("\n"));
    for table in &tables {
        let left = number(&store, format!("SELECT COUNT(*) AS n FROM {table}")).await;
        assert_eq!(left, 1, "{}: {backend:?}: {table}", older.commit);
    }
    // What a migration carries over into its new columns.
    let proved = "SELECT COUNT(*) AS n FROM sign_ins WHERE proved = created".to_owned();
    assert_eq!(number(&store, proved).await, 1, "{}", older.commit);
    let stopped = "SELECT stopped_by AS n FROM bodies WHERE suspended = 1".to_owned();
    assert_eq!(number(&store, stopped).await, 1, "{}", older.commit);
    if tables.iter().any(|table| table == "telework_requests") && !older.numbers.contains(&302) {
        let mobile = "SELECT form AS n FROM telework_requests".to_owned();
        assert_eq!(number(&store, mobile).await, 3, "{}", older.commit);
    }
    // And it is a database of this program from now on.
    store.close().await;
    Store::open(address).await.unwrap().close().await;
}

#[tokio::test]
async fn an_older_sqlite_database_becomes_as_a_fresh_one() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = Store::open_folder(folder.path()).await.unwrap();
    let wanted = schema(&fresh).await;
    assert!(wanted.len() > 200, "{}", wanted.len());
    for older in lists() {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}?mode=rwc", folder.path().join("noren.sqlite").display());
        upgraded(&address, Backend::Sqlite, &older, &wanted).await;
    }
    // A difference is one: the comparison does not pass whatever it is given.
    let mut tx = fresh.write(audit::Chain::SERVER, 0).await.unwrap();
    run(&mut tx, "CREATE INDEX one_more ON staff (name)".into()).await;
    run(&mut tx, "ALTER TABLE staff ADD COLUMN one_more BIGINT".into()).await;
    tx.keep(()).await.unwrap();
    assert_eq!(differences(&schema(&fresh).await, &wanted).len(), 2);
}

#[tokio::test]
async fn an_older_postgres_database_becomes_as_a_fresh_one() {
    let server = common::Postgres::start();
    let wanted = schema(&server.store("fresh").await).await;
    assert!(wanted.len() > 200, "{}", wanted.len());
    for older in lists() {
        let name = format!("older_{}", older.commit);
        server.create(&name);
        upgraded(&server.address(&name), Backend::Postgres, &older, &wanted).await;
    }
}
