//! Telework over HTTP: from a request to an open PC, and what goes wrong on the way.

use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Assignment, AssignmentId, Pc, PcId, StaffId};
use serde_json::json;
use store::telework::RequestRow;
use telework::request::State;
use telework::time::tokyo;

mod asking;
mod english;
mod leads;
mod leaves;
mod mailed;
pub(crate) mod months;
mod moves;
mod offered;
mod pay;
mod persons;
mod waiting;

use super::{moment, opening_for};
use crate::testing::{Browser, HOME, OTHER, Town};
use kit::Cut;
pub(crate) use web_town::DIVISION;
use web_town::{OTHER_DIVISION, led_town};

const HOUR: u64 = 3_600_000;

/// A town in which `staff1` and `superior1` are in a division `superior1` leads.
pub(crate) async fn town() -> Town {
    led_town().await
}

fn today(town: &Town) -> Date {
    tokyo(moment(town.app.now())).date()
}

/// Moves the clock to the next time Tokyo's clocks show this hour.
fn until_hour(town: &Town, hour: i8) {
    let now = tokyo(moment(town.app.now()));
    let minutes = u64::try_from(
        (i64::from(hour) * 60 - i64::from(now.hour()) * 60 - i64::from(now.minute()))
            .rem_euclid(24 * 60),
    )
    .unwrap();
    town.clock.advance(minutes * 60_000);
}

async fn rules(town: &Town, more: &[(&str, &str)]) {
    let mut hr = town.sign_in("hr1").await;
    hr.get("/admin/telework").await.ok();
    let mut fields = vec![
        ("day_opens_pc", "yes"),
        ("form-home", "yes"),
        ("unit-day", "yes"),
        ("unit-hours", "yes"),
        ("eligible-regular", "yes"),
        ("after_the_fact", "yes"),
    ];
    fields.extend_from_slice(more);
    let reply = hr.post("/admin/telework", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}

async fn register(browser: &mut Browser) {
    let mut fields = vec![("version", "1"), ("consent", "yes")];
    let names: Vec<String> =
        super::checklist().checks.iter().map(|check| format!("check-{}", check.key)).collect();
    fields.extend(names.iter().map(|name| (name.as_str(), "yes")));
    let reply = browser.post("/telework/registration", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}

async fn ask(browser: &mut Browser, day: Date) {
    let day = day.to_string();
    let reply = browser
        .post(
            "/telework/requests",
            &[("day", &day), ("form", "home"), ("unit", "day"), ("note", "理由")],
        )
        .await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}

async fn requests(town: &Town) -> Vec<RequestRow> {
    let staff = town.person(HOME, "staff1").await;
    let mut conn = town.app.store.read().await.unwrap();
    let (from, to) = (Date::constant(2026, 1, 1), Date::constant(2027, 12, 31));
    store::telework::requests_of(&mut conn, staff.body, staff.id, from, to).await.unwrap()
}

fn pick(row: &RequestRow) -> String {
    format!("{}.{}", StaffId(row.id), row.request.version())
}

async fn is_open(town: &Town) -> bool {
    let staff = town.person(HOME, "staff1").await;
    let mut conn = town.app.store.read().await.unwrap();
    opening_for(&mut conn, staff.body, staff.id, town.app.now()).await.unwrap().is_ok()
}

/// A day of `staff1`, asked for and approved.
async fn approved(town: &Town, day: Date) -> RequestRow {
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    ask(&mut staff, day).await;
    let row = requests(town).await.pop().unwrap();
    let mut superior = town.sign_in("superior1").await;
    let reply =
        superior.post("/telework/approvals", &[("pick", &pick(&row)), ("act", "approve")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    requests(town).await.pop().unwrap()
}

#[tokio::test]
async fn an_approved_day_opens_the_pc_and_nothing_else_does() {
    let town = town().await;
    assert!(is_open(&town).await, "a body that has not switched telework days on asks for none");
    rules(&town, &[]).await;
    let person = town.person(HOME, "staff1").await;
    let pc = PcId([5; 16]);
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    let row = Pc {
        id: pc,
        body: person.body,
        agent: people::AgentId([6; 16]),
        target: "pc-1".parse().unwrap(),
        name: "企画課".parse().unwrap(),
        zone: people::Zone::Lgwan,
        stopped: false,
        seen: 0,
    };
    store::pcs::offer(&mut tx, &row).await.unwrap();
    let assignment = Assignment {
        id: AssignmentId([7; 16]),
        body: person.body,
        staff: person.id,
        pc,
        from: 0,
        until: i64::MAX,
        by: person.id,
    };
    store::assignments::add(&mut tx, &assignment).await.unwrap();
    tx.keep(()).await.unwrap();
    let open = json!({ "target": pc.to_string(), "device": "00".repeat(16) });

    let mut staff = town.sign_in("staff1").await;
    let refused = staff.json("/api/sessions", &open).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("telework_none"), "{}", refused.text());
    let day = today(&town).tomorrow().unwrap();
    let text = day.to_string();
    let early = staff
        .post("/telework/requests", &[("day", &text), ("form", "home"), ("unit", "day")])
        .await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(early.text().contains("有効な利用登録がありません"));

    approved(&town, day).await;
    assert!(!is_open(&town).await, "not before the hours");
    until_hour(&town, 9);
    assert!(is_open(&town).await);
    let mut staff = town.sign_in("staff1").await;
    // Past the day: the agent of this PC is what is missing now.
    assert_eq!(staff.json("/api/sessions", &open).await.status, StatusCode::NOT_FOUND);
    until_hour(&town, 18);
    assert!(!is_open(&town).await, "the grace after the hours is over");
    assert!(town.record(HOME).await.contains(&audit::Kind::TELEWORK_APPROVED));
}

#[tokio::test]
async fn the_second_of_two_approvers_sees_what_the_first_did() {
    let town = town().await;
    rules(&town, &[(&format!("least-{DIVISION}"), "2")]).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    ask(&mut staff, today(&town).tomorrow().unwrap()).await;
    let row = requests(&town).await.pop().unwrap();
    let (mut one, mut two) = (town.sign_in("superior1").await, town.sign_in("superior1").await);
    let page = one.get("/telework/approvals").await;
    assert!(
        page.ok().contains("出勤は1人になります（必要 2人）"),
        "the counter is shown before deciding"
    );
    two.get("/telework/approvals").await.ok();
    let unsaid = one.post("/telework/approvals", &[("pick", &pick(&row)), ("act", "return")]).await;
    assert_eq!(unsaid.status, StatusCode::CONFLICT);
    assert!(unsaid.text().contains("理由を書いてください"));
    assert_eq!(
        one.post("/telework/approvals", &[("pick", &pick(&row)), ("act", "approve")]).await.status,
        StatusCode::SEE_OTHER
    );
    let late = two
        .post("/telework/approvals", &[("pick", &pick(&row)), ("act", "refuse"), ("why", "窓口")])
        .await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(
        late.text().contains("職員 superior1さんの操作で「承認」になりました"),
        "{}",
        late.text()
    );
    assert_eq!(requests(&town).await.pop().unwrap().request.state, State::Approved);
}

#[tokio::test]
async fn another_division_and_another_body_are_not_there() {
    let town = town().await;
    rules(&town, &[]).await;
    let mut person = town.person(HOME, "staff1").await;
    person.division = Some(OTHER_DIVISION);
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    store::staff::change(&mut tx, &person).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    ask(&mut staff, today(&town).tomorrow().unwrap()).await;
    let row = requests(&town).await.pop().unwrap();
    let mut superior = town.sign_in("superior1").await;
    assert!(!superior.get("/telework/approvals").await.ok().contains("職員 staff1"));
    let reply =
        superior.post("/telework/approvals", &[("pick", &pick(&row)), ("act", "approve")]).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let mut foreign = town.sign_in_to(OTHER, "staff1").await;
    let reply = foreign
        .post(&format!("/telework/requests/{}/cancel", StaffId(row.id)), &[("seen", "1")])
        .await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(staff.get("/admin/telework").await.status, StatusCode::NOT_FOUND);
    assert_eq!(staff.get("/telework/approvals").await.status, StatusCode::NOT_FOUND);
    assert_eq!(requests(&town).await.pop().unwrap().request.state, State::Requested);
}

#[tokio::test]
async fn a_button_pressed_twice_changes_nothing_and_a_missing_end_is_asked_for() {
    let town = town().await;
    until_hour(&town, 9);
    let person = town.person(HOME, "staff1").await;
    let day = today(&town);
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(
        staff.post("/telework/clock", &[("mark", "start")]).await.status,
        StatusCode::SEE_OTHER
    );
    let twice = staff.post("/telework/clock", &[("mark", "start")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.text().contains("すでに記録されています"));
    let record = async |day| {
        let mut conn = town.app.store.read().await.unwrap();
        store::telework::day(&mut conn, person.body, person.id, day).await.unwrap().unwrap()
    };
    assert_eq!(record(day).await.clocks.len(), 1);
    assert_eq!(
        staff.post("/telework/report", &[("report", "予算書を作った")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(record(day).await.report, "予算書を作った");

    town.clock.advance(23 * HOUR);
    let mut staff = town.sign_in("staff1").await;
    assert!(staff.get("/telework").await.ok().contains("終業が記録されていません"));
    assert!(record(day).await.is_open(), "never invented");
    let text = day.to_string();
    let unsaid =
        staff.post("/telework/late", &[("day", &text), ("time", "17:15"), ("why", " ")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    let given = staff
        .post("/telework/late", &[("day", &text), ("time", "17:15"), ("why", "押し忘れ")])
        .await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text());
    let last = record(day).await.clocks.pop().unwrap();
    assert_eq!(tokyo(last.at).to_string(), format!("{day}T17:15:00"));
    assert_eq!(last.why.as_deref(), Some("押し忘れ"));
    assert!(!staff.get("/telework").await.ok().contains("終業が記録されていません"));
}

#[tokio::test]
async fn a_day_approved_after_it_began_opens_and_taken_back_cuts_what_is_live() {
    let town = town().await;
    rules(&town, &[]).await;
    until_hour(&town, 9);
    let row = approved(&town, today(&town)).await;
    assert!(
        is_open(&town).await,
        "asked for after the fact with a reason, approved after the day began"
    );
    let mut cuts = town.app.cuts.subscribe();
    let mut superior = town.sign_in("superior1").await;
    superior.get("/telework/approvals").await.ok();
    let reply = superior
        .post(
            "/telework/approvals",
            &[("pick", &pick(&row)), ("act", "cancel"), ("why", "出勤が必要")],
        )
        .await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    assert_eq!(cuts.try_recv(), Ok(Cut::Person(row.staff)));
    assert!(!is_open(&town).await);
    let mut staff = town.sign_in("staff1").await;
    assert!(staff.get("/telework").await.ok().contains("出勤が必要"));
}

#[tokio::test]
async fn an_emergency_order_opens_at_once_and_closes_by_itself() {
    let town = town().await;
    rules(&town, &[]).await;
    assert!(!is_open(&town).await);
    let day = today(&town).tomorrow().unwrap().to_string();
    let mut hr = town.sign_in("hr1").await;
    let unsaid = hr
        .post(
            "/admin/telework/emergency",
            &[("division", ""), ("day", ""), ("until", &day), ("why", "")],
        )
        .await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    let elsewhere = [
        ("division", OTHER_DIVISION.to_string()),
        ("day", String::new()),
        ("until", day.clone()),
        ("why", "大雪".into()),
    ];
    let elsewhere: Vec<(&str, &str)> =
        elsewhere.iter().map(|(key, value)| (*key, value.as_str())).collect();
    assert_eq!(
        hr.post("/admin/telework/emergency", &elsewhere).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!is_open(&town).await, "another division's order");
    let everywhere = [("division", ""), ("day", ""), ("until", day.as_str()), ("why", "大雪")];
    assert_eq!(
        hr.post("/admin/telework/emergency", &everywhere).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(is_open(&town).await);
    town.clock.advance(24 * HOUR);
    assert!(is_open(&town).await);
    town.clock.advance(2 * HOUR);
    assert!(!is_open(&town).await, "closed by itself at the end of its last day");
    assert!(town.record(HOME).await.contains(&audit::Kind::EMERGENCY_ORDERED));
}

#[tokio::test]
async fn weekly_days_come_whole_or_not_at_all_and_a_returned_one_is_asked_for_again() {
    let town = town().await;
    rules(&town, &[]).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    let day = today(&town).tomorrow().unwrap();
    let text = day.to_string();
    let weekly = [("day", text.as_str()), ("form", "home"), ("unit", "day"), ("weeks", "3")];
    assert_eq!(staff.post("/telework/requests", &weekly).await.status, StatusCode::SEE_OTHER);
    assert_eq!(requests(&town).await.len(), 4);
    let again = staff.post("/telework/requests", &weekly).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("同じ時間の申請がすでにあります"));
    assert_eq!(requests(&town).await.len(), 4, "all or nothing");
    let row = requests(&town).await.remove(0);
    let mut superior = town.sign_in("superior1").await;
    let back = superior
        .post(
            "/telework/approvals",
            &[("pick", &pick(&row)), ("act", "return"), ("why", "業務を書いてください")],
        )
        .await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let path = format!("/telework/requests/{}", StaffId(row.id));
    assert!(staff.get("/telework").await.ok().contains("業務を書いてください"));
    assert_eq!(
        staff.post(&format!("{path}/resubmit"), &[("seen", "1")]).await.status,
        StatusCode::CONFLICT,
        "an old page"
    );
    assert_eq!(
        staff.post(&format!("{path}/resubmit"), &[("seen", "2")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        staff.post(&format!("{path}/cancel"), &[("seen", "3")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(requests(&town).await.remove(0).request.state, State::Cancelled);
}

#[tokio::test]
async fn a_request_is_mailed_to_who_decides_and_the_decision_to_who_asked() {
    let town = town().await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/mail").await.ok();
    let fields = [
        ("on", "yes"),
        ("host", "127.0.0.1"),
        ("port", "25"),
        ("tls", "off"),
        ("from", "noren@town.example"),
    ];
    assert_eq!(it.post("/admin/mail", &fields).await.status, StatusCode::SEE_OTHER);
    for (login, topic) in [("staff1", "telework-decided"), ("superior1", "telework-waiting")] {
        let mut browser = town.sign_in(login).await;
        browser.get("/account/notices").await.ok();
        let address = format!("{login}@town.example");
        let reply = browser
            .post("/account/notices", &[("address", address.as_str()), (topic, "yes")])
            .await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
    }
    rules(&town, &[("notice_days", "0")]).await;
    until_hour(&town, 7);
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    ask(&mut staff, today(&town)).await;
    let outbox = async || {
        let mut conn = town.app.store.read().await.unwrap();
        let mails = store::mail::due(&mut conn, town.app.now(), 100).await.unwrap();
        mails.into_iter().map(|mail| (mail.address, mail.subject)).collect::<Vec<_>>()
    };
    let waits = (
        "superior1@town.example".to_owned(),
        "[Noren] 承認を待つテレワークの申請があります".to_owned(),
    );
    assert_eq!(outbox().await, vec![waits.clone()]);
    let row = requests(&town).await.remove(0);
    let mut superior = town.sign_in("superior1").await;
    superior.get("/telework/approvals").await.ok();
    let pick = format!("{}.{}", super::hex(row.id), row.request.version());
    let reply = superior.post("/telework/approvals", &[("pick", &pick), ("act", "approve")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    assert_eq!(
        outbox().await,
        vec![
            waits,
            ("staff1@town.example".to_owned(), "[Noren] テレワークが承認されました".to_owned())
        ]
    );
}
