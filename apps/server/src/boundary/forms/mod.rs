//! No lost update: every action is in `posts.txt` with what keeps it from writing over what
//! somebody else changed, and of each that takes what was seen one is sent that comes too late: it
//! is refused, nothing is written, what was typed stays.

mod calls;
mod exchange;
mod exchange_calls;
mod pages;
mod typed;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;

use super::neighbours::rows_of;
use crate::routes::listed as routes;
use crate::testing::{Browser, Reply, Town};
use kit::http::Method;
use web_town::forms::{Sheet, sheets};

/// The actions and their kinds.
const POSTS: &str = include_str!("../posts.txt");
const KINDS: [&str; 4] = ["seen", "new", "act", "import"];
/// What one who types may have kept for herself where what she sent was refused.
const DRAFTS: [&str; 1] = ["exchange_drafts"];

fn listed() -> Vec<(&'static str, &'static str)> {
    let lines = POSTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').map(|(kind, path)| (kind, path.trim())).unwrap())
        .collect()
}

/// Those that take what was seen, below an address.
fn taking(below: impl Fn(&str) -> bool) -> BTreeSet<&'static str> {
    listed()
        .into_iter()
        .filter(|(kind, path)| *kind == "seen" && below(path))
        .map(|(_, path)| path)
        .collect()
}

#[test]
fn every_action_is_listed_with_what_keeps_it_from_writing_over_the_unseen() {
    let list = listed();
    let odd: Vec<_> = list.iter().filter(|(kind, _)| !KINDS.contains(kind)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let there: BTreeSet<&str> = routes()
        .iter()
        .filter(|route| route.method == Method::Post)
        .map(|route| route.path)
        .collect();
    let paths: BTreeSet<&str> = list.iter().map(|(_, path)| *path).collect();
    assert_eq!(paths.len(), list.len(), "each once");
    let unlisted: Vec<_> = there.difference(&paths).collect();
    assert!(unlisted.is_empty(), "in boundary/posts.txt nobody says what these take: {unlisted:?}");
    let gone: Vec<_> = paths.difference(&there).collect();
    assert!(gone.is_empty(), "in boundary/posts.txt, and no action: {gone:?}");
    // The four tests beside this one are held to all of them.
    let parts =
        [pages::mine as fn(&str) -> bool, exchange::mine, calls::mine, exchange_calls::mine];
    let unheld: Vec<_> =
        taking(|path| parts.iter().filter(|mine| mine(path)).count() != 1).into_iter().collect();
    assert!(unheld.is_empty(), "{unheld:?}");
}

/// The action an address is of.
fn route_of(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap();
    let fits = |known: &str| {
        known.split('/').count() == path.split('/').count()
            && known
                .split('/')
                .zip(path.split('/'))
                .all(|(one, other)| one == other || one.starts_with('{'))
    };
    // What is said in full comes before a place for anything.
    let mut known: Vec<&str> = routes()
        .iter()
        .filter(|route| route.method == Method::Post)
        .map(|route| route.path)
        .collect();
    known.sort_by_key(|path| path.matches('{').count());
    known.into_iter().find(|known| fits(known)).unwrap_or_else(|| panic!("{path} is no action"))
}

/// Everything that is kept, but for drafts.
async fn kept(town: &Town) -> BTreeMap<String, Vec<String>> {
    let mut rows = rows_of(town, None).await;
    rows.retain(|table, _| !DRAFTS.contains(&table.as_str()));
    rows
}

async fn unchanged(town: &Town, before: BTreeMap<String, Vec<String>>, path: &str) {
    for (table, after) in kept(town).await {
        assert_eq!(before[&table], after, "{path} wrote into {table}");
    }
}

/// The form on a page that goes to `path` and has this field, or a button's name.
async fn form(browser: &mut Browser, page: &str, path: &str, field: &str) -> Sheet {
    let all = browser.sheets(page, path).await;
    let found = all.iter().find(|sheet| sheet.value(field).is_some()).or(all.first());
    found.unwrap_or_else(|| panic!("{page} has no form to {path}")).clone()
}

/// Sends a form that comes too late, with `typed` in one of its fields: the page that answers, and
/// its form with what was typed, if the thing can still be changed.
async fn late(
    town: &Town,
    browser: &mut Browser,
    sheet: &Sheet,
    typed: &str,
) -> (Reply, Option<Sheet>) {
    let before = kept(town).await;
    let reply = browser.submit(sheet).await;
    let path = &sheet.action;
    assert_eq!(reply.status, StatusCode::CONFLICT, "{path}: {}", reply.text());
    unchanged(town, before, path).await;
    let said = ["ほかの方", "画面を開いたあとに"].iter().any(|words| reply.text().contains(words));
    assert!(said && reply.text().contains("role=\"alert\""), "{path}: {}", reply.text());
    assert!(
        typed.is_empty() || reply.text().contains(typed),
        "{path}: what was typed is gone: {}",
        reply.text()
    );
    let holds = |again: &Sheet| {
        typed.is_empty() || again.fields.iter().any(|(_, value)| value.contains(typed))
    };
    let again =
        sheets(reply.text()).into_iter().find(|again| again.action == *path && holds(again));
    (reply, again)
}
