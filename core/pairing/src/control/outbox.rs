//! The reports an agent owes the server, kept until they are acknowledged.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::{Error, Result};

/// Reports in order. A value the agent saves after every change, **before** it is offered to a
/// connection: a number must never be used for two reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    epoch: u64,
    next: u64,
    waiting: VecDeque<(u64, Report)>,
}

impl Outbox {
    /// Reports kept at most. An agent whose outbox is full opens no session: it could not account
    /// for it.
    pub const MAX: usize = 10_000;

    /// An empty one. The epoch is by chance, so that a lost file does not repeat numbers.
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

    /// Forgets what is on record at the server. True if that was anything.
    pub fn acknowledge(&mut self, epoch: u64, number: u64) -> bool {
        let before = self.waiting.len();
        if epoch == self.epoch {
            self.waiting.retain(|(at, _)| *at > number);
        }
        self.waiting.len() < before
    }

    /// Which count the numbers belong to.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether another report fits.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= Self::MAX
    }

    /// Whether nothing is owed.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What is owed after `number`, in order.
    pub fn after(&self, number: u64) -> impl Iterator<Item = (u64, &Report)> {
        self.waiting.iter().filter(move |(at, _)| *at > number).map(|(at, report)| (*at, report))
    }
}
