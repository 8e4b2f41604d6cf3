//! What was taken away after a copy stays away when the copy is put back, and what stood beside it
//! stays.

use std::collections::BTreeSet;

use audit::Kind;
use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Division, DivisionId, Role, StaffState, Stopper};
use store::changes::{Change, ChangeKind};
use store::telework::{Paper, PaperKind, RequestRow};
use telework::opening::Emergency;
use telework::papers::{HandOver, Leave};
use telework::request::{Request, State, Step};
use telework::rules::{Form, Unit};
use telework::time::{Hours, tokyo};

use web_people::record::restored::Report;

use super::base::Base;
use crate::testing::{Browser, HOME, OTHER, Town};
use kit::secrets::hex;
use kit::time::moment;

/// What `before` made is in the copy, what `after` did is lost with it and was told outside. The
/// town over the copy, and what `restored` did.
async fn restored(
    before: impl AsyncFnOnce(&Town),
    after: impl AsyncFnOnce(&Town),
) -> (Town, Report) {
    let base = Base::sqlite();
    let town = base.town().await;
    before(&town).await;
    base.tell(&town).await;
    base.copy(&town).await;
    after(&town).await;
    base.tell(&town).await;
    let town = base.put_back(town).await;
    let report = base.restored(&town, &["anchors", "collected"]).await;
    assert!(report.stopped.is_empty(), "all of it was known: {report:?}");
    (town, report)
}

/// Writes what needs no record in a test.
async fn kept(town: &Town, write: impl AsyncFnOnce(&mut store::Tx)) {
    let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    write(&mut tx).await;
    tx.keep(()).await.unwrap();
}

async fn nothing(_: &Town) {}

async fn posted(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) {
    let reply = browser.post(path, fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{path}: {}", reply.text());
}

fn today(town: &Town) -> Date {
    tokyo(moment(town.app.now())).date()
}

const DIVISIONS: [(DivisionId, &str); 3] = [
    (DivisionId([0xd1; 16]), "010"),
    (DivisionId([0xd2; 16]), "020"),
    (DivisionId([0xd3; 16]), "030"),
];

/// Three divisions that `superior1` leads and for which `all1` stands in.
async fn divided(town: &Town) {
    let (superior, deputy) =
        (town.person(HOME, "superior1").await, town.person(HOME, "all1").await);
    kept(town, async |tx| {
        for (id, code) in DIVISIONS {
            let name = format!("課{code}").parse().unwrap();
            let (superior, deputy) = (Some(superior.id), Some(deputy.id));
            let division = Division {
                id,
                body: HOME.parse().unwrap(),
                code: code.into(),
                name,
                superior,
                deputy,
            };
            store::divisions::add(tx, &division).await.unwrap();
        }
    })
    .await;
}

async fn division(town: &Town, at: usize) -> Division {
    let mut conn = town.app.store.read().await.unwrap();
    store::divisions::find(&mut conn, HOME.parse().unwrap(), DIVISIONS[at].0)
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn who_led_a_division_leads_it_no_more_and_the_others_still() {
    let (town, report) = restored(divided, async |town| {
        let mut hr = town.sign_in("hr1").await;
        let deputy = town.person(HOME, "all1").await.id.to_string();
        // By another code and name, too.
        let fields =
            [("code", "011"), ("name", "総務課"), ("superior", ""), ("deputy", deputy.as_str())];
        posted(&mut hr, &format!("/admin/divisions/{}", DIVISIONS[0].0), &fields).await;
        posted(&mut hr, &format!("/admin/divisions/{}/remove", DIVISIONS[1].0), &[]).await;
        // A superior whose deputy stays goes by a second person's word.
        town.second_person("it1").await;
    })
    .await;
    let (superior, deputy) =
        (town.person(HOME, "superior1").await.id, town.person(HOME, "all1").await.id);
    let changed = division(&town, 0).await;
    assert_eq!((changed.superior, changed.deputy), (None, Some(deputy)), "{report:?}");
    let removed = division(&town, 1).await;
    assert_eq!((removed.superior, removed.deputy), (None, None));
    let untouched = division(&town, 2).await;
    assert_eq!((untouched.superior, untouched.deputy), (Some(superior), Some(deputy)));
}

#[tokio::test]
async fn credentials_that_were_reset_at_the_console_do_not_hold_again() {
    let (town, _) = restored(nothing, async |town| {
        let (body, login) = (HOME.parse().unwrap(), "staff1".parse().unwrap());
        web_people::sign_in::reset::reset(&town.app, Some(body), &login, false).await.unwrap();
    })
    .await;
    let mut conn = town.app.store.read().await.unwrap();
    for (login, holds) in [("staff1", false), ("superior1", true)] {
        let staff = town.person(HOME, login).await;
        let found = store::credentials::find(&mut conn, staff.id).await.unwrap().unwrap();
        assert_eq!(found.password.is_some(), holds, "{login}");
    }
}

#[tokio::test]
async fn a_hand_over_and_a_leave_that_ended_let_no_deputy_decide() {
    async fn hand_over(town: &Town, login: &str) {
        let (from, to) = (today(town).to_string(), today(town).tomorrow().unwrap().to_string());
        posted(
            &mut town.sign_in(login).await,
            "/telework/handover",
            &[("from", &from), ("to", &to)],
        )
        .await;
    }
    let before = async |town: &Town| {
        divided(town).await;
        // all1 leads one by herself.
        let all = town.person(HOME, "all1").await.id;
        let hr = Some(town.person(HOME, "hr1").await.id);
        let own = Division { superior: Some(all), deputy: hr, ..division(town, 2).await };
        kept(town, async |tx| assert!(store::divisions::change(tx, &own).await.unwrap())).await;
        hand_over(town, "superior1").await;
        hand_over(town, "all1").await;
        let mut hr = town.sign_in("hr1").await;
        let path = format!("/admin/telework/people/{}", town.person(HOME, "superior1").await.id);
        for (from, to) in [("2026-10-05", "2026-10-06"), ("2026-11-05", "2026-11-06")] {
            posted(&mut hr, &format!("{path}/leave"), &[("from", from), ("to", to)]).await;
        }
    };
    let (town, _) = restored(before, async |town| {
        let mut boss = town.sign_in("superior1").await;
        let id = boss
            .get("/telework/handover")
            .await
            .between("/telework/handover/", "/end")
            .unwrap()
            .to_owned();
        posted(&mut boss, &format!("/telework/handover/{id}/end"), &[]).await;
        let superior = town.person(HOME, "superior1").await.id;
        let papers = papers::<Leave>(town, PaperKind::Leave).await;
        let leave = papers
            .iter()
            .find(|paper| paper.value.from == "2026-10-05".parse::<Date>().unwrap())
            .unwrap();
        assert_eq!(leave.staff, Some(superior));
        let mut hr = town.sign_in("hr1").await;
        posted(&mut hr, &format!("/admin/telework/leaves/{}/remove", hex(&leave.id)), &[]).await;
    })
    .await;
    let superior = town.person(HOME, "superior1").await.id;
    for paper in papers::<HandOver>(&town, PaperKind::HandOver).await {
        assert_eq!(paper.value.removed, paper.staff == Some(superior), "{paper:?}");
    }
    for paper in papers::<Leave>(&town, PaperKind::Leave).await {
        assert_eq!(paper.value.removed, paper.value.from.month() == 10, "{paper:?}");
    }
}

async fn papers<T: serde::de::DeserializeOwned>(town: &Town, kind: PaperKind) -> Vec<Paper<T>> {
    let mut conn = town.app.store.read().await.unwrap();
    store::telework::papers(&mut conn, HOME.parse().unwrap(), kind).await.unwrap()
}

async fn ordered(hr: &mut Browser, until: Date, why: &str) {
    let until = until.to_string();
    posted(
        hr,
        "/admin/telework/emergency",
        &[("division", ""), ("day", ""), ("until", &until), ("why", why)],
    )
    .await;
}

async fn lifted(town: &Town, hr: &mut Browser, why: &str) {
    let papers = papers::<Emergency>(town, PaperKind::Emergency).await;
    let paper = papers.iter().find(|paper| paper.value.why == why).unwrap();
    posted(hr, &format!("/admin/telework/emergency/{}/lift", hex(&paper.id)), &[]).await;
}

/// Reasons of the orders that stand.
async fn standing(town: &Town) -> BTreeSet<String> {
    let orders = papers::<Emergency>(town, PaperKind::Emergency).await;
    orders
        .into_iter()
        .filter(|paper| paper.value.lifted.is_none())
        .map(|paper| paper.value.why)
        .collect()
}

#[tokio::test]
async fn an_emergency_order_that_was_lifted_opens_nothing_and_another_stands() {
    let (town, _) = restored(
        async |town: &Town| {
            let mut hr = town.sign_in("hr1").await;
            ordered(&mut hr, today(town).tomorrow().unwrap(), "大雪").await;
            ordered(&mut hr, today(town).tomorrow().unwrap(), "感染症").await;
        },
        async |town: &Town| {
            let mut hr = town.sign_in("hr1").await;
            // One that is given and lifted after the copy is nothing to it.
            ordered(&mut hr, today(town), "停電").await;
            lifted(town, &mut hr, "停電").await;
            lifted(town, &mut hr, "大雪").await;
        },
    )
    .await;
    assert_eq!(standing(&town).await, ["感染症".to_owned()].into());
}

#[tokio::test]
async fn where_it_cannot_be_told_which_order_was_lifted_none_stands() {
    let (town, _) = restored(
        async |town: &Town| {
            ordered(&mut town.sign_in("hr1").await, today(town).tomorrow().unwrap(), "大雪").await
        },
        async |town: &Town| {
            let now = moment(town.app.now());
            let until = now + jiff::SignedDuration::from_hours(24);
            let by = town.person(HOME, "hr1").await.id;
            // No record tells of its beginning.
            let value = Emergency {
                division: None,
                from: now,
                until,
                why: "停電".into(),
                by,
                lifted: None,
            };
            let (body, paper) =
                (HOME.parse().unwrap(), Paper { id: town.app.random(), staff: None, value });
            kept(town, async |tx| {
                store::telework::put_paper(tx, body, PaperKind::Emergency, &paper, 0).await.unwrap()
            })
            .await;
            lifted(town, &mut town.sign_in("hr1").await, "停電").await;
        },
    )
    .await;
    assert_eq!(standing(&town).await, BTreeSet::new());
}

#[tokio::test]
async fn an_approved_day_that_was_taken_back_opens_no_pc_and_the_next_does() {
    let days = ["2026-10-05", "2026-10-06"].map(|day| day.parse::<Date>().unwrap());
    let before = async |town: &Town| {
        let (staff, superior) =
            (town.person(HOME, "staff1").await, town.person(HOME, "superior1").await);
        kept(town, async |tx| {
            for (id, day) in [1, 2].into_iter().zip(days) {
                let step = |state, by| Step {
                    state,
                    by: Some(by),
                    deputy_for: None,
                    at: moment(0),
                    why: String::new(),
                };
                let request = Request {
                    staff: staff.id,
                    day,
                    form: Form::Home,
                    unit: Unit::Day,
                    hours: Hours {
                        start: jiff::civil::time(8, 30, 0, 0),
                        end: jiff::civil::time(17, 15, 0, 0),
                    },
                    place: String::new(),
                    works: vec![],
                    note: String::new(),
                    proxy: None,
                    state: State::Approved,
                    history: vec![
                        step(State::Requested, staff.id),
                        step(State::Approved, superior.id),
                    ],
                };
                let row = RequestRow { id: [id; 16], staff: staff.id, division: None, request };
                store::telework::add_request(tx, staff.body, &row).await.unwrap();
            }
        })
        .await;
    };
    let (town, report) = restored(before, async |town| {
        let mut staff = town.sign_in("staff1").await;
        staff.get("/telework").await.ok();
        let path = format!("/telework/requests/{}/cancel", hex(&[1; 16]));
        posted(&mut staff, &path, &[("seen", "2"), ("why", "出勤するため")]).await;
    })
    .await;
    let mut conn = town.app.store.read().await.unwrap();
    let rows = store::telework::requests(&mut conn, HOME.parse().unwrap(), days[0], days[1])
        .await
        .unwrap();
    let [taken, other] = &rows[..] else { panic!("{rows:?}") };
    let last = taken.request.history.last().unwrap();
    assert_eq!(
        (taken.request.state, last.state, last.by),
        (State::Cancelled, State::Cancelled, None),
        "{report:?}"
    );
    assert_eq!((other.request.state, other.request.version()), (State::Approved, 2));
    drop(conn);
    assert_eq!(town.record(HOME).await[0], Kind::TELEWORK_CANCELLED);
}

#[tokio::test]
async fn what_waits_in_the_copy_does_not_come_to_be_by_itself() {
    let other = |town: &Town, subject: String| Change {
        id: people::ChangeId(town.app.random()),
        body: OTHER.parse().unwrap(),
        kind: ChangeKind::Exempt,
        subject,
        doc: "true".into(),
        by: vec![people::StaffId([1; 16])],
        asked: town.app.now(),
        begins: town.app.now() + 1,
    };
    let before = async |town: &Town| {
        divided(town).await;
        let mut hr = town.sign_in("hr1").await;
        let staff = town.person(HOME, "staff1").await.id.to_string();
        // Two changes that a second person is to confirm; one is withdrawn later, of the other
        // nobody said anything.
        let roles = [
            ("login", "staff1"),
            ("name", "職員 staff1"),
            ("role_staff", "on"),
            ("role_superior", "on"),
        ];
        posted(&mut hr, &format!("/admin/staff/{staff}"), &roles).await;
        let deputy = town.person(HOME, "all1").await.id.to_string();
        let fields = [
            ("code", "010"),
            ("name", "課010"),
            ("superior", staff.as_str()),
            ("deputy", deputy.as_str()),
        ];
        posted(&mut hr, &format!("/admin/divisions/{}", DIVISIONS[0].0), &fields).await;
        // And one of a body that loses no record, due at once.
        let change = other(town, town.person(OTHER, "staff1").await.id.to_string());
        kept(town, async |tx| store::changes::put(tx, &change).await.unwrap()).await;
        // A token that waits for its person's word, and one that has it.
        let mut it = town.sign_in("it1").await;
        for (login, name) in [("staff1", "待つ"), ("it1", "動く")] {
            let whose = town.person(HOME, login).await.id.to_string();
            let fields = [
                ("name", name),
                ("days", "30"),
                ("staff", whose.as_str()),
                ("telework:read", "yes"),
            ];
            it.post("/admin/tokens", &fields).await.ok();
        }
        assert!(
            town.person(HOME, "staff1").await.roles.has(Role::Superior),
            "it waits on what the person has"
        );
    };
    let (town, report) = restored(before, async |town| {
        let mut conn = town.app.store.read().await.unwrap();
        let changes = store::changes::all(&mut conn, HOME.parse().unwrap()).await.unwrap();
        drop(conn);
        let change = changes.iter().find(|change| change.kind == ChangeKind::Person).unwrap();
        let mut it = town.sign_in("it1").await;
        it.get("/admin/changes").await.ok();
        posted(&mut it, &format!("/admin/changes/{}/withdraw", change.id), &[]).await;
    })
    .await;
    assert_eq!(report.waited.len(), 4, "{report:?}");
    assert!(!town.person(HOME, "staff1").await.roles.has(Role::Superior));
    assert!(town.person(HOME, "staff1").await.roles.has(Role::Staff));
    let superior = town.person(HOME, "superior1").await.id;
    assert_eq!(
        division(&town, 0).await.superior,
        Some(superior),
        "what was asked for changed nothing"
    );
    town.clock.advance(86_400_000);
    assert_eq!(web_people::second::begin_due(&town.app).await.unwrap(), 0);
    let mut conn = town.app.store.read().await.unwrap();
    assert!(store::changes::everywhere(&mut conn).await.unwrap().is_empty());
    for token in store::tokens::all(&mut conn, HOME.parse().unwrap()).await.unwrap() {
        assert_eq!(token.revoked != 0, token.name == "待つ", "{token:?}");
    }
    drop(conn);
    assert_eq!(town.record(OTHER).await[0], Kind::CHANGE_WITHDRAWN, "on record where it waited");
}

#[tokio::test]
async fn settings_are_not_made_again_and_named() {
    let (town, report) = restored(nothing, async |town| {
        let mut it = town.sign_in("it1").await;
        let policy = [
            ("lockout_count", "3"),
            ("lockout_minutes", "15"),
            ("idle_minutes", "60"),
            ("longest_hours", "12"),
        ];
        posted(&mut it, "/admin/policy/sign-in", &policy).await;
    })
    .await;
    let chain = audit::Chain::new(HOME).unwrap();
    let [(where_, kind, subject, number)] = &report.look[..] else { panic!("{report:?}") };
    assert_eq!((*where_, *kind, subject.as_str()), (chain, Kind::SIGN_IN_POLICY_CHANGED, HOME));
    let mut conn = town.app.store.read().await.unwrap();
    let record = store::audit_after(&mut conn, chain, number - 1, 1).await.unwrap().pop().unwrap();
    assert_eq!(record.kind, Kind::SIGN_IN_POLICY_CHANGED, "it is found by its number");
    let body = store::bodies::find(&mut conn, HOME.parse().unwrap()).await.unwrap().unwrap();
    assert_ne!(body.sign_in.lockout_count, 3);
}

#[tokio::test]
async fn somebody_who_was_renamed_and_stopped_is_found_in_the_copy() {
    let (town, _) = restored(nothing, async |town| {
        let mut it = town.sign_in("it1").await;
        let path = format!("/admin/staff/{}", town.person(HOME, "staff1").await.id);
        posted(
            &mut it,
            &path,
            &[("login", "staff9"), ("name", "職員 staff1"), ("role_staff", "on")],
        )
        .await;
        posted(&mut it, &format!("{path}/suspend"), &[]).await;
    })
    .await;
    assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Suspended);
    assert_eq!(town.person(HOME, "superior1").await.state, StaffState::Active);
}

#[tokio::test]
async fn an_operators_stop_is_an_operators_again() {
    let (town, _) = restored(nothing, async |town| {
        posted(&mut town.sign_in("it1").await, &format!("/admin/bodies/{OTHER}/suspend"), &[])
            .await;
    })
    .await;
    let mut conn = town.app.store.read().await.unwrap();
    for (body, by) in [(OTHER, Some(Stopper::Operator)), (HOME, None)] {
        let found = store::bodies::find(&mut conn, body.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(found.stop.map(|stop| stop.by), by, "{body}");
    }
}

#[tokio::test]
async fn a_copy_that_is_put_back_a_second_time_brings_nothing_back_either() {
    let base = Base::sqlite();
    let town = base.town().await;
    base.tell(&town).await;
    base.copy(&town).await;
    let mut it = town.sign_in("it1").await;
    let path = format!("/admin/staff/{}", town.person(HOME, "superior1").await.id);
    posted(
        &mut it,
        &path,
        &[("login", "superior1"), ("name", "職員 superior1"), ("role_staff", "on")],
    )
    .await;
    base.tell(&town).await;
    let town = base.put_back(town).await;
    base.restored(&town, &["anchors", "collected"]).await;
    // After it somebody is stopped, and then the same copy comes back.
    town.clock.advance(60_000);
    let mut it = town.sign_in("it1").await;
    let hanako = town.person(HOME, "staff1").await.id;
    posted(&mut it, &format!("/admin/staff/{hanako}/suspend"), &[]).await;
    base.tell(&town).await;
    let town = base.put_back(town).await;
    let report = base.restored(&town, &["anchors", "collected"]).await;
    assert!(report.stopped.is_empty(), "all of it is known, over the gap: {report:?}");
    assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Suspended);
    assert!(!town.person(HOME, "superior1").await.roles.has(Role::Superior));
    let chain = audit::Chain::new(HOME).unwrap();
    assert!(
        store::verify_chain(&mut town.app.store.read().await.unwrap(), chain)
            .await
            .unwrap()
            .is_ok()
    );
    let head = store::kept_head(&mut town.app.store.read().await.unwrap(), chain).await.unwrap();
    assert!(head.seq > 2_000_000, "no number is used twice: {head:?}");
}
