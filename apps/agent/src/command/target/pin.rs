//! `target pin`: trust the certificate that a desktop has now, in two steps. The first shows it, so
//! that it can be compared with the desktop's own; the second names it.

use crate::state::{Place, Store, Target, Targets};
use crate::{Error, Result};
use clap::Args;
use source::{Address, Kind, probe};

#[derive(Debug, Args)]
pub(in crate::command) struct Pin {
    /// Its id or name
    target: String,
    /// The certificate to trust, as sha256:..., once it was compared with that on the PC itself
    #[arg(long, value_name = "PIN")]
    pin: Option<source::Pin>,
}

impl Pin {
    pub(super) async fn run(self, store: &Store) -> Result<()> {
        let targets = store.read::<Targets>()?.unwrap_or_default();
        let target = targets
            .iter()
            .find(|known| known.id.as_str() == self.target || known.name == self.target)
            .ok_or_else(|| Error::Invalid(format!("no target {}", self.target)))?;
        let shown = shown(target).await?;
        let pinned = target.pinned().unwrap_or("none");
        if pinned == shown.to_string() {
            println!("the certificate is the pinned one: {pinned}");
            return Ok(());
        }
        let Some(pin) = self.pin else {
            println!("pinned: {pinned}\nshown:  {shown}");
            println!(
                "Compare the new one with the certificate on the PC itself. If they are equal:"
            );
            println!("    noren-agent target pin '{}' --pin {shown}", self.target);
            return Ok(());
        };
        if pin != shown {
            return Err(source::Error::PinMismatch { expected: pin, shown }.into());
        }
        store.update(|targets: &mut Targets| targets.pin(&self.target, pin).map(drop))?;
        println!("pinned {shown}; from now on no other certificate is accepted");
        Ok(())
    }
}

/// The certificate that a target shows now.
async fn shown(target: &Target) -> Result<source::Pin> {
    let (kind, host, port, login) = match &target.place {
        Place::Vnc { host, port, login, .. } => (Kind::Vnc, host, port, *login),
        Place::Rdp { host, port, .. } => (Kind::Rdp, host, port, true),
        Place::Sample => {
            return Err(Error::Invalid("the sample desktop has no certificate".into()));
        }
    };
    let probed = probe(kind, &Address { host: host.clone(), port: *port }).await?;
    if probed.asks_login != login {
        return Err(Error::Invalid(
            "the desktop lets people in by another way than before: remove it and add it again"
                .into(),
        ));
    }
    probed.pin.ok_or_else(|| Error::Invalid("the desktop shows no certificate".into()))
}
