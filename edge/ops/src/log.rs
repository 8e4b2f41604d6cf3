//! The log, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line for people; in colours where somebody sees them.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// The choice of the log, for a command line.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Log {
    /// How the log is written, on standard error
    // A name of its own: a global option shares one space of names with those of every command.
    #[arg(
        id = "log",
        long = "log",
        global = true,
        value_enum,
        default_value = "text",
        env = "NOREN_LOG"
    )]
    pub format: Format,
}

impl Log {
    /// Begins the log: what `RUST_LOG` asks for, else `otherwise`.
    pub fn start(self, otherwise: &str) {
        let filter =
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(otherwise));
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr);
        match self.format {
            Format::Text => log.init(),
            Format::Json => log.json().flatten_event(true).init(),
        }
    }
}
