//! The one build tool. `cargo xtask` prints what it can do.

mod place;
mod setup;
mod suite;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test    everything that is checked, set-up included; closes with `N passed, N failed`
                      tidy fmt clippy rust corpora viewer browser   only these parts
cargo xtask tidy    the laws of the house that a compiler does not check
cargo xtask setup   install what the demo and the tests need
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let done = match command.as_str() {
        "test" => suite::run(&rest),
        "tidy" => tidy::run(),
        "setup" => setup::everything(),
        _ => {
            eprint!("{HELP}");
            return if command.is_empty() || command.contains("help") { ExitCode::SUCCESS } else { ExitCode::from(2) };
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("xtask: {e:#}");
            ExitCode::FAILURE
        }
    }
}
