//! What can be done is said once, by the machine (`possible`): a page or call that asks a thing for
//! its state decides a button by itself, and drifts from what the machine then refuses.

use super::Fault;
use super::unattended::is_test;

/// Areas under this law, each with the files that put states into words.
const AREAS: &[(&str, &[&str])] =
    &[("web/telework/src/", &["words.rs", "notices.rs", "requests/words.rs", "takeouts/words.rs"])];

/// States of the machines of telework: of a request, and of a takeout.
const STATES: &[&str] =
    &["Requested", "Approved", "Returned", "Refused", "Cancelled", "Permitted", "Settled"];

/// The law over one file.
pub(super) fn check(file: &str, text: &str) -> Vec<Fault> {
    let area = AREAS.iter().find_map(|(area, words)| Some((file.strip_prefix(area)?, words)));
    let Some((inside, words)) = area else { return Vec::new() };
    if !file.ends_with(".rs") || is_test(file) || words.contains(&inside) {
        return Vec::new();
    }
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = own.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines
        .filter_map(|(at, line)| {
            let state = STATES.iter().find(|state| asks(line, state))?;
            let why = format!("`State::{state}`: ask the machine what is `possible`");
            Some(Fault::new(format!("{file}:{}", at + 1), why))
        })
        .collect()
}

/// Whether a line asks for this state of a machine; other enums are named otherwise.
fn asks(line: &str, state: &str) -> bool {
    let named = format!("State::{state}");
    line.match_indices(&named).any(|(at, _)| {
        let before = &line[..at];
        before.ends_with("Takeout") || !before.ends_with(|c: char| c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_of_telework_decides_a_button_by_state() {
        let page = "web/telework/src/own/page.rs";
        for line in [
            "resubmit: request.state == State::Returned,",
            "permitted: matches!(takeout.state, TakeoutState::Permitted { .. }),",
            "request::State::Approved => true,",
        ] {
            let text = format!("fn line() {{\n    {line}\n}}\n");
            let faults = check(page, &text);
            assert_eq!(faults.len(), 1, "{line}");
            assert!(faults[0].0.starts_with("web/telework/src/own/page.rs:2: "), "{faults:?}");
            assert_eq!(check("web/telework/src/words.rs", &text), [], "words name a state");
            assert_eq!(check("web/telework/src/tests/pay.rs", &text), []);
            assert_eq!(check(page, &format!("#[cfg(test)]\nmod tests {{\n{text}}}\n")), []);
        }
        for good in [
            "use axum::extract::State;\nresubmit: possible.contains(&Action::Resubmit),",
            "LoanState::Returned => \"returned\",",
        ] {
            assert_eq!(check(page, good), [], "{good}");
        }
    }
}
