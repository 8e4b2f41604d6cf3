//! The rules that are cited by number: each is in `docs/requirements.md`, and each citation is
//! written so that it cannot be taken for a cell of a sheet or a key of a keyboard.

use super::Fault;

/// The list.
pub(super) const LIST: &str = "docs/requirements.md";

/// What a citation begins with.
const MARK: &str = "NOREN-";
/// The tables of the list.
const TABLES: &[char] = &['R', 'G', 'F'];
/// Files that write numbers as they like: this one's tests, texts of others, what is fixed.
const FREE: &[&str] = &[
    "xtask/src/tidy/numbers.rs",
    "xtask/licences/",
    // A database knows a migration by the hash of its text.
    "edge/store/migrations/",
    "fuzz/corpus/",
];
/// Languages by the ends of their files, and what begins a comment there. A document is one.
const COMMENTS: &[(&[&str], &[&str])] = &[
    (&["rs", "js", "mjs", "css"], &["//", "/*", "* "]),
    (&["toml", "py", "sh", "yml", "service", "nft"], &["#"]),
    (&["sql"], &["--"]),
    (&["html"], &["<!--", "{#"]),
];

/// The numbers of the list; one that stands there twice is a fault.
pub(super) fn listed(text: &str, faults: &mut Vec<Fault>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in text.lines() {
        let first = line.strip_prefix("| ").and_then(|rest| rest.split(' ').next());
        let Some(number) = first.and_then(|word| word.strip_prefix(MARK)) else { continue };
        if all.iter().any(|known| known == number) {
            faults.push(Fault::new(LIST, format!("{MARK}{number} stands there twice")));
        }
        all.push(number.to_owned());
    }
    if all.is_empty() {
        faults.push(Fault::new(LIST, "lists no number"));
    }
    all
}

/// Citations that are not in the list, and numbers in comments and documents that are written bare.
pub(super) fn check(file: &str, text: &str, listed: &[String]) -> Vec<Fault> {
    if FREE.iter().any(|free| file.starts_with(free)) {
        return Vec::new();
    }
    let document = file.ends_with(".md");
    let mut fenced = false;
    let mut faults = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let place = format!("{file}:{}", at + 1);
        for cited in line.split(MARK).skip(1).filter_map(number) {
            if !listed.iter().any(|known| known == cited) {
                faults.push(Fault::new(&place, format!("{MARK}{cited} is not in {LIST}")));
            }
        }
        fenced ^= document && line.trim_start().starts_with("```");
        let said = match document {
            true if fenced => "",
            true => line,
            false => comment(file, line),
        };
        for bare in bare(said).into_iter().filter(|bare| listed.iter().any(|known| known == bare)) {
            let how = format!("{bare}: {MARK}{bare} is the rule, `{bare}` a cell or a key");
            faults.push(Fault::new(&place, how));
        }
    }
    faults
}

/// A number at the beginning of a text: `R16` of `R16), in ms`.
fn number(text: &str) -> Option<&str> {
    let table = text.chars().next().filter(|c| TABLES.contains(c))?;
    let digits = text[table.len_utf8()..].bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| &text[..table.len_utf8() + digits])
}

/// The comment of a line, as far as one sees without reading the language.
fn comment<'a>(file: &str, line: &'a str) -> &'a str {
    let end = file.rsplit('.').next().unwrap_or_default();
    let Some((_, marks)) = COMMENTS.iter().find(|(ends, _)| ends.contains(&end)) else { return "" };
    let begins = |mark: &&str| {
        // Behind code a comment has a space before it; an address has none.
        let behind = |at: usize| *mark != "* " && line[..at].ends_with(' ');
        let mut found = line.match_indices(*mark).map(|(at, _)| at);
        found.find(|at| line[..*at].trim().is_empty() || behind(*at))
    };
    marks.iter().filter_map(begins).min().map_or("", |at| &line[at..])
}

/// Words that are a number of a table and stand by themselves, outside backticks.
fn bare(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for plain in text.split('`').step_by(2) {
        for (at, _) in plain.match_indices(TABLES) {
            let Some(word) = number(&plain[at..]) else { continue };
            let joined = |c: char| c.is_alphanumeric() || c == '_';
            let before = plain[..at].chars().next_back();
            let mut after = plain[at + word.len()..].chars();
            let (next, second) = (after.next(), after.next());
            // R3.10.1 is a day of 令和3年, /R3 and R3-x are parts of paths and names.
            let part_before = |c: char| joined(c) || matches!(c, '-' | '/' | '.' | '#' | '%');
            let letter = second.is_some_and(char::is_alphanumeric);
            let goes_on = letter && matches!(next, Some('.' | '-' | '/'));
            let alone = !before.is_some_and(part_before) && !next.is_some_and(joined) && !goes_on;
            if alone {
                found.push(word);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Vec<String> {
        let text = "| number |\n| NOREN-R16 | x |\n| NOREN-G2 | y |\n| NOREN-F11 | z |\n";
        listed(text, &mut Vec::new())
    }

    fn faults(file: &str, text: &str) -> Vec<String> {
        check(file, text, &list()).into_iter().map(|fault| fault.0).collect()
    }

    #[test]
    fn a_number_that_is_not_in_the_list_is_a_fault_wherever_it_stands() {
        let good = "// ends (NOREN-R16, NOREN-G2)\nlet x = 1; // NOREN-F11";
        assert!(faults("a.rs", good).is_empty());
        let found = faults("a.rs", "\nlet text = \"NOREN-R99\";");
        assert_eq!(found, ["a.rs:2: NOREN-R99 is not in docs/requirements.md"]);
        assert_eq!(faults("x.md", "See NOREN-R160.").len(), 1);
    }

    #[test]
    fn a_bare_number_in_a_comment_or_a_document_is_a_fault() {
        for text in ["/// Ends (R16).", "let x = 1; // R16", "/** In (R16), in ms. */", "//! R16"] {
            assert_eq!(faults("a.rs", text).len(), 1, "{text}");
        }
        assert_eq!(faults("a.md", "As G2 and F11 ask.").len(), 2);
        assert_eq!(faults("a.toml", "x = 1 # for R16").len(), 1);
        assert_eq!(faults("a.sql", "-- R16").len(), 1);
    }

    #[test]
    fn cells_keys_and_names_are_left_alone() {
        let code = "const R16: &str = \"R16\"; let (cell, at) = (\"G2\", \"https://x/R16\");";
        assert!(faults("a.rs", code).is_empty());
        for text in [
            "// the cell `G2` and the key `F11`",
            "// R16.10.1 is a day",
            "// TELEWORK_R16, G25, xG2, F11x, /R16",
            "// C5 and Q1",
        ] {
            assert!(faults("a.rs", text).is_empty(), "{text}");
        }
        assert!(faults("a.md", "```\nG2\n```\n").is_empty());
        assert!(faults("a.csv", "G2,R16").is_empty());
        assert!(faults("xtask/licences/README.md", "R16").is_empty());
    }

    #[test]
    fn a_list_with_one_number_twice_or_with_none_is_a_fault() {
        let mut faults = Vec::new();
        assert_eq!(listed("| NOREN-R1 | a |\n| NOREN-R1 | b |\n", &mut faults).len(), 2);
        assert_eq!(faults.len(), 1);
        listed("# Requirements\n", &mut faults);
        assert_eq!(faults.len(), 2);
    }
}
