//! What loses its ground ends: the open PC session, whichever act took the ground away.

use axum::http::StatusCode;
use pairing::relay::Word;
use people::StaffId;

use super::*;
use crate::testing::PASSWORD;
use kit::Cut;

/// An open session of `staff1`, and browsers that were signed in before it came about.
struct Open {
    office: Office,
    line: Line,
    /// The browser it was opened from.
    browser: Browser,
    meeting: pairing::MeetingId,
    staff: StaffId,
}

impl Open {
    /// Opens it. Whoever is to act signs in first: signing in moves the clock, and a line would
    /// take that for silence.
    async fn with<const N: usize>(logins: [&str; N]) -> (Self, [Browser; N]) {
        let office = Office::new().await;
        let mut actors = Vec::new();
        for login in logins {
            actors.push(office.town.sign_in(login).await);
        }
        let (_, mut line, mut browser, pc) = office.at_work().await;
        browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await.ok();
        let AgentEvent::Meet(meet) = line.event().await else { panic!() };
        let staff = office.town.person(HOME, "staff1").await.id;
        let Ok(actors) = actors.try_into() else { unreachable!("as many as were asked for") };
        (Self { office, line, browser, meeting: meet.meeting, staff }, actors)
    }

    /// The agent is told to end it.
    async fn ends(&mut self) {
        let end = AgentEvent::End(End { meeting: self.meeting, reason: EndReason::Revoked });
        assert_eq!(self.line.event().await, end);
    }

    /// The fields of the staff form, with these roles.
    async fn change(&self, it: &mut Browser, roles: &[&str]) -> StatusCode {
        let mut fields = vec![("login", "staff1"), ("name", "職員 一")];
        fields.extend(roles.iter().map(|role| (*role, "on")));
        it.post(&format!("/admin/staff/{}", self.staff), &fields).await.status
    }
}

#[tokio::test]
async fn taking_the_role_of_staff_ends_the_session_at_the_agent_and_at_every_relay() {
    let (mut open, [mut it]) = Open::with(["it1"]).await;
    let mut words = open.office.town.app.hub.words().subscribe();
    // Another role more, and that one taken again: nothing that the session hangs on.
    assert_eq!(open.change(&mut it, &["role_staff", "role_superior"]).await, StatusCode::SEE_OTHER);
    assert_eq!(open.change(&mut it, &["role_staff"]).await, StatusCode::SEE_OTHER);
    let mut conn = open.office.town.app.store.read().await.unwrap();
    let goes_on =
        store::staff::find(&mut conn, HOME.parse().unwrap(), open.staff).await.unwrap().unwrap();
    drop(conn);
    assert!(goes_on.roles.has(people::Role::Staff) && words.try_recv().is_err());
    assert_eq!(open.change(&mut it, &["role_auditor"]).await, StatusCode::SEE_OTHER);
    open.ends().await;
    let said = tokio::time::timeout(PATIENCE, words.recv())
        .await
        .expect("relays elsewhere hear of it too")
        .unwrap();
    assert_eq!(said, Word::End(open.meeting));
    let mut conn = open.office.town.app.store.read().await.unwrap();
    let of = store::open_sessions::Of::Meetings(&[people::MeetingId(open.meeting.0)]);
    let fallen = super::super::grounds::fallen(
        &*open.office.town.app.ports.openings,
        &mut conn,
        of,
        open.office.town.app.now(),
    )
    .await
    .unwrap();
    assert_eq!(fallen.len(), 1, "a later look finds it too");
}

#[tokio::test]
async fn signing_out_ends_what_was_opened_from_that_sign_in() {
    let (mut open, [_]) = Open::with(["staff1"]).await;
    assert_eq!(open.browser.post("/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    open.ends().await;
}

#[tokio::test]
async fn a_sign_in_that_is_ended_from_elsewhere_takes_its_session_along_and_no_other() {
    let (mut open, [mut first, mut second]) = Open::with(["staff1", "staff1"]).await;
    let mut cuts = open.office.town.app.cuts.subscribe();
    // The one that opened nothing.
    let page = first.get("/account").await.ok().to_owned();
    let ids: Vec<String> = page
        .split("/account/sign-ins/")
        .skip(1)
        .filter_map(|part| part.split_once("/end\""))
        .map(|(id, _)| id.to_owned())
        .collect();
    assert_eq!(ids.len(), 3, "{page}");
    let own = kit::secrets::sha256(second.cookie("__Host-noren").unwrap().as_bytes());
    assert_eq!(
        first
            .post(&format!("/account/sign-ins/{}/end", kit::secrets::hex(&own[..16])), &[])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(cuts.try_recv(), Ok(Cut::SignIn(own)));
    assert_eq!(second.get("/account").await.status, StatusCode::SEE_OTHER);
    open.browser.get("/account").await.ok();
    // The one it was opened from.
    let from = kit::secrets::sha256(open.browser.cookie("__Host-noren").unwrap().as_bytes());
    assert_eq!(
        first
            .post(&format!("/account/sign-ins/{}/end", kit::secrets::hex(&from[..16])), &[])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    open.ends().await;
    first.get("/account").await.ok();
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session() {
    let (mut open, [mut other]) = Open::with(["staff1"]).await;
    assert_eq!(other.post("/account/sign-ins/end", &[]).await.status, StatusCode::SEE_OTHER);
    open.ends().await;
    assert_eq!(open.browser.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_changed_password_ends_the_session_unless_the_person_says_no() {
    let (mut open, [mut other]) = Open::with(["staff1"]).await;
    let mut cuts = open.office.town.app.cuts.subscribe();
    let new = "Lx8-vale-1mbrello";
    let kept = other
        .post(
            "/account/password",
            &[("current", PASSWORD), ("password", new), ("again", new), ("end", "no")],
        )
        .await;
    assert_eq!(kept.location(), "/account?done=password-kept");
    assert!(cuts.try_recv().is_err(), "what the page says is what happens");
    open.browser.get("/account").await.ok();
    let ended = other
        .post("/account/password", &[("current", new), ("password", PASSWORD), ("again", PASSWORD)])
        .await;
    assert_eq!(ended.location(), "/account?done=password");
    open.ends().await;
    assert_eq!(open.browser.get("/account").await.status, StatusCode::SEE_OTHER);
    other.get("/account").await.ok();
}

#[tokio::test]
async fn a_stopped_body_ends_the_session() {
    let (mut open, [mut it]) = Open::with(["it1"]).await;
    assert_eq!(it.post("/admin/body/stop", &[]).await.status, StatusCode::SEE_OTHER);
    open.ends().await;
}

#[tokio::test]
async fn signing_in_again_in_the_same_browser_keeps_what_is_open() {
    let (mut open, [_]) = Open::with(["it1"]).await;
    let app = &open.office.town.app;
    let before = kit::secrets::sha256(open.browser.cookie("__Host-noren").unwrap().as_bytes());
    let after = [7; 32];
    let mut tx = app.write_unattended(HOME.parse().unwrap()).await.unwrap();
    let staff = store::staff::by_id(&mut tx, open.staff).await.unwrap().unwrap();
    let row = store::sign_ins::find(&mut tx, &before).await.unwrap().unwrap();
    store::sign_ins::add(&mut tx, &after, &row).await.unwrap();
    crate::sign_in::ending::replaced(&mut tx, &staff, &before, &after).await.unwrap();
    assert!(store::sign_ins::sessions_from(&mut tx, &before).await.unwrap().is_empty());
    assert_eq!(
        store::sign_ins::sessions_from(&mut tx, &after).await.unwrap(),
        [people::MeetingId(open.meeting.0)]
    );
    tx.keep(()).await.unwrap();
    assert_eq!(
        open.browser.get("/account").await.status,
        StatusCode::SEE_OTHER,
        "the first one's cookie is dead"
    );
    app.cut(Cut::SignIn(after));
    open.ends().await;
}
