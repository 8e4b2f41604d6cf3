//! A survey down and up by programs alone, and what another body's program finds of it.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use exchange::draft::Typed;
use exchange::form::{Form, shipped};
use jiff::ToSpan;
use serde_json::{Value, json};

use crate::testing::{Browser, Reply, Town};
use crate::testing::{CHIYODA, HAKODATE, HOKKAIDO, MINISTRY, TOKYO, answer, country};
use crate::testing::{call, token};
use kit::http::Access;
use kit::http::Method::{Get, Post};
use kit::http::Scope;
use kit::sheet::XLSX;

/// A program of one body with all scopes of one of its people.
pub(crate) struct Program {
    browser: Browser,
    token: String,
}

impl Program {
    pub(crate) async fn of(town: &Town, body: &str, login: &str) -> Self {
        Self::with(town, body, login, &Scope::ALL).await
    }

    pub(crate) async fn with(town: &Town, body: &str, login: &str, scopes: &[Scope]) -> Self {
        let staff = town.person(body, login).await;
        Self { browser: town.browser(), token: token(town, staff.id, body, scopes).await }
    }

    pub(crate) async fn reply(&mut self, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/api/v1/exchange{path}");
        let text = body.map(Value::to_string);
        let method = if body.is_some() { Post } else { Get };
        call(&mut self.browser, method, &path, Some(&self.token), text.as_deref()).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Value {
        let reply = self.reply(path, None).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        value(&reply)
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Value {
        let reply = self.reply(path, Some(&body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {body}: {}", reply.text());
        value(&reply)
    }

    pub(crate) async fn refused(&mut self, path: &str, body: Value) -> Value {
        self.refused_as(StatusCode::UNPROCESSABLE_ENTITY, path, body).await
    }

    pub(crate) async fn refused_as(
        &mut self,
        status: StatusCode,
        path: &str,
        body: Value,
    ) -> Value {
        let reply = self.reply(path, Some(&body)).await;
        assert_eq!(reply.status, status, "{path} {body}: {}", reply.text());
        let value = value(&reply);
        let faults = value["faults"].as_array().unwrap();
        assert!(!faults.is_empty(), "{value}");
        // What somebody else changed is told as it stands; every other reason has its code.
        if value["error"] != "changed" {
            let reasons = value["reasons"].as_array().unwrap();
            assert!(reasons.iter().all(|one| one["code"].is_string()), "{value}");
            assert!(reasons.iter().map(|one| &one["message"]).eq(faults), "{value}");
        }
        value
    }

    /// A file sent as what it is.
    pub(crate) async fn send(&mut self, path: &str, media: &str, bytes: &[u8]) -> Reply {
        let request = Request::post(format!("/api/v1/exchange{path}"))
            .header(header::CONTENT_TYPE, media)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        self.browser.send(request.body(Body::from(bytes.to_vec())).unwrap()).await
    }

    /// The revision of a body's delivery.
    async fn seen(&mut self, case: &str, body: &str) -> u64 {
        self.get(&format!("/cases/{case}/bodies/{body}")).await["revision"].as_u64().unwrap()
    }
}

pub(super) fn value(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.bytes)
        .unwrap_or_else(|_| panic!("{} {}", reply.status, reply.text()))
}

fn day(town: &Town, days: i64) -> String {
    let today = exchange::case::today(crate::access::now(&town.app));
    today.checked_add(days.days()).unwrap().to_string()
}

/// A survey for Hokkaido and Hakodate, Tokyo and Chiyoda.
async fn sent(town: &Town, ministry: &mut Program, path: &str) -> String {
    let begun = ministry.post("/cases", json!({})).await;
    let case = begun["id"].as_str().unwrap().to_owned();
    let mut letter = json!({
        "revision": begun["revision"], "kind": "survey",
        "subject": "取組状況調査", "path": path, "desk": "人事担当課",
        "addressees": { "bodies": [HOKKAIDO, HAKODATE, "東京都", CHIYODA] },
        "form": "telework/令和3年", "remind_before": [7, 3], "send": true,
    });
    ministry.refused(&format!("/cases/{case}/letter"), letter.clone()).await;
    letter["deadline"] = day(town, 20).into();
    let mut old = letter.clone();
    old["revision"] = 99.into();
    ministry.refused_as(StatusCode::CONFLICT, &format!("/cases/{case}/letter"), old).await;
    let done = ministry.post(&format!("/cases/{case}/letter"), letter).await;
    assert_eq!(done["stage"], "sent");
    case
}

/// The fields of a body's given answer.
fn fields(body: &str) -> Value {
    let form = Form::read(shipped::TELEWORK_R3).unwrap();
    let typed = Typed::of(&form, &answer(body));
    typed.pairs().map(|(name, text)| json!({ "name": name, "text": text })).collect()
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_survey_goes_down_and_up_by_programs_alone() {
    let town = country().await;
    let mut ministry = Program::of(&town, MINISTRY, "hr1").await;
    let case = sent(&town, &mut ministry, "cascade").await;
    let here = format!("/cases/{case}");

    // Not passed on yet: nothing is there for the city.
    let mut clerk = Program::of(&town, HAKODATE, "hr1").await;
    assert_eq!(clerk.reply(&here, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(clerk.get("/cases").await["inbox"], json!([]));

    let mut prefecture = Program::of(&town, HOKKAIDO, "hr1").await;
    let lists = prefecture.get("/cases").await;
    assert_eq!(lists["watched"][0]["counts"], json!([{ "state": "waiting", "bodies": 1 }]));
    let forward =
        json!({ "act": "forward", "deadline": day(&town, 10), "note": "十日までにお願いします" });
    prefecture.post(&format!("{here}/board/review"), forward).await;

    // The town takes it, fills it in and submits it, approved by somebody else.
    let inbox = clerk.get("/cases").await;
    assert_eq!(
        (&inbox["inbox"][0]["case"]["id"], &inbox["inbox"][0]["state"]),
        (&json!(case), &json!("sent"))
    );
    let own = clerk.get(&here).await;
    assert_eq!(own["own"]["note"], "十日までにお願いします");
    let stepped =
        clerk.post(&format!("{here}/receive"), json!({ "revision": own["own"]["revision"] })).await;
    assert_eq!(stepped["state"], "received");
    // What was seen is no longer so, whoever changed it: not wrong, but to be read again.
    let old = json!({ "revision": own["own"]["revision"] });
    let stale = clerk.refused_as(StatusCode::CONFLICT, &format!("{here}/receive"), old).await;
    assert_eq!(stale["error"], "stale");
    let form = clerk.get(&format!("{here}/form")).await;
    assert!(
        form["questions"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["kind"] == "one" && !one["choices"][0]["id"].is_null())
    );
    let typed = clerk
        .post(
            &format!("{here}/draft"),
            json!({ "fields": [{ "name": "q.staff", "text": "十人" }] }),
        )
        .await;
    assert_eq!(typed["wrong"], 1);
    let unread = clerk.get(&format!("{here}/answer")).await;
    assert_eq!(unread["hand"], "desk");
    assert!(
        unread["faults"]
            .as_array()
            .unwrap()
            .iter()
            .any(|fault| fault["question"] == "staff" && fault["missing"] == false)
    );
    let refused = clerk
        .refused(
            &format!("{here}/answer"),
            json!({ "base": unread["fields"], "fields": unread["fields"] }),
        )
        .await;
    assert!(refused["faults"][0].as_str().unwrap().contains("読み取れない"), "{refused}");
    let saved = clerk
        .post(
            &format!("{here}/answer"),
            json!({ "base": unread["fields"], "fields": fields(HAKODATE) }),
        )
        .await;
    assert_eq!(saved["state"], "entering");
    let asked =
        clerk.post(&format!("{here}/ask-approval"), json!({ "revision": saved["revision"] })).await;
    // Nobody approves his own work, whatever his token says.
    let own_word = json!({ "revision": asked["revision"], "approved": true });
    assert_eq!(
        clerk.reply(&format!("{here}/approval"), Some(&own_word)).await.status,
        StatusCode::FORBIDDEN
    );
    let mut chief = Program::of(&town, HAKODATE, "chief1").await;
    let approved = chief.post(&format!("{here}/approval"), own_word).await;
    let submission = json!({ "revision": approved["revision"], "key": KEY });
    let submitted = clerk.post(&format!("{here}/submit"), submission.clone()).await;
    assert_eq!(submitted["state"], "submitted");
    let number = submitted["receipts"][0]["number"].as_str().unwrap().to_owned();
    // The same intention again is the same receipt.
    assert_eq!(clerk.post(&format!("{here}/submit"), submission).await, submitted);
    assert_eq!(clerk.get(&format!("/receipts/{number}")).await["receipt"]["version"], 1);

    // The prefecture returns it with a remark, and takes it when it is mended.
    let path = format!("{here}/bodies/{HAKODATE}");
    let seen = prefecture.get(&path).await;
    assert!(!seen["answer"]["fields"].as_array().unwrap().is_empty());
    let back = json!(
        { "revision": seen["revision"], "act": "return", "until": day(&town, 12),
            "remarks": [{ "question": "staff", "text": "人数をご確認ください" }] });
    assert_eq!(prefecture.post(&format!("{path}/review"), back).await["state"], "returned");
    let own = clerk.get(&here).await;
    assert_eq!(
        own["own"]["remarks"],
        json!([{ "question": "staff", "text": "人数をご確認ください" }])
    );
    let base = clerk.get(&format!("{here}/answer")).await;
    let saved = clerk
        .post(
            &format!("{here}/answer"),
            json!({ "base": base["fields"], "fields": fields(HAKODATE) }),
        )
        .await;
    let asked =
        clerk.post(&format!("{here}/ask-approval"), json!({ "revision": saved["revision"] })).await;
    let approved = chief
        .post(
            &format!("{here}/approval"),
            json!({ "revision": asked["revision"], "approved": true }),
        )
        .await;
    let again = json!({ "revision": approved["revision"], "key": KEY.replace('0', "f") });
    assert_eq!(
        clerk.post(&format!("{here}/submit"), again).await["receipts"].as_array().unwrap().len(),
        2
    );
    for act in ["pass", "hand_up"] {
        let revision = prefecture.seen(&case, HAKODATE).await;
        prefecture
            .post(&format!("{path}/review"), json!({ "revision": revision, "act": act }))
            .await;
    }

    // The ministry confirms it, counts it and closes.
    let board = ministry.get(&format!("{here}/board?show=done")).await;
    assert_eq!(
        (board["country"].as_bool(), board["bodies"][0]["body"].as_str()),
        (Some(true), Some(HAKODATE))
    );
    ministry
        .post(&format!("{here}/board/confirm"), json!({ "act": "confirm", "bodies": [HAKODATE] }))
        .await;
    let tables = ministry.get(&format!("{here}/tables")).await;
    assert_eq!((tables["answers"].as_u64(), tables["interim"].as_bool()), (Some(1), Some(true)));
    let total = &tables["tables"][0]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == "合計")
        .unwrap()["base"];
    assert_eq!(total.as_u64(), Some(1));
    assert_eq!(
        clerk.reply(&format!("{here}/tables"), None).await.status,
        StatusCode::NOT_FOUND,
        "not published"
    );
    for (act, stage) in [("close", "closed"), ("publish", "published")] {
        let revision = ministry.get(&here).await["revision"].clone();
        let done = ministry
            .post(&format!("{here}/stage"), json!({ "revision": revision, "act": act }))
            .await;
        assert_eq!(done["stage"], stage);
    }
    assert_eq!(clerk.get(&format!("{here}/tables")).await["answers"], 1);

    // The record names the program.
    let mut conn = town.app.store.read().await.unwrap();
    let body: people::BodyCode = HAKODATE.parse().unwrap();
    let page = store::audit_page(&mut conn, body.chain(), &store::AuditFilter::default(), 50)
        .await
        .unwrap();
    let submitted =
        page.iter().find(|record| record.kind == audit::Kind::ANSWER_SUBMITTED).unwrap();
    assert!(submitted.who.name().starts_with("給与システム（hr1）"), "{:?}", submitted.who);
}

#[tokio::test]
async fn parts_questions_time_files_and_proxy_go_by_programs_too() {
    let town = country().await;
    let mut ministry = Program::of(&town, MINISTRY, "hr1").await;
    let case = sent(&town, &mut ministry, "cascade").await;
    let here = format!("/cases/{case}");
    let mut prefecture = Program::of(&town, HOKKAIDO, "hr1").await;
    prefecture.post(&format!("{here}/board/review"), json!({ "act": "forward" })).await;
    let mut clerk = Program::of(&town, HAKODATE, "hr1").await;
    let own = clerk.get(&here).await;
    let received =
        clerk.post(&format!("{here}/receive"), json!({ "revision": own["own"]["revision"] })).await;

    let parts = json!(
        { "revision": received["revision"], "until": day(&town, 5),
            "parts": [{ "division": "020", "questions": ["staff"] }] });
    clerk.post(&format!("{here}/parts"), parts).await;
    let unknown = json!(
        { "revision": received["revision"],
            "parts": [{ "division": "999", "questions": ["staff"] }] });
    assert_eq!(
        clerk.reply(&format!("{here}/parts"), Some(&unknown)).await.status,
        StatusCode::NOT_FOUND
    );
    let mut soumu = Program::of(&town, HAKODATE, "soumu1").await;
    assert_eq!(soumu.get(&format!("{here}/answer")).await["hand"], "part");
    let part = json!(
        { "fields": [
            { "name": "q.staff", "text": "120" }, { "name": "q.adoption", "text": "planned" }],
            "done": true });
    soumu.post(&format!("{here}/answer"), part).await;
    let given = clerk.get(&format!("{here}/parts")).await;
    assert!(given["parts"][0]["done"].is_string(), "{given}");
    let fields = clerk.get(&format!("{here}/answer")).await["fields"].clone();
    assert_eq!(
        fields,
        json!([{ "name": "q.staff", "text": "120" }]),
        "a division fills in its part and nothing else"
    );

    clerk
        .post(
            &format!("{here}/questions"),
            json!({ "text": "対象に会計年度任用職員を含みますか。" }),
        )
        .await;
    let asked = ministry.get(&here).await;
    let answered = json!({ "revision": asked["revision"], "question": 0, "text": "含みません。" });
    ministry.post(&format!("{here}/answers"), answered).await;
    assert_eq!(clerk.get(&here).await["questions"][0]["answer"], "含みません。");

    let revision = clerk.get(&here).await["own"]["revision"].clone();
    let more = json!({ "revision": revision, "until": day(&town, 30), "reason": "災害対応のため" });
    clerk.post(&format!("{here}/extension"), more).await;
    let revision = ministry.seen(&case, HAKODATE).await;
    let grant = json!({ "revision": revision, "act": "grant", "until": day(&town, 30) });
    ministry.post(&format!("{here}/bodies/{HAKODATE}/query"), grant).await;
    assert_eq!(clerk.get(&here).await["own"]["due"], day(&town, 30));

    let file = json!({ "name": "別紙.txt", "content": "44GT44KT44Gr44Gh44Gv" });
    clerk.post(&format!("{here}/files"), file.clone()).await;
    let odd = json!({ "name": "a.pdf", "content": "AAECAw==" });
    clerk.refused(&format!("{here}/files"), odd).await;
    assert_eq!(
        ministry.reply(&format!("{here}/letter/files"), Some(&file)).await.status,
        StatusCode::NOT_FOUND,
        "it is sent"
    );

    // 代理入力: with its reason, and never for oneself.
    let proxy = |reason: &str| {
        json!(
        { "base": fields, "fields": super::tests::fields(HAKODATE), "reason": reason })
    };
    prefecture.refused(&format!("{here}/bodies/{HAKODATE}/answer"), proxy("")).await;
    let saved = prefecture
        .post(&format!("{here}/bodies/{HAKODATE}/answer"), proxy("庁舎の被災のため"))
        .await;
    assert_eq!(saved["state"], "entering");
    let own = clerk.get(&here).await;
    assert_eq!(
        (&own["own"]["answer"]["proxy"], &own["own"]["answer"]["reason"]),
        (&json!(true), &json!("庁舎の被災のため"))
    );
}

/// Every call, with something that could be meant.
fn meant(path: &str) -> Option<Value> {
    let end = path.rsplit('/').next().unwrap();
    Some(match end {
        "letter" => json!({ "revision": 1, "kind": "notice", "subject": "x", "path": "direct" }),
        "answers" => json!({ "revision": 1, "question": 0, "text": "x" }),
        "stage" => json!({ "revision": 1, "act": "close" }),
        "questions" => json!({ "text": "x" }),
        "draft" => json!({ "fields": [] }),
        "answer" if path.contains("/bodies/") => json!({ "fields": [], "reason": "x" }),
        "answer" => json!({ "fields": [] }),
        "parts" => json!({ "revision": 1, "parts": [] }),
        "receive" | "ask-approval" => json!({ "revision": 1 }),
        "approval" => json!({ "revision": 1, "approved": true }),
        "submit" => json!({ "revision": 1, "key": KEY }),
        "correct" => json!({ "revision": 1, "reason": "x" }),
        "extension" => json!({ "revision": 1, "reason": "x", "until": "2030-01-01" }),
        "review" if path.contains("/board/") => json!({ "act": "pass" }),
        "review" | "query" => {
            json!({ "revision": 1, "act": if end == "query" { "confirm" } else { "pass" } })
        }
        "confirm" => json!({ "act": "confirm" }),
        "files" => json!({ "name": "x.txt", "content": "eA==" }),
        "remove" => json!({}),
        "imports" | "take-in" => json!({ "reason": "x", "content": "eA==" }),
        _ => return None,
    })
}

#[tokio::test]
async fn another_bodys_program_finds_nothing_whatever_it_calls() {
    let town = country().await;
    let case = {
        let mut tx = town.app.write_unattended(HAKODATE.parse().unwrap()).await.unwrap();
        let case = web_town::secret_case(&mut tx, HAKODATE.parse().unwrap()).await;
        tx.keep(()).await.unwrap();
        case
    };
    let calls: Vec<_> = crate::routes()
        .into_iter()
        .map(|route| route.listed())
        .filter(|route| {
            matches!(route.access, Access::Api(_))
                && route.path.starts_with("/api/v1/exchange/cases/{id}")
        })
        .collect();
    assert!(calls.len() >= 35, "{}", calls.len());
    for (body, login) in
        [(CHIYODA, "hr1"), (TOKYO, "hr1"), (CHIYODA, "chief1"), (HAKODATE, "soumu1")]
    {
        let mut other = Program::of(&town, body, login).await;
        for route in &calls {
            let path = route.path.strip_prefix("/api/v1/exchange").unwrap();
            let path = path
                .replace("{id}", &case)
                .replace("{body}", HAKODATE)
                .replace("{file}", &"0b".repeat(16));
            let path = path.replace("{import}", &"0b".repeat(16)).replace("{format}", "csv");
            let reply = match (route.method, meant(&path)) {
                (Get, _) => other.reply(&path, None).await,
                (Post, Some(sent)) => other.reply(&path, Some(&sent)).await,
                (Post, None) if path.ends_with("/workbook") => other.send(&path, XLSX, b"PK").await,
                (Post, None) => panic!("{path}"),
            };
            assert_eq!(
                reply.status,
                StatusCode::NOT_FOUND,
                "{body} {login} {path}: {}",
                reply.text()
            );
            assert!(!reply.text().contains("秘密"), "{path}");
            // Calls of one token are limited; a walk is not what that is for.
            town.clock.advance(2_000);
        }
    }
}

#[tokio::test]
async fn a_scope_that_was_not_given_is_not_had_by_right_alone() {
    let town = country().await;
    let mut ministry = Program::of(&town, MINISTRY, "hr1").await;
    let case = sent(&town, &mut ministry, "direct").await;
    let mut reader = Program::with(&town, HAKODATE, "hr1", &[Scope::ExchangeRead]).await;
    let own = reader.get(&format!("/cases/{case}")).await;
    let receive = json!({ "revision": own["own"]["revision"] });
    let reply = reader.reply(&format!("/cases/{case}/receive"), Some(&receive)).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.text().contains("\"scope\""));
}

#[tokio::test]
async fn what_is_sent_comes_back_as_it_is_or_is_refused() {
    let town = country().await;
    let mut ministry = Program::of(&town, MINISTRY, "hr1").await;
    let begun = ministry.post("/cases", json!({})).await;
    let case = begun["id"].as_str().unwrap().to_owned();
    let path = format!("/cases/{case}/letter");
    let items = json!(["対象は全団体です。", "  １行の２番目", "a\nb"]);
    let letter = json!({
        "revision": begun["revision"], "kind": "notice", "subject": " 件名 ", "path": "both",
        "text": "本文\r\n\r\n", "to": "各都道府県総務部長　殿\n",
    });
    let with = |name: &str, value: Value| {
        let mut letter = letter.clone();
        letter[name] = value;
        letter
    };
    // What a list may not hold is refused by its place, not cut up.
    for (bad, code) in [
        (with("items", json!(["a\nb", "", "c"])), "bad_item"),
        (with("items", items), "bad_item"),
        (with("items", json!(["a", ""])), "bad_item"),
        (with("date", json!("2026-02-30")), "bad_date"),
        (with("desk", json!("総務課")), "bad_desk"),
        (with("form", json!("telework")), "bad_form"),
        (with("form", json!("telework/令和3年")), "form_not_wanted"),
        (with("addressees", json!({ "kinds": ["city", "hamlet"] })), "unknown_kinds"),
        (with("addressees", json!({ "prefectures": ["01", HAKODATE] })), "unknown_bodies"),
        (with("addressees", json!({ "bodies": ["函館市\n千代田区"] })), "unknown_bodies"),
        (with("remind_before", json!([7, 61])), "bad_reminders"),
        (with("send", json!(true)), "no_addressees"),
    ] {
        let why = ministry.refused(&path, bad.clone()).await;
        let codes: Vec<&str> = why["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| reason["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, [code], "{bad}: {why}");
        assert_eq!(why["reasons"][0]["message"], why["faults"][0]);
    }
    let good = with("items", json!(["一", "二，三", "四、五"]));
    ministry.post(&path, good.clone()).await;
    let read = ministry.get(&format!("/cases/{case}")).await["letter"].clone();
    for name in ["subject", "text", "to", "items"] {
        assert_eq!(read[name], good[name], "{name}");
    }
}
