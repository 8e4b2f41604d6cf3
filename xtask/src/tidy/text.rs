//! What no tracked file may hold, and how long it may be.

use super::Fault;

/// The longest file of code, in lines.
const LONGEST: usize = 800;

/// What counts as code for the length.
const CODE: &[&str] = &["rs", "js", "mjs", "css", "html", "py", "sh", "sql"];

/// The widest line of code, in characters.
const WIDEST: usize = 100;

/// What is held to it.
const WIDE: &[&str] = &["rs", "js", "mjs", "css", "html"];

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
    ("<<<<<<< ", "a merge that was not ended"),
    (">>>>>>> ", "a merge that was not ended"),
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

/// A line of code that is wider than a reader's window. What cannot be broken is let be: a row of a
/// table in a document of a module, a raw string, an address, a line of JavaScript or a template
/// that is one string, one tag of a template, and the name of a test.
pub(super) fn width(file: &str, text: &str) -> Vec<Fault> {
    let end = file.rsplit_once('.').map_or("", |(_, end)| end);
    if !WIDE.contains(&end) {
        return Vec::new();
    }
    let whole = |line: &str| {
        let line = line.trim();
        let string = line.starts_with(['\'', '"', '`', '/']) || line.starts_with("test(");
        match end {
            "rs" => line.starts_with("//! |") || line.contains("r#\""),
            "css" => false,
            // In a template one tag with its attributes may be wide; two may not.
            "html" => {
                string || line.match_indices('<').filter(|(at, _)| opens(line, *at)).count() < 2
            }
            _ => string && !line.starts_with("//"),
        }
    };
    let lines = text.lines().zip(1..);
    lines
        .filter(|(line, _)| line.chars().count() > WIDEST && !whole(line))
        .map(|(line, at)| {
            let columns = line.chars().count();
            Fault::new(format!("{file}:{at}"), format!("{columns} columns; stop at {WIDEST}"))
        })
        .collect()
}

/// Whether an element opens at this byte of a line.
fn opens(line: &str, at: usize) -> bool {
    line[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic())
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
    fn a_wide_line_is_a_fault_unless_it_cannot_be_broken() {
        let wide = "x".repeat(WIDEST + 1);
        let at = |file: &str, text: &str| width(file, text).len();
        for file in ["a.rs", "a.js", "a.mjs", "a.css"] {
            assert_eq!(at(file, &format!("one\n  {wide}\n")), 1, "{file}");
            assert_eq!(at(file, &wide[1..]), 0, "{file}");
        }
        assert!(width("a.rs", &format!("one\n{wide}"))[0].0.starts_with("a.rs:2: 101 columns"));
        assert_eq!(at("a.rs", &format!("//! | {wide} |")), 0);
        assert_eq!(at("a.rs", &format!("let s = r#\"{wide}\"#;")), 0);
        assert_eq!(at("a.rs", &format!("let s = \"{wide}\";")), 1);
        assert_eq!(at("a.mjs", &format!("  test('{wide}', async () => {{")), 0);
        assert_eq!(at("a.js", &format!("  '{wide}',")), 0);
        assert_eq!(at("a.js", &format!("  // {wide}")), 1);
        assert_eq!(at("a.html", &format!("<p>{wide}<b>two</b></p>")), 1);
        assert_eq!(at("a.html", &format!("<input value=\"{wide}\">")), 0);
        assert_eq!(at("a.md", &wide), 0);
        assert_eq!(at("a.rs", &"幅".repeat(WIDEST)), 0, "characters, not bytes");
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
