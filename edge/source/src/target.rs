//! Where a desktop is and how it is opened.

use crate::{Desktop, Error, Pin, Rdp, Sample, Vnc};
use std::fmt;

/// A host name or address and its TCP port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Host name, IPv4 or IPv6 address (without brackets).
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// A user's name and password for a desktop. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
    /// Windows domain, empty for none.
    pub domain: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// A VNC server.
#[derive(Clone, PartialEq, Eq)]
pub struct VncTarget {
    /// Address and port where it listens.
    pub address: Address,
    /// VNC password (only its first 8 bytes count), if the server needs one. Never shown by
    /// `Debug`.
    pub password: Option<String>,
    /// The certificate it must show. With a pin only the TLS forms of VeNCrypt are accepted,
    /// without one only plain RFB; TLS without a pin is never accepted.
    pub pin: Option<Pin>,
    /// Whether it is opened with the user's own name and password (VeNCrypt's X509Plain and nothing
    /// else), typed at home and not stored.
    pub login: bool,
}

impl fmt::Debug for VncTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VncTarget")
            .field("address", &self.address)
            .field("pin", &self.pin)
            .finish_non_exhaustive()
    }
}

/// An RDP server. It is opened with the user's own credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdpTarget {
    /// Address and port where it listens.
    pub address: Address,
    /// The certificate it must show.
    pub pin: Pin,
}

/// A desktop to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A VNC server.
    Vnc(VncTarget),
    /// An RDP server.
    Rdp(RdpTarget),
    /// The built-in sample.
    Sample,
}

impl Target {
    /// Whether it is opened with the user's own name and password.
    pub fn asks_login(&self) -> bool {
        match self {
            Target::Vnc(vnc) => vnc.login,
            Target::Rdp(_) => true,
            Target::Sample => false,
        }
    }
}

impl Desktop {
    /// Connects. `size` is the viewer's in pixels; the desktop takes it if it can. Without
    /// credentials, a target that [asks for a login](Target::asks_login) gives [`Error::Refused`].
    pub async fn open(
        target: &Target,
        credentials: Option<&Credentials>,
        size: (u16, u16),
    ) -> Result<Desktop, Error> {
        Ok(match target {
            Target::Vnc(vnc) => Desktop::Vnc(Box::new(Vnc::connect_as(vnc, credentials).await?)),
            Target::Rdp(rdp) => Desktop::Rdp(Box::new(Rdp::connect(rdp, credentials, size).await?)),
            Target::Sample => Desktop::Sample(Box::new(Sample::new(size.0, size.1))),
        })
    }
}
