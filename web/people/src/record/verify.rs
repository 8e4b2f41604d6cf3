//! Verifying chains beside everything else: one snapshot, from the record verified last, and no lock.

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

/// Walks a chain in a snapshot, from the record verified last (`all`: from the beginning), `pages` at most.
pub async fn walk(snapshot: &mut Snapshot, chain: Chain, all: bool, pages: usize) -> store::Result<(Outcome, Option<Verified>)> {
    let before = store::verified::find(snapshot, chain).await?;
    // Where the record verified last is no longer there, the walk begins anew and names what is missing.
    let from = match before.filter(|_| !all) {
        Some(verified) if store::compare_head(snapshot, chain, verified.head).await? == Seen::There => verified.head,
        _ => Head::EMPTY,
    };
    let mut walk = Walk::begin(snapshot, chain, from).await?;
    for _ in 0..pages {
        match walk.step(snapshot).await? {
            Step::On => {}
            Step::Holds(head) => return Ok((Outcome::Holds(head), before)),
            Step::Broken(broken) => return Ok((Outcome::Broken(broken), before)),
        }
    }
    Ok((Outcome::SoFar(walk.head()), before))
}

/// For the page: a bounded walk of one chain, on from the record verified last or (`all`) from the beginning.
pub async fn for_page(store: &store::Store, chain: Chain, all: bool) -> store::Result<(Outcome, Option<Verified>)> {
    let mut snapshot = store.snapshot().await?;
    let found = walk(&mut snapshot, chain, all, PAGES).await;
    snapshot.end().await?;
    found
}

/// What is kept of a walk that found nothing wrong.
pub fn kept(outcome: Outcome, before: Option<Verified>, all: bool, now: i64) -> Option<Verified> {
    let head = match outcome {
        Outcome::Holds(head) | Outcome::SoFar(head) => head,
        Outcome::Broken(_) => return None,
    };
    Some(Verified { head, at: now, whole: before.filter(|_| !all).map_or(now, |verified| verified.whole) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tail_that_is_cut_below_the_record_verified_last_is_found() {
        let town = crate::testing::Town::new().await;
        let home: people::BodyCode = crate::testing::HOME.parse().unwrap();
        town.sign_in("it1").await;
        let (outcome, before) = for_page(&town.app.store, home.chain(), false).await.unwrap();
        let verified = kept(outcome, before, false, town.app.now()).unwrap();
        let mut tx = town.app.write_unattended(home).await.unwrap();
        store::verified::put(&mut tx, home.chain(), &verified).await.unwrap();
        let cut = format!("DELETE FROM audit_records WHERE chain = '{home}' AND seq = {}", verified.head.seq);
        sqlx::query(sqlx::AssertSqlSafe(cut)).execute(&mut *tx).await.unwrap();
        tx.keep(()).await.unwrap();
        let (outcome, _) = for_page(&town.app.store, home.chain(), false).await.unwrap();
        assert!(matches!(outcome, Outcome::Broken(_)), "{outcome:?}");
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
