//! Used tickets and ended meetings, each kept until every ticket of it has expired.

use std::collections::{BTreeMap, BTreeSet};

use super::Refusal;
use crate::UnixMs;

#[derive(Debug)]
pub(super) struct Seen {
    limit: usize,
    by_name: BTreeMap<[u8; 16], UnixMs>,
    by_end: BTreeSet<(UnixMs, [u8; 16])>,
}

impl Seen {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, by_name: BTreeMap::new(), by_end: BTreeSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn contains(&self, name: &[u8; 16]) -> bool {
        self.by_name.contains_key(name)
    }

    /// Refuses when full: a ticket forgotten early would work twice.
    pub(super) fn remember(
        &mut self,
        name: [u8; 16],
        end: UnixMs,
        now: UnixMs,
    ) -> Result<(), Refusal> {
        while let Some((oldest, name)) = self.by_end.first().copied()
            && oldest < now
        {
            self.by_end.pop_first();
            self.by_name.remove(&name);
        }
        if self.by_name.contains_key(&name) {
            return Err(Refusal::Replayed);
        }
        if self.by_name.len() >= self.limit {
            return Err(Refusal::Full);
        }
        self.by_name.insert(name, end);
        self.by_end.insert((end, name));
        Ok(())
    }
}
