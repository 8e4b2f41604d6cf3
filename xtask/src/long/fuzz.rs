//! The fuzzer itself. The targets are libFuzzer's; what its coverage needs is switched on by hand,
//! so that the compiler of this tree does and nothing else has to be installed. Memory is not
//! watched by a sanitizer: the code is without `unsafe`, and what is looked for is a panic, a hang,
//! a bomb.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::count::Count;
use crate::place;

/// How long each target runs, in seconds.
const EACH: u32 = 120;
/// How long one input may take, in seconds.
const HANG: u32 = 10;
/// How much memory one target may take, in MiB.
const MEMORY: u32 = 1_024;
/// What counts the edges that an input reaches; checks of a debug build stay on.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks \
    -Ccodegen-units=1";

/// Runs every target; each is one test.
pub(super) fn run() -> Result<Count> {
    let targets = targets(&place::metadata(&["--no-deps"])?)?;
    ensure!(!targets.is_empty(), "the package fuzz has no targets");
    let folder = place::target()?.join("fuzz");
    let host = host()?;
    let mut build = place::cargo();
    build.args(["build", "--quiet", "--release", "--bins"]);
    build.args(["-p", "fuzz", "--features", "libfuzzer"]);
    // With a target named, build scripts and macros are not instrumented.
    build.args(["--target", &host, "--target-dir"]).arg(&folder).env("RUSTFLAGS", FLAGS);
    ensure!(build.status().context("cargo")?.success(), "the targets do not build");
    let programs = folder.join(&host).join("release");
    let mut count = Count::default();
    for target in &targets {
        let ok = one(&programs.join(target), target, &folder)?;
        println!("fuzz: {target}: {}", if ok { "nothing found" } else { "FAILED" });
        count.add(Count::one(ok));
    }
    Ok(count)
}

/// One target: what it finds new is kept for the next run, what breaks it stays as a file.
fn one(program: &Path, target: &str, folder: &Path) -> Result<bool> {
    let (found, broken) = (folder.join("found").join(target), folder.join("broken").join(target));
    std::fs::create_dir_all(&found)?;
    std::fs::create_dir_all(&broken)?;
    let corpus = place::root().join("fuzz/corpus").join(target);
    ensure!(corpus.is_dir(), "{} is missing", corpus.display());
    let log = folder.join(format!("{target}.log"));
    let mut run = Command::new(program);
    run.args([
        format!("-max_total_time={EACH}"),
        format!("-timeout={HANG}"),
        format!("-rss_limit_mb={MEMORY}"),
        format!("-artifact_prefix={}/", broken.display()),
        "-print_final_stats=1".to_owned(),
    ]);
    let out = std::fs::File::create(&log)?;
    let status = run.arg(&found).arg(&corpus).stdout(out.try_clone()?).stderr(out).status();
    let ok = status.with_context(|| program.display().to_string())?.success();
    if !ok {
        println!("fuzz: {target}: see {}", log.display());
        println!("fuzz: what broke it goes from {} into fuzz/corpus/{target}", broken.display());
    }
    Ok(ok)
}

/// The programs of the package that need the fuzzer.
fn targets(meta: &Value) -> Result<Vec<String>> {
    let packages = meta["packages"].as_array().context("packages")?;
    let fuzz = packages.iter().find(|package| package["name"] == "fuzz");
    let targets = fuzz.context("no package fuzz")?["targets"].as_array().context("targets")?;
    let bins = targets.iter().filter(|target| target["kind"][0] == "bin");
    Ok(bins.filter_map(|target| target["name"].as_str()).map(str::to_owned).collect())
}

/// What the compiler builds for by itself.
pub(super) fn host() -> Result<String> {
    let out = Command::new("rustc").arg("-vV").current_dir(place::root()).output();
    let text = String::from_utf8_lossy(&out.context("rustc")?.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_corpus() {
        let targets = targets(&place::metadata(&["--no-deps"]).unwrap()).unwrap();
        assert!(targets.len() > 10, "{targets:?}");
        for target in targets {
            assert!(place::root().join("fuzz/corpus").join(&target).is_dir(), "{target}");
        }
    }
}
