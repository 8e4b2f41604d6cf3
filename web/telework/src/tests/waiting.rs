//! A superior before whom more waits than one page holds.

use axum::http::StatusCode;
use jiff::Span;
use jiff::civil::Date;
use store::telework::RequestRow;
use telework::request::{Request, State, Step};
use telework::rules::{Form, Rules, Unit};

use super::super::moment;
use super::{DIVISION, pick, requests, rules, today, town};
use crate::testing::{HOME, Town};

const MANY: u16 = 312;

/// Requests of `staff1` for as many days in a row, as a whole division would hand in.
async fn many(town: &Town) -> Date {
    let person = town.person(HOME, "staff1").await;
    let first = today(town).checked_add(Span::new().days(10)).unwrap();
    let at = moment(town.app.now());
    let step = Step {
        state: State::Requested,
        by: Some(person.id),
        deputy_for: None,
        at,
        why: String::new(),
    };
    let rows: Vec<RequestRow> = (0..MANY)
        .map(|n| {
            let mut id = [0xaa; 16];
            id[..2].copy_from_slice(&n.to_be_bytes());
            let day = first.checked_add(Span::new().days(i64::from(n))).unwrap();
            let request = Request {
                staff: person.id,
                day,
                form: if n % 50 == 7 { Form::Satellite } else { Form::Home },
                unit: Unit::Day,
                hours: Rules::default().hours,
                place: String::new(),
                works: Vec::new(),
                note: String::new(),
                proxy: None,
                state: State::Requested,
                history: vec![step.clone()],
            };
            RequestRow { id, staff: person.id, division: Some(DIVISION), request }
        })
        .collect();
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    store::telework::add_requests(&mut tx, person.body, &rows).await.unwrap();
    tx.keep(()).await.unwrap();
    first
}

fn picks(page: &str) -> Vec<String> {
    page.split("name=\"pick\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_waits_is_paged_searched_and_decided_by_the_hundred() {
    let town = town().await;
    rules(&town, &[]).await;
    let first = many(&town).await;
    let mut superior = town.sign_in("superior1").await;
    let page = superior.get("/telework/approvals").await.ok().to_owned();
    assert!(page.contains("承認待ち 312件"));
    assert_eq!(picks(&page).len(), 100);
    let last = superior.get("/telework/approvals?page=4").await.ok().to_owned();
    assert_eq!(picks(&last).len(), 12);
    assert_eq!(
        picks(superior.get("/telework/approvals?page=99").await.ok()).len(),
        12,
        "past the end is the end"
    );
    assert_eq!(picks(superior.get(&format!("/telework/approvals?q={first}")).await.ok()).len(), 1);
    let satellites = superior.get("/telework/approvals?q=サテライト").await.ok().to_owned();
    assert_eq!(picks(&satellites).len(), 7);
    assert!(
        superior
            .get("/telework/approvals?q=どこにもない")
            .await
            .ok()
            .contains("見つかりませんでした")
    );

    // Of the hundred that are approved at once, she took one back meanwhile: it is named, the
    // others are approved, and the page stays.
    let chosen = picks(&page);
    let mut staff = town.sign_in("staff1").await;
    let id = chosen[3].split('.').next().unwrap().to_owned();
    let back = staff.post(&format!("/telework/requests/{id}/cancel"), &[("seen", "1")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
    let mut fields: Vec<(&str, &str)> = chosen.iter().map(|one| ("pick", one.as_str())).collect();
    fields.extend([("act", "approve"), ("q", ""), ("page", "1")]);
    let reply = superior.post("/telework/approvals", &fields).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.text().contains("承認待ち 212件"), "{}", reply.text());
    assert_eq!(picks(reply.text()).len(), 100);
    let count = async |state| {
        let all = requests_of(&town, first).await;
        all.iter().filter(|row| row.request.state == state).count()
    };
    assert_eq!((count(State::Approved).await, count(State::Cancelled).await), (99, 1));

    // What a search found is returned, and the way back leads to the same search.
    let found = picks(superior.get("/telework/approvals?q=サテライト").await.ok());
    let mut fields: Vec<(&str, &str)> = found.iter().map(|one| ("pick", one.as_str())).collect();
    fields.extend([
        ("act", "return"),
        ("why", "自宅でお願いします"),
        ("q", "サテライト"),
        ("page", "1"),
    ]);
    let reply = superior.post("/telework/approvals", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    assert!(
        reply.location().starts_with("/telework/approvals?q=%E3%82%B5")
            && reply.location().contains("&page=1&done=")
    );
    assert_eq!(count(State::Returned).await, found.len());

    // More than a page can hold is no press of a button: nothing is done.
    let mut fields: Vec<(&str, &str)> = vec![("act", "approve")];
    let one = pick(
        &requests(&town)
            .await
            .into_iter()
            .find(|row| row.request.state == State::Requested)
            .unwrap(),
    );
    fields.extend(std::iter::repeat_n(("pick", one.as_str()), 501));
    assert_eq!(superior.post("/telework/approvals", &fields).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(count(State::Approved).await, 99);
}

async fn requests_of(town: &Town, first: Date) -> Vec<RequestRow> {
    let staff = town.person(HOME, "staff1").await;
    let mut conn = town.app.store.read().await.unwrap();
    let last = first.checked_add(Span::new().days(400)).unwrap();
    store::telework::requests_of(&mut conn, staff.body, staff.id, first, last).await.unwrap()
}
