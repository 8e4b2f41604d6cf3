//! Cases that come in, come near their day or come back: looked at in the outbox.

use exchange::case::{Action, State};
use kit::mail::Topic;
use people::BodyCode;
use web_town::mail::{sent, switched_on, wants};

use crate::access::act;
use crate::testing::{CHIYODA, HAKODATE, HOKKAIDO, MINISTRY, country};

#[tokio::test]
async fn a_case_tells_those_of_the_desk_that_it_came_is_due_and_came_back() {
    let town = country().await;
    switched_on(&town, MINISTRY).await;
    // Two of the desk, of whom one wants no reminders; a division that is no desk; a desk
    // elsewhere.
    wants(&town, HAKODATE, "hr1", &Topic::ALL).await;
    wants(&town, HAKODATE, "hr2", &[Topic::ExchangeNew]).await;
    wants(&town, HAKODATE, "soumu1", &Topic::ALL).await;
    wants(&town, CHIYODA, "hr1", &[]).await;
    let case = crate::testing::sent(&town, "cascade").await;
    assert_eq!(sent(&town).await, [], "it has come to nobody who asked: the prefecture has it");
    let hokkaido = crate::testing::visit(&town, HOKKAIDO, "hr1").await;
    let id = case.parse().unwrap();
    let forward = Action::Forward { deadline: None, note: None };
    act(&town.app, &hokkaido.actor, id, code(HAKODATE), None, forward).await.unwrap();
    let came: Vec<store::mail::Mail> = sent(&town).await;
    let to: Vec<&str> = came.iter().map(|mail| mail.address.as_str()).collect();
    assert_eq!(to.len(), 2, "{to:?}");
    assert!(to.contains(&"hr1@012025.example") && to.contains(&"hr2@012025.example"), "{to:?}");
    assert!(
        came[0].content.contains("取組状況調査")
            && came[0].content.contains(&format!("/exchange/cases/{case}"))
    );

    // Six days before, of seven that were planned; once.
    town.clock.advance(14 * 86_400_000);
    assert!(town.app.remind().await.unwrap() > 0);
    let reminded = sent(&town).await;
    assert_eq!(
        reminded.iter().map(|mail| mail.address.as_str()).collect::<Vec<_>>(),
        ["hr1@012025.example"]
    );
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
    let until = exchange::case::today(crate::access::now(&town.app));
    let remark =
        exchange::case::Remark { question: None, text: "人数をご確認ください".into() };
    let back = Action::Return { remarks: vec![remark], until };
    // Days have passed: the desk signs in again.
    let hokkaido = town.actor(HOKKAIDO, "hr1").await;
    act(&town.app, &hokkaido, id, code(HAKODATE), None, back).await.unwrap();
    let returned = sent(&town).await;
    assert_eq!(returned.len(), 1);
    assert!(
        returned[0].subject.contains("差し戻され") && !returned[0].content.contains("人数"),
        "{}",
        returned[0].content
    );
}

#[tokio::test]
async fn a_desk_that_asked_for_more_time_hears_what_was_decided() {
    let town = country().await;
    switched_on(&town, MINISTRY).await;
    wants(&town, HAKODATE, "hr1", &[Topic::ExchangeReminder]).await;
    let case = crate::testing::sent(&town, "cascade").await;
    let id = case.parse().unwrap();
    let hokkaido = crate::testing::visit(&town, HOKKAIDO, "hr1").await;
    let hakodate = crate::testing::visit(&town, HAKODATE, "hr1").await;
    let early = exchange::case::today(crate::access::now(&town.app))
        .saturating_add(jiff::Span::new().days(5));
    let forward = Action::Forward { deadline: Some(early), note: None };
    let step = async |by: &people::Actor, action| {
        act(&town.app, by, id, code(HAKODATE), None, action).await.unwrap()
    };
    step(&hokkaido.actor, forward).await;
    step(&hakodate.actor, Action::Receive).await;
    let until = early.saturating_add(jiff::Span::new().days(3));
    let ask = || Action::AskExtension { until, reason: "集計に時間を要するため".into() };
    step(&hakodate.actor, ask()).await;
    step(&hokkaido.actor, Action::RefuseExtension { reason: "月末に取りまとめるため".into() })
        .await;
    let refused = sent(&town).await;
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0].subject.contains("認められませんでした")
            && !refused[0].content.contains("取りまとめる"),
        "{}",
        refused[0].content
    );
    step(&hakodate.actor, ask()).await;
    step(&hokkaido.actor, Action::GrantExtension { until }).await;
    let granted = sent(&town).await;
    assert_eq!(granted.len(), 1);
    let day = format!("{}月{}日に延長", until.month(), until.day());
    assert!(granted[0].content.contains(&day), "{}", granted[0].content);
}

fn code(text: &str) -> BodyCode {
    text.parse().unwrap()
}
