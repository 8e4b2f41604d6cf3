//! Ed25519 keys (RFC 8032), with the strict verification that refuses weak keys and malleable
//! signatures.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::Signer as _;
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// A signature: 64 bytes; base64 in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature(pub [u8; 64]);

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        from_base64(&text).map(Self).map_err(de::Error::custom)
    }
}

/// The secret half of a key. It is wiped when dropped and never printed.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new random key.
    pub fn random<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(&seed)
    }

    /// The key of a stored 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, to be stored where nobody else can read it.
    pub fn seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs `context || message`. The context keeps a signature of one kind from being accepted as
    /// another kind.
    pub fn sign(&self, context: &[u8], message: &[u8]) -> Signature {
        Signature(self.0.sign(&[context, message].concat()).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {:?})", self.public())
    }
}

impl Clone for SigningKey {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The public half of a key; base64 in JSON and as text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// A key from its 32 bytes; points of small order are refused.
    pub fn new(bytes: &[u8; 32]) -> Result<Self> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| Error::BadKey)?;
        if key.is_weak() { Err(Error::BadKey) } else { Ok(Self(key)) }
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks a signature over `context || message`.
    pub fn verify(&self, context: &[u8], message: &[u8], signature: &Signature) -> Result<()> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0
            .verify_strict(&[context, message].concat(), &signature)
            .map_err(|_| Error::BadSignature)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl std::str::FromStr for PublicKey {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::new(&from_base64::<32>(text)?)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Exactly N bytes of base64 (RFC 4648, section 4).
pub(crate) fn from_base64<const N: usize>(text: &str) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    // decode_slice wants room for an estimate that counts whole groups.
    if text.len() != N.div_ceil(3) * 4 {
        return Err(Error::Invalid("base64: length"));
    }
    let decoded = BASE64.decode(text).map_err(|_| Error::Invalid("base64"))?;
    if decoded.len() != N {
        return Err(Error::Invalid("base64: length"));
    }
    bytes.copy_from_slice(&decoded);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_key_context_and_message_only() {
        let key = SigningKey::from_seed(&[7; 32]);
        let signature = key.sign(b"a\0", b"message");
        let public = key.public();
        assert_eq!(public.verify(b"a\0", b"message", &signature), Ok(()));
        assert_eq!(public.verify(b"b\0", b"message", &signature), Err(Error::BadSignature));
        assert_eq!(public.verify(b"a\0", b"massage", &signature), Err(Error::BadSignature));
        let other = SigningKey::from_seed(&[8; 32]).public();
        assert_eq!(other.verify(b"a\0", b"message", &signature), Err(Error::BadSignature));
        assert_eq!(public.to_string().parse(), Ok(public));
    }

    #[test]
    fn weak_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::new(&identity), Err(Error::BadKey));
        assert_eq!(PublicKey::new(&[0; 32]), Err(Error::BadKey));
    }

    #[test]
    fn the_secret_is_not_printed() {
        let key = SigningKey::from_seed(&[0x41; 32]);
        assert!(!format!("{key:?}").contains("4141"));
        assert!(!format!("{key:?}").contains("65, 65"));
    }
}
