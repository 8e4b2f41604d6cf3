//! Data of an older program: that program is built from the history, makes a server's data and its
//! people, and this tree's program opens them, proves the record and lets the people in. That the
//! schema comes out the same is `edge/store/tests/upgrade.rs`; here it is the whole program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bench::browser::Browser;
use crate::bench::postgres::Postgres;
use crate::children::{Children, Recipe};
use crate::count::Count;
use crate::desktop::{free_port, listens};
use crate::place;

/// The programs whose data are brought up; a release adds its tag.
const OLDER: &[&str] = &["531f28e"];

/// Each older program on each database is one test.
pub(super) fn run() -> Result<Count> {
    place::build(false)?;
    let new = place::programs(false)?.join("noren-server");
    let mut count = Count::default();
    for commit in OLDER {
        let old = build(commit)?;
        let made = tempfile::tempdir()?;
        let done = brought_up(&old, &new, &made.path().join("sqlite"), None);
        count.add(told(commit, "SQLite", done));
        let postgres = Postgres::start(&made.path().join("pg"))?;
        let database = postgres.database("book")?;
        let done = brought_up(&old, &new, &made.path().join("postgres"), Some(&database));
        count.add(told(commit, "PostgreSQL", done));
    }
    Ok(count)
}

fn told(commit: &str, database: &str, done: Result<()>) -> Count {
    let ok = done.is_ok();
    let what = match done {
        Ok(()) => "the record holds, everybody comes in".to_owned(),
        Err(fault) => format!("FAILED: {fault:#}"),
    };
    println!("upgrade: from {commit}, {database}: {what}");
    Count::one(ok)
}

/// The server of a commit, built beside this one and kept for the next time.
fn build(commit: &str) -> Result<PathBuf> {
    let folder = place::target()?.join("older").join(commit);
    let program = folder.join("target/debug/noren-server");
    if program.is_file() {
        return Ok(program);
    }
    let tree = folder.join("tree");
    std::fs::create_dir_all(&tree)?;
    let mut archive = Command::new("git");
    archive.args(["archive", "--format=tar", commit]).current_dir(place::root());
    let mut archive = archive.stdout(Stdio::piped()).spawn().context("git archive")?;
    let out = archive.stdout.take().context("its output")?;
    let unpacked = Command::new("tar").arg("-x").current_dir(&tree).stdin(out).status();
    let there = archive.wait()?.success() && unpacked.context("tar")?.success();
    ensure!(there, "{commit} is not in this repository's history");
    let mut cargo = place::cargo();
    cargo.args(["build", "--quiet", "--locked", "-p", "server", "--bin", "noren-server"]);
    cargo.current_dir(&tree);
    cargo.env("CARGO_TARGET_DIR", folder.join("target"));
    ensure!(cargo.status().context("cargo")?.success(), "{commit} does not build");
    Ok(program)
}

/// Makes data with the old program, opens them with the new one.
fn brought_up(old: &Path, new: &Path, folder: &Path, database: Option<&str>) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut words = vec!["--data".to_owned(), folder.join("data").display().to_string()];
    if let Some(address) = database {
        words.extend(["--database".to_owned(), address.to_owned()]);
    }
    let out = Command::new(old).args(["seed", "--json"]).args(&words).output();
    let out = out.context("the old program")?;
    ensure!(out.status.success(), "seed: {}", String::from_utf8_lossy(&out.stderr));
    let seeded: Value = serde_json::from_slice(&out.stdout).context("seed prints JSON")?;
    let proved = Command::new(new).args(["audit", "verify"]).args(&words).output()?;
    ensure!(proved.status.success(), "audit verify: {}", String::from_utf8_lossy(&proved.stderr));

    let port = free_port()?;
    let mut children = Children::new(folder, Arc::default())?;
    let listen = format!("127.0.0.1:{port}");
    let run = ["run", "--listen", &listen].map(str::to_owned).into_iter().chain(words).collect();
    children
        .start(Recipe::new("server", new, run).with(vec![("RUST_LOG".into(), "warn".into())]))?;
    children.wait("noren-server", 60, || listens(port).then_some(()))?;
    let people = seeded["staff"].as_array().context("seed names its staff")?;
    ensure!(!people.is_empty(), "seed made nobody");
    for person in people {
        let mut browser = Browser::sign_in(port, person, None)?;
        let page = browser.ask("GET", "/account", "")?;
        ensure!(page.status == 200, "/account answered {} for {}", page.status, person["user"]);
    }
    Ok(())
}
