//! Flow control: measures the line by acknowledgements, so that nothing waits in a queue for longer
//! than about a frame.
//!
//! Two figures describe the line: the shortest time from sending to acknowledgement seen lately
//! (`base`) and its rate, taken from the frames that were large enough to need time. A frame is
//! sent when, by these figures, all frames before it have passed the bottleneck of the line. Small
//! frames that answer the user may be sent a little earlier.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Error;
use crate::ack::Ack;

/// Measured figures of the line to the viewer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Line {
    /// Smoothed time from sending a frame to its acknowledgement.
    pub round_trip: Duration,
    /// Estimated rate of the line in kbit/s; 0 while no frame was large enough to measure it.
    pub rate: u32,
}

/// Frames of fewer bytes do not count for the rate.
const TELLING: usize = 3000;
/// Bytes a second assumed before anything was measured.
const FIRST_RATE: f64 = 1_000_000.0;
/// Bounds of a measured rate, in bytes a second.
const RATES: (f64, f64) = (4_000.0, 1_000_000_000.0);
/// The shortest round trip is remembered for at least this long.
const MEMORY: Duration = Duration::from_secs(8);
/// How long, in seconds, a large frame may occupy the line.
const SLICE: f64 = 0.030;
/// A large frame may be sent when the line will be free within this time.
const SLACK: Duration = Duration::from_millis(3);
/// The same for a small frame that answers the user.
const EAGER: Duration = Duration::from_millis(60);

#[derive(Debug, Clone, Copy)]
struct Sent {
    number: u32,
    bytes: usize,
    at: Duration,
}

/// Frames that were sent and not acknowledged, and the figures of the line.
#[derive(Default)]
pub(crate) struct Flow {
    pending: VecDeque<Sent>,
    flying: usize,
    number: u32,
    smoothed: Option<Duration>,
    /// Shortest round trips of the current period and of the one before, and when the current one
    /// began.
    shortest: (Option<Duration>, Option<Duration>, Duration),
    rate: Option<f64>,
    /// When the line will have sent everything, by the figures measured so far.
    free_at: Duration,
    acknowledged_at: Duration,
    waiting: u8,
}

impl Flow {
    /// Whether a large frame may be sent.
    pub(crate) fn bulk(&self, now: Duration) -> bool {
        self.free_at <= now + SLACK
            && self.flying < self.window()
            && (self.waiting < 3 || self.pending.is_empty())
    }

    /// Whether a small frame that answers the user may be sent.
    pub(crate) fn eager(&self, now: Duration) -> bool {
        self.free_at <= now + EAGER && self.flying < self.window() + 16 * 1024
    }

    /// How many bytes a large frame may have.
    pub(crate) fn budget(&self) -> usize {
        self.rate.map_or(24 * 1024, |rate| ((rate * SLICE) as usize).clamp(6 * 1024, 512 * 1024))
    }

    /// When `bulk` becomes true without an acknowledgement; `None` when only an acknowledgement can
    /// make it true.
    pub(crate) fn free_at(&self) -> Option<Duration> {
        let full = self.flying >= self.window() || (self.waiting >= 3 && !self.pending.is_empty());
        (!full).then(|| self.free_at.saturating_sub(SLACK))
    }

    /// Bytes a second, if measured.
    pub(crate) fn rate(&self) -> Option<f64> {
        self.rate
    }

    pub(crate) fn sent(&mut self, bytes: usize, now: Duration) {
        self.number = self.number.wrapping_add(1);
        self.flying += bytes;
        self.pending.push_back(Sent { number: self.number, bytes, at: now });
        let time = bytes as f64 / self.rate.unwrap_or(FIRST_RATE);
        self.free_at = self.free_at.max(now) + Duration::from_secs_f64(time.min(10.0));
    }

    pub(crate) fn handle_ack(&mut self, ack: Ack, now: Duration) -> Result<(), Error> {
        let Some(count) = self.pending.iter().position(|sent| sent.number == ack.frame) else {
            return Err(Error::UnknownFrame);
        };
        let first_at = self.pending[0].at;
        let mut bytes = 0;
        let mut last_at = first_at;
        for sent in self.pending.drain(..=count) {
            bytes += sent.bytes;
            last_at = sent.at;
        }
        self.flying -= bytes;
        self.waiting = ack.waiting;
        // The viewer's working time does not count for the line.
        let arrived =
            now.saturating_sub(Duration::from_micros(u64::from(ack.work) * 100)).max(last_at);
        let trip = arrived - last_at;
        self.smoothed = Some(self.smoothed.map_or(trip, |old| (old * 7 + trip) / 8));
        if now.saturating_sub(self.shortest.2) > MEMORY {
            self.shortest = (None, self.shortest.0, now);
        }
        self.shortest.0 = Some(self.shortest.0.map_or(trip, |old| old.min(trip)));
        if bytes >= TELLING {
            let began = self.acknowledged_at.max(first_at + self.base());
            let took = arrived.saturating_sub(began).as_secs_f64().max(0.000_3);
            let sample = (bytes as f64 / took).clamp(RATES.0, RATES.1);
            let weight = (bytes as f64 / 40_000.0).clamp(0.1, 0.5);
            self.rate = Some(self.rate.map_or(sample, |old| old + (sample - old) * weight));
        }
        self.acknowledged_at = now;
        let left = self.flying as f64 / self.rate.unwrap_or(FIRST_RATE);
        self.free_at = self.free_at.min(now + Duration::from_secs_f64(left.min(10.0)));
        Ok(())
    }

    pub(crate) fn line(&self) -> Line {
        Line {
            round_trip: self.smoothed.unwrap_or_default(),
            rate: self.rate.map_or(0, |rate| (rate * 8.0 / 1000.0) as u32),
        }
    }

    /// The shortest round trip lately.
    fn base(&self) -> Duration {
        match (self.shortest.0, self.shortest.1) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b).unwrap_or_default(),
        }
    }

    /// Most bytes that may be unacknowledged: what the line holds, and 60 ms more.
    fn window(&self) -> usize {
        let time = self.base().as_secs_f64() + 0.06;
        ((self.rate.unwrap_or(FIRST_RATE) * time) as usize).max(32 * 1024)
    }
}
