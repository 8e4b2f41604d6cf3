//! The desktops this agent offers.

use super::Document;
use crate::{Error, Result};
use pairing::control::TargetKind;
use pairing::{TargetId, Zone};
use serde::{Deserialize, Serialize};
use source::{Address, Pin, RdpTarget, VncTarget};

/// Every target, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Targets(Vec<Target>);

/// One target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its id in this agent.
    pub id: TargetId,
    /// Its name as people read it.
    pub name: String,
    /// Its zone. The third zone has no value, so it cannot be stored either.
    pub zone: Zone,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
}

/// Where a desktop is, and what was pinned of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// A VNC server.
    Vnc {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// VNC password.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<String>,
        /// The certificate it must show.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pin: Option<String>,
        /// Opened with each person's own name and password.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        login: bool,
    },
    /// Remote Desktop.
    Rdp {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// The certificate it must show.
        pin: String,
    },
    /// The built-in sample.
    Sample,
}

impl Document for Targets {
    const FILE: &'static str = "targets.json";
    const MAX: u64 = 1 << 20;
}

impl Targets {
    /// Targets an agent offers at most (the control conversation takes no more).
    pub const MAX: usize = 512;

    /// Adds a target.
    ///
    /// # Errors
    /// [`Error::Invalid`] when one of that id is there or there are too many.
    pub fn add(&mut self, target: Target) -> Result<()> {
        if self.find(&target.id).is_some() {
            return Err(Error::Invalid(format!(
                "there is a target {} already",
                target.id.as_str()
            )));
        }
        if self.0.len() >= Self::MAX {
            return Err(Error::Invalid(format!("no more than {} targets", Self::MAX)));
        }
        self.0.push(target);
        Ok(())
    }

    /// Removes a target by id or name.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is none.
    pub fn remove(&mut self, which: &str) -> Result<Target> {
        let at =
            self.0.iter().position(|target| target.id.as_str() == which || target.name == which);
        at.map(|at| self.0.remove(at)).ok_or_else(|| Error::Invalid(format!("no target {which}")))
    }

    /// The target of an id.
    pub fn find(&self, id: &TargetId) -> Option<&Target> {
        self.0.iter().find(|target| target.id == *id)
    }

    /// Every target.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.0.iter()
    }
}

impl Target {
    /// A target; its id is made from its name.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the name is empty or too long.
    pub fn new(name: &str, zone: Zone, place: Place) -> Result<Self> {
        let name = name.trim();
        if name.is_empty() || name.len() > 256 || name.chars().any(char::is_control) {
            return Err(Error::Invalid(
                "a target's name has 1 to 256 bytes and no control characters".into(),
            ));
        }
        Ok(Self { id: id_of(name)?, name: name.to_owned(), zone, place })
    }

    /// As the server is told.
    pub fn kind(&self) -> TargetKind {
        match self.place {
            Place::Vnc { .. } => TargetKind::Vnc,
            Place::Rdp { .. } => TargetKind::Rdp,
            Place::Sample => TargetKind::Sample,
        }
    }

    /// As the source opens it.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the stored pin is none.
    pub fn source(&self) -> Result<source::Target> {
        let pin =
            |text: &String| text.parse::<Pin>().map_err(|error| Error::Invalid(error.to_string()));
        Ok(match &self.place {
            Place::Vnc { host, port, password, pin: pinned, login } => {
                source::Target::Vnc(VncTarget {
                    address: Address { host: host.clone(), port: *port },
                    password: password.clone(),
                    pin: pinned.as_ref().map(pin).transpose()?,
                    login: *login,
                })
            }
            Place::Rdp { host, port, pin: pinned } => source::Target::Rdp(RdpTarget {
                address: Address { host: host.clone(), port: *port },
                pin: pin(pinned)?,
            }),
            Place::Sample => source::Target::Sample,
        })
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Vnc { host, port, .. } => write!(f, "Vnc({host}:{port})"),
            Self::Rdp { host, port, .. } => write!(f, "Rdp({host}:{port})"),
            Self::Sample => f.write_str("Sample"),
        }
    }
}

/// The zone people name, in Latin letters or as the rules write it. The third is refused with its
/// reason.
///
/// # Errors
/// [`Error::Invalid`].
pub(crate) fn zone(text: &str) -> Result<Zone> {
    match text {
        "lgwan" | "LGWAN接続系" => Ok(Zone::Lgwan),
        "internet" | "インターネット接続系" => Ok(Zone::Internet),
        "mynumber" | "マイナンバー利用事務系" | "個人番号利用事務系" => Err(Error::Invalid(
            "a PC of マイナンバー利用事務系 cannot be a target: the security requirements keep that zone \
             apart from telework"
                .into(),
        )),
        other => Err(Error::Invalid(format!("unknown zone {other}: lgwan or internet"))),
    }
}

/// An id of what the name has of lower-case letters, digits and hyphens, or else a hash of it.
fn id_of(name: &str) -> Result<TargetId> {
    let mut text: String = name
        .to_ascii_lowercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    if text.len() != name.len() {
        // FNV-1a: names that differ get ids that differ, well enough for the add to say so if not.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        text.truncate(12);
        text = format!("{text}{}{:08x}", if text.is_empty() { "pc-" } else { "-" }, hash as u32);
    }
    text.truncate(TargetId::MAX.min(32));
    text.trim_matches('-')
        .parse()
        .map_err(|_| Error::Invalid(format!("no id can be made from the name {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_zone_is_refused_by_every_name() {
        for name in ["mynumber", "マイナンバー利用事務系", "個人番号利用事務系"]
        {
            let Err(Error::Invalid(reason)) = zone(name) else { panic!("{name}") };
            assert!(reason.contains("マイナンバー"), "{reason}");
        }
        assert_eq!(zone("lgwan").unwrap(), Zone::Lgwan);
        assert!(zone("dmz").is_err());
    }

    #[test]
    fn names_make_ids() {
        let id = |name: &str| Target::new(name, Zone::Lgwan, Place::Sample).unwrap().id;
        assert_eq!(id("soumu-1").as_str(), "soumu-1");
        assert_ne!(id("総務課 1"), id("総務課 2"));
        assert_eq!(id("総務課 1"), id(" 総務課 1 "));
        assert!(Target::new("", Zone::Lgwan, Place::Sample).is_err());
        assert!(Target::new("a\nb", Zone::Lgwan, Place::Sample).is_err());
    }

    #[test]
    fn a_target_survives_the_file_and_hides_its_password() {
        let place = Place::Vnc {
            host: "10.0.0.7".into(),
            port: 5900,
            password: Some("geheim".into()),
            pin: Some(Pin([7; 32]).to_string()),
            login: false,
        };
        let target = Target::new("pc", Zone::Internet, place).unwrap();
        assert_eq!(
            serde_json::from_str::<Target>(&serde_json::to_string(&target).unwrap()).unwrap(),
            target
        );
        assert!(!format!("{target:?}").contains("geheim"));
        assert!(matches!(
                target.source().unwrap(),
                source::Target::Vnc(vnc) if vnc.pin == Some(Pin([7; 32]))));
    }

    #[test]
    fn no_file_can_hold_the_third_zone() {
        let text = r#"[{"id":"a","name":"a","zone":"mynumber","kind":"sample"}]"#;
        assert!(serde_json::from_str::<Targets>(text).is_err());
    }
}
