//! `target`: the desktops this agent offers.

use crate::state::{Ledger, Place, Store, Target, Targets, parse_zone};
use crate::{Error, Result};
use clap::{Args, Subcommand, ValueEnum};
use source::{Address, Kind, Pin, probe};
use std::io::Read as _;
use std::path::PathBuf;

pub(super) mod list;
mod pin;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Offer a desktop; its certificate is pinned now
    Add(Box<Add>),
    /// Show the desktops
    List(super::Json),
    /// Trust a renewed certificate of a desktop: without --pin shows it, with --pin trusts it
    Pin(pin::Pin),
    /// Forget the passwords that a desktop refused, so that they may be tried again at once
    ForgetTries {
        /// Its id or name
        target: String,
    },
    /// Offer a desktop no more
    Remove {
        /// Its id or name
        target: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TargetKind {
    /// A VNC server
    Vnc,
    /// Remote Desktop
    Rdp,
    /// The built-in sample desktop
    Sample,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// How it is reached
    kind: TargetKind,
    /// Its name, as people read it
    #[arg(long)]
    name: String,
    /// Host name or address
    #[arg(long, required_if_eq_any([("kind", "vnc"), ("kind", "rdp")]))]
    host: Option<String>,
    /// TCP port (default: 5900 for VNC, 3389 for RDP)
    #[arg(long)]
    port: Option<u16>,
    /// The network it is in: lgwan (LGWAN接続系) or internet (インターネット接続系)
    #[arg(long, default_value = "lgwan")]
    zone: String,
    /// File with the VNC password
    #[arg(long, value_name = "FILE", conflicts_with = "password_stdin")]
    password_file: Option<PathBuf>,
    /// Read the VNC password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// The certificate it must show, as sha256:...; without it the one it shows now is pinned
    #[arg(long, value_name = "PIN")]
    pin: Option<Pin>,
}

impl Command {
    pub(super) async fn run(self, store: &Store) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(store).await?,
            Self::List(json) => list::run(store, json.json)?,
            Self::Pin(command) => command.run(store).await?,
            Self::ForgetTries { target } => {
                let targets = store.read::<Targets>()?.unwrap_or_default();
                let known = targets
                    .iter()
                    .find(|known| known.id.as_str() == target || known.name == target);
                let id = known
                    .map(|known| known.id.clone())
                    .ok_or_else(|| Error::Invalid(format!("no target {target}")))?;
                let (_, forgotten) =
                    store.update(|ledger: &mut Ledger| Ok(ledger.tries.forget(&id)))?;
                println!("forgotten for {forgotten} people");
            }
            Self::Remove { target } => {
                let (_, removed) = store.update(|targets: &mut Targets| targets.remove(&target))?;
                println!("removed {} ({})", removed.name, removed.id);
            }
        }
        Ok(())
    }
}

impl Add {
    async fn run(self, store: &Store) -> Result<()> {
        // The zone first: nothing of a PC of the third zone is touched.
        let zone = parse_zone(&self.zone)?;
        let place = self.place().await?;
        let target = Target::new(&self.name, zone, place)?;
        let (id, name) = (target.id.clone(), target.name.clone());
        store.update(|targets: &mut Targets| targets.add(target))?;
        println!("added {name} ({id})");
        Ok(())
    }

    async fn place(&self) -> Result<Place> {
        let password = self.password()?;
        let (kind, port) = match self.kind {
            TargetKind::Sample => return Ok(Place::Sample),
            TargetKind::Vnc => (Kind::Vnc, self.port.unwrap_or(5900)),
            TargetKind::Rdp => (Kind::Rdp, self.port.unwrap_or(3389)),
        };
        let host = self.host.clone().ok_or_else(|| Error::Invalid("--host is missing".into()))?;
        let shown = probe(kind, &Address { host: host.clone(), port }).await?;
        if password.is_some() && shown.asks_login {
            return Err(Error::Invalid(
                "this desktop is opened with each person's own password, typed at home".into(),
            ));
        }
        let pin = match (self.pin, shown.pin) {
            (Some(expected), Some(shown)) if expected != shown => {
                return Err(source::Error::PinMismatch { expected, shown }.into());
            }
            (Some(_), None) => {
                return Err(Error::Invalid(
                    "the desktop shows no certificate to compare with --pin".into(),
                ));
            }
            (_, shown) => shown,
        };
        match pin {
            Some(pin) => {
                println!("certificate: {pin}");
                println!(
                    "Compare it with the one on the PC itself; from now on no other is accepted."
                );
            }
            None => println!(
                "The desktop shows no certificate: what passes between it and this agent is not \
                 encrypted."
            ),
        }
        if shown.asks_password && password.is_none() && matches!(kind, Kind::Vnc) {
            return Err(Error::Invalid(
                "the desktop asks for a password: --password-file or --password-stdin".into(),
            ));
        }
        if shown.asks_login {
            println!(
                "Each person opens it with a name and a password of their own, typed at home."
            );
        }
        Ok(match kind {
            Kind::Vnc => Place::Vnc {
                host,
                port,
                password,
                pin: pin.map(|pin| pin.to_string()),
                login: shown.asks_login,
            },
            Kind::Rdp => {
                let pin = pin.ok_or_else(|| {
                    Error::Invalid("the desktop shows no certificate to pin".into())
                })?;
                Place::Rdp { host, port, pin: pin.to_string() }
            }
        })
    }

    fn password(&self) -> Result<Option<String>> {
        let text = if let Some(path) = &self.password_file {
            std::fs::read_to_string(path)
                .map_err(|error| Error::State { path: path.clone(), error })?
        } else if self.password_stdin {
            let mut text = String::new();
            let read = std::io::stdin().take(1024).read_to_string(&mut text);
            read.map_err(|error| Error::State { path: "standard input".into(), error })?;
            text
        } else {
            return Ok(None);
        };
        let text = text.lines().next().unwrap_or_default().to_owned();
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}
