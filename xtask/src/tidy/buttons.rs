//! No page decides by a state what can be done: the machine says so (`possible`), and pages print
//! it. In these areas a state is named only where words, counts, mails and bundles are made.

use super::Fault;
use super::unattended::is_test;

/// An area, the words its pages do not say, and where they are said all the same.
struct Area {
    folder: &'static str,
    words: &'static [&'static str],
    known: &'static [(&'static str, &'static str)],
}

const AREAS: &[Area] = &[Area {
    folder: "web/exchange/",
    words: &["State::", "Stage::", ".editable()"],
    known: &[
        ("src/carry.rs", "what goes into a bundle"),
        ("src/lists.rs", "what lists count"),
        ("src/notices.rs", "what a step of somebody else means, for the mail"),
        ("src/tables/count.rs", "which answers are counted"),
        ("src/words.rs", "the words themselves"),
        ("src/english.rs", "a test"),
    ],
}];

/// The law over one file: its code without its tests, or its template.
pub(super) fn check(file: &str, text: &str) -> Option<Fault> {
    let area = AREAS.iter().find(|area| file.starts_with(area.folder))?;
    if is_test(file) || !(file.ends_with(".rs") || file.ends_with(".html")) {
        return None;
    }
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let word = area.words.iter().find(|word| says(own, word));
    let inside = &file[area.folder.len()..];
    match (word, area.known.iter().any(|(known, _)| *known == inside)) {
        (Some(word), false) => Some(Fault::new(
            file,
            format!(
                "`{word}`: what can be done is the machine's to say (`possible`); words and counts \
                 of states have their files, named in xtask/src/tidy/buttons.rs"
            ),
        )),
        (None, true) => Some(Fault::new(
            file,
            "names no state any more: take it off the list in xtask/src/tidy/buttons.rs",
        )),
        _ => None,
    }
}

/// Whether the word stands there by itself, and names one of several: `State::Sent`, not
/// `StaffState::Active`, nor `State::ALL`.
fn says(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + word.len()..].chars();
        let one = !word.ends_with("::")
            || after.next().is_some_and(|c| c.is_ascii_uppercase())
                && after.next().is_some_and(|c| c.is_ascii_lowercase());
        one && !(word.starts_with('S') && before.is_some_and(char::is_alphanumeric))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_decides_by_a_state_is_a_fault() {
        let page = "web/exchange/src/bodies.rs";
        assert!(check(page, "pass: state == case::State::Submitted,\n").is_some());
        assert!(check(page, "if delivery.state.editable() {\n").is_some());
        assert!(check(page, "pass: steps.has(Step::Pass),\n").is_none());
        assert!(
            check(page, "StaffState::Active; State::ALL; State(app): State<Exchange>").is_none()
        );
        let template = "web/exchange/templates/exchange/case.html";
        assert!(check(template, "{% if case.stage == Stage::Closed %}").is_some());
        assert!(check(template, "{% if steps.has(CaseStep::Publish) %}").is_none());
    }

    #[test]
    fn words_and_tests_say_what_they_want_and_the_list_is_no_longer_than_it_must_be() {
        assert!(check("web/exchange/src/words.rs", "State::Sent => \"x\"").is_none());
        assert!(check("web/exchange/src/words.rs", "nothing").is_some());
        assert!(check("web/exchange/src/tests.rs", "State::Sent").is_none());
        let own = "fn a() {}\n#[cfg(test)]\nmod tests { State::Sent }";
        assert!(check("web/exchange/src/versions.rs", own).is_none());
        assert!(check("core/exchange/src/case/possible.rs", "State::Sent").is_none());
    }
}
