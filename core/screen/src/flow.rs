//! How much may be on its way: measures the line by acknowledgements.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Error;
use crate::ack::Ack;

/// What is known of the line to the viewer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Line {
    /// Smoothed time from sending a frame to its acknowledgement.
    pub round_trip: Duration,
    /// Estimated rate of the line in kbit/s; 0 when it was never full.
    pub rate: u32,
}

/// Frames on their way.
#[derive(Default)]
pub(crate) struct Flow {
    /// Number, bytes and time of what was sent and not acknowledged.
    pending: VecDeque<(u32, usize, Duration)>,
    flying: usize,
    number: u32,
    smoothed: Option<Duration>,
}

impl Flow {
    pub(crate) fn may_send(&self, _now: Duration) -> bool {
        self.pending.len() < 4 && (self.pending.is_empty() || self.flying < 128 * 1024)
    }

    pub(crate) fn sent(&mut self, bytes: usize, now: Duration) {
        self.number = self.number.wrapping_add(1);
        self.flying += bytes;
        self.pending.push_back((self.number, bytes, now));
    }

    pub(crate) fn handle_ack(&mut self, ack: Ack, now: Duration) -> Result<(), Error> {
        if !self.pending.iter().any(|(number, ..)| *number == ack.frame) {
            return Err(Error::UnknownFrame);
        }
        while let Some((number, bytes, sent)) = self.pending.pop_front() {
            self.flying -= bytes;
            if number == ack.frame {
                let sample = now.saturating_sub(sent);
                self.smoothed = Some(self.smoothed.map_or(sample, |old| (old * 7 + sample) / 8));
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn line(&self) -> Line {
        Line { round_trip: self.smoothed.unwrap_or_default(), rate: 0 }
    }
}
