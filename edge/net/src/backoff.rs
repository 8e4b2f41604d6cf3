//! How long to wait before the next try.

use std::time::Duration;

use crate::Rng;

/// Doubling waits with jitter: each is between half of a bound and the bound, which doubles from
/// `first` to `last`. With full jitter a wait is between zero and the bound, so that many programs
/// that lost the same server do not reconnect at the same moment.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first: Duration,
    last: Duration,
    bound: Duration,
    full: bool,
}

impl Backoff {
    /// Waits from `first` to `last`.
    pub fn new(first: Duration, last: Duration) -> Self {
        Self { first, last, bound: first, full: false }
    }

    /// Waits from `first` to `last` with full jitter.
    pub fn full(first: Duration, last: Duration) -> Self {
        Self { full: true, ..Self::new(first, last) }
    }

    /// The next wait.
    pub fn wait(&mut self, rng: &mut impl Rng) -> Duration {
        let bound = self.bound;
        self.bound = (bound * 2).min(self.last);
        let jitter = f64::from(rng.next_u32()) / f64::from(u32::MAX);
        if self.full { bound.mul_f64(jitter) } else { bound / 2 + (bound / 2).mul_f64(jitter) }
    }

    /// The try succeeded: the next wait begins at `first` again.
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

    #[test]
    fn full_jitter_spreads_over_the_whole_bound() {
        let ms = Duration::from_millis;
        let mut rng = crate::SystemRng::new();
        let waits: Vec<Duration> =
            (0..400).map(|_| Backoff::full(ms(1000), ms(1000)).wait(&mut rng)).collect();
        assert!(waits.iter().all(|wait| *wait <= ms(1000)));
        assert!(
            waits.iter().any(|wait| *wait < ms(250)) && waits.iter().any(|wait| *wait > ms(750))
        );
    }
}
