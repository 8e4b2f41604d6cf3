//! The command line.

use crate::state::{Ledger, Store};
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use net::SystemRng;
use std::path::PathBuf;
use std::process::ExitCode;

mod device;
mod enroll;
mod invite;
mod run;
mod secret;
mod status;
mod target;

/// The agent in the office: lets paired people in while a grant lasts. It only connects outward.
#[derive(Debug, Parser)]
#[command(name = "noren-agent", version, about)]
struct Cli {
    /// Folder of the agent's keys and lists
    #[arg(long, alias = "data", global = true, env = "NOREN_AGENT_STATE", value_name = "DIR")]
    state: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Become an agent of a server, with a token from its administration
    Enroll(enroll::Enroll),
    /// The desktops this agent offers
    #[command(subcommand)]
    Target(target::Command),
    /// Print a slip with which a person pairs a browser at home
    Invite(invite::Invite),
    /// The browsers that were paired
    #[command(subcommand)]
    Device(device::Command),
    /// Work until stopped
    Run(run::Run),
    /// Say how the agent is
    Status(status::Status),
}

/// How a list is printed.
#[derive(Debug, Args)]
struct Json {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Runs the program.
///
/// # Errors
/// What is to be shown to the person who typed the command.
pub fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let store = Store::open(&folder(cli.state))?;
    let done = match cli.command {
        Command::Enroll(command) => runtime()?.block_on(command.run(&store)),
        Command::Target(command) => runtime()?.block_on(command.run(&store)),
        Command::Invite(command) => command.run(&store),
        Command::Device(command) => command.run(&store),
        Command::Run(command) => return command.run(store),
        Command::Status(command) => command.run(&store),
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// The folder that was named, that of systemd, or the usual one.
fn folder(named: Option<PathBuf>) -> PathBuf {
    let systemd = || std::env::var_os("STATE_DIRECTORY").map(PathBuf::from);
    named.or_else(systemd).unwrap_or_else(|| {
        if cfg!(windows) {
            PathBuf::from(r"C:\ProgramData\Noren\agent")
        } else {
            PathBuf::from("/var/lib/noren-agent")
        }
    })
}

/// The ledger as it is, for lists.
fn ledger(store: &Store) -> crate::Result<Ledger> {
    Ok(store.read::<Ledger>()?.unwrap_or_default())
}

fn now() -> pairing::UnixMs {
    use net::Clock as _;
    net::SystemClock::new().unix()
}

fn rng() -> SystemRng {
    SystemRng::new()
}

/// A moment as people in Japan read it.
fn shown(at: pairing::UnixMs) -> String {
    jiff::Timestamp::from_millisecond(at.0.cast_signed())
        .map(|time| {
            time.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)))
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        })
        .unwrap_or_default()
}

#[cfg(test)]
#[path = "../../../../tests/arguments.rs"]
mod arguments;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_argument_holds_a_secret() {
        /// What looks like one, and why it is none.
        const NONE: &[(&str, &str)] = &[
            ("enroll --token", "refused, with the word where it goes instead"),
            ("enroll --token-file", "a file's name"),
            ("enroll --proxy", "refused with a password in it"),
            ("enroll --proxy-file", "a file's name"),
            ("enroll --server", "an address that people know"),
            ("target add --password-file", "a file's name"),
            ("target add --pin", "the hash of a certificate, which is public"),
            ("target pin --pin", "the hash of a certificate, which is public"),
        ];
        let mut found = Vec::new();
        arguments::suspicious(&<Cli as clap::CommandFactory>::command(), "", &mut found);
        let known: Vec<&str> = NONE.iter().map(|(name, _)| *name).collect();
        let unknown: Vec<&String> =
            found.iter().filter(|name| !known.contains(&name.as_str())).collect();
        assert!(
            unknown.is_empty(),
            "a secret comes by prompt, file, standard input or environment (secret.rs): {unknown:?}"
        );
        assert!(
            known.iter().all(|name| found.iter().any(|one| one == name)),
            "of {known:?} only {found:?} are there"
        );
    }
}
