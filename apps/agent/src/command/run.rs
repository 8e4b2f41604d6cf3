//! `run`: the daemon.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use net::Shutdown;
use ops::{Figures, Level};
use pairing::control::TargetState;

use super::{enroll, ledger, runtime};
use crate::state::{Status, Store, Told};
use crate::{Agent, RealWorld};

/// What `run` ends with when starting it again changes nothing until somebody enrols (EX_CONFIG of
/// sysexits.h); the unit does not restart it then.
const NOTHING_TO_DO: u8 = 78;
/// How often the file of figures is written.
const FIGURES: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    log: ops::Log,
    /// A file for the textfile collector of a node exporter on this box (NAME.prom), written every
    /// 15 seconds. The agent itself listens on nothing
    #[arg(long, env = "NOREN_AGENT_METRICS_FILE", value_name = "FILE")]
    metrics_file: Option<PathBuf>,
}

impl Run {
    pub(super) fn run(self, store: Store) -> Result<ExitCode> {
        self.log.start("info");
        runtime()?.block_on(async {
            let Some(identity) = store.read()? else {
                tracing::error!("{}", crate::Error::NotEnrolled);
                return Ok(ExitCode::from(NOTHING_TO_DO));
            };
            if !ledger(&store)?.retired {
                let world = RealWorld::new(enroll::dialer(&identity)?);
                let shutdown = Shutdown::on_signal();
                let agent = Agent::new(store.clone(), world)?;
                if let Some(file) = self.metrics_file {
                    tokio::spawn(tell(file, store.clone(), shutdown.clone()));
                }
                #[cfg(unix)]
                ops::notify::ready(shutdown.clone());
                agent.run(shutdown).await?;
            }
            if ledger(&store)?.retired {
                tracing::error!(
                    "the server has retired this agent: enrol a new one in another --state folder"
                );
                return Ok(ExitCode::from(NOTHING_TO_DO));
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Writes the figures, until the shutdown.
async fn tell(file: PathBuf, store: Store, shutdown: Shutdown) {
    let figures = figures(&store);
    let mut turn = tokio::time::interval(FIGURES);
    let mut failed = false;
    loop {
        tokio::select! {
            _ = turn.tick() => {}
            () = shutdown.wait() => break,
        }
        let text = figures.text().await;
        match ops::write_file(&file, &text) {
            Ok(()) => failed = false,
            Err(error) => {
                if !std::mem::replace(&mut failed, true) {
                    tracing::error!(%error, file = %file.display(), "the figures are not written");
                }
            }
        }
    }
    // Figures of a program that does not run would stand still and look well.
    _ = std::fs::remove_file(&file);
}

fn figures(store: &Store) -> Figures {
    let figures = Figures::new("noren-agent", env!("CARGO_PKG_VERSION"));
    let levels = [
        figures.level("agent_connected", "1 while the server is heard"),
        figures.level("agent_since_seconds", "Since when it is as it is, Unix time"),
        figures.level("agent_sessions", "Sessions on PCs that are open"),
        figures.level("agent_pcs", "PCs this agent offers"),
        figures.level("agent_pcs_reachable", "Those of them that answered last"),
        figures.level("agent_reports_waiting", "Reports that the server has not taken yet"),
        figures.level("agent_clock_ahead_seconds", "How far this clock is ahead of the server's"),
        figures.level("agent_record_went_back", "1 when the server's record went back"),
        figures.level("agent_disk_free_bytes", "Bytes free where the agent keeps its keys"),
        figures.level("agent_written_seconds", "When these figures were written, Unix time"),
    ];
    let store = store.clone();
    figures.sample(move || {
        let told = sampled(&store).map_err(|error| error.to_string());
        let levels = levels.clone();
        async move {
            let told = told?;
            levels.iter().zip(told).for_each(|(level, value): (&Level, f64)| {
                level.set(value);
            });
            Ok(())
        }
    });
    figures
}

fn answers(state: TargetState) -> bool {
    matches!(state, TargetState::Ready | TargetState::Busy)
}

/// In the order of the levels.
#[allow(clippy::cast_precision_loss)] // Beyond 2^53 near enough.
fn sampled(store: &Store) -> Result<[f64; 10]> {
    let status = store.read::<Status>()?.unwrap_or_default();
    let told = store.read::<Told>()?.unwrap_or_default();
    let owed = ledger(store)?.outbox().map_or(0, |outbox| outbox.after(0).count());
    let reachable = status.targets.iter().filter(|target| answers(target.state)).count();
    let flag = |is: bool| if is { 1.0 } else { 0.0 };
    Ok([
        flag(status.connected),
        status.since.0 as f64 / 1_000.0,
        status.sessions.len() as f64,
        status.targets.len() as f64,
        reachable as f64,
        owed as f64,
        status.clock_ahead as f64 / 1_000.0,
        flag(told.went_back.is_some()),
        ops::free(store.folder()).map_or(f64::NAN, |free| free as f64),
        super::now().0 as f64 / 1_000.0,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_figures_are_those_of_the_state() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let away = figures(&store).text().await;
        assert!(away.contains("\nnoren_agent_connected 0.0\n"), "{away}");
        let change = |status: &mut Status| {
            status.connected = true;
            status.clock_ahead = -1_500;
            Ok(())
        };
        store.update(change).unwrap();
        let text = figures(&store).text().await;
        for line in ["noren_agent_connected 1.0", "noren_agent_clock_ahead_seconds -1.5"] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
        assert!(text.contains("\nnoren_agent_written_seconds 1"), "{text}");
    }
}
