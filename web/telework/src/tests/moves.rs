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
async fn who_moves_takes_undecided_days_along_and_leaves_closed_months_where_they_were() {
    let town = town().await;
    rules(&town, &[]).await;
    let mut person = town.person(HOME, "staff1").await;
    let of = last_month(&town);
    order(&town, &person, some_day(of), Form::Home, hours()).await;
    let mut hr = town.sign_in("hr1").await;
    let closed = hr.post("/admin/telework/close", &[("month", &month::key(of)), ("why", "検証")]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text());
    let mut staff = town.sign_in("staff1").await;
    register(&mut staff).await;
    ask(&mut staff, today(&town).tomorrow().unwrap()).await;

    let leader = town.person(HOME, "all1").await;
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    let name = "課200".parse().unwrap();
    let other =
        Division { id: OTHER_DIVISION, body: person.body, code: "200".into(), name, superior: Some(leader.id), deputy: None };
    assert!(store::divisions::change(&mut tx, &other).await.unwrap());
    person.division = Some(OTHER_DIVISION);
    assert!(store::staff::change(&mut tx, &person).await.unwrap());
    tx.keep(()).await.unwrap();

    let row = requests(&town).await.pop().unwrap();
    let fields = [("pick", pick(&row)), ("act", "approve".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut before = town.sign_in("superior1").await;
    assert!(!before.get("/telework/approvals").await.ok().contains("職員 staff1"));
    assert_eq!(before.post("/telework/approvals", &fields).await.status, StatusCode::NOT_FOUND);
    let mut now = town.sign_in("all1").await;
    assert!(now.get("/telework/approvals").await.ok().contains("職員 staff1"));
    assert_eq!(now.post("/telework/approvals", &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(requests(&town).await.pop().unwrap().request.state, State::Approved);

    let mut conn = town.app.store.read().await.unwrap();
    let sums = store::telework::sums_by_division(&mut conn, person.body, of, of).await.unwrap();
    assert_eq!(sums.iter().map(|(division, sums)| (*division, sums.days)).collect::<Vec<_>>(), [(Some(DIVISION), 1)]);
}
