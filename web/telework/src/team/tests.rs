//! The team calendar: whose it is, what it shows to whom.

use axum::http::StatusCode;
use jiff::civil::{Date, time};
use people::{Division, DivisionId, StaffId};
use store::telework::{DayRow, PaperKind, RequestRow};
use telework::attendance::{Clock, DayRecord, Mark, Source};
use telework::request::{Request, State, Step};
use telework::rules::{Form, Unit};
use telework::time::{Hours, tokyo};

use crate::testing::{HOME, OTHER, Town};
use crate::{LEAST, moment};

pub(crate) const MINE: DivisionId = DivisionId([0xa1; 16]);
pub(crate) const THEIRS: DivisionId = DivisionId([0xa2; 16]);

/// `staff1` and `it1` are in the division `superior1` leads; `hr1` is in the other.
pub(crate) async fn town() -> Town {
    let town = Town::new().await;
    let superior = town.person(HOME, "superior1").await;
    let mut tx = town.app.write_unattended(superior.body).await.unwrap();
    for (id, code, leader) in [(MINE, "100", Some(superior.id)), (THEIRS, "200", None)] {
        let name = format!("課{code}").parse().unwrap();
        let division = Division {
            id,
            body: superior.body,
            code: code.into(),
            name,
            superior: leader,
            deputy: None,
        };
        store::divisions::add(&mut tx, &division).await.unwrap();
    }
    for (login, division) in [("staff1", MINE), ("it1", MINE), ("hr1", THEIRS)] {
        let mut staff = store::staff::by_login(&mut tx, superior.body, &login.parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        staff.division = Some(division);
        assert!(store::staff::change(&mut tx, &staff).await.unwrap());
    }
    tx.keep(()).await.unwrap();
    town
}

pub(crate) fn today(town: &Town) -> Date {
    tokyo(moment(town.app.now())).date()
}

/// A day of somebody, approved or waiting, with a place and a note that are nobody else's.
pub(crate) async fn plan(town: &Town, login: &str, day: Date, state: State) -> StaffId {
    let staff = town.person(HOME, login).await;
    let at = moment(town.app.now());
    let request = Request {
        staff: staff.id,
        day,
        form: Form::Satellite,
        unit: Unit::Day,
        hours: Hours { start: time(8, 30, 0, 0), end: time(17, 15, 0, 0) },
        place: "秘密の場所".into(),
        works: vec![],
        note: "秘密の連絡".into(),
        proxy: None,
        state,
        history: vec![Step { state, by: Some(staff.id), deputy_for: None, at, why: String::new() }],
    };
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let row =
        RequestRow { id: town.app.random(), staff: staff.id, division: staff.division, request };
    store::telework::add_request(&mut tx, staff.body, &row).await.unwrap();
    tx.keep(()).await.unwrap();
    staff.id
}

#[tokio::test]
async fn week_month_and_day_of_ones_own_team() {
    let town = town().await;
    let day = today(&town);
    let staff_id = plan(&town, "staff1", day, State::Approved).await;
    plan(&town, "it1", day, State::Requested).await;
    let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    let at = moment(town.app.now());
    let mut record = DayRecord::default()
        .add(Clock { mark: Mark::Start, at, source: Source::Pressed, why: None })
        .unwrap();
    record.report = "議案を書いた".into();
    store::telework::put_day(
        &mut tx,
        HOME.parse().unwrap(),
        &DayRow { staff: staff_id, day, record },
    )
    .await
    .unwrap();
    let least = std::collections::BTreeMap::from([(MINE, 2usize)]);
    store::telework::put_setting(&mut tx, HOME.parse().unwrap(), LEAST, &least, 1).await.unwrap();
    tx.keep(()).await.unwrap();

    let mut superior = town.sign_in("superior1").await;
    let path = format!("/telework/team?division={MINE}");
    let week = superior.get(&path).await;
    let text = week.ok();
    assert!(
        text.contains("サテライトオフィス</span>") && text.contains("サテライトオフィス（申請中）")
    );
    // Two people, one of them away: one is left and two are needed.
    assert!(
        week.tight().contains(
            "1人<span class=\"small\">／必要2</span><span class=\"chip bad\">不足</span>"
        ),
        "{text}"
    );
    assert!(
        text.contains("勤務中") && text.contains("議案を書いた"),
        "the superior sees presence and report"
    );
    let month = superior.get(&format!("{path}&view=month")).await;
    assert!(month.ok().contains("職員 staff1 サテライトオフィス"));
    assert_eq!(
        month.tight().matches("<tr><th scope=\"row\"").count(),
        usize::from(day.days_in_month().unsigned_abs())
    );
    assert!(
        superior.get(&format!("{path}&view=day&day={day}")).await.ok().contains("議案を書いた")
    );
    let next = day.checked_add(jiff::Span::new().days(7)).unwrap();
    assert!(!superior.get(&format!("{path}&day={next}")).await.ok().contains("サテライトオフィス"));

    // A colleague sees who is where, and neither times nor reports.
    let mut mate = town.sign_in("it1").await;
    let page = mate.get("/telework/team").await;
    assert!(
        page.ok().contains("サテライトオフィス")
            && !page.text().contains("議案を書いた")
            && !page.text().contains("始業 ")
    );
    for text in [text, page.text(), month.text()] {
        assert!(!text.contains("秘密の"), "neither place nor note is for the team");
    }
}

#[tokio::test]
async fn another_team_is_not_there() {
    let town = town().await;
    plan(&town, "staff1", today(&town), State::Approved).await;
    for login in ["hr1", "staff1"] {
        let mut browser = town.sign_in(login).await;
        let other = if login == "hr1" { MINE } else { THEIRS };
        assert_eq!(
            browser.get(&format!("/telework/team?division={other}")).await.status,
            StatusCode::NOT_FOUND,
            "{login}"
        );
        assert_eq!(
            browser.post("/telework/feeds", &[("division", &other.to_string())]).await.status,
            StatusCode::NOT_FOUND
        );
    }
    let mut foreign = town.sign_in_to(OTHER, "staff1").await;
    assert_eq!(
        foreign.get(&format!("/telework/team?division={MINE}")).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(foreign.get("/telework/team").await.ok().contains("所属が登録されていません"));
    let mut auditor = town.sign_in("auditor1").await;
    assert_eq!(auditor.get("/telework/team").await.status, StatusCode::NOT_FOUND);
}

/// A morning's leave of somebody on a day, as HR enters it.
pub(crate) async fn morning_off(town: &Town, login: &str, day: Date) {
    let staff = town.person(HOME, login).await;
    let leave = telework::papers::Leave {
        staff: staff.id,
        from: day,
        to: day,
        part: Some(Hours { start: time(8, 30, 0, 0), end: time(12, 0, 0, 0) }),
        note: "通院".into(),
        removed: false,
    };
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let (id, at) = (town.app.random(), town.app.now());
    let paper = store::telework::Paper { id, staff: Some(staff.id), value: leave };
    store::telework::put_paper(&mut tx, staff.body, PaperKind::Leave, &paper, at).await.unwrap();
    tx.keep(()).await.unwrap();
}

/// Other hours for the request of somebody on a day.
async fn hours(town: &Town, login: &str, day: Date, from: (i8, i8), to: (i8, i8)) {
    let staff = town.person(HOME, login).await;
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let mut rows = store::telework::requests(&mut tx, staff.body, day, day).await.unwrap();
    let mut row = rows.pop().unwrap();
    let seen = row.request.version();
    row.request.unit = Unit::Hours;
    row.request.hours = Hours { start: time(from.0, from.1, 0, 0), end: time(to.0, to.1, 0, 0) };
    let put = store::telework::change_request(&mut tx, staff.body, row.id, seen, &row.request);
    assert!(put.await.unwrap());
    tx.keep(()).await.unwrap();
}

#[tokio::test]
async fn half_a_day_of_leave_stands_beside_the_other_half_at_home() {
    let town = town().await;
    let mut day = today(&town);
    while !telework::workdays::Calendar::default().is_working(day) {
        day = day.tomorrow().unwrap();
    }
    let address = format!("/telework/team?view=week&day={day}");
    morning_off(&town, "staff1", day).await;
    morning_off(&town, "it1", day).await;
    plan(&town, "staff1", day, State::Requested).await;
    hours(&town, "staff1", day, (13, 0), (17, 15)).await;
    let mut lead = town.sign_in_to(HOME, "superior1").await;
    let waiting = lead.get("/telework/approvals").await;
    assert!(waiting.ok().contains("休暇 08:30〜12:00"), "{}", waiting.text());
    assert!(!waiting.text().contains("休暇と重なります"), "the other half: {}", waiting.text());
    let team = lead.get(&address).await;
    assert!(team.ok().contains("休暇 08:30〜12:00") && team.text().contains("13:00〜17:15"));
    assert!(!team.text().contains("通院"), "of which kind is not the team's to know");
    let alone = lead.get(&format!("/telework/team?view=day&day={day}")).await;
    assert!(alone.ok().contains("出勤・休暇 08:30〜12:00"), "{}", alone.text());
    // Asked for before HR entered the leave, and over its hours: that is said.
    hours(&town, "staff1", day, (11, 0), (15, 0)).await;
    assert!(lead.get("/telework/approvals").await.ok().contains("休暇と重なります"));
}
