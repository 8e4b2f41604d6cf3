//! Where things are: the repository, what git tracks in it, the built programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// `cargo`, the one that runs us.
pub(crate) fn cargo() -> Command {
    let mut c = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    c.current_dir(root());
    c
}

/// Every file git tracks or would track (new ones that are not ignored), relative to the root.
pub(crate) fn tracked() -> Result<Vec<String>> {
    let out = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .context("git ls-files")?;
    ensure!(out.status.success(), "git ls-files: {}", String::from_utf8_lossy(&out.stderr));
    let mut files: Vec<String> = out
        .stdout
        .split(|b| *b == 0)
        .filter(|s| !s.is_empty())
        .map(|s| String::from_utf8_lossy(s).into_owned())
        .filter(|f| root().join(f).is_file())
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// What `cargo metadata` says of the workspace.
pub(crate) fn metadata(args: &[&str]) -> Result<serde_json::Value> {
    let out = cargo()
        .args(["metadata", "--format-version", "1"])
        .args(args)
        .output()
        .context("cargo metadata")?;
    ensure!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).context("cargo metadata prints JSON")
}

/// The target folder, where what is made once is kept.
pub(crate) fn target() -> Result<PathBuf> {
    let meta = metadata(&["--no-deps"])?;
    Ok(PathBuf::from(
        meta["target_directory"].as_str().context("cargo metadata names the target directory")?,
    ))
}

/// The folder of programs that are built already, when we are told of one (`NOREN_PROGRAMS`).
pub(crate) fn built() -> Option<PathBuf> {
    std::env::var_os("NOREN_PROGRAMS").map(PathBuf::from)
}

/// Builds the programs unless we are told of built ones; the same set for everybody, so that nobody
/// builds them anew with other features. Speaks on stderr.
pub(crate) fn build(release: bool) -> Result<()> {
    if built().is_some() {
        return Ok(());
    }
    let mut c = cargo();
    c.args([
        "build", "--quiet", "--bins", "-p", "server", "-p", "agent", "-p", "relay", "-p", "press",
        "-p", "sheets", "-p", "seed",
    ]);
    if release {
        c.arg("--release");
    }
    ensure!(
        c.stdout(Stdio::from(std::io::stderr())).status().context("cargo")?.success(),
        "the programs do not build"
    );
    Ok(())
}

/// The folder the programs are in, or are built into.
pub(crate) fn programs(release: bool) -> Result<PathBuf> {
    if let Some(folder) = built() {
        return Ok(folder);
    }
    let meta = metadata(&["--no-deps"])?;
    let target =
        meta["target_directory"].as_str().context("cargo metadata names the target directory")?;
    Ok(Path::new(target).join(if release { "release" } else { "debug" }))
}
