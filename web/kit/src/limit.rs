//! How often somebody may try: a bucket for each key, in bounded memory.
//!
//! Who is limited by address is limited by [`gate::Address`]: a rule by address takes the peer's
//! address and nothing else, so that nobody has to remember that a /64 is one customer.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gate::Address;

/// A rule: at most `burst` at once, one more every `refill_ms`.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Name: keeps keys of different rules apart.
    pub name: &'static str,
    /// Most at once.
    pub burst: u32,
    /// Milliseconds until one more.
    pub refill_ms: i64,
}

/// A rule for each address.
#[derive(Clone, Copy, Debug)]
pub struct ByAddress(pub Rule);

const fn rule(name: &'static str, burst: u32, refill_ms: i64) -> Rule {
    Rule { name, burst, refill_ms }
}

/// Sign-in tries from one address: an office of hundreds behind one address comes in at 8:30, a
/// guesser does not get far.
pub const SIGN_IN_ADDRESS: ByAddress = ByAddress(rule("sign-in address", 60, 1_000));
/// Passkey ceremonies from one address: apart from the tries with passwords, which somebody at the
/// same address may use up.
pub const PASSKEY_ADDRESS: ByAddress = ByAddress(rule("passkey address", 120, 500));
/// Sign-in tries on one name, whether or not it exists, from one address.
pub const SIGN_IN_NAME_FROM: ByAddress = ByAddress(rule("sign-in name from", 10, 20_000));
/// Sign-in tries on one name from browsers in which its owner never signed in, wherever they are.
/// One address alone cannot use it up.
pub const SIGN_IN_NAME: Rule = rule("sign-in name", 30, 15_000);
/// Sign-in tries on one name in one browser in which its owner signed in before.
pub const SIGN_IN_KNOWN: Rule = rule("sign-in known", 10, 20_000);
/// Codes of set-up and activation from one address.
pub const CODE_ADDRESS: ByAddress = ByAddress(rule("code address", 20, 15_000));
/// Uploads of one person.
pub const UPLOAD: Rule = rule("upload", 20, 3_000);

/// Calls with one token of the API.
pub const API: Rule = rule("api", 300, 100);
/// Calls from one address with tokens that are not in force.
pub const API_GUESS: ByAddress = ByAddress(rule("api guess", 60, 1_000));
/// Test mails of one body.
pub const TEST_MAIL: Rule = rule("test mail", 5, 30_000);

/// Keys of one rule that are kept at most. When there are more, the one that is nearest to full
/// again is forgotten: it had asked for least.
const MOST: usize = 50_000;
/// Stands between a key and an address; no key of ours holds it.
const FROM: char = '\u{1f}';

/// The buckets. Every call costs the logarithm of what is kept.
#[derive(Debug, Default)]
pub struct Limiter(Mutex<BTreeMap<&'static str, Buckets>>);

/// Of one rule: the moment at which each is full again, and all of them by that moment.
#[derive(Debug, Default)]
struct Buckets {
    full_at: BTreeMap<Arc<str>, i64>,
    order: BTreeSet<(i64, Arc<str>)>,
}

impl Limiter {
    /// Takes one; `Err` holds the seconds to wait.
    ///
    /// # Errors
    /// When the bucket is empty at `now` (Unix milliseconds).
    pub fn take(&self, rule: Rule, key: &str, now: i64) -> Result<(), u32> {
        self.buckets().entry(rule.name).or_default().take(rule, key, now)
    }

    /// Takes one for where a request came from.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_from(&self, rule: ByAddress, peer: Option<IpAddr>, now: i64) -> Result<(), u32> {
        self.take(rule.0, &from(peer), now)
    }

    /// Takes one for a key from where a request came from.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_of(
        &self,
        rule: ByAddress,
        key: &str,
        peer: Option<IpAddr>,
        now: i64,
    ) -> Result<(), u32> {
        self.take(rule.0, &format!("{key}{FROM}{}", from(peer)), now)
    }

    /// One that was taken for what turned out to be no guess is given back.
    pub fn give_back(&self, rule: Rule, key: &str) {
        if let Some(all) = self.buckets().get_mut(rule.name)
            && let Some(full_at) = all.full_at.get(key).copied()
        {
            all.put(key, full_at - rule.refill_ms);
        }
    }

    /// Whether the next one would be refused.
    #[must_use]
    pub fn is_empty(&self, rule: Rule, key: &str, now: i64) -> bool {
        let span = rule.refill_ms * i64::from(rule.burst);
        let full_at = self.buckets().get(rule.name).and_then(|all| all.full_at.get(key).copied());
        full_at.is_some_and(|full_at| full_at.min(now + span) + rule.refill_ms > now + span)
    }

    /// What was taken for a key is forgotten.
    pub fn forget(&self, rule: Rule, key: &str) {
        if let Some(all) = self.buckets().get_mut(rule.name) {
            all.remove(key);
        }
    }

    /// What was taken for a key is forgotten, from wherever.
    pub fn forget_of(&self, rule: ByAddress, key: &str) {
        self.forget_under(rule.0, key);
    }

    /// What was taken for keys that begin with this one and U+001F is forgotten.
    pub fn forget_under(&self, rule: Rule, key: &str) {
        let (first, after) = (format!("{key}{FROM}"), format!("{key}{}", '\u{20}'));
        if let Some(all) = self.buckets().get_mut(rule.name) {
            let range = all.full_at.range::<str, _>((
                Bound::Included(first.as_str()),
                Bound::Excluded(after.as_str()),
            ));
            let keys: Vec<Arc<str>> = range.map(|(key, _)| key.clone()).collect();
            keys.iter().for_each(|key| all.remove(key));
        }
    }

    fn buckets(&self) -> MutexGuard<'_, BTreeMap<&'static str, Buckets>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No address is one, too: behind a socket that has none, everybody is the same.
fn from(peer: Option<IpAddr>) -> String {
    peer.map(|peer| Address::of(peer).to_string()).unwrap_or_default()
}

impl Buckets {
    fn take(&mut self, rule: Rule, key: &str, now: i64) -> Result<(), u32> {
        // Two that are full again go for each call, so nothing that is over is kept for long, and
        // no call pays for many.
        for _ in 0..2 {
            if self.order.first().is_some_and(|(full_at, _)| *full_at <= now)
                && let Some((_, key)) = self.order.pop_first()
            {
                self.full_at.remove(&key);
            }
        }
        // A clock that went back must not lock anybody out for longer than a whole bucket takes.
        let span = rule.refill_ms * i64::from(rule.burst);
        let from = self.full_at.get(key).copied().unwrap_or(now).clamp(now, now + span);
        if from + rule.refill_ms > now + span {
            self.put(key, from);
            let wait = from + rule.refill_ms - (now + span);
            return Err(u32::try_from(wait / 1_000 + 1).unwrap_or(u32::MAX));
        }
        self.put(key, from + rule.refill_ms);
        Ok(())
    }

    fn put(&mut self, key: &str, full_at: i64) {
        self.remove(key);
        if self.full_at.len() >= MOST
            && let Some((_, key)) = self.order.pop_first()
        {
            self.full_at.remove(&key);
        }
        let key: Arc<str> = key.into();
        self.full_at.insert(key.clone(), full_at);
        self.order.insert((full_at, key));
    }

    fn remove(&mut self, key: &str) {
        if let Some((key, full_at)) = self.full_at.remove_entry(key) {
            self.order.remove(&(full_at, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_at_a_time() {
        let limiter = Limiter::default();
        let rule = Rule { name: "t", burst: 3, refill_ms: 1_000 };
        for _ in 0..3 {
            assert_eq!(limiter.take(rule, "a", 0), Ok(()));
        }
        assert!(limiter.take(rule, "a", 0).is_err());
        assert_eq!(limiter.take(rule, "b", 0), Ok(()));
        assert_eq!(limiter.take(rule, "a", 1_000), Ok(()));
        assert!(limiter.take(rule, "a", 1_000).is_err());
        assert_eq!(limiter.take(rule, "a", 60_000), Ok(()));
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out_for_long() {
        let limiter = Limiter::default();
        let rule = Rule { name: "t", burst: 2, refill_ms: 1_000 };
        limiter.take(rule, "a", 3_600_000).unwrap();
        assert!(limiter.take(rule, "a", 0).is_err());
        assert_eq!(limiter.take(rule, "a", 1_500), Ok(()));
    }

    const BY: ByAddress = ByAddress(Rule { name: "by", burst: 2, refill_ms: 1_000 });

    fn at(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_64_shares_one_bucket_and_its_neighbour_has_its_own() {
        let limiter = Limiter::default();
        for last in 1..3 {
            assert_eq!(limiter.take_from(BY, at(&format!("2001:db8:0:1::{last}")), 0), Ok(()));
        }
        assert!(limiter.take_from(BY, at("2001:db8:0:1:ffff::9"), 0).is_err());
        assert_eq!(limiter.take_from(BY, at("2001:db8:0:2::1"), 0), Ok(()));
    }

    #[test]
    fn a_full_memory_refuses_nobody_who_did_nothing_and_frees_nobody_who_did_much() {
        let limiter = Limiter::default();
        let rule = Rule { name: "t", burst: 3, refill_ms: 1_000_000 };
        for _ in 0..3 {
            limiter.take(rule, "guesser", 0).unwrap();
        }
        for stranger in 0..MOST + 1_000 {
            assert_eq!(limiter.take(rule, &stranger.to_string(), 0), Ok(()), "{stranger}");
        }
        assert_eq!(limiter.take(rule, "somebody else", 0), Ok(()));
        assert!(limiter.take(rule, "guesser", 0).is_err());
        let buckets = limiter.buckets();
        let all = &buckets["t"];
        assert_eq!((all.full_at.len(), all.order.len()), (MOST, MOST));
    }

    #[test]
    fn what_is_full_again_is_not_kept() {
        let limiter = Limiter::default();
        let rule = Rule { name: "t", burst: 3, refill_ms: 1_000 };
        (0..10).for_each(|key| limiter.take(rule, &key.to_string(), 0).unwrap());
        (0..5).for_each(|_| _ = limiter.take(rule, "a", 5_000));
        assert_eq!(limiter.buckets()["t"].full_at.len(), 1);
    }

    #[test]
    fn what_is_forgotten_is_forgotten_from_everywhere_and_of_nobody_else() {
        let limiter = Limiter::default();
        for key in ["a/b", "a/bc"] {
            for from in ["192.0.2.1", "192.0.2.2"] {
                for _ in 0..2 {
                    limiter.take_of(BY, key, at(from), 0).unwrap();
                }
                assert!(limiter.take_of(BY, key, at(from), 0).is_err());
            }
        }
        limiter.forget_of(BY, "a/b");
        assert_eq!(limiter.take_of(BY, "a/b", at("192.0.2.2"), 0), Ok(()));
        assert!(limiter.take_of(BY, "a/bc", at("192.0.2.2"), 0).is_err());
        let rule = Rule { name: "t", burst: 1, refill_ms: 1_000 };
        limiter.take(rule, "a", 0).unwrap();
        assert!(
            limiter.is_empty(rule, "a", 0)
                && !limiter.is_empty(rule, "a", 1_000)
                && !limiter.is_empty(rule, "b", 0)
        );
        limiter.forget(rule, "a");
        assert!(!limiter.is_empty(rule, "a", 0));
        limiter.take(rule, "a", 0).unwrap();
        limiter.give_back(rule, "a");
        limiter.give_back(rule, "nobody");
        assert!(limiter.take(rule, "a", 0).is_ok() && limiter.take(rule, "a", 0).is_err());
    }
}
