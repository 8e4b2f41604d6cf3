//! The documents are a map: every crate is on it, and every path on it exists.

use super::Fault;

/// The map proper.
pub(super) const MAP: &str = "ARCHITECTURE.md";

/// The documents whose paths must exist.
pub(super) const DOCUMENTS: &[&str] = &[
    "README.md",
    "README.ja.md",
    MAP,
    "STYLE.md",
    "SECURITY.md",
    "GLOSSARY.md",
    "CONTRIBUTING.md",
    "deploy/README.md",
    "docs/requirements.md",
];

/// The folders by which a word in a document is known to be a path of this repository.
const TOPS: &[&str] = &[
    "core/", "edge/", "web/", "apps/", "viewer/", "spec/", "tests/", "fuzz/", "xtask/", "docs/",
    "deploy/", ".ci/", ".cargo/",
];

/// Every crate's folder must be named in the map.
pub(super) fn crates_named<'a>(text: &str, folders: impl Iterator<Item = &'a str>) -> Vec<Fault> {
    let named: Vec<&str> = paths(text);
    folders
        .filter(|f| !named.iter().any(|n| n.trim_end_matches('/') == *f))
        .map(|f| Fault::new(MAP, format!("does not name `{f}/`")))
        .collect()
}

/// Every library that a crate names must have its line in the map, with the reason for it.
pub(super) fn libraries_named<'a>(
    text: &str,
    libraries: impl Iterator<Item = &'a str>,
) -> Vec<Fault> {
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    libraries
        .filter(|l| !named.contains(l))
        .map(|l| Fault::new(MAP, format!("has no line for the library `{l}`")))
        .collect()
}

/// Every path that a document names must exist; `path::name` says that the file has something of
/// that name, a test most often. In a path, `*` ends what is checked; links and code spans are
/// read.
pub(super) fn paths_exist(
    document: &str,
    text: &str,
    read: impl Fn(&str) -> Option<String>,
) -> Vec<Fault> {
    let stands = |p: &str| match p.split_once("::") {
        Some((file, name)) => read(file).is_some_and(|text| names(&text, name)),
        None => read(checked(p)).is_some(),
    };
    paths(text)
        .into_iter()
        .filter(|p| !stands(p))
        .map(|p| Fault::new(document, format!("names {p}, which does not exist")))
        .collect()
}

/// A module with files of its own is `name/mod.rs`: one custom in all rooms.
pub(super) fn one_custom<'a>(files: impl Iterator<Item = &'a str> + Clone) -> Vec<Fault> {
    let beside = |file: &str| {
        let folder = file.strip_suffix(".rs").map(|name| format!("{name}/"));
        folder.is_some_and(|folder| files.clone().any(|other| other.starts_with(&folder)))
    };
    let twice = files.clone().filter(|file| beside(file));
    twice
        .map(|file| Fault::new(file, "has a folder of its own: it is that folder's mod.rs"))
        .collect()
}

/// Whether a file has the name as a whole: a function of Rust, or words of a JavaScript test with
/// `_` for what stands between.
fn names(text: &str, name: &str) -> bool {
    let plain: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    plain.contains(&format!("_{}_", name.to_ascii_lowercase()))
}

fn checked(path: &str) -> &str {
    let whole = path.split('*').next().unwrap_or(path);
    if whole.len() == path.len() { path } else { whole.rfind('/').map_or("", |i| &whole[..i]) }
}

/// The paths in code spans and link targets of a Markdown text, in order, each as often as it is
/// named.
fn paths(text: &str) -> Vec<&str> {
    let spans = text.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    spans
        .chain(links)
        .map(|w| w.split('#').next().unwrap_or(w))
        .map(|w| w.trim_end_matches([',', '.', ';']))
        .filter(|w| is_path(w))
        .collect()
}

fn is_path(word: &str) -> bool {
    let known = TOPS.iter().any(|t| word.starts_with(t))
        || (word.ends_with(".md") && !word.contains("://"));
    known && !word.contains(['<', '>', '{', '}', '$', '='])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_with_files_is_its_folders_mod() {
        let files = ["a/src/b.rs", "a/src/b/c.rs", "a/src/d/mod.rs", "a/src/d/e.rs", "a/b.md"];
        assert_eq!(one_custom(files.into_iter()).len(), 1);
        assert!(one_custom(files[2..].iter().copied()).is_empty());
    }

    #[test]
    fn paths_are_found_in_spans_and_links() {
        let text = "See `core/wire/`, [the law](core/clippy.toml) and `spec/wire.md#x`; `cargo \
            run` is none, nor is core/screen outside.";
        assert_eq!(paths(text), ["core/wire/", "spec/wire.md", "core/clippy.toml"]);
    }

    #[test]
    fn a_path_that_is_gone_is_a_fault() {
        let faults = paths_exist("X.md", "`core/wire` and `core/gone`", |p| {
            (p == "core/wire").then(String::new)
        });
        assert_eq!(faults, [Fault::new("X.md", "names core/gone, which does not exist")]);
    }

    #[test]
    fn a_pattern_is_checked_up_to_its_folder() {
        assert!(
            paths_exist("X.md", "`tests/browser/*.test.mjs`", |p| (p == "tests/browser")
                .then(String::new))
            .is_empty()
        );
        assert_eq!(
            paths_exist("X.md", "`tests/gone/*.mjs`", |p| (p == "tests/browser").then(String::new))
                .len(),
            1
        );
    }

    #[test]
    fn a_test_that_is_named_must_be_in_its_file() {
        let read = |p: &str| {
            (p == "core/wire/x.rs").then(|| "fn a_test() {}\ntest('of the relay', ...".to_owned())
        };
        assert!(
            paths_exist("X.md", "`core/wire/x.rs::a_test`, `core/wire/x.rs::of_the_relay`", read)
                .is_empty()
        );
        assert_eq!(
            paths_exist("X.md", "`core/wire/x.rs::a_tes` `core/wire/y.rs::a_test`", read).len(),
            2
        );
    }

    #[test]
    fn a_library_without_a_reason_is_a_fault() {
        assert!(
            libraries_named("| `tokio` `rustls` | why |", ["tokio", "rustls"].into_iter())
                .is_empty()
        );
        assert_eq!(
            libraries_named("| `tokio-rustls` and tokio | why |", ["tokio"].into_iter()).len(),
            1
        );
    }

    #[test]
    fn a_crate_that_is_not_on_the_map_is_a_fault() {
        assert!(crates_named("`core/wire/`", ["core/wire"].into_iter()).is_empty());
        assert_eq!(crates_named("`core/wire/`", ["core/wire", "core/new"].into_iter()).len(), 1);
        assert_eq!(crates_named("`core/wire/src/lib.rs`", ["core/wire"].into_iter()).len(), 1);
    }
}
