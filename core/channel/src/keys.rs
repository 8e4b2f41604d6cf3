//! Keys and what is derived from them.

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

use crate::noise;

/// An X25519 public key (RFC 7748).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

/// An X25519 private key. It is wiped when dropped and its `Debug` shows nothing.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

/// The pre-shared key of a pairing. It is wiped when dropped and its `Debug` shows nothing.
#[derive(Clone)]
pub struct Psk(Zeroizing<[u8; 32]>);

/// Names a paired device: the first 16 bytes of SHA-256("noren device v1" || public key).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub [u8; 16]);

impl PublicKey {
    /// A key from its 32 bytes. Keys of small order are refused later, by the handshake.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The device this key names.
    pub fn device_id(&self) -> DeviceId {
        let digest = Sha256::new().chain_update(b"noren device v1").chain_update(self.0).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        DeviceId(id)
    }
}

impl SecretKey {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// A key from its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes, for keeping.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        PublicKey(noise::public_key(&self.0))
    }
}

impl Psk {
    /// SHA-256("noren pairing psk v1" || secret): the secret is the 16 characters of the slip in
    /// upper case.
    pub fn from_secret(secret: &str) -> Self {
        let digest =
            Sha256::new().chain_update(b"noren pairing psk v1").chain_update(secret).finalize();
        Self(Zeroizing::new(digest.into()))
    }

    /// A key made elsewhere by the same rule: an agent keeps the key of a slip, not its secret.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl fmt::Debug for Psk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Psk(..)")
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", Hex(&self.0))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({})", Hex(&self.0))
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&id::hex(self.0))
    }
}
