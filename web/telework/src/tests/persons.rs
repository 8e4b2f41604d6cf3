//! People, leaves, proxies, allowance and files over HTTP.

use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Division, Staff};
use telework::request::State;
use telework::rules::Form;
use telework::time::Month;

use super::super::month;
use super::months::{at, connected, hours, last_month, order, reported, some_day};
use super::{
    DIVISION, HOUR, approved, ask, is_open, pick, register, requests, rules, today, town,
    until_hour,
};
use crate::testing::{HOME, OTHER, Town};
use kit::Cut;

async fn lead(town: &Town, deputy: Option<&Staff>) {
    let superior = town.person(HOME, "superior1").await;
    let mut tx = town.app.write_unattended(superior.body).await.unwrap();
    let division = Division {
        id: DIVISION,
        body: superior.body,
        code: "100".into(),
        name: "課100".parse().unwrap(),
        superior: Some(superior.id),
        deputy: deputy.map(|one| one.id),
    };
    assert!(store::divisions::change(&mut tx, &division).await.unwrap());
    tx.keep(()).await.unwrap();
}

#[tokio::test]
async fn nobody_hands_over_to_nobody() {
    let town = town().await;
    rules(&town, &[]).await;
    lead(&town, None).await;
    let mut boss = town.sign_in("superior1").await;
    let (from, to) = (today(&town).to_string(), today(&town).tomorrow().unwrap().to_string());
    let days = [("from", from.as_str()), ("to", to.as_str())];
    let refused = boss.post("/telework/handover", &days).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("代理が登録されている所属がない"), "{}", refused.text());
    assert!(refused.text().contains(&format!("value=\"{to}\"")), "what was typed stays");
    assert!(!town.record(HOME).await.contains(&audit::Kind::HANDED_OVER));
    let deputy = town.person(HOME, "all1").await;
    lead(&town, Some(&deputy)).await;
    assert_eq!(boss.post("/telework/handover", &days).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_deputy_decides_on_days_handed_over_and_not_while_the_superior_is_there() {
    let town = town().await;
    rules(&town, &[]).await;
    let (superior, deputy) =
        (town.person(HOME, "superior1").await, town.person(HOME, "all1").await);
    lead(&town, Some(&deputy)).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    let day = today(&town).tomorrow().unwrap();
    ask(&mut staff, day).await;
    let row = requests(&town).await.pop().unwrap();
    let mut stands_in = town.sign_in("all1").await;
    assert!(stands_in.get("/telework/approvals").await.ok().contains("次の所属では代理です"));
    let approve = [("pick", pick(&row)), ("act", "approve".to_owned())];
    let approve: Vec<(&str, &str)> =
        approve.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = stands_in.post("/telework/approvals", &approve).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.text().contains("職員 superior1さんが在席しているため、代理は決裁できません"),
        "{}",
        refused.text()
    );
    assert_eq!(requests(&town).await.pop().unwrap().request.state, State::Requested);
    // Nobody hands over but the superior, in person.
    let (from, to) = (today(&town).to_string(), day.to_string());
    let days = [("from", from.as_str()), ("to", to.as_str())];
    stands_in.get("/telework/handover").await.ok();
    assert_eq!(stands_in.post("/telework/handover", &days).await.status, StatusCode::NOT_FOUND);
    let mut boss = town.sign_in("superior1").await;
    boss.get("/telework/handover").await.ok();
    let odd =
        boss.post("/telework/handover", &[("from", to.as_str()), ("to", from.as_str())]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    let set = boss.post("/telework/handover", &days).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.text());
    assert!(town.record(HOME).await.contains(&audit::Kind::HANDED_OVER));
    // Ended before its time it is none.
    let id = boss
        .get("/telework/handover")
        .await
        .between("/telework/handover/", "/end")
        .unwrap()
        .to_owned();
    assert_eq!(
        stands_in.post(&format!("/telework/handover/{id}/end"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        boss.post(&format!("/telework/handover/{id}/end"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(stands_in.post("/telework/approvals", &approve).await.status, StatusCode::CONFLICT);
    boss.post("/telework/handover", &days).await;
    let done = stands_in.post("/telework/approvals", &approve).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let step = requests(&town).await.pop().unwrap().request.history.pop().unwrap();
    assert_eq!((step.by, step.deputy_for), (Some(deputy.id), Some(superior.id)));
}

#[tokio::test]
async fn a_superior_on_leave_is_stood_in_for_and_without_a_deputy_everybody_is_told() {
    let town = town().await;
    rules(&town, &[]).await;
    let superior = town.person(HOME, "superior1").await;
    let day = today(&town);
    let mut hr = town.sign_in("hr1").await;
    let path = format!("/admin/telework/people/{}", superior.id);
    let (from, to) = (day.to_string(), day.tomorrow().unwrap().to_string());
    let wrong = hr.post(&format!("{path}/leave"), &[("from", &to), ("to", &from)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let entered = hr
        .post(&format!("{path}/leave"), &[("from", &from), ("to", &to), ("note", "年次休暇")])
        .await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text());
    let page = hr.get("/admin/telework/people").await;
    assert!(
        page.ok().contains("休暇・休職中") && page.text().contains("いま承認できる人がいない所属")
    );
    let mut staff = town.sign_in("staff1").await;
    assert!(staff.get("/telework").await.ok().contains("いま承認できる人がいません"));

    let deputy = town.person(HOME, "all1").await;
    lead(&town, Some(&deputy)).await;
    assert!(staff.get("/telework").await.ok().contains("代理の職員 all1さん"));
    register(&mut staff).await;
    ask(&mut staff, day.tomorrow().unwrap()).await;
    let row = requests(&town).await.pop().unwrap();
    let mut stands_in = town.sign_in("all1").await;
    let done =
        stands_in.post("/telework/approvals", &[("pick", &pick(&row)), ("act", "approve")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let step = requests(&town).await.pop().unwrap().request.history.pop().unwrap();
    assert_eq!(
        (step.by, step.deputy_for),
        (Some(deputy.id), Some(superior.id)),
        "as whose deputy is on record"
    );

    let page = hr.get(&path).await;
    let page = page.text();
    let leave =
        page.split("/admin/telework/leaves/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let removed = hr.post(&format!("/admin/telework/leaves/{leave}/remove"), &[]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    assert_eq!(
        hr.post(&format!("/admin/telework/leaves/{leave}/remove"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(!staff.get("/telework").await.ok().contains("代理の職員"));
}

#[tokio::test]
async fn hr_asks_on_somebodys_behalf_and_it_is_marked() {
    let town = town().await;
    rules(&town, &[]).await;
    let person = town.person(HOME, "staff1").await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    let mut hr = town.sign_in("hr1").await;
    let day = today(&town).tomorrow().unwrap().to_string();
    let path = format!("/admin/telework/people/{}/requests", person.id);
    let asked = hr
        .post(&path, &[("day", &day), ("form", "home"), ("unit", "day"), ("note", "本人入院中")])
        .await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text());
    let row = requests(&town).await.pop().unwrap();
    let clerk = town.person(HOME, "hr1").await;
    assert_eq!((row.request.proxy, row.request.state), (Some(clerk.id), State::Requested));
    assert!(staff.get("/telework").await.ok().contains("（代理申請）"));
    let mut superior = town.sign_in("superior1").await;
    assert!(superior.get("/telework/approvals").await.ok().contains("（代理申請）"));
    let twice =
        hr.post(&path, &[("day", &day), ("form", "home"), ("unit", "day"), ("note", "x")]).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "the same checks");
    let foreign = town.person(OTHER, "staff1").await;
    let elsewhere = format!("/admin/telework/people/{}", foreign.id);
    assert_eq!(hr.get(&elsewhere).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        hr.post(&format!("{elsewhere}/requests"), &[("day", &day)]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        superior.get(&format!("/admin/telework/people/{}", person.id)).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn who_has_left_has_no_day_and_dates_in_the_wrong_order_are_refused() {
    let town = town().await;
    rules(&town, &[]).await;
    let day = today(&town).tomorrow().unwrap();
    approved(&town, day).await;
    until_hour(&town, 9);
    assert!(is_open(&town).await);
    let person = town.person(HOME, "staff1").await;
    let mut hr = town.sign_in("hr1").await;
    let path = format!("/admin/telework/people/{}", person.id);
    let fields = |joined: &str, leaves: &str| {
        [("kind", "regular"), ("general", "yes"), ("joined", joined), ("leaves", leaves)]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    };
    let send = async |hr: &mut crate::testing::Browser, all: [(String, String); 4]| {
        let all: Vec<(&str, &str)> = all.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        hr.post(&path, &all).await
    };
    let wrong = send(&mut hr, fields("2026-04-01", "2026-03-31")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let left = send(&mut hr, fields("2020-04-01", &day.yesterday().unwrap().to_string())).await;
    assert_eq!(left.status, StatusCode::SEE_OTHER, "{}", left.text());
    assert!(!is_open(&town).await, "approved before, but gone");
    assert!(hr.get("/admin/telework/people?q=staff1").await.ok().contains("退職"));
    assert!(!hr.get("/admin/telework/people?q=nobody").await.ok().contains("職員 staff1"));
}

#[tokio::test]
async fn asking_for_days_cuts_what_is_live_without_one_and_leaves_the_exempt() {
    let town = town().await;
    let (staff, exempt) = (town.person(HOME, "staff1").await, town.person(HOME, "superior1").await);
    let now = town.app.now();
    // Nothing ended yet: these sessions are live.
    connected(&town, &staff, now, 0).await;
    connected(&town, &exempt, now, 0).await;
    let mut hr = town.sign_in("hr1").await;
    let saved = hr
        .post(
            &format!("/admin/telework/people/{}", exempt.id),
            &[("kind", "regular"), ("general", "yes"), ("exempt", "yes")],
        )
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    town.second_person("it1").await;
    let mut cuts = town.app.cuts.subscribe();
    rules(&town, &[]).await;
    assert_eq!(cuts.try_recv(), Ok(Cut::Person(staff.id)));
    assert!(cuts.try_recv().is_err(), "the exempt stay");
    let mut hr = town.sign_in("hr1").await;
    let saved = hr
        .post(
            &format!("/admin/telework/people/{}", exempt.id),
            &[("kind", "regular"), ("general", "yes")],
        )
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let mut cut = vec![cuts.try_recv().unwrap(), cuts.try_recv().unwrap()];
    cut.sort_by_key(|one| *one == Cut::Person(exempt.id));
    assert_eq!(cut, [Cut::Person(staff.id), Cut::Person(exempt.id)], "an exemption taken back");
}

#[tokio::test]
async fn too_early_names_the_hour() {
    let town = town().await;
    rules(&town, &[]).await;
    approved(&town, today(&town).tomorrow().unwrap()).await;
    until_hour(&town, 6);
    let closed = {
        let staff = town.person(HOME, "staff1").await;
        let mut conn = town.app.store.read().await.unwrap();
        super::opening_for(&mut conn, staff.body, staff.id, town.app.now())
            .await
            .unwrap()
            .unwrap_err()
    };
    let kit::error::Refusal::Early(from) = super::super::refusal(closed) else {
        panic!("not too early")
    };
    assert_eq!(
        telework::time::tokyo(super::moment(from)).strftime("%H:%M").to_string(),
        "08:00",
        "with the grace before"
    );
}

#[tokio::test]
async fn a_day_runs_past_midnight_and_a_phones_clock_moves_nothing() {
    let town = town().await;
    until_hour(&town, 22);
    let person = town.person(HOME, "staff1").await;
    let day = today(&town);
    let mut staff = town.sign_in("staff1").await;
    let wrong =
        [("mark", "start"), ("at", "1999-12-31T23:59:59Z"), ("time", "00:00"), ("now", "0")];
    assert_eq!(staff.post("/telework/clock", &wrong).await.status, StatusCode::SEE_OTHER);
    town.clock.advance(3 * HOUR);
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(
        staff.post("/telework/clock", &[("mark", "end")]).await.status,
        StatusCode::SEE_OTHER
    );
    let mut conn = town.app.store.read().await.unwrap();
    let record =
        store::telework::day(&mut conn, person.body, person.id, day).await.unwrap().unwrap();
    assert!(!record.is_open());
    let clocks: Vec<String> = record
        .clocks
        .iter()
        .map(|clock| telework::time::tokyo(clock.at).strftime("%F %H").to_string())
        .collect();
    assert_eq!(
        clocks,
        [format!("{day} 22"), format!("{} 01", day.tomorrow().unwrap())],
        "the server's clock, one day"
    );
    let next = store::telework::day(&mut conn, person.body, person.id, day.tomorrow().unwrap())
        .await
        .unwrap();
    assert_eq!(next, None);
}

#[tokio::test]
async fn an_end_forgotten_overnight_is_not_taken_from_the_next_morning() {
    let town = town().await;
    until_hour(&town, 9);
    let person = town.person(HOME, "staff1").await;
    let day = today(&town);
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(
        staff.post("/telework/clock", &[("mark", "start")]).await.status,
        StatusCode::SEE_OTHER
    );
    town.clock.advance(22 * HOUR);
    let mut staff = town.sign_in("staff1").await;
    let end = staff.post("/telework/clock", &[("mark", "end")]).await;
    assert_eq!(end.status, StatusCode::CONFLICT, "seven in the morning is not yesterday's end");
    let mut conn = town.app.store.read().await.unwrap();
    assert!(
        store::telework::day(&mut conn, person.body, person.id, day)
            .await
            .unwrap()
            .unwrap()
            .is_open()
    );
}

#[tokio::test]
async fn the_allowance_shows_its_reasoning_and_a_period_does_not_move() {
    let town = town().await;
    rules(&town, &[("allowance_yen", "3000")]).await;
    let (person, other) = (town.person(HOME, "staff1").await, town.person(HOME, "superior1").await);
    let last = last_month(&town);
    let first = last.before().before();
    // 31 days in three months are over ten on average, 30 are not.
    for (staff, extra) in [(&person, 1), (&other, 0)] {
        for (count, month) in [(10, first), (10, first.next()), (10 + extra, last)] {
            let mut day = month.days().unwrap().0;
            for _ in 0..count {
                order(&town, staff, day, Form::Home, hours()).await;
                day = day.tomorrow().unwrap();
            }
        }
    }
    let mut hr = town.sign_in("hr1").await;
    let key = month::key(first);
    let page = hr.get(&format!("/admin/telework/allowance?first={key}&months=3")).await;
    assert!(page.ok().contains("31日") && page.text().contains("30日"));
    let (one, two) = (person.id.to_string(), other.id.to_string());
    let fields = [("first", key.as_str()), ("months", "3"), ("pick", &one), ("pick", &two)];
    assert_eq!(hr.post("/admin/telework/allowance", &fields).await.status, StatusCode::SEE_OTHER);
    let page = hr.get("/admin/telework/allowance").await;
    assert!(page.ok().contains("計31日 ÷ 3月 = 平均10.3日 ＞ 10日"), "{}", page.text());
    assert!(
        page.text().contains("計30日 ÷ 3月 = 平均10.0日 ≦ 10日")
            && page.text().contains("支給しない")
    );
    let next = month::key(first.next());
    let moved = hr
        .post("/admin/telework/allowance", &[("first", &next), ("months", "3"), ("pick", &one)])
        .await;
    assert_eq!(moved.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(moved.text().contains("一度定めた期間は動かせません"));
    let short = hr
        .post("/admin/telework/allowance", &[("first", "2030-04"), ("months", "2"), ("pick", &one)])
        .await;
    assert!(short.text().contains("期間は3月以上です"));

    // The payroll file: only of a closed month, by the declared layout, in Shift_JIS.
    let month_key = month::key(last);
    let path = "/admin/telework/export/payroll/payroll.csv";
    let open = hr.post(path, &[("month", &month_key)]).await;
    assert_eq!(open.status, StatusCode::CONFLICT);
    let closed = hr.post("/admin/telework/close", &[("month", &month_key), ("why", "")]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text());
    let twice = [("place-login", "1"), ("place-name", "1")];
    assert_eq!(
        hr.post("/admin/telework/export", &twice).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let layout = [
        ("place-allowance", "3"),
        ("place-login", "1"),
        ("place-home_days", "2"),
        ("headings", "yes"),
        ("encoding", "shift_jis"),
    ];
    assert_eq!(hr.post("/admin/telework/export", &layout).await.status, StatusCode::SEE_OTHER);
    let file = hr.post(path, &[("month", &month_key)]).await;
    assert_eq!(file.status, StatusCode::OK);
    let (text, wrong) = encoding_rs::SHIFT_JIS.decode_without_bom_handling(&file.bytes);
    assert!(!wrong);
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows[0].replace('"', ""), "職員番号,在宅勤務日数,在宅勤務等手当");
    let rows: Vec<String> = rows[1..].iter().map(|row| row.replace('"', "")).collect();
    assert_eq!(rows, ["staff1,11,3000", "superior1,10,0"]);

    let page = hr.get("/admin/telework/allowance").await;
    let page = page.text();
    let id = page.split("/withdraw").next().unwrap().rsplit('/').next().unwrap().to_owned();
    let path = format!("/admin/telework/allowance/{id}/withdraw");
    assert_eq!(hr.post(&path, &[("why", "")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(hr.post(&path, &[("why", "誤入力")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(hr.post(&path, &[("why", "誤入力")]).await.status, StatusCode::NOT_FOUND);
    let record = town.record(HOME).await;
    for kind in [
        audit::Kind::ALLOWANCE_FIXED,
        audit::Kind::ALLOWANCE_WITHDRAWN,
        audit::Kind::PAYROLL_EXPORTED,
    ] {
        assert!(record.contains(&kind), "{kind:?}");
    }
}

#[tokio::test]
async fn the_attendance_book_has_a_sheet_a_person() {
    let town = town().await;
    let person = town.person(HOME, "staff1").await;
    let of = last_month(&town);
    let day = some_day(of);
    order(&town, &person, day, Form::Home, hours()).await;
    reported(&town, &person, day, at(day, 8, 30), Some(at(day, 17, 15))).await;
    let mut hr = town.sign_in("hr1").await;
    let (key, division) = (month::key(of), DIVISION.to_string());
    let path = "/admin/telework/export/attendance/attendance.xlsx";
    let file = hr.post(path, &[("month", &key), ("division", &division)]).await;
    assert_eq!(file.status, StatusCode::OK);
    let cells = crate::testing::first_sheet(&file.bytes);
    assert!(
        cells[1][0].contains("職員 staff1")
            && cells[0][0].contains(&format!("{}年{}月", of.year, of.month))
    );
    let row = &cells[usize::try_from(day.day()).unwrap() + 3];
    assert_eq!((row[3].as_str(), row[4].as_str(), row[5].as_str()), ("08:30", "17:15", "7:45"));
    // On paper the same, a sheet a person.
    web_testing::papers::press();
    let paper_path = "/admin/telework/export/attendance/attendance.pdf";
    let paper = hr.post(paper_path, &[("month", &key), ("division", &division)]).await;
    assert_eq!(
        (paper.status, &paper.headers["content-type"]),
        (StatusCode::OK, &"application/pdf".parse().unwrap())
    );
    let text = web_testing::papers::text(&paper.bytes);
    assert!(
        text.contains("職員staff1") && text.contains("職員superior1") && text.contains("08:30"),
        "{text}"
    );
    let foreign = "ab".repeat(16);
    for path in [path, paper_path] {
        assert_eq!(
            hr.post(path, &[("month", &key), ("division", &foreign)]).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            town.sign_in("staff1").await.post(path, &[("month", &key)]).await.status,
            StatusCode::NOT_FOUND
        );
    }
    assert!(town.record(HOME).await.contains(&audit::Kind::ATTENDANCE_EXPORTED));
}

#[tokio::test]
async fn a_fiscal_year_begins_in_april_and_a_leap_day_is_a_day() {
    // The working of a year's sum on the person's page goes from April to the month shown, no
    // further back.
    let town = town().await;
    let person = town.person(HOME, "staff1").await;
    let march = Month { year: 2026, month: 3 };
    let april = march.next();
    for of in [march, april] {
        let day = some_day(of);
        reported(&town, &person, day, at(day, 8, 30), Some(at(day, 18, 15))).await;
    }
    let leap = Date::constant(2024, 2, 29);
    reported(&town, &person, leap, at(leap, 8, 30), Some(at(leap, 18, 15))).await;
    let mut staff = town.sign_in("staff1").await;
    assert!(staff.get("/telework/month?month=2026-04").await.ok().contains("1時間00分"));
    assert!(!staff.get("/telework/month?month=2026-04").await.ok().contains("2時間00分"));
    assert!(staff.get("/telework/month?month=2024-02").await.ok().contains("2月29日"));
}

#[tokio::test]
async fn a_session_offers_its_start_and_its_end_and_nothing_is_taken_by_itself() {
    let town = town().await;
    until_hour(&town, 9);
    let person = town.person(HOME, "staff1").await;
    let day = today(&town);
    connected(&town, &person, at(day, 8, 31), at(day, 8, 59)).await;
    let mut staff = town.sign_in("staff1").await;
    assert!(staff.get("/telework").await.ok().contains("始業 08:31"));
    let end = staff.post("/telework/clock", &[("mark", "end"), ("from", "session")]).await;
    assert_eq!(end.status, StatusCode::CONFLICT, "not what is offered");
    assert_eq!(
        staff.post("/telework/clock", &[("mark", "start"), ("from", "session")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(staff.get("/telework").await.ok().contains("終業 08:59"), "offered, not taken");
    let mut conn = town.app.store.read().await.unwrap();
    let record =
        store::telework::day(&mut conn, person.body, person.id, day).await.unwrap().unwrap();
    assert_eq!(record.clocks.len(), 1);
    assert_eq!(record.clocks[0].source, telework::attendance::Source::Session);
    assert_eq!(record.clocks[0].at.as_millisecond(), at(day, 8, 31));
}
