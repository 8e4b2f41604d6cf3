//! Words: the messages of either side, signed, numbered and bound to this one conversation by
//! random bytes of both sides. Nobody between can make, alter, repeat, omit, reorder, reflect or
//! replay one without ending the line.
//!
//! Source: `spec/pairing.md`, "Control conversation".

use std::collections::VecDeque;

use wire::Reader;

use super::{MAX_MESSAGE, MAX_WORD, SILENCE_MS};
use crate::keys::Signature;
use crate::{AgentId, Error, PublicKey, Result, SigningKey, Ticks};

const PROOF: &[u8] = b"noren control v2\0";
const AGENT: &[u8] = b"noren control agent v2\0";
const SERVER: &[u8] = b"noren control server v2\0";

/// Most words whose times are kept: one a second for as long as a line may be silent, and a few
/// more.
const TIMES: usize = SILENCE_MS as usize / 1_000 + 8;

/// Identifies one conversation: the random bytes of both sides, and who they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding([u8; 112]);

impl Binding {
    pub(super) fn new(
        challenge: &[u8; 32],
        chance: &[u8; 32],
        agent: AgentId,
        server: &PublicKey,
    ) -> Self {
        let mut bytes = [0; 112];
        bytes[..32].copy_from_slice(challenge);
        bytes[32..64].copy_from_slice(chance);
        bytes[64..80].copy_from_slice(&agent.0);
        bytes[80..].copy_from_slice(server.as_bytes());
        Self(bytes)
    }

    /// The agent's proof, for this conversation, that it has its key.
    pub(super) fn prove(&self, key: &SigningKey) -> Signature {
        key.sign(PROOF, &self.0)
    }

    pub(super) fn verify(&self, key: &PublicKey, proof: &Signature) -> Result<()> {
        key.verify(PROOF, &self.0, proof)
    }
}

/// One side's state for signing and verifying words.
#[derive(Debug)]
pub(super) struct Words {
    binding: Binding,
    own: SigningKey,
    other: PublicKey,
    mine: &'static [u8],
    theirs: &'static [u8],
    said: u64,
    heard: u64,
    /// How many of our words the other side reports as heard.
    answered: u64,
    /// Words that the other side has not yet reported as heard: the number, and the time of it or
    /// of one before it.
    times: VecDeque<(u64, Ticks)>,
}

impl Words {
    pub(super) fn of_agent(binding: Binding, own: SigningKey, server: PublicKey) -> Self {
        Self::new(binding, own, server, AGENT, SERVER)
    }

    pub(super) fn of_server(binding: Binding, own: SigningKey, agent: PublicKey) -> Self {
        Self::new(binding, own, agent, SERVER, AGENT)
    }

    fn new(
        binding: Binding,
        own: SigningKey,
        other: PublicKey,
        mine: &'static [u8],
        theirs: &'static [u8],
    ) -> Self {
        Self {
            binding,
            own,
            other,
            mine,
            theirs,
            said: 0,
            heard: 0,
            answered: 0,
            times: VecDeque::new(),
        }
    }

    /// Makes and signs the next word.
    pub(super) fn say(&mut self, text: &str, now: Ticks) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + text.len() + 64);
        bytes.extend_from_slice(&self.said.to_be_bytes());
        bytes.extend_from_slice(&self.heard.to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
        let signature = self.own.sign(self.mine, &[&self.binding.0[..], &bytes].concat());
        bytes.extend_from_slice(&signature.0);
        // A word without a time of its own counts with the time of the one before it.
        if self.times.len() < TIMES
            && self.times.back().is_none_or(|(_, at)| now.since(*at) >= 1_000)
        {
            self.times.push_back((self.said, now));
        }
        self.said += 1;
        bytes
    }

    /// Verifies a word. Returns its text, and the time up to which it proves the other side alive,
    /// if that is later than before. An error ends the line; nothing of the word counts.
    pub(super) fn hear<'b>(&mut self, bytes: &'b [u8]) -> Result<(&'b str, Option<Ticks>)> {
        if bytes.len() > MAX_WORD {
            return Err(Error::TooLarge("message"));
        }
        let (said, signature) =
            bytes.split_last_chunk::<64>().ok_or(Error::PeerMisbehaved("an unsigned word"))?;
        let mut reader = Reader::new(said);
        let (number, answered) = (reader.u64()?, reader.u64()?);
        let text = reader.rest();
        self.other.verify(
            self.theirs,
            &[&self.binding.0[..], said].concat(),
            &Signature(*signature),
        )?;
        // The signature is right. A fault from here on is the other side's, or somebody omitted or
        // repeated words.
        if number != self.heard {
            return Err(Error::PeerMisbehaved("a word is missing or came twice"));
        }
        if answered < self.answered || answered > self.said {
            return Err(Error::PeerMisbehaved("heard what was not said"));
        }
        let text = std::str::from_utf8(text).map_err(|_| Error::Invalid("message"))?;
        if text.len() > MAX_MESSAGE {
            return Err(Error::TooLarge("message"));
        }
        self.heard += 1;
        self.answered = answered;
        let mut alive = None;
        while let Some((_, at)) = self.times.front().filter(|(number, _)| *number < answered) {
            alive = Some(*at);
            self.times.pop_front();
        }
        Ok((text, alive))
    }
}
