//! What goes by file: workbooks, lists, tables, forms, bundles; and the settings beside them.

use std::io::Cursor;

use axum::http::{StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use calamine::{Reader, Xlsx};
use exchange::case::{Stage, State};
use exchange::form::{Form, shipped};
use exchange::value::{QuestionId, Sheet};
use serde_json::{Value, json};

use super::tests::{Program, value};
use crate::book::{self, Subject};
use crate::country::{
    ELSEWHERE, NEIGHBOUR, PREFECTURE, R2, R3, TOWN, answers, begun, country, small_survey,
};
use crate::testing::Area as _;
use crate::testing::Town;
use kit::http::Scope;
use kit::sheet::XLSX;
use web_testing::papers::{press, text as printed};

const MINISTRY: &str = "000019";
const CASE: &str = "/cases/2021-0001";

/// The town's answer, with the reason the form asks for.
fn good() -> Sheet {
    let mut sheet = answers(shipped::TELEWORK_R3, R3)[&TOWN.parse().unwrap()].clone();
    sheet.reasons.insert(QuestionId::new("staff"), "集計範囲の見直し".to_owned());
    sheet
}

fn workbook(code: &str, sheet: &Sheet) -> Vec<u8> {
    let form = Form::read(shipped::TELEWORK_R3).unwrap();
    book::write(
        &Subject { form: &form, body: code.parse().unwrap(), body_name: "" },
        sheet,
        None,
        None,
    )
    .unwrap()
}

#[tokio::test]
async fn a_town_answers_by_workbook_and_is_told_its_faults_by_cell() {
    let town = begun().await;
    let mut desk = Program::of(&town, TOWN, "desk1").await;
    let path = format!("{CASE}/workbook");
    let empty = desk.reply(&format!("{path}?content=empty"), None).await;
    assert_eq!(
        (empty.status, empty.headers[header::CONTENT_TYPE].to_str().unwrap()),
        (StatusCode::OK, XLSX)
    );
    assert!(empty.bytes.starts_with(b"PK"));
    assert_eq!(
        desk.reply(&format!("{path}?content=marked"), None).await.status,
        StatusCode::NOT_FOUND
    );

    let mut sheet = good();
    sheet.reasons.clear();
    let refused = desk.send(&path, XLSX, &workbook(TOWN, &sheet)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = value(&refused);
    assert_eq!(told["cells"][0]["cell"], "C5");
    assert!(
        told["cells"][0]["message"]
            .as_str()
            .unwrap()
            .contains("前回の1126から2415に大きく変わっています"),
        "{told}"
    );
    assert!(desk.reply(&format!("{path}?content=marked"), None).await.bytes.starts_with(b"PK"));
    let of_another = desk.send(&path, XLSX, &workbook(ELSEWHERE, &good())).await;
    assert_eq!(
        (of_another.status, value(&of_another)["cells"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!([]))
    );
    assert_eq!(desk.get(&format!("{CASE}/answer")).await["version"], 0, "nothing was taken");

    let taken = desk.send(&path, XLSX, &workbook(TOWN, &good())).await;
    assert_eq!(
        (taken.status, &value(&taken)["state"]),
        (StatusCode::OK, &json!("entering")),
        "{}",
        taken.text()
    );
    // What comes out filled goes in again the same.
    let filled = desk.reply(&path, None).await;
    let subject_form = Form::read(shipped::TELEWORK_R3).unwrap();
    let subject = Subject { form: &subject_form, body: TOWN.parse().unwrap(), body_name: "" };
    assert_eq!(book::read(&filled.bytes, &subject, None).unwrap().sheet, good());

    // Somebody is typing: nothing is saved over it.
    let mut other = Program::of(&town, TOWN, "desk2").await;
    other
        .post(
            &format!("{CASE}/draft"),
            json!({ "fields": [{ "name": "q.staff", "text": "1200" }] }),
        )
        .await;
    let laid = desk.send(&path, XLSX, &workbook(TOWN, &good())).await;
    assert_eq!((laid.status, &value(&laid)["error"]), (StatusCode::CONFLICT, &json!("stale")));
    assert_eq!(desk.get(&format!("{CASE}/answer")).await["version"], 1);
}

#[tokio::test]
async fn what_is_too_large_or_of_another_kind_is_refused_before_it_is_kept() {
    let town = begun().await;
    let mut desk = Program::of(&town, TOWN, "desk1").await;
    let large = vec![b'x'; (4 << 20) + 1];
    assert_eq!(
        desk.send(&format!("{CASE}/workbook"), XLSX, &large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        desk.send(&format!("{CASE}/workbook"), "text/html", b"x").await.status,
        StatusCode::BAD_REQUEST
    );
    let file = |bytes: &[u8]| json!({ "name": "別紙.txt", "content": STANDARD.encode(bytes) });
    let reply = desk.reply(&format!("{CASE}/files"), Some(&file(&large))).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    // A file that only just fits goes in, comes out the same, and can be taken away.
    let fits = &large[..4 << 20];
    desk.post(&format!("{CASE}/files"), file(fits)).await;
    let mut conn = town.app.store.read().await.unwrap();
    let id = "2021-0001".parse().unwrap();
    let rows =
        store::exchange::attachments(&mut conn, id, Some(TOWN.parse().unwrap())).await.unwrap();
    drop(conn);
    let at = format!("{CASE}/files/{}", rows[0].id);
    assert_eq!(desk.get(&at).await["content"].as_str().unwrap(), STANDARD.encode(fits));
    let mut other = Program::of(&town, ELSEWHERE, "desk1").await;
    assert_eq!(
        other.reply(&format!("{at}/remove"), Some(&json!({}))).await.status,
        StatusCode::NOT_FOUND
    );
    desk.post(&format!("{at}/remove"), json!({})).await;
    assert_eq!(desk.reply(&at, None).await.status, StatusCode::NOT_FOUND);
}

/// Looks until an import is over.
async fn over(program: &mut Program, id: &Value) -> Value {
    loop {
        let info = program.get(&format!("{CASE}/imports/{}", id.as_str().unwrap())).await;
        if info["over"] == true {
            return info;
        }
        tokio::task::yield_now().await;
    }
}

/// The rows of some bodies' given answers, as CSV.
fn rows(codes: &[&str]) -> String {
    let text = std::str::from_utf8(R3).unwrap();
    let kept = text
        .lines()
        .enumerate()
        .filter(|(at, row)| *at == 0 || codes.iter().any(|code| row.starts_with(code)));
    kept.map(|(_, row)| format!("{row}\n")).collect()
}

fn sending(csv: &str) -> Value {
    json!({ "reason": "紙で届いたため", "content": STANDARD.encode(csv) })
}

#[tokio::test]
async fn many_answers_come_in_by_one_file_all_or_none() {
    let town = country().await;
    small_survey(
        &town,
        "2021-0001",
        shipped::TELEWORK_R3,
        Stage::Sent,
        State::Received,
        &Default::default(),
    )
    .await;
    let mut prefecture = Program::of(&town, PREFECTURE, "desk1").await;
    let mut ministry = Program::of(&town, MINISTRY, "desk1").await;
    let (import, take_in) = (format!("{CASE}/imports"), format!("{CASE}/imports/take-in"));
    // Each by its own call.
    assert_eq!(ministry.reply(&import, Some(&sending("x"))).await.status, StatusCode::NOT_FOUND);
    assert_eq!(prefecture.reply(&take_in, Some(&sending("x"))).await.status, StatusCode::NOT_FOUND);
    prefecture.refused(&import, json!({ "reason": " ", "content": "eA==" })).await;

    let other = sending(&rows(&[TOWN, ELSEWHERE]));
    let job = prefecture.post(&import, other).await["id"].clone();
    let info = over(&mut prefecture, &job).await;
    assert_eq!((&info["taken"], &info["cells"][0]["cell"]), (&Value::Null, &json!("A3")), "{info}");
    let marked =
        prefecture.reply(&format!("{import}/{}/marked", job.as_str().unwrap()), None).await;
    assert!(marked.bytes.starts_with(b"PK"));
    let mut clerk = Program::of(&town, PREFECTURE, "lead1").await;
    let seen = clerk.reply(&format!("{import}/{}", job.as_str().unwrap()), None).await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND, "an import is for who began it");

    let job = prefecture.post(&import, sending(&rows(&[TOWN, NEIGHBOUR]))).await["id"].clone();
    let info = over(&mut prefecture, &job).await;
    assert_eq!((&info["taken"], &info["total"]), (&json!(2), &json!(2)), "{info}");
    let job = ministry.post(&take_in, sending(&rows(&[ELSEWHERE]))).await["id"].clone();
    assert_eq!(over(&mut ministry, &job).await["taken"], 1);
    let seen = prefecture.get(&format!("{CASE}/bodies/{TOWN}")).await;
    assert_eq!(
        (&seen["answer"]["proxy"], &seen["answer"]["reason"]),
        (&json!(true), &json!("紙で届いたため"))
    );
}

#[tokio::test]
async fn tables_and_the_consolidated_workbook_come_as_files_with_the_rights_of_the_pages() {
    let town = country().await;
    let (past, now) = (answers(shipped::TELEWORK_R2, R2), answers(shipped::TELEWORK_R3, R3));
    small_survey(
        &town,
        "2020-0001",
        shipped::TELEWORK_R2,
        Stage::Published,
        State::Confirmed,
        &past,
    )
    .await;
    small_survey(&town, "2021-0001", shipped::TELEWORK_R3, Stage::Sent, State::Submitted, &now)
        .await;
    let mut prefecture = Program::of(&town, PREFECTURE, "desk1").await;
    press();
    for (format, media) in [
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", XLSX),
        ("json", "application/json"),
        ("pdf", "application/pdf"),
    ] {
        let reply = prefecture.reply(&format!("{CASE}/tables/{format}"), None).await;
        assert_eq!(
            (reply.status, reply.headers[header::CONTENT_TYPE].to_str().unwrap()),
            (StatusCode::OK, media),
            "{}",
            reply.text()
        );
        match format {
            "csv" => assert!(
                reply.text().contains("導入状況,合計,導入,3,3,100.0,1,3,33.3"),
                "{}",
                reply.text()
            ),
            "pdf" => assert!(printed(&reply.bytes).contains("北海道内の団体")),
            "json" => assert!(value(&reply).is_array() || value(&reply).is_object()),
            _ => assert!(reply.bytes.starts_with(b"PK")),
        }
    }
    let reply = prefecture.reply(&format!("{CASE}/consolidated"), None).await;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(&reply.bytes[..])).unwrap();
    let sheet = book.worksheet_range("回答一覧").unwrap();
    let codes: Vec<String> = sheet.rows().map(|row| row[0].to_string()).collect();
    assert_eq!(codes[1..], [TOWN, NEIGHBOUR], "its own bodies and no other");
    for (body, path) in [
        (TOWN, "consolidated"),
        (ELSEWHERE, "consolidated"),
        (TOWN, "tables/csv"),
        (ELSEWHERE, "tables/pdf"),
    ] {
        let mut other = Program::of(&town, body, "desk1").await;
        assert_eq!(
            other.reply(&format!("{CASE}/{path}"), None).await.status,
            StatusCode::NOT_FOUND,
            "{body} {path}"
        );
    }
    assert_eq!(
        prefecture.reply(&format!("{CASE}/tables/exe"), None).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_form_is_checked_by_line_and_column_put_in_and_fixed_once_it_was_sent() {
    let town = begun().await;
    let mut desk = Program::of(&town, TOWN, "desk1").await;
    let toml = "application/toml";
    let faulty = shipped::TELEWORK_R3.replacen("required = true", "requierd = true", 1);
    let told = value(&desk.send("/forms/check", toml, faulty.as_bytes()).await);
    assert_eq!(
        (&told["faults"][0]["line"], &told["faults"][0]["column"], &told["form"]),
        (&json!(20), &json!(1), &Value::Null)
    );
    let told = value(&desk.send("/forms/check", toml, shipped::TELEWORK_R3.as_bytes()).await);
    assert_eq!((&told["faults"], &told["form"]["name"]), (&json!([]), &json!("telework/令和3年")));
    assert_eq!(
        desk.send("/forms/check", toml, &[0xff, 0xfe]).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        desk.send("/forms/check", toml, &vec![b'#'; 300_000]).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );

    let next = shipped::TELEWORK_R3.replacen("version = \"令和3年\"", "version = \"令和9年\"", 1);
    assert_ne!(next, shipped::TELEWORK_R3);
    assert_eq!(
        desk.send("/forms", toml, next.as_bytes()).await.status,
        StatusCode::NOT_FOUND,
        "the ministry's"
    );
    let mut ministry = Program::of(&town, MINISTRY, "desk1").await;
    let kept = ministry.send("/forms", toml, next.as_bytes()).await;
    assert_eq!(
        (kept.status, &value(&kept)["version"]),
        (StatusCode::OK, &json!("令和9年")),
        "{}",
        kept.text()
    );
    assert_eq!(town.record(MINISTRY).await[0], audit::Kind::FORM_ADDED);
    let refused = ministry.send("/forms", toml, faulty.as_bytes()).await;
    assert_eq!(
        (refused.status, &value(&refused)["faults"][0]["line"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!(20))
    );
    // A case went out with this one.
    let other = shipped::TELEWORK_R3.replacen("required = true", "required = false", 1);
    let fixed = ministry.send("/forms", toml, other.as_bytes()).await;
    assert_eq!(
        (fixed.status, &value(&fixed)["error"]),
        (StatusCode::CONFLICT, &json!("stale")),
        "{}",
        fixed.text()
    );

    let list = desk.get("/forms?q=%E4%BB%A4%E5%92%8C9").await;
    assert_eq!(list["forms"].as_array().unwrap().len(), 1);
    let file =
        desk.reply("/forms/file?id=telework&version=%E4%BB%A4%E5%92%8C9%E5%B9%B4", None).await;
    assert_eq!(file.ok(), next);
}

#[tokio::test]
async fn desks_and_mergers_are_set_by_who_may() {
    let town = begun().await;
    let mut desk = Program::of(&town, TOWN, "desk1").await;
    let mut tx = town.app.write_unattended(TOWN.parse().unwrap()).await.unwrap();
    let division = people::Division {
        id: people::DivisionId([7; 16]),
        body: TOWN.parse().unwrap(),
        code: "030".into(),
        name: "行政改革課".parse().unwrap(),
        superior: None,
        deputy: None,
    };
    store::divisions::add(&mut tx, &division).await.unwrap();
    tx.keep(()).await.unwrap();
    desk.refused(
        "/desks",
        json!(
            { "desks": [{ "desk": "人事担当課", "division": "999" }], "approval": true,
                "revision": "" }),
    )
    .await;
    let mut it = Program::of(&town, TOWN, "it1").await;
    let revision = it.get("/desks").await["revision"].clone();
    let set = json!(
        { "desks": [{ "desk": "人事担当課", "division": "030" }], "approval": false,
            "revision": revision });
    let old = json!({ "desks": [], "approval": true, "revision": "0" });
    assert_eq!(
        it.reply("/desks", Some(&old)).await.status,
        StatusCode::CONFLICT,
        "nobody writes over what was not read"
    );
    // A program is one person too: what lets others approve, or asks for no approval, waits.
    assert_eq!(it.post("/desks", set.clone()).await, json!({ "done": true, "waits": true }));
    assert_eq!(it.get("/desks").await["approval"], json!(true));
    town.clock.advance(86_400_000);
    assert_eq!(web_people::second::begin_due(town.app.people()).await.unwrap(), 1);
    // A token of these tests holds for a day.
    let mut desk = Program::of(&town, TOWN, "desk1").await;
    let mut it = Program::of(&town, TOWN, "it1").await;
    let found = it.get("/desks").await;
    assert_eq!((&found["desks"], &found["approval"]), (&set["desks"], &json!(false)));
    let mut plain = Program::of(&town, TOWN, "staff1").await;
    assert_eq!(plain.reply("/desks", Some(&set)).await.status, StatusCode::NOT_FOUND);

    let mut ministry = Program::of(&town, MINISTRY, "desk1").await;
    let merged = json!({ "body": TOWN, "on": "2021-04-01", "predecessors": [TOWN, NEIGHBOUR] });
    assert_eq!(desk.reply("/lineage", Some(&merged)).await.status, StatusCode::NOT_FOUND);
    ministry.post("/lineage", merged.clone()).await;
    let mut listed = ministry.get("/lineage").await["changes"][0].clone();
    let revision = listed.as_object_mut().unwrap().remove("revision").unwrap();
    assert_eq!(listed, merged);
    // Another one of that day replaces what was read.
    let mut other = json!({ "body": TOWN, "on": "2021-04-01", "predecessors": [NEIGHBOUR, TOWN] });
    assert_eq!(
        ministry.reply("/lineage", Some(&other)).await.status,
        StatusCode::CONFLICT,
        "it was not read"
    );
    other["revision"] = revision;
    ministry.post("/lineage", other).await;
    ministry
        .refused("/lineage", json!({ "body": TOWN, "on": "2021-05-01", "predecessors": [TOWN] }))
        .await;
    ministry.post("/lineage/undo", json!({ "body": TOWN, "on": "2021-04-01" })).await;
    assert_eq!(ministry.get("/lineage").await["changes"], json!([]));
}

#[tokio::test]
async fn bundles_go_and_come_by_who_runs_the_server_and_nobody_else() {
    let here = begun().await;
    let there = Town::empty().await;
    let mut carrier = Program::of(&here, TOWN, "it1").await;
    let key = kit::secrets::hex(&there.app.server_key().0);
    // Whoever else has a token of this scope runs no server; and who does is nobody special without
    // it.
    let mut other = Program::of(&here, MINISTRY, "desk1").await;
    assert_eq!(other.reply("/servers", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        other.send("/bundles", "application/octet-stream", b"x").await.status,
        StatusCode::NOT_FOUND
    );
    let mut without =
        Program::with(&here, TOWN, "it1", &[Scope::ExchangeRead, Scope::ExchangeRun]).await;
    assert_eq!(without.reply("/servers", None).await.status, StatusCode::FORBIDDEN);

    carrier.refused("/servers", json!({ "name": "LGWAN側", "key": "00" })).await;
    carrier.post("/servers", json!({ "name": "LGWAN側", "key": key })).await;
    let list = carrier.get("/servers").await;
    assert_eq!(
        (&list["servers"][0]["key"], &list["servers"][0]["written"]),
        (&json!(key), &json!(0))
    );
    // Everybody asked lives on this server: there is nothing to carry.
    carrier
        .refused(&format!("/servers/{key}/bundles"), json!({ "case": "2021-0001", "what": "case" }))
        .await;
    let stray = carrier.send("/bundles", "application/octet-stream", b"no bundle").await;
    assert_eq!(stray.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", stray.text());
    assert!(here.record("000000").await.contains(&audit::Kind::BUNDLE_REFUSED));
}
