//! The allow-list of every edge between local crates. What is not listed does not exist.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Fault;

/// crate <- the crates it may use in what is shipped.
const ALLOWED: &[(&str, &[&str])] = &[
    ("id", &[]),
    ("wire", &[]),
    ("gate", &[]),
    ("audit", &["id", "text"]),
    ("channel", &["id", "wire"]),
    ("screen", &["wire"]),
    ("rfb", &["wire"]),
    ("pairing", &["id", "wire", "gate"]),
    ("people", &["id", "audit", "text"]),
    ("telework", &["people", "audit", "text"]),
    ("exchange", &["id", "people", "audit", "text"]),
    ("net", &["id", "wire", "pairing"]),
    ("store", &["id", "people", "telework", "exchange", "audit"]),
    ("source", &["id", "wire", "screen", "rfb", "net"]),
    ("text", &[]),
    ("paper", &[]),
    ("press", &["paper"]),
    ("sheet", &[]),
    ("sheets", &["sheet", "text"]),
    ("ops", &["net"]),
    ("relay", &["gate", "pairing", "net", "ops"]),
    ("agent", &["id", "wire", "channel", "screen", "source", "pairing", "net", "ops"]),
    (
        "kit",
        &[
            "id", "people", "exchange", "audit", "text", "store", "gate", "pairing", "net",
            "paper", "sheet",
        ],
    ),
    (
        "web-people",
        &["kit", "people", "telework", "audit", "store", "gate", "pairing", "net", "relay"],
    ),
    ("web-testing", &["paper", "sheet"]),
    (
        "web-town",
        &[
            "kit",
            "web-people",
            "web-testing",
            "people",
            "telework",
            "exchange",
            "audit",
            "store",
            "pairing",
            "net",
        ],
    ),
    (
        "web-telework",
        &["kit", "people", "telework", "exchange", "audit", "text", "store", "net", "paper"],
    ),
    (
        "web-exchange",
        &[
            "id",
            "kit",
            "web-telework",
            "people",
            "telework",
            "exchange",
            "audit",
            "text",
            "store",
            "net",
            "paper",
            "sheet",
        ],
    ),
    (
        "server",
        &[
            "kit",
            "web-people",
            "web-telework",
            "web-exchange",
            "people",
            "telework",
            "exchange",
            "audit",
            "store",
            "gate",
            "pairing",
            "net",
            "ops",
            "relay",
            "paper",
            "sheet",
        ],
    ),
    (
        "seed",
        &[
            "server",
            "kit",
            "web-people",
            "web-telework",
            "web-exchange",
            "web-town",
            "people",
            "telework",
            "exchange",
            "audit",
            "store",
            "pairing",
            "net",
        ],
    ),
    ("xtask", &[]),
    (
        "fuzz",
        &[
            "wire", "channel", "screen", "rfb", "pairing", "people", "telework", "exchange",
            "audit", "sheet", "sheets",
        ],
    ),
];

/// What the tests of a crate may use besides. Nothing of it is shipped.
const ALLOWED_IN_TESTS: &[(&str, &[&str])] = &[
    // The agent's whole path is tried against a relay in the same process.
    ("agent", &["relay"]),
    ("kit", &["web-testing"]),
    ("web-people", &["web-testing", "exchange"]),
    ("web-telework", &["web-people", "web-town", "web-testing"]),
    ("web-exchange", &["web-people", "web-town", "web-testing"]),
    ("server", &["web-town", "web-testing"]),
];

/// A local crate and the local crates it names.
#[derive(Clone, Debug)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) folder: String,
    pub(super) uses: Vec<Edge>,
}

/// One dependency on a local crate.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) to: String,
    pub(super) tests_only: bool,
}

/// The local crates of `cargo metadata`.
pub(super) fn crates(meta: &Value) -> Result<Vec<Crate>> {
    let root = meta["workspace_root"].as_str().context("workspace_root")?;
    let packages = meta["packages"].as_array().context("packages")?;
    let local = packages.iter().filter(|p| p["source"].is_null());
    local
        .map(|p| {
            let manifest = p["manifest_path"].as_str().context("manifest_path")?;
            let folder = manifest
                .strip_prefix(root)
                .unwrap_or(manifest)
                .trim_start_matches('/')
                .trim_end_matches("/Cargo.toml");
            let uses = p["dependencies"]
                .as_array()
                .context("dependencies")?
                .iter()
                .filter(|d| d["path"].is_string());
            Ok(Crate {
                name: p["name"].as_str().context("name")?.to_owned(),
                folder: folder.to_owned(),
                uses: uses
                    .map(|d| Edge {
                        to: d["name"].as_str().unwrap_or_default().to_owned(),
                        tests_only: d["kind"].as_str() == Some("dev"),
                    })
                    .collect(),
            })
        })
        .collect()
}

/// Every library from outside that a local crate names, its tests included.
pub(super) fn libraries(meta: &Value) -> BTreeSet<String> {
    let local = meta["packages"].as_array().into_iter().flatten().filter(|p| p["source"].is_null());
    let named = local
        .flat_map(|p| p["dependencies"].as_array().into_iter().flatten())
        .filter(|d| d["path"].is_null());
    named.filter_map(|d| d["name"].as_str()).map(str::to_owned).collect()
}

/// Every edge that the list does not have, every crate that it does not know, every folder that is
/// not its crate.
pub(super) fn check(crates: &[Crate]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for c in crates {
        // The areas of `web/` are named after those of `core/`: there the tier is part of the name.
        let names = [
            c.folder.rsplit('/').next().unwrap_or_default().to_owned(),
            c.folder.replace('/', "-"),
        ];
        if !names.contains(&c.name) {
            faults.push(Fault::new(
                &c.folder,
                format!("a folder is a crate, and this one is called {}", c.name),
            ));
        }
        let Some(allowed) = row(ALLOWED, &c.name) else {
            faults.push(Fault::new(
                &c.folder,
                "is not in the allow-list of edges (xtask/src/tidy/edges.rs)",
            ));
            continue;
        };
        for edge in &c.uses {
            let in_tests = edge.tests_only
                && row(ALLOWED_IN_TESTS, &c.name).is_some_and(|r| r.contains(&edge.to.as_str()));
            if !allowed.contains(&edge.to.as_str()) && !in_tests {
                let kind = if edge.tests_only { "in its tests " } else { "" };
                faults.push(Fault::new(
                    &c.folder,
                    format!("must not use {} {kind}(xtask/src/tidy/edges.rs)", edge.to),
                ));
            }
        }
    }
    faults
}

fn row(list: &[(&str, &'static [&'static str])], name: &str) -> Option<&'static [&'static str]> {
    list.iter().find(|(n, _)| *n == name).map(|(_, uses)| *uses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, folder: &str, uses: &[(&str, bool)]) -> Crate {
        let uses = uses
            .iter()
            .map(|(to, tests_only)| Edge { to: (*to).to_owned(), tests_only: *tests_only })
            .collect();
        Crate { name: name.to_owned(), folder: folder.to_owned(), uses }
    }

    /// All that a crate reaches by allowed edges.
    fn reach(name: &str) -> Vec<&'static str> {
        let mut found: Vec<&str> = Vec::new();
        let mut todo = row(ALLOWED, name).expect("listed").to_vec();
        while let Some(next) = todo.pop() {
            if !found.contains(&next) {
                found.push(next);
                todo.extend(row(ALLOWED, next).expect("listed"));
            }
        }
        found
    }

    #[test]
    fn the_list_itself_keeps_the_two_columns_apart() {
        for blind in ["server", "relay"] {
            for eye in ["channel", "screen", "source", "rfb"] {
                assert!(!reach(blind).contains(&eye), "{blind} reaches {eye}");
            }
        }
        for book in ["people", "telework", "exchange", "audit", "store"] {
            assert!(!reach("agent").contains(&book), "agent reaches {book}");
            assert!(!reach("relay").contains(&book), "relay reaches {book}");
        }
    }

    #[test]
    fn a_crate_never_reaches_itself() {
        for (name, _) in ALLOWED {
            assert!(!reach(name).contains(name), "{name} is in a circle");
        }
    }

    #[test]
    fn allowed_edges_pass() {
        assert!(
            check(&[
                one("channel", "core/channel", &[("wire", false)]),
                one("agent", "apps/agent", &[("relay", true)])
            ])
            .is_empty()
        );
    }

    #[test]
    fn a_forbidden_edge_is_a_fault() {
        let faults = check(&[one("server", "apps/server", &[("channel", false)])]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].0.contains("must not use channel"));
    }

    #[test]
    fn an_edge_for_tests_is_not_one_for_shipping() {
        assert_eq!(check(&[one("agent", "apps/agent", &[("relay", false)])]).len(), 1);
        assert_eq!(check(&[one("wire", "core/wire", &[("screen", true)])]).len(), 1);
    }

    #[test]
    fn an_unlisted_crate_and_a_wrong_folder_are_faults() {
        assert_eq!(check(&[one("extra", "core/extra", &[])]).len(), 1);
        assert_eq!(check(&[one("wire", "core/bytes", &[])]).len(), 1);
    }

    #[test]
    fn crates_are_read_from_cargo_metadata() {
        let meta = serde_json::json!({"workspace_root": "/x", "packages": [
            {"name": "screen", "source": null, "manifest_path": "/x/core/screen/Cargo.toml",
                "dependencies": [
                {"name": "wire", "path": "/x/core/wire", "kind": null},
                {"name": "proptest", "kind": "dev"}]},
            {"name": "serde", "source": "registry", "manifest_path": "/r/serde/Cargo.toml",
                "dependencies": []}]});
        let crates = crates(&meta).expect("well formed");
        assert_eq!(crates.len(), 1);
        assert_eq!(crates[0].folder, "core/screen");
        assert_eq!(crates[0].uses.len(), 1);
        assert_eq!(libraries(&meta).into_iter().collect::<Vec<_>>(), ["proptest"]);
    }
}
