//! A country for tests: ministry, a prefecture, two towns in it and one elsewhere, with people at
//! their desks; and surveys with answers.

use exchange::body::{bodies, is_prefecture, prefecture_of};
use exchange::case::{
    Addressee, AnswerVersion, Case, CaseId, CaseKind, Deadline, Delivery, Duty, Letter, Path,
    Receipt, ReceiptNumber, ReminderPlan, STAFFING, Stage, State, SubmitKey,
};
use exchange::form::{Form, shipped};
use exchange::import::{Answers, read_csv};
use jiff::Timestamp;
use jiff::civil::date;
use people::{BodyCode, MINISTRY};

use crate::testing::{Area as _, KEY, PASSWORD, Town};
use crate::testing::{Plan, seed};

/// Hokkaido.
pub(crate) const PREFECTURE: &str = "010006";
/// Hakodate, in it.
pub(crate) const TOWN: &str = "012025";
/// Otaru, in it.
pub(crate) const NEIGHBOUR: &str = "012033";
/// Chiyoda, in Tokyo.
pub(crate) const ELSEWHERE: &str = "131016";

/// The answers of 令和3年 and 令和2年.
pub(crate) const R3: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../core/exchange/testdata/answers-r3.csv"
));
pub(crate) const R2: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../core/exchange/testdata/answers-r2.csv"
));

/// A server where every desk has somebody: `desk1` (and `desk2` in [`TOWN`]) enters, `lead1`
/// approves, `staff1` has no part in it.
pub(crate) async fn country() -> Town {
    let town = Town::empty().await;
    let person = |login: &str, roles: &str, body: &str| {
        serde_json::json!(
        { "login": login, "name": format!("職員 {login}"), "roles": roles, "body": body,
            "password": PASSWORD, "totp_secret": KEY })
    };
    let mut staff = vec![person("it1", "staff+it", TOWN), person("desk2", "staff+hr", TOWN)];
    for body in [MINISTRY.as_str(), PREFECTURE, TOWN, NEIGHBOUR, ELSEWHERE] {
        staff.push(person("desk1", "staff+hr", body));
        staff.push(person("lead1", "staff+superior", body));
        staff.push(person("staff1", "staff", body));
    }
    let plan: Plan = serde_json::from_value(serde_json::json!({
        "body": TOWN,
        "bodies": [MINISTRY.as_str(), PREFECTURE, NEIGHBOUR, ELSEWHERE], "staff": staff,
    }))
    .unwrap();
    seed(town.app.people(), &plan).await.unwrap();
    town
}

/// The number of a case.
pub(crate) fn case_id(text: &str) -> CaseId {
    text.parse().unwrap()
}

/// Answers of a shipped survey.
pub(crate) fn answers(source: &str, csv: &[u8]) -> Answers {
    read_csv(&Form::read(source).unwrap(), csv, |_| true).unwrap()
}

/// A survey with a delivery for each of the 1,788 in this state. Who has an answer submitted it.
pub(crate) async fn survey(
    town: &Town,
    id: &str,
    source: &str,
    stage: Stage,
    state: State,
    answers: &Answers,
) {
    let all: Vec<BodyCode> = bodies().iter().map(|body| body.code).collect();
    survey_of(town, id, source, stage, state, answers, &all).await;
}

/// The same for the bodies that have people here only: what a test of one desk needs.
pub(crate) async fn small_survey(
    town: &Town,
    id: &str,
    source: &str,
    stage: Stage,
    state: State,
    answers: &Answers,
) {
    let few = [PREFECTURE, TOWN, NEIGHBOUR, ELSEWHERE].map(|code| code.parse().unwrap());
    survey_of(town, id, source, stage, state, answers, &few).await;
}

/// This year's survey received everywhere and answered nowhere, as case `2021-0001`; last year's
/// published.
pub(crate) async fn begun() -> Town {
    let town = country().await;
    let past = answers(shipped::TELEWORK_R2, R2);
    small_survey(
        &town,
        "2020-0001",
        shipped::TELEWORK_R2,
        Stage::Published,
        State::Confirmed,
        &past,
    )
    .await;
    small_survey(
        &town,
        "2021-0001",
        shipped::TELEWORK_R3,
        Stage::Sent,
        State::Received,
        &Answers::new(),
    )
    .await;
    town
}

async fn survey_of(
    town: &Town,
    id: &str,
    source: &str,
    stage: Stage,
    state: State,
    answers: &Answers,
    to: &[BodyCode],
) {
    let form = Form::read(source).unwrap();
    let id = case_id(id);
    let at = Timestamp::from_millisecond(town.app.now()).unwrap();
    let day = date(2030, 11, 30);
    let case = Case {
        id,
        kind: CaseKind::Survey,
        letter: Letter {
            number: "総行女第1号".into(),
            date: date(2026, 10, 1),
            to: "各団体".into(),
            from: "総務省".into(),
            subject: format!("テレワークの取組状況調査（{}）", form.name.version),
            text: "回答してください。".into(),
            items: vec![],
            legal_basis: "地方自治法第245条の4".into(),
            duty: Duty::Asked,
            funding: String::new(),
            purpose: String::new(),
            minutes: Some(20),
            attachments: vec![],
            contact: String::new(),
        },
        path: Path::Cascade,
        addressees: Default::default(),
        form: Some(form.name.clone()),
        deadline: Some(day),
        accept_late: false,
        reminders: ReminderPlan::default(),
        stage,
        sent_at: Some(at),
        questions: vec![],
        revision: 1,
    };
    let delivery = |code: BodyCode| {
        let answer = answers.get(&code).map(|sheet| AnswerVersion {
            number: 1,
            sheet: sheet.clone(),
            at,
            by: "desk1".into(),
            reason: String::new(),
            proxy: false,
        });
        let number = ReceiptNumber { case: id, body: code, count: 1 };
        let receipt = Receipt { number, key: SubmitKey([1; 16]), version: 1, at, late: false };
        let submitted = !state.awaits_the_body();
        Delivery {
            case: id,
            to: Addressee { body: code, desk: STAFFING.into() },
            via: (!is_prefecture(code)).then(|| prefecture_of(code)),
            state,
            deadline: Some(Deadline { ministry: day, prefecture: None, extended: None }),
            note: None,
            extension: None,
            extension_refused: None,
            correction: None,
            receipts: answer.iter().filter(|_| submitted).map(|_| receipt.clone()).collect(),
            answer,
            parts: Default::default(),
            remarks: vec![],
            entered: Default::default(),
            revision: 1,
        }
    };
    let mut tx = town.app.write_unattended(MINISTRY).await.unwrap();
    assert!(
        store::exchange::put_form(
            &mut tx,
            &form.name,
            &form.title,
            source,
            town.app.now(),
            "desk1"
        )
        .await
        .unwrap()
    );
    store::exchange::fix_form(&mut tx, &form.name).await.unwrap();
    store::exchange::add_case(&mut tx, &case).await.unwrap();
    let deliveries: Vec<Delivery> = to.iter().map(|code| delivery(*code)).collect();
    store::exchange::add_deliveries(&mut tx, &deliveries, town.app.now()).await.unwrap();
    tx.keep(()).await.unwrap();
}

/// Puts one body's delivery into another state, as if it had gone there.
pub(crate) async fn change(town: &Town, id: &str, body: &str, change: impl FnOnce(&mut Delivery)) {
    let body: BodyCode = body.parse().unwrap();
    let mut tx = town.app.write_unattended(body).await.unwrap();
    let mut delivery =
        store::exchange::delivery(&mut tx, case_id(id), body).await.unwrap().unwrap();
    let seen = delivery.revision;
    change(&mut delivery);
    delivery.revision += 1;
    assert!(store::exchange::put_delivery(&mut tx, seen, &delivery, town.app.now()).await.unwrap());
    tx.keep(()).await.unwrap();
}
