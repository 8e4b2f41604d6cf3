//! What is linked into each program, third parties included. Blindness is a property of the dependency graph: a program
//! that must not be able to decrypt a session does not carry the code for it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Fault;

/// (who, what must not be in it, why). `*` is everybody; a name ending in `-` stands for all that begin so.
const NEVER: &[(&str, &[&str], &str)] = &[
    ("server", &["channel", "screen", "source", "rfb", "snow", "ironrdp-"], "the server must not be able to open a session"),
    ("relay", &["channel", "screen", "source", "rfb", "snow", "ironrdp-"], "the relay must not be able to open a session"),
    ("relay", &["people", "telework", "exchange", "audit", "store"], "the relay knows nobody"),
    ("agent", &["people", "telework", "exchange", "audit", "store"], "the agent keeps no book"),
    ("*", &["openssl", "openssl-sys", "aws-lc-rs", "aws-lc-sys", "native-tls"], "TLS is rustls with ring"),
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

/// Crates and what each links, without what only tests and build scripts use.
pub(super) struct Graph {
    links: BTreeMap<String, BTreeSet<String>>,
    core: BTreeSet<String>,
}

impl Graph {
    /// Reads the resolved graph of `cargo metadata`. Two versions of one crate are taken as one: more is forbidden, never less.
    pub(super) fn read(meta: &Value) -> Result<Self> {
        let packages = meta["packages"].as_array().context("packages")?;
        let name =
            |id: &Value| packages.iter().find(|p| p["id"] == *id).and_then(|p| p["name"].as_str()).unwrap_or_default().to_owned();
        let mut links: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in meta["resolve"]["nodes"].as_array().context("resolve.nodes")? {
            let deps = node["deps"].as_array().context("deps")?;
            let shipped =
                deps.iter().filter(|d| d["dep_kinds"].as_array().is_some_and(|k| k.iter().any(|k| k["kind"].is_null())));
            links.entry(name(&node["id"])).or_default().extend(shipped.map(|d| name(&d["pkg"])));
        }
        let in_core = |p: &&Value| p["source"].is_null() && p["manifest_path"].as_str().is_some_and(|m| m.contains("/core/"));
        let core = packages.iter().filter(in_core).filter_map(|p| p["name"].as_str()).map(str::to_owned).collect();
        Ok(Self { links, core })
    }

    fn reach(&self, from: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut todo = vec![from];
        while let Some(next) = todo.pop() {
            for to in self.links.get(next).into_iter().flatten() {
                if found.insert(to.as_str()) {
                    todo.push(to);
                }
            }
        }
        found
    }
}

/// Everything that is linked where it must not be.
pub(super) fn check(graph: &Graph) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (who, what, why) in NEVER {
        let linked = if *who == "*" { graph.links.keys().map(String::as_str).collect() } else { graph.reach(who) };
        for bad in linked.into_iter().filter(|l| what.iter().any(|w| matches(w, l))) {
            faults.push(Fault::new(*who, format!("links {bad}: {why} (xtask/src/tidy/links.rs)")));
        }
    }
    for c in &graph.core {
        for bad in graph.links.get(c).into_iter().flatten().filter(|l| NOT_IN_CORE.contains(&l.as_str())) {
            faults.push(Fault::new(c, format!("is in core/ and uses {bad}: values in, values out")));
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

    fn graph(edges: &[(&str, &str)], core: &[&str]) -> Graph {
        let mut links: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges {
            links.entry((*from).to_owned()).or_default().insert((*to).to_owned());
            links.entry((*to).to_owned()).or_default();
        }
        Graph { links, core: core.iter().map(|c| (*c).to_owned()).collect() }
    }

    #[test]
    fn a_clean_graph_passes() {
        assert!(check(&graph(&[("server", "pairing"), ("agent", "channel"), ("channel", "snow")], &["channel"])).is_empty());
    }

    #[test]
    fn a_program_that_could_see_is_found_however_deep() {
        assert_eq!(check(&graph(&[("server", "a"), ("a", "b"), ("b", "snow")], &[])).len(), 1);
        assert_eq!(check(&graph(&[("relay", "ironrdp-session")], &[])).len(), 1);
        assert_eq!(check(&graph(&[("agent", "net"), ("net", "store")], &[])).len(), 1);
    }

    #[test]
    fn forbidden_tls_is_found_anywhere() {
        assert_eq!(check(&graph(&[("anything", "aws-lc-sys")], &[])).len(), 1);
    }

    #[test]
    fn core_touches_nothing() {
        assert_eq!(check(&graph(&[("wire", "tokio")], &["wire"])).len(), 1);
        assert!(check(&graph(&[("net", "tokio")], &["wire"])).is_empty());
    }

    #[test]
    fn what_only_tests_use_is_not_linked() {
        let meta = serde_json::json!({"packages": [
            {"id": "1", "name": "server", "source": null, "manifest_path": "/x/apps/server/Cargo.toml"},
            {"id": "2", "name": "snow", "source": "r", "manifest_path": "/r/snow"},
            {"id": "3", "name": "serde", "source": "r", "manifest_path": "/r/serde"}],
            "resolve": {"nodes": [{"id": "1", "deps": [
                {"pkg": "2", "dep_kinds": [{"kind": "dev"}]}, {"pkg": "3", "dep_kinds": [{"kind": "dev"}, {"kind": null}]}]}]}});
        let graph = Graph::read(&meta).expect("well formed");
        assert_eq!(graph.reach("server").into_iter().collect::<Vec<_>>(), ["serde"]);
    }
}
