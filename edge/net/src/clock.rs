//! The clock, passed as an argument.

use std::time::{Duration, Instant, SystemTime};

use pairing::{Ticks, UnixMs};

/// A source of time. Tests have their own.
pub trait Clock: Send + Sync + 'static {
    /// Calendar time; it may jump.
    fn unix(&self) -> UnixMs;

    /// A clock that only runs forward; for time-outs.
    fn ticks(&self) -> Ticks;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose ticks begin now.
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// The instant of a tick, for timers.
    pub fn instant(&self, ticks: Ticks) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.start + Duration::from_millis(ticks.0))
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn unix(&self) -> UnixMs {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn ticks(&self) -> Ticks {
        Ticks(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
