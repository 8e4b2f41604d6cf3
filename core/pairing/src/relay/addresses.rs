//! What each address has open, and how fast it knocks.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use super::{Limits, Refusal};
use crate::Ticks;

const MINUTE_MS: u64 = 60_000;

#[derive(Debug)]
pub(super) struct Addresses {
    limit: usize,
    open_limit: u32,
    opens_per_minute: u32,
    bad_per_minute: u32,
    known: BTreeMap<IpAddr, Address>,
}

#[derive(Debug)]
struct Address {
    open: u32,
    opens: Bucket,
    bad: Bucket,
}

/// What counts as one address: an IPv4 address, or the /64 that one IPv6 customer has.
pub(super) fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

impl Addresses {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.addresses,
            open_limit: limits.connections_per_address,
            opens_per_minute: limits.opens_per_minute,
            bad_per_minute: limits.bad_tickets_per_minute,
            known: BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn open(&mut self, address: IpAddr, now: Ticks) -> Result<(), Refusal> {
        let (opens, bad) = (self.opens_per_minute, self.bad_per_minute);
        if self.known.len() >= self.limit && !self.known.contains_key(&address) {
            self.known.retain(|_, known| known.open > 0 || !known.opens.is_full(opens, now) || !known.bad.is_full(bad, now));
            if self.known.len() >= self.limit {
                return Err(Refusal::Full);
            }
        }
        let known = self.known.entry(address).or_insert_with(|| Address {
            open: 0,
            opens: Bucket::new(opens, now),
            bad: Bucket::new(bad, now),
        });
        if known.open >= self.open_limit || known.bad.level(bad, now) == 0 || !known.opens.take(opens, now) {
            return Err(Refusal::TooMany);
        }
        known.open += 1;
        Ok(())
    }

    pub(super) fn close(&mut self, address: IpAddr) {
        if let Some(known) = self.known.get_mut(&address) {
            known.open -= 1;
        }
    }

    pub(super) fn suspect(&mut self, address: IpAddr, now: Ticks) {
        let bad = self.bad_per_minute;
        if let Some(known) = self.known.get_mut(&address) {
            known.bad.take(bad, now);
        }
    }
}

/// A token bucket that holds a minute's worth, counted in tokens x milliseconds so that nothing is rounded away.
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
        self.fill = self.fill.saturating_add(now.since(self.at).saturating_mul(u64::from(per_minute))).min(full);
        self.at = self.at.max(now);
    }

    fn level(&mut self, per_minute: u32, now: Ticks) -> u64 {
        self.refill(per_minute, now);
        self.fill / MINUTE_MS
    }

    fn is_full(&mut self, per_minute: u32, now: Ticks) -> bool {
        self.level(per_minute, now) == u64::from(per_minute)
    }

    fn take(&mut self, per_minute: u32, now: Ticks) -> bool {
        let some = self.level(per_minute, now) > 0;
        if some {
            self.fill -= MINUTE_MS;
        }
        some
    }
}
