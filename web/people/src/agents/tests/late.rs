//! What is under way at the agents' door when its ground is cut.

use std::future::Future;

use axum::body::Body;
use axum::http::{Request, header};

use super::*;
use crate::testing::late;

/// A request of this browser whose body comes when something else has happened.
fn late_json(
    browser: &Browser,
    path: &str,
    value: &Value,
    meanwhile: impl Future<Output = ()> + Send + 'static,
) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ORIGIN, ORIGIN)
        .header("x-noren-csrf", &browser.csrf)
        .body(late(value.to_string(), meanwhile))
        .unwrap()
}

#[tokio::test]
async fn an_opening_that_was_under_way_when_its_person_was_stopped_opens_nothing() {
    let office = Office::new().await;
    let (_, _line, mut browser, pc) = office.at_work().await;
    let asked = json!({ "target": pc, "device": device() });
    let staff = office.town.person(HOME, "staff1").await;
    let (app, id, body) = (office.town.app.clone(), staff.id, staff.body);
    let stop = async move {
        let mut tx = app.write_unattended(body).await.unwrap();
        store::staff::put_state(&mut tx, body, id, people::StaffState::Suspended).await.unwrap();
        tx.keep(()).await.unwrap();
    };
    let request = late_json(&browser, "/api/sessions", &asked, stop);
    assert_eq!(browser.send(request).await.status, StatusCode::UNAUTHORIZED);
    let mut conn = office.town.app.store.read().await.unwrap();
    assert_eq!(store::sessions::between(&mut conn, staff.body, 0, i64::MAX, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_session_has_the_rules_of_the_moment_it_is_granted_at() {
    let office = Office::new().await;
    let (_, mut line, mut browser, pc) = office.at_work().await;
    let asked = json!({ "target": pc, "device": device() });
    let staff = office.town.person(HOME, "staff1").await;
    let (app, body) = (office.town.app.clone(), staff.body);
    let tighten = async move {
        let mut tx = app.write_unattended(body).await.unwrap();
        let rules = people::SessionPolicy {
            idle_seconds: 61,
            longest_seconds: 900,
            ..people::SessionPolicy::default()
        };
        store::bodies::put_session_policy(&mut tx, body, &rules).await.unwrap();
        tx.keep(()).await.unwrap();
    };
    let request = late_json(&browser, "/api/sessions", &asked, tighten);
    let answer = json(&browser.send(request).await);
    let span = |key: &str| answer[key].as_i64().unwrap();
    assert!(span("not_after") - span("now") <= 900_000, "{answer}");
    let AgentEvent::Meet(Meet { kind: MeetKind::Session { grant }, .. }) = line.event().await
    else {
        panic!()
    };
    let key = super::super::meetings::server_key(&office.town.app).public();
    let grant = pairing::Grant::verify(&grant, &key).unwrap();
    assert_eq!(grant.policy.idle, 61);
}

#[tokio::test]
async fn of_many_openings_beside_a_suspension_none_is_granted_after_it() {
    let office = Office::new().await;
    let (_, _line, browser, pc) = office.at_work().await;
    let it = office.town.sign_in("it1").await;
    let staff = office.town.person(HOME, "staff1").await;
    let mut all = tokio::task::JoinSet::new();
    for number in 0..25 {
        let (mut browser, mut it, pc) = (browser.clone(), it.clone(), pc.clone());
        let path = format!("/admin/staff/{}/suspend", staff.id);
        all.spawn(async move {
            if number == 8 {
                it.post(&path, &[]).await;
            } else {
                browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
            }
        });
    }
    all.join_all().await;
    let mut conn = office.town.app.store.read().await.unwrap();
    let chain = staff.body.chain();
    let records =
        store::audit_page(&mut conn, chain, &store::AuditFilter::default(), 200).await.unwrap();
    let stopped =
        records.iter().find(|record| record.kind == audit::Kind::STAFF_SUSPENDED).unwrap().seq;
    let granted = |record: &&audit::Record| {
        record.kind == audit::Kind::SESSION_REQUESTED && record.seq > stopped
    };
    assert_eq!(records.iter().filter(granted).count(), 0);
}

#[tokio::test]
async fn an_agent_that_was_revoked_offers_and_pairs_nothing_more() {
    let office = Office::new().await;
    // First, because it moves the clock on.
    office.town.sign_in("staff1").await;
    let agent = office.enrol().await;
    let mut line = office.connect(&agent).await;
    let staff = office.town.person(HOME, "staff1").await;
    let id = people::AgentId(agent.answer.agent.0);
    let mut tx = office.town.app.write_unattended(staff.body).await.unwrap();
    store::agents::revoke(&mut tx, staff.body, id, office.town.app.now()).await.unwrap();
    tx.keep(()).await.unwrap();
    // Its line is still there: nobody has told it yet.
    let mut outbox = Outbox::new(&mut SystemRng::new());
    outbox.push(paired(UserId(staff.id.0))).unwrap();
    line.report(&outbox).await;
    let mut conn = office.town.app.store.read().await.unwrap();
    assert_eq!(store::devices::of_staff(&mut conn, staff.body, staff.id).await.unwrap(), []);
    assert!(office.town.record(HOME).await.contains(&audit::Kind::PAIRING_FAILED));
}

#[tokio::test]
async fn what_an_officer_issued_for_an_agent_lets_none_in_when_she_may_not() {
    let office = Office::new().await;
    let town = &office.town;
    let plain = town.person(HOME, "staff1").await;
    let roles = async |roles: &[people::Role]| {
        let mut tx = town.app.write_unattended(plain.body).await.unwrap();
        let now = people::Staff { roles: people::Roles::of(roles), ..plain.clone() };
        store::staff::change(&mut tx, &now).await.unwrap();
        tx.keep(()).await.unwrap();
    };
    let officer = [people::Role::Staff, people::Role::It];
    roles(&officer).await;
    let issued = async || {
        let actor = town.actor(HOME, "staff1").await;
        let permit = actor.permit(Deed::ManageAgents, Resource::body(actor.body)).unwrap();
        acts::issue_token(&town.app, &permit, "分庁舎").await.unwrap()
    };
    let key = SigningKey::random(&mut SystemRng::new());
    let enrolled = async |token: &str| office.ask_to_enrol(token, &key).await.0;

    // Without the role it waits for her to have it again.
    let token = issued().await;
    roles(&[people::Role::Staff]).await;
    assert_eq!(enrolled(&token).await, 403);
    roles(&officer).await;
    assert_eq!(enrolled(&token).await, 200);

    // A suspension ends it for good, on record, and a resumption does not wake it.
    let token = issued().await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/staff").await.ok();
    it.post(&format!("/admin/staff/{}/suspend", plain.id), &[]).await;
    assert!(town.record(HOME).await.contains(&audit::Kind::ENROLMENT_WITHDRAWN));
    assert_eq!(enrolled(&token).await, 403);
    it.post(&format!("/admin/staff/{}/resume", plain.id), &[]).await;
    assert_eq!(enrolled(&token).await, 403);
}
