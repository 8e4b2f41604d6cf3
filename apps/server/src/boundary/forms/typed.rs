//! What was typed survives every refusal: every form that people can reach is filled in, and sent
//! again and again with something missing or out of order. Whatever is refused comes back with
//! everything that was typed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::pages::settled;
use super::route_of;
use crate::boundary::country::begun;
use crate::testing::{Browser, HOME, Reply, Town};
use web_town::forms::{Field, fields};

/// Secrets are typed anew, and these pages are nobody's who is signed in.
const SECRET: [&str; 1] = ["password"];
/// What ends the walk's own sign-in, or asks for factors that it does not have.
const LEFT_OUT: [&str; 3] = ["/sign-out", "/language", "/prove"];
/// What stands only beside a cause that the work has; another work has another list.
const BESIDE: &str = "removed-";
/// Pages of one kind that are looked at: a list leads to many alike.
const OF_A_KIND: usize = 2;

/// A form as it is sent: what a person fills in, and what goes along.
#[derive(Clone)]
struct Filled {
    action: String,
    fields: Vec<Field>,
}

impl Filled {
    fn sends(field: &Field) -> bool {
        !matches!(field.kind.as_str(), "checkbox" | "radio" | "button") || field.ticked
    }

    async fn send(&self, browser: &mut Browser) -> Reply {
        let csrf = browser.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        let sent = self.fields.iter().filter(|field| field.name != "csrf" && Self::sends(field));
        all.extend(sent.map(|field| (field.name.as_str(), field.value.as_str())));
        browser.post_raw(&self.action, &all, Some(crate::testing::ORIGIN)).await
    }

    /// Fields in which a refusal lost what was sent.
    fn lost(&self, reply: &Reply) -> Vec<String> {
        let typed = |field: &&Field| {
            !matches!(field.kind.as_str(), "hidden" | "button")
                && !field.value.trim().is_empty()
                && !field.name.starts_with(BESIDE)
                && !SECRET.contains(&field.kind.as_str())
        };
        let again = fields(reply.text());
        let held = |form: &Vec<Field>| {
            let holds = |one: &&Field| form.iter().any(|other| same(one, other));
            self.fields.iter().filter(typed).filter(holds).count()
        };
        let best = again
            .iter()
            .filter(|(action, _)| *action == self.action)
            .map(|(_, form)| form)
            .max_by_key(|form| held(form));
        let Some(form) = best else { return vec!["the form".to_owned()] };
        let gone = |field: &&Field| !form.iter().any(|other| same(field, other));
        let names = self.fields.iter().filter(typed).filter(gone);
        names.map(|field| format!("{}={}", field.name, field.value)).collect()
    }
}

fn same(one: &Field, other: &Field) -> bool {
    let boxes = matches!(one.kind.as_str(), "checkbox" | "radio");
    one.name == other.name
        && one.value.trim() == other.value.trim()
        && (!boxes || one.ticked == other.ticked)
}

/// A form with something in every field.
fn filled(action: &str, form: &[Field]) -> Filled {
    let mut fields = form.to_vec();
    let mut days = 0;
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    for (at, field) in fields.iter_mut().enumerate() {
        match field.kind.as_str() {
            "text" | "textarea" | "search" | "email" | "tel" | "url" => {
                field.value = format!("記入{at}");
            }
            "number" if field.value.is_empty() => field.value = "3".to_owned(),
            "date" => {
                days += 1;
                field.value = format!("2026-10-{:02}", 4 + days);
            }
            "time" => field.value = format!("{:02}:30", 8 + at % 10),
            "month" => field.value = "2026-10".to_owned(),
            "checkbox" => field.ticked = true,
            "radio" => {
                field.ticked = false;
                last.insert(field.name.clone(), at);
            }
            "select" => {
                if let Some(option) = field.options.last() {
                    field.value.clone_from(option);
                }
            }
            _ => {}
        }
    }
    for at in last.into_values() {
        fields[at].ticked = true;
    }
    Filled { action: action.to_owned(), fields }
}

/// The same with one thing wrong at a time: empty, not ticked, out of order.
fn spoilt(form: &Filled) -> Vec<Filled> {
    let mut all = vec![form.clone()];
    for at in 0..form.fields.len() {
        let mut one = form.clone();
        let field = &mut one.fields[at];
        match field.kind.as_str() {
            // What a browser asks for itself; blanks it lets through.
            "text" | "textarea" if field.required => field.value = " ".to_owned(),
            "number" | "email" | "time" | "month" if field.required => continue,
            "text" | "textarea" | "email" | "number" | "time" | "month" => field.value.clear(),
            "date" => {
                let mut early = form.clone();
                early.fields[at].value = "2020-01-01".to_owned();
                all.push(early);
                if field.required {
                    continue;
                }
                field.value.clear();
            }
            "checkbox" => field.ticked = false,
            "select" => {
                let Some(first) = field.options.first() else { continue };
                field.value.clone_from(first);
            }
            _ => continue,
        }
        all.push(one);
    }
    all
}

/// With each of its buttons, or none.
fn pressed(form: Filled) -> Vec<Filled> {
    let buttons: Vec<usize> =
        (0..form.fields.len()).filter(|at| form.fields[*at].kind == "button").collect();
    let press = |at: &usize| {
        let mut one = form.clone();
        one.fields[*at].ticked = true;
        one
    };
    if buttons.is_empty() { vec![form] } else { buttons.iter().map(press).collect() }
}

/// Pages somebody comes to by the links of other pages, with their forms.
async fn forms_of(browser: &mut Browser) -> Vec<(String, Vec<Field>)> {
    let mut todo = VecDeque::from(["/".to_owned(), "/account".to_owned()]);
    let (mut seen, mut kinds, mut known) =
        (BTreeSet::new(), BTreeMap::<String, usize>::new(), BTreeSet::new());
    let mut found = Vec::new();
    while let Some(path) = todo.pop_front() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let mut reply = browser.get(&path).await;
        if reply.status.is_redirection() {
            let to = reply.location().to_owned();
            reply = browser.get(&to).await;
        }
        let html = reply
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("text/html")));
        if !html {
            continue;
        }
        for (action, form) in fields(reply.text()) {
            let names: Vec<&str> = form.iter().map(|field| field.name.as_str()).collect();
            let typed =
                form.iter().any(|field| !matches!(field.kind.as_str(), "hidden" | "button"));
            let mine = !LEFT_OUT.contains(&action.as_str());
            if typed && mine && known.insert(format!("{} {names:?}", route_of(&action))) {
                found.push((action, form));
            }
        }
        for link in reply.text().split("href=\"/").skip(1) {
            let link = link.split('"').next().unwrap_or_default().replace("&#38;", "&");
            let link = format!("/{}", link.replace("&amp;", "&"));
            let plain = link.split('#').next().unwrap_or_default().to_owned();
            let kind = kind_of(plain.split('?').next().unwrap_or_default());
            let file = ["/static/", "/viewer/", "/session/", "/api/"];
            if file.iter().any(|start| plain.starts_with(start)) {
                continue;
            }
            let count = kinds.entry(kind).or_default();
            *count += 1;
            if *count <= OF_A_KIND {
                todo.push_back(plain);
            }
        }
    }
    found
}

/// An address without what names one thing of many.
fn kind_of(path: &str) -> String {
    let part = |part: &str| {
        let id = part.len() > 3 && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        if id { "*".to_owned() } else { part.to_owned() }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// What was lost where, for one person, and the actions that refused something.
async fn walk(
    town: &Town,
    (body, login): (&str, &str),
    lost: &mut BTreeSet<String>,
    refused: &mut BTreeSet<&'static str>,
) {
    let mut browser = town.sign_in_to(body, login).await;
    for (action, form) in forms_of(&mut browser).await {
        for sheet in pressed(filled(&action, &form)).iter().flat_map(spoilt) {
            let reply = sheet.send(&mut browser).await;
            let status = reply.status.as_u16();
            if browser.get("/account").await.status.is_redirection() {
                browser = town.sign_in_to(body, login).await;
            }
            // Done, or the thing is not there any more; what asks for the factors keeps the form.
            if matches!(status, 200..=399 | 403 | 404 | 429) {
                continue;
            }
            // What was settled meanwhile has no form any more: nothing can be done with the words.
            let settled = status == 409 && !reply.text().contains(&format!("\"{action}\""));
            if settled {
                continue;
            }
            refused.insert(route_of(&action));
            for name in sheet.lost(&reply) {
                lost.insert(format!("{login} {status} {}: {name}", route_of(&action)));
            }
        }
    }
}

#[tokio::test]
async fn what_was_typed_survives_every_refusal() {
    let (mut lost, mut refused) = (BTreeSet::new(), BTreeSet::new());
    let (town, _) = settled().await;
    for login in ["staff1", "superior1", "hr1", "it1"] {
        walk(&town, (HOME, login), &mut lost, &mut refused).await;
    }
    let list: Vec<_> = lost.iter().collect();
    assert!(lost.is_empty(), "{list:#?}");
    // The walk comes to the forms it is for.
    for path in ["/telework/requests", "/admin/staff", "/admin/telework", "/admin/divisions"] {
        assert!(refused.contains(path), "{path} refused nothing: {refused:?}");
    }
}

#[tokio::test]
async fn what_was_typed_into_the_exchange_survives_every_refusal() {
    let (mut lost, mut refused) = (BTreeSet::new(), BTreeSet::new());
    let town = begun().await;
    for body in [crate::boundary::country::TOWN, crate::boundary::country::PREFECTURE, "000019"] {
        walk(&town, (body, "desk1"), &mut lost, &mut refused).await;
    }
    let list: Vec<_> = lost.iter().collect();
    assert!(lost.is_empty(), "{list:#?}");
    assert!(!refused.is_empty(), "{refused:?}");
}
