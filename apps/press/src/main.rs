//! noren-press: one document in as JSON, one PDF out, then it ends.
//!
//! The typesetter is a program of its own: it needs fonts of many megabytes and a deep stack for a
//! second a day, and whatever goes wrong with one document ends with it. It listens nowhere, reads
//! nothing but its input and the machine's fonts, and knows no clock. `paper` calls it and bounds
//! its time.

mod fonts;
mod press;

use std::io::{Read, Write};
use std::process::ExitCode;

use paper::{Fault, MAX_DATA, Paper};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(fault.exit_code())
        }
    }
}

fn run() -> Result<(), Fault> {
    let mut data = Vec::new();
    let read = std::io::stdin().lock().take(MAX_DATA as u64 + 1).read_to_end(&mut data);
    read.map_err(|error| Fault::Failed(error.to_string()))?;
    if data.len() > MAX_DATA {
        return Err(Fault::TooLarge);
    }
    let paper: Paper =
        serde_json::from_slice(&data).map_err(|error| Fault::Failed(error.to_string()))?;
    let pdf = press::print(&paper)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&pdf).and_then(|()| out.flush()).map_err(|error| Fault::Failed(error.to_string()))
}
