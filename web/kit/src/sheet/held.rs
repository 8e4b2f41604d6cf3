//! Files that were looked at and wait until whoever sent them says that they be taken: in memory,
//! for half an hour, each for its sender alone. A file is read and checked anew when it is taken.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use people::StaffId;

use crate::secrets::hex;

/// How long a file waits, milliseconds.
const LIFE_MS: i64 = 30 * 60_000;
/// Most bytes of all files that wait: the oldest give way.
const BYTES: usize = 64 << 20;

/// The files by their numbers.
static HELD: Mutex<BTreeMap<[u8; 16], Waiting>> = Mutex::new(BTreeMap::new());

struct Waiting {
    owner: StaffId,
    since: i64,
    file: Held,
}

/// A file that waits.
#[derive(Clone, Debug)]
pub struct Held {
    /// What it is to be taken as: a list's own word.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Keeps a file under a random number, in place of an older one of the same person and kind;
/// answers the number as text.
pub fn hold(number: [u8; 16], owner: StaffId, now: i64, file: Held) -> String {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.retain(|_, one| {
        now - one.since < LIFE_MS && (one.owner != owner || one.file.kind != file.kind)
    });
    held.insert(number, Waiting { owner, since: now, file });
    while held.values().map(|one| one.file.bytes.len()).sum::<usize>() > BYTES && held.len() > 1 {
        let oldest = held.iter().min_by_key(|(_, one)| one.since).map(|(number, _)| *number);
        let Some(oldest) = oldest else { break };
        held.remove(&oldest);
    }
    hex(&number)
}

/// The file with this number, when it waits for this person; it waits no longer.
#[must_use]
pub fn release(number: &str, owner: StaffId, kind: &str, now: i64) -> Option<Held> {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let found = held.iter().find(|(key, one)| {
        hex(*key) == number
            && one.owner == owner
            && one.file.kind == kind
            && now - one.since < LIFE_MS
    });
    let key = found.map(|(key, _)| *key)?;
    held.remove(&key).map(|one| one.file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_waits_for_its_sender_once_and_not_for_ever() {
        let (one, other) = (StaffId([201; 16]), StaffId([202; 16]));
        let file = |text: &'static str| Held {
            kind: "a",
            name: text.to_owned(),
            bytes: Bytes::from_static(text.as_bytes()),
        };
        let first = hold([201; 16], one, 0, file("first"));
        assert!(release(&first, other, "a", 1).is_none(), "somebody else's");
        assert!(release(&first, one, "b", 1).is_none(), "another list's");
        assert!(release(&first, one, "a", LIFE_MS).is_none(), "too late");
        assert_eq!(release(&first, one, "a", 1).unwrap().name, "first");
        assert!(release(&first, one, "a", 1).is_none(), "taken once");
        let (old, new) = (hold([203; 16], one, 0, file("x")), hold([204; 16], one, 1, file("y")));
        assert!(release(&old, one, "a", 2).is_none(), "the next file of a list takes its place");
        assert!(release(&new, one, "a", 2).is_some());
    }
}
