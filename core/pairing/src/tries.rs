//! Counts refused passwords of office PCs for each person and target, so that nobody can guess them
//! from home.
//!
//! Source: `spec/pairing.md`, "Passwords of office PCs".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{TargetId, UnixMs, UserId};

const MINUTE_MS: u64 = 60_000;

/// Refusals in a row. The agent keeps this value on disk and saves it after every change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tries(BTreeMap<UserId, BTreeMap<TargetId, Row>>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    wrong: u32,
    last: UnixMs,
    /// Hash of the PC's account that was tried; `None` once several were tried.
    account: Option<u64>,
}

/// The outcome of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Refusals in a row.
    pub wrong: u32,
    /// Seconds until the agent passes the next password to the PC; 0 for at once.
    pub pause_s: u32,
}

impl Tries {
    /// The refusal in a row that begins the first pause.
    pub const FREE: u32 = 5;
    /// The longest pause.
    pub const LONGEST_MS: u64 = 60 * MINUTE_MS;
    /// A count is forgotten after this long without a refusal.
    pub const MEMORY_MS: u64 = 24 * 60 * MINUTE_MS;
    /// Most counts kept.
    pub const MAX: usize = 16_384;

    /// Counts a password of this person, for this account, that the PC refused.
    pub fn refuse(
        &mut self,
        user: UserId,
        target: &TargetId,
        account: &str,
        now: UnixMs,
    ) -> Refused {
        let account = hashed(account);
        let known = self.row(user, target, now).cloned();
        if known.is_none() {
            self.make_room(now);
        }
        let before = known.unwrap_or(Row { wrong: 0, last: now, account: Some(account) });
        let row = Row {
            wrong: before.wrong.saturating_add(1),
            last: now,
            account: before.account.filter(|known| *known == account),
        };
        let refused = Refused { wrong: row.wrong, pause_s: seconds(pause(row.wrong)) };
        self.0.entry(user).or_default().insert(target.clone(), row);
        refused
    }

    /// The PC accepted a password of this person, for this account. True if that ends a count.
    ///
    /// After tries at several accounts, the right password of one does not end the count: it would
    /// give free tries at the others.
    pub fn accept(&mut self, user: UserId, target: &TargetId, account: &str) -> bool {
        let Some(rows) = self.0.get_mut(&user) else { return false };
        let ends = rows.get(target).is_some_and(|row| row.account == Some(hashed(account)));
        if ends {
            rows.remove(target);
        }
        if rows.is_empty() {
            self.0.remove(&user);
        }
        ends
    }

    /// Seconds until the agent passes a password of this person to this target again; 0 for now.
    pub fn wait_s(&self, user: UserId, target: &TargetId, now: UnixMs) -> u32 {
        let left = self.row(user, target, now).map_or(0, |row| {
            let pause = pause(row.wrong);
            row.last.plus(pause).0.saturating_sub(now.0).min(pause)
        });
        seconds(left)
    }

    /// Removes every count of a target, by somebody at the agent. Returns how many there were.
    pub fn forget(&mut self, target: &TargetId) -> usize {
        let forgotten = self.0.values_mut().filter_map(|rows| rows.remove(target)).count();
        self.0.retain(|_, rows| !rows.is_empty());
        forgotten
    }

    /// Refusals in a row that are remembered.
    pub fn count(&self, user: UserId, target: &TargetId) -> u32 {
        self.0.get(&user).and_then(|rows| rows.get(target)).map_or(0, |row| row.wrong)
    }

    fn row(&self, user: UserId, target: &TargetId, now: UnixMs) -> Option<&Row> {
        self.0.get(&user)?.get(target).filter(|row| holds(row, now))
    }

    fn make_room(&mut self, now: UnixMs) {
        if self.0.values().map(BTreeMap::len).sum::<usize>() < Self::MAX {
            return;
        }
        self.0.values_mut().for_each(|rows| rows.retain(|_, row| holds(row, now)));
        let oldest = self.0.iter().flat_map(|(user, rows)| {
            rows.iter().map(move |(target, row)| (row.last, *user, target.clone()))
        });
        if let Some((_, user, target)) = oldest.min()
            && self.0.values().map(BTreeMap::len).sum::<usize>() >= Self::MAX
            && let Some(rows) = self.0.get_mut(&user)
        {
            rows.remove(&target);
        }
        self.0.retain(|_, rows| !rows.is_empty());
    }
}

/// A refusal older than a day is forgotten. One dated hours ahead was counted with a wrong clock
/// and is ignored.
fn holds(row: &Row, now: UnixMs) -> bool {
    now < row.last.plus(Tries::MEMORY_MS) && row.last < now.plus(Tries::LONGEST_MS)
}

fn pause(wrong: u32) -> u64 {
    match wrong.checked_sub(Tries::FREE) {
        None => 0,
        Some(over) => MINUTE_MS.saturating_mul(1 << over.min(6)).min(Tries::LONGEST_MS),
    }
}

fn seconds(ms: u64) -> u32 {
    u32::try_from(ms.div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// Accounts are only compared, so their names are not kept.
fn hashed(account: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(account.trim().to_lowercase().as_bytes()).into();
    digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first) >> 11)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserId = UserId([1; 16]);
    const NOW: UnixMs = UnixMs(1_790_000_000_000);

    fn pc() -> TargetId {
        "pc-1".parse().unwrap()
    }

    #[test]
    fn five_refusals_then_a_pause_that_grows_to_an_hour() {
        let mut tries = Tries::default();
        let mut now = NOW;
        let mut pauses = Vec::new();
        for wrong in 1..=13 {
            assert_eq!(tries.wait_s(USER, &pc(), now), 0);
            let refused = tries.refuse(USER, &pc(), "hanako", now);
            assert_eq!(refused.wrong, wrong);
            assert_eq!(tries.wait_s(USER, &pc(), now), refused.pause_s);
            now = now.plus(u64::from(refused.pause_s) * 1_000);
            pauses.push(refused.pause_s / 60);
        }
        assert_eq!(pauses, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(
            tries.wait_s(USER, &pc(), UnixMs(now.0 - 1_500)),
            2,
            "a second that has begun counts"
        );
    }

    #[test]
    fn a_count_is_one_persons_at_one_pc_and_survives_the_file() {
        let mut tries = Tries::default();
        (0..5).for_each(|_| _ = tries.refuse(USER, &pc(), "hanako", NOW));
        let mut tries: Tries =
            serde_json::from_str(&serde_json::to_string(&tries).unwrap()).unwrap();
        assert_eq!(tries.wait_s(USER, &pc(), NOW), 60);
        assert_eq!(tries.wait_s(UserId([2; 16]), &pc(), NOW), 0);
        assert_eq!(tries.wait_s(USER, &"pc-2".parse().unwrap(), NOW), 0);
        assert_eq!(tries.refuse(USER, &pc(), "hanako", NOW.plus(Tries::MEMORY_MS - 1)).wrong, 6);
        assert_eq!(
            tries.refuse(USER, &pc(), "hanako", NOW.plus(2 * Tries::MEMORY_MS)).wrong,
            1,
            "a day without one"
        );
        assert_eq!((tries.forget(&pc()), tries.forget(&pc())), (1, 0));
    }

    #[test]
    fn the_right_password_ends_it_and_buys_no_tries_at_another_account() {
        let mut tries = Tries::default();
        (0..4).for_each(|_| _ = tries.refuse(USER, &pc(), "town\\hanako", NOW));
        assert!(tries.accept(USER, &pc(), "TOWN\\Hanako"));
        assert_eq!(tries.refuse(USER, &pc(), "hanako", NOW).wrong, 1);
        (0..3).for_each(|_| _ = tries.refuse(USER, &pc(), "mayor", NOW));
        assert!(!tries.accept(USER, &pc(), "hanako") && !tries.accept(USER, &pc(), "mayor"));
        assert_eq!(tries.refuse(USER, &pc(), "mayor", NOW).wrong, 5);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out_for_longer_than_the_pause() {
        let mut tries = Tries::default();
        (0..11).for_each(|_| _ = tries.refuse(USER, &pc(), "hanako", NOW));
        assert_eq!(tries.wait_s(USER, &pc(), UnixMs(NOW.0 - 1_000)), 3_600);
        assert_eq!(tries.wait_s(USER, &pc(), UnixMs(NOW.0 - Tries::MEMORY_MS)), 0);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_makes_room() {
        let mut tries = Tries::default();
        let user = |n: usize| UserId((n as u128).to_be_bytes());
        (0..=Tries::MAX).for_each(|n| _ = tries.refuse(user(n), &pc(), "a", NOW.plus(n as u64)));
        assert_eq!(tries.0.len(), Tries::MAX);
        assert!(!tries.0.contains_key(&user(0)) && tries.0.contains_key(&user(Tries::MAX)));
    }
}
