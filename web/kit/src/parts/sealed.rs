//! Chance, codes, and values sealed under the server's keys.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::Kit;

impl Kit {
    /// Random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A random value for a cookie: 256 bits, URL-safe base64.
    #[must_use]
    pub fn random_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.random::<32>())
    }

    /// A code to type: `groups` of four Crockford base32 characters (20 bits each).
    #[must_use]
    pub fn random_code(&self, groups: usize) -> String {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let group = |bytes: [u8; 4]| {
            bytes.iter().map(|byte| char::from(DIGITS[usize::from(byte & 31)])).collect::<String>()
        };
        (0..groups).map(|_| group(self.random())).collect::<Vec<_>>().join("-")
    }

    /// HMAC-SHA256 under the server's key, bound to a purpose.
    #[must_use]
    pub fn mac(&self, purpose: &str, value: &[u8]) -> [u8; 32] {
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.keys.mac) else {
            return [0; 32];
        };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(value);
        mac.finalize().into_bytes().into()
    }

    /// Seals a secret for the database; `purpose` and `owner` must be the same to open it.
    ///
    /// # Errors
    /// Never in practice: the library refuses only absurd lengths.
    pub fn seal(
        &self,
        purpose: &str,
        owner: &[u8],
        secret: &[u8],
    ) -> Result<Vec<u8>, crate::error::Refusal> {
        let nonce: [u8; 24] = self.random();
        let aad = [purpose.as_bytes(), &[0], owner].concat();
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: secret, aad: &aad })
            .map_err(|_| crate::error::Refusal::Internal("sealing".into()))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`Kit::seal`] made; `None` when it was sealed by other keys, for another owner,
    /// or altered.
    #[must_use]
    pub fn unseal(&self, purpose: &str, owner: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(24)?;
        let aad = [purpose.as_bytes(), &[0], owner].concat();
        self.cipher().decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: &aad }).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&self.keys.sealing).into())
    }
}
