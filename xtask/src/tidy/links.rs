//! What is linked into each program, third parties included. Blindness is a property of the
//! dependency graph: a program that must not be able to decrypt a session does not carry the code
//! for it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Fault;
use crate::place;

/// (who, what must not be in it, why). `*` is everybody; a name ending in `-` stands for all that
/// begin so.
const NEVER: &[(&str, &[&str], &str)] = &[
    (
        "server",
        &["channel", "screen", "source", "rfb", "snow", "ironrdp-"],
        "the server must not be able to open a session",
    ),
    (
        "relay",
        &["channel", "screen", "source", "rfb", "snow", "ironrdp-"],
        "the relay must not be able to open a session",
    ),
    ("relay", &["people", "telework", "exchange", "audit", "store"], "the relay knows nobody"),
    ("agent", &["people", "telework", "exchange", "audit", "store"], "the agent keeps no book"),
    (
        "*",
        &["openssl", "openssl-sys", "aws-lc-rs", "aws-lc-sys", "native-tls"],
        "TLS is rustls with ring",
    ),
];

/// The law of core/: what touches the world is not there. Its tests may use anything.
const NOT_IN_CORE: &[&str] = &[
    "tokio",
    "mio",
    "socket2",
    "rustls",
    "tokio-rustls",
    "getrandom",
    "reqwest",
    "hyper",
    "rusqlite",
    "sqlx",
    "postgres",
    "tokio-postgres",
    "tracing-subscriber",
    "crossbeam",
    "rayon",
    "openssl",
];

/// What is linked into whom (`*`: into anybody), and what the crates of core/ name themselves.
pub(super) struct Linked {
    into: BTreeMap<String, BTreeSet<String>>,
    core: BTreeMap<String, BTreeSet<String>>,
}

impl Linked {
    /// Asks cargo, which knows what is really built: `cargo metadata` also shows what no feature
    /// switches on.
    pub(super) fn read(meta: &Value) -> Result<Self> {
        let who: BTreeSet<&str> = NEVER.iter().map(|(who, _, _)| *who).collect();
        let into =
            who.into_iter().map(|who| Ok((who.to_owned(), tree(who)?))).collect::<Result<_>>()?;
        Ok(Self { into, core: named_in_core(meta)? })
    }
}

/// The names of all that `cargo tree` shows below a crate, itself left out; tests and build scripts
/// are not shipped.
fn tree(who: &str) -> Result<BTreeSet<String>> {
    let whom: &[&str] = if who == "*" { &["--workspace"] } else { &["-p", who] };
    let out = place::cargo()
        .args(["tree", "-e", "normal", "--prefix", "none", "--format", "{p}"])
        .args(whom)
        .output()
        .context("cargo tree")?;
    ensure!(out.status.success(), "cargo tree: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8_lossy(&out.stdout);
    Ok(text
        .lines()
        .filter_map(|l| l.split_whitespace().next())
        .filter(|n| *n != who)
        .map(str::to_owned)
        .collect())
}

/// What the crates of core/ name in their manifests, without their tests.
fn named_in_core(meta: &Value) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let packages = meta["packages"].as_array().context("packages")?;
    let in_core = |p: &&Value| {
        p["source"].is_null() && p["manifest_path"].as_str().is_some_and(|m| m.contains("/core/"))
    };
    let named = |p: &Value| {
        let shipped =
            p["dependencies"].as_array().into_iter().flatten().filter(|d| d["kind"].is_null());
        shipped.filter_map(|d| d["name"].as_str()).map(str::to_owned).collect()
    };
    Ok(packages
        .iter()
        .filter(in_core)
        .map(|p| (p["name"].as_str().unwrap_or_default().to_owned(), named(p)))
        .collect())
}

/// Everything that is linked where it must not be.
pub(super) fn check(linked: &Linked) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (who, what, why) in NEVER {
        let found = linked.into.get(*who).into_iter().flatten();
        for bad in found.filter(|l| what.iter().any(|w| matches(w, l))) {
            faults.push(Fault::new(*who, format!("links {bad}: {why} (xtask/src/tidy/links.rs)")));
        }
    }
    for (name, uses) in &linked.core {
        for bad in uses.iter().filter(|u| NOT_IN_CORE.contains(&u.as_str())) {
            faults.push(Fault::new(
                name,
                format!("is in core/ and uses {bad}: values in, values out"),
            ));
        }
    }
    faults
}

fn matches(rule: &str, name: &str) -> bool {
    if rule.ends_with('-') { name.starts_with(rule) } else { rule == name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(all: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        all.iter()
            .map(|(who, what)| ((*who).to_owned(), what.iter().map(|w| (*w).to_owned()).collect()))
            .collect()
    }

    fn faults(into: &[(&str, &[&str])], core: &[(&str, &[&str])]) -> usize {
        check(&Linked { into: sets(into), core: sets(core) }).len()
    }

    #[test]
    fn what_may_be_linked_passes() {
        assert_eq!(
            faults(
                &[("server", &["pairing", "tokio"]), ("agent", &["channel", "snow"])],
                &[("channel", &["snow"])]
            ),
            0
        );
    }

    #[test]
    fn a_program_that_could_see_is_found() {
        assert_eq!(faults(&[("server", &["pairing", "snow"])], &[]), 1);
        assert_eq!(faults(&[("relay", &["ironrdp-session"])], &[]), 1);
        assert_eq!(faults(&[("agent", &["store"])], &[]), 1);
    }

    #[test]
    fn forbidden_tls_is_found_anywhere() {
        assert_eq!(faults(&[("*", &["aws-lc-sys", "openssl"])], &[]), 2);
    }

    #[test]
    fn core_touches_nothing() {
        assert_eq!(faults(&[], &[("wire", &["tokio", "thiserror"])]), 1);
    }

    #[test]
    fn cargo_says_what_is_linked() {
        let linked = tree("xtask").expect("cargo tree");
        assert!(
            linked.contains("serde_json") && linked.contains("itoa"),
            "direct and indirect: {linked:?}"
        );
        assert!(!linked.contains("xtask"));
    }

    #[test]
    fn what_only_tests_of_core_use_is_free() {
        let meta = serde_json::json!(
            {"packages": [
                {"name": "wire", "source": null, "manifest_path": "/x/core/wire/Cargo.toml",
            "dependencies": [
                {"name": "tokio", "kind": "dev"}, {"name": "thiserror", "kind": null}]}]});
        assert_eq!(named_in_core(&meta).expect("well formed"), sets(&[("wire", &["thiserror"])]));
    }
}
