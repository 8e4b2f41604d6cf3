//! Programs that change something of telework: they name what they read, and are told that it is
//! otherwise by now.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{kept, route_of, taking, unchanged};
use crate::testing::{HOME, Reply, Town};
use crate::testing::{call, token};
use kit::http::Method::{Get, Post};
use kit::http::Scope;

pub(super) fn mine(path: &str) -> bool {
    path.starts_with("/api/v1/telework/")
}

/// A program of somebody with every scope.
pub(super) struct Program<'a> {
    town: &'a Town,
    secret: String,
}

const UNDER: &str = "/api/v1";

impl<'a> Program<'a> {
    pub(super) async fn of(town: &'a Town, body: &str, login: &str) -> Self {
        let secret = token(town, town.person(body, login).await.id, body, &Scope::ALL).await;
        Self { town, secret }
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let path = format!("{UNDER}{path}");
        value(&call(&mut self.town.browser(), Get, &path, Some(&self.secret), None).await)
    }

    pub(super) async fn send(&self, path: &str, body: &Value) -> Reply {
        let path = format!("{UNDER}{path}");
        call(&mut self.town.browser(), Post, &path, Some(&self.secret), Some(&body.to_string()))
            .await
    }

    pub(super) async fn done(&self, path: &str, body: &Value) -> Value {
        let reply = self.send(path, body).await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {body}: {}", reply.text());
        value(&reply)
    }

    /// What is sent names what is no longer so: it is refused, says so, and writes nothing.
    pub(super) async fn late(&self, path: &str, body: &Value) -> &'static str {
        // What was used is noted to the minute; that is no write of the call.
        self.get("/telework/rules").await;
        let before = kept(self.town).await;
        let reply = self.send(path, body).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{path} {body}: {}", reply.text());
        let told = value(&reply);
        assert!(matches!(told["error"].as_str(), Some("changed" | "stale")), "{path}: {told}");
        assert!(
            told["faults"].as_array().is_some_and(|faults| !faults.is_empty()),
            "{path}: {told}"
        );
        unchanged(self.town, before, path).await;
        route_of(&format!("{UNDER}{path}"))
    }
}

fn value(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.bytes)
        .unwrap_or_else(|_| panic!("{} {}", reply.status, reply.text()))
}

/// With another field.
pub(super) fn with(body: &Value, name: &str, field: &Value) -> Value {
    let mut body = body.clone();
    body[name] = field.clone();
    body
}

/// Two programs read the same; the first changes it, the second comes late, reads again and changes
/// it too.
pub(super) async fn twice(
    of: &Program<'_>,
    read: &str,
    at: &str,
    path: &str,
    bodies: [Value; 2],
) -> &'static str {
    let revision = async || {
        of.get(read).await.pointer(at).unwrap_or_else(|| panic!("{read} has no {at}")).clone()
    };
    let seen = revision().await;
    of.done(path, &with(&bodies[0], "revision", &seen)).await;
    let route = of.late(path, &with(&bodies[1], "revision", &seen)).await;
    let seen = revision().await;
    of.done(path, &with(&bodies[1], "revision", &seen)).await;
    route
}

#[tokio::test]
async fn a_program_that_read_before_a_change_is_refused_and_told_to_read_again() {
    let town = web_town::led_town::<crate::App>().await;
    let program = async |login| Program::of(&town, HOME, login).await;
    let (hr, it, chief, staff) = (
        program("hr1").await,
        program("it1").await,
        program("superior1").await,
        program("staff1").await,
    );
    let work = |name: &str| {
        json!(
            { "division": "100", "name": name, "hours": "10", "frequency": "monthly",
                "information": "internal",
            "zone": "lgwan", "approval": "none" })
    };
    let id = chief.done("/telework/works", &work("資料の作成")).await["id"].as_u64().unwrap();
    let hers = |hours: &str| json!({ "login": "staff1", "hours": hours });
    chief.done(&format!("/telework/works/{id}/staff"), &hers("1")).await;
    let loan = json!(
        { "item": "pc", "number": "PC-1", "login": "staff1", "from": "2026-09-21",
            "until": "2027-03-31" });
    let loan = it.done("/telework/loans", &loan).await["id"].as_str().unwrap().to_owned();
    staff.done("/telework/today/marks", &json!({ "mark": "start" })).await;
    let settings = hr.get("/telework/settings").await;
    let rules = hr.get("/telework/works/rules").await;
    let rule = rules["rules"]
        .as_array()
        .unwrap()
        .iter()
        .position(|rule| rule["key"] == "counter")
        .unwrap();
    let day = kit::time::civil(town.app.now()).date();
    let month = &day.to_string()[..7];
    let of = |name: &str| format!("/telework/{name}");
    let layout = |name: &str| {
        json!(
        { "columns": ["login", name], "headings": true, "encoding": "utf8", "hours": "clock" })
    };
    let person = |joined: &str| {
        json!(
        { "employment": "regular", "general": true, "exempt": false, "joined": joined })
    };
    let until = |until: &str| json!({ "until": until });
    let own_rule = |name: &str| json!({ "name": name, "result": "ask", "counter": true });
    let word = |why: &str| json!({ "outcome": "no", "why": why });
    let report = |report: &str| json!({ "report": report });
    let settle = |number: &str| {
        json!(
        { "as_of": "2026-10-01", "act": "change", "value": [number], "why": "派遣を除く" })
    };
    let here = |end: &str| format!("/telework/works/{id}{end}");
    let mut held = BTreeSet::from([
        twice(
            &hr,
            &of("settings"),
            "/revision",
            &of("settings"),
            [2, 3].map(|n| with(&settings, "days_a_week", &n.into())),
        )
        .await,
        twice(
            &hr,
            &of("payroll"),
            "/revision",
            &of("payroll"),
            ["overtime", "home_days"].map(layout),
        )
        .await,
        twice(
            &hr,
            &of("people/staff1"),
            "/revision",
            &of("people/staff1"),
            ["2020-04-01", "2021-04-01"].map(person),
        )
        .await,
        twice(
            &it,
            &of(&format!("loans/{loan}")),
            "/revision",
            &of(&format!("loans/{loan}")),
            ["2026-12-30", "2026-12-31"].map(until),
        )
        .await,
        twice(&chief, &here(""), "/revision", &here(""), ["資料の確認", "資料の印刷"].map(work))
            .await,
        twice(
            &chief,
            &here(""),
            "/revision",
            &here("/decide"),
            ["議会の間", "窓口の当番"].map(word),
        )
        .await,
        twice(&chief, &here(""), "/staff/0/revision", &here("/staff"), ["2", "3"].map(hers)).await,
        twice(
            &hr,
            &of("works/rules"),
            &format!("/rules/{rule}/revision"),
            &of("works/rules/counter"),
            ["窓口", "応対"].map(own_rule),
        )
        .await,
        twice(
            &staff,
            &of(&format!("days?from={day}&to={day}")),
            "/days/0/revision",
            &of("today/report"),
            ["議案", "予算"].map(report),
        )
        .await,
        twice(
            &hr,
            &of("survey/staff?as_of=2026-10-01"),
            "/revision",
            &of("survey/staff"),
            ["4", "5"].map(settle),
        )
        .await,
    ]);
    // The rules go back by whoever read them all.
    let stale = json!({ "revision": rules["revision"] });
    held.insert(hr.late(&of("works/rules/reset"), &stale).await);
    let fresh = json!({ "revision": hr.get(&of("works/rules")).await["revision"] });
    hr.done(&of("works/rules/reset"), &fresh).await;
    // The reason of a day that differs, her own and of HR for her.
    town.clock.advance(7_200_000);
    staff.done("/telework/today/marks", &json!({ "mark": "end" })).await;
    let why = |why: &str| json!({ "why": why });
    let (own, for_her) =
        (of(&format!("days/{day}/reason")), of(&format!("people/staff1/days/{day}/reason")));
    held.insert(
        twice(
            &staff,
            &of(&format!("own/months/{month}")),
            "/rows/0/revision",
            &own,
            ["照会", "電話"].map(why),
        )
        .await,
    );
    let read = of(&format!("people/staff1/months/{month}"));
    held.insert(
        twice(&hr, &read, "/rows/0/revision", &for_her, ["本人に確認", "上司に確認"].map(why))
            .await,
    );
    held.extend(requests(&staff, &chief).await);
    assert_eq!(held, taking(mine));
}

/// Requests, by their version.
async fn requests(staff: &Program<'_>, chief: &Program<'_>) -> [&'static str; 3] {
    let asked = staff.get("/telework/registration").await;
    let checks = asked["checks"].as_array().unwrap().iter();
    let answers: serde_json::Map<String, Value> =
        checks.map(|check| (check["key"].as_str().unwrap().to_owned(), json!(true))).collect();
    let signed = json!({ "consent": true, "version": asked["version"], "answers": answers });
    staff.done("/telework/registration", &signed).await;
    for day in ["2026-10-05", "2026-10-06", "2026-10-07"] {
        staff
            .done("/telework/requests", &json!({ "day": day, "form": "home", "unit": "day" }))
            .await;
    }
    let waiting = chief.get("/telework/waiting").await;
    let one = |at: usize| {
        (waiting["requests"][at]["id"].clone(), waiting["requests"][at]["version"].clone())
    };
    let path = |id: &Value, act: &str| format!("/telework/requests/{}/{act}", id.as_str().unwrap());
    let decide = |act: &str, (id, version): &(Value, Value)| {
        json!(
        { "act": act, "why": "業務を書いてください", "requests": [{ "id": id, "version": version }] })
    };
    let back = |version: &Value| json!({ "version": version, "why": "出張" });
    // She takes one back while he read it; he approves one while she did.
    staff.done(&path(&one(0).0, "cancel"), &back(&one(0).1)).await;
    let decisions = chief.late("/telework/decisions", &decide("approve", &one(0))).await;
    chief.done("/telework/decisions", &decide("approve", &one(1))).await;
    let cancel = staff.late(&path(&one(1).0, "cancel"), &back(&one(1).1)).await;
    chief.done("/telework/decisions", &decide("return", &one(2))).await;
    let resubmit = staff.late(&path(&one(2).0, "resubmit"), &json!({ "version": one(2).1 })).await;
    [decisions, cancel, resubmit]
}
