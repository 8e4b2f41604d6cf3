//! A survey down and up at the HTTP boundary, and what goes wrong on the way.

use audit::Kind;
use axum::http::StatusCode;
use exchange::case::{Action, Base, CaseId, Delivery, Refused, State};
use exchange::value::{QuestionId, Sheet, Value};
use people::BodyCode;

use super::access::{Undone, act, now};
use super::testing::{
    CHIYODA, HAKODATE, HOKKAIDO, MINISTRY, TOKYO, answer, country, day, sent, visit,
};
use crate::testing::{Area as _, Browser, Reply, Town};

fn code(text: &str) -> BodyCode {
    text.parse().unwrap()
}

async fn delivery(town: &Town, case: &str, body: &str) -> Delivery {
    let mut conn = town.app.store.read().await.unwrap();
    store::exchange::delivery(&mut conn, case.parse().unwrap(), code(body)).await.unwrap().unwrap()
}

/// A step of the own desk, with the revision and key of the page as it now is.
async fn own(browser: &mut Browser, case: &str, fields: &[(&str, &str)]) -> Reply {
    let page = browser.get(&format!("/exchange/cases/{case}")).await;
    let field = |name: &str| {
        page.between(&format!("name=\"{name}\" value=\""), "\"").unwrap_or_default().to_owned()
    };
    let (revision, key) = (field("revision"), field("key"));
    let mut all = vec![("revision", revision.as_str())];
    if !fields.iter().any(|(name, _)| *name == "key") {
        all.push(("key", key.as_str()));
    }
    all.extend_from_slice(fields);
    browser.post(&format!("/exchange/cases/{case}/own"), &all).await
}

async fn save(
    town: &Town,
    case: &str,
    body: &str,
    login: &str,
    base: Base,
    sheet: Sheet,
) -> Result<Delivery, Undone> {
    let visit = visit(town, body, login).await;
    let action = Action::Save { base, sheet };
    act(&town.app, &visit.actor, case.parse().unwrap(), code(body), None, action).await
}

/// The answer of a body entered on top of what is there.
async fn enter(town: &Town, case: &str, body: &str, sheet: Sheet) {
    let before = delivery(town, case, body).await.answer;
    let base = before.map_or(Base { version: 0, sheet: Sheet::default() }, |answer| Base {
        version: answer.number,
        sheet: answer.sheet,
    });
    save(town, case, body, "hr1", base, sheet).await.unwrap();
}

/// From receipt to receipt number.
async fn answered(town: &Town, case: &str, body: &str) -> String {
    let mut clerk = town.sign_in_to(body, "hr1").await;
    assert_eq!(own(&mut clerk, case, &[("act", "receive")]).await.status, StatusCode::SEE_OTHER);
    enter(town, case, body, answer(body)).await;
    assert_eq!(
        own(&mut clerk, case, &[("act", "ask-approval")]).await.status,
        StatusCode::SEE_OTHER
    );
    let mut chief = town.sign_in_to(body, "chief1").await;
    assert_eq!(own(&mut chief, case, &[("act", "approve")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(own(&mut clerk, case, &[("act", "submit")]).await.status, StatusCode::SEE_OTHER);
    delivery(town, case, body).await.receipts.last().unwrap().number.to_string()
}

#[tokio::test]
async fn a_survey_down_and_up() {
    let town = country().await;
    let case = sent(&town, "cascade").await;
    let here = format!("/exchange/cases/{case}");

    // Not passed on yet: the city does not learn of it, nor does anybody of another body.
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    assert_eq!(clerk.get(&here).await.status, StatusCode::NOT_FOUND);
    assert!(!clerk.get("/exchange").await.ok().contains("取組状況調査"));

    // The prefecture passes it on with its own day and a note.
    let mut prefecture = town.sign_in_to(HOKKAIDO, "hr1").await;
    assert!(prefecture.get("/exchange").await.ok().contains("取組状況調査"));
    let board = prefecture.get(&format!("{here}/board")).await;
    assert!(board.ok().contains("函館市") && !board.text().contains("千代田区"));
    let earlier = day(&town, 10);
    let forward = [
        ("act", "forward"),
        ("whole", "yes"),
        ("deadline", earlier.as_str()),
        ("note", "十日までにお願いします"),
    ];
    assert_eq!(
        prefecture.post(&format!("{here}/board"), &forward).await.status,
        StatusCode::SEE_OTHER
    );

    // The town's desk takes it, asks a division, and is asked for nothing twice.
    let page = clerk.get(&here).await;
    assert!(page.ok().contains("十日までにお願いします") && page.text().contains("受領する"));
    assert_eq!(own(&mut clerk, &case, &[("act", "receive")]).await.status, StatusCode::SEE_OTHER);
    let parts = clerk.get(&format!("{here}/parts")).await;
    let revision = parts.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
    let fields = [
        ("revision", revision.as_str()),
        ("until", earlier.as_str()),
        ("q-staff", "020"),
        ("q-adoption", ""),
    ];
    assert_eq!(clerk.post(&format!("{here}/parts"), &fields).await.status, StatusCode::SEE_OTHER);
    // What the desk hands on is the whole address.
    let whole = format!("{}{here}/answer", crate::testing::ORIGIN);
    let parts = clerk.get(&format!("{here}/parts")).await;
    assert_eq!(parts.between("id=\"answer-link\">", "<"), Some(whole.as_str()), "{}", parts.text());
    let mut soumu = town.sign_in_to(HAKODATE, "soumu1").await;
    assert!(soumu.get("/exchange").await.ok().contains("取組状況調査"));

    let whole = answer(HAKODATE);
    let mut rest = whole.clone();
    rest.set(&QuestionId::new("staff"), None);
    enter(&town, &case, HAKODATE, rest).await;
    let early = own(&mut clerk, &case, &[("act", "ask-approval")]).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "the division's part is open");
    let staff = whole.value("staff").unwrap().clone();
    let mut part = Sheet::default();
    part.set(&QuestionId::new("staff"), Some(staff));
    let part = Action::SavePart { sheet: part, done: true };
    let division = visit(&town, HAKODATE, "soumu1").await;
    act(&town.app, &division.actor, case.parse().unwrap(), code(HAKODATE), None, part)
        .await
        .unwrap();
    assert_eq!(delivery(&town, &case, HAKODATE).await.answer.unwrap().sheet, whole);

    // Approved inside, by somebody else; then handed in.
    assert_eq!(
        own(&mut clerk, &case, &[("act", "ask-approval")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(own(&mut clerk, &case, &[("act", "approve")]).await.status, StatusCode::FORBIDDEN);
    let mut chief = town.sign_in_to(HAKODATE, "chief1").await;
    assert_eq!(own(&mut chief, &case, &[("act", "approve")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(own(&mut clerk, &case, &[("act", "submit")]).await.status, StatusCode::SEE_OTHER);
    let receipt = delivery(&town, &case, HAKODATE).await.receipts[0].number.to_string();
    assert!(clerk.get(&here).await.ok().contains(&receipt));
    assert!(
        clerk
            .get(&format!("/exchange/receipts?number={receipt}"))
            .await
            .ok()
            .contains("受け付けています")
    );

    // The prefecture sends it back with a remark on a question, and the city corrects.
    let body_page = format!("{here}/bodies/{HAKODATE}");
    let page = prefecture.get(&body_page).await;
    let revision = page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
    let until = day(&town, 15);
    let remark = [
        ("revision", revision.as_str()),
        ("act", "return"),
        ("remark-staff", "基準日を確認"),
        ("until", until.as_str()),
    ];
    assert_eq!(prefecture.post(&body_page, &remark).await.status, StatusCode::SEE_OTHER);
    assert!(clerk.get(&here).await.ok().contains("基準日を確認"));
    let mut corrected = whole.clone();
    if let Some(Value::Number(staff)) = corrected.values.get_mut(&QuestionId::new("staff")) {
        *staff += 1;
    }
    enter(&town, &case, HAKODATE, corrected.clone()).await;
    own(&mut clerk, &case, &[("act", "ask-approval")]).await;
    own(&mut chief, &case, &[("act", "approve")]).await;
    assert_eq!(own(&mut clerk, &case, &[("act", "submit")]).await.status, StatusCode::SEE_OTHER);
    for step in ["pass", "hand-up"] {
        let fields = [("act", step), ("pick", HAKODATE)];
        assert_eq!(
            prefecture.post(&format!("{here}/board"), &fields).await.status,
            StatusCode::SEE_OTHER,
            "{step}"
        );
    }
    assert_eq!(delivery(&town, &case, HAKODATE).await.state, State::HandedUp);
    // Its own answer goes straight up.
    answered(&town, &case, HOKKAIDO).await;
    assert_eq!(delivery(&town, &case, HOKKAIDO).await.state, State::HandedUp);

    // The ministry sees the corrected answer, asks back, and in the end confirms, closes and
    // publishes.
    let mut ministry = town.sign_in_to(MINISTRY, "hr1").await;
    assert!(
        ministry.get(&format!("{here}/board")).await.ok().contains("2 <span class=\"small\">/ 4")
    );
    let confirm = [("act", "confirm"), ("show", "done"), ("whole", "yes")];
    assert_eq!(
        ministry.post(&format!("{here}/board"), &confirm).await.status,
        StatusCode::SEE_OTHER
    );
    for (step, needs) in [("close", "確定"), ("publish", "公表")] {
        let page = ministry.get(&here).await;
        let form = page.text().rsplit("/stage\">").next().unwrap();
        let revision = form
            .split("name=\"revision\" value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let reply = ministry
            .post(&format!("{here}/stage"), &[("act", step), ("revision", &revision)])
            .await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{step}");
        assert!(ministry.get(&here).await.ok().contains(needs));
    }
    let mut conn = town.app.store.read().await.unwrap();
    let counted =
        store::exchange::answers(&mut conn, case.parse().unwrap(), None, &[State::Confirmed])
            .await
            .unwrap();
    assert_eq!(counted[&code(HAKODATE)], corrected);
    let versions =
        store::exchange::answer_versions(&mut conn, case.parse().unwrap(), code(HAKODATE))
            .await
            .unwrap();
    assert_eq!(versions.len(), 3, "the rest, the part, the correction");
    drop(conn);
    // Every step is on the record of whoever took it.
    let city = town.record(HAKODATE).await;
    for kind in [
        Kind::CASE_RECEIVED,
        Kind::CASE_CIRCULATED,
        Kind::PART_SAVED,
        Kind::APPROVAL_ASKED,
        Kind::ANSWER_APPROVED,
        Kind::ANSWER_SUBMITTED,
    ] {
        assert!(city.contains(&kind), "{kind:?}");
    }
    let up = town.record(HOKKAIDO).await;
    for kind in
        [Kind::CASE_FORWARDED, Kind::ANSWER_RETURNED, Kind::ANSWER_PASSED, Kind::ANSWER_HANDED_UP]
    {
        assert!(up.contains(&kind), "{kind:?}");
    }
}

#[tokio::test]
async fn a_prefecture_reads_its_own_municipalities_and_no_others() {
    let town = country().await;
    let case = sent(&town, "both").await;
    answered(&town, &case, HAKODATE).await;
    let mut tokyo = town.sign_in_to(TOKYO, "hr1").await;
    for path in [
        format!("/exchange/cases/{case}/bodies/{HAKODATE}"),
        format!(
            "/exchange/receipts?number={}",
            delivery(&town, &case, HAKODATE).await.receipts[0].number
        ),
    ] {
        let reply = tokyo.get(&path).await;
        assert!(
            reply.status == StatusCode::NOT_FOUND || reply.ok().contains("受け付けられていません"),
            "{path}"
        );
        assert!(!reply.text().contains("函館市"));
    }
    let fields = [("act", "pass"), ("pick", HAKODATE)];
    tokyo.post(&format!("/exchange/cases/{case}/board"), &fields).await;
    assert_eq!(
        delivery(&town, &case, HAKODATE).await.state,
        State::Submitted,
        "nothing was done to it"
    );
    let mut hokkaido = town.sign_in_to(HOKKAIDO, "hr1").await;
    assert!(
        hokkaido
            .get(&format!("/exchange/cases/{case}/bodies/{HAKODATE}"))
            .await
            .ok()
            .contains("函館市")
    );
    // Somebody of the city who is no desk and was not asked sees nothing either.
    let mut soumu = town.sign_in_to(HAKODATE, "soumu1").await;
    assert_eq!(soumu.get(&format!("/exchange/cases/{case}")).await.status, StatusCode::NOT_FOUND);
    // What is being entered is the city's own business.
    let chiyoda = format!("/exchange/cases/{case}/bodies/{CHIYODA}");
    let mut clerk = town.sign_in_to(CHIYODA, "hr1").await;
    own(&mut clerk, &case, &[("act", "receive")]).await;
    enter(&town, &case, CHIYODA, answer(CHIYODA)).await;
    let staff = match answer(CHIYODA).value("staff") {
        Some(Value::Number(n)) => n.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(
        !tokyo.get(&chiyoda).await.ok().contains(&format!(">{staff}人")),
        "not before it is submitted"
    );
}

#[tokio::test]
async fn submitted_twice_is_one_receipt() {
    let town = country().await;
    let case = sent(&town, "direct").await;
    let receipt = answered(&town, &case, HAKODATE).await;
    let key = delivery(&town, &case, HAKODATE).await.receipts[0].key;
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    // The same press once more, from a page that is old by now.
    let again = [("act", "submit"), ("revision", "1"), ("key", &kit::secrets::hex(&key.0))];
    assert_eq!(
        clerk.post(&format!("/exchange/cases/{case}/own"), &again).await.status,
        StatusCode::SEE_OTHER
    );
    let after = delivery(&town, &case, HAKODATE).await;
    assert_eq!(
        after.receipts.iter().map(|one| one.number.to_string()).collect::<Vec<_>>(),
        [receipt]
    );
    // With a key of its own it is a second intention, which has nothing to submit.
    let other = own(&mut clerk, &case, &[("act", "submit"), ("key", &"ab".repeat(16))]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(delivery(&town, &case, HAKODATE).await.receipts.len(), 1);
}

#[tokio::test]
async fn of_two_who_edit_the_later_sees_what_changed_and_both_are_kept() {
    let town = country().await;
    let case = sent(&town, "direct").await;
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    own(&mut clerk, &case, &[("act", "receive")]).await;
    let first = answer(HAKODATE);
    enter(&town, &case, HAKODATE, first.clone()).await;
    let base = Base { version: 1, sheet: first.clone() };
    let with = |id: &str, n: i64| {
        let mut sheet = first.clone();
        sheet.set(&QuestionId::new(id), Some(Value::Number(n)));
        sheet
    };
    save(&town, &case, HAKODATE, "hr1", base.clone(), with("staff", 1_200)).await.unwrap();
    let second = save(&town, &case, HAKODATE, "hr2", base, with("excluded", 7)).await;
    let Err(Undone::Refused(Refused::Conflict { version, merge })) = second else {
        panic!("{second:?}")
    };
    assert_eq!(
        (version, merge.theirs.clone(), merge.clashes.len()),
        (2, vec![QuestionId::new("staff")], 0)
    );
    // Looked at and saved again: both are there.
    let theirs = delivery(&town, &case, HAKODATE).await.answer.unwrap();
    let base = Base { version: theirs.number, sheet: theirs.sheet };
    save(&town, &case, HAKODATE, "hr2", base, merge.sheet).await.unwrap();
    let kept = delivery(&town, &case, HAKODATE).await.answer.unwrap().sheet;
    assert_eq!(
        (kept.value("staff"), kept.value("excluded")),
        (Some(&Value::Number(1_200)), Some(&Value::Number(7)))
    );
}

#[tokio::test]
async fn when_the_deadline_passes_while_typing_the_words_are_kept_and_time_can_be_asked_for() {
    let town = country().await;
    let case = sent(&town, "direct").await;
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    own(&mut clerk, &case, &[("act", "receive")]).await;
    enter(&town, &case, HAKODATE, Sheet::default()).await;
    town.clock.advance(25 * 86_400_000);
    enter(&town, &case, HAKODATE, answer(HAKODATE)).await;
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    own(&mut clerk, &case, &[("act", "ask-approval")]).await;
    let mut chief = town.sign_in_to(HAKODATE, "chief1").await;
    own(&mut chief, &case, &[("act", "approve")]).await;
    let late = own(&mut clerk, &case, &[("act", "submit")]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text().contains("期限") && late.text().contains("入力内容は保存されています"));
    assert_eq!(delivery(&town, &case, HAKODATE).await.answer.unwrap().sheet, answer(HAKODATE));
    let until = day(&town, 5);
    let ask = [("act", "extend"), ("until", until.as_str()), ("reason", "災害対応のため")];
    assert_eq!(own(&mut clerk, &case, &ask).await.status, StatusCode::SEE_OTHER);
    let mut ministry = town.sign_in_to(MINISTRY, "hr1").await;
    let page = format!("/exchange/cases/{case}/bodies/{HAKODATE}");
    let shown = ministry.get(&page).await;
    assert!(shown.ok().contains("災害対応のため"));
    let revision = shown.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
    let grant = [("act", "grant"), ("revision", revision.as_str()), ("until", until.as_str())];
    assert_eq!(ministry.post(&page, &grant).await.status, StatusCode::SEE_OTHER);
    assert_eq!(own(&mut clerk, &case, &[("act", "submit")]).await.status, StatusCode::SEE_OTHER);
    assert!(
        !delivery(&town, &case, HAKODATE).await.receipts[0].late,
        "within the time that was given"
    );
}

#[tokio::test]
async fn the_ministry_asks_back_refuses_more_time_and_opens_again_what_was_confirmed() {
    let town = country().await;
    let case = sent(&town, "direct").await;
    answered(&town, &case, HAKODATE).await;
    let (here, theirs) =
        (format!("/exchange/cases/{case}"), format!("/exchange/cases/{case}/bodies/{HAKODATE}"));
    let mut ministry = town.sign_in_to(MINISTRY, "hr1").await;
    let step = async |ministry: &mut Browser, fields: &[(&str, &str)]| {
        let page = ministry.get(&theirs).await;
        let revision = page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
        let mut all = vec![("revision", revision.as_str())];
        all.extend_from_slice(fields);
        ministry.post(&theirs, &all).await.status
    };
    let (until, later) = (day(&town, 22), day(&town, 30));
    let query = [
        ("act", "query"),
        ("remark-staff", "前年から大きく減っています"),
        ("until", until.as_str()),
    ];
    assert_eq!(step(&mut ministry, &query).await, StatusCode::SEE_OTHER);
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    let page = clerk.get(&here).await;
    assert!(
        page.ok().contains("前年から大きく減っています") && page.text().contains("疑義照会"),
        "{}",
        page.text()
    );

    // More time is asked for and refused, and the town reads why.
    let ask = [("act", "extend"), ("until", later.as_str()), ("reason", "担当者が不在のため")];
    assert_eq!(own(&mut clerk, &case, &ask).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        step(&mut ministry, &[("act", "refuse"), ("reason", " ")]).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        step(&mut ministry, &[("act", "refuse"), ("reason", "公表が近いため")]).await,
        StatusCode::SEE_OTHER
    );
    let page = clerk.get(&here).await;
    assert!(
        page.ok().contains("期限は延長されませんでした") && page.text().contains("公表が近いため"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("延長を依頼中"));

    enter(&town, &case, HAKODATE, answer(HAKODATE)).await;
    assert_eq!(
        own(&mut clerk, &case, &[("act", "ask-approval")]).await.status,
        StatusCode::SEE_OTHER
    );
    let mut chief = town.sign_in_to(HAKODATE, "chief1").await;
    assert_eq!(own(&mut chief, &case, &[("act", "approve")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(own(&mut clerk, &case, &[("act", "submit")]).await.status, StatusCode::SEE_OTHER);
    assert!(!clerk.get(&here).await.ok().contains("公表が近いため"), "that is over");
    assert_eq!(step(&mut ministry, &[("act", "confirm")]).await, StatusCode::SEE_OTHER);
    assert_eq!(delivery(&town, &case, HAKODATE).await.state, State::Confirmed);

    // Confirmed, it is opened once more, with a day and a reason.
    let reopen =
        [("act", "reopen"), ("until", later.as_str()), ("reason", "誤りの申し出があったため")];
    assert_eq!(step(&mut ministry, &reopen).await, StatusCode::SEE_OTHER);
    let open = delivery(&town, &case, HAKODATE).await;
    assert_eq!((open.state, open.deadline.unwrap().day().to_string()), (State::Entering, later));
    assert_eq!(open.receipts.len(), 2, "what was handed in stays on record");
    let record = town.record(MINISTRY).await;
    for kind in [
        Kind::ANSWER_QUERIED,
        Kind::EXTENSION_REFUSED,
        Kind::ANSWER_CONFIRMED,
        Kind::ANSWER_REOPENED,
    ] {
        assert!(record.contains(&kind), "{kind:?}");
    }
}

#[tokio::test]
async fn a_case_goes_to_all_to_kinds_to_prefectures_or_to_a_list_and_to_the_desk_that_is_named() {
    use exchange::body::{BodyKind, bodies, prefecture_of};
    let town = country().await;
    let mut ministry = town.sign_in_to(MINISTRY, "hr1").await;
    let made = ministry.post("/exchange/cases", &[]).await;
    let case = made.location().strip_prefix("/exchange/cases/").unwrap().to_owned();
    let of = |keep: &dyn Fn(&exchange::body::Body) -> bool| -> Vec<BodyCode> {
        bodies().iter().filter(|body| keep(body)).map(|body| body.code).collect()
    };
    let list = format!("{HAKODATE}\n東京都千代田区");
    let choices = [
        (vec![("audience", "all")], of(&|_| true)),
        (
            vec![("audience", "kinds"), ("kinds", "designated"), ("kinds", "ward")],
            of(&|body| matches!(body.kind, BodyKind::DesignatedCity | BodyKind::SpecialWard)),
        ),
        (
            vec![("audience", "prefectures"), ("prefectures", HOKKAIDO), ("prefectures", TOKYO)],
            of(&|body| [HOKKAIDO, TOKYO].contains(&prefecture_of(body.code).as_str())),
        ),
        (vec![("audience", "list"), ("list", list.as_str())], vec![code(HAKODATE), code(CHIYODA)]),
        (vec![("audience", "keep")], vec![code(HAKODATE), code(CHIYODA)]),
    ];
    assert_eq!(choices.each_ref().map(|(_, to)| to.len()), [1_788, 43, 180 + 63, 2, 2]);
    for (fields, expected) in choices {
        let page = ministry.get(&format!("/exchange/cases/{case}")).await;
        let revision = page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
        let mut all = vec![
            ("revision", revision.as_str()),
            ("kind", "notice"),
            ("subject", "通知"),
            ("path", "both"),
            ("desk", "市町村担当課"),
            ("act", "save"),
        ];
        all.extend(&fields);
        let kept = ministry.post(&format!("/exchange/cases/{case}/draft"), &all).await;
        assert_eq!(kept.status, StatusCode::SEE_OTHER, "{fields:?} {}", kept.text());
        let mut conn = town.app.store.read().await.unwrap();
        let to = store::exchange::addressees(&mut conn, case.parse().unwrap()).await.unwrap();
        assert_eq!(to.iter().map(|one| one.body).collect::<Vec<_>>(), expected, "{fields:?}");
        assert!(to.iter().all(|one| one.desk == "市町村担当課"), "{fields:?}");
    }
}

#[tokio::test]
async fn reminders_come_once_a_day_that_is_planned_and_are_shown() {
    let town = country().await;
    let case = sent(&town, "direct").await;
    assert_eq!(town.app.remind().await.unwrap(), 0, "twenty days before");
    town.clock.advance(14 * 86_400_000);
    assert_eq!(town.app.remind().await.unwrap(), 4);
    assert_eq!(town.app.remind().await.unwrap(), 0, "given already");
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    assert!(clerk.get("/exchange").await.ok().contains("あと6日"));
    assert!(town.record(HAKODATE).await.contains(&Kind::REMINDED));
    town.clock.advance(8 * 86_400_000);
    assert_eq!(
        town.app.remind().await.unwrap(),
        4,
        "the latest that is due, not every one in between"
    );
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    assert!(clerk.get("/exchange").await.ok().contains("2日超過"));
    let mut ministry = town.sign_in_to(MINISTRY, "hr1").await;
    let late = ministry.get(&format!("/exchange/cases/{case}/board?show=late")).await;
    assert!(late.ok().contains("函館市") && late.text().contains("期限を過ぎた団体"));
}

#[tokio::test]
async fn questions_are_asked_once_and_answered_for_all_without_names() {
    let town = country().await;
    let case = sent(&town, "direct").await;
    let here = format!("/exchange/cases/{case}");
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    clerk.get(&here).await;
    let ask =
        clerk.post(&format!("{here}/questions"), &[("text", "会計年度任用職員は含みますか")]).await;
    assert_eq!(ask.status, StatusCode::SEE_OTHER);
    assert_eq!(
        clerk.post(&format!("{here}/questions"), &[("text", " ")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let mut ministry = town.sign_in_to(MINISTRY, "hr1").await;
    let page = ministry.get(&here).await;
    let revision = page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
    let reply = ministry
        .post(&format!("{here}/questions/0"), &[("text", "含みません"), ("revision", &revision)])
        .await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    let mut other = town.sign_in_to(CHIYODA, "hr1").await;
    let page = other.get(&here).await;
    assert!(
        page.ok().contains("会計年度任用職員は含みますか") && page.text().contains("含みません")
    );
    assert!(!page.text().contains("函館市") && !page.text().contains("自団体の質問"));
    assert!(clerk.get(&here).await.ok().contains("自団体の質問"));
    // Towns do not answer questions.
    let no = other.post(&format!("{here}/questions/0"), &[("text", "x"), ("revision", "1")]).await;
    assert_eq!(no.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_are_given_out_as_downloads_to_whom_they_are_for() {
    let town = country().await;
    let case = sent(&town, "both").await;
    let here = format!("/exchange/cases/{case}");
    let mut clerk = town.sign_in_to(HAKODATE, "hr1").await;
    own(&mut clerk, &case, &[("act", "receive")]).await;
    clerk.get(&here).await;
    let page = b"<html><script>alert(1)</script></html>";
    assert_eq!(
        clerk.upload(&format!("{here}/files"), "../x\u{202e}.html", page).await.status,
        StatusCode::SEE_OTHER
    );
    for (name, bytes) in [
        ("a.xlsm", &b"PK\x03\x04junk"[..]),
        ("a.exe", b"MZ\x90\0\x03"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ] {
        assert_eq!(
            clerk.upload(&format!("{here}/files"), name, bytes).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name}"
        );
    }
    let large = vec![b'a'; 5 << 20];
    assert_eq!(
        clerk.upload(&format!("{here}/files"), "large.txt", &large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let listed = clerk.get(&here).await;
    let file = listed.between(&format!("{here}/files/"), "\"").unwrap().to_owned();
    let path = format!("{here}/files/{file}");
    let got = clerk.get(&path).await;
    assert_eq!(got.bytes, page);
    assert!(
        got.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment; filename=\"x.txt\"")
    );
    assert_eq!(got.headers["content-type"], "text/plain");
    assert_eq!(got.headers["x-content-type-options"], "nosniff");
    assert!(got.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    // The answer is not submitted, so neither the prefecture nor anybody else has the file.
    for (body, login) in [(HOKKAIDO, "hr1"), (MINISTRY, "hr1"), (CHIYODA, "hr1"), (TOKYO, "hr1")] {
        assert_eq!(
            town.sign_in_to(body, login).await.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{body}"
        );
    }
    clerk.get(&here).await;
    assert_eq!(clerk.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clerk.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_merged_body_is_shown_what_its_predecessors_answered() {
    use exchange::body::Change;
    let town = country().await;
    let case = sent(&town, "direct").await;
    // 函館市 came, so to speak, out of 小樽市 and 旭川市 in 2021; both answered the survey of
    // 令和2年.
    let mut tx = town.app.write_unattended(people::MINISTRY).await.unwrap();
    let day = "2021-01-01".parse().unwrap();
    let change = Change { on: day, predecessors: [code("012033"), code("012041")].into() };
    for entry in exchange::body::Lineage::default().changed(code(HAKODATE), change).unwrap() {
        store::exchange::put_validity(&mut tx, &entry).await.unwrap();
    }
    let form = exchange::form::Form::read(exchange::form::shipped::TELEWORK_R2).unwrap();
    let answers = exchange::import::read_csv(
        &form,
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../core/exchange/testdata/answers-r2.csv"
        )),
        |_| true,
    )
    .unwrap();
    let id = CaseId { year: 2020, serial: 1 };
    let mut past = exchange::case::blank(id, day);
    (past.form, past.stage) = (Some(form.name.clone()), exchange::case::Stage::Published);
    store::exchange::add_case(&mut tx, &past).await.unwrap();
    let mut total = 0;
    for body in ["012033", "012041"] {
        let mut one = delivery(&town, &case, HAKODATE).await;
        let sheet = answers[&code(body)].clone();
        if let Some(Value::Number(n)) = sheet.value("staff") {
            total += n;
        }
        (one.case, one.to.body, one.state) = (id, code(body), State::Confirmed);
        one.answer = Some(exchange::case::AnswerVersion {
            number: 1,
            sheet,
            at: now(&town.app),
            by: String::new(),
            reason: String::new(),
            proxy: false,
        });
        let number = exchange::case::ReceiptNumber { case: id, body: code(body), count: 1 };
        one.receipts.push(exchange::case::Receipt {
            number,
            key: exchange::case::SubmitKey([1; 16]),
            version: 1,
            at: now(&town.app),
            late: false,
        });
        store::exchange::add_deliveries(&mut tx, &[one], 0).await.unwrap();
    }
    super::testing::keep(tx).await;
    let mut conn = town.app.store.read().await.unwrap();
    let r3 = exchange::form::Form::read(exchange::form::shipped::TELEWORK_R3).unwrap();
    let before = town.app.previous(&mut conn, &r3, code(HAKODATE)).await.unwrap().unwrap();
    assert_eq!(before.value("staff"), Some(&Value::Number(total)));
    assert_eq!(town.app.previous(&mut conn, &r3, code(CHIYODA)).await.unwrap(), None);
}

#[tokio::test]
async fn desks_decide_who_acts() {
    let town = country().await;
    let case = sent(&town, "direct").await;
    let mut it = town.sign_in_to(HAKODATE, "hr1").await;
    it.get("/admin/exchange").await;
    let desk = "20".repeat(16);
    let reply = it.post("/admin/exchange", &[("desk-1", desk.as_str()), ("approval", "yes")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    // Who is the desk, and so who approves, changes on the next day where nobody else says so
    // today.
    assert_eq!(town.record(HAKODATE).await[0], Kind::CHANGE_ASKED);
    town.clock.advance(86_400_000);
    assert_eq!(web_people::second::begin_due(town.app.people()).await.unwrap(), 1);
    let mut it = town.sign_in_to(HAKODATE, "hr1").await;
    assert_eq!(
        town.record(HAKODATE).await.into_iter().find(|kind| *kind != Kind::SIGNED_IN),
        Some(Kind::DESKS_CHANGED)
    );
    // Now the division is the desk, and personnel no longer.
    assert_eq!(it.get(&format!("/exchange/cases/{case}")).await.status, StatusCode::NOT_FOUND);
    let mut soumu = town.sign_in_to(HAKODATE, "soumu1").await;
    assert_eq!(own(&mut soumu, &case, &[("act", "receive")]).await.status, StatusCode::SEE_OTHER);
}
