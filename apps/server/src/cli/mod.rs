//! The commands of `noren-server`.

pub mod audit;
pub mod exchange;
pub mod exchange_seed;
pub mod reset;
pub mod run;
pub mod seed;
pub mod token;
pub mod town;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// noren-server: sign-in, administration and the viewer's pages.
#[derive(Debug, Parser)]
#[command(name = "noren-server", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where the data is.
#[derive(Clone, Debug, clap::Args)]
pub struct Data {
    /// Folder with keys and (when it is SQLite) the database; made when it is not there.
    #[arg(long, default_value = "noren-data", env = "NOREN_DATA")]
    pub data: PathBuf,
    /// Database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`. Without it, SQLite in the folder.
    #[arg(long, env = "NOREN_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    Run(run::Run),
    /// Makes a body with people in a new server, without a browser.
    Seed(seed::Seed),
    /// Makes a token of the API.
    Token(token::Make),
    /// A new start for somebody who lost the factors and whom no administrator can help.
    Reset(reset::Reset),
    /// Proves or writes out the record.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Checks survey forms and counts their tables, without a server.
    #[command(subcommand)]
    Survey(crate::survey::SurveyCommand),
    /// Signed bundles of cases and answers; the country seeded for a demo.
    #[command(subcommand)]
    Exchange(exchange::Exchange),
}

impl Data {
    /// Opens what is there; a wrong folder makes no new database.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn open_existing(&self) -> anyhow::Result<store::Store> {
        let there = self.database.is_some() || self.data.join("noren.sqlite").is_file();
        anyhow::ensure!(there, "there is no database in {}", self.data.display());
        self.open().await
    }

    /// Makes the folder and opens the database.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn open(&self) -> anyhow::Result<store::Store> {
        use anyhow::Context;
        make_private_folder(&self.data).with_context(|| format!("cannot make the folder {}", self.data.display()))?;
        let store = match &self.database {
            Some(address) => store::Store::open(address).await,
            None => store::Store::open_folder(&self.data).await,
        };
        store.context("cannot open the database")
    }
}

#[cfg(unix)]
fn make_private_folder(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private_folder(path: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

/// Does what was asked.
///
/// # Errors
/// With the reason, in words for an operator.
pub async fn main(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Run(run) => run.main().await,
        Command::Seed(seed) => seed.main().await,
        Command::Token(make) => make.main().await,
        Command::Reset(reset) => reset.main().await,
        Command::Audit(audit) => audit.main().await,
        Command::Exchange(command) => command.main().await,
        Command::Survey(command) => Ok(crate::survey::run(command, &mut std::io::stdout().lock())?),
    }
}
