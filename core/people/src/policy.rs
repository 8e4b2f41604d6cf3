//! Settings of a body: how people sign in, and what a session may be.

use crate::Fault;

/// How people of a body sign in. Two factors are not a setting: one alone never yields a session
/// (NOREN-R10).
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct SignInPolicy {
    /// Failures in a row before an account is locked; 3 to 20.
    pub lockout_count: u32,
    /// How long it stays locked, seconds; 60 to 86,400.
    pub lockout_seconds: u32,
    /// A sign-in ends after this long without a request, seconds; 300 to 28,800.
    pub idle_seconds: u32,
    /// A sign-in ends this long after it began, seconds; 900 to 86,400.
    pub longest_seconds: u32,
}

impl Default for SignInPolicy {
    fn default() -> Self {
        Self {
            lockout_count: 5,
            lockout_seconds: 900,
            idle_seconds: 3_600,
            longest_seconds: 43_200,
        }
    }
}

impl SignInPolicy {
    /// The policy itself when every number is inside its bounds.
    ///
    /// # Errors
    /// [`Fault::Bounds`] otherwise.
    pub fn checked(self) -> Result<Self, Fault> {
        let fits = (3..=20).contains(&self.lockout_count)
            && (60..=86_400).contains(&self.lockout_seconds)
            && (300..=28_800).contains(&self.idle_seconds)
            && (900..=86_400).contains(&self.longest_seconds);
        fits.then_some(self).ok_or(Fault::Bounds)
    }

    /// Until when an account is locked after `failures` in a row, the last at `now` (Unix
    /// milliseconds).
    #[must_use]
    pub fn locked_until(&self, failures: u32, now: i64) -> Option<i64> {
        (failures >= self.lockout_count)
            .then(|| now.saturating_add(i64::from(self.lockout_seconds) * 1_000))
    }
}

/// What a session on a PC may be. It travels inside the grant and the agent enforces it
/// (spec/pairing.md).
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct SessionPolicy {
    /// Idle cut, seconds; 0 none, else 60 to 28,800 (NOREN-R18).
    pub idle_seconds: u32,
    /// Warning this long before a cut, seconds; 0 to 3,600.
    pub warn_seconds: u16,
    /// Longest session, seconds; 300 to 86,400.
    pub longest_seconds: u32,
    /// Whether the watermark is burnt in (NOREN-F11).
    pub watermark: bool,
    /// Its contrast, percent; 1 to 100.
    pub contrast: u8,
    /// Distance between its lines, pixels; 40 to 2,000.
    pub spacing: u16,
    /// Its text; `{user}`, `{body}`, `{time}` are filled in by the agent. At most 200 characters.
    pub text: String,
    /// Whether the viewer may resize the remote desktop.
    pub resize: bool,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            idle_seconds: 900,
            warn_seconds: 120,
            longest_seconds: 43_200,
            watermark: true,
            contrast: 12,
            spacing: 240,
            text: "{body} {user} {time}".to_owned(),
            resize: true,
        }
    }
}

impl SessionPolicy {
    /// The policy itself when everything is inside its bounds.
    ///
    /// # Errors
    /// [`Fault::Bounds`] otherwise.
    pub fn checked(self) -> Result<Self, Fault> {
        let fits = (self.idle_seconds == 0 || (60..=28_800).contains(&self.idle_seconds))
            && self.warn_seconds <= 3_600
            && (300..=86_400).contains(&self.longest_seconds)
            && (1..=100).contains(&self.contrast)
            && (40..=2_000).contains(&self.spacing)
            && self.text.chars().count() <= 200
            && !self.text.chars().any(char::is_control)
            && !(self.watermark && self.text.trim().is_empty());
        fits.then_some(self).ok_or(Fault::Bounds)
    }
}

/// How long the record says where somebody was. Who did what, and when, stays for ever; the address
/// is kept beside the record and deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct RecordPolicy {
    /// Days an address is kept; 366 (a year at least, NOREN-R17) to 3,660.
    pub address_days: u32,
}

impl Default for RecordPolicy {
    fn default() -> Self {
        // A year, and a month to look back at it.
        Self { address_days: 400 }
    }
}

impl RecordPolicy {
    /// The policy itself when every number is inside its bounds.
    ///
    /// # Errors
    /// [`Fault::Bounds`] otherwise.
    pub fn checked(self) -> Result<Self, Fault> {
        (366..=3_660).contains(&self.address_days).then_some(self).ok_or(Fault::Bounds)
    }

    /// What was written before this moment is deleted, Unix milliseconds.
    #[must_use]
    pub fn deleted_before(&self, now: i64) -> i64 {
        now.saturating_sub(i64::from(self.address_days) * 86_400_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_inside_their_own_bounds() {
        assert!(SignInPolicy::default().checked().is_ok());
        assert!(SessionPolicy::default().checked().is_ok());
    }

    #[test]
    fn addresses_are_kept_a_year_at_least_and_not_for_ever() {
        assert!(RecordPolicy::default().checked().is_ok());
        for (days, fits) in [(365, false), (366, true), (3_660, true), (3_661, false), (0, false)] {
            assert_eq!(RecordPolicy { address_days: days }.checked().is_ok(), fits, "{days}");
        }
        assert_eq!(RecordPolicy { address_days: 366 }.deleted_before(366 * 86_400_000 + 5), 5);
    }

    #[test]
    fn bounds_hold() {
        assert!(SignInPolicy { lockout_count: 0, ..Default::default() }.checked().is_err());
        assert!(SignInPolicy { longest_seconds: 86_401, ..Default::default() }.checked().is_err());
        assert!(SessionPolicy { idle_seconds: 59, ..Default::default() }.checked().is_err());
        assert!(SessionPolicy { text: " ".into(), ..Default::default() }.checked().is_err());
        assert!(
            SessionPolicy { text: " ".into(), watermark: false, ..Default::default() }
                .checked()
                .is_ok()
        );
    }

    #[test]
    fn the_lock_closes_at_the_count() {
        let policy = SignInPolicy::default();
        assert_eq!(policy.locked_until(4, 0), None);
        assert_eq!(policy.locked_until(5, 0), Some(900_000));
    }
}
