//! noren-server.

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser;
use server::cli::{Cli, main as run, settings};

#[tokio::main]
async fn main() -> ExitCode {
    let words = match settings::with_file(std::env::args_os().collect()) {
        Ok(words) => words,
        Err(error) => {
            eprintln!("noren-server: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let cli = Cli::parse_from(words);
    cli.log.start("info,sqlx=warn");
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output has seen enough (`| head`).
        Err(error)
            if error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("noren-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}
