//! What a client accepts and asks for.

use crate::{Encoding, Limits};
use std::fmt;

/// A way to authenticate (RFC 6143, 7.2; rfbproto, "VeNCrypt").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// No authentication.
    None,
    /// Challenge and password, without TLS.
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
    /// Accepted ways to authenticate, the preferred one first.
    pub accept: Vec<Security>,
    /// Password for the ways that need one; only its first 8 bytes count. Never shown by `Debug`.
    pub password: Option<Vec<u8>>,
    /// A user's name and password, for those that ask for both. Never shown by `Debug`.
    pub login: Option<(String, String)>,
    /// Whether other clients of the server may stay connected.
    pub shared: bool,
    /// Encodings, the preferred one first.
    pub encodings: Vec<Encoding>,
    /// Largest picture that is accepted.
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

/// Encodings for a server on the same machine or network, where compression costs more than it
/// saves.
///
/// LastRect is left out: with it TigerVNC searches the picture for plain areas, which only costs
/// time.
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

/// Encodings for a server behind a slow line.
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
