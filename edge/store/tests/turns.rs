//! One body that is stuck costs its neighbours nothing, over SQLite and PostgreSQL.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use audit::Chain;
use store::sign_ins::SignIn;
use store::{Backend, Fault, Store};
use tokio::task::JoinSet;

const NOW: i64 = 1_790_000_000_000;
/// More than there are connections.
const WRITERS: usize = 100;

fn chain(code: &str) -> Chain {
    Chain::new(code).unwrap()
}

/// Writers of one body, each of which waits until it has its turn.
async fn writers(store: &Store) -> JoinSet<Result<(), Fault>> {
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move { store.write(chain("011002"), NOW).await?.keep(()).await });
    }
    tokio::task::yield_now().await;
    writers
}

async fn the_neighbours_go_on(store: &Store) {
    for _ in 0..30 {
        store::settings::find(&mut store.read().await.unwrap(), "x").await.unwrap();
        store::settings::find(&mut store.for_lines().read().await.unwrap(), "x").await.unwrap();
    }
    if store.backend() == Backend::Postgres {
        store.write(chain("131016"), NOW).await.unwrap().keep(()).await.unwrap();
        store.for_lines().write(chain("131016"), NOW).await.unwrap().keep(()).await.unwrap();
    }
}

#[tokio::test]
async fn writers_that_wait_for_their_turn_hold_no_connection() {
    common::on_both(async |store| {
        let first = store.write(chain("011002"), NOW).await.unwrap();
        let mut waiting = writers(store).await;
        the_neighbours_go_on(store).await;
        assert!(waiting.try_join_next().is_none(), "they wait");
        first.keep(()).await.unwrap();
        while let Some(done) = waiting.join_next().await {
            done.unwrap().unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_another_server_holds_takes_one_connection_of_this_one() {
    let postgres = common::Postgres::start();
    let here = postgres.store("book").await;
    let there = Store::open(&postgres.address("book")).await.unwrap();
    let held = there.write(chain("011002"), NOW).await.unwrap();
    let mut waiting = writers(&here).await;
    the_neighbours_go_on(&here).await;
    held.keep(()).await.unwrap();
    while let Some(done) = waiting.join_next().await {
        done.unwrap().unwrap();
    }
    here.close().await;
    there.close().await;
}

#[tokio::test]
async fn a_sign_in_is_touched_beside_a_body_that_is_stuck() {
    common::on_both(async |store| {
        let mut tx = store.write(chain("011002"), NOW).await.unwrap();
        let body = "011002".parse().unwrap();
        store::bodies::add(&mut tx, body, NOW).await.unwrap();
        let staff = people::Staff {
            id: people::StaffId([1; 16]),
            body,
            login: "hanako".parse().unwrap(),
            name: "花子".parse().unwrap(),
            division: None,
            roles: people::Roles::NONE,
            operator: false,
            state: people::StaffState::Active,
            fiscal_year: false,
            created: NOW,
        };
        store::staff::add(&mut tx, &staff).await.unwrap();
        let sign_in = SignIn {
            staff: staff.id,
            created: NOW,
            seen: NOW,
            factor: "passkey".into(),
            proved: NOW,
            address: String::new(),
            browser: String::new(),
        };
        store::sign_ins::add(&mut tx, &[1; 32], &sign_in).await.unwrap();
        tx.keep(()).await.unwrap();
        let stuck = store.write(chain("011002"), NOW).await.unwrap();
        let touched = store.touch_sign_in(&[1; 32], NOW + 5).await;
        let seen = store::sign_ins::find(&mut store.read().await.unwrap(), &[1; 32])
            .await
            .unwrap()
            .unwrap()
            .seen;
        match store.backend() {
            Backend::Postgres => assert_eq!((touched.is_ok(), seen), (true, NOW + 5)),
            // One writer: it is not written, and nobody waits for it.
            Backend::Sqlite => assert!(matches!(touched, Err(Fault::Locked)) && seen == NOW),
        }
        drop(stuck);
        store.touch_sign_in(&[1; 32], NOW + 9).await.unwrap();
        store.touch_token(people::TokenId([9; 16]), NOW).await.unwrap();
        let found = store::sign_ins::find(&mut store.read().await.unwrap(), &[1; 32])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.seen, NOW + 9);
        // Somebody ends it at this moment: nobody waits for that either.
        let mut ending = store.write(chain("011002"), NOW).await.unwrap();
        store::sign_ins::remove(&mut ending, &[1; 32]).await.unwrap();
        if store.backend() == Backend::Postgres {
            store.touch_sign_in(&[1; 32], NOW + 10).await.unwrap();
        }
        ending.keep(()).await.unwrap();
    })
    .await;
}
