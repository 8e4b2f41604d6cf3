//! Pages and calls print the steps that the machine says are possible, and no others.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use exchange::case::{AnswerVersion, Extension, State};
use jiff::ToSpan;
use serde_json::{Value, json};

use crate::access::now;
use crate::calls::Program;
use crate::country::change;
use crate::testing::{Browser, HAKODATE, HOKKAIDO, MINISTRY, Town, answer, country, sent};

/// The word of a button, where it is not the name of the step.
const WORDS: [(&str, &str); 3] =
    [("extend", "ask-extension"), ("grant", "grant-extension"), ("refuse", "refuse-extension")];
/// Steps that are taken on a page of their own, and what leads there.
const LINKS: [(&str, &str); 3] = [
    ("save", "回答を入力する"),
    ("circulate", "庁内照会をする"),
    ("save-as-proxy", "代理で入力する"),
];

/// The steps a page offers; nothing, where it is hidden.
async fn offered(browser: &mut Browser, path: &str) -> Option<BTreeSet<String>> {
    let page = browser.get(path).await;
    if page.status == StatusCode::NOT_FOUND {
        return None;
    }
    let text = page.ok();
    let acts = text.split("name=\"act\" value=\"").skip(1);
    let step = |act: &str| {
        let word = WORDS.iter().find(|(word, _)| *word == act);
        word.map_or(act, |(_, step)| step).to_owned()
    };
    let mut steps: BTreeSet<String> =
        acts.filter_map(|rest| rest.split('"').next()).map(step).collect();
    steps.extend(
        LINKS.iter().filter(|(_, link)| text.contains(link)).map(|(step, _)| (*step).to_owned()),
    );
    Some(steps)
}

/// The steps a call answers with; nothing, where it is hidden.
async fn answered(program: &mut Program, path: &str, own: bool) -> Option<BTreeSet<String>> {
    let reply = program.reply(path, None).await;
    if reply.status == StatusCode::NOT_FOUND {
        return None;
    }
    let value: Value = serde_json::from_str(reply.ok()).unwrap();
    let steps = if own { &value["own"]["steps"] } else { &value["steps"] };
    let steps = steps.as_array().unwrap().iter().map(|step| step.as_str().unwrap().to_owned());
    // Answers that came another way have a page of their own, for many bodies at once.
    Some(steps.filter(|step| step != "take-in").collect())
}

async fn put(town: &Town, case: &str, state: State) {
    let at = now(&town.app);
    let until = exchange::case::today(at).checked_add(25.days()).unwrap();
    change(town, case, HAKODATE, |delivery| {
        delivery.state = state;
        let reason = "議会のため".to_owned();
        delivery.extension = state.awaits_the_body().then_some(Extension { until, reason });
        let (sheet, by, reason) = (answer(HAKODATE), "hr2".to_owned(), String::new());
        delivery.answer = Some(AnswerVersion { number: 1, sheet, at, by, reason, proxy: false });
    })
    .await;
}

#[tokio::test]
async fn pages_and_calls_offer_what_is_possible_in_every_state() {
    let town = country().await;
    let case = sent(&town, "both").await;
    let mut seen = BTreeSet::new();
    for (body, login) in [
        (HAKODATE, "hr1"),
        (HAKODATE, "chief1"),
        (HOKKAIDO, "hr1"),
        (HOKKAIDO, "chief1"),
        (MINISTRY, "hr1"),
        (MINISTRY, "chief1"),
    ] {
        let own = body == HAKODATE;
        let path =
            if own { format!("/cases/{case}") } else { format!("/cases/{case}/bodies/{HAKODATE}") };
        let mut browser = town.sign_in_to(body, login).await;
        let mut program = Program::of(&town, body, login).await;
        for state in State::ALL {
            put(&town, &case, state).await;
            let page = offered(&mut browser, &format!("/exchange{path}")).await;
            let call = answered(&mut program, &path, own).await;
            assert_eq!(page, call, "{login} of {body} in {state:?}");
            seen.extend(page.into_iter().flatten());
        }
    }
    assert_eq!(seen.len(), 19, "all but a division's part and what came another way: {seen:?}");
}

#[tokio::test]
async fn where_no_approval_is_wanted_none_is_asked_for_and_who_entered_is_told() {
    let town = country().await;
    let case = sent(&town, "both").await;
    put(&town, &case, State::Entering).await;
    let mut chief = town.sign_in_to(HAKODATE, "chief1").await;
    let person = town.person(HAKODATE, "chief1").await.id.to_string();
    change(&town, &case, HAKODATE, |delivery| {
        delivery.state = State::ForApproval;
        delivery.entered.insert(person);
    })
    .await;
    let page = chief.get(&format!("/exchange/cases/{case}")).await;
    assert!(!page.ok().contains("value=\"approve\"") && page.text().contains("value=\"decline\""));
    assert!(page.text().contains("回答の入力に加わった方は承認できません"), "{}", page.text());

    let mut tx = town.app.write_unattended(HAKODATE.parse().unwrap()).await.unwrap();
    let desks = exchange::case::Desks { approval: false, ..Default::default() };
    store::exchange::put_desks(&mut tx, HAKODATE.parse().unwrap(), &desks).await.unwrap();
    crate::testing::keep(tx).await;
    put(&town, &case, State::Entering).await;
    let mut clerk = Program::of(&town, HAKODATE, "hr1").await;
    let own = clerk.get(&format!("/cases/{case}")).await["own"].clone();
    assert!(own["steps"].as_array().unwrap().contains(&json!("submit")), "{own}");
    let asked = json!({ "revision": own["revision"] });
    let why = clerk.refused(&format!("/cases/{case}/ask-approval"), asked).await;
    assert!(why.to_string().contains("庁内承認を必要としていません"), "{why}");
    let page = town.sign_in_to(HAKODATE, "hr1").await.get(&format!("/exchange/cases/{case}")).await;
    assert!(!page.ok().contains("value=\"ask-approval\""));
}

#[tokio::test]
async fn side_by_side_the_prefecture_adds_its_word_on_the_body_s_page() {
    let town = country().await;
    let case = sent(&town, "both").await;
    let here = format!("/exchange/cases/{case}/bodies/{HAKODATE}");
    let mut prefecture = town.sign_in_to(HOKKAIDO, "hr1").await;
    for (note, told) in [("早めにお願いします。", "早めに"), ("", "")] {
        let page = prefecture.get(&here).await;
        let revision = page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
        let step = [("act", "forward"), ("revision", revision.as_str()), ("note", note)];
        assert_eq!(prefecture.post(&here, &step).await.status, StatusCode::SEE_OTHER);
        let mut conn = town.app.store.read().await.unwrap();
        let body = HAKODATE.parse().unwrap();
        let delivery =
            store::exchange::delivery(&mut conn, case.parse().unwrap(), body).await.unwrap();
        let delivery = delivery.unwrap();
        assert_eq!(delivery.state, State::Sent, "the body has it as before");
        assert_eq!(delivery.note.unwrap_or_default(), note);
        drop(conn);
        // What stands is in the field, so that who presses again does not take it away.
        let page = prefecture.get(&here).await;
        let field = page.between("id=\"forward-note\" name=\"note\" rows=\"2\"", "</textarea>");
        assert!(field.unwrap().contains(told), "{}", page.text());
    }
}
