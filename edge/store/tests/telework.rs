//! Telework tables over both databases.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use audit::{Decision, Event, Kind, Who};
use common::on_both;
use jiff::Timestamp;
use jiff::civil::date;
use people::{BodyCode, Division, DivisionId, Roles, Staff, StaffId, StaffState};
use store::telework::{
    DayRow, Feed, FormCount, Paper, PaperKind, Reason, RequestRow, SheetRow, WorkRow,
};
use store::{Store, Tx};
use telework::attendance::{Clock, DayRecord, Mark, Source};
use telework::close::{Act, Ledger, Step as MonthStep};
use telework::inventory::{Approval, Frequency, Information, Work, Zone};
use telework::papers::Registration;
use telework::request::{Request, State, Step};
use telework::rules::{Form, Rules, Unit};
use telework::time::{Minutes, Month};

const SATO: StaffId = StaffId([1; 16]);
const ITO: StaffId = StaffId([2; 16]);
const DIVISION: DivisionId = DivisionId([7; 16]);

fn here() -> BodyCode {
    "011002".parse().unwrap()
}

fn elsewhere() -> BodyCode {
    "131016".parse().unwrap()
}

async fn write(store: &Store) -> Tx {
    store.write(here().chain(), 1_000).await.unwrap()
}

async fn keep(tx: Tx) {
    tx.commit(Decision::new(
        (),
        Event::new(here().chain(), Who::System, Kind::SERVER_SEEDED, "test"),
    ))
    .await
    .unwrap();
}

async fn seed(store: &Store) {
    let mut tx = write(store).await;
    store::bodies::add(&mut tx, here(), 0).await.unwrap();
    store::bodies::add(&mut tx, elsewhere(), 0).await.unwrap();
    let division = Division {
        id: DIVISION,
        body: here(),
        code: "1".into(),
        name: "総務課".parse().unwrap(),
        superior: Some(ITO),
        deputy: None,
    };
    store::divisions::add(&mut tx, &division).await.unwrap();
    for (id, login) in [(SATO, "sato"), (ITO, "ito")] {
        let staff = Staff {
            id,
            body: here(),
            login: login.parse().unwrap(),
            name: login.parse().unwrap(),
            division: Some(DIVISION),
            roles: Roles::default(),
            operator: false,
            state: StaffState::Active,
            fiscal_year: false,
            created: 0,
        };
        store::staff::add(&mut tx, &staff).await.unwrap();
    }
    keep(tx).await;
}

fn request(day: jiff::civil::Date) -> Request {
    Request {
        staff: SATO,
        day,
        form: Form::Home,
        unit: Unit::Day,
        hours: Rules::default().hours,
        place: String::new(),
        works: vec![],
        note: String::new(),
        proxy: None,
        state: State::Requested,
        history: vec![Step {
            state: State::Requested,
            by: Some(SATO),
            deputy_for: None,
            at: Timestamp::UNIX_EPOCH,
            why: String::new(),
        }],
    }
}

#[tokio::test]
async fn a_decision_on_an_older_request_is_not_kept() {
    on_both(async |store| {
        seed(store).await;
        let first = request(date(2024, 2, 29));
        let row = RequestRow {
            id: [9; 16],
            staff: SATO,
            division: Some(DIVISION),
            request: first.clone(),
        };
        let mut tx = write(store).await;
        store::telework::add_request(&mut tx, here(), &row).await.unwrap();
        let later = RequestRow { id: [8; 16], request: request(date(2024, 3, 1)), ..row.clone() };
        store::telework::add_request(&mut tx, here(), &later).await.unwrap();
        keep(tx).await;
        let mut tx = write(store).await;
        let now = Timestamp::UNIX_EPOCH;
        let decided = |state| {
            let mut request = first.clone();
            request.state = state;
            request.history.push(Step { state, ..Step::asked(ITO, now) });
            request
        };
        let (approved, refused) = (decided(State::Approved), decided(State::Refused));
        assert!(
            !store::telework::change_request(&mut tx, elsewhere(), row.id, 1, &approved)
                .await
                .unwrap()
        );
        assert!(
            store::telework::change_request(&mut tx, here(), row.id, 1, &approved).await.unwrap()
        );
        assert!(
            !store::telework::change_request(&mut tx, here(), row.id, 1, &refused).await.unwrap()
        );
        assert_eq!(
            store::telework::find_request(&mut tx, here(), row.id).await.unwrap().unwrap().request,
            approved
        );
        assert_eq!(
            store::telework::find_request(&mut tx, elsewhere(), row.id).await.unwrap(),
            None
        );
        let waiting = store::telework::waiting(&mut tx, here(), &[DIVISION]).await.unwrap();
        assert_eq!(waiting.iter().map(|r| r.id).collect::<Vec<_>>(), [[8; 16]]);
        let february =
            store::telework::requests(&mut tx, here(), date(2024, 2, 1), date(2024, 2, 29))
                .await
                .unwrap();
        assert_eq!(february.len(), 1);
        let hers =
            store::telework::requests_of(&mut tx, here(), SATO, date(2024, 3, 1), date(2024, 3, 1))
                .await
                .unwrap();
        assert_eq!(hers, [later]);
        assert!(
            store::telework::requests_of(
                &mut tx,
                here(),
                ITO,
                date(2024, 1, 1),
                date(2024, 12, 31)
            )
            .await
            .unwrap()
            .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn days_reasons_settings_and_papers_come_back_as_they_went() {
    on_both(async |store| {
        seed(store).await;
        let clock = |mark, at| Clock {
            mark,
            at: Timestamp::from_second(at).unwrap(),
            source: Source::Pressed,
            why: None,
        };
        let open = DayRecord::default().add(clock(Mark::Start, 100)).unwrap();
        let mut row = DayRow { staff: SATO, day: date(2024, 12, 31), record: open.clone() };
        let mut tx = write(store).await;
        store::telework::put_day(&mut tx, here(), &row).await.unwrap();
        assert_eq!(store::telework::running(&mut tx, here(), SATO).await.unwrap(), [row.clone()]);
        row.record = open.add(clock(Mark::End, 200)).unwrap();
        store::telework::put_day(&mut tx, here(), &row).await.unwrap();
        assert!(store::telework::running(&mut tx, here(), SATO).await.unwrap().is_empty());
        assert_eq!(
            store::telework::day(&mut tx, here(), SATO, row.day).await.unwrap(),
            Some(row.record.clone())
        );
        assert_eq!(store::telework::day(&mut tx, elsewhere(), SATO, row.day).await.unwrap(), None);
        assert_eq!(
            store::telework::days(&mut tx, here(), date(2024, 12, 1), date(2024, 12, 31))
                .await
                .unwrap(),
            [row.clone()]
        );
        let reason = |text: &str, by| Reason { staff: SATO, day: row.day, text: text.into(), by };
        store::telework::put_reason(&mut tx, here(), &reason("回線", SATO), 1).await.unwrap();
        store::telework::put_reason(&mut tx, here(), &reason("回線の不調", ITO), 2).await.unwrap();
        let reasons =
            store::telework::reasons(&mut tx, here(), date(2024, 12, 1), date(2024, 12, 31))
                .await
                .unwrap();
        assert_eq!(reasons, [reason("回線の不調", ITO)]);
        let none = store::telework::reasons_of(
            &mut tx,
            here(),
            ITO,
            date(2024, 12, 1),
            date(2024, 12, 31),
        )
        .await
        .unwrap();
        assert_eq!(none, []);

        let rules = Rules { days_a_week: 4, exempt: [ITO].into(), ..Rules::default() };
        assert_eq!(
            store::telework::setting::<Rules>(&mut tx, here(), "rules").await.unwrap(),
            None
        );
        store::telework::put_setting(&mut tx, here(), "rules", &rules, 5).await.unwrap();
        assert_eq!(store::telework::setting(&mut tx, here(), "rules").await.unwrap(), Some(rules));

        let value = Registration {
            staff: SATO,
            day: date(2024, 4, 1),
            consent: "同意".into(),
            version: 1,
            answers: [("desk".into(), true)].into(),
        };
        let paper = Paper { id: [3; 16], staff: Some(SATO), value };
        store::telework::put_paper(&mut tx, here(), PaperKind::Registration, &paper, 1)
            .await
            .unwrap();
        assert_eq!(
            store::telework::papers_of(&mut tx, here(), PaperKind::Registration, SATO)
                .await
                .unwrap(),
            std::slice::from_ref(&paper)
        );
        let wrong =
            store::telework::find_paper::<Registration>(&mut tx, here(), PaperKind::Loan, [3; 16])
                .await
                .unwrap();
        assert_eq!(wrong, None);
        keep(tx).await;
    })
    .await;
}

#[tokio::test]
async fn work_is_numbered_within_its_body_and_takes_its_links_along() {
    on_both(async |store| {
        seed(store).await;
        let work = Work {
            id: 0,
            name: "予算要求".into(),
            division: DIVISION,
            frequency: Frequency::Seasonal,
            yearly: Minutes(6_000),
            information: Information::Internal,
            zone: Zone::Lgwan,
            paper: false,
            seal: false,
            counter: false,
            site: false,
            telephone: false,
            approval: Approval::Electronic,
            interruptible: true,
            decided: None,
            removed: vec![],
        };
        let mut tx = write(store).await;
        let row = WorkRow { division: DIVISION, work };
        assert_eq!(store::telework::put_work(&mut tx, here(), &row).await.unwrap(), 1);
        assert_eq!(store::telework::put_work(&mut tx, here(), &row).await.unwrap(), 2);
        store::telework::put_share(&mut tx, here(), SATO, 2, Minutes(600)).await.unwrap();
        assert_eq!(store::telework::shares(&mut tx, here()).await.unwrap().len(), 1);
        assert!(store::telework::remove_work(&mut tx, here(), 2).await.unwrap());
        assert!(!store::telework::remove_work(&mut tx, here(), 2).await.unwrap());
        assert!(store::telework::shares(&mut tx, here()).await.unwrap().is_empty());
        assert_eq!(store::telework::works(&mut tx, here(), Some(DIVISION)).await.unwrap().len(), 1);
        assert!(
            store::telework::works(&mut tx, here(), Some(DivisionId([8; 16])))
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            store::telework::find_work(&mut tx, here(), 1).await.unwrap().map(|row| row.work.id),
            Some(1)
        );
        assert_eq!(store::telework::find_work(&mut tx, elsewhere(), 1).await.unwrap(), None);
        assert!(
            !store::divisions::remove(&mut tx, here(), DIVISION).await.unwrap(),
            "work is listed for it"
        );
        assert!(store::telework::works(&mut tx, elsewhere(), None).await.unwrap().is_empty());
        keep(tx).await;
    })
    .await;
}

#[tokio::test]
async fn settled_answers_marked_copies_and_feeds_belong_to_their_body() {
    on_both(async |store| {
        seed(store).await;
        let year = (date(2026, 4, 1), date(2027, 3, 31));
        let mut tx = write(store).await;
        store::telework::put_settled(&mut tx, here(), "able", year, &12, 1).await.unwrap();
        store::telework::put_settled(&mut tx, here(), "able", year, &13, 2).await.unwrap();
        assert_eq!(
            store::telework::settled::<i64>(&mut tx, here(), year.0, year.1).await.unwrap(),
            [("able".to_owned(), 13)].into()
        );
        assert!(
            store::telework::settled::<i64>(&mut tx, elsewhere(), year.0, year.1)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            !store::telework::remove_settled(&mut tx, elsewhere(), "able", year).await.unwrap()
        );
        assert!(store::telework::remove_settled(&mut tx, here(), "able", year).await.unwrap());

        store::telework::put_marked(&mut tx, here(), SATO, b"one", 1_000).await.unwrap();
        store::telework::put_marked(&mut tx, here(), SATO, b"two", 2_000).await.unwrap();
        assert_eq!(
            store::telework::marked(&mut tx, here(), SATO, 3_000).await.unwrap(),
            Some(b"two".to_vec())
        );
        assert_eq!(store::telework::marked(&mut tx, elsewhere(), SATO, 3_000).await.unwrap(), None);
        assert_eq!(
            store::telework::marked(&mut tx, here(), SATO, 90_000_000).await.unwrap(),
            None,
            "a day old"
        );
        store::telework::put_marked(&mut tx, here(), ITO, b"x", 90_000_000).await.unwrap();
        assert_eq!(
            store::telework::marked(&mut tx, here(), SATO, 3_000).await.unwrap(),
            None,
            "swept"
        );

        let own = Feed { hash: [1; 32], body: here(), staff: SATO, division: None, made: 5 };
        let team = Feed { hash: [2; 32], division: Some(DIVISION), made: 6, ..own };
        store::telework::add_feed(&mut tx, &own).await.unwrap();
        store::telework::add_feed(&mut tx, &team).await.unwrap();
        assert_eq!(store::telework::feed(&mut tx, &[2; 32]).await.unwrap(), Some(team));
        assert_eq!(store::telework::feeds_of(&mut tx, here(), SATO).await.unwrap(), [team, own]);
        assert!(store::telework::feeds_of(&mut tx, elsewhere(), SATO).await.unwrap().is_empty());
        assert_eq!(
            store::telework::remove_feeds(&mut tx, here(), SATO, Some(DIVISION)).await.unwrap(),
            1
        );
        assert_eq!(store::telework::feed(&mut tx, &[2; 32]).await.unwrap(), None);
        assert_eq!(store::telework::remove_feeds(&mut tx, here(), SATO, None).await.unwrap(), 1);
        keep(tx).await;
    })
    .await;
}

#[tokio::test]
async fn days_that_took_place_and_the_days_of_a_team() {
    on_both(async |store| {
        seed(store).await;
        let mut tx = write(store).await;
        let at = Timestamp::from_second(100).unwrap();
        // Reported and approved; approved without a trace; asked for only, though reported.
        for (day, state, reported) in [
            (1, State::Approved, true),
            (2, State::Approved, false),
            (3, State::Requested, true),
            (4, State::Approved, true),
        ] {
            let day = date(2026, 4, day);
            let step = Step { state, by: Some(SATO), deputy_for: None, at, why: String::new() };
            let request = Request { state, history: vec![step], ..request(day) };
            let one = RequestRow {
                id: [day.day().unsigned_abs(); 16],
                staff: SATO,
                division: Some(DIVISION),
                request,
            };
            store::telework::add_request(&mut tx, here(), &one).await.unwrap();
            if reported {
                let clock = Clock { mark: Mark::Start, at, source: Source::Pressed, why: None };
                let record = DayRecord::default().add(clock).unwrap();
                store::telework::put_day(&mut tx, here(), &DayRow { staff: SATO, day, record })
                    .await
                    .unwrap();
            }
        }
        let found = store::telework::worked(&mut tx, here(), date(2026, 4, 1), date(2026, 4, 3))
            .await
            .unwrap();
        assert_eq!(
            found.iter().map(|one| (one.staff, one.day)).collect::<Vec<_>>(),
            [(SATO, date(2026, 4, 1))]
        );
        assert!(
            store::telework::worked(&mut tx, elsewhere(), date(2026, 4, 1), date(2026, 4, 3))
                .await
                .unwrap()
                .is_empty()
        );

        let team = store::telework::requests_in(
            &mut tx,
            here(),
            Some(DIVISION),
            date(2026, 4, 2),
            date(2026, 4, 4),
        )
        .await
        .unwrap();
        assert_eq!(team.iter().map(|row| row.request.day.day()).collect::<Vec<_>>(), [2, 3, 4]);
        let other = store::telework::requests_in(
            &mut tx,
            here(),
            Some(DivisionId([8; 16])),
            date(2026, 4, 2),
            date(2026, 4, 4),
        );
        assert!(other.await.unwrap().is_empty());
        assert_eq!(
            store::telework::days_in(&mut tx, here(), Some(DIVISION), date(2026, 4, 3))
                .await
                .unwrap()
                .len(),
            1
        );
        assert!(
            store::telework::days_in(&mut tx, elsewhere(), Some(DIVISION), date(2026, 4, 3))
                .await
                .unwrap()
                .is_empty()
        );
        keep(tx).await;
    })
    .await;
}

#[tokio::test]
async fn a_closed_month_keeps_its_sums_and_its_steps() {
    on_both(async |store| {
        seed(store).await;
        let month = Month { year: 2024, month: 2 };
        let mut tx = write(store).await;
        assert_eq!(
            store::telework::ledger(&mut tx, here(), month).await.unwrap(),
            Ledger::default()
        );
        let step = MonthStep {
            act: Act::Closed,
            by: ITO,
            at: Timestamp::UNIX_EPOCH,
            people: 2,
            open: 0,
            why: String::new(),
        };
        let ledger = Ledger { steps: vec![step] };
        store::telework::put_ledger(&mut tx, here(), month, &ledger).await.unwrap();
        let row = |staff, overtime| SheetRow {
            staff,
            division: Some(DIVISION),
            days: 3,
            home_days: 2,
            worked: Minutes(1395),
            connected: Minutes(1300),
            overtime: Minutes(overtime),
        };
        let rows = [row(SATO, 30), row(ITO, 0)];
        store::telework::put_sheets(&mut tx, here(), month, &rows).await.unwrap();
        store::telework::put_sheets(&mut tx, here(), month.next(), &[row(SATO, 15)]).await.unwrap();
        // Closing once more replaces what was there.
        store::telework::put_sheets(&mut tx, here(), month, &rows).await.unwrap();
        keep(tx).await;
        let mut conn = store.read().await.unwrap();
        let (from, to) = (month.before(), month.next());
        let ledgers = store::telework::ledgers(&mut conn, here(), from, to).await.unwrap();
        assert_eq!(ledgers, [(month, ledger)].into());
        let mut back = store::telework::sheets(&mut conn, here(), month).await.unwrap();
        back.sort_by_key(|row| row.staff);
        assert_eq!(back, rows);
        let sums = store::telework::overtime_sums(&mut conn, here(), from, to).await.unwrap();
        assert_eq!(sums, [(SATO, Minutes(45)), (ITO, Minutes(0))].into());
        let months = store::telework::sums_by_month(&mut conn, here(), from, to).await.unwrap();
        assert_eq!(
            (months[&month].people, months[&month].days, months[&month].worked),
            (2, 6, 2790)
        );
        let divisions =
            store::telework::sums_by_division(&mut conn, here(), from, to).await.unwrap();
        assert_eq!(divisions.len(), 1);
        assert_eq!((divisions[0].1.people, divisions[0].1.overtime), (2, 45));
        assert_eq!(
            store::telework::sheets_of(&mut conn, here(), SATO, from, to).await.unwrap().len(),
            2
        );
        assert_eq!(store::telework::sheets(&mut conn, elsewhere(), month).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn ordered_days_are_counted_by_the_database_as_people_count_them() {
    on_both(async |store| {
        seed(store).await;
        let rules = Rules::default();
        let mut tx = write(store).await;
        let leap = date(2024, 2, 29);
        // Two halves at home are one day; a refused one is none; March is March.
        let all = [
            (SATO, leap, Form::Home, rules.morning, State::Approved),
            (SATO, leap, Form::Home, rules.afternoon, State::Approved),
            (SATO, date(2024, 2, 28), Form::Home, rules.morning, State::Refused),
            (SATO, date(2024, 3, 1), Form::Home, rules.morning, State::Approved),
            (ITO, leap, Form::Satellite, rules.morning, State::Approved),
        ];
        for (number, (staff, day, form, hours, state)) in (0u8..).zip(all) {
            let request = Request { staff, form, unit: Unit::Half, hours, state, ..request(day) };
            let row = RequestRow { id: [number; 16], staff, division: Some(DIVISION), request };
            store::telework::add_request(&mut tx, here(), &row).await.unwrap();
        }
        keep(tx).await;
        let mut conn = store.read().await.unwrap();
        let (from, to) = (date(2024, 2, 1), date(2024, 2, 29));
        let february = Month { year: 2024, month: 2 };
        assert_eq!(
            store::telework::home_days(&mut conn, here(), from, to).await.unwrap(),
            [(SATO, february, 1)]
        );
        assert_eq!(store::telework::approved(&mut conn, here(), from, to).await.unwrap().len(), 3);
        let count = |form, requests| FormCount { month: february, form, requests, people: 1 };
        let forms = store::telework::forms_by_month(&mut conn, here(), from, to).await.unwrap();
        assert_eq!(forms, [count(Form::Home, 2), count(Form::Satellite, 1)]);
        let people = store::telework::people_by_month(&mut conn, here(), from, date(2024, 3, 31))
            .await
            .unwrap();
        assert_eq!(people, [(None, 2), (Some(february), 2), (Some(february.next()), 1)].into());
    })
    .await;
}
