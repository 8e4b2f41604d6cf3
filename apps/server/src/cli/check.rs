//! `noren-server check` and `noren-server migrate`.

use std::io::Write;

use anyhow::{Context, ensure};
use kit::keys::Keys;

use super::run::Run;
use super::{Data, settings};
use crate::watch;

/// Looks at everything that a server needs before it runs, changes nothing, and ends with 1 when
/// something is wrong.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// What `run` would be given.
    #[command(flatten)]
    pub run: Run,
}

impl Check {
    /// Prints a line for each thing that was looked at.
    ///
    /// # Errors
    /// When something is wrong.
    pub async fn main(self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        let mut wrong = 0;
        let mut say = |name: &str, told: Result<(), String>| {
            wrong += u32::from(told.is_err());
            let told = told.err().unwrap_or_else(|| "ok".to_owned());
            writeln!(out, "{name:12} {told}")
        };
        let certificate = self.run.certificate().map_err(|error| format!("{error:#}"));
        say("settings", self.run.fits(certificate.as_ref().is_ok_and(Option::is_some)))?;
        say("certificate", certificate.as_ref().map(drop).map_err(Clone::clone))?;
        let data = &self.run.data;
        say("disk", watch::disk(&data.data))?;
        let keys = Keys::load(&data.data).map_err(|error| format!("{error:#}"));
        if let Err(wrong) = &keys {
            say("keys", Err(wrong.clone()))?;
        }
        match data.connect().await {
            Err(error) => say("database", Err(format!("{error:#}")))?,
            Ok(store) => {
                let schema = watch::schema(&store).await;
                let fits = schema.is_ok();
                say("schema", schema)?;
                // The rest is asked of a database that this program can read.
                if let (true, Ok(keys)) = (fits, keys) {
                    let app = data.app(store, keys)?;
                    let place = watch::Place {
                        folder: data.data.clone(),
                        certificate: certificate.ok().flatten(),
                    };
                    for (name, told) in watch::health(&app, &place).report().await.checks {
                        if !matches!(name, "open" | "schema" | "disk") {
                            say(name, told.map_or(Ok(()), Err))?;
                        }
                    }
                    say("mail", watch::mail(&app).await)?;
                    app.store.close().await;
                }
            }
        }
        ensure!(wrong == 0, "{wrong} of these are not as a server needs them");
        Ok(())
    }
}

/// Brings the database to this program's version. A server that starts does it too, unless it is
/// told not to (`run --no-migrate`).
#[derive(Debug, clap::Args)]
pub struct Migrate {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// Only says what would run; ends with 1 when something would.
    #[arg(long)]
    pub check: bool,
}

impl Migrate {
    /// Does it.
    ///
    /// # Errors
    /// When the database is of a newer version, or cannot be reached; with `--check`, when
    /// something would run.
    pub async fn main(self) -> anyhow::Result<()> {
        let store = self.data.connect().await?;
        let pending = store.pending().await.context("the database")?;
        let mut out = std::io::stdout().lock();
        for number in &pending {
            writeln!(out, "{number}")?;
        }
        if self.check {
            ensure!(pending.is_empty(), "{} migrations did not run", pending.len());
            return Ok(());
        }
        store.migrate().await?;
        writeln!(out, "{} migrations ran", pending.len())?;
        store.close().await;
        Ok(())
    }
}

/// Prints `server.toml` with every setting, what it is for and what it is without a line.
///
/// # Errors
/// What writing meets.
pub fn reference() -> anyhow::Result<()> {
    std::io::stdout().lock().write_all(settings::reference().as_bytes())?;
    Ok(())
}
