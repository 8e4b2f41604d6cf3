//! Agents that come back are let in, so many at a time as the store bears. Who waits holds no
//! connection of the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who may wait; more are told to come again.
const QUEUE: usize = 8_192;
/// Who waited this long is told to come again too: an agent that waits for longer is not sure that
/// it will be let in.
const PATIENCE: Duration = Duration::from_secs(30);

/// The door.
#[derive(Debug)]
pub(super) struct Admission {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    patience: Duration,
}

/// Too many wait, or one waited too long: come again later.
#[derive(Debug)]
pub(super) struct Busy;

impl Admission {
    /// A door for so many at a time.
    pub(super) fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places.max(1))),
            waiting: AtomicUsize::new(0),
            patience: PATIENCE,
        }
    }

    /// Waits to be let in, in the order of coming. Inside as long as the permit is kept.
    pub(super) async fn enter(&self) -> Result<OwnedSemaphorePermit, Busy> {
        let waits = Waits::new(&self.waiting).ok_or(Busy)?;
        let place =
            tokio::time::timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await;
        drop(waits);
        place.ok().and_then(Result::ok).ok_or(Busy)
    }
}

struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn new(waiting: &'a AtomicUsize) -> Option<Self> {
        let one = Self(waiting);
        (waiting.fetch_add(1, Ordering::SeqCst) < QUEUE).then_some(one)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_does_not_fit_waits_in_order_and_is_told_when_it_takes_too_long() {
        let mut door = Admission::new(1);
        let first = door.enter().await.unwrap();
        let _second = {
            let second = door.enter();
            tokio::pin!(second);
            let in_at_once = tokio::select! {
                biased;
                _ = &mut second => true,
                () = std::future::ready(()) => false,
            };
            assert!(!in_at_once, "it waits");
            drop(first);
            second.await.unwrap()
        };
        door.patience = Duration::ZERO;
        assert!(door.enter().await.is_err(), "told after its patience");
        assert_eq!(door.waiting.load(Ordering::SeqCst), 0);
        door.waiting.store(QUEUE, Ordering::SeqCst);
        assert!(door.enter().await.is_err(), "told at once where too many wait");
        assert_eq!(door.waiting.load(Ordering::SeqCst), QUEUE, "and not counted");
    }
}
