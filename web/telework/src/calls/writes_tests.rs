//! Months and the inventory, written by programs.

use axum::http::StatusCode;
use people::{Division, DivisionId};
use serde_json::{Value, json};
use telework::time::Month;

use crate::testing::{HOME, OTHER, Reply, Town};
use crate::testing::{call, token};
use kit::http::Method::{Get, Post};
use kit::http::Scope;

fn value(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.bytes)
        .unwrap_or_else(|_| panic!("{} {}", reply.status, reply.text()))
}

async fn of(town: &Town, body: &str, login: &str, scopes: &[Scope]) -> String {
    let staff = town.person(body, login).await;
    token(town, staff.id, body, scopes).await
}

async fn divided() -> Town {
    let town = Town::new().await;
    let (superior, mut staff) =
        (town.person(HOME, "superior1").await, town.person(HOME, "staff1").await);
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    for (id, code, leader) in [([1; 16], "100", Some(superior.id)), ([2; 16], "200", None)] {
        let name = format!("課{code}").parse().unwrap();
        let division = Division {
            id: DivisionId(id),
            body: staff.body,
            code: code.into(),
            name,
            superior: leader,
            deputy: None,
        };
        store::divisions::add(&mut tx, &division).await.unwrap();
    }
    staff.division = Some(DivisionId([1; 16]));
    assert!(store::staff::change(&mut tx, &staff).await.unwrap());
    tx.keep(()).await.unwrap();
    town
}

fn work(division: &str, zone: &str) -> Value {
    json!({
        "division": division, "name": "予算資料の作成", "hours": "120.5",
        "frequency": "monthly", "information": "internal",
        "zone": zone, "approval": "electronic", "interruptible": true,
    })
}

#[tokio::test]
async fn a_division_keeps_its_inventory_by_a_program_as_on_its_pages() {
    let town = divided().await;
    let mut program = town.browser();
    let chief = of(&town, HOME, "superior1", &Scope::ALL).await;
    let mut post = async |path: &str, body: Value| {
        let path = format!("/api/v1/telework/works{path}");
        call(&mut program, Post, &path, Some(&chief), Some(&body.to_string())).await
    };
    let added = post("", work("100", "lgwan")).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    let id = value(&added)["id"].as_u64().unwrap();
    // Another division's is not hers to keep, and a work without a name is none.
    assert_eq!(post("", work("200", "lgwan")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut nameless = work("100", "lgwan");
    nameless["name"] = "".into();
    assert_eq!(post("", nameless).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut reader = town.browser();
    let mut read = async || {
        value(
            &call(&mut reader, Get, &format!("/api/v1/telework/works/{id}"), Some(&chief), None)
                .await,
        )
    };
    let first = read().await["revision"].clone();
    let word = json!({ "outcome": "no", "why": "来庁者の対応があるため", "revision": first });
    assert_eq!(post(&format!("/{id}/decide"), word).await.status, StatusCode::OK);
    let linked = post(&format!("/{id}/staff"), json!({ "login": "staff1", "hours": "40" })).await;
    assert_eq!(linked.status, StatusCode::OK, "{}", linked.text());
    assert_eq!(
        post(&format!("/{id}/staff"), json!({ "login": "hr1", "hours": "40" })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "nobody of hers"
    );
    // Her hours are changed by whoever read them.
    let unread = post(&format!("/{id}/staff"), json!({ "login": "staff1", "hours": "30" })).await;
    assert_eq!(unread.status, StatusCode::CONFLICT, "{}", unread.text());
    let mut hers = json!({ "login": "staff1", "hours": "30" });
    hers["revision"] = read().await["staff"][0]["revision"].clone();
    assert_eq!(post(&format!("/{id}/staff"), hers).await.status, StatusCode::OK);
    // Work in the My Number network is impossible whoever says otherwise.
    let mut closed = work("100", "mynumber");
    closed["revision"] = first;
    let stale = post(&format!("/{id}"), closed.clone()).await;
    assert_eq!(
        (stale.status, &value(&stale)["error"]),
        (StatusCode::CONFLICT, &json!("changed")),
        "it was decided since"
    );
    closed["revision"] = read().await["revision"].clone();
    assert_eq!(post(&format!("/{id}"), closed).await.status, StatusCode::OK);
    let revision = read().await["revision"].clone();
    let word = json!({ "outcome": "possible", "why": "できると思うので", "revision": revision });
    assert_eq!(post(&format!("/{id}/decide"), word).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let seen = value(&call(&mut reader, Get, "/api/v1/telework/works", Some(&chief), None).await);
    assert_eq!(
        (&seen["works"][0]["outcome"], &seen["works"][0]["zone"]),
        (&json!("no"), &json!("mynumber"))
    );

    // A program of another body, or of somebody who keeps none, finds nothing.
    for (body, login) in [(OTHER, "it1"), (HOME, "staff1")] {
        let other = of(&town, body, login, &Scope::ALL).await;
        for path in [format!("/{id}/remove"), format!("/{id}/decide")] {
            let path = format!("/api/v1/telework/works{path}");
            let word = json!({ "outcome": "rules", "why": "x", "revision": "0" }).to_string();
            let reply = call(&mut reader, Post, &path, Some(&other), Some(&word)).await;
            assert_eq!(
                reply.status,
                StatusCode::NOT_FOUND,
                "{body} {login} {path}: {}",
                reply.text()
            );
        }
    }
    let path = format!("/api/v1/telework/works/{id}/remove");
    assert_eq!(call(&mut reader, Post, &path, Some(&chief), None).await.status, StatusCode::OK);
    assert_eq!(
        call(&mut reader, Post, &path, Some(&chief), None).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_month_is_closed_and_opened_by_a_program_of_hr_alone() {
    let town = divided().await;
    let this = Month::of(telework::time::tokyo(crate::moment(town.app.now())).date());
    let key = |month: Month| format!("{:04}-{:02}", month.year, month.month);
    let before = key(this.before());
    let mut program = town.browser();
    let hr = of(&town, HOME, "hr1", &[Scope::TeleworkClose]).await;
    let chief = of(&town, HOME, "superior1", &[Scope::TeleworkClose]).await;
    let path = |month: &str, end: &str| format!("/api/v1/telework/months/{month}{end}");
    let why = |why: &str| json!({ "why": why }).to_string();
    assert_eq!(
        call(&mut program, Get, &path(&before, ""), Some(&chief), None).await.status,
        StatusCode::NOT_FOUND
    );
    let reply =
        call(&mut program, Post, &path(&before, "/close"), Some(&chief), Some(&why(""))).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let early =
        call(&mut program, Post, &path(&key(this), "/close"), Some(&hr), Some(&why(""))).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "the month is not over");
    assert_eq!(
        call(&mut program, Post, &path(&before, "/close"), Some(&hr), Some(&why(""))).await.status,
        StatusCode::OK
    );
    let seen = value(&call(&mut program, Get, &path(&before, ""), Some(&hr), None).await);
    assert_eq!((&seen["month"], &seen["closed"]), (&json!(before), &json!(true)));
    let silent =
        call(&mut program, Post, &path(&before, "/reopen"), Some(&hr), Some(&why(""))).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is needed");
    let reply =
        call(&mut program, Post, &path(&before, "/reopen"), Some(&hr), Some(&why("記録の訂正")))
            .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let record = town.record(HOME).await;
    assert!(
        record.contains(&audit::Kind::MONTH_CLOSED)
            && record.contains(&audit::Kind::MONTH_REOPENED)
    );
}
