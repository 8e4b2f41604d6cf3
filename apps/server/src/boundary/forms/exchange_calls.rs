//! Programs that do something in the exchange: they name the revision they read.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use exchange::form::shipped;
use people::MINISTRY;
use serde_json::{Value, json};

use super::calls::{Program, twice, with};
use super::{kept, route_of, taking, unchanged};
use crate::boundary::country::{PREFECTURE, TOWN, begun, change};
use crate::testing::Town;
use crate::testing::token;
use kit::http::Scope;

pub(super) fn mine(path: &str) -> bool {
    path.starts_with("/api/") && !super::calls::mine(path)
}

const HERE: &str = "/exchange/cases/2021-0001";
const KEY: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_program_of_a_desk_that_read_before_a_change_is_refused_and_told_to_read_again() {
    let town = begun().await;
    let program = async |body, login| Program::of(&town, body, login).await;
    let (ministry, prefecture) =
        (program(MINISTRY.as_str(), "desk1").await, program(PREFECTURE, "desk1").await);
    let (desk, lead, it) =
        (program(TOWN, "desk1").await, program(TOWN, "lead1").await, program(TOWN, "it1").await);
    let here = |end: &str| format!("{HERE}{end}");
    let body = |end: &str| format!("{HERE}/bodies/{TOWN}{end}");
    // The case and the delivery, as every desk reads them; then both change.
    let case = ministry.get(HERE).await["revision"].clone();
    let own = desk.get(HERE).await["own"]["revision"].clone();
    desk.done(&here("/questions"), &json!({ "text": "会計年度任用職員を含みますか。" })).await;
    change(&town, "2021-0001", TOWN, |delivery| delivery.note = Some("急ぎです".into())).await;
    let why = |more: Value| {
        let mut body = with(&json!({ "revision": own }), "reason", &"災害対応のため".into());
        more.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
        body
    };
    let plain = |more: Value| {
        let mut body = json!({ "revision": own });
        more.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
        body
    };
    let mut held = BTreeSet::new();
    for (of, path, sent) in [
        (&desk, here("/receive"), plain(json!({}))),
        (&desk, here("/ask-approval"), plain(json!({}))),
        (&lead, here("/approval"), plain(json!({ "approved": true }))),
        (&desk, here("/submit"), plain(json!({ "key": KEY }))),
        (&desk, here("/correct"), why(json!({}))),
        (&desk, here("/extension"), why(json!({ "until": "2030-12-20" }))),
        (&desk, here("/parts"), plain(json!({ "parts": [] }))),
        (&prefecture, body("/review"), plain(json!({ "act": "pass" }))),
        (&ministry, body("/query"), plain(json!({ "act": "confirm" }))),
        (
            &ministry,
            here("/answers"),
            json!({ "revision": case, "question": 0, "text": "含みません。" }),
        ),
        (&ministry, here("/stage"), json!({ "revision": case, "act": "close" })),
    ] {
        held.insert(of.late(&path, &sent).await);
    }
    // A draft of a case, read by two.
    let begun = ministry.done("/exchange/cases", &json!({})).await;
    let new = format!("/exchange/cases/{}", begun["id"].as_str().unwrap());
    let letter = |subject: &str| json!({ "kind": "notice", "subject": subject, "path": "direct" });
    held.insert(
        twice(
            &ministry,
            &new,
            "/revision",
            &format!("{new}/letter"),
            ["取組状況", "実施状況"].map(letter),
        )
        .await,
    );
    held.extend(answers(&desk, &prefecture).await);
    // What the ministry keeps for all, and a body's own desks.
    let merged =
        |past: &str| json!({ "body": TOWN, "on": "2021-04-01", "predecessors": [TOWN, past] });
    held.insert(
        by_name(
            &ministry,
            "/exchange/lineage",
            "/changes/0/revision",
            ["012033", "012041"].map(merged),
        )
        .await,
    );
    let named =
        |name: &str| json!({ "code": "012980", "kind": "市", "name": name, "since": "2099-04-01" });
    held.insert(
        by_name(
            &ministry,
            "/exchange/newcomers",
            "/bodies/0/revision",
            ["道南市", "道北市"].map(named),
        )
        .await,
    );
    let desks = |approval: bool| json!({ "desks": [], "approval": approval });
    let mut tx = town.app.write_unattended(TOWN.parse().unwrap()).await.unwrap();
    let none = exchange::case::Desks { approval: false, ..exchange::case::Desks::default() };
    store::exchange::put_desks(&mut tx, TOWN.parse().unwrap(), &none).await.unwrap();
    tx.keep(()).await.unwrap();
    held.insert(
        twice(&it, "/exchange/desks", "/revision", "/exchange/desks", [true, true].map(desks))
            .await,
    );
    held.insert(forms(&town, &ministry).await);
    assert_eq!(held, taking(mine));
}

/// A thing that is found by what names it: new, it needs no revision.
async fn by_name(
    of: &Program<'_>,
    path: &str,
    at: &str,
    [first, then]: [Value; 2],
) -> &'static str {
    of.done(path, &first).await;
    let route = of.late(path, &then).await;
    let read = of.get(path).await;
    let seen = read.pointer(at).unwrap_or_else(|| panic!("{read} has no {at}"));
    of.done(path, &with(&then, "revision", seen)).await;
    route
}

/// An answer is laid over what it began with: whoever saves over the unseen keeps a draft.
async fn answers(desk: &Program<'_>, prefecture: &Program<'_>) -> [&'static str; 2] {
    let (own, proxy) = (format!("{HERE}/answer"), format!("{HERE}/bodies/{TOWN}/answer"));
    let staff =
        |number: &str| json!({ "base": [], "fields": [{ "name": "q.staff", "text": number }] });
    desk.done(&own, &staff("1127")).await;
    let late = desk.late(&own, &staff("1129")).await;
    let by_proxy = with(&staff("1131"), "reason", &"庁舎の被災のため".into());
    [late, prefecture.late(&proxy, &by_proxy).await]
}

/// A better text of a form of the same version, by whoever read the one that is kept.
async fn forms(town: &Town, ministry: &Program<'_>) -> &'static str {
    let text = |title: &str| {
        shipped::TELEWORK_R3
            .replace("令和3年\"\nprevious", "令和9年\"\nprevious")
            .replace("地方公共団体における", title)
    };
    let secret = token(
        town,
        town.person(MINISTRY.as_str(), "desk1").await.id,
        MINISTRY.as_str(),
        &Scope::ALL,
    )
    .await;
    let send = async |revision: &str, text: String| {
        let path = format!("/api/v1/exchange/forms?revision={revision}");
        let request = axum::http::Request::post(path)
            .header("content-type", "application/toml")
            .header("authorization", format!("Bearer {secret}"))
            .body(axum::body::Body::from(text));
        town.browser().send(request.unwrap()).await
    };
    assert_eq!(send("", text("各団体における")).await.status, StatusCode::OK);
    ministry.get("/exchange/forms").await;
    let before = kept(town).await;
    let late = send("", text("市町村における")).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text());
    let path = "/api/v1/exchange/forms";
    unchanged(town, before, path).await;
    let list = ministry.get("/exchange/forms").await;
    let of =
        list["forms"].as_array().unwrap().iter().find(|form| form["version"] == "令和9年").unwrap();
    let done = send(of["revision"].as_str().unwrap(), text("市町村における")).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    route_of(path)
}
