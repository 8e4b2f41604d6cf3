//! Who waits for what, and where: a body's turn first, then a place among the connections, then the
//! connection. Whoever waits for a turn holds nothing of the database, so one body that is stuck
//! costs its neighbours nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use audit::Chain;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::{Backend, Fault, Result};

/// Places among the connections, for reading pages, for writing, for the agents' lines, and for
/// noting when a sign-in was last used.
const POSTGRES: [usize; 4] = [10, 16, 6, 4];
/// SQLite has one writer, whoever writes.
const SQLITE: [usize; 4] = [8, 1, 4, 0];

/// For whom a store is asked: who waits for a page gives up sooner than an agent does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    Pages,
    Lines,
}

impl Work {
    /// How long somebody waits for a turn and for a place.
    fn patience(self) -> Duration {
        Duration::from_secs(if self == Self::Pages { 10 } else { 60 })
    }

    /// How long somebody waits for a place to read. A restart of PostgreSQL takes less; whoever
    /// waits longer is told.
    fn patience_to_read(self) -> Duration {
        Duration::from_secs(if self == Self::Pages { 4 } else { 60 })
    }

    /// Who may be in one body's queue, the writer included.
    fn queue(self) -> usize {
        if self == Self::Pages { 512 } else { 2_048 }
    }
}

/// The places among the connections of one store.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    lines: Arc<Semaphore>,
    touches: Arc<Semaphore>,
    sizes: [usize; 4],
    backend: Backend,
}

impl Places {
    pub(crate) fn new(backend: Backend) -> Self {
        let sizes = if backend == Backend::Sqlite { SQLITE } else { POSTGRES };
        let [reads, writes, lines, touches] = sizes.map(|size| Arc::new(Semaphore::new(size)));
        Self { reads, writes, lines, touches, sizes, backend }
    }

    /// Reading connections there must be, so that nobody who has a place waits for one.
    pub(crate) fn to_read_at_most(&self) -> u32 {
        let [reads, _, lines, _] = self.sizes;
        (reads + lines).try_into().unwrap_or(u32::MAX)
    }

    /// The same for those that write.
    pub(crate) fn to_write_at_most(&self) -> u32 {
        let [_, writes, lines, touches] = self.sizes;
        let lines = if self.backend == Backend::Sqlite { 0 } else { lines };
        (writes + lines + touches).try_into().unwrap_or(u32::MAX)
    }

    /// Those for the agents' lines.
    pub(crate) fn for_lines(&self) -> usize {
        self.sizes[2]
    }

    pub(crate) async fn to_read(&self, work: Work) -> Result<OwnedSemaphorePermit> {
        let places = if work == Work::Pages { &self.reads } else { &self.lines };
        take(places, work.patience_to_read())
            .await?
            .ok_or_else(|| Fault::Gone("no connection in time".to_owned()))
    }

    pub(crate) async fn to_write(&self, work: Work) -> Result<OwnedSemaphorePermit> {
        let places = if work == Work::Pages || self.backend == Backend::Sqlite {
            &self.writes
        } else {
            &self.lines
        };
        take(places, work.patience()).await?.ok_or(Fault::Locked)
    }

    /// A place to write that is there soon, or none: for what may as well not be written now. A
    /// body that is stuck keeps none of them busy where there is more than one writer.
    pub(crate) async fn to_touch(&self) -> Result<OwnedSemaphorePermit> {
        let sqlite = self.backend == Backend::Sqlite;
        let places = if sqlite { &self.writes } else { &self.touches };
        take(places, Duration::from_millis(250)).await?.ok_or(Fault::Locked)
    }
}

/// A place in the order of asking; none when the time is over.
async fn take(places: &Arc<Semaphore>, patience: Duration) -> Result<Option<OwnedSemaphorePermit>> {
    match timeout(patience, Arc::clone(places).acquire_owned()).await {
        Ok(place) => Ok(Some(place.map_err(|_| Fault::Gone("the store is closed".to_owned()))?)),
        Err(_) => Ok(None),
    }
}

/// The queues of the bodies of one store, in this process. Between processes PostgreSQL's lock
/// decides; one waits for it at a time.
#[derive(Clone, Default, Debug)]
pub(crate) struct Turns(Arc<Mutex<BTreeMap<Chain, Queue>>>);

#[derive(Default, Debug)]
struct Queue {
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Who has the turn or waits for it.
    inside: usize,
}

/// A body's turn and a place to write. Given back by dropping it.
#[derive(Debug)]
pub(crate) struct Turn {
    // In this order: the next writer of the body finds a place free.
    _place: OwnedSemaphorePermit,
    _turn: OwnedMutexGuard<()>,
    _inside: Inside,
}

impl Turns {
    /// The body's turn, then a place.
    pub(crate) async fn take(&self, chain: Chain, places: &Places, work: Work) -> Result<Turn> {
        let (inside, turn) = self.enter(chain, work.queue())?;
        let turn = timeout(work.patience(), turn.lock_owned()).await.map_err(|_| Fault::Locked)?;
        let place = places.to_write(work).await?;
        Ok(Turn { _place: place, _turn: turn, _inside: inside })
    }

    fn enter(&self, chain: Chain, most: usize) -> Result<(Inside, Arc<tokio::sync::Mutex<()>>)> {
        let mut queues = self.queues();
        let queue = queues.entry(chain).or_default();
        if queue.inside >= most {
            return Err(Fault::Locked);
        }
        queue.inside += 1;
        Ok((Inside { turns: self.clone(), chain }, Arc::clone(&queue.turn)))
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<Chain, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody in a body's queue.
#[derive(Debug)]
struct Inside {
    turns: Turns,
    chain: Chain,
}

impl Drop for Inside {
    fn drop(&mut self) {
        let mut queues = self.turns.queues();
        if let Some(queue) = queues.get_mut(&self.chain) {
            queue.inside = queue.inside.saturating_sub(1);
            if queue.inside == 0 {
                queues.remove(&self.chain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_queue_is_bounded_and_leaves_nothing_behind() {
        let (turns, places) = (Turns::default(), Places::new(Backend::Postgres));
        let most = Work::Pages.queue();
        let first = turns.take(Chain::SERVER, &places, Work::Pages).await.unwrap();
        let waiting: Vec<_> =
            (1..most).map(|_| turns.enter(Chain::SERVER, most).unwrap()).collect();
        assert!(
            matches!(turns.take(Chain::SERVER, &places, Work::Pages).await, Err(Fault::Locked)),
            "one more than may wait"
        );
        assert!(
            turns.enter(Chain::SERVER, Work::Lines.queue()).is_ok(),
            "an agent's line may still"
        );
        let other = Chain::new("131016").unwrap();
        drop(turns.take(other, &places, Work::Pages).await.unwrap());
        drop((waiting, first));
        assert!(turns.queues().is_empty());
    }

    #[tokio::test]
    async fn who_waits_for_a_turn_takes_no_place() {
        let (turns, places) = (Turns::default(), Places::new(Backend::Postgres));
        let first = turns.take(Chain::SERVER, &places, Work::Pages).await.unwrap();
        let waits = turns.take(Chain::SERVER, &places, Work::Pages);
        tokio::pin!(waits);
        let asked = tokio::select! {
            biased;
            _ = &mut waits => true,
            () = std::future::ready(()) => false,
        };
        assert!(!asked, "it waits");
        assert_eq!(places.writes.available_permits(), POSTGRES[1] - 1, "the writer's alone");
        drop(first);
        drop(waits.await.unwrap());
        assert_eq!(places.writes.available_permits(), POSTGRES[1]);
    }
}
