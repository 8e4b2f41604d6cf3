//! Installs what the demo and the tests need beyond Rust: Debian packages, and the two npm packages
//! that drive and judge the browser. What is there is left alone; what is missing is named before
//! it is installed.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::place;

/// (what shows that it is there: a program, or a file; the Debian package).
type Need = (&'static str, &'static str);

/// What some libraries build C and C++ with.
pub(crate) const BUILD: &[Need] =
    &[("cc", "gcc"), ("c++", "g++"), ("nasm", "nasm"), ("pkg-config", "pkg-config")];

/// An office desktop.
pub(crate) const DESKTOP: &[Need] = &[
    ("Xvnc", "tigervnc-standalone-server"),
    ("vncpasswd", "tigervnc-tools"),
    ("openbox", "openbox"),
    ("mousepad", "mousepad"),
    ("setxkbmap", "x11-xkb-utils"),
    ("xsetroot", "x11-xserver-utils"),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "fonts-noto-cjk"),
];

/// What the tests drive, and what they drive it with.
const TESTS: &[Need] = &[
    ("node", "nodejs"),
    ("npm", "npm"),
    ("chromium", "chromium"),
    ("xdotool", "xdotool"),
    ("xterm", "xterm"),
    ("xev", "x11-utils"),
    ("import", "imagemagick"),
    ("/usr/sbin/xrdp", "xrdp"),
    ("/usr/lib/xorg/modules/drivers/xrdpdev_drv.so", "xorgxrdp"),
    ("/usr/lib/postgresql", "postgresql"),
    ("sqlite3", "sqlite3"),
    ("systemd-socket-activate", "systemd"),
    ("promtool", "prometheus"),
    ("faketime", "faketime"),
    ("nft", "nftables"),
    ("freerdp-shadow-cli", "freerdp2-shadow-x11"),
    ("winpr-hash", "winpr-utils"),
    ("pdftotext", "poppler-utils"),
    ("/usr/share/doc/python3-venv", "python3-venv"),
];

/// Everything, for `cargo xtask setup` and `cargo xtask test`.
pub(crate) fn everything() -> Result<bool> {
    packages(&[BUILD, DESKTOP, TESTS].concat())?;
    npm()?;
    Ok(true)
}

/// Installs the Debian packages that are missing, with sudo where this is not root. Speaks on
/// stderr.
pub(crate) fn packages(needs: &[Need]) -> Result<()> {
    let missing: Vec<&str> = needs
        .iter()
        .filter(|(shown_by, _)| !is_there(shown_by))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("missing here: {}", missing.join(" "));
    if !is_there("apt-get") {
        bail!("this machine has no apt-get: install these by hand, then try again");
    }
    let root = rustix::process::getuid().is_root();
    if !root && !is_there("sudo") {
        bail!("installing needs root or sudo: apt-get install {}", missing.join(" "));
    }
    let apt = |args: &[&str]| -> Result<()> {
        let mut c = Command::new(if root { "env" } else { "sudo" });
        if !root {
            c.arg("env");
        }
        c.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(args);
        let status = c.stdout(Stdio::from(std::io::stderr())).status().context("apt-get")?;
        ensure!(status.success(), "apt-get {} failed", args.join(" "));
        Ok(())
    };
    eprintln!("installing them with apt-get{}", if root { "" } else { " (sudo)" });
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], &missing[..]].concat())
}

/// Installs the npm packages of tests/ as its lock file has them.
pub(crate) fn npm() -> Result<()> {
    let tests = place::root().join("tests");
    let age = |file: &Path| file.metadata().and_then(|m| m.modified()).ok();
    let installed = age(&tests.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= age(&tests.join("package-lock.json")) {
        return Ok(());
    }
    eprintln!("installing the npm packages of tests/");
    let mut c = Command::new("npm");
    c.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(tests);
    let status = c.stdout(Stdio::from(std::io::stderr())).status().context("npm")?;
    ensure!(status.success(), "npm ci failed in tests/");
    Ok(())
}

/// Whether a program is on the path (or in the administrator's folders), or a file exists.
fn is_there(shown_by: &str) -> bool {
    if shown_by.starts_with('/') {
        return Path::new(shown_by).exists();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(shown_by).is_file())
}

#[cfg(test)]
mod tests {
    use super::is_there;

    #[test]
    fn a_program_and_a_file_are_found_and_others_are_not() {
        assert!(is_there("sh") && is_there("/"));
        assert!(!is_there("no-such-program-of-any-kind") && !is_there("/no/such/file"));
    }
}
