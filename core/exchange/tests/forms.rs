//! The checker names line and column of every fault of a form file.

#![allow(clippy::unwrap_used)]

use exchange::form::{Form, shipped};
use proptest::prelude::*;

/// Faults of the shipped form after one replacement, as `line of the replacement:column: what`,
/// lines counted from there.
fn faults_after(from: &str, to: &str) -> Vec<String> {
    let source = shipped::TELEWORK_R3;
    assert!(source.contains(from), "{from:?} is not in the form");
    let line = source[..source.find(from).unwrap()].matches('\n').count() + 1;
    let changed = source.replacen(from, to, 1);
    match Form::read(&changed) {
        Ok(_) => Vec::new(),
        Err(faults) => faults
            .iter()
            .map(|f| format!("+{}:{}: {}", f.line as i64 - line as i64, f.column, f.what))
            .collect(),
    }
}

#[test]
fn the_shipped_forms_have_no_faults_and_name_each_other() {
    let forms: Vec<Form> = shipped::ALL.iter().map(|source| Form::read(source).unwrap()).collect();
    assert_eq!(forms[0].previous.as_ref(), Some(&forms[1].name.version));
    assert_eq!(forms[0].name.id, forms[1].name.id);
    assert_eq!(forms[0].questions.len(), 10);
    assert_eq!(
        forms[0].tables.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(),
        ["導入状況", "形態", "実施可能", "利用率", "非常勤", "理由"]
    );
}

#[test]
fn each_fault_is_named_with_its_place() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str)] = &[
        ("language = 1", "language = 2", "+0:12: language 2 is not supported"),
        ("required = true", "requierd = true", "+0:1: unknown key `requierd`"),
        ("required = true", "required = 1", "+0:12: `required` must be true or false"),
        ("kind = \"number\"", "kind = \"numbre\"", "+0:8: unknown kind `numbre`"),
        ("id = \"adoption\"", "id = \"staff\"", "-1:1: `staff` stands twice"),
        ("id = \"adoption\"", "id = \"Adoption\"", "+0:6: `id` is not usable: identifiers are a-z, \
            0-9 and _"),
        ("max = 500000", "max = 0", "+0:7: the range is empty"),
        ("max = 500000", "max = 1.5", "+0:7: `max` must be a whole number of usual size"),
        ("when = \"introduced\"", "when = \"introducing\"", "+0:8: there is no set `introducing`"),
        ("when = { question = \"adoption\", any_of = [\"none\"] }",
            "when = { question = \"adopted\", any_of = [\"none\"] }",
            "+0:21: there is no question `adopted`"),
        ("when = { question = \"adoption\", any_of = [\"none\"] }",
            "when = { question = \"adoption\", any_of = [\"なし\"] }",
            "+0:43: there is no choice `なし`"),
        ("when = { question = \"adoption\", any_of = [\"none\"] }",
            "when = { question = \"staff\", any_of = [\"none\"] }",
            "+0:21: question `staff` is of the wrong kind here"),
        ("value = \"able\"", "value = \"abel\"", "+0:9: there is no question `abel`"),
        ("value = \"able\"", "value = \"able +\"", "+0:9: \"\" is neither a number, a question nor \
            a cell (question.row.column)"),
        ("value = \"able\"", "value = \"adoption\"", "+0:9: question `adoption` is of the wrong \
            kind here"),
        ("that = \"excluded <= staff\"", "that = \"excluded staff\"", "+0:8: no comparison (=, <=, \
            >=, <, >)"),
        ("types = [\"指定都市\"]", "types = [\"政令市\"]", "+0:10: there is no type of body `政令市`"),
        ("class = { question = \"staff\", min = 301 }",
            "class = { question = \"forms\", min = 301 }",
            "+0:22: question `forms` is of the wrong kind here"),
        ("rows = [\"合計\"]", "rows = [\"総計\"]", "+0:9: there is no row `総計`"),
        ("of = \"able_share\"", "of = \"able\"", "+0:6: question `able` is of the wrong kind here"),
        ("from = 30, below = 50", "from = 20, below = 50", "+0:3: bands overlap"),
        ("from = 30, below = 50", "from = 40, below = 50", "+0:3: there is a hole before this \
            band"),
        ("blank = \"unknown\"", "blank = \"zero\"", "+0:9: `blank` is not usable: only \
            \"unknown\", and only where unknown = true"),
        ("as_of = \"2021-10-01\"", "as_of = \"2021-10-32\"", "+0:9: `as_of` must be a day as \
            \"2021-10-01\""),
        ("title = \"地方公共団体におけるテレワークの取組状況調査\"", "title = \"\"", "+0:9: `title` is not usable: it is \
            empty"),
    ];
    for (from, to, fault) in cases {
        let found = faults_after(from, to);
        assert!(
            found
                .iter()
                .any(|f| f.strip_prefix("+-").map_or(f.clone(), |f| format!("-{f}")) == *fault),
            "{to:?}: {fault:?} not in {found:#?}"
        );
    }
}

#[test]
fn several_faults_are_named_at_once_in_order() {
    let source = shipped::TELEWORK_R3.replace("kind = \"number\"", "kind = \"nummer\"");
    let faults = Form::read(&source).unwrap_err();
    assert!(faults.len() >= 4);
    assert!(
        faults
            .windows(2)
            .all(|pair| (pair[0].line, pair[0].column) <= (pair[1].line, pair[1].column))
    );
}

#[test]
fn routing_goes_forward_only() {
    let source = r#"
[form]
language = 1
id = "loop"
version = "1"
title = "t"
as_of = "2021-10-01"

[[question]]
id = "a"
label = "A"
kind = "one-of"
choices = [{ id = "y", label = "はい" }]
when = { question = "b", any_of = ["y"] }

[[question]]
id = "b"
label = "B"
kind = "one-of"
choices = [{ id = "y", label = "はい" }]
when = { question = "a", any_of = ["y"] }
"#;
    let faults = Form::read(source).unwrap_err();
    assert_eq!(
        faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["14:21: question `b` is not asked before this one"]
    );
}

#[test]
fn syntax_faults_and_oversized_files_are_named() {
    let faults = Form::read("[form]\nid = \n").unwrap_err();
    assert_eq!(faults[0].line, 2, "{faults:?}");
    assert!(Form::read(&"#".repeat(300_000)).unwrap_err()[0].to_string().contains("too large"));
    let deep = format!("x = {}1{}", "[".repeat(5000), "]".repeat(5000));
    assert!(Form::read(&deep).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = Form::read(&text);
    }

    /// A form file with a piece cut out or doubled is read or refused, never a panic, and refused
    /// faults lie in the file.
    #[test]
    fn no_damaged_form_panics(at in 0usize..4000, length in 0usize..40, double: bool) {
        let lines: Vec<&str> = shipped::TELEWORK_R3.lines().collect();
        let (at, end) = (at % lines.len(), (at % lines.len() + length).min(lines.len()));
        let mut changed: Vec<&str> = lines[..at].to_vec();
        if double {
            changed.extend(&lines[at..end]);
            changed.extend(&lines[at..end]);
        }
        changed.extend(&lines[end..]);
        if let Err(faults) = Form::read(&changed.join("\n")) {
            prop_assert!(!faults.is_empty());
            prop_assert!(
                faults.iter().all(|f| f.line >= 1 && f.line <= changed.len() + 1 && f.column >= 1));
        }
    }
}
