//! Months over HTTP: differences asked and given, closed and opened again, who may see whose.

use axum::http::StatusCode;
use jiff::civil::{Date, DateTime, time};
use people::{AgentId, Assignment, AssignmentId, DeviceId, Pc, PcId, Staff};
use store::telework::{DayRow, RequestRow};
use telework::attendance::{Clock, DayRecord, Mark, Source};
use telework::request::{Request, State, Step};
use telework::rules::{Form, Rules, Unit};
use telework::time::{Hours, Month, moment as moment_of};

use super::super::month;
use super::{HOUR, OTHER_DIVISION, rules, town};
use crate::testing::{HOME, OTHER, Town};
use web_town::forms::sheets;

/// The month before the one the town's clock shows.
pub(super) fn last_month(town: &Town) -> Month {
    Month::of(super::today(town)).before()
}

/// Its first working day that is not its first day.
pub(super) fn some_day(of: Month) -> Date {
    let mut day = of.days().unwrap().0.tomorrow().unwrap();
    while day.weekday().to_monday_zero_offset() > 4 {
        day = day.tomorrow().unwrap();
    }
    day
}

pub(crate) fn at(day: Date, hour: i8, minute: i8) -> i64 {
    moment_of(DateTime::from_parts(day, time(hour, minute, 0, 0))).unwrap().as_millisecond()
}

fn clock(mark: Mark, ms: i64) -> Clock {
    Clock { mark, at: super::moment(ms), source: Source::Pressed, why: None }
}

/// An approved day of somebody.
pub(crate) async fn order(town: &Town, staff: &Staff, day: Date, form: Form, hours: Hours) {
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let step = Step {
        state: State::Approved,
        by: Some(staff.id),
        deputy_for: None,
        at: super::moment(0),
        why: String::new(),
    };
    let request = Request {
        staff: staff.id,
        day,
        form,
        unit: Unit::Day,
        hours,
        place: String::new(),
        works: Vec::new(),
        note: String::new(),
        proxy: None,
        state: State::Approved,
        history: vec![step],
    };
    let row =
        RequestRow { id: town.app.random(), staff: staff.id, division: staff.division, request };
    store::telework::add_request(&mut tx, staff.body, &row).await.unwrap();
    tx.keep(()).await.unwrap();
}

/// Reports of a day; without an end it is left open.
pub(crate) async fn reported(town: &Town, staff: &Staff, day: Date, start: i64, end: Option<i64>) {
    let mut record = DayRecord::default().add(clock(Mark::Start, start)).unwrap();
    if let Some(end) = end {
        record = record.add(clock(Mark::End, end)).unwrap();
    }
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    store::telework::put_day(&mut tx, staff.body, &DayRow { staff: staff.id, day, record })
        .await
        .unwrap();
    tx.keep(()).await.unwrap();
}

/// A session that began and ended, idle for ten minutes.
pub(crate) async fn connected(town: &Town, staff: &Staff, start: i64, end: i64) {
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let (agent, device, pc) = (AgentId([6; 16]), DeviceId([8; 16]), PcId([5; 16]));
    if store::pcs::all(&mut tx, staff.body).await.unwrap().is_empty() {
        let row = store::agents::Agent {
            id: agent,
            body: staff.body,
            number: 7,
            name: "庁内".into(),
            version: "1".into(),
            channel_key: [1; 32],
            control_key: [2; 32],
            enrolled: 0,
            seen: 0,
            revoked: 0,
            epoch: 0,
            reported: 0,
        };
        store::agents::add(&mut tx, &row).await.unwrap();
        let row = Pc {
            id: pc,
            body: staff.body,
            agent,
            target: "pc-1".parse().unwrap(),
            name: "企画課".parse().unwrap(),
            zone: people::Zone::Lgwan,
            stopped: false,
            seen: 0,
        };
        store::pcs::offer(&mut tx, &row).await.unwrap();
        let row = store::devices::Device {
            id: device,
            body: staff.body,
            staff: staff.id,
            key: [3; 32],
            name: "自宅".into(),
            user_agent: String::new(),
            paired: 0,
            used: 0,
            revoked: 0,
            posture: people::Posture::default(),
        };
        store::devices::pair(&mut tx, &row, agent, 1).await.unwrap();
        let id = AssignmentId([7; 16]);
        let all = Assignment {
            id,
            body: staff.body,
            staff: staff.id,
            pc,
            from: 0,
            until: i64::MAX,
            by: staff.id,
        };
        store::assignments::add(&mut tx, &all).await.unwrap();
    }
    let row = store::sessions::Session {
        meeting: people::MeetingId(town.app.random()),
        body: staff.body,
        staff: staff.id,
        pc,
        agent,
        device,
        address: String::new(),
        requested: start - 2_000,
        not_after: start + 12 * 3_600_000,
        started: start,
        ended: end,
        reason: "user".into(),
        bytes_up: 0,
        bytes_down: 0,
        idle_seconds: 600,
    };
    store::sessions::add(&mut tx, &row).await.unwrap();
    tx.keep(()).await.unwrap();
}

pub(super) fn hours() -> Hours {
    Rules::default().hours
}

#[tokio::test]
async fn a_difference_is_asked_given_and_the_month_closed_and_opened_again() {
    let town = town().await;
    rules(&town, &[]).await;
    let person = town.person(HOME, "staff1").await;
    let of = last_month(&town);
    let (day, key) = (some_day(of), month::key(of));
    order(&town, &person, day, Form::Home, hours()).await;
    reported(&town, &person, day, at(day, 8, 30), Some(at(day, 17, 15))).await;
    connected(&town, &person, at(day, 9, 0), at(day, 17, 15)).await;

    let mut staff = town.sign_in("staff1").await;
    assert!(
        staff.get("/telework").await.ok().contains(&format!("/telework/month?month={key}#d{day}")),
        "asked by itself"
    );
    let page = staff.get(&format!("/telework/month?month={key}")).await;
    assert!(page.ok().contains("始業の報告が最初の接続より早い（30分）"), "{}", page.text());
    assert!(
        page.text().contains("09:00〜17:15（操作なし10分）")
            && page.text().contains("08:30〜17:15")
    );

    let mut hr = town.sign_in("hr1").await;
    let page = hr.get(&format!("/admin/telework/close?month={key}")).await;
    assert!(page.ok().contains("職員 staff1") && page.text().contains("回答待ち"));
    let early = hr.post("/admin/telework/close", &[("month", &key)]).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert!(early.text().contains("理由のない差が1件"), "{}", early.text());

    let text = day.to_string();
    let empty = staff.post("/telework/month/reason", &[("day", &text), ("why", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let none = day.tomorrow().unwrap().to_string();
    let other = staff.post("/telework/month/reason", &[("day", &none), ("why", "x")]).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "nothing differs there");
    let given =
        staff.post("/telework/month/reason", &[("day", &text), ("why", "回線の不調")]).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text());
    assert!(!staff.get("/telework").await.ok().contains("理由をお書きください"));

    let now = month::key(of.next());
    let unfinished = hr.post("/admin/telework/close", &[("month", &now)]).await;
    assert_eq!(unfinished.status, StatusCode::CONFLICT, "not over");
    let closed = hr.post("/admin/telework/close", &[("month", &key)]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text());
    assert_eq!(
        hr.post("/admin/telework/close", &[("month", &key)]).await.status,
        StatusCode::CONFLICT,
        "closed once"
    );
    let page = hr.get(&format!("/admin/telework/close?month={key}&all=yes")).await;
    assert!(page.ok().contains("締め済み") && page.text().contains("回線の不調"));
    let late = staff.post("/telework/month/reason", &[("day", &text), ("why", "書き直し")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "a closed month does not change");
    {
        let mut conn = town.app.store.read().await.unwrap();
        let rows = store::telework::sheets(&mut conn, person.body, of).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].days, rows[0].home_days, rows[0].worked.0, rows[0].connected.0),
            (1, 1, 465, 485)
        );
    }
    let unsaid = hr.post("/admin/telework/close/reopen", &[("month", &key), ("why", "")]).await;
    assert_eq!(unsaid.status, StatusCode::CONFLICT);
    let opened =
        hr.post("/admin/telework/close/reopen", &[("month", &key), ("why", "報告漏れ")]).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    // A reason stands: a form of before that does not replace it, and shows it.
    let before = [("day", text.as_str()), ("why", "書き直し"), ("seen", "{}")];
    let unseen = staff.post("/telework/month/reason", &before).await;
    assert_eq!(unseen.status, StatusCode::CONFLICT);
    assert!(
        unseen.text().contains("回線の不調") && unseen.text().contains("value=\"書き直し\""),
        "{}",
        unseen.text()
    );
    let again =
        sheets(unseen.text()).into_iter().find(|sheet| sheet.value("day") == Some(&text)).unwrap();
    assert_eq!(staff.submit(&again).await.status, StatusCode::SEE_OTHER);
    let record = town.record(HOME).await;
    for kind in [audit::Kind::MONTH_CLOSED, audit::Kind::MONTH_REOPENED, audit::Kind::REASON_GIVEN]
    {
        assert!(record.contains(&kind), "{kind:?}");
    }
}

#[tokio::test]
async fn who_left_is_answered_for_by_hr_on_record_and_a_missing_end_stays_missing() {
    let town = town().await;
    rules(&town, &[]).await;
    let person = town.person(HOME, "staff1").await;
    let of = last_month(&town);
    let (day, key) = (some_day(of), month::key(of));
    order(&town, &person, day, Form::Home, hours()).await;
    reported(&town, &person, day, at(day, 8, 30), None).await;
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    store::staff::put_state(&mut tx, person.body, person.id, people::StaffState::Suspended)
        .await
        .unwrap();
    tx.keep(()).await.unwrap();

    let mut hr = town.sign_in("hr1").await;
    let page = hr.get(&format!("/admin/telework/people/{}/month?month={key}", person.id)).await;
    assert!(
        page.ok().contains("終業が記録されていません")
            && page.text().contains("08:30〜（終業の記録なし）")
    );
    let text = day.to_string();
    let path = format!("/admin/telework/people/{}/reason", person.id);
    assert_eq!(
        hr.post(&path, &[("day", &text), ("why", "退職のため確認できない")]).await.status,
        StatusCode::SEE_OTHER
    );
    let page = hr.get(&format!("/admin/telework/people/{}/month?month={key}", person.id)).await;
    assert!(page.ok().contains("（代理入力：職員 hr1）"), "{}", page.text());
    assert_eq!(
        hr.post("/admin/telework/close", &[("month", &key)]).await.status,
        StatusCode::SEE_OTHER
    );
    let mut conn = town.app.store.read().await.unwrap();
    let rows = store::telework::sheets(&mut conn, person.body, of).await.unwrap();
    assert_eq!(rows[0].worked.0, 0, "an end is never invented");
}

#[tokio::test]
async fn a_superior_sees_the_months_of_the_division_and_nobody_elses() {
    let town = town().await;
    let person = town.person(HOME, "staff1").await;
    let of = last_month(&town);
    let (day, key) = (some_day(of), month::key(of));
    reported(&town, &person, day, at(day, 8, 30), Some(at(day, 17, 15))).await;
    let path = format!("/telework/people/{}?month={key}", person.id);
    let mut superior = town.sign_in("superior1").await;
    let page = superior.get(&path).await;
    assert!(
        page.ok().contains("08:30〜17:15") && !page.text().contains("理由を保存"),
        "reads, does not answer for her"
    );
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(staff.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        town.sign_in_to(OTHER, "staff1").await.get(&path).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        staff.get(&format!("/admin/telework/people/{}/month", person.id)).await.status,
        StatusCode::NOT_FOUND
    );
    // Moved in mid-year: the superior she had does not look at her any more.
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    store::staff::change(&mut tx, &Staff { division: Some(OTHER_DIVISION), ..person.clone() })
        .await
        .unwrap();
    tx.keep(()).await.unwrap();
    assert_eq!(superior.get(&path).await.status, StatusCode::NOT_FOUND);
    let hr = town.person(HOME, "hr1").await;
    let mut foreign = town.sign_in_to(OTHER, "it1").await;
    assert_eq!(
        foreign.get(&format!("/admin/telework/people/{}/month", hr.id)).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn overtime_adds_up_over_the_fiscal_year_and_its_closed_months() {
    let town = town().await;
    rules(&town, &[("overtime", "yes")]).await;
    let person = town.person(HOME, "staff1").await;
    let of = last_month(&town);
    let before = of.before();
    assert_eq!(before.fiscal_year(), of.fiscal_year(), "the town's clock stands in autumn");
    for (month, end) in [(before, 20), (of, 19)] {
        let day = some_day(month);
        // 8:30 to the end less an hour of rest, beyond 7 h 45 min.
        reported(&town, &person, day, at(day, 8, 30), Some(at(day, end, 15))).await;
        connected(&town, &person, at(day, 8, 30), at(day, end, 15)).await;
    }
    let mut hr = town.sign_in("hr1").await;
    let closed =
        hr.post("/admin/telework/close", &[("month", &month::key(before)), ("why", "")]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text());
    let page = hr.get(&format!("/admin/telework/overtime?month={}", month::key(of))).await;
    assert!(
        page.ok().contains("2時間00分") && page.text().contains("5時間00分"),
        "{}",
        page.text()
    );
    let mut staff = town.sign_in("staff1").await;
    let page = staff.get(&format!("/telework/month?month={}", month::key(of))).await;
    assert!(page.ok().contains("5時間00分"), "{}", page.text());
    assert_eq!(staff.get("/admin/telework/overtime").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nothing_of_a_closed_month_is_asked_approved_or_reported() {
    let town = town().await;
    rules(&town, &[("after_the_fact_days", "31")]).await;
    let person = town.person(HOME, "staff1").await;
    let of = last_month(&town);
    let (_, last) = of.days().unwrap();
    let mut day = last;
    while day.weekday().to_monday_zero_offset() > 4 {
        day = day.yesterday().unwrap();
    }
    reported(&town, &person, day, at(day, 8, 30), None).await;
    // The first days of the next month, so that the day can still be asked for after the fact.
    let now = at(last.tomorrow().unwrap(), 9, 0) + i64::try_from(HOUR).unwrap() * 24;
    let ahead = now - town.app.now();
    if ahead > 0 {
        town.clock.advance(u64::try_from(ahead).unwrap());
    }
    let mut staff = town.sign_in("staff1").await;
    super::register(&mut staff).await;
    let mut hr = town.sign_in("hr1").await;
    let key = month::key(of);
    let closed = hr
        .post("/admin/telework/close", &[("month", &key), ("why", "退職者の分は確認できない")])
        .await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text());
    let text = day.to_string();
    let asked = staff
        .post(
            "/telework/requests",
            &[("day", &text), ("form", "home"), ("unit", "day"), ("note", "理由")],
        )
        .await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked.text().contains("この月は締められている"), "{}", asked.text());
    let late = staff
        .post("/telework/late", &[("day", &text), ("time", "17:15"), ("why", "押し忘れ")])
        .await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text().contains("この月は締められている"), "{}", late.text());
}
