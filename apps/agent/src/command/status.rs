//! `status`: how the agent is.

use crate::Error;
use crate::state::{Identity, Status, Store, Targets};

pub(super) fn run(store: &Store, json: bool) -> anyhow::Result<()> {
    let identity = store.read::<Identity>()?.ok_or(Error::NotEnrolled)?;
    let running = store.daemon_runs()?;
    let status = if running { store.read::<Status>()?.unwrap_or_default() } else { Status::default() };
    let ledger = super::ledger(store)?;
    let targets = store.read::<Targets>()?.unwrap_or_default();
    let owed = ledger.outbox().map_or(0, |outbox| outbox.after(0).count());
    if json {
        let shown = serde_json::json!({
            "server": identity.server, "agent": identity.agent, "number": identity.number, "body": identity.body,
            "body_name": identity.body_name, "running": running, "retired": ledger.retired, "status": status,
            "targets": targets.iter().count(), "devices": ledger.devices().count(), "reports_waiting": owed,
        });
        println!("{shown}");
        return Ok(());
    }
    println!("{} ({}), agent {} of {}", identity.body_name, identity.body, identity.number, identity.server);
    println!("{} targets, {} devices, {owed} reports waiting for the server", targets.iter().count(), ledger.devices().count());
    if ledger.retired {
        println!("The server has retired this agent: enrol a new one in another --state folder.");
    }
    if !running {
        println!("not running");
        return Ok(());
    }
    let line = if status.connected { "connected" } else { "not connected" };
    println!("running since {}, {line} since {}", super::shown(status.started), super::shown(status.since));
    if let Some(trouble) = &status.trouble {
        println!("last trouble: {trouble}");
    }
    if status.clock_ahead.abs() > 30_000 {
        println!("This clock is {} seconds ahead of the server's (behind, when negative).", status.clock_ahead / 1000);
    }
    for session in &status.sessions {
        println!("session of {} on {} since {}", session.login, session.target, super::shown(session.started));
    }
    Ok(())
}
