//! The head of a body's record, signed by the server. Agents keep it, so that a record that went
//! back is noticed.
//!
//! Source: `spec/pairing.md`, "Head".

use serde::{Deserialize, Serialize};

use crate::keys::Signature;
use crate::{BodyCode, PublicKey, Result, SigningKey};

const CONTEXT: &[u8] = b"noren head v1\0";

/// The signed head of the record of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the last record.
    pub seq: u64,
    /// SHA-256 of the last record.
    #[serde(with = "hex")]
    pub hash: [u8; 32],
    /// The server's signature over body, `seq` and `hash`.
    pub signature: Signature,
}

impl Head {
    /// Signs the head of a body's record.
    pub fn sign(key: &SigningKey, body: &BodyCode, seq: u64, hash: [u8; 32]) -> Self {
        Self { seq, hash, signature: key.sign(CONTEXT, &message(body, seq, &hash)) }
    }

    /// Checks that this server signed the head for this body.
    pub fn verify(&self, key: &PublicKey, body: &BodyCode) -> Result<()> {
        key.verify(CONTEXT, &message(body, self.seq, &self.hash), &self.signature)
    }

    /// Whether a server that told `before` can tell this head now without its record having gone
    /// back.
    pub fn follows(&self, before: &Self) -> bool {
        self.seq > before.seq || (self.seq == before.seq && self.hash == before.hash)
    }
}

fn message(body: &BodyCode, seq: u64, hash: &[u8; 32]) -> [u8; 46] {
    let mut bytes = [0; 46];
    bytes[..6].copy_from_slice(body.as_bytes());
    bytes[6..14].copy_from_slice(&seq.to_be_bytes());
    bytes[14..].copy_from_slice(hash);
    bytes
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&id::hex(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        crate::ids::hex(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_one_servers_of_one_body() {
        let (key, body) = (SigningKey::from_seed(&[1; 32]), "131016".parse().unwrap());
        let head = Head::sign(&key, &body, 7, [9; 32]);
        assert_eq!(head.verify(&key.public(), &body), Ok(()));
        assert!(head.verify(&key.public(), &"011002".parse().unwrap()).is_err());
        assert!(head.verify(&SigningKey::from_seed(&[2; 32]).public(), &body).is_err());
        assert!(Head { seq: 8, ..head }.verify(&key.public(), &body).is_err());
        assert!(Head { hash: [8; 32], ..head }.verify(&key.public(), &body).is_err());
        let text = serde_json::to_string(&head).unwrap();
        assert_eq!(serde_json::from_str::<Head>(&text).unwrap(), head);
    }

    #[test]
    fn a_record_only_grows() {
        let (key, body) = (SigningKey::from_seed(&[1; 32]), "131016".parse().unwrap());
        let head = |seq, hash| Head::sign(&key, &body, seq, [hash; 32]);
        assert!(head(7, 1).follows(&head(7, 1)) && head(8, 2).follows(&head(7, 1)));
        assert!(!head(6, 1).follows(&head(7, 1)), "it went back");
        assert!(!head(7, 2).follows(&head(7, 1)), "it was written anew");
    }
}
