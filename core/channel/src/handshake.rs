//! The two handshakes: XXpsk3 for pairing, IK for a session.

use crate::noise::Resolver;
use crate::{Channel, Error, Limits, Prologue, Psk, PublicKey, Result, SecretKey};
use rand_core::CryptoRng;
use snow::{Builder, HandshakeState};

/// Largest Noise message in bytes (Noise revision 34, section 3).
pub const MAX_NOISE_MESSAGE: usize = 65_535;

const PAIRING: &str = "Noise_XXpsk3_25519_AESGCM_SHA256";
const SESSION: &str = "Noise_IK_25519_AESGCM_SHA256";

/// One side of a handshake. The browser is the initiator, the agent the responder.
///
/// In turn, `write` makes a message and `handle_message` reads one, until
/// [`Handshake::is_finished`]. A responder learns the initiator's static key with the first (IK) or
/// third (XXpsk3) message and must compare it with what it expects before it answers. IK's first
/// message can be replayed by whoever saw it: only the first record proves that the device is
/// there, so a session shows nothing before that.
pub struct Handshake {
    /// `None` after a failure.
    state: Option<Box<HandshakeState>>,
}

impl Handshake {
    /// The browser's side of a pairing.
    ///
    /// # Errors
    /// [`Error::Handshake`] when Noise cannot be set up.
    pub fn pairing_initiator(
        prologue: &Prologue,
        key: &SecretKey,
        psk: &Psk,
        rng: &mut impl CryptoRng,
    ) -> Result<Self> {
        Self::build(PAIRING, prologue, key, rng, |b| b.psk(3, psk.expose())?.build_initiator())
    }

    /// The agent's side of a pairing.
    ///
    /// # Errors
    /// [`Error::Handshake`] when Noise cannot be set up.
    pub fn pairing_responder(
        prologue: &Prologue,
        key: &SecretKey,
        psk: &Psk,
        rng: &mut impl CryptoRng,
    ) -> Result<Self> {
        Self::build(PAIRING, prologue, key, rng, |b| b.psk(3, psk.expose())?.build_responder())
    }

    /// The browser's side of a session with the agent whose static key is `agent`.
    ///
    /// # Errors
    /// [`Error::Handshake`] when Noise cannot be set up.
    pub fn session_initiator(
        prologue: &Prologue,
        key: &SecretKey,
        agent: &PublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self> {
        Self::build(SESSION, prologue, key, rng, |b| {
            b.remote_public_key(agent.as_bytes())?.build_initiator()
        })
    }

    /// The agent's side of a session.
    ///
    /// # Errors
    /// [`Error::Handshake`] when Noise cannot be set up.
    pub fn session_responder(
        prologue: &Prologue,
        key: &SecretKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self> {
        Self::build(SESSION, prologue, key, rng, |b| b.build_responder())
    }

    /// Reads the peer's next message and gives its payload. `message` is hostile.
    ///
    /// # Errors
    /// [`Error::Handshake`], [`Error::WeakKey`], [`Error::OutOfTurn`], [`Error::Oversized`],
    /// [`Error::Spent`]; each is final.
    pub fn handle_message(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        self.attempt(|state| {
            limit(message.len())?;
            let mut payload = vec![0; message.len()];
            let length = state.read_message(message, &mut payload).map_err(fault)?;
            payload.truncate(length);
            Ok(payload)
        })
    }

    /// Writes our next message around `payload`.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`], [`Error::Oversized`], [`Error::WeakKey`], [`Error::Spent`]; each is
    /// final.
    pub fn write(&mut self, payload: &[u8]) -> Result<Vec<u8>> {
        self.attempt(|state| {
            // Two keys and two tags are the most a message of these patterns adds.
            let room = payload.len() + 2 * 32 + 2 * 16;
            limit(room)?;
            let mut message = vec![0; room];
            let length = state.write_message(payload, &mut message).map_err(fault)?;
            message.truncate(length);
            Ok(message)
        })
    }

    /// The peer's static key, once it is known.
    pub fn remote_static(&self) -> Option<PublicKey> {
        let bytes = self.state.as_ref()?.get_remote_static()?;
        Some(PublicKey::from_bytes(bytes.try_into().ok()?))
    }

    /// True after the last message.
    pub fn is_finished(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.is_handshake_finished())
    }

    /// The channel, after the last message.
    ///
    /// # Errors
    /// [`Error::NotFinished`] before it, [`Error::Spent`] after a failure.
    pub fn into_channel(self, limits: Limits) -> Result<Channel> {
        let peer = self.remote_static();
        let state = self.state.ok_or(Error::Spent)?;
        let noise = state.into_transport_mode().map_err(|_| Error::NotFinished)?;
        Ok(Channel::new(noise, peer.ok_or(Error::NotFinished)?, limits))
    }

    #[cfg(test)]
    pub(crate) fn hash(&self) -> Vec<u8> {
        self.state.as_ref().unwrap().get_handshake_hash().to_vec()
    }

    #[cfg(test)]
    pub(crate) fn into_noise(self) -> snow::TransportState {
        self.state.unwrap().into_transport_mode().unwrap()
    }

    fn build<'a>(
        pattern: &str,
        prologue: &'a Prologue,
        key: &'a SecretKey,
        rng: &mut impl CryptoRng,
        finish: impl FnOnce(Builder<'a>) -> std::result::Result<HandshakeState, snow::Error>,
    ) -> Result<Self> {
        let state = pattern
            .parse()
            .map(|params| Builder::with_resolver(params, Box::new(Resolver::new(rng))))
            .and_then(|builder| builder.prologue(prologue.as_bytes()))
            .and_then(|builder| builder.local_private_key(key.expose()))
            .and_then(finish)
            .map_err(|_| Error::Handshake)?;
        Ok(Self { state: Some(Box::new(state)) })
    }

    fn attempt<T>(&mut self, step: impl FnOnce(&mut HandshakeState) -> Result<T>) -> Result<T> {
        let mut state = self.state.take().ok_or(Error::Spent)?;
        let value = step(&mut state)?;
        self.state = Some(state);
        Ok(value)
    }
}

impl std::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handshake").field("finished", &self.is_finished()).finish_non_exhaustive()
    }
}

fn limit(length: usize) -> Result<()> {
    if length > MAX_NOISE_MESSAGE {
        return Err(Error::Oversized { length, limit: MAX_NOISE_MESSAGE });
    }
    Ok(())
}

fn fault(error: snow::Error) -> Error {
    match error {
        snow::Error::Dh => Error::WeakKey,
        snow::Error::State(_) => Error::OutOfTurn,
        _ => Error::Handshake,
    }
}
