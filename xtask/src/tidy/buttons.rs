//! What can be done is said once, by the machine (`possible`), and pages print it. A page or call
//! that asks for a state decides a button by itself, and drifts from what the machine then refuses.
//! In these areas a state is named only where words, counts, mails and bundles are made.

use super::Fault;
use super::unattended::is_test;

/// An area, the words its pages do not say, and where they are said all the same.
struct Area {
    folder: &'static str,
    words: &'static [&'static str],
    known: &'static [(&'static str, &'static str)],
}

const AREAS: &[Area] = &[
    Area {
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
    },
    Area {
        folder: "web/telework/",
        words: &["State::", "TakeoutState::"],
        known: &[
            ("src/words.rs", "the words themselves"),
            ("src/notices.rs", "what a decision means, for the mail"),
            ("src/takeouts/words.rs", "the words themselves"),
        ],
    },
];

/// The law over one file: its code without its tests, or its template.
pub(super) fn check(file: &str, text: &str) -> Option<Fault> {
    let area = AREAS.iter().find(|area| file.starts_with(area.folder))?;
    if is_test(file) || !(file.ends_with(".rs") || file.ends_with(".html")) {
        return None;
    }
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = own.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let said = lines
        .filter_map(|(at, line)| Some((at + 1, area.words.iter().find(|word| says(line, word))?)))
        .next();
    let inside = &file[area.folder.len()..];
    match (said, area.known.iter().any(|(known, _)| *known == inside)) {
        (Some((line, word)), false) => Some(Fault::new(
            format!("{file}:{line}"),
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
fn says(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let mut after = line[at + word.len()..].chars();
        let one = !word.ends_with("::")
            || after.next().is_some_and(|c| c.is_ascii_uppercase())
                && after.next().is_some_and(|c| c.is_ascii_lowercase());
        one && (word.starts_with('.') || !before.is_some_and(char::is_alphanumeric))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_decides_by_a_state_is_a_fault() {
        let faulty = [
            ("web/exchange/src/bodies.rs", "pass: state == case::State::Submitted,"),
            ("web/exchange/src/bodies.rs", "if delivery.state.editable() {"),
            ("web/exchange/templates/exchange/case.html", "{% if case.stage == Stage::Closed %}"),
            ("web/telework/src/own/page.rs", "resubmit: request.state == State::Returned,"),
            ("web/telework/src/own/page.rs", "permitted: is(TakeoutState::Permitted { .. }),"),
            ("web/telework/src/own/page.rs", "request::State::Approved => true,"),
        ];
        for (page, line) in faulty {
            let fault = check(page, &format!("fn line() {{\n    {line}\n}}\n")).unwrap();
            assert!(fault.0.starts_with(&format!("{page}:2: ")), "{line}: {fault:?}");
        }
        let good = [
            ("web/exchange/src/bodies.rs", "pass: steps.has(Step::Pass),"),
            ("web/exchange/src/bodies.rs", "StaffState::Active; State::ALL; State(app): State<X>"),
            ("web/exchange/templates/exchange/case.html", "{% if steps.has(CaseStep::Publish) %}"),
            ("web/telework/src/own/page.rs", "resubmit: possible.contains(&Action::Resubmit),"),
            ("web/telework/src/own/page.rs", "LoanState::Returned => \"returned\","),
            ("web/telework/src/own/page.rs", "// as `State::Approved` is\n"),
            ("core/exchange/src/case/possible.rs", "State::Sent"),
        ];
        for (page, line) in good {
            assert_eq!(check(page, line), None, "{line}");
        }
    }

    #[test]
    fn words_and_tests_say_what_they_want_and_the_list_is_no_longer_than_it_must_be() {
        for words in ["web/exchange/src/words.rs", "web/telework/src/words.rs"] {
            assert!(check(words, "State::Sent => \"x\"").is_none());
            assert!(check(words, "nothing").is_some());
        }
        assert!(check("web/exchange/src/tests.rs", "State::Sent").is_none());
        assert!(check("web/telework/src/tests/pay.rs", "State::Approved").is_none());
        let own = "fn a() {}\n#[cfg(test)]\nmod tests { State::Sent }";
        assert!(check("web/exchange/src/versions.rs", own).is_none());
    }
}
