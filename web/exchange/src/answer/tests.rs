//! Answering, as people meet it.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use exchange::case::{Part, State};
use exchange::value::{QuestionId, Value};
use serde_json::{Value as Json, json};

use crate::country::{ELSEWHERE, NEIGHBOUR, PREFECTURE, TOWN, begun, case_id, change};
use crate::testing::{Browser, Reply, Town};

const CASE: &str = "2021-0001";
const PAGE: &str = "/exchange/cases/2021-0001/answer";
const DRAFT: &str = "/exchange/cases/2021-0001/answer/draft";

/// A complete answer of a town that has introduced telework, near last year's figures (1,126
/// staff).
const GOOD: [(&str, &str); 7] = [
    ("q.staff", "1130"),
    ("q.adoption", "formal"),
    ("q.forms", "home"),
    ("q.excluded", "130"),
    ("q.able", "300"),
    ("q.users", "90"),
    ("q.part_time", "included"),
];

/// What the page began with.
fn base(reply: &Reply) -> String {
    reply
        .between("name=\"base\" hidden>", "</textarea>")
        .unwrap()
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
}

async fn press(
    browser: &mut Browser,
    base: &str,
    fields: &[(&str, &str)],
    button: (&str, &str),
) -> Reply {
    let mut all = vec![("base", base)];
    all.extend_from_slice(fields);
    all.push(button);
    browser.post(PAGE, &all).await
}

async fn sheet(town: &Town, body: &str) -> Option<(u32, exchange::value::Sheet)> {
    let mut conn = town.app.store.read().await.unwrap();
    let delivery = store::exchange::delivery(&mut conn, case_id(CASE), body.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    delivery.answer.map(|answer| (answer.number, answer.sheet))
}

fn text_of(reply: &Reply, id: &str) -> String {
    let text = reply.text();
    let from = text
        .find(&format!("data-question=\"{id}\""))
        .unwrap_or_else(|| panic!("{id} is not on the page"));
    text[from..].split("data-question=").nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn a_form_is_filled_in_and_saved_without_a_script() {
    let town = begun().await;
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    let page = desk.get(PAGE).await;
    page.ok();
    assert!(
        text_of(&page, "staff").contains("前回の回答")
            && text_of(&page, "staff").contains("1,126人"),
        "last year stands beside it"
    );
    assert!(text_of(&page, "staff").contains("範囲："), "and what it must lie in");
    // Routing follows after the draft was kept.
    let kept = press(&mut desk, &base(&page), &[("q.adoption", "formal")], ("do", "keep")).await;
    assert!(text_of(&kept, "forms").contains("data-asked=\"true\""), "{}", kept.text());
    let saved = press(&mut desk, &base(&kept), &GOOD, ("do", "save")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let (number, sheet) = sheet(&town, TOWN).await.unwrap();
    assert_eq!((number, sheet.value("staff")), (1, Some(&Value::Number(1130))));
    let again = desk.get(PAGE).await;
    assert!(again.ok().contains("30.0％（300 ÷ 1,000）") && again.text().contains("職員 desk1"));
    assert_eq!(town.record(TOWN).await[0], audit::Kind::ANSWER_SAVED);
}

#[tokio::test]
async fn a_closed_browser_loses_nothing() {
    let town = begun().await;
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    desk.get(PAGE).await;
    let sent =
        json!({ "base": [], "fields": [["q.staff", "千人くらい"], ["q.adoption", "formal"]] });
    let reply = desk.json(DRAFT, &sent).await;
    let said: Json = serde_json::from_str(reply.ok()).unwrap();
    let staff =
        said["hints"]["questions"].as_array().unwrap().iter().find(|q| q["id"] == "staff").unwrap();
    assert!(staff["faults"][0][1].as_str().unwrap().contains("数値として読み取れません"), "{said}");
    // Another browser, another person of the same desk: good or not, it stands there as it was
    // typed.
    let mut other = town.sign_in_to(TOWN, "desk2").await;
    let page = other.get(PAGE).await;
    assert!(
        text_of(&page, "staff").contains("value=\"千人くらい\"")
            && page.text().contains("未保存の入力があります")
    );
    assert_eq!(sheet(&town, TOWN).await, None, "a draft is no answer");
    // And it cannot become one while it cannot be read.
    let saved = press(
        &mut other,
        &base(&page),
        &[("q.staff", "千人くらい"), ("q.adoption", "formal")],
        ("do", "save"),
    )
    .await;
    assert_eq!(saved.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(saved.text().contains("読み取れない入力"), "{}", saved.text());
}

#[tokio::test]
async fn two_editors_lose_nothing_and_the_later_one_sees_what_changed() {
    let town = begun().await;
    let (mut one, mut two) =
        (town.sign_in_to(TOWN, "desk1").await, town.sign_in_to(TOWN, "desk2").await);
    let (page_one, page_two) = (one.get(PAGE).await, two.get(PAGE).await);
    press(
        &mut one,
        &base(&page_one),
        &[("q.staff", "1200"), ("q.adoption", "formal")],
        ("do", "keep"),
    )
    .await;
    // The other one began with the empty form as well.
    let met = press(
        &mut two,
        &base(&page_two),
        &[("q.staff", "1130"), ("q.excluded", "5")],
        ("do", "save"),
    )
    .await;
    assert_eq!(met.status, StatusCode::CONFLICT);
    assert_eq!(sheet(&town, TOWN).await, None, "nobody saves over what he has not seen");
    assert!(
        text_of(&met, "staff").contains("value=\"1130\"")
            && text_of(&met, "staff").contains("1,200人"),
        "{}",
        met.text()
    );
    assert!(
        text_of(&met, "staff").contains("職員 desk1")
            && met.text().contains("変更された設問：導入状況")
    );
    assert!(
        text_of(&met, "adoption")
            .contains("value=\"formal\" aria-describedby=\"F-adoption\" checked")
    );
    // Taken back with one press.
    let fields = [("q.staff", "1130"), ("q.excluded", "5"), ("q.adoption", "formal")];
    let back = press(&mut two, &base(&met), &fields, ("back", "0")).await;
    assert!(
        text_of(&back, "staff").contains("value=\"1200\"")
            && !text_of(&back, "staff").contains("desk1"),
        "{}",
        back.text()
    );
    // The same through the script: what the other changed comes with the answer.
    let stale = json!(
        { "base": serde_json::from_str::<Json>(&base(&page_one)).unwrap(),
            "fields": [["q.staff", "1300"]] });
    let said: Json = serde_json::from_str(one.json(DRAFT, &stale).await.ok()).unwrap();
    assert_eq!(said["clashes"][0]["id"], "staff");
    assert_eq!(said["clashes"][0]["fields"], json!([["q.staff", "1200"]]));
    let theirs: BTreeSet<&str> =
        said["theirs"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(theirs, ["adoption", "excluded"].into());
}

#[tokio::test]
async fn a_leap_from_last_year_wants_its_reason() {
    let town = begun().await;
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    let page = desk.get(PAGE).await;
    let checked = press(&mut desk, &base(&page), &[("q.staff", "2000")], ("do", "check")).await;
    assert!(
        text_of(&checked, "staff").contains("前回の1126から2000に大きく変わっています"),
        "{}",
        checked.text()
    );
    assert!(text_of(&checked, "staff").contains("data-needed=\"true\""));
    let with = [("q.staff", "2000"), ("r.staff", "合併のため")];
    let checked = press(&mut desk, &base(&checked), &with, ("do", "check")).await;
    assert!(
        !text_of(&checked, "staff").contains("大きく変わっています")
            && text_of(&checked, "staff").contains("合併のため")
    );
}

#[tokio::test]
async fn a_division_fills_in_its_part_and_the_desk_finds_it_under_its_own_draft() {
    let town = begun().await;
    // staff1 sits in the division that was asked.
    sit(&town, "staff1", "情報政策課").await;
    let questions = ["able", "users"].map(QuestionId::new).into();
    change(&town, CASE, TOWN, |delivery| {
        delivery.parts.insert("joho".into(), Part { questions, until: None, done: None });
        delivery.state = State::Entering;
    })
    .await;
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    let page = desk.get(PAGE).await;
    assert!(text_of(&page, "able").contains("情報政策課"), "whose it is stands beside it");
    let mine: Vec<_> =
        GOOD.into_iter().filter(|(name, _)| *name != "q.able" && *name != "q.users").collect();
    let kept = press(&mut desk, &base(&page), &mine, ("do", "keep")).await;
    assert_eq!(kept.status, StatusCode::OK);

    let mut part = town.sign_in_to(TOWN, "staff1").await;
    let page = part.get(PAGE).await;
    page.ok();
    assert!(
        !page.text().contains("data-question=\"staff\"")
            && page.text().contains("data-question=\"use_rate\"")
    );
    let fields = [("q.able", "300"), ("u.users", "1"), ("q.staff", "9")];
    let done = press(&mut part, &base(&page), &fields, ("do", "finish")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let (_, saved) = sheet(&town, TOWN).await.unwrap();
    assert_eq!(
        (saved.value("able"), saved.value("staff")),
        (Some(&Value::Number(300)), None),
        "only its own questions"
    );

    // The desk's page stood open; its draft and the part come together.
    let met = press(&mut desk, &base(&kept), &mine, ("do", "save")).await;
    assert_eq!(met.status, StatusCode::CONFLICT, "{}", met.text());
    assert!(text_of(&met, "able").contains("value=\"300\""), "{}", met.text());
    let all: Vec<_> = mine.iter().copied().chain([("q.able", "300"), ("u.users", "1")]).collect();
    let saved = press(&mut desk, &base(&met), &all, ("do", "save")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let (number, whole) = sheet(&town, TOWN).await.unwrap();
    assert_eq!(
        (number, whole.value("users"), whole.value("staff")),
        (2, Some(&Value::Unknown), Some(&Value::Number(1130)))
    );
}

#[tokio::test]
async fn a_division_gives_the_reason_for_a_leap_in_its_own_part() {
    let town = begun().await;
    sit(&town, "staff1", "情報政策課").await;
    change(&town, CASE, TOWN, |delivery| {
        let questions = [QuestionId::new("staff")].into();
        delivery.parts.insert("joho".into(), Part { questions, until: None, done: None });
        delivery.state = State::Entering;
    })
    .await;
    let mut part = town.sign_in_to(TOWN, "staff1").await;
    let page = part.get(PAGE).await;
    assert!(text_of(&page, "staff").contains("前回から変わった理由"), "1,126 last year");
    let fields = [("q.staff", "3000"), ("r.staff", "合併のため"), ("r.adoption", "ほかの課の分")];
    let done = press(&mut part, &base(&page), &fields, ("do", "finish")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let (_, saved) = sheet(&town, TOWN).await.unwrap();
    assert_eq!(
        saved.reasons.into_iter().collect::<Vec<_>>(),
        [(QuestionId::new("staff"), "合併のため".to_owned())]
    );
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    let page = desk.get(PAGE).await;
    assert!(
        text_of(&page, "staff").contains("合併のため")
            && !text_of(&page, "staff").contains("大きく変わっています")
    );
}

/// Somebody of the town sits in a division `joho` of this name.
async fn sit(town: &Town, login: &str, name: &str) {
    let division = people::Division {
        id: people::DivisionId([7; 16]),
        body: TOWN.parse().unwrap(),
        code: "joho".into(),
        name: name.parse().unwrap(),
        superior: None,
        deputy: None,
    };
    let mut staff = town.person(TOWN, login).await;
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    store::divisions::add(&mut tx, &division).await.unwrap();
    staff.division = Some(division.id);
    assert!(store::staff::change(&mut tx, &staff).await.unwrap());
    tx.keep(()).await.unwrap();
}

#[tokio::test]
async fn a_prefecture_enters_by_proxy_with_its_reason_and_others_see_nothing() {
    let town = begun().await;
    let mut prefecture = town.sign_in_to(PREFECTURE, "desk1").await;
    let address = format!("{PAGE}?body={NEIGHBOUR}");
    let page = prefecture.get(&address).await;
    assert!(page.ok().contains("代理入力"));
    let base = base(&page);
    let with = |reason| {
        let mut all = vec![("base", base.as_str()), ("proxy_reason", reason), ("do", "save")];
        all.extend(GOOD);
        all
    };
    let refused = prefecture.post(&address, &with("")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("理由を入力してください"), "{}", refused.text());
    let saved = prefecture.post(&address, &with("災害対応のため")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let mut conn = town.app.store.read().await.unwrap();
    let delivery = store::exchange::delivery(&mut conn, case_id(CASE), NEIGHBOUR.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert!(delivery.answer.unwrap().proxy);
    drop(conn);
    for (body, login) in
        [(ELSEWHERE, "desk1"), (TOWN, "desk1"), (NEIGHBOUR, "staff1"), (PREFECTURE, "staff1")]
    {
        let mut other = town.sign_in_to(body, login).await;
        assert_eq!(other.get(&address).await.status, StatusCode::NOT_FOUND, "{body} {login}");
        let sent = json!({ "base": [], "fields": [] });
        assert_eq!(
            other.json(&format!("{DRAFT}?body={NEIGHBOUR}"), &sent).await.status,
            StatusCode::NOT_FOUND,
            "{body} {login}"
        );
        assert_eq!(
            other.post(&address, &[("base", "[]"), ("do", "save")]).await.status,
            StatusCode::NOT_FOUND,
            "{body} {login}"
        );
    }
}

#[tokio::test]
async fn nothing_is_entered_before_receipt_or_after_submission() {
    let town = begun().await;
    for state in [State::Sent, State::Submitted, State::Confirmed] {
        change(&town, CASE, TOWN, |delivery| delivery.state = state).await;
        let mut desk = town.sign_in_to(TOWN, "desk1").await;
        let page = desk.get(PAGE).await;
        assert!(
            page.ok().contains("この画面では入力できません") && page.text().contains(" readonly"),
            "{state:?}"
        );
        let saved = press(&mut desk, "[]", &GOOD, ("do", "save")).await;
        assert_eq!(saved.status, StatusCode::CONFLICT, "{state:?}");
        let (_, typed) = saved.text().split_once("id=\"unkept\"").expect("what was typed");
        let typed = typed.split_once("</section>").unwrap().0;
        assert!(typed.contains("1,130人") && typed.contains("保存されていません"), "{typed}");
        assert_eq!(
            desk.json(DRAFT, &json!({ "base": [], "fields": [["q.staff", "1"]] })).await.status,
            StatusCode::CONFLICT
        );
        assert_eq!(sheet(&town, TOWN).await, None);
    }
}

#[tokio::test]
async fn what_was_typed_into_an_answer_closed_meanwhile_stands_on_the_page_that_refuses_it() {
    let town = begun().await;
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    let page = desk.get(PAGE).await;
    press(&mut desk, &base(&page), &GOOD, ("do", "save")).await;
    let page = desk.get(PAGE).await;
    change(&town, CASE, TOWN, |delivery| delivery.state = State::Submitted).await;
    // One figure as it is saved, one otherwise, one that nothing can be read from.
    let mut fields = GOOD.to_vec();
    fields.retain(|(name, _)| *name != "q.able" && *name != "q.users");
    fields.extend([("q.able", "<b>四百人</b>"), ("q.users", "299")]);
    let refused = press(&mut desk, &base(&page), &fields, ("do", "keep")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let (_, typed) = refused.text().split_once("id=\"unkept\"").expect("what was typed");
    let typed = typed.split_once("</section>").unwrap().0;
    assert!(typed.contains("&#60;b&#62;四百人") && typed.contains("299人"), "{typed}");
    assert!(!typed.contains("1,130人"), "as saved: {typed}");
    // Where all stands as it was saved, there is nothing to copy.
    let same = press(&mut desk, &base(&page), &GOOD, ("do", "save")).await;
    assert!(!same.text().contains("id=\"unkept\""), "{}", same.text());
}

/// The town keeps its inventory here: one piece of work that can be done from home, and one person
/// who does it.
async fn with_records(town: &Town) {
    use telework::inventory::{Approval, Frequency, Information, Work, Zone};
    let body = TOWN.parse().unwrap();
    let division = people::DivisionId([8; 16]);
    let mut tx = town.app.write_unattended(body).await.unwrap();
    let name = "企画課".parse().unwrap();
    let row = people::Division {
        id: division,
        body,
        code: "kikaku".into(),
        name,
        superior: None,
        deputy: None,
    };
    store::divisions::add(&mut tx, &row).await.unwrap();
    let work = Work {
        id: 0,
        name: "統計のとりまとめ".into(),
        division,
        frequency: Frequency::Daily,
        yearly: telework::time::Minutes(60_000),
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
    store::telework::put_work(&mut tx, body, &store::telework::WorkRow { division, work })
        .await
        .unwrap();
    for staff in store::staff::all(&mut tx, body).await.unwrap() {
        let member = telework::survey::Member {
            staff: staff.id,
            employment: telework::rules::Employment::Regular,
            general: true,
            joined: jiff::civil::date(2010, 4, 1),
            leaves: None,
        };
        store::telework::put_member(&mut tx, body, staff.id, &member).await.unwrap();
        if staff.login.as_str() == "staff1" {
            store::telework::put_share(&mut tx, body, staff.id, 1, telework::time::Minutes(6_000))
                .await
                .unwrap();
        }
    }
    tx.keep(()).await.unwrap();
}

#[tokio::test]
async fn the_records_of_telework_offer_answers_that_are_taken_or_explained() {
    let town = begun().await;
    with_records(&town).await;
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    let page = desk.get(PAGE).await;
    let staff = text_of(&page, "staff");
    // desk1, desk2, lead1, staff1 and it1.
    assert!(
        staff.contains("Norenの記録から：5人")
            && staff.contains("計算の内訳")
            && staff.contains("職員 lead1"),
        "{staff}"
    );
    assert!(text_of(&page, "able").contains("Norenの記録から：1人"), "{}", text_of(&page, "able"));
    let fields = [("q.adoption", "formal"), ("q.able", "3")];
    let taken = press(&mut desk, &base(&page), &fields, ("take", "staff")).await;
    let staff = text_of(&taken, "staff");
    assert!(staff.contains("value=\"5\"") && staff.contains("この値で回答しています"), "{staff}");
    // Another figure than the records have wants a word why.
    let with = [("q.staff", "5"), ("q.adoption", "formal"), ("q.able", "3")];
    let refused = press(&mut desk, &base(&taken), &with, ("do", "save")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("理由が必要です：実施可能職員数"), "{}", refused.text());
    let with = [
        ("q.staff", "5"),
        ("q.adoption", "formal"),
        ("q.able", "3"),
        ("r.able", "10月から2人が加わったため"),
    ];
    let saved = press(&mut desk, &base(&refused), &with, ("do", "save")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let (_, sheet) = sheet(&town, TOWN).await.unwrap();
    assert_eq!(sheet.reasons.get("able").map(String::as_str), Some("10月から2人が加わったため"));
    // A division and a prefecture are offered nothing: the records are the desk's own.
    let mut prefecture = town.sign_in_to(PREFECTURE, "desk1").await;
    assert!(
        !prefecture.get(&format!("{PAGE}?body={TOWN}")).await.text().contains("Norenの記録から")
    );
}
