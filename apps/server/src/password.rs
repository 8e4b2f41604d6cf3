//! Argon2id, a few at a time, with the same work for names that do not exist.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use net::Rng;
use tokio::sync::Semaphore;

use crate::error::Refusal;

/// RFC 9106 and OWASP's second choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// Hashes passwords. At most one a core at a time, so sign-ins at 8:30 queue instead of filling the memory.
#[derive(Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
    /// What is verified when there is nothing to verify.
    nobody: String,
}

impl Passwords {
    /// Ready to hash.
    pub fn new(rng: &mut dyn Rng) -> Self {
        let cores = std::thread::available_parallelism().map(std::num::NonZero::get).unwrap_or(1);
        let nobody = hash_now("nobody has this password", salt(rng)).unwrap_or_default();
        Self { places: Arc::new(Semaphore::new(cores)), nobody }
    }

    /// Hashes a new password with this salt.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the library refuses.
    pub async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, Refusal> {
        let password = password.to_owned();
        let place = self.places.clone().acquire_owned().await.map_err(|_| Refusal::Internal("closed".into()))?;
        tokio::task::spawn_blocking(move || {
            let _place = place;
            hash_now(&password, salt)
        })
        .await
        .map_err(|error| Refusal::Internal(error.to_string()))?
    }

    /// Whether the password gives the hash. Without a hash it does the same work and says no.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when a stored hash is not one.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, Refusal> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        // Longer ones are refused when they are set; hashing a megabyte for a stranger is not worth it.
        let password: String = password.chars().take(256).collect();
        let place = self.places.clone().acquire_owned().await.map_err(|_| Refusal::Internal("closed".into()))?;
        let right = tokio::task::spawn_blocking(move || {
            let _place = place;
            let parsed = PasswordHash::new(&stored).map_err(|error| Refusal::Internal(error.to_string()))?;
            Ok::<_, Refusal>(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        })
        .await
        .map_err(|error| Refusal::Internal(error.to_string()))??;
        Ok(right && known)
    }
}

fn salt(rng: &mut dyn Rng) -> [u8; 16] {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    salt
}

fn hash_now(password: &str, salt: [u8; 16]) -> Result<String, Refusal> {
    let internal = |error: argon2::password_hash::Error| Refusal::Internal(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| Refusal::Internal(error.to_string()))?;
    let salt = SaltString::encode_b64(&salt).map_err(internal)?;
    let hash =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password(password.as_bytes(), &salt).map_err(internal)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn right_wrong_and_nobody() {
        let passwords = Passwords::new(&mut net::SystemRng::new());
        let hash = passwords.hash("correct horse", [7; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct horsf", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("nobody has this password", None).await.unwrap());
    }
}
