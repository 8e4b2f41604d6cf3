//! Verifying chains beside everything else: one snapshot, from the record verified last, and no
//! lock.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use audit::{Broken, Chain, Head, Seen};
use store::verified::Verified;
use store::{Snapshot, Step, Walk};

/// Verifications by the page at once, over all bodies; each holds a connection of its own.
const AT_ONCE: usize = 2;
/// Pages of one press of the button; the next press goes on behind them.
const PAGES: usize = 200;

/// Which chains are being verified for somebody on a page.
#[derive(Debug, Default)]
pub struct Verifying(Mutex<BTreeSet<Chain>>);

/// A place among them, given back when dropped.
pub struct Turn<'a>(&'a Verifying, Chain);

impl Verifying {
    /// A place; `None` while this chain is being verified, or too many others are.
    pub fn turn(&self, chain: Chain) -> Option<Turn<'_>> {
        let mut under_way = self.under_way();
        // Made only where there is a place: one that is dropped gives a place back.
        (under_way.len() < AT_ONCE && under_way.insert(chain)).then(|| Turn(self, chain))
    }

    fn under_way(&self) -> MutexGuard<'_, BTreeSet<Chain>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.under_way().remove(&self.1);
    }
}

/// What a walk found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The chain holds to its end.
    Holds(Head),
    /// It holds so far; there is more than one walk takes.
    SoFar(Head),
    /// Its first broken record.
    Broken(Broken),
}

/// Walks a chain in a snapshot, from the record verified last (`all`: from the beginning), `pages`
/// at most. Where the record verified last is no longer the one it was, the chain is broken,
/// however well what is left holds together: whoever cut it can have written its head anew.
pub async fn walk(
    snapshot: &mut Snapshot,
    chain: Chain,
    all: bool,
    pages: usize,
) -> store::Result<(Outcome, Option<Verified>)> {
    let before = store::verified::find(snapshot, chain).await?;
    let seen = match before {
        Some(verified) => store::compare_head(snapshot, chain, verified.head).await?,
        None => Seen::There,
    };
    let from = match before.filter(|_| !all && seen == Seen::There) {
        Some(verified) => verified.head,
        None => Head::EMPTY,
    };
    let gone = match (before, seen) {
        (Some(verified), Seen::Behind { .. } | Seen::Other) => {
            Some(Broken::Gone { seq: verified.head.seq })
        }
        _ => None,
    };
    let mut walk = Walk::begin(snapshot, chain, from).await?;
    for _ in 0..pages {
        match walk.step(snapshot).await? {
            Step::On => {}
            Step::Holds(head) => {
                return Ok((gone.map_or(Outcome::Holds(head), Outcome::Broken), before));
            }
            // The first that does not hold says more than that the last is gone.
            Step::Broken(broken) => return Ok((Outcome::Broken(broken), before)),
        }
    }
    Ok((gone.map_or(Outcome::SoFar(walk.head()), Outcome::Broken), before))
}

/// For the page: a bounded walk of one chain, on from the record verified last or (`all`) from the
/// beginning.
pub async fn for_page(
    store: &store::Store,
    chain: Chain,
    all: bool,
) -> store::Result<(Outcome, Option<Verified>)> {
    let mut snapshot = store.snapshot().await?;
    let found = walk(&mut snapshot, chain, all, PAGES).await;
    snapshot.end().await?;
    found
}

/// What is kept of a walk that found nothing wrong. A walk that came less far than the one before
/// knows less, and is not kept.
pub fn kept(outcome: Outcome, before: Option<Verified>, all: bool, now: i64) -> Option<Verified> {
    let head = match outcome {
        Outcome::Holds(head) | Outcome::SoFar(head) => head,
        Outcome::Broken(_) => return None,
    };
    let further = before.is_none_or(|verified| head.seq >= verified.head.seq);
    let whole = before.filter(|_| !all).map_or(now, |verified| verified.whole);
    further.then_some(Verified { head, at: now, whole })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{HOME, Town};

    async fn tampered(town: &Town, sql: &[&str]) {
        let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
        for one in sql {
            sqlx::query(sqlx::AssertSqlSafe((*one).to_owned())).execute(&mut *tx).await.unwrap();
        }
        tx.keep(()).await.unwrap();
    }

    #[tokio::test]
    async fn a_tail_that_is_cut_below_the_record_verified_last_is_found() {
        let town = Town::new().await;
        let home: people::BodyCode = HOME.parse().unwrap();
        town.sign_in("it1").await;
        town.sign_in("hr1").await;
        let (outcome, before) = for_page(&town.app.store, home.chain(), false).await.unwrap();
        let verified = kept(outcome, before, false, town.app.now()).unwrap();
        let last = verified.head.seq;
        let mut tx = town.app.write_unattended(home).await.unwrap();
        store::verified::put(&mut tx, home.chain(), &verified).await.unwrap();
        tx.keep(()).await.unwrap();

        // With the kept head as it was, and with one that was written anew: the same.
        let cut = format!("DELETE FROM audit_records WHERE chain = '{home}' AND seq = {last}");
        tampered(&town, &[&cut, &cut.replace("records", "addresses")]).await;
        let (outcome, _) = for_page(&town.app.store, home.chain(), false).await.unwrap();
        assert!(matches!(outcome, Outcome::Broken(_)), "{outcome:?}");
        let anew = format!(
            "UPDATE audit_heads SET seq = {}, hash = (SELECT hash FROM audit_records \
             WHERE chain = '{home}' AND seq = {}) WHERE chain = '{home}'",
            last - 1,
            last - 1
        );
        tampered(&town, &[&anew]).await;
        for all in [false, true] {
            let (outcome, before) = for_page(&town.app.store, home.chain(), all).await.unwrap();
            assert_eq!(outcome, Outcome::Broken(Broken::Gone { seq: last }), "all: {all}");
            assert_eq!((kept(outcome, before, all, 0), before), (None, Some(verified)));
        }
        // Another record in its place, and the chain goes on behind it.
        town.clock.advance(60_000);
        town.sign_in("hr1").await;
        town.sign_in("it1").await;
        let (outcome, _) = for_page(&town.app.store, home.chain(), false).await.unwrap();
        assert_eq!(outcome, Outcome::Broken(Broken::Gone { seq: last }));

        // Nothing lowers what is kept.
        let lower = Verified { head: Head { seq: last - 1, hash: [1; 32] }, ..verified };
        assert_eq!(kept(Outcome::SoFar(lower.head), Some(verified), true, 0), None);
        let mut tx = town.app.write_unattended(home).await.unwrap();
        store::verified::put(&mut tx, home.chain(), &lower).await.unwrap();
        tx.keep(()).await.unwrap();
        let mut conn = town.app.store.read().await.unwrap();
        let there = store::verified::find(&mut conn, home.chain()).await.unwrap();
        assert_eq!(there, Some(verified));
    }

    #[test]
    fn one_at_a_time_for_a_chain_and_few_in_all() {
        let places = Verifying::default();
        let [a, b, c] = ["011002", "131016", "200000"].map(|code| Chain::new(code).unwrap());
        let first = places.turn(a).unwrap();
        assert!(places.turn(a).is_none());
        let second = places.turn(b).unwrap();
        assert!(places.turn(c).is_none());
        drop(first);
        assert!(places.turn(c).is_some());
        drop(second);
    }
}
