//! Exchange tables over both databases.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use audit::{Decision, Event, Kind, Who};
use common::on_both;
use exchange::body::{Change, prefecture_of};
use exchange::case::{
    Addressee, AnswerVersion, Case, CaseId, CaseKind, Deadline, Delivery, Desks, Duty, Letter,
    Part, Path, Receipt, ReceiptNumber, Reminder, ReminderPlan, Stage, State, SubmitKey,
};
use exchange::form::{FormRef, shipped};
use exchange::ids::AttachmentId;
use exchange::value::{QuestionId, Sheet, Value};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use people::{BodyCode, BodyKind, bodies};
use sha2::{Digest, Sha256};
use store::exchange::{AttachmentRow, BoardFilter, Draft, DraftKey, Put};
use store::{Fault, Store, Tx};

const CASE: CaseId = CaseId { year: 2021, serial: 1 };

fn code(text: &str) -> BodyCode {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn write(store: &Store) -> Tx {
    store.write(people::MINISTRY.chain(), 1_000).await.unwrap()
}

async fn keep(tx: Tx) {
    tx.commit(Decision::new(
        (),
        Event::new(people::MINISTRY.chain(), Who::System, Kind::SERVER_SEEDED, "test"),
    ))
    .await
    .unwrap();
}

fn case(id: CaseId, bodies: &[BodyCode]) -> Case {
    Case {
        id,
        kind: CaseKind::Survey,
        letter: Letter {
            number: "総行情第1号".into(),
            date: date(2021, 10, 1),
            to: "各都道府県知事".into(),
            from: "総務省".into(),
            subject: "テレワークの取組状況調査".into(),
            text: "本文".into(),
            items: vec!["記".into()],
            legal_basis: String::new(),
            duty: Duty::Asked,
            funding: String::new(),
            purpose: String::new(),
            minutes: Some(30),
            attachments: Vec::new(),
            contact: String::new(),
        },
        path: Path::Cascade,
        addressees: bodies
            .iter()
            .map(|body| Addressee { body: *body, desk: "人事担当課".into() })
            .collect(),
        form: Some(FormRef { id: "telework".into(), version: "令和3年".into() }),
        deadline: Some(date(2021, 10, 29)),
        accept_late: false,
        reminders: ReminderPlan::default(),
        stage: Stage::Draft,
        sent_at: None,
        questions: Vec::new(),
        revision: 0,
    }
}

fn sheet(staff: i64) -> Sheet {
    Sheet {
        values: [(QuestionId::new("staff"), Value::Number(staff))].into(),
        reasons: BTreeMap::new(),
    }
}

fn delivery(body: BodyCode, state: State, due: Date) -> Delivery {
    let via = (prefecture_of(body) != body).then(|| prefecture_of(body));
    Delivery {
        case: CASE,
        to: Addressee { body, desk: "人事担当課".into() },
        via,
        state,
        deadline: Some(Deadline { ministry: due, prefecture: None, extended: None }),
        note: None,
        extension: None,
        extension_refused: None,
        correction: None,
        answer: None,
        parts: BTreeMap::new(),
        remarks: Vec::new(),
        receipts: Vec::new(),
        entered: Default::default(),
        revision: 0,
    }
}

/// A case to Hokkaido, Sapporo and Hakodate, and Tokyo and Chiyoda, sent.
async fn seed(store: &Store) -> Vec<BodyCode> {
    let all = ["010006", "011002", "012025", "130001", "131016"].map(code).to_vec();
    let mut tx = write(store).await;
    let draft = case(CASE, &all);
    store::exchange::add_case(&mut tx, &draft).await.unwrap();
    let sent = Case {
        stage: Stage::Sent,
        sent_at: Some(at("2021-10-01T00:00:00Z")),
        revision: 1,
        ..draft
    };
    assert!(store::exchange::put_case(&mut tx, 0, &sent).await.unwrap());
    let list: Vec<Delivery> =
        all.iter().map(|body| delivery(*body, State::Received, date(2021, 10, 29))).collect();
    store::exchange::add_deliveries(&mut tx, &list, 1_000).await.unwrap();
    keep(tx).await;
    all
}

/// The delivery after a save and, with a key, a submission.
fn answered(before: &Delivery, staff: i64, key: Option<u8>) -> Delivery {
    let mut next = before.clone();
    next.revision += 1;
    let number = before.answer.as_ref().map_or(1, |answer| answer.number + 1);
    let when = at("2021-10-20T03:00:00Z");
    next.answer = Some(AnswerVersion {
        number,
        sheet: sheet(staff),
        at: when,
        by: "sato".into(),
        reason: String::new(),
        proxy: false,
    });
    next.state = State::Entering;
    if let Some(key) = key {
        let count = u8::try_from(next.receipts.len() + 1).unwrap();
        let receipt = ReceiptNumber { case: next.case, body: next.to.body, count };
        next.receipts.push(Receipt {
            number: receipt,
            key: SubmitKey([key; 16]),
            version: number,
            at: when,
            late: false,
        });
        next.state = State::Submitted;
    }
    next
}

#[tokio::test]
async fn cases_keep_their_addressees_apart_and_one_decision_wins() {
    on_both(async |store| {
        let all = seed(store).await;
        let mut conn = store.read().await.unwrap();
        let read = store::exchange::case(&mut conn, CASE).await.unwrap().unwrap();
        assert!(read.addressees.is_empty() && read.stage == Stage::Sent && read.revision == 1);
        assert_eq!(read.letter, case(CASE, &[]).letter);
        let addressees = store::exchange::addressees(&mut conn, CASE).await.unwrap();
        assert_eq!(addressees.iter().map(|to| to.body).collect::<Vec<_>>(), all);
        assert_eq!(
            store::exchange::next_serial(&mut conn, 2021).await.unwrap(),
            CaseId { year: 2021, serial: 2 }
        );
        assert_eq!(
            store::exchange::next_serial(&mut conn, 2022).await.unwrap(),
            CaseId { year: 2022, serial: 1 }
        );
        assert_eq!(
            store::exchange::cases(&mut conn, "テレワーク", 0, 10).await.unwrap()[0].id,
            CASE
        );
        assert!(store::exchange::cases(&mut conn, "消防", 0, 10).await.unwrap().is_empty());
        drop(conn);
        let mut tx = write(store).await;
        let closed = Case { stage: Stage::Closed, revision: 2, ..read };
        assert!(
            !store::exchange::put_case(&mut tx, 0, &closed).await.unwrap(),
            "decided on what was no longer so"
        );
        assert!(store::exchange::put_case(&mut tx, 1, &closed).await.unwrap());
        assert!(matches!(store::exchange::add_case(&mut tx, &closed).await, Err(Fault::Conflict)));
    })
    .await;
}

#[tokio::test]
async fn a_delivery_keeps_every_version_and_every_receipt_once() {
    on_both(async |store| {
        let all = seed(store).await;
        let body = all[2];
        let mut tx = write(store).await;
        let before = store::exchange::delivery(&mut tx, CASE, body).await.unwrap().unwrap();
        assert_eq!(before, delivery(body, State::Received, date(2021, 10, 29)));
        let mut saved = answered(&before, 100, None);
        let part = Part {
            questions: [QuestionId::new("staff")].into(),
            until: Some(date(2021, 10, 10)),
            done: None,
        };
        saved.parts.insert("020".into(), part);
        assert!(store::exchange::put_delivery(&mut tx, 0, &saved, 2_000).await.unwrap());
        assert!(
            !store::exchange::put_delivery(&mut tx, 0, &answered(&before, 999, None), 2_000)
                .await
                .unwrap()
        );
        assert_eq!(
            store::exchange::parts_of(&mut tx, body, "020").await.unwrap(),
            [(CASE, Some(date(2021, 10, 10)), false)]
        );
        assert_eq!(store::exchange::parts_of(&mut tx, all[1], "020").await.unwrap(), []);
        let submitted = answered(&saved, 101, Some(7));
        let stamp = store::exchange::answers_stamp(&mut tx, CASE).await.unwrap();
        assert!(store::exchange::put_delivery(&mut tx, 1, &submitted, 3_000).await.unwrap());
        assert_ne!(
            store::exchange::answers_stamp(&mut tx, CASE).await.unwrap(),
            stamp,
            "what was read before is known as old"
        );
        // Typed since, not submitted: what counts is what was submitted.
        let typed = answered(&submitted, 555, None);
        assert!(store::exchange::put_delivery(&mut tx, 2, &typed, 4_000).await.unwrap());
        keep(tx).await;

        let mut conn = store.read().await.unwrap();
        assert_eq!(store::exchange::delivery(&mut conn, CASE, body).await.unwrap().unwrap(), typed);
        let versions = store::exchange::answer_versions(&mut conn, CASE, body).await.unwrap();
        assert_eq!(
            versions.iter().map(|v| (v.number, v.sheet.clone())).collect::<Vec<_>>(),
            [(1, sheet(100)), (2, sheet(101)), (3, sheet(555))]
        );
        let number = submitted.receipts[0].number;
        let found = store::exchange::receipt(&mut conn, number).await.unwrap().unwrap();
        assert_eq!(found.receipt, submitted.receipts[0]);
        assert!(
            store::exchange::receipt(&mut conn, ReceiptNumber { count: 2, ..number })
                .await
                .unwrap()
                .is_none()
        );
        let counted =
            store::exchange::answers_of(&mut conn, CASE, &[body, all[3]].into()).await.unwrap();
        assert_eq!(counted, [(body, sheet(101))].into());
        drop(conn);
        // The same key cannot stand on two receipts of one body, whatever the program believes.
        let mut twice = typed.clone();
        twice.revision += 1;
        let second = Receipt {
            number: ReceiptNumber { count: 2, ..number },
            ..submitted.receipts[0].clone()
        };
        twice.receipts.push(second);
        let mut tx = write(store).await;
        assert!(matches!(
            store::exchange::put_delivery(&mut tx, 3, &twice, 5_000).await,
            Err(Fault::Conflict)
        ));
    })
    .await;
}

#[tokio::test]
async fn the_board_counts_and_lists_what_it_is_asked_for() {
    on_both(async |store| {
        let all = seed(store).await;
        let mut tx = write(store).await;
        for (place, key) in [(1, Some(1)), (2, None), (4, Some(2))] {
            let before =
                store::exchange::delivery(&mut tx, CASE, all[place]).await.unwrap().unwrap();
            let next = answered(&before, 10 * place as i64, key);
            assert!(store::exchange::put_delivery(&mut tx, 0, &next, 2_000).await.unwrap());
        }
        keep(tx).await;
        let mut conn = store.read().await.unwrap();
        let on_time =
            store::exchange::board_counts(&mut conn, CASE, None, date(2021, 10, 29)).await.unwrap();
        assert_eq!(on_time.iter().map(|c| c.count).sum::<u64>(), 5);
        assert!(on_time.iter().all(|c| !c.overdue));
        let late =
            store::exchange::board_counts(&mut conn, CASE, None, date(2021, 10, 30)).await.unwrap();
        let overdue = |prefecture: &str| {
            late.iter()
                .filter(|c| c.prefecture == prefecture && c.overdue)
                .map(|c| c.count)
                .sum::<u64>()
        };
        assert_eq!((overdue("01"), overdue("13")), (2, 1));
        let own = store::exchange::board_counts(
            &mut conn,
            CASE,
            Some(code("010006")),
            date(2021, 10, 30),
        )
        .await
        .unwrap();
        assert_eq!(
            own.iter().map(|c| c.count).sum::<u64>(),
            2,
            "what goes through a prefecture, not the prefecture itself"
        );

        let list = async |conn: &mut store::Conn, filter: BoardFilter| {
            let rows =
                store::exchange::board_rows(conn, CASE, &BoardFilter { limit: 100, ..filter })
                    .await
                    .unwrap();
            rows.into_iter().map(|row| row.body).collect::<Vec<_>>()
        };
        assert_eq!(list(&mut conn, BoardFilter::default()).await, all);
        assert_eq!(
            list(&mut conn, BoardFilter { via: Some(code("010006")), ..Default::default() }).await,
            all[1..3]
        );
        assert_eq!(
            list(&mut conn, BoardFilter { prefecture: Some("13".into()), ..Default::default() })
                .await,
            all[3..]
        );
        assert_eq!(
            list(&mut conn, BoardFilter { states: vec![State::Submitted], ..Default::default() })
                .await,
            [all[1], all[4]]
        );
        assert_eq!(
            list(
                &mut conn,
                BoardFilter { due_before: Some(date(2021, 10, 29)), ..Default::default() }
            )
            .await,
            []
        );
        assert_eq!(
            list(&mut conn, BoardFilter { bodies: Some(vec![all[3]]), ..Default::default() }).await,
            [all[3]]
        );
        assert_eq!(
            list(&mut conn, BoardFilter { bodies: Some(vec![]), ..Default::default() }).await,
            []
        );
        assert_eq!(list(&mut conn, BoardFilter { asking: true, ..Default::default() }).await, []);

        let counted =
            store::exchange::answers(&mut conn, CASE, None, &[State::Submitted]).await.unwrap();
        assert_eq!(counted, [(all[1], sheet(10)), (all[4], sheet(40))].into());
        let counted =
            store::exchange::answers(&mut conn, CASE, Some(code("130001")), &[State::Submitted])
                .await
                .unwrap();
        assert_eq!(counted, [(all[4], sheet(40))].into());

        let inbox = store::exchange::inbox(&mut conn, all[2], 0, 10).await.unwrap();
        assert_eq!(
            (inbox.len(), inbox[0].state, inbox[0].due),
            (1, State::Entering, Some(date(2021, 10, 29)))
        );
        let watched = store::exchange::watched(&mut conn, code("010006"), 0, 10).await.unwrap();
        assert_eq!(watched[0].counts, [(State::Entering, 1), (State::Submitted, 1)]);
        assert_eq!(store::exchange::watched(&mut conn, code("020001"), 0, 10).await.unwrap(), []);
        assert_eq!(
            store::exchange::deliveries(&mut conn, CASE, Some(code("010006"))).await.unwrap().len(),
            2
        );
    })
    .await;
}

#[tokio::test]
async fn of_two_who_type_the_later_sees_the_first() {
    on_both(async |store| {
        let all = seed(store).await;
        let key = DraftKey { case: CASE, body: all[2], part: String::new() };
        let mine = |revision, content: &str| Draft {
            revision,
            base: 0,
            by: "sato".into(),
            at: 5,
            content: content.into(),
        };
        let mut tx = write(store).await;
        assert_eq!(
            store::exchange::put_draft(&mut tx, &key, &mine(0, "一")).await.unwrap(),
            Put::Kept(1)
        );
        assert_eq!(
            store::exchange::put_draft(&mut tx, &key, &mine(1, "二")).await.unwrap(),
            Put::Kept(2)
        );
        let Put::Theirs(theirs) =
            store::exchange::put_draft(&mut tx, &key, &mine(1, "三")).await.unwrap()
        else {
            panic!()
        };
        assert_eq!((theirs.revision, theirs.content.as_str()), (2, "二"));
        assert_eq!(
            store::exchange::put_draft(&mut tx, &key, &mine(0, "四")).await.unwrap(),
            Put::Theirs(theirs)
        );
        // A division's part is its own.
        let part = DraftKey { part: "020".into(), ..key.clone() };
        assert_eq!(
            store::exchange::put_draft(&mut tx, &part, &mine(0, "課")).await.unwrap(),
            Put::Kept(1)
        );
        store::exchange::remove_draft(&mut tx, &key).await.unwrap();
        assert_eq!(store::exchange::draft(&mut tx, &key).await.unwrap(), None);
        assert_eq!(store::exchange::draft(&mut tx, &part).await.unwrap().unwrap().content, "課");
        // Saved as an answer in between: what is typed begins anew and is kept.
        assert_eq!(
            store::exchange::put_draft(&mut tx, &key, &mine(2, "五")).await.unwrap(),
            Put::Kept(1)
        );
    })
    .await;
}

#[tokio::test]
async fn a_form_that_went_out_stays_as_it_is() {
    on_both(async |store| {
        let name = FormRef { id: "telework".into(), version: "令和3年".into() };
        let mut tx = write(store).await;
        assert!(
            store::exchange::put_form(&mut tx, &name, "調査", "first", 1, "sato").await.unwrap()
        );
        assert!(
            store::exchange::put_form(&mut tx, &name, "調査", shipped::TELEWORK_R3, 2, "sato")
                .await
                .unwrap()
        );
        store::exchange::fix_form(&mut tx, &name).await.unwrap();
        assert!(
            !store::exchange::put_form(&mut tx, &name, "調査", "other", 3, "ito").await.unwrap()
        );
        assert!(
            store::exchange::put_form(&mut tx, &name, "調査", shipped::TELEWORK_R3, 3, "ito")
                .await
                .unwrap()
        );
        let (row, source) = store::exchange::form(&mut tx, &name).await.unwrap().unwrap();
        assert_eq!(source, shipped::TELEWORK_R3);
        assert_eq!(row.sha256, <[u8; 32]>::from(Sha256::digest(source.as_bytes())));
        assert_eq!(store::exchange::forms(&mut tx).await.unwrap().len(), 1);
        let other = FormRef { version: "令和9年".into(), ..name };
        assert!(store::exchange::form(&mut tx, &other).await.unwrap().is_none());
        keep(tx).await;
        seed(store).await;
        let mut conn = store.read().await.unwrap();
        let name = FormRef { id: "telework".into(), version: "令和3年".into() };
        assert_eq!(store::exchange::case_of_form(&mut conn, &name).await.unwrap(), Some(CASE));
        assert_eq!(store::exchange::case_of_form(&mut conn, &other).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn files_lie_once_and_go_with_their_last_place() {
    on_both(async |store| {
        let all = seed(store).await;
        let bytes = b"%PDF-1.7 what is said".to_vec();
        let row = |id: u8, body: Option<BodyCode>| AttachmentRow {
            id: AttachmentId([id; 16]),
            case: CASE,
            body,
            name: "別添.pdf".into(),
            kind: "application/pdf".into(),
            length: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            added: 5,
            added_by: "sato".into(),
        };
        let mut tx = write(store).await;
        let wrong = AttachmentRow { length: 1, ..row(9, None) };
        assert!(matches!(
            store::exchange::add_attachment(&mut tx, &wrong, &bytes).await,
            Err(Fault::Refused(_))
        ));
        store::exchange::add_attachment(&mut tx, &row(1, None), &bytes).await.unwrap();
        store::exchange::add_attachment(&mut tx, &row(2, Some(all[2])), &bytes).await.unwrap();
        assert_eq!(
            store::exchange::attachments(&mut tx, CASE, None).await.unwrap(),
            [row(1, None)]
        );
        assert_eq!(
            store::exchange::attachments(&mut tx, CASE, Some(all[2])).await.unwrap(),
            [row(2, Some(all[2]))]
        );
        assert!(
            store::exchange::remove_attachment(&mut tx, CASE, AttachmentId([1; 16])).await.unwrap()
        );
        let (_, content) = store::exchange::attachment(&mut tx, CASE, AttachmentId([2; 16]))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(content, bytes);
        assert!(
            store::exchange::remove_attachment(&mut tx, CASE, AttachmentId([2; 16])).await.unwrap()
        );
        assert!(
            !store::exchange::remove_attachment(&mut tx, CASE, AttachmentId([2; 16]))
                .await
                .unwrap()
        );
        assert!(
            store::exchange::attachment(&mut tx, CASE, AttachmentId([2; 16]))
                .await
                .unwrap()
                .is_none()
        );
    })
    .await;
}

#[tokio::test]
async fn a_reminder_is_given_once() {
    on_both(async |store| {
        let all = seed(store).await;
        let mut tx = write(store).await;
        let due = store::exchange::remindable(&mut tx, date(2021, 10, 31)).await.unwrap();
        assert_eq!((due.len(), due[0].1.len()), (1, 5));
        assert_eq!(store::exchange::remindable(&mut tx, date(2021, 10, 28)).await.unwrap(), []);
        let one = Reminder {
            case: CASE,
            to: due[0].1[2].to.clone(),
            deadline: date(2021, 10, 29),
            days: -1,
        };
        assert!(store::exchange::add_reminder(&mut tx, &one, 7).await.unwrap());
        assert!(!store::exchange::add_reminder(&mut tx, &one, 8).await.unwrap());
        assert_eq!(
            store::exchange::reminders_sent(&mut tx, CASE).await.unwrap(),
            BTreeSet::from([one.clone()])
        );
        assert_eq!(
            store::exchange::recent_reminders(&mut tx, all[2], 0).await.unwrap(),
            [(one, 7)]
        );
        assert_eq!(store::exchange::recent_reminders(&mut tx, all[1], 0).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn desks_lineage_and_other_servers_are_kept() {
    on_both(async |store| {
        let mut tx = write(store).await;
        store::bodies::add(&mut tx, code("012025"), 0).await.unwrap();
        assert_eq!(
            store::exchange::desks(&mut tx, code("012025")).await.unwrap(),
            Desks::default()
        );
        let desks = Desks {
            divisions: [("人事担当課".into(), people::DivisionId([1; 16]))].into(),
            approval: false,
        };
        store::exchange::put_desks(&mut tx, code("012025"), &desks).await.unwrap();
        assert_eq!(store::exchange::desks(&mut tx, code("012025")).await.unwrap(), desks);

        let change = Change { on: date(2021, 1, 1), predecessors: [code("012033")].into() };
        let lineage = store::exchange::lineage(&mut tx).await.unwrap();
        for entry in lineage.changed(code("012025"), change.clone()).unwrap() {
            store::exchange::put_validity(&mut tx, &entry).await.unwrap();
        }
        let lineage = store::exchange::lineage(&mut tx).await.unwrap();
        assert_eq!(lineage.on(code("012025"), date(2020, 10, 1)), BTreeSet::from([code("012033")]));
        assert!(!lineage.in_force(code("012033"), date(2021, 1, 1)));
        for entry in lineage.undone(code("012025"), change.on) {
            store::exchange::put_validity(&mut tx, &entry).await.unwrap();
        }
        assert_eq!(
            store::exchange::lineage(&mut tx).await.unwrap(),
            Default::default(),
            "an entry that says nothing is none"
        );

        let name = exchange::form::FormRef { id: "telework".into(), version: "令和2年".into() };
        for staff in [10, 11] {
            let mut sheet = exchange::value::Sheet::default();
            sheet.set(
                &exchange::value::QuestionId::new("staff"),
                Some(exchange::value::Value::Number(staff)),
            );
            store::exchange::put_carried(&mut tx, &name, code("012025"), &sheet).await.unwrap();
            assert_eq!(
                store::exchange::carried(&mut tx, &name, code("012025")).await.unwrap(),
                Some(sheet)
            );
        }
        assert_eq!(store::exchange::carried(&mut tx, &name, code("012033")).await.unwrap(), None);

        let key = exchange::bundle::ServerKey([5; 32]);
        assert_eq!(
            store::exchange::next_sequence(&mut tx, key).await.unwrap(),
            None,
            "a server nobody added"
        );
        store::exchange::add_peer(&mut tx, key, "LGWAN", 1).await.unwrap();
        assert_eq!(store::exchange::next_sequence(&mut tx, key).await.unwrap(), Some(1));
        assert_eq!(store::exchange::next_sequence(&mut tx, key).await.unwrap(), Some(2));
        assert_eq!(store::exchange::peers(&mut tx).await.unwrap()[0].written, 2);
        assert_eq!(store::exchange::last_bundle(&mut tx, key).await.unwrap(), None);
        store::exchange::put_last_bundle(&mut tx, key, b"bundle").await.unwrap();
        assert_eq!(
            store::exchange::last_bundle(&mut tx, key).await.unwrap().as_deref(),
            Some(&b"bundle"[..])
        );
        assert_eq!(store::exchange::inbox_of_bundles(&mut tx).await.unwrap().expected(&key), 1);
    })
    .await;
}

/// The whole country in one case: what the board and the tally read.
#[tokio::test]
async fn the_country_fits_into_one_case() {
    on_both(async |store| {
        let all: Vec<BodyCode> = bodies().iter().map(|body| body.code).collect();
        let mut tx = write(store).await;
        store::exchange::add_case(&mut tx, &Case { stage: Stage::Sent, ..case(CASE, &all) })
            .await
            .unwrap();
        let list: Vec<Delivery> = all
            .iter()
            .map(|body| answered(&delivery(*body, State::Received, date(2021, 10, 29)), 1, Some(1)))
            .collect();
        store::exchange::add_deliveries(&mut tx, &list, 1_000).await.unwrap();
        keep(tx).await;
        let mut conn = store.read().await.unwrap();
        assert_eq!(
            store::exchange::answers(&mut conn, CASE, None, &State::ALL).await.unwrap().len(),
            1_788
        );
        let counts =
            store::exchange::board_counts(&mut conn, CASE, None, date(2021, 10, 30)).await.unwrap();
        assert_eq!((counts.len(), counts.iter().map(|c| c.count).sum::<u64>()), (47, 1_788));
        let wards = bodies().iter().filter(|body| body.kind == BodyKind::SpecialWard).count();
        let tokyo = BoardFilter { via: Some(code("130001")), limit: 100, ..Default::default() };
        assert!(store::exchange::board_rows(&mut conn, CASE, &tokyo).await.unwrap().len() > wards);
    })
    .await;
}
