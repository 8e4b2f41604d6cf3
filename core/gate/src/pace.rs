//! The least rate at which the other side must send or read.

/// The least rate: a number of bytes in each window of time, and a time for the whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Least {
    /// Length of a window, milliseconds.
    pub window_ms: u64,
    /// Bytes that each window brings at least.
    pub bytes: u64,
    /// Time within which everything must be there, milliseconds.
    pub whole_ms: u64,
}

/// Measures one body, or one part of an answer that the other side reads slowly. Each window is
/// judged by itself, so a fast start does not excuse a slow rest.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    least: Least,
    began: u64,
    window: u64,
    came: u64,
}

impl Pace {
    /// Begins `now`, in milliseconds of any clock that does not go back.
    #[must_use]
    pub fn new(least: Least, now: u64) -> Self {
        Self { least, began: now, window: now, came: 0 }
    }

    /// Reports that `bytes` bytes were moved.
    pub fn moved(&mut self, bytes: usize) {
        self.came = self.came.saturating_add(bytes as u64);
    }

    /// When to call [`Pace::too_slow`] again.
    #[must_use]
    pub fn deadline(&self) -> u64 {
        let whole = self.began.saturating_add(self.least.whole_ms);
        self.window.saturating_add(self.least.window_ms).min(whole)
    }

    /// Starts the next window `now`, after a time in which nothing was expected. The limit for the
    /// whole still counts from the beginning.
    pub fn again(&mut self, now: u64) {
        (self.window, self.came) = (now, 0);
    }

    /// Whether the other side is too slow `now`. At the end of a window with enough bytes, the next
    /// one begins.
    pub fn too_slow(&mut self, now: u64) -> bool {
        if now < self.deadline() {
            return false;
        }
        if self.came < self.least.bytes || now.saturating_sub(self.began) >= self.least.whole_ms {
            return true;
        }
        self.again(now);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Least = Least { window_ms: 10_000, bytes: 1_000, whole_ms: 60_000 };

    #[test]
    fn who_sends_nothing_is_let_go_after_one_window() {
        let mut pace = Pace::new(LEAST, 5_000);
        assert!(!pace.too_slow(14_999));
        assert_eq!(pace.deadline(), 15_000);
        assert!(pace.too_slow(15_000));
    }

    #[test]
    fn much_at_first_is_no_credit_for_holding_back_the_rest() {
        let mut pace = Pace::new(LEAST, 0);
        pace.moved(1 << 20);
        assert!(!pace.too_slow(10_000));
        pace.moved(999);
        assert!(pace.too_slow(20_000));
    }

    #[test]
    fn a_steady_sender_goes_on_until_the_whole_took_too_long() {
        let mut pace = Pace::new(LEAST, 0);
        for window in 1..6 {
            pace.moved(1_000);
            assert!(!pace.too_slow(window * 10_000), "{window}");
        }
        pace.moved(1_000);
        assert!(pace.too_slow(60_000));
    }
}
