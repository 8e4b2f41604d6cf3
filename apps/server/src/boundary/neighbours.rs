//! One server holds many bodies: somebody who may do everything in hers reaches nothing of
//! another's, by whichever route, whatever she names. Every kind of thing stands in [`HOME`];
//! nothing of it is shown, and no row of it changes.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use exchange::case::CaseKind;
use exchange::form::{Form, shipped};
use people::{AgentId, Assignment, AssignmentId, DeviceId, MeetingId, PasskeyId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;

use super::routes::things;
use crate::document::document;
use crate::routes::listed;
use crate::testing::{Browser, HOME, OTHER, Reply, Town};
use crate::testing::{call, token};
use kit::http::Access;
use kit::http::Listed;
use kit::http::Method::{Get, Post};
use kit::http::Scope;

/// Somebody of [`HOME`] whose sign-in name nobody has in [`OTHER`].
const PERSON: &str = "hr1";
/// What stands in the names of everything made here, and what would show her name.
const SECRETS: [&str; 2] = ["秘密", "職員 hr1"];
/// Routes that read one thing, and of which the walk makes none: a meeting under way.
const NOT_MADE: [&str; 1] = ["/api/meetings/{meeting}"];
/// What a case shows beyond itself, its form, its answer and its files depends on how far it has
/// come and on the desk.
const LATER: [&str; 2] = ["/exchange/cases/{id}/", "/api/v1/exchange/"];
const CASE: [&str; 6] = [
    "/exchange/cases/{id}",
    "/exchange/cases/{id}/answer",
    "/exchange/cases/{id}/files/{name}",
    "/api/v1/exchange/cases/{id}",
    "/api/v1/exchange/cases/{id}/form",
    "/api/v1/exchange/cases/{id}/files/{file}",
];

/// What can be named in an address or a form.
struct Names {
    /// Identities, of every kind.
    ids: Vec<String>,
    /// A day on which something stands.
    day: String,
    /// Its month.
    month: String,
}

/// A thing of every kind in [`HOME`].
async fn settle(town: &Town) -> Names {
    let known = things(town).await;
    let (all, staff) = (town.person(HOME, "all1").await, town.person(HOME, "staff1").await);
    let (agent, device, meeting, passkey) =
        (AgentId([9; 16]), DeviceId([10; 16]), MeetingId([11; 16]), PasskeyId([12; 16]));
    let now = town.app.now();
    let mut tx = town.app.write_unattended(all.body).await.unwrap();
    let office = store::agents::Agent {
        id: agent,
        body: all.body,
        number: 7,
        name: "秘密の庁舎".into(),
        version: "1".into(),
        channel_key: [1; 32],
        control_key: [2; 32],
        enrolled: now,
        seen: now,
        revoked: 0,
        epoch: 0,
        reported: 0,
    };
    store::agents::add(&mut tx, &office).await.unwrap();
    let browser = store::devices::Device {
        id: device,
        body: all.body,
        staff: all.id,
        key: [3; 32],
        name: "秘密の端末".into(),
        user_agent: "秘密".into(),
        paired: now,
        used: 0,
        revoked: 0,
        posture: people::Posture::default(),
    };
    store::devices::pair(&mut tx, &browser, agent, 1).await.unwrap();
    let session = store::sessions::Session {
        meeting,
        body: all.body,
        staff: all.id,
        pc: known.pc.parse().unwrap(),
        agent,
        device,
        address: "秘密".into(),
        requested: now,
        not_after: now + 80_000_000,
        started: now,
        ended: 0,
        reason: String::new(),
        bytes_up: 0,
        bytes_down: 0,
        idle_seconds: 0,
    };
    store::sessions::add(&mut tx, &session).await.unwrap();
    let key = store::passkeys::StoredPasskey {
        id: passkey,
        staff: all.id,
        credential: vec![1],
        name: "秘密の鍵".into(),
        passkey: "{}".into(),
        created: now,
        used: 0,
    };
    store::passkeys::add(&mut tx, &key).await.unwrap();
    let one = Assignment {
        id: AssignmentId([13; 16]),
        body: all.body,
        staff: all.id,
        pc: known.pc.parse().unwrap(),
        from: now - 1,
        until: now + 9_000_000_000,
        by: all.id,
    };
    store::assignments::add(&mut tx, &one).await.unwrap();
    let file = inquire(&mut tx, &known.case).await;
    let mut led = store::divisions::all(&mut tx, all.body).await.unwrap().remove(0);
    led.superior = Some(all.id);
    assert!(store::divisions::change(&mut tx, &led).await.unwrap());
    for mut one in [all.clone(), staff] {
        one.division = Some(led.id);
        assert!(store::staff::change(&mut tx, &one).await.unwrap());
    }
    tx.keep(()).await.unwrap();
    let mut ids = vec![
        known.staff,
        known.division,
        known.pc,
        known.assignment,
        known.case,
        all.id.to_string(),
    ];
    ids.extend([
        agent.to_string(),
        device.to_string(),
        passkey.to_string(),
        "0b".repeat(16),
        one.id.to_string(),
        file,
    ]);
    let day = "2026-10-05";
    ids.extend(papers(town, day).await);
    // Works are numbered in their body.
    ids.push("1".to_owned());
    Names { ids, day: day.to_owned(), month: day[..7].to_owned() }
}

/// The case asks by a form, and a file comes with its letter; the file's identity.
async fn inquire(tx: &mut store::Tx, case: &str) -> String {
    let form = Form::read(shipped::TELEWORK_R3).unwrap();
    store::exchange::put_form(tx, &form.name, "調査票", shipped::TELEWORK_R3, 0, "test")
        .await
        .unwrap();
    let mut case = store::exchange::case(tx, case.parse().unwrap()).await.unwrap().unwrap();
    (case.kind, case.form, case.deadline) =
        (CaseKind::Survey, Some(form.name), Some("2026-10-30".parse().unwrap()));
    assert!(store::exchange::put_case(tx, case.revision, &case).await.unwrap());
    let content = "秘密の別紙".as_bytes();
    let row = store::exchange::AttachmentRow {
        id: exchange::ids::AttachmentId([14; 16]),
        case: case.id,
        body: None,
        name: "秘密.txt".into(),
        kind: "text/plain".into(),
        length: content.len() as u64,
        sha256: Sha256::digest(content).into(),
        added: 0,
        added_by: "test".into(),
    };
    store::exchange::add_attachment(tx, &row, content).await.unwrap();
    row.id.to_string()
}

/// What is made by calls; its identities.
async fn papers(town: &Town, day: &str) -> Vec<String> {
    let all = town.person(HOME, "all1").await;
    let secret = token(town, all.id, HOME, &Scope::ALL).await;
    let mut program = town.browser();
    let mut say = async |method, path: &str, body: Value| -> Value {
        let path = format!("/api/v1/telework{path}");
        let body = (method == Post).then(|| body.to_string());
        let reply = call(&mut program, method, &path, Some(&secret), body.as_deref()).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        serde_json::from_slice(&reply.bytes).unwrap()
    };
    let asked = say(Get, "/registration", Value::Null).await;
    let checks = asked["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["key"].as_str().unwrap().to_owned(), json!(true)));
    let answers: serde_json::Map<String, Value> = checks.collect();
    say(
        Post,
        "/registration",
        json!({ "consent": true, "version": asked["version"], "answers": answers }),
    )
    .await;
    let work = json!(
        { "division": "1", "name": "秘密の仕事", "hours": "10", "frequency": "monthly",
            "information": "internal", "zone": "lgwan", "approval": "none" });
    say(Post, "/works", work).await;
    say(Post, "/works/rules", json!({ "name": "秘密の規則", "result": "ask", "paper": true }))
        .await;
    say(Post, "/requests", json!({ "day": day, "form": "home", "unit": "day", "note": "秘密" }))
        .await;
    let loan = json!(
        { "item": "pc", "number": "秘密-1", "login": "all1", "from": "2026-09-21",
            "until": "2027-03-31" });
    say(Post, "/loans", loan).await;
    let takeout =
        json!({ "what": "秘密の書類", "why": "秘密", "from": "2026-09-24", "until": "2026-09-25" });
    say(Post, "/takeouts", takeout).await;
    say(Post, "/emergencies", json!({ "until": "2026-09-25", "why": "秘密の嵐" })).await;
    say(
        Post,
        "/people/staff1/leaves",
        json!({ "from": "2026-10-01", "to": "2026-10-02", "note": "秘密" }),
    )
    .await;
    say(Post, "/allowance", json!({ "first": "2026-10", "months": 3, "logins": ["all1"] })).await;
    say(Post, "/feeds", json!({})).await;
    let lists = [
        "/requests?from=2026-10-01&to=2026-10-31",
        "/loans",
        "/takeouts",
        "/emergencies",
        "/people/staff1",
        "/allowance",
        "/works/rules",
    ];
    let mut ids = Vec::new();
    for path in lists {
        let before = ids.len();
        collect(&say(Get, path, Value::Null).await, &mut ids);
        assert!(ids.len() > before, "{path} names nothing");
    }
    let mut conn = town.app.store.read().await.unwrap();
    ids.extend(
        store::tokens::all(&mut conn, all.body)
            .await
            .unwrap()
            .iter()
            .map(|token| token.id.to_string()),
    );
    ids
}

/// What an answer calls `id` or `key`.
fn collect(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| collect(one, ids)),
        Value::Object(fields) => fields.iter().for_each(|(name, one)| match one {
            Value::String(text) if matches!(name.as_str(), "id" | "key") => ids.push(text.clone()),
            one => collect(one, ids),
        }),
        _ => {}
    }
}

/// A path with each of the names in the place that tells things apart: a thing of a case or of a
/// work in its own.
fn filled(path: &str, names: &Names) -> Vec<String> {
    let case = names.ids.iter().find(|id| id.starts_with("2026-")).map_or("", String::as_str);
    let path = &path
        .replace("/cases/{id}/", &format!("/cases/{case}/"))
        .replace("/works/{id}/staff", "/works/1/staff");
    let one = |name: &str, id: &str| match name {
        "body" => HOME.to_owned(),
        "login" => PERSON.to_owned(),
        "month" => names.month.clone(),
        "day" => names.day.clone(),
        "year" => "2026".to_owned(),
        "kind" => "works".to_owned(),
        "question" => "users".to_owned(),
        _ => id.to_owned(),
    };
    let fill = |id: &str| {
        path.split('/')
            .map(|part| {
                part.strip_prefix('{')
                    .and_then(|part| part.strip_suffix('}'))
                    .map_or(part.to_owned(), |name| one(name, id))
            })
            .collect::<Vec<_>>()
            .join("/")
    };
    let more = [
        "staff.csv",
        "staff.xlsx",
        "works.xlsx",
        "rules.pdf",
        "book.xlsx",
        "tables.csv",
        "staff",
        HOME,
    ]
    .map(str::to_owned);
    let all: BTreeSet<String> = names.ids.iter().chain(&more).map(|id| fill(id)).collect();
    all.into_iter().collect()
}

/// The path with what may be asked of it: what its document names, or what our pages ask for.
fn asked(document: &Value, route: &Listed, path: &str, names: &Names) -> String {
    let id = names.ids[0].as_str();
    let fields: Vec<(String, String)> = if matches!(route.access, Access::Api(_)) {
        let all =
            document["paths"][route.path]["get"]["parameters"].as_array().into_iter().flatten();
        let named = all.filter(|one| one["in"] == "query").map(|one| {
            let name = one["name"].as_str().unwrap();
            let value = example(document, &one["schema"], name, id, names);
            (name.to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        });
        named.collect()
    } else {
        form(id, names)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    if fields.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", serde_urlencoded::to_string(fields).unwrap())
    }
}

/// What a call takes, by its document, with this identity wherever a text may be.
fn body(document: &Value, route: &Listed, id: &str, names: &Names) -> Value {
    let item = &document["paths"][route.path]["post"]["requestBody"]["content"]["application/json"]
        ["schema"];
    if item.is_null() { Value::Null } else { example(document, item, "", id, names) }
}

fn example(document: &Value, schema: &Value, name: &str, id: &str, names: &Names) -> Value {
    let go = |schema: &Value, name: &str| example(document, schema, name, id, names);
    if let Some(to) = schema["$ref"].as_str() {
        return go(document.pointer(&to[1..]).unwrap(), name);
    }
    for some in ["oneOf", "anyOf", "allOf"] {
        if let Some(one) =
            schema[some].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
        {
            return go(one, name);
        }
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    match kinds.iter().copied().find(|kind| *kind != "null").unwrap_or("object") {
        "string" if name.starts_with("login") => PERSON.into(),
        "string" if name == "body" => HOME.into(),
        "string" if schema["format"] == "date" || name == "as_of" => names.day.clone().into(),
        "string" => id.into(),
        "integer" | "number" => schema["minimum"].as_i64().unwrap_or(1).into(),
        "boolean" => true.into(),
        "array" => json!([go(&schema["items"], name)]),
        _ => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields.map(|(name, schema)| (name.clone(), go(schema, name))).collect()
        }
    }
}

/// A form with this identity under every name that forms of ours use for one.
fn form<'a>(id: &'a str, names: &'a Names) -> Vec<(&'a str, &'a str)> {
    let named = [
        "id", "pick", "staff", "pc", "device", "division", "superior", "deputy", "work", "case",
        "key", "check", "number", "name", "why",
    ];
    let mut fields: Vec<(&str, &str)> = named.into_iter().map(|name| (name, id)).collect();
    fields.extend([
        ("login", PERSON),
        ("user", PERSON),
        ("body", HOME),
        ("code", HOME),
        ("act", "approve"),
        ("do", "approve"),
    ]);
    fields.extend([
        ("version", "1"),
        ("revision", "1"),
        ("seen", "1"),
        ("unit", "day"),
        ("form", "home"),
        ("kind", "pc"),
        ("item", "pc"),
    ]);
    fields.extend(
        ["day", "date", "from", "to", "until", "week"].map(|name| (name, names.day.as_str())),
    );
    fields.extend(["month", "first"].map(|name| (name, names.month.as_str())));
    fields
}

/// Every row that is [`HOME`]'s, or nobody's, by table.
async fn rows(town: &Town) -> BTreeMap<String, Vec<String>> {
    rows_of(town, Some(HOME)).await
}

/// Every row that is this body's, or nobody's, by table; or every row there is.
pub(super) async fn rows_of(town: &Town, body: Option<&str>) -> BTreeMap<String, Vec<String>> {
    let mut conn = town.app.store.read().await.unwrap();
    let text = async |sql: String, conn: &mut store::Conn| -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(conn).await.unwrap()
    };
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
        AND name NOT LIKE '\\_%' ESCAPE '\\'";
    let mut all = BTreeMap::new();
    for table in text(tables.to_owned(), &mut conn).await {
        let columns =
            text(format!("SELECT name FROM pragma_table_info('{table}')"), &mut conn).await;
        let has = |name: &str| columns.iter().any(|column| column == name);
        let whose = match (table.as_str(), body) {
            (_, None) => "1 = 1".to_owned(),
            ("bodies", Some(body)) => format!("code = '{body}'"),
            (
                "audit_records" | "audit_heads" | "audit_addresses" | "audit_verified",
                Some(body),
            ) => format!("chain = '{body}'"),
            (_, Some(body)) if has("body") => format!("body = '{body}'"),
            (_, Some(body)) if has("staff") => {
                format!("staff IN (SELECT id FROM staff WHERE body = '{body}')")
            }
            (_, Some(body)) if has("device") => {
                format!("device IN (SELECT id FROM devices WHERE body = '{body}')")
            }
            _ => "1 = 1".to_owned(),
        };
        let row: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let rows = text(
            format!("SELECT {} FROM {table} WHERE {whose} ORDER BY 1", row.join(" || ',' || ")),
            &mut conn,
        )
        .await;
        all.insert(table, rows);
    }
    all
}

/// One who may do everything in [`OTHER`].
async fn neighbour(town: &Town) -> (Browser, String) {
    let (all, mut staff) = (town.person(HOME, "all1").await, town.person(OTHER, "staff1").await);
    staff.roles = all.roles;
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    assert!(store::staff::change(&mut tx, &staff).await.unwrap());
    tx.keep(()).await.unwrap();
    let secret = token(town, staff.id, OTHER, &Scope::ALL).await;
    (town.sign_in_to(OTHER, "staff1").await, secret)
}

/// Routes that name something, or take something that may.
fn walked() -> Vec<Listed> {
    let alone = ["/sign-out", "/account/sign-ins/end", "/language"];
    let known =
        |route: &Listed| !matches!(route.access, Access::Public | Access::Machine | Access::SetUp);
    listed().into_iter().filter(|route| known(route) && !alone.contains(&route.path)).collect()
}

#[tokio::test]
async fn every_kind_of_thing_is_named_by_the_walk() {
    let town = Town::new().await;
    let names = settle(&town).await;
    let secret = token(&town, town.person(HOME, "all1").await.id, HOME, &Scope::ALL).await;
    let (mut person, mut program) = (town.sign_in("all1").await, town.browser());
    let document = serde_json::to_value(document()).unwrap();
    let mut unseen = BTreeSet::new();
    for route in
        walked().into_iter().filter(|route| route.method == Get && route.path.contains('{'))
    {
        let mut seen = false;
        for path in filled(route.path, &names) {
            town.clock.advance(200);
            let asked = asked(&document, &route, &path, &names);
            for path in [path, asked] {
                let reply = match route.access {
                    Access::Api(_) => call(&mut program, Get, &path, Some(&secret), None).await,
                    _ => person.get(&path).await,
                };
                assert_ne!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
                // Paper that cannot be printed where nobody has built the press is there all the
                // same.
                seen |= matches!(reply.status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE);
            }
        }
        let later =
            LATER.iter().any(|start| route.path.starts_with(start)) && !CASE.contains(&route.path);
        if !seen && !later {
            unseen.insert(route.path);
        }
    }
    assert_eq!(unseen, BTreeSet::from(NOT_MADE), "in their own body they are there");
}

#[tokio::test]
async fn nothing_of_a_body_is_shown_to_or_changed_by_a_neighbour() {
    let town = Town::new().await;
    let names = settle(&town).await;
    let (mut person, secret) = neighbour(&town).await;
    let mut program = town.browser();
    let document = serde_json::to_value(document()).unwrap();
    let before = rows(&town).await;
    assert!(
        [
            "agents",
            "devices",
            "passkeys",
            "sessions",
            "api_tokens",
            "telework_works",
            "telework_requests",
            "telework_papers"
        ]
        .iter()
        .all(|table| !before[*table].is_empty())
    );
    let mut tried = 0;
    for route in walked() {
        for path in filled(route.path, &names) {
            let ids: &[String] = if route.method == Get || route.path.contains('{') {
                &names.ids[..1]
            } else {
                &names.ids
            };
            for id in ids {
                town.clock.advance(200);
                if route.method == Get {
                    // As it is, and with something to look for.
                    let path = asked(&document, &route, &path, &names);
                    let reply = match route.access {
                        Access::Api(_) => call(&mut program, Get, &path, Some(&secret), None).await,
                        _ => person.get(&path).await,
                    };
                    unshown(&path, &reply);
                }
                let reply = match (route.access, route.method) {
                    (Access::Api(_), Get) => {
                        call(&mut program, Get, &path, Some(&secret), None).await
                    }
                    (Access::Api(_), Post) => {
                        let body = body(&document, &route, id, &names).to_string();
                        call(&mut program, Post, &path, Some(&secret), Some(&body)).await
                    }
                    (_, Get) => person.get(&path).await,
                    (_, Post) => person.post(&path, &form(id, &names)).await,
                };
                unshown(&path, &reply);
                assert_ne!(
                    reply.status,
                    StatusCode::TOO_MANY_REQUESTS,
                    "{path}: the walk is too fast to mean anything"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 2_000, "{tried}");
    assert_ne!(
        person.get("/account").await.status,
        StatusCode::SEE_OTHER,
        "signed in until the end"
    );
    for (table, after) in rows(&town).await {
        assert_eq!(before[&table], after, "{table} of {HOME} was changed from {OTHER}");
    }
}

fn unshown(path: &str, reply: &Reply) {
    assert_ne!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    for secret in SECRETS {
        assert!(!reply.text().contains(secret), "{path} shows {secret} of another body");
    }
}
