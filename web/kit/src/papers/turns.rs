//! Whose document is made next: one at a time, and few of anybody's in the line.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use people::{BodyCode, StaffId};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::Refusal;

/// Documents in the making at a time: each keeps a processor busy.
const AT_ONCE: usize = 1;
/// Of one person, waiting or in the making: one to read and one for the next tab.
const OF_A_PERSON: u32 = 2;
/// Of one body.
const OF_A_BODY: u32 = 6;

/// The line of this server.
pub(super) static TURNS: Turns = Turns::new();

/// A line. First come, first served; whoever has too many in it is told so, and others do not wait
/// for them.
#[derive(Debug)]
pub(super) struct Turns {
    press: Semaphore,
    bodies: Mutex<BTreeMap<BodyCode, u32>>,
    persons: Mutex<BTreeMap<StaffId, u32>>,
}

/// A turn; given back when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _press: SemaphorePermit<'static>,
    _places: (Place<BodyCode>, Place<StaffId>),
}

#[derive(Debug)]
struct Place<K: Ord + 'static> {
    line: &'static Mutex<BTreeMap<K, u32>>,
    key: K,
}

impl Turns {
    const fn new() -> Self {
        Self {
            press: Semaphore::const_new(AT_ONCE),
            bodies: Mutex::new(BTreeMap::new()),
            persons: Mutex::new(BTreeMap::new()),
        }
    }

    /// Waits for a turn of somebody.
    pub(super) async fn wait(
        &'static self,
        body: BodyCode,
        person: StaffId,
    ) -> Result<Turn, Refusal> {
        let person = Place::take(&self.persons, person, OF_A_PERSON)
            .ok_or(Refusal::Unavailable("paper_own"))?;
        let body =
            Place::take(&self.bodies, body, OF_A_BODY).ok_or(Refusal::Unavailable("paper_busy"))?;
        let press =
            self.press.acquire().await.map_err(|error| Refusal::Internal(error.to_string()))?;
        Ok(Turn { _press: press, _places: (body, person) })
    }
}

impl<K: Ord + Copy> Place<K> {
    fn take(line: &'static Mutex<BTreeMap<K, u32>>, key: K, most: u32) -> Option<Self> {
        let mut counts = of(line);
        let count = counts.entry(key).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Self { line, key })
    }
}

impl<K: Ord> Drop for Place<K> {
    fn drop(&mut self) {
        let mut counts = of(self.line);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

fn of<K: Ord>(line: &'static Mutex<BTreeMap<K, u32>>) -> MutexGuard<'static, BTreeMap<K, u32>> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn forty_tabs_of_one_person_keep_nobody_else_out() {
        static LINE: Turns = Turns::new();
        let (body, other): (BodyCode, BodyCode) =
            ("011002".parse().unwrap(), "131016".parse().unwrap());
        let person = |n: u8| StaffId([n; 16]);
        let first = LINE.wait(body, person(1)).await.unwrap();
        let mut second = Box::pin(LINE.wait(body, person(1)));
        assert!(futures(&mut second).await.is_none(), "the second waits");
        for _ in 0..38 {
            assert!(matches!(
                LINE.wait(body, person(1)).await,
                Err(Refusal::Unavailable("paper_own"))
            ));
        }
        let mut colleague = Box::pin(LINE.wait(body, person(2)));
        assert!(
            futures(&mut colleague).await.is_none(),
            "a colleague waits for two documents, not for forty"
        );
        let mut rest: Vec<_> = (3..6).map(|n| Box::pin(LINE.wait(body, person(n)))).collect();
        for one in &mut rest {
            assert!(futures(one).await.is_none());
        }
        assert!(
            matches!(LINE.wait(body, person(9)).await, Err(Refusal::Unavailable("paper_busy"))),
            "the body has its share"
        );
        let mut neighbour = Box::pin(LINE.wait(other, person(10)));
        assert!(futures(&mut neighbour).await.is_none());
        drop(first);
        drop(second.await.unwrap());
        drop(colleague.await.unwrap());
        // Whoever leaves the line leaves no place behind.
        drop(rest);
        drop(neighbour.await.unwrap());
        assert!(of(&LINE.persons).is_empty() && of(&LINE.bodies).is_empty());
    }

    /// What a wait has come to by now.
    async fn futures<F: Future + Unpin>(wait: &mut F) -> Option<F::Output> {
        tokio::select! {
            biased;
            done = wait => Some(done),
            () = std::future::ready(()) => None,
        }
    }
}
