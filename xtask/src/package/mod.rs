//! `cargo xtask package`: Debian packages of server, relay and agent, into `target/debian`.
//!
//! A package holds the stripped programs, their units and settings, and the licence texts. The same
//! programs give the same bytes: every time in it is that of the last commit.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{licences, place};

/// What stands in a package.
struct Package {
    name: &'static str,
    programs: &'static [&'static str],
    units: &'static [&'static str],
    settings: &'static [&'static str],
}

const PACKAGES: &[Package] = &[
    Package {
        name: "noren-server",
        programs: &["noren-server", "noren-sheets", "noren-press"],
        units: &["noren-server.service", "noren-server.socket"],
        settings: &["server.env", "server.toml"],
    },
    Package {
        name: "noren-relay",
        programs: &["noren-relay"],
        units: &["noren-relay.service", "noren-relay.socket"],
        settings: &["relay.toml"],
    },
    Package {
        name: "noren-agent",
        programs: &["noren-agent"],
        units: &["noren-agent.service"],
        settings: &[],
    },
];
/// What a package's own folder may hold beside `control`, and whether dpkg runs it.
const CONTROL: &[(&str, bool)] = &[
    ("conffiles", false),
    ("templates", false),
    ("postinst", true),
    ("prerm", true),
    ("postrm", true),
];
/// What goes beside a package's own copyright.
const DOCUMENTS: &[&str] = &["deploy/README.md", "deploy/alerts.yml", "CHANGELOG.md"];

/// Makes all of them; true when they were made.
pub(crate) fn run(words: &[String]) -> Result<bool> {
    let debug = words.iter().any(|word| word == "--debug");
    place::build(!debug)?;
    let programs = place::programs(!debug)?;
    let folder = place::target()?.join("debian");
    // Nothing of another version stays beside what is made now.
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let third = folder.join("THIRD-PARTY.txt");
    let to = third.to_str().context("the target folder's name")?;
    ensure!(licences::run(Some(to))?, "the licence texts are not complete");
    let at = last_commit()?;
    for package in PACKAGES {
        let made = package.make(&folder, &programs, &third, &at)?;
        let size = fs::metadata(&made)?.len() / 1024;
        println!("{} {size} KiB", made.display());
    }
    Ok(true)
}

/// When the last commit was made, Unix seconds.
fn last_commit() -> Result<String> {
    let mut git = Command::new("git");
    git.args(["log", "-1", "--format=%ct"]).current_dir(place::root());
    Ok(said(git)?.trim().to_owned())
}

impl Package {
    fn make(&self, folder: &Path, programs: &Path, third: &Path, at: &str) -> Result<PathBuf> {
        let deploy = place::root().join("deploy");
        let stage = folder.join(self.name);
        let mut bytes = 0;
        for program in self.programs {
            let to = stage.join("usr/bin").join(program);
            put(&programs.join(program), &to, 0o755)?;
            let mut strip = Command::new("strip");
            strip.args(["--strip-unneeded", "--remove-section=.comment"]).arg(&to);
            said(strip)?;
            bytes += fs::metadata(&to)?.len();
        }
        for unit in self.units {
            put(&deploy.join(unit), &stage.join("lib/systemd/system").join(unit), 0o644)?;
        }
        for settings in self.settings {
            put(&deploy.join(settings), &stage.join("etc/noren").join(settings), 0o644)?;
        }
        let documents = stage.join("usr/share/doc").join(self.name);
        put(&deploy.join("debian/copyright"), &documents.join("copyright"), 0o644)?;
        put(third, &documents.join("THIRD-PARTY.txt"), 0o644)?;
        for document in DOCUMENTS {
            let name = Path::new(document).file_name().unwrap_or_default();
            put(&place::root().join(document), &documents.join(name), 0o644)?;
        }
        let (own, control) = (deploy.join("debian").join(self.name), stage.join("DEBIAN"));
        for (name, runs) in CONTROL {
            if own.join(name).exists() {
                put(&own.join(name), &control.join(name), if *runs { 0o755 } else { 0o644 })?;
            }
        }
        let version = env!("CARGO_PKG_VERSION");
        let mut dpkg = Command::new("dpkg");
        dpkg.arg("--print-architecture");
        let architecture = said(dpkg)?.trim().to_owned();
        let text = fs::read_to_string(own.join("control"))?
            .replace("@VERSION@", version)
            .replace("@ARCHITECTURE@", &architecture)
            .replace("@SIZE@", &(bytes / 1024).to_string());
        write(&control.join("control"), text.as_bytes(), 0o644)?;
        let made = folder.join(format!("{}_{version}_{architecture}.deb", self.name));
        let mut dpkg = Command::new("dpkg-deb");
        dpkg.args(["--root-owner-group", "-Zxz", "--build"]).arg(&stage).arg(&made);
        dpkg.env("SOURCE_DATE_EPOCH", at);
        said(dpkg)?;
        fs::remove_dir_all(&stage)?;
        Ok(made)
    }
}

fn put(from: &Path, to: &Path, mode: u32) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("reading {}", from.display()))?;
    write(to, &bytes, mode)
}

/// Writes a file; folders have mode 0755 whatever the umask.
fn write(to: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let folder = to.parent().context("a file stands in a folder")?;
    fs::create_dir_all(folder)?;
    for folder in folder.ancestors().take_while(|one| !one.ends_with("debian")) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    }
    fs::write(to, bytes).with_context(|| format!("writing {}", to.display()))?;
    Ok(fs::set_permissions(to, fs::Permissions::from_mode(mode))?)
}

fn said(mut command: Command) -> Result<String> {
    let out = command.output().with_context(|| format!("{:?}", command.get_program()))?;
    let wrong = String::from_utf8_lossy(&out.stderr).into_owned();
    ensure!(out.status.success(), "{:?}: {wrong}", command.get_program());
    Ok(String::from_utf8(out.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_names_is_there_and_its_settings_survive_an_upgrade() {
        let deploy = place::root().join("deploy");
        for package in PACKAGES {
            let own = deploy.join("debian").join(package.name);
            let control = fs::read_to_string(own.join("control")).unwrap();
            assert!(control.starts_with(&format!("Package: {}\n", package.name)));
            for mark in ["@VERSION@", "@ARCHITECTURE@", "@SIZE@"] {
                assert_eq!(control.matches(mark).count(), 1, "{mark} of {}", package.name);
            }
            for file in package.units.iter().chain(package.settings) {
                assert!(deploy.join(file).is_file(), "{file}");
            }
            let kept = fs::read_to_string(own.join("conffiles")).unwrap_or_default();
            let settings: Vec<String> =
                package.settings.iter().map(|name| format!("/etc/noren/{name}")).collect();
            assert_eq!(kept.lines().collect::<Vec<_>>(), settings);
            // Each unit starts a program of the package.
            for unit in package.units.iter().filter(|unit| unit.ends_with(".service")) {
                let text = fs::read_to_string(deploy.join(unit)).unwrap();
                let line = text.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/"));
                let program = line.unwrap().split(' ').next().unwrap();
                assert!(package.programs.contains(&program), "{program}");
            }
            for (script, _) in CONTROL.iter().filter(|(_, runs)| *runs) {
                let parsed = Command::new("sh").arg("-n").arg(own.join(script)).status().unwrap();
                assert!(parsed.success(), "{script} of {}", package.name);
            }
        }
    }
}
