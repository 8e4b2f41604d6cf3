//! Disk full, database locked, gone, newer: a clear error, and nothing committed is lost.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use audit::{Chain, Decision, Event, Kind, Who};
use common::{Postgres, on_both};
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
    assert_eq!(
        store::settings::find(&mut reopened.read().await.unwrap(), "half").await.unwrap(),
        None
    );
    drop(open);
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    assert!(matches!(Store::open("mysql://x").await, Err(Fault::Address)));
    assert!(matches!(Store::open("sqlite:/nowhere/at/all.sqlite").await, Err(Fault::Gone(_))));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("noren.sqlite"),
        "not a database at all, just some text that is long enough to be one",
    )
    .unwrap();
    assert!(matches!(Store::open_folder(folder.path()).await, Err(Fault::Corrupt(_))));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let mut tx = store.write(Chain::SERVER, 1).await.unwrap();
    sqlx::query("INSERT INTO migrations (number, hash) VALUES (9999, 'x')")
        .execute(&mut *tx)
        .await
        .unwrap();
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
    assert_eq!(
        store::settings::find(&mut store.read().await.unwrap(), "silent").await.unwrap(),
        None
    );
    // Who only looked has nothing to tell.
    store.write(Chain::SERVER, 1).await.unwrap().commit(nothing()).await.unwrap();
}

/// A person of a body, signed in by the cookie whose hash this is.
async fn signed_in(store: &Store, hash: [u8; 32]) -> (people::Staff, people::Actor) {
    let body: people::BodyCode = "011002".parse().unwrap();
    let person = people::Staff {
        id: people::StaffId([5; 16]),
        body,
        login: "hanako".parse().unwrap(),
        name: "花子".parse().unwrap(),
        division: None,
        roles: people::Roles::of(&[people::Role::Staff, people::Role::Hr]),
        operator: false,
        state: people::StaffState::Active,
        fiscal_year: false,
        created: 1,
    };
    let mut tx = store.write(body.chain(), 1).await.unwrap();
    store::bodies::add(&mut tx, body, 1).await.unwrap();
    store::staff::add(&mut tx, &person).await.unwrap();
    let sign_in = store::sign_ins::SignIn {
        staff: person.id,
        created: 1,
        seen: 1,
        factor: "passkey".into(),
        proved: 1,
        address: String::new(),
        browser: String::new(),
    };
    store::sign_ins::add(&mut tx, &hash, &sign_in).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut conn = store.read().await.unwrap();
    let standing = store::grounds::standing(&mut conn, people::Ground::SignIn(hash), 2)
        .await
        .unwrap()
        .unwrap();
    (person, standing.actor)
}

#[tokio::test]
async fn a_write_proves_again_whoever_acts() {
    on_both(async |store| {
        let (person, actor) = signed_in(store, [7; 32]).await;
        let permit = actor
            .permit(people::Deed::ManageDivisions, people::Resource::body(person.body))
            .unwrap();
        let event = || permit.event(audit::Kind::DIVISION_ADDED, "課");
        let chain = person.body.chain();
        let acts = async || {
            let tx = store.write_as(&permit, chain, 2).await?;
            tx.commit(Decision::new((), event())).await
        };
        acts().await.unwrap();
        // Nobody's write, and another person's, commit no act of hers.
        let tx = store.write(chain, 2).await.unwrap();
        assert!(matches!(tx.commit(Decision::new((), event())).await, Err(Fault::Unproved)));
        let mut tx = store.write(chain, 2).await.unwrap();
        let other = Who::Person { id: "00".repeat(16), login: "hanako".into() };
        tx.vouch(other, &[audit::Kind::DIVISION_ADDED]);
        assert!(matches!(tx.commit(Decision::new((), event())).await, Err(Fault::Unproved)));

        let change = async |roles: &[people::Role], state| {
            let mut tx = store.write(chain, 2).await.unwrap();
            let now = people::Staff { roles: people::Roles::of(roles), ..person.clone() };
            store::staff::change(&mut tx, &now).await.unwrap();
            store::staff::put_state(&mut tx, person.body, person.id, state).await.unwrap();
            tx.keep(()).await.unwrap();
        };
        let both = [people::Role::Staff, people::Role::Hr];
        change(&[people::Role::Staff], people::StaffState::Active).await;
        assert!(matches!(acts().await, Err(Fault::Denied)));
        change(&both, people::StaffState::Suspended).await;
        assert!(matches!(acts().await, Err(Fault::SignedOut)));
        change(&both, people::StaffState::Active).await;
        acts().await.unwrap();
        let stopped = async |yes| {
            let mut tx = store.write(chain, 2).await.unwrap();
            store::bodies::suspend(&mut tx, person.body, yes).await.unwrap();
            tx.keep(()).await.unwrap();
        };
        stopped(true).await;
        assert!(matches!(acts().await, Err(Fault::SignedOut)));
        // It lets its IT in, and as IT alone.
        change(&[people::Role::Hr, people::Role::It], people::StaffState::Active).await;
        let hr = actor
            .permit(people::Deed::ManageTelework, people::Resource::body(person.body))
            .unwrap();
        assert!(matches!(store.write_as(&hr, chain, 2).await, Err(Fault::Denied)));
        acts().await.unwrap();
        change(&both, people::StaffState::Active).await;
        stopped(false).await;
        // Hours later, with no request between, the sign-in is over by itself.
        assert!(matches!(store.write_as(&permit, chain, 86_400_000).await, Err(Fault::SignedOut)));
        let mut tx = store.write(chain, 2).await.unwrap();
        store::sign_ins::remove_all(&mut tx, person.id).await.unwrap();
        tx.keep(()).await.unwrap();
        assert!(matches!(acts().await, Err(Fault::SignedOut)));
        // Whoever came with nothing can look and not act.
        let shown = people::Actor { ground: people::Ground::Nothing, ..actor.clone() };
        assert!(matches!(store.write_as(&shown, chain, 2).await, Err(Fault::SignedOut)));
    })
    .await;
}
