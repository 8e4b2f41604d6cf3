//! Tickets that were used, each kept until it has expired anyway.

use std::collections::{BTreeMap, BTreeSet};

use super::Refusal;
use crate::UnixMs;

#[derive(Debug)]
pub(super) struct Seen {
    limit: usize,
    by_nonce: BTreeMap<[u8; 16], UnixMs>,
    by_end: BTreeSet<(UnixMs, [u8; 16])>,
}

impl Seen {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, by_nonce: BTreeMap::new(), by_end: BTreeSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.by_nonce.len()
    }

    /// Refuses when full: to forget a ticket early would let it work twice.
    pub(super) fn remember(&mut self, nonce: [u8; 16], end: UnixMs, now: UnixMs) -> Result<(), Refusal> {
        while let Some((oldest, nonce)) = self.by_end.first().copied()
            && oldest < now
        {
            self.by_end.pop_first();
            self.by_nonce.remove(&nonce);
        }
        if self.by_nonce.contains_key(&nonce) {
            return Err(Refusal::Replayed);
        }
        if self.by_nonce.len() >= self.limit {
            return Err(Refusal::Full);
        }
        self.by_nonce.insert(nonce, end);
        self.by_end.insert((end, nonce));
        Ok(())
    }
}
