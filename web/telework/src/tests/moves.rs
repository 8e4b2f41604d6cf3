//! Who moves to another division in mid-year.

use axum::http::StatusCode;
use people::Division;
use telework::request::State;
use telework::rules::Form;

use super::super::month;
use super::months::{hours, last_month, order, some_day};
use super::{DIVISION, OTHER_DIVISION, ask, pick, register, requests, rules, today, town};
use crate::testing::HOME;

#[tokio::test]
async fn what_was_asked_stays_with_its_division_and_whoever_is_moved_asks_the_new_one_from_then_on()
{
    let town = town().await;
    rules(&town, &[]).await;
    let mut person = town.person(HOME, "staff1").await;
    let of = last_month(&town);
    order(&town, &person, some_day(of), Form::Home, hours()).await;
    let mut hr = town.sign_in("hr1").await;
    let closed =
        hr.post("/admin/telework/close", &[("month", &month::key(of)), ("why", "検証")]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text());
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    ask(&mut staff, today(&town).tomorrow().unwrap()).await;

    let leader = town.person(HOME, "all1").await;
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    let name = "課200".parse().unwrap();
    let other = Division {
        id: OTHER_DIVISION,
        body: person.body,
        code: "200".into(),
        name,
        superior: Some(leader.id),
        deputy: None,
    };
    assert!(store::divisions::change(&mut tx, &other).await.unwrap());
    person.division = Some(OTHER_DIVISION);
    assert!(store::staff::change(&mut tx, &person).await.unwrap());
    tx.keep(()).await.unwrap();

    let row = requests(&town).await.pop().unwrap();
    let fields = [("pick", pick(&row)), ("act", "approve".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    // Whoever moved her into a division she leads does not decide on what waited before.
    let mut now = town.sign_in("all1").await;
    assert!(!now.get("/telework/approvals").await.ok().contains(&pick(&row)));
    assert_eq!(now.post("/telework/approvals", &fields).await.status, StatusCode::NOT_FOUND);
    let mut before = town.sign_in("superior1").await;
    assert!(before.get("/telework/approvals").await.ok().contains(&pick(&row)));
    assert_eq!(before.post("/telework/approvals", &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(requests(&town).await.pop().unwrap().request.state, State::Approved);
    // What stands is taken back where she is now.
    let row = requests(&town).await.pop().unwrap();
    let cancel = [("pick", pick(&row)), ("act", "cancel".to_owned()), ("why", "当番".to_owned())];
    let cancel = cancel.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(before.post("/telework/approvals", &cancel).await.status, StatusCode::NOT_FOUND);
    assert_eq!(now.post("/telework/approvals", &cancel).await.status, StatusCode::SEE_OTHER);
    // What she asks from now on, or hands in again, is the new division's.
    let day = today(&town).tomorrow().unwrap();
    let mut staff = town.sign_in("staff1").await;
    ask(&mut staff, day).await;
    let asked = requests(&town)
        .await
        .into_iter()
        .find(|row| row.request.state == State::Requested)
        .unwrap();
    assert_eq!(asked.division, Some(OTHER_DIVISION));
    let picked = pick(&asked);
    let back = [("pick", picked.as_str()), ("act", "return"), ("why", "理由")];
    assert_eq!(before.post("/telework/approvals", &back).await.status, StatusCode::NOT_FOUND);
    assert_eq!(now.post("/telework/approvals", &back).await.status, StatusCode::SEE_OTHER);
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    person.division = Some(DIVISION);
    assert!(store::staff::change(&mut tx, &person).await.unwrap());
    tx.keep(()).await.unwrap();
    let id = people::StaffId(asked.id);
    let again = staff.post(&format!("/telework/requests/{id}/resubmit"), &[("seen", "2")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
    let asked = requests(&town)
        .await
        .into_iter()
        .find(|row| row.request.state == State::Requested)
        .unwrap();
    assert_eq!((asked.id, asked.division), (id.0, Some(DIVISION)));

    let mut conn = town.app.store.read().await.unwrap();
    let sums = store::telework::sums_by_division(&mut conn, person.body, of, of).await.unwrap();
    assert_eq!(
        sums.iter().map(|(division, sums)| (*division, sums.days)).collect::<Vec<_>>(),
        [(Some(DIVISION), 1)]
    );
}
