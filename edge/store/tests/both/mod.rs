//! Runs one test over both databases: a new SQLite file, and, where `NOREN_TEST_POSTGRES` names a server (`postgres://USER@HOST/postgres`), a new
//! PostgreSQL database that is dropped afterwards.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection};
use store::Store;

static NUMBER: AtomicU32 = AtomicU32::new(0);

pub async fn on_both(test: impl AsyncFn(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    test(&store).await;
    store.close().await;
    let Ok(server) = std::env::var("NOREN_TEST_POSTGRES") else { return };
    let name = format!("noren_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = sqlx::AnyConnection::connect(&server).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
    let (host, _) = server.rsplit_once('/').unwrap();
    let store = Store::open(&format!("{host}/{name}")).await.unwrap();
    test(&store).await;
    store.close().await;
    sqlx::query(AssertSqlSafe(format!("DROP DATABASE {name}"))).execute(&mut admin).await.unwrap();
}
