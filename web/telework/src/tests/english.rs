//! The pages in English: whatever the product says there is English; what people wrote stays as
//! they wrote it.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use telework::inventory::RuleSet;

use super::super::month;
use super::months::{hours, last_month, order, some_day};
use super::{DIVISION, pick, register, requests, rules, today, town};
use crate::testing::{Browser, HOME, Town};
use kit::http::{Access, Method};

/// A town in which everything people wrote is in Latin letters, with something on every page.
async fn written() -> (Town, Vec<String>) {
    let town = town().await;
    let body = HOME.parse().unwrap();
    let mut tx = town.app.write_unattended(body).await.unwrap();
    for mut one in store::staff::all(&mut tx, body).await.unwrap() {
        one.name = format!("Person {}", one.login).parse().unwrap();
        assert!(store::staff::change(&mut tx, &one).await.unwrap());
    }
    for mut one in store::divisions::all(&mut tx, body).await.unwrap() {
        one.name = format!("Division {}", one.code).parse().unwrap();
        assert!(store::divisions::change(&mut tx, &one).await.unwrap());
    }
    tx.keep(()).await.unwrap();
    rules(
        &town,
        &[("form-satellite", "yes"), ("places", "Station"), (&format!("least-{DIVISION}"), "2")],
    )
    .await;
    let person = town.person(HOME, "staff1").await;
    // Last month differs, this one has days in every state.
    let of = last_month(&town);
    order(&town, &person, some_day(of), telework::rules::Form::Home, hours()).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    let mut day = today(&town);
    for _ in 0..3 {
        day = telework::time::Calendar::default().next_working(day);
        ask_in_latin(&mut staff, &day.to_string()).await;
    }
    let rows = requests(&town).await;
    let mut superior = town.sign_in("superior1").await;
    let waiting: Vec<_> = rows
        .iter()
        .filter(|row| row.request.state == telework::request::State::Requested)
        .collect();
    for (row, act) in waiting.iter().zip(["approve", "return"]) {
        let fields = [
            ("pick", pick(row)),
            ("act", act.to_owned()),
            ("why", "Please name the work".to_owned()),
        ];
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(
            superior.post("/telework/approvals", &fields).await.status,
            StatusCode::SEE_OTHER
        );
    }
    staff.post("/telework/clock", &[("mark", "start")]).await;
    staff.post("/telework/report", &[("report", "Minutes written")]).await;
    let taken =
        [("what", "Minutes"), ("why", "To write"), ("from", "2026-09-25"), ("until", "2026-09-26")];
    assert_eq!(staff.post("/telework/takeouts", &taken).await.status, StatusCode::SEE_OTHER);
    let mut hr = town.sign_in("hr1").await;
    let leave = [("from", "2026-10-01"), ("to", "2026-10-02"), ("note", "Course")];
    let path = format!("/admin/telework/people/{}/leave", person.id);
    assert_eq!(hr.post(&path, &leave).await.status, StatusCode::SEE_OTHER);
    let storm = [("division", ""), ("day", ""), ("until", "2026-09-25"), ("why", "Storm")];
    assert_eq!(hr.post("/admin/telework/emergency", &storm).await.status, StatusCode::SEE_OTHER);
    let period = [("first", "2026-08"), ("months", "3"), ("pick", &person.id.to_string())];
    assert_eq!(hr.post("/admin/telework/allowance", &period).await.status, StatusCode::SEE_OTHER);
    let mut it = town.sign_in("it1").await;
    let loan = [
        ("item", "pc"),
        ("number", "PC-12"),
        ("login", "staff1"),
        ("from", "2026-09-01"),
        ("until", "2027-03-31"),
    ];
    let lent = it.post("/admin/loans/new", &loan).await;
    let loan = lent.location().split('?').next().unwrap().to_owned();
    for (name, zone) in [("Budget", "lgwan"), ("Registry", "mynumber")] {
        let division = DIVISION.to_string();
        let work = [
            ("division", division.as_str()),
            ("name", name),
            ("hours", "100"),
            ("frequency", "monthly"),
            ("information", "internal"),
            ("zone", zone),
            ("approval", "paper"),
        ];
        assert_eq!(superior.post("/telework/works/new", &work).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(
        superior
            .post("/telework/works/1/staff", &[("login", "staff1"), ("hours", "50")])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    let month = month::key(of);
    let mut more: Vec<String> = vec![
        format!("/telework/month?month={month}"),
        format!("/telework/people/{}?month={month}", person.id),
        format!("/admin/telework/people/{}", person.id),
        format!("/admin/telework/people/{}/month?month={month}", person.id),
        format!("/admin/telework/close?month={month}&all=yes"),
        "/telework/team?view=month".into(),
        "/telework/team?view=day".into(),
        format!("/telework/team?view=day&division={DIVISION}"),
        format!("/telework/team?division={DIVISION}"),
        "/telework/works/1".into(),
        "/telework/works/2".into(),
        "/telework/works/rules/paper".into(),
        "/admin/loans?state=all".into(),
        loan,
    ];
    for code in crate::survey_answers::QUESTIONS {
        more.push(format!("/telework/survey/{code}?from=2026-04-01&to=2026-09-30"));
    }
    (town, more)
}

async fn ask_in_latin(browser: &mut Browser, day: &str) {
    let fields = [
        ("day", day),
        ("form", "satellite"),
        ("place", "Station"),
        ("unit", "day"),
        ("note", "Quiet work"),
    ];
    let reply = browser.post("/telework/requests", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}

/// What a page says: its text, and the attributes that are read out or shown.
fn said(html: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push(rest[..at].trim().to_owned());
        let Some(end) = rest[at..].find('>') else { break };
        let tag = &rest[at..at + end];
        for name in ["aria-label=\"", "title=\"", "placeholder=\"", "alt=\"", "data-label=\""] {
            if let Some((_, value)) = tag.split_once(name) {
                out.push(value.split('"').next().unwrap_or_default().to_owned());
            }
        }
        rest = &rest[at + end + 1..];
    }
    out.push(rest.trim().to_owned());
    out.retain(|text| !text.is_empty());
    out
}

fn japanese(c: char) -> bool {
    matches!(
        c, '\u{3001}' | '\u{3002}' | '\u{300c}' | '\u{300d}' | '\u{3040}'..='\u{30ff}'
            | '\u{4e00}'..='\u{9fff}' | '\u{ff08}' | '\u{ff09}' | '\u{ff1a}')
}

#[tokio::test]
async fn every_page_of_telework_is_english_when_english_is_chosen() {
    let (town, more) = written().await;
    // Shipped as the body's own data, to be changed by the body: rules of judgement. And names: of
    // the body, of the other language.
    let shipped = RuleSet::shipped().unwrap().rules.into_iter();
    let mut data: Vec<String> =
        shipped.flat_map(|rule| [Some(rule.name), rule.reason, rule.remedy]).flatten().collect();
    data.push("日本語".to_owned());
    data.push(people::Bodies::default().full_name(HOME.parse().unwrap()).into_owned());
    data.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let pages = crate::routes()
        .into_iter()
        .map(|route| route.listed())
        .filter(|route| route.method == Method::Get && !route.path.contains('{'));
    let pages = pages.filter(|route| !matches!(route.access, Access::Api(_) | Access::Machine));
    let pages = pages.map(|route| route.path.to_owned());
    let below = |path: &String| {
        ["/telework", "/admin/telework", "/admin/loans"].iter().any(|start| path.starts_with(start))
    };
    let pages: Vec<String> =
        pages.filter(below).chain(more).filter(|path| !path.ends_with(".xlsx")).collect();
    let mut met = BTreeSet::new();
    let mut found = BTreeSet::new();
    for login in ["staff1", "superior1", "hr1", "it1"] {
        let mut browser = town.sign_in(login).await;
        browser.plant("noren-lang", "en");
        for path in &pages {
            let reply = browser.get(path).await;
            if reply.status != StatusCode::OK {
                continue;
            }
            met.insert(path.clone());
            assert!(reply.text().contains("<html lang=\"en\""), "{path}");
            for text in said(reply.text()) {
                let mut left = text.clone();
                data.iter().for_each(|known| left = left.replace(known.as_str(), ""));
                if left.chars().any(japanese) {
                    found.insert(format!("{}: {text}", path.split('?').next().unwrap_or(path)));
                }
            }
        }
    }
    let missed: Vec<&String> = pages.iter().filter(|path| !met.contains(*path)).collect();
    assert!(missed.is_empty(), "nobody sees {missed:?}");
    assert!(
        found.is_empty(),
        "{} texts stay Japanese:\n{}",
        found.len(),
        found.into_iter().collect::<Vec<_>>().join("\n")
    );
}
