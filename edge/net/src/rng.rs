//! Randomness, passed as an argument.

use rand_core::{CryptoRng, OsRng, RngCore, TryRngCore as _, UnwrapErr};

/// A cryptographic random number generator. Tests have their own.
pub trait Rng: RngCore + CryptoRng + Send {}

impl<T: RngCore + CryptoRng + Send> Rng for T {}

/// The operating system's randomness. The program stops if the system cannot give any, because
/// nothing here is safe without it.
#[derive(Clone, Copy, Debug)]
pub struct SystemRng(UnwrapErr<OsRng>);

impl SystemRng {
    /// The operating system's randomness.
    pub fn new() -> Self {
        Self(OsRng.unwrap_err())
    }
}

impl Default for SystemRng {
    fn default() -> Self {
        Self::new()
    }
}

impl RngCore for SystemRng {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

impl CryptoRng for SystemRng {}
