//! Open connections of each address, and its rate of new ones and of bad tickets.

use std::collections::BTreeMap;

use gate::Address;

use super::{Limits, Refusal};
use crate::Ticks;

const MINUTE_MS: u64 = 60_000;

#[derive(Debug)]
pub(super) struct Addresses {
    limit: usize,
    open_limit: u32,
    opens_per_minute: u32,
    bad_per_minute: u32,
    known: BTreeMap<Address, Known>,
    /// Addresses without open connections, in the order in which they closed their last.
    resting: BTreeMap<u64, Address>,
    next: u64,
}

#[derive(Debug)]
struct Known {
    open: u32,
    rests: Option<u64>,
    opens: Bucket,
    bad: Bucket,
}

impl Addresses {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.addresses,
            open_limit: limits.connections_per_address,
            opens_per_minute: limits.opens_per_minute,
            bad_per_minute: limits.bad_tickets_per_minute,
            known: BTreeMap::new(),
            resting: BTreeMap::new(),
            next: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn open(&mut self, address: Address, now: Ticks) -> Result<(), Refusal> {
        let (opens, bad) = (self.opens_per_minute, self.bad_per_minute);
        if self.known.len() >= self.limit && !self.known.contains_key(&address) {
            // The address without connections for longest is forgotten, so that a new address is
            // not refused for what others did.
            let (_, rested) = self.resting.pop_first().ok_or(Refusal::Full)?;
            self.known.remove(&rested);
        }
        let known = self.known.entry(address).or_insert_with(|| Known {
            open: 0,
            rests: None,
            opens: Bucket::new(opens, now),
            bad: Bucket::new(bad, now),
        });
        if known.open >= self.open_limit
            || known.bad.level(bad, now) == 0
            || !known.opens.take(opens, now)
        {
            return Err(Refusal::TooMany);
        }
        known.open += 1;
        if let Some(rests) = known.rests.take() {
            self.resting.remove(&rests);
        }
        Ok(())
    }

    pub(super) fn close(&mut self, address: Address) {
        if let Some(known) = self.known.get_mut(&address) {
            known.open -= 1;
            if known.open == 0 {
                known.rests = Some(self.next);
                self.resting.insert(self.next, address);
                self.next += 1;
            }
        }
    }

    pub(super) fn suspect(&mut self, address: Address, now: Ticks) {
        let bad = self.bad_per_minute;
        if let Some(known) = self.known.get_mut(&address) {
            known.bad.take(bad, now);
        }
    }
}

/// A token bucket that holds the tokens of one minute, counted in tokens x milliseconds so that
/// nothing is lost by rounding.
#[derive(Debug)]
struct Bucket {
    fill: u64,
    at: Ticks,
}

impl Bucket {
    fn new(per_minute: u32, now: Ticks) -> Self {
        Self { fill: u64::from(per_minute) * MINUTE_MS, at: now }
    }

    fn refill(&mut self, per_minute: u32, now: Ticks) {
        let full = u64::from(per_minute) * MINUTE_MS;
        self.fill = self
            .fill
            .saturating_add(now.since(self.at).saturating_mul(u64::from(per_minute)))
            .min(full);
        self.at = self.at.max(now);
    }

    fn level(&mut self, per_minute: u32, now: Ticks) -> u64 {
        self.refill(per_minute, now);
        self.fill / MINUTE_MS
    }

    fn take(&mut self, per_minute: u32, now: Ticks) -> bool {
        let some = self.level(per_minute, now) > 0;
        if some {
            self.fill -= MINUTE_MS;
        }
        some
    }
}
