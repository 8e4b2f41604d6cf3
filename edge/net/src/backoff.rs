//! How long to wait before the next try.

use std::time::Duration;

use crate::Rng;

/// Doubling waits with jitter: each is between half and all of a bound that doubles from `first` to `last`.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first: Duration,
    last: Duration,
    bound: Duration,
}

impl Backoff {
    /// Waits from `first` to `last`.
    pub fn new(first: Duration, last: Duration) -> Self {
        Self { first, last, bound: first }
    }

    /// The next wait.
    pub fn wait(&mut self, rng: &mut impl Rng) -> Duration {
        let bound = self.bound;
        self.bound = (bound * 2).min(self.last);
        let jitter = f64::from(rng.next_u32()) / f64::from(u32::MAX);
        bound / 2 + (bound / 2).mul_f64(jitter)
    }

    /// It worked: start anew.
    pub fn reset(&mut self) {
        self.bound = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_their_bounds() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(200), ms(2000));
        let mut rng = crate::SystemRng::new();
        for bound in [200, 400, 800, 1600, 2000, 2000] {
            let wait = backoff.wait(&mut rng);
            assert!(wait >= ms(bound / 2) && wait <= ms(bound), "{wait:?} of {bound}");
        }
        backoff.reset();
        assert!(backoff.wait(&mut rng) <= ms(200));
    }
}
