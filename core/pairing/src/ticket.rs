//! A ticket admits one side to one meeting at a relay, once.

use rand_core::{CryptoRng, RngCore};
use wire::Reader;

use crate::keys::Signature;
use crate::{BodyCode, Error, MeetingId, PublicKey, Result, SigningKey, UnixMs};

const CONTEXT: &[u8] = b"noren ticket v1\0";
const VERSION: u8 = 1;

/// The side a ticket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The browser at home.
    Viewer,
    /// The agent in the office.
    Agent,
}

/// One side's ticket into one meeting. Source: `spec/pairing.md`, "Meeting".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The meeting it opens.
    pub meeting: MeetingId,
    /// The side it is for.
    pub side: Side,
    /// The body of the meeting.
    pub body: BodyCode,
    /// The relay accepts it until this moment.
    pub not_after: UnixMs,
    /// Random bytes that make it unique; the relay remembers them.
    pub nonce: [u8; 16],
}

impl Ticket {
    /// Bytes of a signed ticket.
    pub const LEN: usize = 1 + 16 + 1 + 6 + 8 + 16 + 64;
    /// How long a ticket lives. It is used at once, so this is the tolerance between clocks.
    pub const LIFE_MS: u64 = 60_000;

    /// The two tickets of a meeting, for the viewer and for the agent.
    pub fn pair<R: RngCore + CryptoRng>(
        meeting: MeetingId,
        body: BodyCode,
        now: UnixMs,
        rng: &mut R,
    ) -> (Self, Self) {
        let mut one = |side| {
            let mut nonce = [0; 16];
            rng.fill_bytes(&mut nonce);
            Self { meeting, side, body, not_after: now.plus(Self::LIFE_MS), nonce }
        };
        (one(Side::Viewer), one(Side::Agent))
    }

    /// The ticket's bytes, signed by the server's key.
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let side = match self.side {
            Side::Viewer => 1,
            Side::Agent => 2,
        };
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.meeting.0);
        bytes.push(side);
        bytes.extend_from_slice(self.body.as_bytes());
        bytes.extend_from_slice(&self.not_after.0.to_be_bytes());
        bytes.extend_from_slice(&self.nonce);
        let signature = key.sign(CONTEXT, &bytes);
        bytes.extend_from_slice(&signature.0);
        bytes
    }

    /// Reads a ticket and checks its signature against `keys`. The relay checks the period.
    pub fn verify<'k>(bytes: &[u8], keys: impl IntoIterator<Item = &'k PublicKey>) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != VERSION {
            return Err(Error::UnknownVersion(version));
        }
        let meeting = MeetingId(reader.array()?);
        let side = match reader.u8()? {
            1 => Side::Viewer,
            2 => Side::Agent,
            _ => return Err(Error::Invalid("side")),
        };
        let body = BodyCode::new(reader.array()?)?;
        let not_after = UnixMs(reader.u64()?);
        let nonce = reader.array()?;
        let signature = Signature(reader.array()?);
        reader.finish()?;
        let signed = &bytes[..Self::LEN - 64];
        let mut keys = keys.into_iter();
        if !keys.any(|key| key.verify(CONTEXT, signed, &signature).is_ok()) {
            return Err(Error::BadSignature);
        }
        Ok(Self { meeting, side, body, not_after, nonce })
    }
}
