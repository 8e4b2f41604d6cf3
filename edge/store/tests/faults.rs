//! Disk full, database locked, gone, newer: a clear error, and nothing committed is lost.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use audit::{Chain, Decision, Event, Kind, Who};
use common::Postgres;
use store::{Fault, Store};

fn event(subject: &str) -> Event {
    Event::new(Chain::SERVER, Who::System, Kind::SERVER_STARTED, subject)
}

async fn commit(store: &Store, subject: &str) -> Result<(), Fault> {
    store.write(Chain::SERVER, 1).await?.commit(Decision::new((), event(subject))).await
}

async fn whole(store: &Store) -> u64 {
    store::verify_chain(&mut store.read().await.unwrap(), Chain::SERVER).await.unwrap().unwrap().seq
}

#[tokio::test]
async fn a_full_disk_is_said_and_forgotten_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    commit(&store, "before").await.unwrap();
    let mut tx = store.write(Chain::SERVER, 1).await.unwrap();
    // As full as this file may get: its present size.
    sqlx::query("PRAGMA max_page_count = 1").execute(&mut *tx).await.unwrap();
    let big = "x".repeat(8_000);
    let mut fault = None;
    for n in 0..200 {
        if let Err(error) = store::settings::put(&mut tx, &format!("{n}"), &big).await {
            fault = Some(error);
            break;
        }
    }
    assert!(matches!(fault, Some(Fault::Full)), "{fault:?}");
    sqlx::query("PRAGMA max_page_count = 1073741823").execute(&mut *tx).await.unwrap();
    drop(tx);
    assert_eq!(whole(&store).await, 1);
    commit(&store, "after").await.unwrap();
    assert_eq!(whole(&store).await, 2);
}

#[tokio::test]
async fn a_lock_of_another_program_is_said_and_passes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let other = Store::open_folder(folder.path()).await.unwrap();
    let held = other.write(Chain::SERVER, 1).await.unwrap();
    let fault = commit(&store, "meanwhile").await.unwrap_err();
    assert!(matches!(fault, Fault::Locked) && fault.passing(), "{fault:?}");
    drop(held);
    commit(&store, "afterwards").await.unwrap();
    assert_eq!(whole(&other).await, 1);
}

#[tokio::test]
async fn a_process_that_dies_takes_nothing_committed_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    for n in 0..20 {
        commit(&store, &n.to_string()).await.unwrap();
    }
    let mut open = store.write(Chain::SERVER, 1).await.unwrap();
    store::settings::put(&mut open, "half", "done").await.unwrap();
    // A copy of the files as they are now is what a machine finds after the power came back.
    let after = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), after.path().join(entry.file_name())).unwrap();
    }
    let reopened = Store::open_folder(after.path()).await.unwrap();
    assert_eq!(whole(&reopened).await, 20);
    assert_eq!(store::settings::find(&mut reopened.read().await.unwrap(), "half").await.unwrap(), None);
    drop(open);
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    assert!(matches!(Store::open("mysql://x").await, Err(Fault::Address)));
    assert!(matches!(Store::open("sqlite:/nowhere/at/all.sqlite").await, Err(Fault::Gone(_))));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("noren.sqlite"), "not a database at all, just some text that is long enough to be one")
        .unwrap();
    assert!(matches!(Store::open_folder(folder.path()).await, Err(Fault::Corrupt(_))));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let mut tx = store.write(Chain::SERVER, 1).await.unwrap();
    sqlx::query("INSERT INTO migrations (number, hash) VALUES (9999, 'x')").execute(&mut *tx).await.unwrap();
    tx.keep(()).await.unwrap();
    store.close().await;
    assert!(matches!(Store::open_folder(folder.path()).await, Err(Fault::Newer(9_999))));
}

#[tokio::test]
async fn a_server_that_is_gone_is_said_and_nothing_is_lost_when_it_is_back() {
    let server = Postgres::start();
    let store = server.store("gone").await;
    commit(&store, "before").await.unwrap();
    server.stop();
    let fault = commit(&store, "meanwhile").await.unwrap_err();
    assert!(matches!(fault, Fault::Gone(_)) && fault.passing(), "{fault:?}");
    server.start_again();
    // Connections from before are dead; the pool finds that out one by one.
    let mut tries = 0;
    while commit(&store, "after").await.is_err() {
        tries += 1;
        assert!(tries < 30, "it does not come back");
    }
    assert!(whole(&store).await >= 2);
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn a_write_that_no_event_tells_of_does_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let nothing = || Decision { value: (), events: Vec::new() };
    let mut tx = store.write(Chain::SERVER, 1).await.unwrap();
    store::settings::put(&mut tx, "silent", "yes").await.unwrap();
    assert!(matches!(tx.commit(nothing()).await, Err(Fault::Unrecorded)));
    assert_eq!(store::settings::find(&mut store.read().await.unwrap(), "silent").await.unwrap(), None);
    // Who only looked has nothing to tell.
    store.write(Chain::SERVER, 1).await.unwrap().commit(nothing()).await.unwrap();
}
