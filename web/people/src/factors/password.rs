//! Argon2id, a few at a time, with the same work for names that do not exist.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use net::Rng;
use tokio::sync::Semaphore;

use kit::error::Refusal;

/// RFC 9106 and OWASP's second choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// How many may wait, and how long, before they are told to come again.
const STRANGERS: Waiting = Waiting { most: 64, within: Duration::from_secs(2) };
const KNOWN: Waiting = Waiting { most: 256, within: Duration::from_secs(10) };

/// On whose behalf a password is hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// Anybody's who fills in the form.
    Stranger,
    /// Of somebody signed in, or in a browser in which this person signed in before: strangers do
    /// not stand before them.
    Known,
}

/// Hashes passwords. At most one a core at a time, so sign-ins at 8:30 queue instead of filling the
/// memory; and whoever would wait too long is told so at once.
#[derive(Debug)]
pub struct Passwords {
    strangers: Queue,
    known: Queue,
    /// What is verified when there is nothing to verify.
    nobody: String,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    most: usize,
    within: Duration,
}

#[derive(Debug)]
struct Queue {
    places: Arc<Semaphore>,
    line: Semaphore,
    within: Duration,
}

impl Queue {
    fn new(places: usize, waiting: Waiting) -> Self {
        let line = Semaphore::new(places + waiting.most);
        Self { places: Arc::new(Semaphore::new(places)), line, within: waiting.within }
    }

    /// Runs `work` on a thread of its own when it is its turn.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        const BUSY: Refusal = Refusal::Unavailable("sign_in_busy");
        let _in_line = self.line.try_acquire().map_err(|_| BUSY)?;
        let turn = tokio::time::timeout(self.within, self.places.clone().acquire_owned());
        let place =
            turn.await.map_err(|_| BUSY)?.map_err(|_| Refusal::Internal("closed".into()))?;
        let done = tokio::task::spawn_blocking(move || {
            // Held until it is done, even if nobody waits for it any more.
            let _place = place;
            work()
        });
        done.await.map_err(|error| Refusal::Internal(error.to_string()))?
    }
}

impl Passwords {
    /// Ready to hash.
    pub fn new(rng: &mut dyn Rng) -> Self {
        let cores = std::thread::available_parallelism().map(std::num::NonZero::get).unwrap_or(1);
        let nobody = hash_now("nobody has this password", salt(rng)).unwrap_or_default();
        // Each has a share that the other cannot take; on one core both have one, and share it as
        // the machine sees fit.
        let strangers = (cores / 2).max(1);
        let known = cores.saturating_sub(strangers).max(1);
        Self {
            strangers: Queue::new(strangers, STRANGERS),
            known: Queue::new(known, KNOWN),
            nobody,
        }
    }

    fn queue(&self, whose: Whose) -> &Queue {
        match whose {
            Whose::Stranger => &self.strangers,
            Whose::Known => &self.known,
        }
    }

    /// Hashes a new password with this salt, for somebody who proved to be who may set one.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when too many wait; [`Refusal::Internal`] when the library refuses.
    pub async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, Refusal> {
        let password = password.to_owned();
        self.known.run(move || hash_now(&password, salt)).await
    }

    /// Whether the password gives the hash. Without a hash it does the same work and says no.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when too many wait; [`Refusal::Internal`] when a stored hash is not
    /// one.
    pub async fn verify(
        &self,
        password: &str,
        stored: Option<&str>,
        whose: Whose,
    ) -> Result<bool, Refusal> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        // Longer ones are refused when they are set; hashing a megabyte for a stranger is not worth
        // it.
        let password: String = password.chars().take(256).collect();
        let verify = move || {
            let parsed =
                PasswordHash::new(&stored).map_err(|error| Refusal::Internal(error.to_string()))?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        };
        let right = self.queue(whose).run(verify).await?;
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
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    let salt = SaltString::encode_b64(&salt).map_err(internal)?;
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes(), &salt)
        .map_err(internal)?;
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
        assert!(passwords.verify("correct horse", Some(&hash), Whose::Stranger).await.unwrap());
        assert!(!passwords.verify("correct horsf", Some(&hash), Whose::Stranger).await.unwrap());
        assert!(!passwords.verify("nobody has this password", None, Whose::Known).await.unwrap());
    }

    #[tokio::test]
    async fn a_queue_of_strangers_is_bounded_and_nobody_known_stands_in_it() {
        let passwords = Passwords::new(&mut net::SystemRng::new());
        let hash = passwords.hash("correct horse", [7; 16]).await.unwrap();
        // Every place is taken, as if by sign-ins that do not end.
        let taken = passwords
            .strangers
            .places
            .clone()
            .acquire_many_owned(passwords.strangers.places.available_permits() as u32);
        let taken = taken.await.unwrap();
        let busy = |answer: Result<bool, Refusal>| {
            matches!(answer, Err(Refusal::Unavailable("sign_in_busy")))
        };
        let waiting: Vec<_> = (0..passwords.strangers.line.available_permits())
            .map(|_| passwords.strangers.line.try_acquire().unwrap())
            .collect();
        assert!(
            busy(passwords.verify("x", Some(&hash), Whose::Stranger).await),
            "the line is full: told at once"
        );
        assert!(passwords.verify("correct horse", Some(&hash), Whose::Known).await.unwrap());
        drop(waiting);
        tokio::time::pause();
        assert!(
            busy(passwords.verify("x", Some(&hash), Whose::Stranger).await),
            "no turn came in time"
        );
        tokio::time::resume();
        drop(taken);
        assert!(passwords.verify("correct horse", Some(&hash), Whose::Stranger).await.unwrap());
    }
}
