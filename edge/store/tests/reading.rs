//! What is read with cannot write: the database itself refuses, SQLite and PostgreSQL.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use audit::Chain;
use store::{Conn, Store};

/// Ways to change a database, of which reading has none.
const WRITES: [&str; 6] = [
    "INSERT INTO settings (name, value) VALUES ('y', '1')",
    "UPDATE settings SET value = '2' WHERE name = 'x'",
    "DELETE FROM settings WHERE name = 'x'",
    "CREATE TABLE more (one BIGINT)",
    "DROP TABLE settings",
    "ALTER TABLE settings ADD COLUMN more BIGINT",
];

async fn is_refused(conn: &mut Conn) {
    for sql in WRITES {
        let done = sqlx::query(sql).execute(&mut *conn).await;
        let said = done.expect_err(sql).to_string();
        assert!(said.contains("readonly") || said.contains("read-only"), "{sql}: {said}");
    }
}

async fn value(store: &Store, name: &str) -> Option<String> {
    store::settings::find(&mut store.read().await.unwrap(), name).await.unwrap()
}

#[tokio::test]
async fn a_reading_connection_is_refused_every_write() {
    common::on_both(async |store| {
        let mut tx = store.write(Chain::SERVER, 1).await.unwrap();
        store::settings::put(&mut tx, "x", "1").await.unwrap();
        tx.keep(()).await.unwrap();
        is_refused(&mut store.read().await.unwrap()).await;
        is_refused(&mut store.for_lines().read().await.unwrap()).await;
        assert_eq!(value(store, "x").await.as_deref(), Some("1"));
        assert_eq!(value(store, "y").await, None);
        // Beside them one writes on.
        let mut tx = store.write(Chain::SERVER, 1).await.unwrap();
        store::settings::put(&mut tx, "x", "2").await.unwrap();
        tx.keep(()).await.unwrap();
        assert_eq!(value(store, "x").await.as_deref(), Some("2"));
    })
    .await;
}
