//! The slip: what `noren-agent invite` prints and a person types at home.

use std::fmt;
use std::str::FromStr;

use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

use crate::{AgentNumber, Error, InviteId, Result, crockford};

/// A slip's code: `NNNN-IIII-SSSS-SSSS-SSSS-SSSS`.
///
/// Only [`Slip::address`], the first eight characters, may leave the browser.
#[derive(Clone, PartialEq, Eq)]
pub struct Slip {
    /// The agent's number.
    pub agent: AgentNumber,
    /// The invite at that agent.
    pub invite: InviteId,
    /// The secret that proves the slip.
    pub secret: Secret,
}

impl Slip {
    /// Characters without hyphens.
    pub const CHARACTERS: usize = 24;

    /// The whole code in groups of four. To be shown, never logged: hence no `Display`.
    pub fn reveal(&self) -> String {
        let mut text = self.address();
        let secret = self.secret.reveal();
        for group in secret.as_bytes().chunks(4) {
            text.push('-');
            text.extend(group.iter().map(|c| char::from(*c)));
        }
        text
    }

    /// The part the server may see: agent and invite.
    pub fn address(&self) -> String {
        format!("{}-{}", self.agent, self.invite)
    }
}

impl fmt::Debug for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slip({}-…)", self.address())
    }
}

impl FromStr for Slip {
    type Err = Error;

    /// Reads a code as people type it: any case, O for 0, I and L for 1, hyphens and spaces
    /// anywhere or nowhere.
    fn from_str(text: &str) -> Result<Self> {
        if text.len() > 4 * Self::CHARACTERS {
            return Err(Error::TooLarge("slip"));
        }
        let kept: String =
            text.chars().filter(|c| !matches!(c, '-' | ' ' | '\u{3000}' | '‐' | 'ー')).collect();
        let (agent, rest) = kept.split_at_checked(4).ok_or(Error::Invalid("slip"))?;
        let (invite, secret) = rest.split_at_checked(4).ok_or(Error::Invalid("slip"))?;
        Ok(Self { agent: agent.parse()?, invite: invite.parse()?, secret: secret.parse()? })
    }
}

/// The secret of a slip: 80 bits. Compared in constant time, wiped when dropped, never printed by
/// `Debug`.
#[derive(Clone)]
pub struct Secret([u8; 10]);

impl Secret {
    /// A new random secret.
    pub fn random<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut bytes = [0; 10];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The sixteen characters, upper case.
    pub fn reveal(&self) -> String {
        let mut wide = [0; 16];
        wide[6..].copy_from_slice(&self.0);
        crockford::write(u128::from_be_bytes(wide), 16)
    }

    /// The pre-shared key of the pairing handshake: SHA-256("noren pairing psk v1" || characters).
    pub fn psk(&self) -> Psk {
        Psk(Sha256::new()
            .chain_update(b"noren pairing psk v1")
            .chain_update(self.reveal())
            .finalize()
            .into())
    }
}

impl FromStr for Secret {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wide = crockford::read(text, 16)?.to_be_bytes();
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&wide[6..]);
        Ok(Self(bytes))
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The pre-shared key of a pairing handshake. It is as sensitive as the secret and is treated
/// alike.
#[derive(Clone)]
pub struct Psk(pub [u8; 32]);

impl PartialEq for Psk {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Psk {}

impl fmt::Debug for Psk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Psk(…)")
    }
}

impl Drop for Psk {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_read_as_people_type_it() {
        let slip: Slip = "0A1B-2C3D-4E5F-6G7H-8J9K-MNPQ".parse().unwrap();
        assert_eq!(slip.reveal(), "0A1B-2C3D-4E5F-6G7H-8J9K-MNPQ");
        assert_eq!(slip.address(), "0A1B-2C3D");
        for typed in [
            "oaib2c3d4e5f6g7h8j9kmnpq",
            " OALB 2C3D　4E5F-6G7H-8J9K-MNPQ",
            "0a1b‐2c3d‐4e5f‐6g7h‐8j9k‐mnpq",
        ] {
            assert_eq!(typed.parse::<Slip>(), Ok(slip.clone()), "{typed}");
        }
    }

    #[test]
    fn what_is_no_slip_is_refused() {
        for typed in [
            "",
            "0A1B",
            "0A1B-2C3D-4E5F-6G7H-8J9K-MNP",
            "0A1B-2C3D-4E5F-6G7H-8J9K-MNPQ0",
            "0A1B-2C3D-4E5F-6G7H-8J9K-MNPU",
            "あいうえおかきくけこ",
        ] {
            assert!(typed.parse::<Slip>().is_err(), "{typed}");
        }
        assert_eq!("0".repeat(97).parse::<Slip>(), Err(Error::TooLarge("slip")));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let slip: Slip = "0A1B-2C3D-4E5F-6G7H-8J9K-MNPQ".parse().unwrap();
        assert_eq!(
            format!("{slip:?} {:?} {:?}", slip.secret, slip.secret.psk()),
            "Slip(0A1B-2C3D-…) Secret(…) Psk(…)"
        );
    }

    #[test]
    fn secrets_differ_in_any_bit() {
        let a: Secret = "0000000000000000".parse().unwrap();
        let b: Secret = "0000000000000001".parse().unwrap();
        let c: Secret = "8000000000000000".parse().unwrap();
        assert!(a != b && a != c && a == a.clone());
        assert!(a.psk() != b.psk());
    }
}
