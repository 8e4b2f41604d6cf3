//! Taking information out, over HTTP.

use axum::http::StatusCode;
use people::{Division, DivisionId, StaffId};
use store::telework::PaperKind;
use telework::papers::{Takeout, TakeoutState};

use crate::testing::{Browser, HOME, Town};

async fn town() -> Town {
    let town = Town::new().await;
    let (mut staff, superior) =
        (town.person(HOME, "staff1").await, town.person(HOME, "superior1").await);
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let id = DivisionId([0xd1; 16]);
    let (code, name) = ("100".into(), "総務課".parse().unwrap());
    let division =
        Division { id, body: staff.body, code, name, superior: Some(superior.id), deputy: None };
    store::divisions::add(&mut tx, &division).await.unwrap();
    staff.division = Some(id);
    assert!(store::staff::change(&mut tx, &staff).await.unwrap());
    tx.keep(()).await.unwrap();
    town
}

async fn papers(town: &Town) -> Vec<(String, Takeout)> {
    let mut conn = town.app.store.read().await.unwrap();
    let papers =
        store::telework::papers::<Takeout>(&mut conn, HOME.parse().unwrap(), PaperKind::Takeout)
            .await
            .unwrap();
    papers.into_iter().map(|paper| (StaffId(paper.id).to_string(), paper.value)).collect()
}

async fn ask(browser: &mut Browser, more: &[(&str, &str)]) -> StatusCode {
    let mut fields = vec![
        ("what", "会議資料"),
        ("why", "在宅勤務で使う"),
        ("from", "2026-09-25"),
        ("until", "2026-09-26"),
    ];
    fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    fields.extend_from_slice(more);
    browser.post("/telework/takeouts", &fields).await.status
}

#[tokio::test]
async fn asked_permitted_returned_and_seen_to_be_back() {
    let town = town().await;
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(
        ask(&mut staff, &[("specific_personal", "yes")]).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(ask(&mut staff, &[("until", "2026-12-31")]).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask(&mut staff, &[("why", " ")]).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(papers(&town).await.is_empty());
    assert_eq!(ask(&mut staff, &[]).await, StatusCode::SEE_OTHER);
    let id = papers(&town).await.remove(0).0;
    let decide = format!("/telework/takeouts/{id}/decide");
    assert_eq!(
        staff.post(&decide, &[("act", "permit")]).await.status,
        StatusCode::NOT_FOUND,
        "nobody permits herself"
    );
    assert_eq!(
        staff.post(&format!("/telework/takeouts/{id}/return"), &[]).await.status,
        StatusCode::CONFLICT
    );

    let mut superior = town.sign_in("superior1").await;
    assert!(superior.get("/telework/takeouts").await.ok().contains("会議資料"));
    assert_eq!(
        superior.post(&decide, &[("act", "refuse")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "no reason"
    );
    assert_eq!(superior.post(&decide, &[("act", "permit")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        superior.post(&decide, &[("act", "permit")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "twice"
    );
    // Permitted days before it leaves the office: out from its first day.
    let chip = |page: &str| {
        let at = page.find("会議資料").unwrap();
        let before = page[..at].matches("持ち出し中</span>").count();
        (before, page.contains("許可済み</span>"))
    };
    assert_eq!(chip(superior.get("/telework/takeouts").await.ok()), (0, true));
    assert!(staff.get("/telework/things").await.ok().contains("許可済み"));
    town.clock.advance(5 * 86_400_000);
    let (mut staff, mut superior) = (town.sign_in("staff1").await, town.sign_in("superior1").await);
    assert_eq!(chip(superior.get("/telework/takeouts").await.ok()), (1, false));
    assert_eq!(
        staff.post(&format!("/telework/takeouts/{id}/return"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(superior.get("/telework/takeouts").await.ok().contains("返却の確認待ち"));
    assert_eq!(superior.post(&decide, &[("act", "settle")]).await.status, StatusCode::SEE_OTHER);
    assert!(matches!(papers(&town).await[0].1.state, TakeoutState::Settled { .. }));
    let kinds = town.record(HOME).await;
    assert!(
        kinds.contains(&audit::Kind::TAKEOUT_DECIDED)
            && kinds.contains(&audit::Kind::TAKEOUT_SETTLED)
    );
}

#[tokio::test]
async fn a_superior_of_another_division_finds_nothing() {
    let town = town().await;
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(ask(&mut staff, &[]).await, StatusCode::SEE_OTHER);
    let id = papers(&town).await.remove(0).0;
    // `all1` is a superior too, of no division.
    let mut other = town.sign_in("all1").await;
    assert!(!other.get("/telework/takeouts").await.ok().contains("会議資料"));
    let reply = other.post(&format!("/telework/takeouts/{id}/decide"), &[("act", "permit")]).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(
        other.post(&format!("/telework/takeouts/{id}/return"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_was_asked_is_decided_where_it_was_asked_and_seen_back_where_she_is_now() {
    let town = town().await;
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(ask(&mut staff, &[]).await, StatusCode::SEE_OTHER);
    let (leader, person) = (town.person(HOME, "all1").await, town.person(HOME, "staff1").await);
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    let other = DivisionId([0xd2; 16]);
    let (code, name) = ("200".into(), "別の課".parse().unwrap());
    let division = Division {
        id: other,
        body: person.body,
        code,
        name,
        superior: Some(leader.id),
        deputy: None,
    };
    store::divisions::add(&mut tx, &division).await.unwrap();
    assert!(
        store::staff::change(&mut tx, &people::Staff { division: Some(other), ..person })
            .await
            .unwrap()
    );
    tx.keep(()).await.unwrap();
    let id = papers(&town).await.remove(0).0;
    let decide = format!("/telework/takeouts/{id}/decide");
    let mut now = town.sign_in("all1").await;
    assert!(!now.get("/telework/takeouts").await.ok().contains("会議資料"));
    assert_eq!(now.post(&decide, &[("act", "permit")]).await.status, StatusCode::NOT_FOUND);
    let mut before = town.sign_in("superior1").await;
    assert_eq!(before.post(&decide, &[("act", "permit")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(before.post(&decide, &[("act", "settle")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(now.post(&decide, &[("act", "settle")]).await.status, StatusCode::SEE_OTHER);
}
