//! What no tracked file may hold, and how long it may be.

use super::Fault;

/// The longest file of code, in lines.
const LONGEST: usize = 800;

/// What counts as code for the length.
const CODE: &[&str] = &["rs", "js", "mjs", "css", "html", "py", "sh", "sql"];

/// This file holds the list, so it is the one that is not searched.
const SELF: &str = "xtask/src/tidy/text.rs";

/// (what, why). Found as it is written; where it begins or ends with a letter, as a whole word.
const NEVER: &[(&str, &str)] = &[
    (
        "registry.npmjs.org",
        "a registry host: omit-lockfile-registry-resolved keeps it out of lock files",
    ),
    ("index.crates.io", "a registry host"),
    ("static.crates.io", "a registry host"),
    ("pypi.org", "a registry host"),
    ("files.pythonhosted.org", "a registry host"),
    ("deb.debian.org", "a registry host"),
    ("/work/", "a path of one machine"),
    ("/root/", "a path of one machine"),
    ("/tmp/brief", "a path of one machine"),
    ("TODO", "write it down where it will be read, or do it"),
    ("FIXME", "write it down where it will be read, or do it"),
    ("XXX", "say what is meant"),
    ("#[ignore", "a test that does not run is no test"),
    ("todo!(", "a stub is not done"),
    ("unimplemented!(", "a stub is not done"),
    ("test.skip(", "a test that does not run is no test"),
    ("test.only(", "the others would not run"),
    ("ChatGPT", "documents speak of the project alone"),
    ("Claude", "documents speak of the project alone"),
    ("Copilot", "documents speak of the project alone"),
    ("language model", "documents speak of the project alone"),
    ("AI-generated", "documents speak of the project alone"),
];

/// A file of code that is longer than the longest.
pub(super) fn length(file: &str, text: &str) -> Option<Fault> {
    let lines = text.lines().count();
    let code = file.rsplit_once('.').is_some_and(|(_, end)| CODE.contains(&end));
    (code && lines > LONGEST).then(|| Fault::new(file, format!("{lines} lines; stop at {LONGEST}")))
}

/// Words, hosts and paths that no tracked file holds.
pub(super) fn words(file: &str, text: &str) -> Vec<Fault> {
    // Corpora are bytes, not words.
    if file == SELF || file.starts_with("fuzz/corpus/") {
        return Vec::new();
    }
    let found = NEVER.iter().filter_map(|(what, why)| {
        let at = find(text, what)?;
        let line = text[..at].matches('\n').count() + 1;
        Some(Fault::new(format!("{file}:{line}"), format!("{what}: {why}")))
    });
    found.collect()
}

/// The laws of a crate's manifest.
pub(super) fn manifest(file: &str, text: &str) -> Option<Fault> {
    let inherits = text
        .split("[lints]")
        .nth(1)
        .is_some_and(|rest| rest.trim_start().starts_with("workspace = true"));
    (!inherits).then(|| {
        Fault::new(file, "does not take the workspace's lints (`[lints] workspace = true`)")
    })
}

fn find(text: &str, word: &str) -> Option<usize> {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (first, last) = (letter(word.chars().next()), letter(word.chars().last()));
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = letter(text[..*at].chars().next_back());
        let after = letter(text[at + word.len()..].chars().next());
        !(first && before || last && after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_of_code_is_a_fault_and_a_long_document_is_none() {
        let long = "x\n".repeat(LONGEST + 1);
        assert!(length("core/wire/src/lib.rs", &long).is_some());
        assert!(length("GLOSSARY.md", &long).is_none());
        assert!(length("core/wire/src/lib.rs", &"x\n".repeat(LONGEST)).is_none());
    }

    #[test]
    fn each_forbidden_word_is_found_with_its_line() {
        for (what, _) in NEVER {
            let faults = words("a.rs", &format!("one\ntwo {what} three\n"));
            assert!(faults.iter().any(|f| f.0.starts_with("a.rs:2: ")), "{what} is not found");
        }
    }

    #[test]
    fn parts_of_words_are_left_alone() {
        assert!(words("a.rs", "MASTODON let mut todo homework/s /workspace XXXL").is_empty());
    }

    #[test]
    fn a_manifest_must_take_the_lints() {
        assert!(manifest("x", "[package]\n[lints]\nworkspace = true\n").is_none());
        assert!(manifest("x", "[package]\n").is_some());
        assert!(manifest("x", "[lints.rust]\nunsafe_code = \"allow\"\n").is_some());
    }
}
