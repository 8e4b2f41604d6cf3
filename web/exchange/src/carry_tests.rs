//! A case and its answers between two servers that cannot reach each other.

use audit::Kind;
use axum::http::StatusCode;
use exchange::bundle::BundleError;
use exchange::case::{CaseId, State};
use people::BodyCode;

use super::carry::{Carried, CarryFault};
use super::testing::{HAKODATE, HOKKAIDO, MINISTRY, answer, keep};
use crate::testing::{Area as _, KEY, PASSWORD, Town};
use crate::testing::{Plan, seed};

/// A server with these bodies, each with an `hr1` and a `chief1`.
async fn server(bodies: &[&str]) -> Town {
    let town = Town::empty().await;
    let person = |login: &str, roles: &str, body: &str| {
        serde_json::json!(
        { "login": login, "name": format!("職員 {login}"), "roles": roles, "body": body,
            "password": PASSWORD, "totp_secret": KEY })
    };
    let mut staff = vec![person("it1", "it", bodies[0])];
    for body in bodies {
        staff.push(person("hr1", "staff+hr", body));
        staff.push(person("chief1", "staff+superior", body));
    }
    let plan: Plan = serde_json::from_value(
        serde_json::json!({ "body": bodies[0], "bodies": &bodies[1..], "staff": staff }),
    )
    .unwrap();
    seed(town.app.people(), &plan).await.unwrap();
    town
}

async fn acquaint(town: &Town, other: &Town) {
    let mut tx = town.app.write_unattended(people::MINISTRY).await.unwrap();
    store::exchange::add_peer(&mut tx, other.app.server_key(), "other", 0).await.unwrap();
    keep(tx).await;
}

/// The ministry's server with a direct survey for Hakodate, which lives on the other one.
async fn ministry() -> (Town, CaseId) {
    let town = server(&[MINISTRY, HOKKAIDO]).await;
    let mut tx = town.app.write_unattended(people::MINISTRY).await.unwrap();
    let source = exchange::form::shipped::TELEWORK_R3;
    let form = exchange::form::Form::read(source).unwrap();
    store::exchange::put_form(&mut tx, &form.name, &form.title, source, 0, "test").await.unwrap();
    keep(tx).await;
    let mut desk = town.sign_in_to(MINISTRY, "hr1").await;
    let made = desk.post("/exchange/cases", &[]).await;
    let case = made.location().strip_prefix("/exchange/cases/").unwrap().to_owned();
    let page = desk.get(&format!("/exchange/cases/{case}")).await;
    let revision = page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
    let fields = [
        ("revision", revision.as_str()),
        ("kind", "survey"),
        ("subject", "取組状況調査"),
        ("path", "direct"),
        ("audience", "list"),
        ("list", HAKODATE),
        ("form", "telework/令和3年"),
        ("deadline", "2026-12-01"),
        ("act", "send"),
    ];
    let sent = desk.post(&format!("/exchange/cases/{case}/draft"), &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    (town, case.parse().unwrap())
}

#[tokio::test]
async fn a_case_goes_over_and_its_answers_come_back_by_file() {
    let (here, case) = ministry().await;
    let there = server(&[HAKODATE]).await;
    acquaint(&here, &there).await;
    acquaint(&there, &here).await;
    let (to_there, to_here) = (there.app.server_key(), here.app.server_key());
    let bundle = here.app.write_bundle(None, case, to_there, Carried::Case).await.unwrap();

    // By the page, as the operator carries it.
    let mut it = there.sign_in_to(HAKODATE, "it1").await;
    it.get("/exchange/servers").await;
    let read = it.upload("/exchange/servers/read", "case.bundle", &bundle).await;
    assert!(read.ok().contains("取り込みました"), "{}", read.text());
    let again = it.upload("/exchange/servers/read", "case.bundle", &bundle).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("取込み済み"));
    assert!(there.record("000000").await.contains(&Kind::BUNDLE_REFUSED));

    let mut clerk = there.sign_in_to(HAKODATE, "hr1").await;
    let own = format!("/exchange/cases/{case}/own");
    let step = async |browser: &mut crate::testing::Browser, act: &str| {
        let page = browser.get(&format!("/exchange/cases/{case}")).await;
        let field = |name: &str| {
            page.between(&format!("name=\"{name}\" value=\""), "\"").unwrap_or_default().to_owned()
        };
        let (revision, key) = (field("revision"), field("key"));
        let reply =
            browser.post(&own, &[("act", act), ("revision", &revision), ("key", &key)]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{act}: {}", reply.text());
    };
    step(&mut clerk, "receive").await;
    let visit = super::testing::visit(&there, HAKODATE, "hr1").await;
    let save = exchange::case::Action::Save {
        base: exchange::case::Base { version: 0, sheet: Default::default() },
        sheet: answer(HAKODATE),
    };
    let body: BodyCode = HAKODATE.parse().unwrap();
    super::access::act(&there.app, &visit.actor, case, body, None, save).await.unwrap();
    step(&mut clerk, "ask-approval").await;
    let mut chief = there.sign_in_to(HAKODATE, "chief1").await;
    step(&mut chief, "approve").await;
    step(&mut clerk, "submit").await;

    let back = there.app.write_bundle(None, case, to_here, Carried::Answers).await.unwrap();
    assert_eq!(here.app.read_bundle(None, &back).await.unwrap(), (case, 1));
    let mut conn = here.app.store.read().await.unwrap();
    let taken = store::exchange::delivery(&mut conn, case, body).await.unwrap().unwrap();
    assert_eq!((taken.state, taken.answer.unwrap().sheet), (State::HandedUp, answer(HAKODATE)));
    let mut conn = there.app.store.read().await.unwrap();
    let given = store::exchange::delivery(&mut conn, case, body).await.unwrap().unwrap();
    assert_eq!(
        taken.receipts[0].number, given.receipts[0].number,
        "the receipt given there counts here"
    );
    drop(conn);
    // Carried once more under the next number, it changes nothing.
    let more = there.app.write_bundle(None, case, to_here, Carried::Answers).await.unwrap();
    assert_eq!(here.app.read_bundle(None, &more).await.unwrap(), (case, 0));
}

#[tokio::test]
async fn what_was_altered_replayed_or_meant_for_another_is_refused_whole() {
    let (here, case) = ministry().await;
    let (there, third) = (server(&[HAKODATE]).await, server(&[HAKODATE]).await);
    acquaint(&here, &there).await;
    let bundle =
        here.app.write_bundle(None, case, there.app.server_key(), Carried::Case).await.unwrap();
    let refused = async |town: &Town, bytes: &[u8]| match town.app.read_bundle(None, bytes).await {
        Err(CarryFault::Bundle(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&there, &bundle).await, BundleError::UnknownSigner);
    acquaint(&there, &here).await;
    acquaint(&third, &here).await;
    assert_eq!(refused(&third, &bundle).await, BundleError::WrongAddressee);
    let mut altered = bundle.clone();
    let place = altered.len() - 100;
    altered[place] ^= 1;
    assert_eq!(refused(&there, &altered).await, BundleError::BadHash);
    altered.truncate(place);
    assert_eq!(refused(&there, &altered).await, BundleError::Truncated);
    let second =
        here.app.write_bundle(None, case, there.app.server_key(), Carried::Case).await.unwrap();
    assert_eq!(refused(&there, &second).await, BundleError::OutOfOrder { expected: 1, found: 2 });
    let mut conn = there.app.store.read().await.unwrap();
    assert!(
        store::exchange::case(&mut conn, case).await.unwrap().is_none(),
        "nothing of all that was done"
    );
    drop(conn);
    there.app.read_bundle(None, &bundle).await.unwrap();
    assert_eq!(refused(&there, &bundle).await, BundleError::Replayed(1));
    // A lost file can be taken again as it was.
    let mut conn = here.app.store.read().await.unwrap();
    let last =
        store::exchange::last_bundle(&mut conn, there.app.server_key()).await.unwrap().unwrap();
    assert_eq!(last, second);
    drop(conn);
    // A server that was not added gets none, and uses no number up.
    let stranger = here.app.write_bundle(None, case, third.app.server_key(), Carried::Case).await;
    assert!(matches!(stranger, Err(CarryFault::UnknownServer)));
    // A body of this server is not another's to answer for.
    let mut tx = here.app.write_unattended(people::MINISTRY).await.unwrap();
    store::bodies::add(&mut tx, HAKODATE.parse().unwrap(), 0).await.unwrap();
    keep(tx).await;
    let nothing = here.app.write_bundle(None, case, there.app.server_key(), Carried::Case).await;
    assert!(matches!(nothing, Err(CarryFault::Nothing)));
}

#[tokio::test]
async fn a_bundle_that_is_taken_once_more_is_on_record_each_time() {
    use crate::calls::Program;
    let (here, case) = ministry().await;
    let there = server(&[HAKODATE]).await;
    acquaint(&here, &there).await;
    let to = there.app.server_key();
    let key = kit::secrets::hex(&to.0);
    let again = async || {
        let records = here.record("000000").await;
        records.into_iter().filter(|kind| *kind == Kind::BUNDLE_AGAIN).count()
    };
    let mut it = here.sign_in_to(MINISTRY, "it1").await;
    it.get("/exchange/servers").await.ok();
    let fields = [("case", ""), ("key", key.as_str()), ("act", "again")];
    let none = it.post("/exchange/servers/write", &fields).await;
    assert_eq!((none.status, again().await), (StatusCode::NOT_FOUND, 0), "none was written yet");

    let bundle = here.app.write_bundle(None, case, to, Carried::Case).await.unwrap();
    let taken = it.post("/exchange/servers/write", &fields).await;
    assert_eq!((taken.status, taken.bytes == bundle), (StatusCode::OK, true), "{}", taken.text());
    assert_eq!(again().await, 1);
    let mut program = Program::of(&here, MINISTRY, "it1").await;
    let asked = serde_json::json!({ "what": "again" });
    let taken = program.reply(&format!("/servers/{key}/bundles"), Some(&asked)).await;
    assert_eq!((taken.status, taken.bytes == bundle), (StatusCode::OK, true), "{}", taken.text());
    assert_eq!(again().await, 2);
}

#[tokio::test]
async fn a_leap_is_asked_about_on_either_side() {
    use crate::country::{R2, answers, small_survey};
    let (here, case) = ministry().await;
    let past = answers(exchange::form::shipped::TELEWORK_R2, R2);
    let (stage, state) = (exchange::case::Stage::Published, State::Confirmed);
    small_survey(&here, "2020-0001", exchange::form::shipped::TELEWORK_R2, stage, state, &past)
        .await;
    let there = server(&[HAKODATE]).await;
    acquaint(&here, &there).await;
    acquaint(&there, &here).await;
    let (to_there, to_here) = (there.app.server_key(), here.app.server_key());
    let bundle = here.app.write_bundle(None, case, to_there, Carried::Case).await.unwrap();
    there.app.read_bundle(None, &bundle).await.unwrap();
    // 1,126 staff last year stand beside the form over there too.
    let mut clerk = there.sign_in_to(HAKODATE, "hr1").await;
    let page = clerk.get(&format!("/exchange/cases/{case}")).await;
    let revision = page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
    let page = clerk
        .post(
            &format!("/exchange/cases/{case}/own"),
            &[("act", "receive"), ("revision", &revision)],
        )
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
    let page = clerk.get(&format!("/exchange/cases/{case}/answer")).await;
    assert!(page.ok().contains("1,126人"), "{}", page.text());

    // An answer that leaps without a word, from a server that did not ask, is not taken; nothing of
    // the bundle is.
    let body: BodyCode = HAKODATE.parse().unwrap();
    let mut sheet = answer(HAKODATE);
    let staff = exchange::value::QuestionId::new("staff");
    sheet.reasons.remove(&staff);
    sheet.set(&staff, Some(exchange::value::Value::Number(90_000)));
    let receipt = exchange::case::ReceiptNumber { case, body, count: 1 };
    let form = exchange::form::Form::read(exchange::form::shipped::TELEWORK_R3).unwrap().name;
    let at = super::access::now(&there.app);
    let sealed = |sequence: u64, sheet: &exchange::value::Sheet| {
        let given =
            exchange::case::SubmittedAnswer { receipt, at, proxy: false, sheet: sheet.clone() };
        let content = exchange::bundle::AnswersContent {
            case,
            form: form.clone(),
            answers: [(body, given)].into_iter().collect(),
        };
        let not_after = at.checked_add(jiff::ToSpan::hours(1)).unwrap();
        let label = exchange::bundle::Label {
            from: to_there,
            to: to_here,
            sequence,
            written: at,
            not_after,
        };
        exchange::bundle::seal(
            &exchange::bundle::Content::Answers(content),
            &label,
            &there.app.keys.signing,
        )
        .unwrap()
    };
    let refused = here.app.read_bundle(None, &sealed(1, &sheet)).await;
    assert!(
        matches!(
            refused, Err(CarryFault::Answer(of, exchange::case::Refused::Faults(_))) if of == body),
        "{refused:?}"
    );
    sheet.reasons.insert(staff, "組織を改めたため".into());
    assert_eq!(here.app.read_bundle(None, &sealed(1, &sheet)).await.unwrap(), (case, 1));
}
