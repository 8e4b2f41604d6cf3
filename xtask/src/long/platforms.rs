//! Whether the programs still build elsewhere: `cargo check`, which needs the other platform's
//! standard library and, for the C parts, a compiler for it; no linker, no machine.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::count::Count;
use crate::place;

/// The platforms, and what is to build there.
const PLATFORMS: &[(&str, &[&str])] = &[
    ("aarch64-unknown-linux-gnu", &["server", "relay", "agent", "press", "sheets"]),
    // The agent's parts that are Linux's alone stand in modules of their own.
    ("x86_64-pc-windows-gnu", &["agent"]),
];

/// Checks each; one that cannot be looked at here has failed.
pub(super) fn run() -> Result<Count> {
    let sysroot = sysroot()?;
    let mut count = Count::default();
    for (platform, packages) in PLATFORMS {
        count.add(Count::one(if installed(&sysroot, platform) {
            let mut check = place::cargo();
            check.args(["check", "--quiet", "--target", platform]);
            packages.iter().for_each(|package| _ = check.args(["-p", package]));
            let ok = check.status().context("cargo")?.success();
            println!("platforms: {platform}: {}", if ok { "builds" } else { "FAILED" });
            ok
        } else {
            println!("platforms: {platform}: NOT RUN, so failed: rustup target add {platform}");
            false
        }));
    }
    Ok(count)
}

fn sysroot() -> Result<PathBuf> {
    let mut rustc = Command::new("rustc");
    let out = rustc.args(["--print", "sysroot"]).current_dir(place::root()).output();
    Ok(String::from_utf8_lossy(&out.context("rustc")?.stdout).trim().into())
}

fn installed(sysroot: &std::path::Path, platform: &str) -> bool {
    sysroot.join("lib/rustlib").join(platform).join("lib").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_there_or_not() {
        let sysroot = sysroot().unwrap();
        assert!(installed(&sysroot, &super::super::fuzz::host().unwrap()));
        assert!(!installed(&sysroot, "no-such-platform"));
    }
}
