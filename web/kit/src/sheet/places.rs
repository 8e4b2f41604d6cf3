//! Files are read beside the other requests, a few at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use people::BodyCode;
use tokio::sync::Semaphore;

use crate::error::Refusal;

/// Files that are read at one moment: each keeps a core busy.
static PLACES: Semaphore = Semaphore::const_new(2);
/// The files each body is having read or waits for.
static ASKED: Mutex<Option<HashMap<BodyCode, Asks>>> = Mutex::new(None);
/// Most of one body.
const OF_A_BODY: usize = 4;
/// How long somebody waits for a place.
const PATIENCE: Duration = Duration::from_secs(15);

/// Of one body: how many there are, and whose turn it is.
struct Asks {
    count: usize,
    turn: Arc<Semaphore>,
}

/// Reads a file beside the other requests, when there is a place for it. Of one body one is read at
/// a time, so that a neighbour never waits behind several of the same.
///
/// # Errors
/// [`Refusal::Unavailable`] when none comes free in time.
pub async fn reading<T: Send + 'static>(
    body: BodyCode,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let (asked, turn) = Asked::of(body)?;
    let place = async {
        // First the body's own turn: whoever waits for it holds no place.
        let turn = turn.acquire_owned().await.ok()?;
        Some((turn, PLACES.acquire().await.ok()?))
    };
    let place = tokio::time::timeout(PATIENCE, place).await;
    // The turn and the place are given back before the body's row is looked at.
    let held = (place.ok().flatten().ok_or(BUSY)?, asked);
    // The work goes on when whoever asked for it has hung up: it keeps its place until it is done.
    let work = move || {
        let _held = held;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::Internal(error.to_string()))
}

const BUSY: Refusal = Refusal::Unavailable("sheets_busy");

/// One file of a body that is being read or waits.
struct Asked(BodyCode);

impl Asked {
    fn of(body: BodyCode) -> Result<(Self, Arc<Semaphore>), Refusal> {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        let all = asked.get_or_insert_default();
        let own =
            all.entry(body).or_insert_with(|| Asks { count: 0, turn: Arc::new(Semaphore::new(1)) });
        if own.count >= OF_A_BODY {
            return Err(BUSY);
        }
        own.count += 1;
        Ok((Self(body), own.turn.clone()))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        let all = asked.get_or_insert_default();
        let left = all.get_mut(&self.0).map_or(0, |own| {
            own.count = own.count.saturating_sub(1);
            own.count
        });
        if left == 0 {
            all.remove(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_neighbour_waits_behind_no_second_file_of_a_body() {
        let (one, other): (BodyCode, BodyCode) =
            ("012025".parse().unwrap(), "131041".parse().unwrap());
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let (begun, mut began) = tokio::sync::mpsc::unbounded_channel();
        let finished = Arc::new(Mutex::new(finished));
        // Two people of one body, whose files take long.
        let busy: Vec<_> = (0..2)
            .map(|n| {
                let (begun, finished) = (begun.clone(), finished.clone());
                tokio::spawn(reading(one, move || {
                    _ = begun.send(n);
                    finished.lock().unwrap().recv()
                }))
            })
            .collect();
        began.recv().await.unwrap();
        assert_eq!(reading(other, || 7).await.unwrap(), 7, "there is a place beside the first");
        assert!(began.try_recv().is_err(), "the second waits for its own");
        finish.send(()).unwrap();
        began.recv().await.unwrap();
        finish.send(()).unwrap();
        for one in busy {
            one.await.unwrap().unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn one_body_does_not_fill_every_place() {
        let (one, other): (BodyCode, BodyCode) =
            ("011002".parse().unwrap(), "131016".parse().unwrap());
        let held: Vec<_> = (0..OF_A_BODY).map(|_| Asked::of(one).unwrap()).collect();
        assert!(matches!(reading(one, || 1).await, Err(Refusal::Unavailable("sheets_busy"))));
        assert_eq!(reading(other, || 2).await.unwrap(), 2);
        drop(held);
        assert_eq!(reading(one, || 3).await.unwrap(), 3);
        // Who hangs up leaves the work behind, and the work keeps its place.
        let (begun, began) = tokio::sync::oneshot::channel();
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let asking = tokio::spawn(reading(one, move || {
            _ = begun.send(());
            finished.recv()
        }));
        began.await.unwrap();
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        let counted = || {
            ASKED.lock().unwrap().as_ref().and_then(|asked| asked.get(&one).map(|own| own.count))
        };
        assert_eq!(counted(), Some(1));
        finish.send(()).unwrap();
        while counted().is_some() {
            tokio::task::yield_now().await;
        }
    }
}
