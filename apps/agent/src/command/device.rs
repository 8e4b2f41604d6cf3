//! `device`: the browsers that were paired.

use crate::state::{Ledger, Store};
use crate::{Error, Result};
use clap::Subcommand;
use pairing::DeviceId;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the devices
    List(super::Json),
    /// Forget a device; its sessions end
    Remove {
        /// Its id, or the beginning of it
        device: String,
    },
}

impl Command {
    pub(super) fn run(self, store: &Store) -> anyhow::Result<()> {
        match self {
            Self::List(json) => list(store, json.json)?,
            Self::Remove { device } => {
                let remove = |ledger: &mut Ledger| {
                    let id = find(ledger, &device)?;
                    ledger.remove(id, false, super::now(), &mut super::rng())?;
                    Ok(id)
                };
                let (_, id) = store.update(remove)?;
                println!("removed {id}");
            }
        }
        Ok(())
    }
}

fn list(store: &Store, json: bool) -> Result<()> {
    let ledger = super::ledger(store)?;
    if json {
        let shown: Vec<_> = ledger
            .devices()
            .map(|(id, device)| {
                serde_json::json!(
                    { "id": id, "user": device.user, "login": device.login, "name": device.name,
                    "user_agent": device.user_agent, "paired": device.paired })
            })
            .collect();
        println!("{}", serde_json::json!({ "devices": shown }));
        return Ok(());
    }
    for (id, device) in ledger.devices() {
        println!(
            "{id}  {:<20} {}  {} ({})",
            device.login,
            super::shown(device.paired),
            device.name,
            device.user_agent
        );
    }
    Ok(())
}

fn find(ledger: &Ledger, prefix: &str) -> Result<DeviceId> {
    let mut found = ledger
        .devices()
        .map(|(id, _)| id)
        .filter(|id| id.to_string().starts_with(&prefix.to_ascii_lowercase()));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(Error::Invalid(format!("no device {prefix}"))),
        (Some(_), Some(_)) => {
            Err(Error::Invalid(format!("more than one device begins with {prefix}")))
        }
    }
}
