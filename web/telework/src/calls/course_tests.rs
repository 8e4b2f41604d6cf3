//! The API as a program uses it: a day asked for, decided and reported; tokens that end.

use axum::http::StatusCode;
use people::{Division, DivisionId};
use serde_json::{Value, json};

use crate::testing::{HOME, OTHER, Reply, Town};
use crate::testing::{call, token};
use kit::http::Method::{Get, Post};
use kit::http::Scope;

const DIVISION: DivisionId = DivisionId([0xd1; 16]);

/// A town in which `staff1` is in a division `superior1` leads, and is registered; a working
/// morning.
async fn town() -> Town {
    let town = Town::new().await;
    let (mut staff, superior) =
        (town.person(HOME, "staff1").await, town.person(HOME, "superior1").await);
    staff.division = Some(DIVISION);
    let division = Division {
        id: DIVISION,
        body: staff.body,
        code: "1".into(),
        name: "総務課".parse().unwrap(),
        superior: Some(superior.id),
        deputy: None,
    };
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    store::divisions::add(&mut tx, &division).await.unwrap();
    assert!(store::staff::change(&mut tx, &staff).await.unwrap());
    let registration = telework::papers::Registration {
        staff: staff.id,
        day: telework::time::tokyo(crate::moment(town.app.now())).date(),
        consent: "同意".into(),
        version: 1,
        answers: Default::default(),
    };
    let paper = store::telework::Paper { id: [7; 16], staff: Some(staff.id), value: registration };
    let kind = store::telework::PaperKind::Registration;
    store::telework::put_paper(&mut tx, staff.body, kind, &paper, town.app.now()).await.unwrap();
    tx.keep(()).await.unwrap();
    town
}

fn value(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.bytes)
        .unwrap_or_else(|_| panic!("{} {}", reply.status, reply.text()))
}

async fn of(town: &Town, login: &str, scopes: &[Scope]) -> String {
    let staff = town.person(HOME, login).await;
    token(town, staff.id, HOME, scopes).await
}

/// The next Tuesday or later: far enough for any notice.
fn a_working_day(town: &Town) -> String {
    let today = telework::time::tokyo(crate::moment(town.app.now())).date();
    let mut day = today.checked_add(jiff::Span::new().days(7)).unwrap();
    while !telework::time::Calendar::default().is_working(day) {
        day = day.tomorrow().unwrap();
    }
    day.to_string()
}

#[tokio::test]
async fn a_day_is_asked_for_decided_and_taken_back_by_programs() {
    let town = town().await;
    let day = a_working_day(&town);
    let hers = of(&town, "staff1", &[Scope::TeleworkRead, Scope::TeleworkRequest]).await;
    let his = of(&town, "superior1", &[Scope::TeleworkDecide]).await;
    let mut program = town.browser();
    let new =
        json!({ "day": day, "form": "home", "unit": "day", "note": "資料の作成" }).to_string();
    let reply =
        call(&mut program, Post, "/api/v1/telework/requests", Some(&hers), Some(&new)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    // Once more is against the rules, and says so.
    let reply =
        call(&mut program, Post, "/api/v1/telework/requests", Some(&hers), Some(&new)).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(value(&reply)["faults"][0].is_string(), "{}", reply.text());

    let waiting =
        value(&call(&mut program, Get, "/api/v1/telework/waiting", Some(&his), None).await);
    let one = &waiting["requests"][0];
    assert_eq!(
        (one["login"].as_str(), one["day"].as_str(), one["state"].as_str()),
        (Some("staff1"), Some(&*day), Some("requested"))
    );
    let (id, version) = (one["id"].as_str().unwrap(), one["version"].as_u64().unwrap());
    let decision = |act: &str, version: u64| {
        json!({ "act": act, "requests": [{ "id": id, "version": version }] }).to_string()
    };
    let path = "/api/v1/telework/decisions";
    let stale =
        call(&mut program, Post, path, Some(&his), Some(&decision("approve", version + 1))).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text());
    let reply =
        call(&mut program, Post, path, Some(&his), Some(&decision("approve", version))).await;
    assert_eq!(value(&reply), json!({ "done": true }));

    let path = format!("/api/v1/telework/requests?from={day}&to={day}");
    let own = value(&call(&mut program, Get, &path, Some(&hers), None).await);
    assert_eq!(own["requests"][0]["state"], "approved");
    let back = json!({ "version": version + 1, "why": "出張" }).to_string();
    let path = format!("/api/v1/telework/requests/{id}/cancel");
    let reply = call(&mut program, Post, &path, Some(&hers), Some(&back)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());

    // The record says which program it was, with whose rights.
    let mut conn = town.app.store.read().await.unwrap();
    let body: people::BodyCode = HOME.parse().unwrap();
    let page = store::audit_page(&mut conn, body.chain(), &store::AuditFilter::default(), 50)
        .await
        .unwrap();
    let kinds = [
        audit::Kind::TELEWORK_ASKED,
        audit::Kind::TELEWORK_APPROVED,
        audit::Kind::TELEWORK_CANCELLED,
    ];
    for kind in kinds {
        let record = page.iter().find(|record| record.kind == kind).unwrap();
        assert!(matches!(record.who, audit::Who::Api { .. }), "{:?}", record.who);
        assert!(record.who.name().starts_with("給与システム（"));
    }
}

#[tokio::test]
async fn a_token_sees_no_further_than_its_person() {
    let town = town().await;
    let day = a_working_day(&town);
    let all = Scope::ALL;
    let hers = of(&town, "staff1", &all).await;
    let mut program = town.browser();
    let new = json!({ "day": day, "form": "home", "unit": "day", "note": "秘密" }).to_string();
    assert_eq!(
        call(&mut program, Post, "/api/v1/telework/requests", Some(&hers), Some(&new)).await.status,
        StatusCode::OK
    );
    let path = |whose: &str| format!("/api/v1/telework/requests?from={day}&to={day}&whose={whose}");
    let seen = async |token: &str, whose: &str| {
        let reply = call(&mut town.browser(), Get, &path(whose), Some(token), None).await;
        (reply.status, reply.text().contains("秘密"))
    };
    let (superior, hr, auditor) = (
        of(&town, "superior1", &all).await,
        of(&town, "hr1", &all).await,
        of(&town, "auditor1", &all).await,
    );
    assert_eq!(seen(&hers, "own").await, (StatusCode::OK, true));
    assert_eq!(seen(&hers, "led").await, (StatusCode::NOT_FOUND, false));
    assert_eq!(seen(&hers, "body").await, (StatusCode::NOT_FOUND, false));
    assert_eq!(seen(&superior, "led").await, (StatusCode::OK, true));
    assert_eq!(seen(&superior, "own").await, (StatusCode::OK, false));
    assert_eq!(seen(&superior, "body").await, (StatusCode::NOT_FOUND, false));
    assert_eq!(seen(&hr, "body").await, (StatusCode::OK, true));
    assert_eq!(seen(&auditor, "own").await, (StatusCode::NOT_FOUND, false));
    // Of another body.
    let other = town.person(OTHER, "staff1").await;
    let other = token(&town, other.id, OTHER, &all).await;
    assert_eq!(seen(&other, "own").await, (StatusCode::OK, false));
    let waiting =
        value(&call(&mut program, Get, "/api/v1/telework/waiting", Some(&superior), None).await);
    let id = waiting["requests"][0]["id"].as_str().unwrap().to_owned();
    let back = json!({ "version": 1 }).to_string();
    let path = format!("/api/v1/telework/requests/{id}/cancel");
    for token in [&other, &superior, &hr] {
        assert_eq!(
            call(&mut program, Post, &path, Some(token), Some(&back)).await.status,
            StatusCode::NOT_FOUND
        );
    }
    // A superior of nobody decides nothing.
    let decision =
        json!({ "act": "approve", "requests": [{ "id": id, "version": 1 }] }).to_string();
    let nobody = of(&town, "all1", &all).await;
    let reply =
        call(&mut program, Post, "/api/v1/telework/decisions", Some(&nobody), Some(&decision))
            .await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.text());
}

#[tokio::test]
async fn a_day_is_reported_by_a_program() {
    let town = town().await;
    let hers = of(&town, "staff1", &[Scope::TeleworkReport, Scope::TeleworkRead]).await;
    let mut program = town.browser();
    let marks = "/api/v1/telework/today/marks";
    let report = json!({ "report": "議事録を作った" }).to_string();
    let path = "/api/v1/telework/today/report";
    assert_eq!(
        call(&mut program, Post, path, Some(&hers), Some(&report)).await.status,
        StatusCode::NOT_FOUND,
        "before it began"
    );
    let mark = |mark: &str| json!({ "mark": mark }).to_string();
    assert_eq!(
        call(&mut program, Post, marks, Some(&hers), Some(&mark("end"))).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        call(&mut program, Post, marks, Some(&hers), Some(&mark("start"))).await.status,
        StatusCode::OK
    );
    assert_eq!(
        call(&mut program, Post, path, Some(&hers), Some(&report)).await.status,
        StatusCode::OK
    );
    let today = telework::time::tokyo(crate::moment(town.app.now())).date();
    let path = format!("/api/v1/telework/days?from={today}&to={today}");
    let days = value(&call(&mut program, Get, &path, Some(&hers), None).await);
    assert_eq!(days["days"][0]["clocks"][0]["mark"], "start");
    assert_eq!(days["days"][0]["report"], "議事録を作った");
    let at: jiff::Timestamp = days["days"][0]["clocks"][0]["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(at.as_second(), town.app.now() / 1_000);
}

#[tokio::test]
async fn what_a_call_does_not_take_is_named_as_json() {
    let town = town().await;
    let hers = of(&town, "staff1", &Scope::ALL).await;
    let mut program = town.browser();
    let path = "/api/v1/telework/requests";
    let long = format!("{{\"day\":\"{}\"}}", "x".repeat(300 << 10));
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("{\"day\":1}", 400),
        ("{\"day\":\"2026-01-05\",\"form\":\"home\",\"unit\":\"day\",\"extra\":1}", 400),
        ("{\"day\":\"2026-13-45\",\"form\":\"home\",\"unit\":\"day\"}", 422),
        (long.as_str(), 413),
    ] {
        let reply = call(&mut program, Post, path, Some(&hers), Some(body)).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text());
        assert!(value(&reply)["error"].is_string());
    }
    for query in [
        "",
        "?from=2026-01-01",
        "?from=x&to=y",
        "?from=2026-02-01&to=2026-01-01",
        "?from=2020-01-01&to=2026-01-01",
        "?from=2026-01-01&to=2026-01-02&whose=all",
    ] {
        let reply = call(&mut program, Get, &format!("{path}{query}"), Some(&hers), None).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}: {}", reply.text());
        assert!(value(&reply)["error"].is_string());
    }
    for id in ["x", "%ff", "0000000000000000000000000000000z"] {
        let path = format!("{path}/{id}/cancel");
        let reply = call(&mut program, Post, &path, Some(&hers), Some("{\"version\":0}")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{id}: {}", reply.text());
        assert!(value(&reply)["error"].is_string());
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_ends() {
    let town = town().await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/tokens").await.ok();
    let staff = town.person(HOME, "staff1").await.id.to_string();
    let fields =
        [("name", "給与"), ("days", "30"), ("staff", staff.as_str()), ("telework:read", "yes")];
    let made = it.post("/admin/tokens", &fields).await;
    let secret = made.between("id=\"token\">", "</code>").unwrap().to_owned();
    assert!(secret.starts_with("noren_") && secret.len() > 40);
    let list = it.get("/admin/tokens").await;
    assert!(!list.ok().contains(&secret) && list.text().contains("給与"));
    let file = std::fs::read(town.folder.path().join("noren.sqlite")).unwrap();
    let shown = secret.as_bytes();
    assert!(
        !file.windows(shown.len()).any(|window| window == shown),
        "the token itself is nowhere kept"
    );

    let mut program = town.browser();
    // It is staff1's to say whether anything acts in her name.
    let mut she = town.sign_in("staff1").await;
    let waits = she
        .get("/account/tokens")
        .await
        .between("/account/tokens/", "/consent")
        .unwrap()
        .to_owned();
    let consent = format!("/account/tokens/{waits}/consent");
    assert_eq!(
        she.post(&consent, &[("password", crate::testing::PASSWORD)]).await.status,
        StatusCode::SEE_OTHER
    );
    let me = value(&call(&mut program, Get, "/api/v1/token", Some(&secret), None).await);
    assert_eq!((me["login"].as_str(), &me["scopes"]), (Some("staff1"), &json!(["telework:read"])));
    assert!(it.get("/admin/tokens").await.ok().contains("給与"));
    // Revoked.
    let id = it.get("/admin/tokens").await.between("/admin/tokens/", "/revoke").unwrap().to_owned();
    assert_eq!(
        it.post(&format!("/admin/tokens/{id}/revoke"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        call(&mut program, Get, "/api/v1/token", Some(&secret), None).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        it.post(&format!("/admin/tokens/{id}/revoke"), &[]).await.status,
        StatusCode::NOT_FOUND
    );

    // Its person suspended, its body stopped, its time over.
    let again = of(&town, "staff1", &[]).await;
    let state = async |state| {
        let staff = town.person(HOME, "staff1").await;
        let mut tx = town.app.write_unattended(staff.body).await.unwrap();
        store::staff::put_state(&mut tx, staff.body, staff.id, state).await.unwrap();
        tx.keep(()).await.unwrap();
    };
    let status =
        async || call(&mut town.browser(), Get, "/api/v1/token", Some(&again), None).await.status;
    assert_eq!(status().await, StatusCode::OK);
    state(people::StaffState::Suspended).await;
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
    state(people::StaffState::Active).await;
    assert_eq!(status().await, StatusCode::OK);
    town.clock.advance(86_400_000);
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_made_for_people_of_the_own_body_with_something_to_do() {
    let town = town().await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/tokens").await.ok();
    let own = town.person(HOME, "staff1").await.id.to_string();
    let other = town.person(OTHER, "staff1").await.id.to_string();
    for fields in [
        [("name", "x"), ("days", "30"), ("staff", other.as_str()), ("telework:read", "yes")],
        [("name", "x"), ("days", "367"), ("staff", own.as_str()), ("telework:read", "yes")],
        [("name", ""), ("days", "30"), ("staff", own.as_str()), ("telework:read", "yes")],
        [("name", "x"), ("days", "30"), ("staff", own.as_str()), ("telework:all", "yes")],
    ] {
        let reply = it.post("/admin/tokens", &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(!reply.text().contains("noren_"));
    }
    for login in ["hr1", "auditor1", "superior1"] {
        assert_eq!(
            town.sign_in(login).await.get("/admin/tokens").await.status,
            StatusCode::NOT_FOUND,
            "{login}"
        );
    }
}

#[tokio::test]
async fn calls_are_counted() {
    let town = town().await;
    let hers = of(&town, "staff1", &[]).await;
    let mut program = town.browser();
    let mut last = StatusCode::OK;
    for _ in 0..400 {
        let reply = call(&mut program, Get, "/api/v1/token", Some(&hers), None).await;
        last = reply.status;
        if last != StatusCode::OK {
            assert!(reply.headers.contains_key("retry-after"));
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    // Guessing is slower still, and does not touch whoever has a token.
    let mut guesser = town.browser();
    guesser.address = "198.51.100.9".parse().unwrap();
    for _ in 0..100 {
        last = call(&mut guesser, Get, "/api/v1/token", Some("noren_guess"), None).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let another = of(&town, "staff1", &[]).await;
    assert_eq!(
        call(&mut program, Get, "/api/v1/token", Some(&another), None).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_inventory_and_the_surveys_answers_are_read_by_those_who_may() {
    let town = town().await;
    let mut program = town.browser();
    let work = json!({
        "id": 0, "name": "予算資料の作成", "division": DIVISION,
        "frequency": "monthly", "yearly": 6000, "information": "internal",
        "zone": "mynumber", "paper": false, "seal": false,
        "counter": false, "site": false, "telephone": false,
        "approval": "electronic", "interruptible": true, "decided": null,
    });
    let row = store::telework::WorkRow {
        division: DIVISION,
        work: serde_json::from_value(work).unwrap(),
    };
    let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    store::telework::put_work(&mut tx, HOME.parse().unwrap(), &row).await.unwrap();
    tx.keep(()).await.unwrap();
    let scopes = [Scope::WorksRead, Scope::SurveyRead];
    let (superior, hr, staff) = (
        of(&town, "superior1", &scopes).await,
        of(&town, "hr1", &scopes).await,
        of(&town, "staff1", &scopes).await,
    );
    for token in [&superior, &hr] {
        let reply = call(&mut program, Get, "/api/v1/telework/works", Some(token), None).await;
        let works = value(&reply);
        assert_eq!(works["works"][0]["name"], "予算資料の作成", "{works}");
        // By rule, whoever asks.
        assert_eq!(works["works"][0]["outcome"], "no");
    }
    assert_eq!(
        call(&mut program, Get, "/api/v1/telework/works", Some(&staff), None).await.status,
        StatusCode::NOT_FOUND
    );
    let path = "/api/v1/telework/survey?as_of=2026-10-01";
    let answers = value(&call(&mut program, Get, path, Some(&hr), None).await);
    assert_eq!(answers["answers"].as_array().unwrap().len(), 7, "{answers}");
    assert_eq!(answers["answers"][0]["question"], "staff");
    assert!(answers["answers"][0]["value"]["number"].as_i64().unwrap() >= 1);
    assert_eq!(
        call(&mut program, Get, path, Some(&superior), None).await.status,
        StatusCode::NOT_FOUND
    );
}
