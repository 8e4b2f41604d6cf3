//! A grant: the server's signed statement that this person may use this target from this device in
//! this period.
//!
//! It is all that the agent believes of the server about a session. Source: `spec/pairing.md`,
//! "Grant".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::{Reader, Writer};

use crate::keys::Signature;
use crate::{
    AgentId, BodyCode, ChannelKey, DeviceId, Error, GrantId, MeetingId, PublicKey, Result,
    SigningKey, TargetId, UnixMs, UserId,
};

const CONTEXT: &[u8] = b"noren grant v1\0";
const VERSION: u8 = 1;
const SIGNATURE: usize = 64;

/// The zone of a network (三層分離). The third, マイナンバー利用事務系, has no value, so nothing
/// can name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// LGWAN接続系.
    Lgwan,
    /// インターネット接続系.
    Internet,
}

/// What the agent enforces during the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Seconds without keys or pointer until the session is cut; 0 for never.
    pub idle: u32,
    /// Seconds of warning before a cut.
    pub warn: u16,
    /// Whether the watermark is burnt in.
    pub watermark: bool,
    /// Strength of the watermark in percent, 0 to 100.
    pub contrast: u8,
    /// Pixels between the watermark's repetitions.
    pub spacing: u16,
    /// The watermark; `{user}`, `{body}` and `{time}` are filled in by the agent. At most
    /// [`Grant::MAX_WATERMARK`] bytes.
    pub watermark_text: String,
    /// Whether the viewer may change the size of the desktop.
    pub resize: bool,
}

/// A grant. Source: `spec/pairing.md`, "Grant".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The grant's own id; a grant opens one session once.
    pub id: GrantId,
    /// The meeting it was made for.
    pub meeting: MeetingId,
    /// The body.
    pub body: BodyCode,
    /// The person.
    pub user: UserId,
    /// The person's sign-in name, at most 255 bytes.
    pub login: String,
    /// The person's name as others read it, at most [`Grant::MAX_NAME`] bytes.
    pub name: String,
    /// The browser, by id; always the id of `device_key`.
    pub device: DeviceId,
    /// The browser's static key, which it proves in the handshake.
    pub device_key: ChannelKey,
    /// The agent that is to open the session.
    pub agent: AgentId,
    /// The target there.
    pub target: TargetId,
    /// The target's zone by the server's record.
    pub zone: Zone,
    /// When it was made.
    pub issued: UnixMs,
    /// Start of the allowed period.
    pub not_before: UnixMs,
    /// End of the allowed period.
    pub not_after: UnixMs,
    /// What the agent enforces.
    pub policy: Policy,
}

impl Grant {
    /// The longest display name, in bytes.
    pub const MAX_NAME: usize = 512;
    /// The longest watermark text, in bytes.
    pub const MAX_WATERMARK: usize = 1024;
    /// No grant is longer than this, in bytes.
    pub const MAX: usize = 4096;
    /// How far the agent's clock may be behind the server's, at the start of the period only.
    pub const EARLY_MS: u64 = 60_000;

    /// The grant's bytes, signed by the server's key.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>> {
        if self.device != self.device_key.device_id() {
            return Err(Error::WrongDevice);
        }
        let zone = match self.zone {
            Zone::Lgwan => 1,
            Zone::Internet => 2,
        };
        let mut writer = Writer::new();
        writer
            .u8(VERSION)
            .put(&self.id.0)
            .put(&self.meeting.0)
            .put(self.body.as_bytes())
            .put(&self.user.0);
        writer.str8(&self.login, 255).str16(&self.name, Self::MAX_NAME);
        writer.put(&self.device.0).put(&self.device_key.0).put(&self.agent.0);
        writer.str8(self.target.as_str(), TargetId::MAX).u8(zone);
        writer.u64(self.issued.0).u64(self.not_before.0).u64(self.not_after.0);
        let policy = &self.policy;
        writer
            .u32(policy.idle)
            .u16(policy.warn)
            .bool(policy.watermark)
            .u8(policy.contrast)
            .u16(policy.spacing);
        writer.str16(&policy.watermark_text, Self::MAX_WATERMARK).bool(policy.resize);
        let mut bytes = writer.finish()?;
        let signature = key.sign(CONTEXT, &bytes);
        bytes.extend_from_slice(&signature.0);
        Ok(bytes)
    }

    /// Checks the signature, then reads the grant. [`Door::open`] decides whether it opens a
    /// session here and now.
    pub fn verify(bytes: &[u8], key: &PublicKey) -> Result<Self> {
        if bytes.len() > Self::MAX {
            return Err(Error::TooLarge("grant"));
        }
        let at = bytes.len().checked_sub(SIGNATURE).ok_or(Error::Invalid("grant: too short"))?;
        let (signed, signature) = bytes.split_at(at);
        let signature = Signature(Reader::new(signature).array()?);
        key.verify(CONTEXT, signed, &signature)?;
        Self::read(signed)
    }

    /// SHA-256 of the grant's bytes, signature included, which the channel's prologue binds.
    pub fn hash(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    fn read(signed: &[u8]) -> Result<Self> {
        let mut from = Reader::new(signed);
        let version = from.u8()?;
        if version != VERSION {
            return Err(Error::UnknownVersion(version));
        }
        let grant = Self {
            id: GrantId(from.array()?),
            meeting: MeetingId(from.array()?),
            body: BodyCode::new(from.array()?)?,
            user: UserId(from.array()?),
            login: from.str8(255)?.to_owned(),
            name: from.str16(Self::MAX_NAME)?.to_owned(),
            device: DeviceId(from.array()?),
            device_key: ChannelKey(from.array()?),
            agent: AgentId(from.array()?),
            target: from.str8(TargetId::MAX)?.parse()?,
            zone: match from.u8()? {
                1 => Zone::Lgwan,
                2 => Zone::Internet,
                _ => return Err(Error::WrongZone),
            },
            issued: UnixMs(from.u64()?),
            not_before: UnixMs(from.u64()?),
            not_after: UnixMs(from.u64()?),
            policy: Policy {
                idle: from.u32()?,
                warn: from.u16()?,
                watermark: from.bool("watermark")?,
                contrast: from.u8()?,
                spacing: from.u16()?,
                watermark_text: from.str16(Self::MAX_WATERMARK)?.to_owned(),
                resize: from.bool("resize")?,
            },
        };
        from.finish()?;
        if grant.policy.contrast > 100 {
            return Err(Error::Invalid("contrast"));
        }
        if grant.device != grant.device_key.device_id() {
            return Err(Error::WrongDevice);
        }
        Ok(grant)
    }
}

/// The agent's checks before a session opens, except the handshake, which proves the device's key.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// The server's key, pinned at enrolment.
    pub server_key: &'a PublicKey,
    /// This agent.
    pub agent: AgentId,
    /// Its body.
    pub body: BodyCode,
    /// The meeting the server called this agent to.
    pub meeting: MeetingId,
    /// The agent's calendar time.
    pub now: UnixMs,
}

impl Door<'_> {
    /// Reads the grant and decides whether it opens a session here and now. Only then is it
    /// remembered in `seen`.
    ///
    /// - `zone_of`: the zone of a target offered here, `None` for any other name;
    /// - `owner_of`: who paired the device here, with which key; `None` when nobody did.
    pub fn open(
        &self,
        bytes: &[u8],
        zone_of: impl FnOnce(&TargetId) -> Option<Zone>,
        owner_of: impl FnOnce(&DeviceId) -> Option<(UserId, ChannelKey)>,
        seen: &mut Seen,
    ) -> Result<Grant> {
        let grant = Grant::verify(bytes, self.server_key)?;
        if grant.agent != self.agent {
            return Err(Error::WrongAgent);
        }
        if grant.body != self.body {
            return Err(Error::WrongBody);
        }
        if grant.meeting != self.meeting {
            return Err(Error::WrongMeeting);
        }
        match zone_of(&grant.target) {
            None => return Err(Error::WrongTarget),
            Some(zone) if zone != grant.zone => return Err(Error::WrongZone),
            Some(_) => {}
        }
        if self.now.plus(Grant::EARLY_MS) < grant.not_before {
            return Err(Error::NotYet);
        }
        if self.now >= grant.not_after {
            return Err(Error::Expired);
        }
        match owner_of(&grant.device) {
            None => return Err(Error::UnknownDevice),
            Some(owner) if owner != (grant.user, grant.device_key) => {
                return Err(Error::WrongDevice);
            }
            Some(_) => {}
        }
        seen.remember(grant.id, grant.not_after, self.now)?;
        Ok(grant)
    }
}

/// The grants that opened a session, each kept until its period is over. The agent keeps this on
/// disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seen(BTreeMap<GrantId, UnixMs>);

impl Seen {
    /// Most grants remembered; when it is full, no session opens.
    pub const MAX: usize = 65_536;

    fn remember(&mut self, id: GrantId, not_after: UnixMs, now: UnixMs) -> Result<()> {
        self.0.retain(|_, end| *end > now);
        if self.0.contains_key(&id) {
            return Err(Error::Replayed);
        }
        if self.0.len() >= Self::MAX {
            return Err(Error::Full("grants seen"));
        }
        self.0.insert(id, not_after);
        Ok(())
    }
}
