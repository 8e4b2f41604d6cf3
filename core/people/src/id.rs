//! Identities: 16 random bytes each, shown as 32 lower-case hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use crate::Fault;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = Fault;

            fn from_str(text: &str) -> Result<Self, Fault> {
                hex16(text).map(Self)
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = Fault;

            fn try_from(bytes: &[u8]) -> Result<Self, Fault> {
                bytes.try_into().map(Self).map_err(|_| Fault::Id)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A member of staff.
    StaffId;
    /// A division (所属).
    DivisionId;
    /// A PC an agent offers, as this server knows it.
    PcId;
    /// Who may use which PC, and until when (利用許可).
    AssignmentId;
    /// A paired device: the first 16 bytes of SHA-256 over its key (spec/channel.md).
    DeviceId;
    /// An agent in an office (spec/pairing.md).
    AgentId;
    /// A passkey of a member of staff.
    PasskeyId;
}

fn hex16(text: &str) -> Result<[u8; 16], Fault> {
    let text = text.as_bytes();
    if text.len() != 32 {
        return Err(Fault::Id);
    }
    let mut out = [0; 16];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(out)
}

fn digit(c: u8) -> Result<u8, Fault> {
    match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        _ => Err(Fault::Id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let id = StaffId([0xa5; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "a5", &"A5".repeat(16), &"g0".repeat(16), &"é".repeat(16)] {
            assert_eq!(bad.parse::<StaffId>(), Err(Fault::Id), "{bad}");
        }
    }
}
