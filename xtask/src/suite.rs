//! `cargo xtask test`: everything that is checked, in the order in which a fault is found soonest.
//! Every part runs, whatever the others found; the closing line counts single tests. `--long`: what
//! is long.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::count::Count;
use crate::{api as contract, deny, licences, long, place, setup, tidy};

/// A part's name and what runs it.
type Part = (&'static str, fn() -> Result<Count>);

const PARTS: &[Part] = &[
    ("tidy", || Ok(Count::one(tidy::run()?))),
    ("deny", || Ok(Count::one(deny::run()?))),
    ("licences", || Ok(Count::one(licences::run(None)?))),
    ("fmt", || Ok(Count::one(cargo(&["fmt", "--all", "--check"])?))),
    ("clippy", || {
        Ok(Count::one(cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])?))
    }),
    ("rust", || counted(place::cargo().args(["test", "--quiet", "--workspace", "--no-fail-fast"]))),
    ("viewer", || node(&["viewer", "tests/unit"])),
    ("api", api),
    ("browser", browser),
];

/// Runs the named parts, or all; true when nothing failed. With `--long` those of the other list.
pub(crate) fn run(words: &[String]) -> Result<bool> {
    let only = words.iter().map(String::as_str).filter(|word| *word != "--long");
    let only: Vec<&str> = only.collect();
    if only.len() == words.len() {
        return parts(&only, PARTS);
    }
    for part in long::PARTS {
        println!("{:10} {:14} {}", part.name, part.takes, part.what);
    }
    let long: Vec<Part> = long::PARTS.iter().map(|part| (part.name, part.run)).collect();
    parts(&only, &long)
}

fn parts(only: &[&str], all: &[Part]) -> Result<bool> {
    if let Some(unknown) = only.iter().find(|o| !all.iter().any(|(name, _)| name == *o)) {
        bail!("no part is called {unknown}");
    }
    let is_chosen = |name: &str| only.is_empty() || only.contains(&name);
    let chosen: Vec<&Part> = all.iter().filter(|(name, _)| is_chosen(name)).collect();
    // Those that look at the text alone need nothing installed.
    let bare = ["tidy", "deny", "licences", "fmt", "clippy", "fuzz", "platforms"];
    if chosen.iter().any(|(name, _)| !bare.contains(name)) {
        setup::everything()?;
    }
    let mut total = Count::default();
    let mut summary = Vec::new();
    for (name, part) in chosen {
        println!("== {name}");
        let start = Instant::now();
        let count = part().unwrap_or_else(|e| {
            println!("{name}: {e:#}");
            Count::one(false)
        });
        total.add(count);
        let (Count { passed, failed }, took) = (count, start.elapsed().as_secs());
        summary.push(format!("{name:9} {passed:5} passed {failed:3} failed {took:5} s"));
    }
    println!("\n{}\n{} passed, {} failed", summary.join("\n"), total.passed, total.failed);
    Ok(total.failed == 0)
}

fn cargo(args: &[&str]) -> Result<bool> {
    Ok(place::cargo().args(args).status().context("cargo")?.success())
}

/// Every call of the API against its document.
fn api() -> Result<Count> {
    if !cargo(&["build", "--quiet", "--bins", "--tests", "--workspace"])? {
        bail!("the programs do not build");
    }
    Ok(Count::one(contract::run()?))
}

/// The stories: real programs, a real desktop, a real browser.
fn browser() -> Result<Count> {
    if !cargo(&["build", "--quiet", "--bins", "--tests", "--workspace"])? {
        bail!("the programs do not build");
    }
    node(&["tests/browser", "tests/faults"])
}

/// Runs every `*.test.js` and `*.test.mjs` under these folders, one file at a time: a story has the
/// machine for itself.
fn node(folders: &[&str]) -> Result<Count> {
    let root = place::root();
    let ours = |f: &String| {
        folders.iter().any(|d| Path::new(f).starts_with(d))
            && (f.ends_with(".test.mjs") || f.ends_with(".test.js"))
    };
    let files: Vec<String> = place::tracked()?.into_iter().filter(ours).collect();
    if files.is_empty() {
        bail!("no tests in {}", folders.join(", "));
    }
    let mut c = Command::new("node");
    c.args(["--test", "--test-reporter=tap", "--test-concurrency=1", "--test-timeout=600000"])
        .args(files)
        .current_dir(root);
    // Not the running program: building the tests may have put another in its place.
    let programs = place::programs(false)?;
    c.env("NOREN_XTASK", programs.join("xtask")).env("NOREN_PROGRAMS", programs);
    counted(&mut c)
}

/// Runs a command, shows what it prints, and counts its tests. One that fails without saying what
/// failed counts as one.
fn counted(command: &mut Command) -> Result<Count> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{:?}", command.get_program()))?;
    let mut count = Count::default();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            count.add(read(&line));
        }
    }
    if !child.wait()?.success() && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

/// What one line of `cargo test` or of `node --test` (TAP) adds to the count.
fn read(line: &str) -> Count {
    let mut count = Count::default();
    if let Some(rest) = line.strip_prefix("test result: ") {
        for part in rest.split([';', '.']) {
            let mut words = part.split_whitespace();
            match (words.next().and_then(|n| n.parse().ok()), words.next()) {
                (Some(n), Some("passed")) => count.passed = n,
                (Some(n), Some("failed")) => count.failed = n,
                _ => {}
            }
        }
    }
    let tap = |name: &str| {
        line.strip_prefix(name).and_then(|n| n.trim().parse::<u32>().ok()).unwrap_or_default()
    };
    count.passed += tap("# pass ");
    count.failed += tap("# fail ") + tap("# cancelled ");
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_lists_share_no_name_and_an_unknown_one_is_refused() {
        for (name, _) in PARTS {
            assert!(!long::PARTS.iter().any(|part| part.name == *name), "{name}");
        }
        assert!(run(&["nothing".to_owned()]).is_err());
        assert!(run(&["--long".to_owned(), "tidy".to_owned()]).is_err(), "not of the long list");
    }

    #[test]
    fn the_lines_of_cargo_test_are_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered \
            out; finished in 0.01s";
        assert_eq!(read(line), Count { passed: 12, failed: 3 });
        assert_eq!(read("test wire::tests::round ... ok"), Count::default());
    }

    #[test]
    fn the_lines_of_node_are_counted() {
        assert_eq!(read("# pass 4"), Count { passed: 4, failed: 0 });
        assert_eq!(read("# fail 2"), Count { passed: 0, failed: 2 });
        assert_eq!(read("# cancelled 1"), Count { passed: 0, failed: 1 });
        assert_eq!(read("    # pass 9 of a subtest's own words"), Count::default());
    }

    #[test]
    fn a_command_that_fails_without_a_word_counts_as_failed() {
        assert_eq!(
            counted(&mut Command::new("false")).expect("runs"),
            Count { passed: 0, failed: 1 }
        );
        assert_eq!(counted(&mut Command::new("true")).expect("runs"), Count::default());
    }
}
