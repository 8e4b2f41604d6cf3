//! How soon the page is live again after what was killed is back (`tests/faults/returns.mjs`):
//! every program, alone and with others, in several orders and after several times away; the line,
//! cut or silent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::aim;
use crate::{place, setup};

/// The page is back within this after the return, in milliseconds.
const BACK: u64 = 3_000;

/// Times each kill is done, unless `NOREN_ROUNDS` says otherwise.
const ROUNDS: &str = "8";

pub(super) fn run() -> Result<bool> {
    setup::everything()?;
    let rounds = std::env::var("NOREN_ROUNDS").unwrap_or_else(|_| ROUNDS.to_owned());
    let programs = place::programs(true)?;
    let mut child = Command::new("node")
        .args(["tests/faults/returns.mjs", &rounds, "--release"])
        .current_dir(place::root())
        .env("NOREN_XTASK", std::env::current_exe()?)
        .env("NOREN_PROGRAMS", programs)
        .stdout(Stdio::piped())
        .spawn()
        .context("node")?;
    let mut all: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for line in BufReader::new(child.stdout.take().context("its output")?).lines() {
        let line: Value = serde_json::from_str(&line?).context("a line of JSON")?;
        let (what, ms) =
            (line["what"].as_str().context("what")?, line["ms"].as_u64().context("ms")?);
        all.entry(what.to_owned()).or_default().push(ms);
    }
    ensure!(child.wait()?.success(), "the story failed");
    ensure!(!all.is_empty(), "nothing was killed");
    Ok(judge(&mut all))
}

/// A line a kill: p50 and the longest; true when none took longer than the aim.
fn judge(all: &mut BTreeMap<String, Vec<u64>>) -> bool {
    let mut met = true;
    for (what, times) in all {
        times.sort_unstable();
        let (p50, most) = (times[times.len() / 2], times.last().copied().unwrap_or_default());
        let figure = format!("{p50} / {most} ms");
        met &= aim(
            &format!("back after the return: {what}, p50 / max of {}", times.len()),
            &figure,
            "3,000 ms",
            most <= BACK,
        );
    }
    met
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_counts() {
        let times = |times: &[u64]| BTreeMap::from([("relay".to_owned(), times.to_vec())]);
        assert!(judge(&mut times(&[3_000, 100, 200])));
        assert!(!judge(&mut times(&[100, 3_001, 100])));
    }
}
