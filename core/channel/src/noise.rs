//! The primitives given to `snow`: which library each comes from, and where the randomness comes
//! from.

use rand_core::CryptoRng;
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver, RingResolver};
use snow::types::{Cipher, Dh, Hash, Random};
use zeroize::Zeroizing;

/// The public key of an X25519 private key.
pub(crate) fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    let mut public = [0; 32];
    if let Some(mut dh) = DefaultResolver.resolve_dh(&DHChoice::Curve25519) {
        dh.set(secret);
        public.copy_from_slice(dh.pubkey());
    }
    public
}

/// X25519 from curve25519-dalek, AES-GCM and SHA-256 from ring, and the ephemeral key from the
/// caller.
pub(crate) struct Resolver {
    ephemeral: Zeroizing<[u8; 32]>,
}

impl Resolver {
    /// Draws the ephemeral key now, so that the machine needs no generator later.
    pub(crate) fn new(rng: &mut impl CryptoRng) -> Self {
        let mut ephemeral = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *ephemeral);
        Self { ephemeral }
    }
}

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Once(Some(self.ephemeral.clone()))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        Some(Box::new(Contributory(DefaultResolver.resolve_dh(choice)?)))
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        RingResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        RingResolver.resolve_cipher(choice)
    }
}

/// Gives its 32 bytes once, and fails from then on: both patterns make exactly one ephemeral key.
struct Once(Option<Zeroizing<[u8; 32]>>);

impl Random for Once {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), snow::Error> {
        let bytes =
            self.0.take().filter(|bytes| bytes.len() == dest.len()).ok_or(snow::Error::Rng)?;
        dest.copy_from_slice(&*bytes);
        Ok(())
    }
}

/// Refuses an all-zero shared secret (RFC 7748, section 6.1). Browsers refuse it too; `snow` does
/// not.
struct Contributory(Box<dyn Dh>);

impl Dh for Contributory {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn pub_len(&self) -> usize {
        self.0.pub_len()
    }

    fn priv_len(&self) -> usize {
        self.0.priv_len()
    }

    fn set(&mut self, privkey: &[u8]) {
        self.0.set(privkey);
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), snow::Error> {
        self.0.generate(rng)
    }

    fn pubkey(&self) -> &[u8] {
        self.0.pubkey()
    }

    fn privkey(&self) -> &[u8] {
        self.0.privkey()
    }

    fn dh(&self, pubkey: &[u8], out: &mut [u8]) -> Result<(), snow::Error> {
        self.0.dh(pubkey, out)?;
        if out.iter().fold(0, |all, byte| all | byte) == 0 { Err(snow::Error::Dh) } else { Ok(()) }
    }
}

/// A generator that gives the same 32 bytes over and over: for vectors, where the ephemeral key is
/// known.
pub(crate) struct Fixed(pub(crate) [u8; 32]);

impl rand_core::RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for (to, from) in dest.iter_mut().zip(self.0.iter().cycle()) {
            *to = *from;
        }
    }
}

impl CryptoRng for Fixed {}

#[cfg(test)]
mod tests {
    use super::Fixed;
    use crate::{Handshake, Prologue, Psk, PublicKey, SecretKey};
    use serde_json::Value;

    /// The public vectors of our two patterns, from cacophony. They say what Noise is; the rest
    /// says what we put on it.
    #[test]
    fn public_noise_vectors() {
        let file: Value =
            serde_json::from_str(include_str!("../../../spec/vectors/noise/cacophony.json"))
                .unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 2);
        for vector in vectors {
            run(vector);
        }
    }

    fn run(v: &Value) {
        let secret = |name: &str| SecretKey::from_bytes(array(&v[name]));
        let prologue = |name: &str| Prologue::raw(&hex(&v[name]));
        let (pi, pr) = (prologue("init_prologue"), prologue("resp_prologue"));
        let (ki, kr) = (secret("init_static"), secret("resp_static"));
        let (mut ei, mut er) =
            (Fixed(array(&v["init_ephemeral"])), Fixed(array(&v["resp_ephemeral"])));
        let (mut one, mut two) = if v["init_psks"].is_array() {
            let psk = |name: &str| Psk::from_bytes(array(&v[name][0]));
            (
                Handshake::pairing_initiator(&pi, &ki, &psk("init_psks"), &mut ei).unwrap(),
                Handshake::pairing_responder(&pr, &kr, &psk("resp_psks"), &mut er).unwrap(),
            )
        } else {
            let remote = PublicKey::from_bytes(array(&v["init_remote_static"]));
            (
                Handshake::session_initiator(&pi, &ki, &remote, &mut ei).unwrap(),
                Handshake::session_responder(&pr, &kr, &mut er).unwrap(),
            )
        };
        let messages = v["messages"].as_array().unwrap();
        let mut transport = Vec::new();
        for (number, message) in messages.iter().enumerate() {
            let (payload, sealed) = (hex(&message["payload"]), hex(&message["ciphertext"]));
            if one.is_finished() {
                transport.push((number, payload, sealed));
                continue;
            }
            let (from, to) =
                if number % 2 == 0 { (&mut one, &mut two) } else { (&mut two, &mut one) };
            assert_eq!(from.write(&payload).unwrap(), sealed);
            assert_eq!(to.handle_message(&sealed).unwrap(), payload);
        }
        assert_eq!(one.hash(), hex(&v["handshake_hash"]));
        assert_eq!(two.hash(), hex(&v["handshake_hash"]));
        assert!(transport.len() >= 2, "both directions");
        let (mut one, mut two) = (one.into_noise(), two.into_noise());
        for (number, payload, sealed) in transport {
            let (from, to) =
                if number % 2 == 0 { (&mut one, &mut two) } else { (&mut two, &mut one) };
            let mut buffer = vec![0; sealed.len()];
            assert_eq!(from.write_message(&payload, &mut buffer).unwrap(), sealed.len());
            assert_eq!(buffer, sealed);
            let length = to.read_message(&sealed, &mut buffer).unwrap();
            assert_eq!(buffer[..length], payload);
        }
    }

    fn hex(value: &Value) -> Vec<u8> {
        let text = value.as_str().unwrap().as_bytes();
        text.chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn array(value: &Value) -> [u8; 32] {
        hex(value).try_into().unwrap()
    }
}
