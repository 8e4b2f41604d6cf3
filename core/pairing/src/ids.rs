//! Ids and names, one type each.
//!
//! Sixteen-byte ids are random (the device's is a hash) and written as 32 lower-case hexadecimal
//! digits in JSON.

use std::fmt;
use std::str::FromStr;

use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::{Error, Result, crockford};

macro_rules! random {
    ($($name:ident),*) => {$(
        impl $name {
            /// A new random one.
            pub fn random<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
                let mut bytes = [0; 16];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }
        }
    )*};
}

macro_rules! text_serde {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

macro_rules! number20 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The number, if it has at most 20 bits.
            pub fn new(value: u32) -> Result<Self> {
                if value < 1 << 20 { Ok(Self(value)) } else {
                    Err(Error::TooLarge(stringify!($name))) }
            }

            /// A random one; the caller ensures that it is unique.
            pub fn random<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
                Self(rng.next_u32() >> 12)
            }

            /// The number, below 2^20.
            pub fn value(self) -> u32 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&crockford::write(u128::from(self.0), 4))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                u32::try_from(crockford::read(text, 4)?).map_err(
                    |_| Error::TooLarge(stringify!($name))).and_then(Self::new)
            }
        }

        text_serde!($name);
    };
}

id::ids! {
    Error = Error::Invalid("id");
    /// A meeting of one viewer and one agent at a relay.
    pub MeetingId;
    /// A grant; one grant opens one session once.
    pub GrantId;
    /// An agent, given by the server at enrolment.
    pub AgentId;
    /// A member of staff.
    pub UserId;
    /// A browser that was paired: the first half of a hash of its key ([`ChannelKey::device_id`]).
    pub DeviceId;
}

random!(MeetingId, GrantId, AgentId, UserId, DeviceId);

number20! {
    /// The short name of an agent, unique in a server: the first four characters of a slip.
    AgentNumber
}
number20! {
    /// An invite, unique in its agent while it lives: the second four characters of a slip.
    InviteId
}

/// A static X25519 public key of the channel: a device's or an agent's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelKey(pub [u8; 32]);

impl ChannelKey {
    /// The id of the device that has this key: the first 16 bytes of SHA-256("noren device v1" ||
    /// key). Source: `spec/channel.md`.
    pub fn device_id(&self) -> DeviceId {
        let digest = Sha256::new().chain_update(b"noren device v1").chain_update(self.0).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        DeviceId(id)
    }
}

impl fmt::Display for ChannelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&id::hex(&self.0))
    }
}

impl fmt::Debug for ChannelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelKey({self})")
    }
}

impl FromStr for ChannelKey {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Ok(Self(hex::<32>(text)?))
    }
}

text_serde!(ChannelKey);

/// The code of a body (団体コード): six ASCII digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyCode([u8; 6]);

impl BodyCode {
    /// From six bytes that must all be ASCII digits.
    pub fn new(bytes: [u8; 6]) -> Result<Self> {
        if bytes.iter().all(u8::is_ascii_digit) {
            Ok(Self(bytes))
        } else {
            Err(Error::Invalid("body code"))
        }
    }

    /// The six digits.
    pub fn as_bytes(&self) -> &[u8; 6] {
        &self.0
    }
}

impl fmt::Display for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl fmt::Debug for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyCode({self})")
    }
}

impl FromStr for BodyCode {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::new(text.as_bytes().try_into().map_err(|_| Error::Invalid("body code"))?)
    }
}

text_serde!(BodyCode);

/// What an agent calls one of its targets: 1 to 64 of `a-z A-Z 0-9 . _ -`, unique in the agent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId(String);

impl TargetId {
    /// The longest id, in bytes.
    pub const MAX: usize = 64;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TargetId({self})")
    }
}

impl FromStr for TargetId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        if text.len() > Self::MAX {
            return Err(Error::TooLarge("target id"));
        }
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.is_empty() || !text.bytes().all(known) {
            return Err(Error::Invalid("target id"));
        }
        Ok(Self(text.to_owned()))
    }
}

text_serde!(TargetId);

pub(crate) fn hex<const N: usize>(text: &str) -> Result<[u8; N]> {
    id::unhex(text).ok_or(Error::Invalid("hexadecimal number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_from_text_and_json() {
        let id = AgentId([0xa7; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7\"");
        assert_eq!(serde_json::from_str::<AgentId>(&json).unwrap(), id);
        assert_eq!("é7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a".parse::<AgentId>(), Err(Error::Invalid("id")));
    }

    #[test]
    fn bad_names_are_refused() {
        assert!("13112".parse::<BodyCode>().is_err());
        assert!("13112x".parse::<BodyCode>().is_err());
        assert!("131121".parse::<BodyCode>().is_ok());
        assert!("".parse::<TargetId>().is_err());
        assert!("PC 1".parse::<TargetId>().is_err());
        assert!("a".repeat(65).parse::<TargetId>().is_err());
        assert!("pc-1.kikaku_ka".parse::<TargetId>().is_ok());
        assert!(InviteId::new(1 << 20).is_err());
        assert_eq!("ZZZZ".parse::<InviteId>().unwrap().value(), (1 << 20) - 1);
    }
}
