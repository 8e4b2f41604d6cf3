//! The commands of `noren-server`.

pub mod audit;
pub mod check;
pub mod data;
pub mod exchange;
pub mod reset;
pub mod restored;
pub mod run;
pub mod saved;
pub mod settings;
pub mod survey;
pub mod token;

use clap::{Parser, Subcommand};

pub use data::Data;

/// noren-server: sign-in, administration and the viewer's pages.
#[derive(Debug, Parser)]
#[command(name = "noren-server", version, about)]
pub struct Cli {
    /// How the log is written.
    #[command(flatten)]
    pub log: ops::Log,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    Run(run::Run),
    /// Looks at everything that a server needs, and changes nothing.
    Check(check::Check),
    /// Brings the database to this program's version.
    Migrate(check::Migrate),
    /// Prints a file of settings with every setting and what it is for.
    Reference,
    /// Saves the data in one sealed file, while the server runs.
    Backup(saved::backup::Backup),
    /// Puts a backup into an empty folder and proves it.
    Restore(saved::restore::Restore),
    /// Makes a token of the API.
    Token(token::Make),
    /// A new start for somebody who lost the factors and whom no administrator can help.
    Reset(reset::Reset),
    /// Proves or writes out the record.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Opens a server whose data were put back from a copy, so that nothing that was revoked comes
    /// back. With the server stopped.
    Restored(restored::Restored),
    /// Checks survey forms and counts their tables, without a server.
    #[command(subcommand)]
    Survey(survey::SurveyCommand),
    /// Signed bundles of cases and answers.
    #[command(subcommand)]
    Exchange(exchange::Exchange),
}

/// Does what was asked.
///
/// # Errors
/// With the reason, in words for an operator.
pub async fn main(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Run(run) => run.main().await,
        Command::Check(check) => check.main().await,
        Command::Migrate(migrate) => migrate.main().await,
        Command::Reference => check::reference(),
        Command::Backup(backup) => backup.main().await,
        Command::Restore(restore) => restore.main().await,
        Command::Token(make) => make.main().await,
        Command::Reset(reset) => reset.main().await,
        Command::Audit(audit) => audit.main().await,
        Command::Restored(asked) => asked.main().await,
        Command::Exchange(command) => command.main().await,
        Command::Survey(command) => Ok(survey::run(command, &mut std::io::stdout().lock())?),
    }
}

#[cfg(test)]
#[path = "../../../../tests/arguments.rs"]
mod arguments;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_argument_holds_a_secret() {
        /// What looks like one, and why it is none. By its last word: the place of the data stands
        /// in most commands.
        const NONE: &[(&str, &str)] = &[
            ("--database", "refused with a password in it"),
            ("run --public-url", "an address that people know"),
            ("run --tls-key", "a file's name"),
            ("run --trusted-proxy", "an IP address, and nothing else is taken"),
            ("check --public-url", "as of `run`"),
            ("check --tls-key", "as of `run`"),
            ("check --trusted-proxy", "as of `run`"),
            ("backup --passphrase-file", "a file's name"),
            ("restore --passphrase-file", "a file's name"),
            ("exchange add-server --key", "a public key"),
        ];
        let mut found = Vec::new();
        arguments::suspicious(&<Cli as clap::CommandFactory>::command(), "", &mut found);
        let is = |name: &str, known: &str| {
            name == known || (known == "--database" && name.ends_with(" --database"))
        };
        let unknown: Vec<&String> =
            found.iter().filter(|name| !NONE.iter().any(|(known, _)| is(name, known))).collect();
        assert!(
            unknown.is_empty(),
            "a secret comes by file, standard input or environment: {unknown:?}"
        );
        assert!(
            NONE.iter().all(|(known, _)| found.iter().any(|name| is(name, known))),
            "{found:?}"
        );
    }
}
