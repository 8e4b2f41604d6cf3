//! What happens elsewhere and is mailed: cases that come in, come near their day or come back; days about which somebody is asked. Looked at in the outbox.

use axum::http::StatusCode;
use exchange::case::{Action, Right, State};
use people::BodyCode;
use store::mail::Mail;

use crate::exchange::access::act;
use crate::exchange::testing::{CHIYODA, HAKODATE, HOKKAIDO, MINISTRY, country};
use crate::telework::tests::months::{at, connected, reported};
use crate::testing::{HOME, Town};
use kit::mail::Topic;

async fn outbox(town: &Town) -> Vec<Mail> {
    store::mail::due(&mut town.app.store.read().await.unwrap(), i64::MAX, 1_000).await.unwrap()
}

/// Empties the outbox, as if all had been sent.
async fn sent(town: &Town) -> Vec<Mail> {
    let mails = outbox(town).await;
    let mut tx = town.app.write_unattended(people::MINISTRY).await.unwrap();
    for mail in &mails {
        store::mail::remove(&mut tx, mail.id).await.unwrap();
    }
    tx.keep(()).await.unwrap();
    mails
}

async fn switched_on(town: &Town, operator: &str) {
    let mut it = town.sign_in_to(operator, "it1").await;
    it.get("/admin/mail").await.ok();
    let fields = [("on", "yes"), ("host", "127.0.0.1"), ("port", "9"), ("tls", "off"), ("from", "noren@town.example")];
    let reply = it.post("/admin/mail", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}

async fn wants(town: &Town, body: &str, login: &str, topics: &[Topic]) {
    let mut browser = town.sign_in_to(body, login).await;
    browser.get("/account/notices").await.ok();
    let address = format!("{login}@{body}.example");
    let mut fields = vec![("address", address.as_str())];
    fields.extend(topics.iter().map(|topic| (topic.key(), "yes")));
    let reply = browser.post("/account/notices", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}

fn code(text: &str) -> BodyCode {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_case_tells_those_of_the_desk_that_it_came_is_due_and_came_back() {
    let town = country().await;
    switched_on(&town, MINISTRY).await;
    // Two of the desk, of whom one wants no reminders; a division that is no desk; a desk elsewhere.
    wants(&town, HAKODATE, "hr1", &Topic::ALL).await;
    wants(&town, HAKODATE, "hr2", &[Topic::ExchangeNew]).await;
    wants(&town, HAKODATE, "soumu1", &Topic::ALL).await;
    wants(&town, CHIYODA, "hr1", &[]).await;
    let case = crate::exchange::testing::sent(&town, "cascade").await;
    assert_eq!(sent(&town).await, [], "it has come to nobody who asked: the prefecture has it");
    let hokkaido = crate::exchange::testing::visit(&town, HOKKAIDO, "hr1").await;
    let id = case.parse().unwrap();
    let forward = Action::Forward { deadline: None, note: None };
    act(&town.app, &hokkaido.actor, id, code(HAKODATE), Right::Forward, None, forward).await.unwrap();
    let came: Vec<Mail> = sent(&town).await;
    let to: Vec<&str> = came.iter().map(|mail| mail.address.as_str()).collect();
    assert_eq!(to.len(), 2, "{to:?}");
    assert!(to.contains(&"hr1@012025.example") && to.contains(&"hr2@012025.example"), "{to:?}");
    assert!(came[0].content.contains("取組状況調査") && came[0].content.contains(&format!("/exchange/cases/{case}")));

    // Six days before, of seven that were planned; once.
    town.clock.advance(14 * 86_400_000);
    assert!(town.app.remind().await.unwrap() > 0);
    let reminded = sent(&town).await;
    assert_eq!(reminded.iter().map(|mail| mail.address.as_str()).collect::<Vec<_>>(), ["hr1@012025.example"]);
    assert!(reminded[0].subject.contains("あと6日"), "{}", reminded[0].subject);
    assert_eq!(town.app.remind().await.unwrap(), 0);
    assert_eq!(sent(&town).await, []);

    // What comes back is told; what a mail says is never an answer.
    let mut delivery = {
        let mut conn = town.app.store.read().await.unwrap();
        store::exchange::delivery(&mut conn, id, code(HAKODATE)).await.unwrap().unwrap()
    };
    let seen = delivery.revision;
    delivery.state = State::Submitted;
    delivery.revision += 1;
    let mut tx = town.app.write_unattended(code(HAKODATE)).await.unwrap();
    assert!(store::exchange::put_delivery(&mut tx, seen, &delivery, town.app.now()).await.unwrap());
    tx.keep(()).await.unwrap();
    let until = exchange::case::today(crate::exchange::access::now(&town.app));
    let remark = exchange::case::Remark { question: None, text: "人数をご確認ください".into() };
    let back = Action::Return { remarks: vec![remark], until };
    // Days have passed: the desk signs in again.
    let hokkaido = town.actor(HOKKAIDO, "hr1").await;
    act(&town.app, &hokkaido, id, code(HAKODATE), Right::Review, None, back).await.unwrap();
    let returned = sent(&town).await;
    assert_eq!(returned.len(), 1);
    assert!(returned[0].subject.contains("差し戻され") && !returned[0].content.contains("人数"), "{}", returned[0].content);
}

#[tokio::test]
async fn a_desk_that_asked_for_more_time_hears_what_was_decided() {
    let town = country().await;
    switched_on(&town, MINISTRY).await;
    wants(&town, HAKODATE, "hr1", &[Topic::ExchangeReminder]).await;
    let case = crate::exchange::testing::sent(&town, "cascade").await;
    let id = case.parse().unwrap();
    let hokkaido = crate::exchange::testing::visit(&town, HOKKAIDO, "hr1").await;
    let hakodate = crate::exchange::testing::visit(&town, HAKODATE, "hr1").await;
    let early = exchange::case::today(crate::exchange::access::now(&town.app)).saturating_add(jiff::Span::new().days(5));
    let forward = Action::Forward { deadline: Some(early), note: None };
    let step =
        async |by: &people::Actor, right, action| act(&town.app, by, id, code(HAKODATE), right, None, action).await.unwrap();
    step(&hokkaido.actor, Right::Forward, forward).await;
    step(&hakodate.actor, Right::Receive, Action::Receive).await;
    let until = early.saturating_add(jiff::Span::new().days(3));
    let ask = || Action::AskExtension { until, reason: "集計に時間を要するため".into() };
    step(&hakodate.actor, Right::AskExtension, ask()).await;
    step(&hokkaido.actor, Right::GrantExtension, Action::RefuseExtension { reason: "月末に取りまとめるため".into() }).await;
    let refused = sent(&town).await;
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0].subject.contains("認められませんでした") && !refused[0].content.contains("取りまとめる"),
        "{}",
        refused[0].content
    );
    step(&hakodate.actor, Right::AskExtension, ask()).await;
    step(&hokkaido.actor, Right::GrantExtension, Action::GrantExtension { until }).await;
    let granted = sent(&town).await;
    assert_eq!(granted.len(), 1);
    let day = format!("{}月{}日に延長", until.month(), until.day());
    assert!(granted[0].content.contains(&day), "{}", granted[0].content);
}

#[tokio::test]
async fn a_difference_is_asked_about_once_on_the_morning_after() {
    let town = Town::new().await;
    switched_on(&town, HOME).await;
    wants(&town, HOME, "staff1", &Topic::ALL).await;
    let staff = town.person(HOME, "staff1").await;
    let today = telework::time::tokyo(crate::telework::moment(town.app.now())).date();
    // Connected for two hours that nobody reported.
    let yesterday = today.yesterday().unwrap();
    reported(&town, &staff, yesterday, at(yesterday, 9, 0), Some(at(yesterday, 12, 0))).await;
    connected(&town, &staff, at(yesterday, 9, 0), at(yesterday, 14, 0)).await;
    let hour = telework::time::tokyo(crate::telework::moment(town.app.now())).hour();
    if hour < 6 {
        town.clock.advance(6 * 3_600_000);
    }
    assert_eq!(crate::telework::ask_about_differences(&town.app).await.unwrap(), 1);
    let mails = sent(&town).await;
    assert_eq!(mails.iter().map(|mail| mail.address.as_str()).collect::<Vec<_>>(), [format!("staff1@{HOME}.example")]);
    assert!(mails[0].content.contains(&format!("{}月{}日", yesterday.month(), yesterday.day())), "{}", mails[0].content);
    assert_eq!(crate::telework::ask_about_differences(&town.app).await.unwrap(), 0, "once");
    town.clock.advance(86_400_000);
    assert_eq!(crate::telework::ask_about_differences(&town.app).await.unwrap(), 0, "and not again the next day");
}
