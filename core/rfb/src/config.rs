//! What a client accepts and asks for.

use crate::{Encoding, Limits};
use std::fmt;

/// A way to sign in (RFC 6143, 7.2; rfbproto, "VeNCrypt").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// None at all.
    None,
    /// Challenge and password, in the clear.
    VncAuth,
    /// TLS with a certificate.
    X509None,
    /// TLS with a certificate, then challenge and password.
    X509Vnc,
    /// TLS with a certificate, then a user's name and password.
    X509Plain,
    /// TLS without a certificate (anonymous Diffie-Hellman).
    TlsNone,
    /// TLS without a certificate, then challenge and password.
    TlsVnc,
}

impl Security {
    pub(crate) fn vencrypt(self) -> Option<u32> {
        match self {
            Security::None | Security::VncAuth => None,
            Security::TlsNone => Some(257),
            Security::TlsVnc => Some(258),
            Security::X509None => Some(260),
            Security::X509Vnc => Some(261),
            Security::X509Plain => Some(262),
        }
    }

    pub(crate) fn asks_password(self) -> bool {
        matches!(self, Security::VncAuth | Security::X509Vnc | Security::TlsVnc)
    }

    pub(crate) fn is_anonymous(self) -> bool {
        matches!(self, Security::TlsNone | Security::TlsVnc)
    }
}

/// Settings of a client.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// Ways to sign in that are accepted, the preferred one first.
    pub accept: Vec<Security>,
    /// Password for those that ask for one; its first 8 bytes count. Never shown by `Debug`.
    pub password: Option<Vec<u8>>,
    /// A user's name and password, for those that ask for both. Never shown by `Debug`.
    pub login: Option<(String, String)>,
    /// Whether others may stay connected.
    pub shared: bool,
    /// Encodings, the preferred one first.
    pub encodings: Vec<Encoding>,
    /// Largest picture taken.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            accept: vec![Security::None],
            password: None,
            login: None,
            shared: true,
            encodings: NEAR.to_vec(),
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("accept", &self.accept)
            .field("encodings", &self.encodings)
            .finish_non_exhaustive()
    }
}

/// For a server on the same machine or network: packing would cost more than it saves.
///
/// LastRect is left out: TigerVNC takes it as a sign to search the picture for plain areas, which
/// only costs it time.
pub const NEAR: &[Encoding] = &[
    Encoding::CopyRect,
    Encoding::Raw,
    Encoding::CursorWithAlpha,
    Encoding::Cursor,
    Encoding::XCursor,
    Encoding::ExtendedDesktopSize,
    Encoding::DesktopSize,
    Encoding::QemuExtendedKey,
    Encoding::ExtendedMouseButtons,
    Encoding::DesktopName,
    Encoding::Fence,
    Encoding::ContinuousUpdates,
    Encoding::ExtendedClipboard,
];

/// For a server behind a slow line.
pub const FAR: &[Encoding] = &[
    Encoding::CopyRect,
    Encoding::Tight,
    Encoding::Zrle,
    Encoding::Raw,
    Encoding::CursorWithAlpha,
    Encoding::Cursor,
    Encoding::XCursor,
    Encoding::ExtendedDesktopSize,
    Encoding::DesktopSize,
    Encoding::LastRect,
    Encoding::QemuExtendedKey,
    Encoding::ExtendedMouseButtons,
    Encoding::DesktopName,
    Encoding::Fence,
    Encoding::ContinuousUpdates,
    Encoding::ExtendedClipboard,
];
