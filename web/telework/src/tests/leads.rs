//! Who decides when the superior is taken away, and who does not come to decide by that.

use axum::http::StatusCode;
use people::{Division, StaffId};
use telework::request::State;

use super::{DIVISION, ask, pick, register, requests, rules, today, town};
use crate::testing::{Browser, HOME, Town};

async fn division(town: &Town) -> Division {
    let mut conn = town.app.store.read().await.unwrap();
    store::divisions::find(&mut conn, HOME.parse().unwrap(), DIVISION).await.unwrap().unwrap()
}

async fn name(browser: &mut Browser, superior: Option<StaffId>, deputy: Option<StaffId>) -> String {
    let text = |id: Option<StaffId>| id.map(|id| id.to_string()).unwrap_or_default();
    let (superior, deputy) = (text(superior), text(deputy));
    let fields = [
        ("code", "100"),
        ("name", "課100"),
        ("superior", superior.as_str()),
        ("deputy", deputy.as_str()),
    ];
    let reply = browser.post(&format!("/admin/divisions/{DIVISION}"), &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    reply.location().to_owned()
}

#[tokio::test]
async fn a_deputy_who_takes_the_superior_away_decides_nothing_by_that() {
    let town = town().await;
    rules(&town, &[]).await;
    let (superior, deputy) =
        (town.person(HOME, "superior1").await.id, town.person(HOME, "all1").await.id);
    let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    let stands = Division { deputy: Some(deputy), ..division(&town).await };
    assert!(store::divisions::change(&mut tx, &stands).await.unwrap());
    tx.keep(()).await.unwrap();
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    ask(&mut staff, today(&town).tomorrow().unwrap()).await;
    let row = requests(&town).await.pop().unwrap();
    let picked = pick(&row);
    let approve = [("pick", picked.as_str()), ("act", "approve")];
    // The deputy is an officer. Taking the superior away waits, as a naming does.
    let mut by = town.sign_in("all1").await;
    assert_eq!(by.post("/telework/approvals", &approve).await.status, StatusCode::CONFLICT);
    assert_eq!(name(&mut by, None, Some(deputy)).await, "/admin/divisions?done=change-asked");
    assert_eq!(division(&town).await.superior, Some(superior), "whoever led still does");
    assert_eq!(by.post("/telework/approvals", &approve).await.status, StatusCode::CONFLICT);
    let id =
        by.get("/admin/changes").await.between("/admin/changes/", "/withdraw").unwrap().to_owned();
    assert_eq!(
        by.post(&format!("/admin/changes/{id}/confirm"), &[]).await.status,
        StatusCode::FORBIDDEN
    );
    // Confirmed by another officer, the division has no superior, and a deputy of nobody.
    town.second_person("hr1").await;
    assert_eq!(division(&town).await.superior, None);
    let mut by = town.sign_in("all1").await;
    let refused = by.post("/telework/approvals", &approve).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.text().contains("所属長が決まっていないため、代理は決裁できません"),
        "{}",
        refused.text()
    );
    assert!(by.get("/admin/telework/people").await.ok().contains("いま承認できる人がいない所属"));
    let mut staff = town.sign_in("staff1").await;
    assert!(staff.get("/telework").await.ok().contains("いま承認できる人がいません"));
    // It is not stuck: HR names another, who decides once that is confirmed.
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(
        name(&mut hr, Some(superior), Some(deputy)).await,
        "/admin/divisions?done=change-asked"
    );
    town.second_person("it1").await;
    let mut boss = town.sign_in("superior1").await;
    let done = boss.post("/telework/approvals", &approve).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    assert_eq!(requests(&town).await.pop().unwrap().request.state, State::Approved);
}

#[tokio::test]
async fn a_superior_without_a_deputy_goes_at_once_and_a_deputy_named_then_decides_nothing() {
    let town = town().await;
    let superior = town.person(HOME, "superior1").await.id;
    let deputy = town.person(HOME, "all1").await.id;
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(division(&town).await.superior, Some(superior));
    assert_eq!(name(&mut hr, None, None).await, "/admin/divisions?done=saved");
    assert_eq!(division(&town).await.superior, None);
    assert_eq!(name(&mut hr, None, Some(deputy)).await, "/admin/divisions?done=change-asked");
    town.second_person("it1").await;
    assert_eq!(division(&town).await.deputy, Some(deputy));
    let mut conn = town.app.store.read().await.unwrap();
    let now = town.app.now();
    let whole = division(&town).await;
    let denied = crate::not_away(&mut conn, &whole, deputy, superior, now).await.unwrap();
    assert_eq!(denied, Some(telework::request::Denied::NoSuperior));
}

#[tokio::test]
async fn a_division_with_what_was_asked_of_it_is_not_removed() {
    let town = town().await;
    rules(&town, &[]).await;
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    ask(&mut staff, today(&town).tomorrow().unwrap()).await;
    let mut tx = town.app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    for login in ["staff1", "superior1"] {
        let one = town.person(HOME, login).await;
        store::staff::change(&mut tx, &people::Staff { division: None, ..one }).await.unwrap();
    }
    tx.keep(()).await.unwrap();
    let mut hr = town.sign_in("hr1").await;
    let remove = format!("/admin/divisions/{DIVISION}/remove");
    assert_eq!(hr.post(&remove, &[]).await.location(), "/admin/divisions?done=in-use");
    let row = requests(&town).await.pop().unwrap();
    let mut boss = town.sign_in("superior1").await;
    let done = boss.post("/telework/approvals", &[("pick", &pick(&row)), ("act", "approve")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    assert_eq!(hr.post(&remove, &[]).await.location(), "/admin/divisions?done=removed");
}
