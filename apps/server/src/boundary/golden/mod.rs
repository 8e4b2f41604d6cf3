//! What the whole server shows, held as files in `tests/golden/`: a move of code changes none of
//! them, and a change of behaviour is read there by whoever reviews it.
//!
//! A file that is meant to change is written anew by a person, and its difference is read:
//! `NOREN_GOLDEN=write cargo test -p server --lib golden`.

mod difference;
mod routes;
mod titles;

use std::path::Path;

use crate::document::document;

/// What makes the tests write the files instead of comparing with them.
const RENEW: &str = "NOREN_GOLDEN";
/// Most lines of a difference that are shown.
const SHOWN: usize = 80;

/// Compares with the file, or writes it where a person asks for that.
#[track_caller]
fn same(name: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os(RENEW).is_some_and(|word| word == "write") {
        std::fs::write(&path, now).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let lines = difference::lines(&kept, now);
    let shown = lines.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(
        lines.is_empty(),
        "{} lines differ from tests/golden/{name} (- as kept, + as it is now):\n{shown}\n\
         If that is meant: {RENEW}=write cargo test -p server --lib golden, and commit the file.",
        lines.len(),
    );
}

#[test]
fn the_document_of_the_api_is_the_file() {
    let mut document = serde_json::to_value(document()).unwrap();
    // Keys in order, whatever a library's features make of a map.
    document.sort_all_objects();
    let text = serde_json::to_string_pretty(&document).unwrap();
    same("openapi.json", &(text + "\n"));
}
