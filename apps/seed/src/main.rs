//! noren-seed: what demos and measurements begin with, put into a new server. Ships nowhere.

mod country;
mod exchange;
mod people;
#[cfg(test)]
mod testing;
mod town;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use kit::Site;
use kit::keys::Keys;
use net::{SystemClock, SystemRng};
use server::App;
use server::cli::Data;
use web_people::Making;

/// noren-seed: people and cases for demos, tests and measurements.
#[derive(Debug, Parser)]
#[command(name = "noren-seed", version, about)]
struct Cli {
    /// What to make.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A body with people in a new server, without a browser.
    People(people::Seed),
    /// The 1,788 bodies, past surveys with invented answers, and a survey that runs.
    Exchange(exchange::Seed),
}

/// The server over the data, made where there is none.
async fn app(data: &Data) -> anyhow::Result<App> {
    let store = data.open().await?;
    let mut rng = SystemRng::new();
    let keys = Keys::load_or_make(&data.data, &mut rng)?;
    let site = Site::new("http://localhost", Vec::new())?;
    let app = App::new(Making {
        store,
        clock: Arc::new(SystemClock::new()),
        rng: Box::new(rng),
        keys,
        site,
    });
    app.exchange.know_newcomers().await?;
    Ok(app)
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match Cli::parse().command {
        Command::People(seed) => seed.main().await,
        Command::Exchange(seed) => seed.main().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("noren-seed: {error:#}");
            ExitCode::FAILURE
        }
    }
}
