//! What `restored` rests on, over both databases: the data held alone, records put back without the
//! addresses beside them, and how far a chain was verified.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

#[macro_use]
mod common;

use audit::{Chain, Decision, Event, Head, Kind, PUT_BACK, Who};
use store::addresses::{self, Beside};
use store::verified::Verified;
use store::{Hold, Store};

const NOW: i64 = 1_790_000_000_000;

suite! {
    data_is_held_alone_or_shared
    addresses_of_records_that_were_put_back_are_not_missed_and_others_are
    what_was_verified_is_never_lowered
}

fn chain() -> Chain {
    Chain::new("131016").unwrap()
}

async fn data_is_held_alone_or_shared(store: Store) {
    let mut one = store.hold(Hold::Shared).await.unwrap().expect("nobody has it");
    let other = store.hold(Hold::Shared).await.unwrap().expect("several servers share it");
    assert!(one.stands().await);
    assert!(store.hold(Hold::Alone).await.unwrap().is_none(), "while servers run");
    drop(one);
    assert!(store.hold(Hold::Alone).await.unwrap().is_none(), "while one does");
    drop(other);
    let alone = until_free(&store, Hold::Alone).await;
    assert!(store.hold(Hold::Shared).await.unwrap().is_none());
    assert!(store.hold(Hold::Alone).await.unwrap().is_none());
    drop(alone);
    until_free(&store, Hold::Shared).await;
}

/// A session ends a moment after its connection.
async fn until_free(store: &Store, hold: Hold) -> store::Held {
    loop {
        if let Some(held) = store.hold(hold).await.unwrap() {
            return held;
        }
        tokio::task::yield_now().await;
    }
}

/// A record with an address beside it.
async fn record(store: &Store, event: Event) {
    let tx = store.write(chain(), NOW).await.unwrap();
    tx.commit(Decision::new((), event)).await.unwrap();
}

fn stranger() -> Event {
    let who = Who::Stranger { address: "203.0.113.5".into() };
    Event::new(chain(), who, Kind::SIGN_IN_FAILED, "sato")
}

async fn tamper(store: &Store, sql: &str) {
    let mut tx = store.write(chain(), NOW).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await.unwrap();
    tx.keep(()).await.unwrap();
}

async fn addresses_of_records_that_were_put_back_are_not_missed_and_others_are(store: Store) {
    for _ in 0..6 {
        record(&store, stranger()).await;
    }
    let mut conn = store.read().await.unwrap();
    let lost = store::audit_after(&mut conn, chain(), 3, 9).await.unwrap();
    drop(conn);
    // An old copy, which ends at 3; what was collected is put back.
    tamper(&store, "DELETE FROM audit_records WHERE seq > 3").await;
    tamper(&store, "DELETE FROM audit_addresses WHERE seq > 3").await;
    let mut tx = store.write(chain(), NOW).await.unwrap();
    sqlx::query("UPDATE audit_heads SET seq = 3, hash = $1")
        .bind(lost[0].previous.to_vec())
        .execute(&mut *tx)
        .await
        .unwrap();
    for one in &lost {
        store::put_back(&mut tx, one).await.unwrap();
    }
    store::leap(&mut tx, chain(), 1_000_000).await.unwrap();
    let gap = Event::new(chain(), Who::System, Kind::RECORD_GAP, "").with("after", 6);
    tx.commit(Decision::new((), gap.clone())).await.unwrap();
    let mut conn = store.read().await.unwrap();
    let beside = addresses::verify(&mut conn, chain()).await.unwrap();
    let missing = [4, 5, 6].map(Beside::Missing).to_vec();
    assert_eq!((beside.faults, beside.count), (missing, 3), "a gap that does not say so, and all");
    assert!(store::verify_chain(&mut conn, chain()).await.unwrap().is_ok());
    drop(conn);

    let mut tx = store.write(chain(), NOW).await.unwrap();
    store::leap(&mut tx, chain(), 2_000_000).await.unwrap();
    tx.commit(Decision::new((), gap.with(PUT_BACK, "4-6"))).await.unwrap();
    let mut conn = store.read().await.unwrap();
    let beside = addresses::verify(&mut conn, chain()).await.unwrap();
    assert!(beside.whole() && beside.put_back == 3, "{beside:?}");
    drop(conn);

    // It covers those and nothing else: neither one that is missing beside them ...
    record(&store, stranger()).await;
    tamper(&store, "DELETE FROM audit_addresses WHERE seq IN (3, 2000001)").await;
    let mut conn = store.read().await.unwrap();
    let beside = addresses::verify(&mut conn, chain()).await.unwrap();
    assert_eq!(beside.faults, [3, 2_000_001].map(Beside::Missing));
    drop(conn);
    // ... nor one that was put there.
    let planted = "INSERT INTO audit_addresses (chain, seq, place, at, address, key) \
                   SELECT chain, 5, place, at, address, key FROM audit_addresses WHERE seq = 2";
    tamper(&store, planted).await;
    let mut conn = store.read().await.unwrap();
    let beside = addresses::verify(&mut conn, chain()).await.unwrap();
    assert!(beside.faults.contains(&Beside::Altered(5)), "{beside:?}");
}

async fn what_was_verified_is_never_lowered(store: Store) {
    let at = |seq| Verified { head: Head { seq, hash: [seq as u8; 32] }, at: NOW, whole: NOW };
    let mut kept = Vec::new();
    for seq in [5, 9, 7, 9, 12] {
        let mut tx = store.write(chain(), NOW).await.unwrap();
        store::verified::put(&mut tx, chain(), &at(seq)).await.unwrap();
        let there = store::verified::find(&mut tx, chain()).await.unwrap().unwrap();
        kept.push(there.head.seq);
        tx.keep(()).await.unwrap();
    }
    assert_eq!(kept, [5, 9, 9, 9, 12]);
}
