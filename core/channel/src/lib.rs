//! The end-to-end Noise channel between a browser and an agent (`spec/channel.md`).
//!
//! Noise itself is `snow`; this crate adds what is ours: the prologue that binds a channel to its
//! meeting, body, agent and grant, the payloads of pairing, and the records after the handshake
//! (parts, rekey, close, limits).
//!
//! Everything is a pure machine: bytes in, bytes out, and the randomness of the one ephemeral key
//! comes from the caller.
//!
//! ```
//! # fn run(rng: &mut impl rand_core::CryptoRng) -> Result<(), channel::Error> {
//! use channel::{Handshake, Limits, Opened, Prologue, SecretKey};
//! let (device, agent) = (SecretKey::generate(rng), SecretKey::generate(rng));
//! let prologue = Prologue::session([1; 16], *b"131016", [2; 16], b"the grant");
//! let mut home = Handshake::session_initiator(&prologue, &device, &agent.public(), rng)?;
//! let mut office = Handshake::session_responder(&prologue, &agent, rng)?;
//!
//! office.handle_message(&home.write(&[])?)?;
//! // Compare with the grant before answering.
//! assert_eq!(office.remote_static(), Some(device.public()));
//! home.handle_message(&office.write(&[])?)?;
//!
//! let mut home = home.into_channel(Limits::VIEWER)?;
//! let mut office = office.into_channel(Limits::AGENT)?;
//! for record in office.seal(b"a frame")? {
//!     assert_eq!(home.open(&record)?, Opened::Message(b"a frame".to_vec()));
//! }
//! # Ok(())
//! # }
//! # struct R(u64);
//! # impl rand_core::RngCore for R {
//! #     fn next_u32(&mut self) -> u32 { self.next_u64() as u32 }
//! #     fn next_u64(&mut self) -> u64 {
//! #         self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1);
//! #         self.0
//! #     }
//! #     fn fill_bytes(&mut self, dst: &mut [u8]) {
//! #         for b in dst { *b = (self.next_u64() >> 33) as u8; }
//! #     }
//! # }
//! # impl rand_core::CryptoRng for R {}
//! # run(&mut R(7)).unwrap();
//! ```
//!
//! Any failure is final: the machine drops its keys and answers [`Error::Spent`] from then on.

pub use error::Error;
pub use handshake::{Handshake, MAX_NOISE_MESSAGE};
pub use keys::{DeviceId, Psk, PublicKey, SecretKey};
pub use pairing::{Accepted, AgentHello, DeviceHello};
pub use prologue::Prologue;
pub use records::{Channel, CloseReason, Limits, MAX_PART, Opened};

mod error;
mod handshake;
mod keys;
mod noise;
mod pairing;
mod prologue;
mod records;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Feeds any bytes to every decoder of this crate; for fuzzing: must neither panic nor use
/// unbounded memory or time.
pub fn fuzz_decode(bytes: &[u8]) {
    let _ = AgentHello::decode(bytes);
    let _ = DeviceHello::decode(bytes);
    let _ = Accepted::decode(bytes);
    let prologue = Prologue::pairing([0; 16], *b"000000", [0; 16]);
    let key = SecretKey::from_bytes([9; 32]);
    if let Ok(mut handshake) = Handshake::pairing_responder(
        &prologue,
        &key,
        &Psk::from_secret("0"),
        &mut noise::Fixed([7; 32]),
    ) {
        let _ = handshake.handle_message(bytes);
    }
    if let Ok(mut handshake) =
        Handshake::session_responder(&prologue, &key, &mut noise::Fixed([7; 32]))
    {
        let _ = handshake.handle_message(bytes);
    }
}

/// Treats any bytes as the plaintexts of records (each behind a u16 length) and opens them; for
/// fuzzing.
pub fn fuzz_records(bytes: &[u8]) {
    records::fuzz(bytes);
}
