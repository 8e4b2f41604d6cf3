//! The one build tool. `cargo xtask` prints what it can do.

mod api;
mod bench;
mod children;
mod count;
mod demo;
mod deny;
mod desktop;
mod licences;
mod long;
mod package;
mod place;
mod setup;
mod suite;
mod tidy;
mod totp;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask demo    start an office, a server and an agent on this machine, and say where to go
                      --vnc HOST:PORT [--password-file FILE]   an office PC of yours instead, by VNC
                      --rdp HOST:PORT --rdp-user U --password-file FILE    the same, by Remote \
                      Desktop
                      --sample         the agent's drawn sample desktop: nothing to install
                      --watermark off  no watermark
                      --exchange       the 1,788 bodies with past surveys and one that runs
                      --release        optimised programs
                      --json           one line for scripts, nothing for people
cargo xtask test    everything that is checked, set-up included; closes with `N passed, N failed`
                      tidy deny licences fmt clippy rust viewer api browser  only these parts
                      --long           what is long by nature: fuzz country upgrade platforms
cargo xtask bench   the relay, the screen codec and the server measured beside their peers
                      relay screen server country faults telework exchange    only these parts
cargo xtask tidy    the laws of the house that a compiler does not check
cargo xtask licences    the licence texts of all that ships into target/THIRD-PARTY.txt
                      FILE             or into this file
cargo xtask package     Debian packages of server, relay and agent into target/debian
                      --debug          of the programs as tests build them
cargo xtask setup   install what the demo and the tests need
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let done = match command.as_str() {
        "demo" => demo::run(&rest),
        "test" => suite::run(&rest),
        "bench" => bench::run(&rest),
        "tidy" => tidy::run(),
        "licences" => licences::run(rest.first().map(String::as_str)),
        "package" => package::run(&rest),
        "setup" => setup::everything(),
        _ => {
            eprint!("{HELP}");
            return if command.is_empty() || command.contains("help") {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
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
