//! Errors of a desktop, named by who is at fault.

use crate::Account;
use std::fmt;

/// Why a desktop cannot be opened or was lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The desktop refused the credentials.
    #[error("the desktop refused the credentials: {0}")]
    Refused(Detail),
    /// The desktop does not let this account in, whatever its password.
    #[error("the desktop does not let this account in ({0}): {1}")]
    Account(Account, Detail),
    /// Nobody answers at the address, or the line broke.
    #[error("the desktop cannot be reached: {0}")]
    Unreachable(Detail),
    /// The certificate or key is not the one pinned when the target was added.
    #[error(
        "the desktop shows another certificate than the one pinned (expected {expected}, shown \
         {shown})"
    )]
    PinMismatch {
        /// What was pinned.
        expected: Pin,
        /// What the desktop showed.
        shown: Pin,
    },
    /// The desktop offers no version, security or format that is supported.
    #[error("the desktop asks for something unsupported: {0}")]
    Unsupported(Detail),
    /// The desktop broke its protocol.
    #[error("the desktop broke its protocol: {0}")]
    PeerMisbehaved(Detail),
    /// The desktop exceeds a limit.
    #[error("the desktop exceeds a limit: {0}")]
    TooLarge(Detail),
}

/// A short explanation for a log or an administrator: one line, no secrets, at most 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail(String);

impl Detail {
    /// Shortens a text and removes control characters; a peer may have written it.
    pub fn new(text: impl fmt::Display) -> Detail {
        Detail(
            text.to_string()
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .take(200)
                .collect(),
        )
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 over a target's certificate (DER), written as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pin(pub [u8; 32]);

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", id::hex(&self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pin is written sha256: and 64 hexadecimal digits")]
pub struct NoPin;

impl std::str::FromStr for Pin {
    type Err = NoPin;

    fn from_str(text: &str) -> Result<Pin, NoPin> {
        let digits = text.trim().strip_prefix("sha256:").ok_or(NoPin)?;
        id::unhex_typed(digits).map(Pin).ok_or(NoPin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_written_and_read() {
        let pin = Pin(std::array::from_fn(|i| i as u8 * 7));
        assert_eq!(pin.to_string().parse(), Ok(pin));
        for bad in
            ["", "sha256:", "sha1:00", &format!("sha256:{}", "0g".repeat(32)), &"0".repeat(64)]
        {
            assert_eq!(bad.parse::<Pin>(), Err(NoPin), "{bad}");
        }
    }

    #[test]
    fn details_are_one_bounded_line() {
        assert_eq!(Detail::new("a\nb\u{1b}").to_string(), "a b ");
        assert_eq!(Detail::new("漢".repeat(500)).to_string().chars().count(), 200);
    }
}
