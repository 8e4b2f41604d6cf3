//! The survey's answers against a year of days counted a second time, by other code from plain
//! facts; and what people make of them.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use exchange::value::{ChoiceId, Value};
use jiff::civil::{Date, date, time};
use jiff::{Span, Timestamp};
use people::{BodyCode, Division, DivisionId, Pc, PcId, Roles, Staff, StaffId, StaffState};
use store::sessions::Session;
use store::telework::{DayRow, RequestRow, WorkRow};
use telework::attendance::{Clock, DayRecord, Mark, Source};
use telework::inventory::{Approval, Frequency, Information, Work, Zone};
use telework::request::{Request, State, Step};
use telework::rules::{Employment, Form, Rules, Unit};
use telework::survey::{Member, Scope, Stage};
use telework::time::{Hours, Minutes};

use super::loans::tests::{AGENT, DEVICE, paired};
use super::survey_answers::offered;
use super::{RULES, STAGE, moment};
use crate::testing::{HOME, OTHER, Town};
use kit::http::Lang;

const DIVISION: DivisionId = DivisionId([0xd1; 16]);
const PEOPLE: usize = 60;

/// Numbers that look random and are the same each time (a linear congruence, upper bits).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What is so, written down plainly. The independent count reads this and nothing else.
#[derive(Default)]
struct Facts {
    /// Who, general, first day, last day.
    people: Vec<(StaffId, bool, Date, Option<Date>)>,
    /// Hours of possible and of other work, and whether all of it is impossible; nothing without
    /// links.
    shares: Vec<Option<(u32, u32, bool)>>,
    /// Who (by number), day, form, approved, took place.
    days: Vec<(usize, Date, Form, bool, bool)>,
}

/// Kind of work: its numbers are 1 possible, 2 on a condition, 3 at the counter, 4 with a My
/// Number.
fn work(kind: u64) -> Work {
    Work {
        id: 0,
        name: format!("業務{kind}"),
        division: DIVISION,
        frequency: Frequency::Daily,
        yearly: Minutes(60_000),
        information: Information::Internal,
        zone: if kind == 4 { Zone::Mynumber } else { Zone::Lgwan },
        paper: kind == 2,
        seal: false,
        counter: kind == 3,
        site: false,
        telephone: false,
        approval: Approval::Electronic,
        interruptible: true,
        decided: None,
        removed: vec![],
    }
}

async fn seed(town: &Town) -> Facts {
    let mut dice = Dice(7);
    let mut facts = Facts::default();
    let body: BodyCode = HOME.parse().unwrap();
    let mut tx = town.app.write_unattended(body).await.unwrap();
    let division = Division {
        id: DIVISION,
        body,
        code: "100".into(),
        name: "企画課".parse().unwrap(),
        superior: None,
        deputy: None,
    };
    store::divisions::add(&mut tx, &division).await.unwrap();
    for kind in 1..=4 {
        store::telework::put_work(&mut tx, body, &WorkRow { division: DIVISION, work: work(kind) })
            .await
            .unwrap();
    }
    let rules = Rules {
        possible_percent: 40,
        eligible: [Employment::Regular, Employment::FiscalYear].into(),
        ..Rules::default()
    };
    store::telework::put_setting(&mut tx, body, RULES, &rules, 1).await.unwrap();
    store::telework::put_setting(&mut tx, body, STAGE, &Stage::Trial, 1).await.unwrap();
    for number in 0..PEOPLE {
        let mut id = [0xee; 16];
        id[0] = u8::try_from(number).unwrap();
        let id = StaffId(id);
        let staff = Staff {
            id,
            body,
            login: format!("person{number}").parse().unwrap(),
            name: format!("職員{number}号").parse().unwrap(),
            division: Some(DIVISION),
            roles: Roles::of(&[people::Role::Staff]),
            operator: false,
            state: StaffState::Active,
            fiscal_year: false,
            created: 0,
        };
        store::staff::add(&mut tx, &staff).await.unwrap();
        let general = dice.roll(6) > 0;
        let joined = if dice.roll(8) == 0 { date(2025, 4, 2) } else { date(2010, 4, 1) };
        let leaves = match dice.roll(10) {
            0 => Some(date(2025, 3, 31)),
            1 => Some(date(2025, 9, 30)),
            _ => None,
        };
        let member = Member { staff: id, employment: Employment::Regular, general, joined, leaves };
        store::telework::put_member(&mut tx, body, id, &member).await.unwrap();
        facts.people.push((id, general, joined, leaves));
        // Links: none, some mixture, or nothing but impossible work.
        let mut share = [0u32; 5];
        match dice.roll(7) {
            0 => {}
            1 => share[3 + usize::try_from(dice.roll(2)).unwrap()] = 100,
            _ => {
                for hours in &mut share[1..] {
                    *hours = u32::try_from(dice.roll(4)).unwrap() * 25;
                }
            }
        }
        // Most of what they do is possible, so that there is somebody to count.
        share[1] *= 3;
        for (kind, hours) in share.iter().enumerate().filter(|(_, hours)| **hours > 0) {
            store::telework::put_share(&mut tx, body, id, kind as u64, Minutes(hours * 60))
                .await
                .unwrap();
        }
        let [possible, other] = [share[1], share[2] + share[3] + share[4]];
        facts.shares.push((possible + other > 0).then_some((
            possible,
            other,
            share[1] + share[2] == 0,
        )));
    }
    paired(&mut tx, body, facts.people[0].0, "").await;
    let pc = Pc {
        id: PcId([1; 16]),
        body,
        agent: AGENT,
        target: "pc-1".parse().unwrap(),
        name: "企画課".parse().unwrap(),
        zone: people::Zone::Lgwan,
        stopped: false,
        seen: 0,
    };
    store::pcs::offer(&mut tx, &pc).await.unwrap();
    // The year that is asked about, and a month on either side.
    let mut day = date(2025, 3, 1);
    while day < date(2026, 5, 1) {
        for number in 0..PEOPLE {
            if dice.roll(4) != 0 || number % 5 == 4 {
                continue;
            }
            let form = [Form::Home, Form::Home, Form::Satellite, Form::Mobile]
                [usize::try_from(dice.roll(4)).unwrap()];
            let state = [
                State::Approved,
                State::Approved,
                State::Approved,
                State::Requested,
                State::Cancelled,
                State::Refused,
            ][usize::try_from(dice.roll(6)).unwrap()];
            let trace = dice.roll(4);
            add_day(&mut tx, body, facts.people[number].0, day, form, state, trace).await;
            // 0 nothing, 1 a session outside the hours, 2 a report, 3 a session within the hours.
            facts.days.push((number, day, form, state == State::Approved, trace >= 2));
        }
        day = day.tomorrow().unwrap();
    }
    tx.keep(()).await.unwrap();
    facts
}

async fn add_day(
    tx: &mut store::Tx,
    body: BodyCode,
    staff: StaffId,
    day: Date,
    form: Form,
    state: State,
    trace: u64,
) {
    let mut id = staff.0;
    id[8..12].copy_from_slice(
        &i32::from(day.year())
            .wrapping_mul(400)
            .wrapping_add(i32::from(day.day_of_year()))
            .to_be_bytes(),
    );
    let at: Timestamp = telework::time::moment(day.to_datetime(time(9, 0, 0, 0))).unwrap();
    let request = Request {
        staff,
        day,
        form,
        unit: Unit::Day,
        hours: Hours { start: time(8, 30, 0, 0), end: time(17, 15, 0, 0) },
        place: String::new(),
        works: vec![],
        note: String::new(),
        proxy: None,
        state,
        history: vec![Step { state, by: Some(staff), deputy_for: None, at, why: String::new() }],
    };
    store::telework::add_request(
        tx,
        body,
        &RequestRow { id, staff, division: Some(DIVISION), request },
    )
    .await
    .unwrap();
    if trace == 2 {
        let clock = Clock { mark: Mark::Start, at, source: Source::Pressed, why: None };
        let record = DayRecord::default().add(clock).unwrap();
        store::telework::put_day(tx, body, &DayRow { staff, day, record }).await.unwrap();
    }
    if trace == 1 || trace == 3 {
        let started = if trace == 3 { at } else { at.checked_add(Span::new().hours(11)).unwrap() }
            .as_millisecond();
        let session = Session {
            meeting: people::MeetingId(id),
            body,
            staff,
            pc: PcId([1; 16]),
            agent: AGENT,
            device: DEVICE,
            address: String::new(),
            requested: started,
            not_after: started + 3_600_000,
            started,
            ended: started + 1_800_000,
            reason: String::new(),
            bytes_up: 0,
            bytes_down: 0,
            idle_seconds: 0,
        };
        store::sessions::add(tx, &session).await.unwrap();
    }
}

/// What the clerk's wall calendar shows in red beside Sundays, April 2025 to March 2026, and the
/// turn of the year: month and day.
const RED: [(i8, i8); 20] = [
    (4, 29),
    (5, 5),
    (5, 6),
    (7, 21),
    (8, 11),
    (9, 15),
    (9, 23),
    (10, 13),
    (11, 3),
    (11, 24),
    (12, 29),
    (12, 30),
    (12, 31),
    (1, 1),
    (1, 2),
    (1, 3),
    (1, 12),
    (2, 11),
    (2, 23),
    (3, 20),
];

/// Whether an office works on a day: days counted from 3 January 2000, a Monday.
fn works(day: Date) -> bool {
    if in_year(day) && RED.contains(&(day.month(), day.day())) {
        return false;
    }
    let months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = |year: i32| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut since = i32::from(day.day()) - 3;
    for year in 2000..i32::from(day.year()) {
        since += if leap(year) { 366 } else { 365 };
    }
    for (month, length) in (1..day.month()).zip(months) {
        since += length + i32::from(month == 2 && leap(i32::from(day.year())));
    }
    since.rem_euclid(7) < 5
}

/// Whether it is in fiscal year 2025.
fn in_year(day: Date) -> bool {
    (day.year() == 2025 && day.month() >= 4) || (day.year() == 2026 && day.month() <= 3)
}

/// What the clerk finds.
#[derive(Debug, PartialEq)]
struct Count {
    staff: i64,
    excluded: i64,
    able: i64,
    /// Able staff who teleworked at all.
    ever: i64,
    /// Their working days of telework, together.
    days: i64,
    /// Working days of the year.
    open: i64,
}

impl Count {
    /// 利用職員数: the average of a working day, half up.
    fn users(&self) -> i64 {
        let whole = self.days / self.open;
        if 2 * (self.days - whole * self.open) >= self.open { whole + 1 } else { whole }
    }
}

/// The count a clerk would make with a pencil: fiscal year 2025, staff of 1 April 2025, 40 per
/// cent.
fn count(facts: &Facts) -> Count {
    let (mut staff, mut excluded, mut able, mut ever, mut days, mut open) = (0, 0, 0, 0, 0, 0);
    for (number, (_, general, joined, leaves)) in facts.people.iter().enumerate() {
        let there = *joined <= date(2025, 4, 1)
            && (leaves.is_none() || leaves.unwrap() >= date(2025, 4, 1));
        if !general || !there {
            continue;
        }
        staff += 1;
        let Some((possible, other, closed)) = facts.shares[number] else { continue };
        if closed {
            excluded += 1;
            continue;
        }
        if possible == 0 || f64::from(possible) / f64::from(possible + other) < 0.4 {
            continue;
        }
        able += 1;
        let mut hers = 0;
        for (who, day, _, approved, took_place) in &facts.days {
            if *who == number && in_year(*day) && works(*day) && *approved && *took_place {
                hers += 1;
            }
        }
        days += hers;
        ever += i64::from(hers > 0);
    }
    let mut day = date(2025, 4, 1);
    while day <= date(2026, 3, 31) {
        open += i64::from(works(day));
        day = day.tomorrow().unwrap();
    }
    Count { staff, excluded, able, ever, days, open }
}

#[tokio::test]
async fn every_figure_of_a_year_is_what_an_independent_count_finds() {
    let town = Town::empty().await;
    let body: BodyCode = HOME.parse().unwrap();
    let mut tx = town.app.write_unattended(body).await.unwrap();
    store::bodies::add(&mut tx, body, 0).await.unwrap();
    tx.keep(()).await.unwrap();
    let facts = seed(&town).await;
    let clerk = count(&facts);
    let Count { staff, excluded, able, ever, days, open } = clerk;
    let users = clerk.users();
    // The count is worth something only if every figure differs from the others and from nothing.
    assert!(
        0 < excluded && 0 < users && users < ever && ever < able && able + excluded < staff,
        "{clerk:?}"
    );
    assert_eq!(
        open,
        261 - 19,
        "52 weeks and a Tuesday, from a Tuesday, less the red days that are no Saturday"
    );
    let scope = Scope::of(date(2025, 4, 1), date(2026, 3, 31));
    assert_eq!(scope.counted, date(2025, 4, 1));
    let now = moment(town.app.now());
    let mut conn = town.app.store.read().await.unwrap();
    let found = offered(&mut conn, body, scope, Lang::Ja, now).await.unwrap();
    for (code, number, people) in [
        ("staff", staff, staff),
        ("excluded", excluded, excluded),
        ("able", able, able),
        ("users", users, ever),
    ] {
        assert_eq!(found[code].computed, Some(Value::Number(number)), "{code}");
        assert_eq!(
            found[code].working.len(),
            usize::try_from(people).unwrap(),
            "{code}: one line of working each"
        );
        assert_eq!(found[code].taken, now);
    }
    let how = &found["users"].how;
    assert!(
        how.contains(&format!("延べ{days}人日 ÷ 開庁日{open}日 = "))
            && how.contains(&format!("1日以上した人は{ever}人")),
        "{how}"
    );
    let one = |id: &str| Some(Value::One(ChoiceId::new(id)));
    assert_eq!(
        (found["adoption"].computed.clone(), found["part_time"].computed.clone()),
        (one("trial"), one("included"))
    );
    let mut forms = BTreeSet::new();
    for (_, day, form, approved, took_place) in &facts.days {
        if *approved && *took_place && *day >= date(2025, 4, 1) && *day <= date(2026, 3, 31) {
            forms.insert(ChoiceId::new(match form {
                Form::Home => "home",
                Form::Satellite => "satellite",
                Form::Mobile => "mobile",
                Form::Other => "other",
            }));
        }
    }
    assert_eq!(found["forms"].computed, Some(Value::Many(forms)));
    // The days named in the working are the days that were, person by person.
    for line in &found["users"].working {
        let number = facts.people.iter().position(|one| one.0 == line.staff).unwrap();
        let mut days: Vec<Date> = facts
            .days
            .iter()
            .filter(|(who, day, _, approved, took_place)| {
                *who == number && *approved && *took_place && in_year(*day) && works(*day)
            })
            .map(|(_, day, ..)| *day)
            .collect();
        days.sort();
        let words: Vec<String> = days
            .iter()
            .map(|day| format!("{}/{}/{}", day.year(), day.month(), day.day()))
            .collect();
        assert_eq!(
            line.detail,
            format!("{}日（{}）", days.len(), words.join("、")),
            "{}",
            line.name
        );
    }
    // What is not offered to this body is not another's either.
    drop(conn);
    let mut tx = town.app.write_unattended(OTHER.parse().unwrap()).await.unwrap();
    store::bodies::add(&mut tx, OTHER.parse().unwrap(), 0).await.unwrap();
    let other = offered(&mut tx, OTHER.parse().unwrap(), scope, Lang::Ja, now).await.unwrap();
    assert_eq!(
        (other["staff"].value(), other["able"].value(), other["excluded"].value()),
        (Some(&Value::Number(0)), Some(&Value::Unknown), None)
    );
}

#[tokio::test]
async fn a_person_confirms_or_changes_with_a_reason_on_record() {
    let town = Town::new().await;
    let mut hr = town.sign_in("hr1").await;
    let period = "from=2026-04-01&to=2026-09-30";
    let page = hr.get(&format!("/telework/survey?{period}")).await;
    assert!(page.ok().contains("Q3 実施可能職員数") && page.text().contains("2026-04-01"));
    let path = "/telework/survey/staff";
    let shown = hr.get(&format!("{path}?{period}")).await;
    let seen = shown.between("name=\"seen\" value=\"", "\"").unwrap().to_owned();
    assert!(seen.contains("6人"), "everybody of the body: {seen}");
    let seen = hr.seen(&format!("{path}?{period}"), path).await.unwrap();
    let base = [("from", "2026-04-01"), ("to", "2026-09-30")];
    let with = |more: &[(&'static str, &'static str)]| [&base[..], more].concat();
    let silent = hr.post(path, &with(&[("act", "change"), ("value", "5")])).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text().contains("変更の理由を書いてください"));
    let wrong =
        hr.post(path, &with(&[("act", "change"), ("value", "たくさん"), ("why", "x")])).await;
    assert!(wrong.text().contains("回答を入力してください"));
    assert_eq!(hr.post(path, &with(&[("act", "confirm")])).await.status, StatusCode::SEE_OTHER);
    let changed = hr
        .post(path, &with(&[("act", "change"), ("value", "5"), ("why", "派遣中の1人を除く")]))
        .await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text());
    let page = hr.get(&format!("{path}?{period}")).await;
    assert!(
        page.ok().contains("<strong>5人</strong>（職員 hr1")
            && page.text().contains("派遣中の1人を除く")
    );
    let body: BodyCode = HOME.parse().unwrap();
    let scope = Scope::of(date(2026, 4, 1), date(2026, 9, 30));
    let now = moment(town.app.now());
    let found = offered(&mut town.app.store.read().await.unwrap(), body, scope, Lang::Ja, now)
        .await
        .unwrap();
    assert_eq!(
        (found["staff"].value(), found["staff"].moved_on()),
        (Some(&Value::Number(5)), false)
    );

    // The records move on: that is shown, and a confirmation of what is no longer so is refused.
    let person = town.person(HOME, "staff1").await;
    let mut tx = town.app.write_unattended(body).await.unwrap();
    let member = Member {
        staff: person.id,
        employment: Employment::Regular,
        general: false,
        joined: date(2020, 4, 1),
        leaves: None,
    };
    store::telework::put_member(&mut tx, body, person.id, &member).await.unwrap();
    tx.keep(()).await.unwrap();
    assert!(
        hr.get(&format!("/telework/survey?{period}"))
            .await
            .ok()
            .contains("確認のあとに算出値が変わりました")
    );
    let old = [("act", "confirm"), ("seen", seen.as_str()), ("why", "書きかけの理由")];
    let stale = hr.post(path, &[&base[..], &old].concat()).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text().contains("6人 → 5人"), "{}", stale.text());
    assert_eq!(hr.post(path, &with(&[("act", "reopen")])).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        hr.post(path, &with(&[("act", "reopen")])).await.status,
        StatusCode::NOT_FOUND,
        "nothing is settled any more"
    );
    let kinds = town.record(HOME).await;
    assert!(
        kinds.contains(&audit::Kind::SURVEY_FIGURE_SETTLED)
            && kinds.contains(&audit::Kind::SURVEY_FIGURE_REOPENED)
    );
    // Who has no part in it does not see it.
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(staff.get("/telework/survey").await.status, StatusCode::NOT_FOUND);
    assert_eq!(hr.get("/telework/survey/q9").await.status, StatusCode::NOT_FOUND);
}
