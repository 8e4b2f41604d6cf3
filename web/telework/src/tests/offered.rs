//! What pages and calls offer is what the machine says is possible, and a refusal has its code.

use axum::http::StatusCode;
use people::StaffId;
use serde_json::{Value, json};
use telework::rules::Form;
use telework::time::Hours;

use super::months::order;
use super::{HOUR, approved, requests, rules, today, town, until_hour};
use crate::testing::{HOME, Town, call, token};
use kit::http::Method::{Get, Post};
use kit::http::Scope;

async fn program(town: &Town, login: &str) -> String {
    token(town, town.person(HOME, login).await.id, HOME, &Scope::ALL).await
}

async fn post(town: &Town, secret: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let (path, body) = (format!("/api/v1/telework{path}"), body.to_string());
    let reply = call(&mut town.browser(), Post, &path, Some(secret), Some(&body)).await;
    (reply.status, serde_json::from_slice(&reply.bytes).unwrap())
}

/// The steps a program is told of the one request of these two days.
async fn steps(town: &Town, login: &str, whose: &str) -> Value {
    let (from, to) = (today(town).yesterday().unwrap(), today(town));
    let path = format!("/api/v1/telework/requests?from={from}&to={to}&whose={whose}");
    let secret = program(town, login).await;
    let reply = call(&mut town.browser(), Get, &path, Some(&secret), None).await;
    let value: Value = serde_json::from_slice(&reply.bytes).unwrap();
    value["requests"][0]["steps"].clone()
}

async fn button(town: &Town, row: [u8; 16]) -> bool {
    let path = format!("/telework/requests/{}/cancel", StaffId(row));
    town.sign_in("staff1").await.get("/telework").await.ok().contains(&path)
}

async fn board(town: &Town) -> String {
    town.sign_in("superior1").await.get("/telework/approvals").await.ok().to_owned()
}

fn codes(value: &Value) -> Vec<&str> {
    let reasons = value["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), value["faults"].as_array().unwrap().len());
    reasons.iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_approved_day_is_taken_back_until_its_hours_end_and_no_longer() {
    let town = town().await;
    rules(&town, &[("after_the_fact_days", "31")]).await;
    // After it began: the way of a request of the same day.
    until_hour(&town, 9);
    let row = approved(&town, today(&town)).await;
    until_hour(&town, 17);
    assert!(button(&town, row.id).await, "17:00, and the hours end at 17:15");
    assert_eq!(steps(&town, "staff1", "own").await, json!(["cancel"]));
    assert_eq!(steps(&town, "superior1", "led").await, json!(["cancel"]));
    assert!(board(&town).await.contains("value=\"cancel\""));
    town.clock.advance(HOUR);
    assert!(!button(&town, row.id).await, "18:00, the same day");
    assert_eq!(steps(&town, "staff1", "own").await, json!([]));
    assert!(!board(&town).await.contains("value=\"cancel\""));
    let secret = program(&town, "staff1").await;
    let path = format!("/requests/{}/cancel", StaffId(row.id));
    let back = json!({ "version": row.request.version(), "why": "理由" });
    let (status, refused) = post(&town, &secret, &path, back).await;
    assert_eq!((status, codes(&refused)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["past"]));
}

#[tokio::test]
async fn hours_that_began_last_night_are_taken_back_this_morning() {
    let town = town().await;
    rules(&town, &[]).await;
    until_hour(&town, 3);
    let person = town.person(HOME, "staff1").await;
    let time = |hour| jiff::civil::time(hour, 0, 0, 0);
    let night = Hours { start: time(22), end: time(5) };
    order(&town, &person, today(&town).yesterday().unwrap(), Form::Home, night).await;
    let row = requests(&town).await.pop().unwrap();
    assert!(button(&town, row.id).await);
    assert_eq!(steps(&town, "staff1", "own").await, json!(["cancel"]));
    until_hour(&town, 5);
    assert!(!button(&town, row.id).await);
    assert_eq!(steps(&town, "staff1", "own").await, json!([]));
}

#[tokio::test]
async fn a_program_is_told_by_code_what_stands_in_the_way() {
    let town = town().await;
    rules(&town, &[]).await;
    let secret = program(&town, "staff1").await;
    let day = today(&town).yesterday().unwrap().to_string();
    let ask = |day: &str, more: Value| {
        let mut body = json!({ "day": day, "form": "home", "unit": "day" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (body, code) in [
        (ask("morgen", json!({})), "day"),
        (ask(&day, json!({ "form": "moon" })), "form"),
        (ask(&day, json!({ "unit": "week" })), "unit"),
        (ask(&day, json!({ "unit": "hours", "start": "9" })), "times"),
        (ask(&day, json!({ "weeks": 13 })), "weeks"),
        (ask(&day, json!({ "work": 77 })), "work"),
    ] {
        let (status, refused) = post(&town, &secret, "/requests", body).await;
        assert_eq!((status, codes(&refused)), (StatusCode::UNPROCESSABLE_ENTITY, vec![code]));
    }
    let (_, refused) = post(&town, &secret, "/requests", ask(&day, json!({}))).await;
    assert!(codes(&refused).contains(&"not_registered"), "{refused}");
    let (_, refused) = post(&town, &secret, "/requests/copy", json!({ "week": day })).await;
    assert_eq!(codes(&refused), ["nothing_to_copy"]);

    let row = approved(&town, today(&town).tomorrow().unwrap()).await;
    let pick = json!({ "id": StaffId(row.id).to_string(), "version": row.request.version() });
    let decide =
        |act: &str, why: &str, pick: &Value| json!({ "act": act, "why": why, "requests": [pick] });
    let boss = program(&town, "superior1").await;
    let (status, refused) = post(&town, &boss, "/decisions", decide("approve", "", &pick)).await;
    assert_eq!((status, codes(&refused)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["wrong_state"]));
    let (_, refused) = post(&town, &boss, "/decisions", decide("cancel", " ", &pick)).await;
    assert_eq!(codes(&refused), ["reason_needed"]);
    let old = json!({ "id": pick["id"], "version": 1 });
    let (status, refused) = post(&town, &boss, "/decisions", decide("cancel", "x", &old)).await;
    assert_eq!((status, codes(&refused)), (StatusCode::CONFLICT, vec!["changed"]));
}

#[tokio::test]
async fn a_shift_that_goes_on_past_midnight_is_ended_by_its_button() {
    let town = town().await;
    rules(&town, &[]).await;
    until_hour(&town, 22);
    let mut staff = town.sign_in("staff1").await;
    let press = [("mark", "start")];
    assert_eq!(staff.post("/telework/clock", &press).await.status, StatusCode::SEE_OTHER);
    let began = today(&town);
    until_hour(&town, 1);
    let mut staff = town.sign_in("staff1").await;
    let page = staff.get("/telework").await.tight();
    for mark in ["pause", "end"] {
        assert!(page.contains(&format!("name=\"mark\" value=\"{mark}\"")), "{mark}");
    }
    assert!(!page.contains("の終業が記録されていません"), "it still runs");
    let press = [("mark", "end")];
    assert_eq!(staff.post("/telework/clock", &press).await.status, StatusCode::SEE_OTHER);
    let person = town.person(HOME, "staff1").await;
    let mut conn = town.app.store.read().await.unwrap();
    let found = store::telework::day(&mut conn, person.body, person.id, began).await.unwrap();
    assert!(!found.unwrap().is_open());
    drop(conn);
    let page = staff.get("/telework").await.tight();
    assert!(page.contains("name=\"mark\" value=\"start\""), "the new day begins");
    assert!(!page.contains("name=\"mark\" value=\"end\""));
}
