//! A request is decided when it is done, not when it began: what a cut finds under way, with its
//! body still to come, is not done.

use std::future::Future;

use axum::http::{Request, StatusCode, header};
use people::{Roles, Staff, StaffState};
use store::AuditFilter;

use crate::testing::token;
use crate::testing::{HOME, ORIGIN, PASSWORD, Reply, Town, late};
use kit::http::Scope;

/// What takes the ground of `all1` away while her request is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cut {
    Suspended,
    SignedOut,
    RoleTaken,
    BodyStopped,
    Aged,
}

async fn cut(town: &Town, cut: Cut, staff: &Staff) -> impl Future<Output = ()> + Send + 'static {
    let (app, clock, staff) = (town.app.clone(), town.clock.clone(), staff.clone());
    async move {
        let mut tx = app.write_unattended(staff.body).await.unwrap();
        match cut {
            Cut::Suspended => {
                _ = store::staff::put_state(&mut tx, staff.body, staff.id, StaffState::Suspended)
                    .await
                    .unwrap()
            }
            Cut::SignedOut => _ = store::sign_ins::remove_all(&mut tx, staff.id).await.unwrap(),
            Cut::RoleTaken => {
                let less = Staff { roles: Roles::of(&[people::Role::Staff]), ..staff.clone() };
                assert!(store::staff::change(&mut tx, &less).await.unwrap());
            }
            Cut::BodyStopped => {
                _ = store::bodies::suspend(&mut tx, staff.body, true).await.unwrap()
            }
            Cut::Aged => clock.advance(13 * 3_600_000),
        }
        tx.keep(()).await.unwrap();
    }
}

async fn acts_of(town: &Town, who: &str) -> usize {
    let mut conn = town.app.store.read().await.unwrap();
    let chain = audit::Chain::new(HOME).unwrap();
    let records = store::audit_page(&mut conn, chain, &AuditFilter::default(), 500).await.unwrap();
    let of = |record: &&audit::Record| match &record.who {
        audit::Who::Person { login, .. } => login == who,
        audit::Who::Api { name, .. } => name.contains(who),
        _ => false,
    };
    records.iter().filter(of).count()
}

async fn send_late(
    town: &Town,
    login: &str,
    path: &str,
    fields: &[(&str, &str)],
    how: Option<Cut>,
) -> (Reply, usize) {
    let mut browser = town.sign_in(login).await;
    let staff = town.person(HOME, login).await;
    let before = acts_of(town, login).await;
    let mut all = vec![("csrf", browser.csrf.as_str())];
    all.extend_from_slice(fields);
    let text = serde_urlencoded::to_string(&all).unwrap();
    let body = match how {
        Some(how) => late(text, cut(town, how, &staff).await),
        None => late(text, async {}),
    };
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, ORIGIN)
        .body(body)
        .unwrap();
    let reply = browser.send(request).await;
    (reply, acts_of(town, login).await - before)
}

#[tokio::test]
async fn what_was_under_way_when_its_ground_was_cut_is_not_done() {
    let acts: [(&str, &[(&str, &str)]); 3] = [
        ("/admin/divisions", &[("code", "777"), ("name", "後の課")]),
        (
            "/admin/staff",
            &[("login", "shadow.it"), ("name", "影 一"), ("role_staff", "on"), ("role_it", "on")],
        ),
        (
            "/account/password",
            &[
                ("current", PASSWORD),
                ("password", "N3w-vale-0mbrello"),
                ("again", "N3w-vale-0mbrello"),
            ],
        ),
    ];
    for (path, fields) in acts {
        let town = Town::new().await;
        let (reply, done) = send_late(&town, "all1", path, fields, None).await;
        assert!(
            reply.status != StatusCode::UNAUTHORIZED && done > 0,
            "{path}: {} {}",
            reply.status,
            reply.text()
        );
        for how in [Cut::Suspended, Cut::SignedOut, Cut::RoleTaken, Cut::BodyStopped, Cut::Aged] {
            // Her own credentials are hers with every role, and IT puts things right while its body
            // is stopped.
            let own =
                path.starts_with("/account") && matches!(how, Cut::RoleTaken | Cut::BodyStopped);
            let it = matches!(how, Cut::BodyStopped);
            if own || it {
                continue;
            }
            let town = Town::new().await;
            let (reply, done) = send_late(&town, "all1", path, fields, Some(how)).await;
            assert!(
                reply.status.is_client_error(),
                "{path} {how:?}: {} {}",
                reply.status,
                reply.text()
            );
            assert_eq!(done, 0, "{path} {how:?}");
        }
    }
}

#[tokio::test]
async fn a_stopped_body_does_nothing_that_was_under_way() {
    let town = Town::new().await;
    // Not the IT of the body: HR, whose right goes with the body.
    let (reply, done) = send_late(
        &town,
        "hr1",
        "/admin/divisions",
        &[("code", "777"), ("name", "後の課")],
        Some(Cut::BodyStopped),
    )
    .await;
    assert!(reply.status.is_client_error(), "{} {}", reply.status, reply.text());
    assert_eq!(done, 0);
}

#[tokio::test]
async fn a_token_that_was_revoked_under_way_does_nothing() {
    for how in ["revoked", "suspended", "nothing"] {
        let town = Town::new().await;
        let staff = town.person(HOME, "all1").await;
        let secret = token(&town, staff.id, HOME, &Scope::ALL).await;
        let before = acts_of(&town, "all1").await;
        let app = town.app.clone();
        let meanwhile = async move {
            let mut tx = app.write_unattended(staff.body).await.unwrap();
            match how {
                "revoked" => {
                    for token in store::tokens::all(&mut tx, staff.body).await.unwrap() {
                        store::tokens::revoke(&mut tx, staff.body, token.id, app.now())
                            .await
                            .unwrap();
                    }
                }
                "suspended" => {
                    _ = store::staff::put_state(
                        &mut tx,
                        staff.body,
                        staff.id,
                        StaffState::Suspended,
                    )
                    .await
                    .unwrap()
                }
                _ => {}
            }
            tx.keep(()).await.unwrap();
        };
        let month = serde_json::json!({ "why": "締め" }).to_string();
        let request = Request::post("/api/v1/telework/months/2026-08/close")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {secret}"))
            .body(late(month, meanwhile))
            .unwrap();
        let reply = town.browser().send(request).await;
        let done = acts_of(&town, "all1").await - before;
        if how == "nothing" {
            assert_eq!((reply.status, done), (StatusCode::OK, 1), "{}", reply.text());
        } else {
            assert_eq!(
                (reply.status, done),
                (StatusCode::UNAUTHORIZED, 0),
                "{how}: {}",
                reply.text()
            );
        }
    }
}

/// The same for what is only shown: a form that is refused comes back with what stands there, and
/// some calls only answer.
#[tokio::test]
async fn what_was_under_way_when_its_ground_was_cut_shows_nothing() {
    for how in [None, Some(Cut::Suspended), Some(Cut::SignedOut), Some(Cut::RoleTaken)] {
        shows(how, "/admin/divisions").await;
        // A token is no sign-in, and goes on without one.
        if how != Some(Cut::SignedOut) {
            shows(how, "/api/v1/exchange/forms/check").await;
        }
    }
}

/// Sends what is refused, with its body held back for five seconds in which this is cut.
async fn shows(how: Option<Cut>, path: &str) {
    const NAME: &str = "秘密の課";
    let town = Town::new().await;
    let mut hr = town.sign_in("hr1").await;
    let made = hr.post("/admin/divisions", &[("code", "700"), ("name", NAME)]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());

    let staff = town.person(HOME, "all1").await;
    let cut: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = match how {
        Some(how) => Box::pin(cut(&town, how, &staff).await),
        None => Box::pin(async {}),
    };
    let clock = town.clock.clone();
    let meanwhile = async move {
        cut.await;
        clock.advance(5_000);
    };
    let request = Request::post(path);
    let (mut browser, request) = if path.starts_with("/api/") {
        let secret = token(&town, staff.id, HOME, &Scope::ALL).await;
        let request = request
            .header(header::CONTENT_TYPE, "application/toml")
            .header(header::AUTHORIZATION, format!("Bearer {secret}"));
        (town.browser(), request.body(late("no form".to_owned(), meanwhile)))
    } else {
        let browser = town.sign_in("all1").await;
        let form = serde_urlencoded::to_string([("csrf", &browser.csrf)]).unwrap();
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, ORIGIN);
        (browser, request.body(late(form, meanwhile)))
    };
    let reply = browser.send(request.unwrap()).await;
    let refused = [StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND].contains(&reply.status);
    assert_eq!(refused, how.is_some(), "{path} {how:?}: {} {}", reply.status, reply.text());
    assert!(how.is_none() || !reply.text().contains(NAME), "{path} {how:?}: {}", reply.text());
}
