//! How a session begins, what it is told on the way, and how it ends.

use super::{MAX_SIDE, Size, VERSION};
use crate::{Error, Reader, Result, Writer};

/// Largest user name, password or domain, in bytes of UTF-8.
const MAX_CREDENTIAL: usize = 512;
/// Largest desktop name, in bytes of UTF-8.
const MAX_NAME: usize = 256;

/// Where text is composed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Typing {
    /// Physical keys reach the input method of the office.
    #[default]
    Office = 0,
    /// The browser composes; only committed text is sent.
    Home = 1,
}

/// First message of the viewer. Tag 0x01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// Viewport in device pixels.
    pub viewport: Size,
    /// What the viewer can decode (`spec/screen.md`, "capabilities"); unknown bits are kept.
    pub caps: u32,
    /// Where text is composed.
    pub typing: Typing,
}

/// What the desktop asks for at its own sign-in. Tag 0x02. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name on the desktop.
    pub user: String,
    /// Password on the desktop.
    pub password: String,
    /// Domain, or empty.
    pub domain: String,
}

/// What the desktop can do; bits of [`Welcome::caps`] and of [`super::ToViewer::Caps`]. Unknown
/// bits are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AgentCaps(pub u16);

/// Answer to [`Hello`]. Tag 0x41.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// Width of the desktop in pixels; 0 (as is the height) while it is not known, before the
    /// desktop's own sign-in.
    pub width: u16,
    /// Height of the desktop in pixels.
    pub height: u16,
    /// What the desktop can do.
    pub caps: AgentCaps,
    /// Name of the desktop.
    pub name: String,
    /// End of the allowed period, Unix time in milliseconds.
    pub not_after: u64,
    /// Seconds without input until the idle cut; 0 for no idle cut.
    pub idle: u32,
}

/// What a [`Notice`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// The idle cut comes in `seconds` unless there is input.
    IdleSoon = 1,
    /// The allowed period ends in `seconds`.
    PeriodSoon = 2,
    /// The agent lost the connection to the desktop and tries again.
    DesktopLost = 3,
    /// The desktop is back.
    DesktopBack = 4,
    /// The desktop wants [`Credentials`].
    CredentialsWanted = 5,
    /// The desktop refused the [`Credentials`].
    CredentialsRefused = 6,
    /// There was input: the idle warning no longer holds.
    IdleLifted = 7,
    /// Too many [`Credentials`] were refused: the agent passes none to the desktop for `seconds`.
    CredentialsPaused = 8,
    /// No program at the desktop took the last text.
    TextNotTaken = 9,
}

/// A notice for the person at home. Tag 0x44.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub kind: NoticeKind,
    /// Seconds until it happens; 0 where the kind has no time.
    pub seconds: u32,
}

/// Why a session ended. Tag 0x45.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndReason {
    /// No input for too long.
    Idle = 1,
    /// The allowed period is over.
    PeriodOver = 2,
    /// Device, user or grant was revoked.
    Revoked = 3,
    /// An administrator ended it.
    ByAdministrator = 4,
    /// The same user opened the same desktop again.
    TakenOver = 5,
    /// The desktop refused, and trying again does not help.
    DesktopRefused = 6,
    /// The agent stops.
    AgentStopping = 7,
    /// The viewer broke the protocol.
    PeerMisbehaved = 8,
    /// The desktop's picture is larger than `spec/screen.md` allows.
    DesktopTooLarge = 9,
    /// The desktop shows another certificate than the one that was pinned.
    DesktopUntrusted = 10,
    /// The desktop asks for something that the agent does not support.
    DesktopUnsupported = 11,
    /// The account's password has expired.
    PasswordExpired = 12,
    /// The account's password must be changed before the first sign-in.
    PasswordMustChange = 13,
    /// The account is locked.
    AccountLocked = 14,
    /// The account is disabled.
    AccountDisabled = 15,
    /// The account has expired.
    AccountExpired = 16,
    /// The account may not sign in there by Remote Desktop.
    RemoteNotGranted = 17,
    /// The account may not sign in at this hour.
    OutsideHours = 18,
    /// The account may sign in from other computers only.
    OtherWorkstation = 19,
    /// Another rule for the account forbids it.
    AccountRestricted = 20,
    /// Nobody can check the password now.
    NoAuthority = 21,
}

/// The quality of the line. Tag 0x47.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Smoothed round trip in milliseconds.
    pub rtt: u16,
    /// Estimated rate in kbit/s; 0 when unknown.
    pub rate: u32,
}

impl AgentCaps {
    /// The desktop can change its size.
    pub const RESIZE: u16 = 1;
    /// The desktop takes committed text of any script. Without it only ASCII arrives.
    pub const TEXT: u16 = 2;
    /// The desktop wants credentials before it shows itself.
    pub const CREDENTIALS: u16 = 4;

    /// True when all bits of `bits` are set.
    pub fn has(self, bits: u16) -> bool {
        self.0 & bits == bits
    }
}

impl Hello {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        version(r)?;
        let viewport = Size::read(r)?;
        let caps = r.u32()?;
        let typing = if r.bool("typing")? { Typing::Home } else { Typing::Office };
        Ok(Self { viewport, caps, typing })
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        self.viewport.write(w.u16(VERSION)).u32(self.caps).u8(self.typing as u8)
    }
}

impl Credentials {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            user: r.str16(MAX_CREDENTIAL)?.to_owned(),
            password: r.str16(MAX_CREDENTIAL)?.to_owned(),
            domain: r.str16(MAX_CREDENTIAL)?.to_owned(),
        })
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        w.str16(&self.user, MAX_CREDENTIAL)
            .str16(&self.password, MAX_CREDENTIAL)
            .str16(&self.domain, MAX_CREDENTIAL)
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl Welcome {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        version(r)?;
        let (width, height) = (r.u16()?, r.u16()?);
        desktop(width, height)?;
        Ok(Self {
            width,
            height,
            caps: AgentCaps(r.u16()?),
            name: r.str16(MAX_NAME)?.to_owned(),
            not_after: r.u64()?,
            idle: r.u32()?,
        })
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        if let Err(error) = desktop(self.width, self.height) {
            return w.fail(error);
        }
        w.u16(VERSION).u16(self.width).u16(self.height).u16(self.caps.0);
        w.str16(&self.name, MAX_NAME).u64(self.not_after).u32(self.idle)
    }
}

impl NoticeKind {
    fn from_u8(value: u8) -> Result<Self> {
        Ok(match value {
            1 => Self::IdleSoon,
            2 => Self::PeriodSoon,
            3 => Self::DesktopLost,
            4 => Self::DesktopBack,
            5 => Self::CredentialsWanted,
            6 => Self::CredentialsRefused,
            7 => Self::IdleLifted,
            8 => Self::CredentialsPaused,
            9 => Self::TextNotTaken,
            _ => return Err(Error::BadValue("kind")),
        })
    }
}

impl Notice {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Self { kind: NoticeKind::from_u8(r.u8()?)?, seconds: r.u32()? })
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        w.u8(self.kind as u8).u32(self.seconds)
    }
}

impl EndReason {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(match r.u8()? {
            1 => Self::Idle,
            2 => Self::PeriodOver,
            3 => Self::Revoked,
            4 => Self::ByAdministrator,
            5 => Self::TakenOver,
            6 => Self::DesktopRefused,
            7 => Self::AgentStopping,
            8 => Self::PeerMisbehaved,
            9 => Self::DesktopTooLarge,
            10 => Self::DesktopUntrusted,
            11 => Self::DesktopUnsupported,
            12 => Self::PasswordExpired,
            13 => Self::PasswordMustChange,
            14 => Self::AccountLocked,
            15 => Self::AccountDisabled,
            16 => Self::AccountExpired,
            17 => Self::RemoteNotGranted,
            18 => Self::OutsideHours,
            19 => Self::OtherWorkstation,
            20 => Self::AccountRestricted,
            21 => Self::NoAuthority,
            _ => return Err(Error::BadValue("reason")),
        })
    }
}

impl Line {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Self { rtt: r.u16()?, rate: r.u32()? })
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        w.u16(self.rtt).u32(self.rate)
    }
}

fn version(r: &mut Reader<'_>) -> Result<()> {
    if r.u16()? == VERSION { Ok(()) } else { Err(Error::BadValue("version")) }
}

fn desktop(width: u16, height: u16) -> Result<()> {
    if width > MAX_SIDE || (width == 0) != (height == 0) {
        return Err(Error::BadValue("width"));
    }
    if height > MAX_SIDE {
        return Err(Error::BadValue("height"));
    }
    Ok(())
}
