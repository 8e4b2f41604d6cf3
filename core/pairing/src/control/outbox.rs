//! The reports an agent owes the server, kept until they are acknowledged.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::{Error, Result};

/// Reports in order. The agent saves this value after every change and **before** it offers it to a
/// connection: a number must never be used for two reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    epoch: u64,
    next: u64,
    waiting: VecDeque<(u64, Report)>,
}

impl Outbox {
    /// Reports kept at most. An agent whose outbox is full opens no session, because it could not
    /// report it.
    pub const MAX: usize = 10_000;

    /// An empty outbox. The epoch is random, so that numbers are not repeated after a lost file.
    pub fn new<R: rand_core::RngCore + rand_core::CryptoRng>(rng: &mut R) -> Self {
        // 53 bits: JSON numbers are exact up to there everywhere.
        Self { epoch: rng.next_u64() >> 11, next: 1, waiting: VecDeque::new() }
    }

    /// Adds a report.
    pub fn push(&mut self, report: Report) -> Result<()> {
        if self.waiting.len() >= Self::MAX {
            return Err(Error::Full("outbox"));
        }
        self.waiting.push_back((self.next, report));
        self.next += 1;
        Ok(())
    }

    /// Removes reports up to `number` that are on record at the server. True if there were any.
    pub fn acknowledge(&mut self, epoch: u64, number: u64) -> bool {
        let before = self.waiting.len();
        if epoch == self.epoch {
            self.waiting.retain(|(at, _)| *at > number);
        }
        self.waiting.len() < before
    }

    /// The epoch of the numbers.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether another report fits.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= Self::MAX
    }

    /// Whether no report waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The waiting reports after `number`, in order.
    pub fn after(&self, number: u64) -> impl Iterator<Item = (u64, &Report)> {
        self.waiting.iter().filter(move |(at, _)| *at > number).map(|(at, report)| (*at, report))
    }
}
