//! `status`: how the agent is.

use crate::Error;
use crate::state::{Identity, Status as Daemon, Store, Targets, Told, WentBack};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    json: super::Json,
    /// Say that somebody has read that the server's record went back
    #[arg(long)]
    seen: bool,
}

impl Status {
    pub(super) fn run(self, store: &Store) -> anyhow::Result<()> {
        if self.seen {
            store.update(|told: &mut Told| {
                told.went_back = None;
                Ok(())
            })?;
        }
        show(store, self.json.json)
    }
}

fn show(store: &Store, json: bool) -> anyhow::Result<()> {
    let identity = store.read::<Identity>()?.ok_or(Error::NotEnrolled)?;
    let running = store.daemon_runs()?;
    let status =
        if running { store.read::<Daemon>()?.unwrap_or_default() } else { Daemon::default() };
    let ledger = super::ledger(store)?;
    let told = store.read::<Told>()?.unwrap_or_default();
    let targets = store.read::<Targets>()?.unwrap_or_default();
    let owed = ledger.outbox().map_or(0, |outbox| outbox.after(0).count());
    if json {
        let shown = serde_json::json!({
            "server": identity.server, "agent": identity.agent,
            "number": identity.number, "body": identity.body,
            "body_name": identity.body_name, "running": running,
            "retired": ledger.retired, "status": status,
            "targets": targets.iter().count(),
            "devices": ledger.devices().count(), "reports_waiting": owed,
            "relays": told.relays, "record": told.head, "record_went_back": told.went_back,
        });
        println!("{shown}");
        return Ok(());
    }
    println!(
        "{} ({}), agent {} of {}",
        identity.body_name, identity.body, identity.number, identity.server
    );
    println!(
        "{} targets, {} devices, {owed} reports waiting for the server",
        targets.iter().count(),
        ledger.devices().count()
    );
    if let Some(WentBack { from, to, at }) = &told.went_back {
        println!(
            "The server's record of this body went back on {}: from number {} to number {}.",
            super::shown(*at),
            from.seq,
            to.seq
        );
        println!(
            "Its data is an old copy or was altered. Tell the administrators; then say --seen."
        );
    }
    if ledger.retired {
        println!("The server has retired this agent: enrol a new one in another --state folder.");
    }
    if !running {
        println!("not running");
        return Ok(());
    }
    let line = if status.connected { "connected" } else { "not connected" };
    println!(
        "running since {}, {line} since {}",
        super::shown(status.started),
        super::shown(status.since)
    );
    if let Some(trouble) = &status.trouble {
        println!("last trouble: {trouble}");
    }
    if status.clock_ahead.abs() > 30_000 {
        println!(
            "This clock is {} seconds ahead of the server's (behind, when negative).",
            status.clock_ahead / 1000
        );
    }
    for session in &status.sessions {
        println!(
            "session of {} on {} since {}",
            session.login,
            session.target,
            super::shown(session.started)
        );
    }
    Ok(())
}
