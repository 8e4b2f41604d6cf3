//! Records: what travels after the handshake.

use crate::{Error, MAX_NOISE_MESSAGE, PublicKey, Result};
use snow::TransportState;

/// Largest payload of one record in bytes: a Noise message less its tag (16) and the kind (1).
pub const MAX_PART: usize = MAX_NOISE_MESSAGE - TAG - 1;

const TAG: usize = 16;

const LAST: u8 = 0;
const MORE: u8 = 1;
const REKEY: u8 = 2;
const CLOSE: u8 = 3;

/// Limits of messages and keys of one end of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest message that is accepted, in bytes.
    pub incoming: usize,
    /// Largest message that is sent, in bytes.
    pub outgoing: usize,
    /// Most records under one key, the rekey included; at least 2.
    pub key_records: u64,
    /// Most bytes of plaintext under one key, more than twice [`MAX_PART`].
    pub key_bytes: u64,
}

impl Limits {
    /// The agent's end.
    pub const AGENT: Self = Self {
        incoming: wire::session::MAX_TO_AGENT,
        outgoing: wire::session::MAX_TO_VIEWER,
        key_records: 1 << 16,
        key_bytes: 1 << 30,
    };
    /// The viewer's end.
    pub const VIEWER: Self =
        Self { incoming: Self::AGENT.outgoing, outgoing: Self::AGENT.incoming, ..Self::AGENT };
}

/// Why a side closed. Unknown values are kept: a close is a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseReason(pub u8);

impl CloseReason {
    /// The session or pairing is complete.
    pub const DONE: Self = Self(0);
    /// The sender refused the session or ended it.
    pub const REFUSED: Self = Self(1);
    /// The other side broke the protocol.
    pub const MISBEHAVED: Self = Self(2);
}

/// The content of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// A whole message: its last part came.
    Message(Vec<u8>),
    /// A part, or a rekey: nothing to do yet.
    Pending,
    /// The peer closed; nothing follows.
    Closed(CloseReason),
}

/// An open channel. Records must be passed on in order, each exactly once.
pub struct Channel {
    /// `None` after a failure or when both directions are closed.
    noise: Option<Box<TransportState>>,
    peer: PublicKey,
    limits: Limits,
    partial: Vec<u8>,
    sent: Usage,
    received: Usage,
    closed_by_us: bool,
    closed_by_peer: bool,
}

impl Channel {
    pub(crate) fn new(noise: TransportState, peer: PublicKey, limits: Limits) -> Self {
        Self {
            noise: Some(Box::new(noise)),
            peer,
            limits,
            partial: Vec::new(),
            sent: Usage::default(),
            received: Usage::default(),
            closed_by_us: false,
            closed_by_peer: false,
        }
    }

    /// The peer's static key.
    pub fn peer(&self) -> PublicKey {
        self.peer
    }

    /// Seals one message into records, to be sent in this order, each as one binary WebSocket
    /// message. A rekey that is due is among them.
    ///
    /// # Errors
    /// [`Error::TooLarge`] (which is not final: nothing was sealed), [`Error::Closed`],
    /// [`Error::Spent`].
    pub fn seal(&mut self, message: &[u8]) -> Result<Vec<Vec<u8>>> {
        if message.len() > self.limits.outgoing {
            return Err(Error::TooLarge { limit: self.limits.outgoing });
        }
        let mut records = Vec::with_capacity(message.len() / MAX_PART + 2);
        let mut rest = message;
        while rest.len() > MAX_PART {
            let (part, tail) = rest.split_at(MAX_PART);
            self.push(MORE, part, &mut records)?;
            rest = tail;
        }
        self.push(LAST, rest, &mut records)?;
        Ok(records)
    }

    /// Seals a close. Nothing can be sealed after it. Records that the peer sent before it got the
    /// close can still be opened.
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::Spent`].
    pub fn close(&mut self, reason: CloseReason) -> Result<Vec<Vec<u8>>> {
        let mut records = Vec::with_capacity(2);
        self.push(CLOSE, &[reason.0], &mut records)?;
        self.closed_by_us = true;
        Ok(records)
    }

    /// Seals a rekey now; `seal` does it by itself when one is due.
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::Spent`].
    pub fn rekey(&mut self) -> Result<Vec<u8>> {
        let record = self.encrypt(REKEY, &[])?;
        if let Some(noise) = &mut self.noise {
            noise.rekey_outgoing();
        }
        self.sent = Usage::default();
        Ok(record)
    }

    /// Opens the peer's next record. `record` is hostile.
    ///
    /// # Errors
    /// Any [`Error`] that names a record; each is final and drops the keys.
    pub fn open(&mut self, record: &[u8]) -> Result<Opened> {
        let opened = self.try_open(record);
        if opened.is_err() {
            self.noise = None;
            self.partial = Vec::new();
        }
        opened
    }

    /// Call it when the transport has ended.
    ///
    /// # Errors
    /// [`Error::Truncated`] when the peer had not closed.
    pub fn ended(&self) -> Result<()> {
        if self.closed_by_peer { Ok(()) } else { Err(Error::Truncated) }
    }

    fn try_open(&mut self, record: &[u8]) -> Result<Opened> {
        let noise = self.noise.as_mut().ok_or(Error::Spent)?;
        if self.closed_by_peer {
            return Err(Error::Closed);
        }
        if record.len() > MAX_NOISE_MESSAGE {
            return Err(Error::Oversized { length: record.len(), limit: MAX_NOISE_MESSAGE });
        }
        let mut plain = vec![0; record.len()];
        let length = noise.read_message(record, &mut plain).map_err(|_| Error::Record)?;
        plain.truncate(length);
        self.received.add(length);
        if self.received.records > self.limits.key_records
            || self.received.bytes > self.limits.key_bytes
        {
            return Err(Error::Overused);
        }
        let (&kind, payload) = plain.split_first().ok_or(Error::UnknownKind)?;
        match kind {
            LAST | MORE => {
                if kind == MORE && payload.is_empty() {
                    return Err(Error::BadRecord);
                }
                if payload.len() > self.limits.incoming - self.partial.len() {
                    return Err(Error::TooLarge { limit: self.limits.incoming });
                }
                if kind == MORE {
                    self.partial.extend_from_slice(payload);
                    return Ok(Opened::Pending);
                }
                if self.partial.is_empty() {
                    plain.remove(0);
                    return Ok(Opened::Message(plain));
                }
                let mut message = std::mem::take(&mut self.partial);
                message.extend_from_slice(payload);
                Ok(Opened::Message(message))
            }
            REKEY => {
                if !payload.is_empty() {
                    return Err(Error::BadRecord);
                }
                noise.rekey_incoming();
                self.received = Usage::default();
                Ok(Opened::Pending)
            }
            CLOSE => {
                let &[reason] = payload else { return Err(Error::BadRecord) };
                self.closed_by_peer = true;
                self.partial = Vec::new();
                Ok(Opened::Closed(CloseReason(reason)))
            }
            _ => Err(Error::UnknownKind),
        }
    }

    fn push(&mut self, kind: u8, payload: &[u8], records: &mut Vec<Vec<u8>>) -> Result<()> {
        if self.sent.due(payload.len() + 1, &self.limits) {
            records.push(self.rekey()?);
        }
        records.push(self.encrypt(kind, payload)?);
        Ok(())
    }

    fn encrypt(&mut self, kind: u8, payload: &[u8]) -> Result<Vec<u8>> {
        let noise = self.noise.as_mut().ok_or(Error::Spent)?;
        if self.closed_by_us {
            return Err(Error::Closed);
        }
        let mut plain = Vec::with_capacity(payload.len() + 1);
        plain.push(kind);
        plain.extend_from_slice(payload);
        let mut record = vec![0; plain.len() + TAG];
        let length = noise.write_message(&plain, &mut record).map_err(|_| Error::Spent)?;
        record.truncate(length);
        self.sent.add(plain.len());
        Ok(record)
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Records and bytes under the current key of one direction.
#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    records: u64,
    bytes: u64,
}

impl Usage {
    fn add(&mut self, plain: usize) {
        self.records += 1;
        self.bytes += plain as u64;
    }

    /// True when a record of `plain` bytes would leave no room for the rekey (one record of one
    /// byte) after it.
    fn due(&self, plain: usize, limits: &Limits) -> bool {
        self.records + 2 > limits.key_records || self.bytes + plain as u64 + 1 > limits.key_bytes
    }
}

/// Opens plaintexts of the fuzzer's choice as if an authenticated but misbehaving peer had sealed
/// them.
pub(crate) fn fuzz(bytes: &[u8]) {
    use crate::noise::Fixed;
    use crate::{Handshake, Prologue, SecretKey};
    let prologue = Prologue::pairing([0; 16], *b"000000", [0; 16]);
    let (one, two) = (SecretKey::from_bytes([1; 32]), SecretKey::from_bytes([2; 32]));
    let pair = || {
        let mut home =
            Handshake::session_initiator(&prologue, &one, &two.public(), &mut Fixed([3; 32]))?;
        let mut office = Handshake::session_responder(&prologue, &two, &mut Fixed([4; 32]))?;
        office.handle_message(&home.write(&[])?)?;
        home.handle_message(&office.write(&[])?)?;
        Ok::<_, Error>((home.into_channel(Limits::VIEWER)?, office.into_channel(Limits::AGENT)?))
    };
    let Ok((home, mut office)) = pair() else { return };
    let Some(mut noise) = home.noise else { return };
    let mut r = wire::Reader::new(bytes);
    while let Ok(plain) = r.bytes16(MAX_PART + 1) {
        let mut record = vec![0; plain.len() + TAG];
        let Ok(length) = noise.write_message(plain, &mut record) else { return };
        record.truncate(length);
        if office.open(&record).is_err() {
            assert_eq!(office.open(&record), Err(Error::Spent), "a failure is final");
            return;
        }
        if plain == [REKEY] {
            noise.rekey_outgoing();
        }
        assert!(office.partial.len() <= Limits::AGENT.incoming, "parts are bounded");
    }
}
