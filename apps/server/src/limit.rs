//! How often somebody may try: a bucket for each key, in bounded memory.

use std::collections::HashMap;
use std::sync::Mutex;

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

/// Sign-in tries from one address: an office of hundreds behind one address comes in at 8:30, a guesser does not get far.
pub const SIGN_IN_ADDRESS: Rule = Rule { name: "sign-in address", burst: 60, refill_ms: 1_000 };
/// Sign-in tries on one name, whether or not it exists.
pub const SIGN_IN_NAME: Rule = Rule { name: "sign-in name", burst: 10, refill_ms: 20_000 };
/// Codes of set-up and activation from one address.
pub const CODE_ADDRESS: Rule = Rule { name: "code address", burst: 20, refill_ms: 15_000 };
/// Uploads of one person.
pub const UPLOAD: Rule = Rule { name: "upload", burst: 20, refill_ms: 3_000 };

/// Calls with one token of the API.
pub const API: Rule = Rule { name: "api", burst: 300, refill_ms: 100 };
/// Calls from one address with tokens that are not in force.
pub const API_GUESS: Rule = Rule { name: "api guess", burst: 60, refill_ms: 1_000 };
/// Test mails of one body.
pub const TEST_MAIL: Rule = Rule { name: "test mail", burst: 5, refill_ms: 30_000 };

/// Keys kept at most; when full, whoever is back at full burst is dropped first.
const MOST: usize = 100_000;

/// The buckets. Each holds the moment at which it is full again.
#[derive(Debug, Default)]
pub struct Limiter(Mutex<HashMap<(&'static str, String), i64>>);

impl Limiter {
    /// Takes one; `Err` holds the seconds to wait.
    ///
    /// # Errors
    /// When the bucket is empty at `now` (Unix milliseconds), or the memory for keys is.
    pub fn take(&self, rule: Rule, key: &str, now: i64) -> Result<(), u32> {
        let mut buckets = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= MOST {
            buckets.retain(|_, full_at| *full_at > now);
            if buckets.len() >= MOST {
                return Err(60);
            }
        }
        let full_at = buckets.entry((rule.name, key.to_owned())).or_insert(now);
        // A clock that went back must not lock anybody out for longer than a whole bucket takes.
        let span = rule.refill_ms * i64::from(rule.burst);
        let from = (*full_at).clamp(now, now + span);
        if from + rule.refill_ms > now + span {
            *full_at = from;
            let wait = from + rule.refill_ms - (now + span);
            return Err(u32::try_from(wait / 1_000 + 1).unwrap_or(u32::MAX));
        }
        *full_at = from + rule.refill_ms;
        Ok(())
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
}
