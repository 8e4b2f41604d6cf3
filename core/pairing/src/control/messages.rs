//! What agent and server say to each other, as JSON objects `{"type": ...}`.
//!
//! An unknown field is skipped and an unknown type reads as `Unknown`, so that either side may be
//! newer. A known field outside its limits is refused.

use serde::{Deserialize, Serialize};

use crate::{
    BodyCode, ChannelKey, DeviceId, Error, Head, InviteId, MeetingId, Result, TargetId, UnixMs,
    UserId, Zone,
};

use super::{MAX_MESSAGE, Relays};

/// The longest name of a thing or person, in bytes.
const MAX_NAME: usize = 512;
/// The longest short text (versions, user agents), in bytes.
const MAX_SHORT: usize = 512;
/// Targets an agent offers, at most.
const MAX_TARGETS: usize = 512;

/// From agent to server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToServer {
    /// The first message, and again whenever the list of targets changes.
    Hello(Hello),
    /// A target's state changed. Not repeated: the next `hello` carries every state.
    TargetState {
        /// Id of the target at this agent.
        target: TargetId,
        /// How it is now.
        state: TargetState,
    },
    /// The agent will not come to a meeting, so that the viewer need not wait for it.
    Declined {
        /// Id of the meeting.
        meeting: MeetingId,
        /// The reason.
        reason: Refusal,
    },
    /// An event for the record. Repeated until acknowledged; numbers of one epoch only grow.
    Report {
        /// The epoch of the number: random, drawn when the agent's outbox was created.
        epoch: u64,
        /// Number of the report in its epoch, from 1.
        number: u64,
        /// What happened.
        report: Report,
    },
    /// Every order up to this number was carried out.
    Done {
        /// Number of the last order carried out.
        number: u64,
    },
    /// A sign of life, answered at once.
    Alive,
    /// A value this build does not know.
    #[serde(other)]
    Unknown,
}

/// From server to agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToAgent {
    /// The first message: the conversation is open.
    Welcome(Welcome),
    /// Come to a meeting. Not repeated: a missed meeting is requested again.
    Meet(Meet),
    /// End a session now. Answered by the report `session_ended`.
    End(End),
    /// An order that must not be lost. Repeated at each connection until `done`; numbers only grow.
    Order {
        /// Number of the order; grows within one connection.
        number: u64,
        /// What to do. Doing it twice does no harm.
        order: Order,
    },
    /// What holds for the whole agent from now on.
    Settings(Settings),
    /// The current head of the record of the agent's body.
    Head(Head),
    /// A sign of life. The first one also says that the server has sent everything it owed at the
    /// beginning.
    Alive,
    /// Every report of this epoch up to this number is on record.
    Ack {
        /// Epoch of the numbers.
        epoch: u64,
        /// Number of the last report on record.
        number: u64,
    },
    /// A value this build does not know.
    #[serde(other)]
    Unknown,
}

/// Who the agent is and what it offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the conversation; the server answers with the same or refuses.
    pub version: u16,
    /// The agent's name for itself, for people; at most 512 bytes.
    pub name: String,
    /// Version of the agent's program, at most 512 bytes.
    pub program: String,
    /// Every target it offers, at most 512.
    pub targets: Vec<Target>,
    /// The last head it was told and stored; `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
}

/// A target as the agent offers it. Its address and credentials never leave the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its id, unique in this agent.
    pub id: TargetId,
    /// Its name for people, at most 512 bytes.
    pub name: String,
    /// The protocol it is reached by.
    pub kind: TargetKind,
    /// The network it belongs to (三層分離).
    pub zone: Zone,
    /// How it is now.
    pub state: TargetState,
}

/// The protocol by which a target is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Remote Desktop.
    Rdp,
    /// VNC.
    Vnc,
    /// The built-in sample desktop.
    Sample,
    /// A value this build does not know.
    #[serde(other)]
    Other,
}

/// The state of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// It answers, and no session of this agent uses it.
    Ready,
    /// A session of this agent uses it.
    Busy,
    /// It does not answer.
    Unreachable,
    /// It answers with another certificate or key than the pinned one.
    Untrusted,
    /// A value this build does not know.
    #[serde(other)]
    Other,
}

/// An event for the record of the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Report {
    /// A browser proved a slip and is now this user's device.
    DevicePaired {
        /// Id of the device.
        device: DeviceId,
        /// Its public key, from which the id is made.
        key: ChannelKey,
        /// Id of the user.
        user: UserId,
        /// The user's sign-in name, as on the invite.
        login: String,
        /// The user's name for the device.
        name: String,
        /// The browser's own description (its user agent).
        user_agent: String,
        /// The invite that was used.
        invite: InviteId,
        /// How it was paired.
        by: PairedBy,
        /// Time by the agent's clock.
        at: UnixMs,
    },
    /// A device was taken off the agent's list.
    DeviceRemoved {
        /// Id of the device.
        device: DeviceId,
        /// The user it belonged to.
        user: UserId,
        /// True when the server ordered it, false when somebody at the agent removed it.
        by_order: bool,
        /// Time by the agent's clock.
        at: UnixMs,
    },
    /// A try at a slip failed.
    PairingFailed {
        /// Id of the meeting.
        meeting: MeetingId,
        /// Number of the invite on the slip.
        invite: InviteId,
        /// The user who tried.
        user: UserId,
        /// The reason.
        reason: Refusal,
        /// Time by the agent's clock.
        at: UnixMs,
    },
    /// A session is open.
    SessionStarted {
        /// The meeting, which is the session's name.
        meeting: MeetingId,
        /// Id of the user.
        user: UserId,
        /// Id of the device.
        device: DeviceId,
        /// Id of the target at this agent.
        target: TargetId,
        /// Time by the agent's clock.
        at: UnixMs,
    },
    /// A session is over.
    SessionEnded {
        /// The meeting, which is the session's name.
        meeting: MeetingId,
        /// Id of the user.
        user: UserId,
        /// Id of the device.
        device: DeviceId,
        /// Id of the target at this agent.
        target: TargetId,
        /// The reason.
        reason: EndReason,
        /// Bytes the viewer sent, inside the channel.
        bytes_up: u64,
        /// Bytes the agent sent, inside the channel.
        bytes_down: u64,
        /// Seconds without keys or pointer, counting only stretches of a minute or more.
        idle_seconds: u32,
        /// When it began, by the agent's clock.
        started: UnixMs,
        /// When it ended, by the agent's clock.
        ended: UnixMs,
    },
    /// The PC refused a password that was typed at home.
    PasswordRefused {
        /// The meeting, which is the session's name.
        meeting: MeetingId,
        /// Id of the user.
        user: UserId,
        /// Id of the device.
        device: DeviceId,
        /// Id of the target at this agent.
        target: TargetId,
        /// Refusals in a row, of this user at this target.
        wrong: u32,
        /// Seconds in which the agent passes no further password of this user to this target.
        pause: u32,
        /// Time by the agent's clock.
        at: UnixMs,
    },
    /// A session was requested and the agent refused it.
    SessionRefused {
        /// Id of the meeting.
        meeting: MeetingId,
        /// The reason.
        reason: Refusal,
        /// Time by the agent's clock.
        at: UnixMs,
    },
    /// A value this build does not know.
    #[serde(other)]
    Unknown,
}

/// How a device was paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairedBy {
    /// With a slip printed at the agent.
    Slip,
    /// A value this build does not know.
    #[serde(other)]
    Other,
}

/// Why an agent refused a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The grant is not the server's, or not for this agent, body, meeting, target or zone.
    BadGrant,
    /// The grant's period has not begun by the agent's clock.
    NotYet,
    /// The grant's period is over by the agent's clock.
    Expired,
    /// The grant or invite was used before.
    Replayed,
    /// The device is not on the agent's list for this user.
    UnknownDevice,
    /// The handshake failed: another device's key, another secret, or altered messages.
    Handshake,
    /// No such invite.
    UnknownInvite,
    /// The invite is another user's.
    WrongUser,
    /// The invite has no tries left.
    Exhausted,
    /// The target does not answer or is not the pinned one.
    TargetDown,
    /// The agent has no room for another session.
    Busy,
    /// A session of another user is on the target.
    InUse,
    /// The relay could not be reached.
    NoRelay,
    /// The relay is not on the agent's list.
    ForeignRelay,
    /// A value this build does not know.
    #[serde(other)]
    Other,
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        match error {
            Error::NotYet => Self::NotYet,
            Error::Expired => Self::Expired,
            Error::Replayed => Self::Replayed,
            Error::UnknownDevice | Error::WrongDevice => Self::UnknownDevice,
            Error::UnknownInvite => Self::UnknownInvite,
            Error::WrongUser => Self::WrongUser,
            Error::Exhausted => Self::Exhausted,
            Error::ForeignRelay => Self::ForeignRelay,
            Error::Full(_) => Self::Busy,
            Error::BadSignature
            | Error::WrongAgent
            | Error::WrongTarget
            | Error::WrongZone
            | Error::WrongMeeting
            | Error::WrongBody
            | Error::Malformed(_)
            | Error::UnknownVersion(_) => Self::BadGrant,
            _ => Self::Other,
        }
    }
}

/// Why a session ended, as on record. The first eight are the reasons of `Ended` in `spec/wire.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// No input until the idle cut.
    Idle,
    /// The allowed period is over.
    PeriodOver,
    /// The device, user or grant was revoked.
    Revoked,
    /// An administrator ended it.
    Administrator,
    /// A newer session of the same user took over.
    TakenOver,
    /// The desktop refused or went away.
    DesktopRefused,
    /// The agent stops.
    AgentStopping,
    /// The viewer broke the protocol.
    PeerMisbehaved,
    /// The person ended it.
    Viewer,
    /// The line broke.
    LineLost,
    /// A value this build does not know.
    #[serde(other)]
    Other,
}

/// The server's welcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version of the conversation.
    pub version: u16,
    /// The agent's body.
    pub body: BodyCode,
    /// The body's name.
    pub body_name: String,
    /// The server's calendar time, so that the agent notices a wrong clock.
    pub time: UnixMs,
    /// The head of the body's record; `None` while it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
}

/// A call to a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meet {
    /// Id of the meeting.
    pub meeting: MeetingId,
    /// What it is for.
    pub kind: MeetKind,
    /// The relay to connect to, one of [`Settings::relays`].
    pub relay: String,
    /// The agent's signed ticket.
    #[serde(with = "base64_bytes")]
    pub ticket: Vec<u8>,
}

/// What a meeting is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MeetKind {
    /// A browser wants to prove a slip.
    Pairing {
        /// The invite on the slip.
        invite: InviteId,
        /// The user who is signed in at that browser.
        user: UserId,
        /// That user's sign-in name.
        login: String,
    },
    /// A device wants to use a target.
    Session {
        /// The signed grant.
        #[serde(with = "base64_bytes")]
        grant: Vec<u8>,
    },
    /// A kind this build does not know; the agent declines it.
    #[serde(other)]
    Unknown,
}

/// An order to end a session now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The meeting, which is the session's name.
    pub meeting: MeetingId,
    /// The reason, as the viewer is told.
    pub reason: EndReason,
}

/// A command that must reach the agent, however late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Order {
    /// Forget a device and end its sessions.
    RevokeDevice {
        /// Id of the device.
        device: DeviceId,
    },
    /// Forget every device of a user, withdraw the user's invites and end the user's sessions.
    RevokeUser {
        /// Id of the user.
        user: UserId,
        /// The user's sign-in name, which the invites bear.
        login: String,
    },
    /// This agent is no longer one of the server's: end every session and stop.
    Retire,
    /// A value this build does not know.
    #[serde(other)]
    Unknown,
}

/// Settings of the whole agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Seconds a session continues while the server is not heard. Then the agent ends it, because
    /// it could not hear of a revocation.
    pub grace: u32,
    /// Most sessions at once.
    pub max_sessions: u32,
    /// The relays the agent may go to.
    pub relays: Relays,
}

impl Default for Settings {
    fn default() -> Self {
        Self { grace: 300, max_sessions: 256, relays: Relays::inside() }
    }
}

impl ToServer {
    /// Reads a message. Who said it is not asked here: a message counts as part of a signed word
    /// only.
    pub fn decode(text: &str) -> Result<Self> {
        let message: Self = read(text)?;
        message.check()?;
        Ok(message)
    }

    /// Writes a message.
    pub fn encode(&self) -> Result<String> {
        self.check()?;
        write(self)
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::Hello(hello) => {
                short(&hello.name, MAX_NAME)?;
                short(&hello.program, MAX_SHORT)?;
                if hello.targets.len() > MAX_TARGETS {
                    return Err(Error::TooLarge("list of targets"));
                }
                let mut ids: Vec<_> = hello.targets.iter().map(|target| &target.id).collect();
                ids.sort();
                if ids.windows(2).any(|pair| pair[0] == pair[1]) {
                    return Err(Error::Invalid("list of targets: an id twice"));
                }
                hello.targets.iter().try_for_each(|target| short(&target.name, MAX_NAME))
            }
            Self::Report {
                report: Report::DevicePaired { device, key, login, name, user_agent, .. },
                ..
            } => {
                if *device != key.device_id() {
                    return Err(Error::WrongDevice);
                }
                short(login, 255)?;
                short(name, MAX_NAME)?;
                short(user_agent, MAX_SHORT)
            }
            Self::Report { report: Report::SessionEnded { started, ended, .. }, .. }
                if ended < started =>
            {
                Err(Error::Invalid("session: ended before it began"))
            }
            _ => Ok(()),
        }
    }
}

impl ToAgent {
    /// Reads a message.
    pub fn decode(text: &str) -> Result<Self> {
        let message: Self = read(text)?;
        message.check()?;
        Ok(message)
    }

    /// Writes a message.
    pub fn encode(&self) -> Result<String> {
        self.check()?;
        write(self)
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::Settings(settings) => settings.relays.check(),
            Self::Welcome(welcome) => short(&welcome.body_name, MAX_NAME),
            Self::Meet(meet) => {
                short(&meet.relay, 2048)?;
                if meet.ticket.len() != crate::Ticket::LEN {
                    return Err(Error::Invalid("ticket"));
                }
                match &meet.kind {
                    MeetKind::Pairing { login, .. } => short(login, 255),
                    MeetKind::Session { grant } if grant.len() > crate::Grant::MAX => {
                        Err(Error::TooLarge("grant"))
                    }
                    _ => Ok(()),
                }
            }
            Self::Order { order: Order::RevokeUser { login, .. }, .. } => short(login, 255),
            _ => Ok(()),
        }
    }
}

fn short(text: &str, limit: usize) -> Result<()> {
    if text.len() > limit {
        return Err(Error::TooLarge("text"));
    }
    if text.chars().any(char::is_control) {
        Err(Error::Invalid("text: control character"))
    } else {
        Ok(())
    }
}

fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T> {
    if text.len() > MAX_MESSAGE {
        return Err(Error::TooLarge("message"));
    }
    // serde_json bounds the nesting depth at 128.
    serde_json::from_str(text).map_err(|_| Error::Invalid("message"))
}

fn write<T: Serialize>(message: &T) -> Result<String> {
    let text = serde_json::to_string(message).map_err(|_| Error::Invalid("message"))?;
    if text.len() > MAX_MESSAGE { Err(Error::TooLarge("message")) } else { Ok(text) }
}

mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        STANDARD.decode(text.as_bytes()).map_err(de::Error::custom)
    }
}
