//! One's own sign-ins: listed, ended, and what a suspension takes is not given back by its end.

use audit::Kind;
use axum::http::StatusCode;
use people::StaffState;

use crate::testing::{Browser, HOME, PASSWORD, Town};
use crate::testing::{call, token};
use kit::http::Method;
use kit::http::Scope;
use kit::secrets::{hex, sha256};

fn id(browser: &Browser) -> String {
    hex(&sha256(browser.cookie("__Host-noren").unwrap().as_bytes())[..16])
}

#[tokio::test]
async fn ones_own_sign_ins_are_listed_and_ended_one_by_one_or_all() {
    let town = Town::new().await;
    let mut first = town.sign_in("staff1").await;
    let mut second = town.sign_in("staff1").await;
    let stranger = town.sign_in("superior1").await;
    let page = first.get("/account").await.ok().to_owned();
    assert_eq!(page.matches("終了<span").count(), 2, "only one's own: {page}");
    assert_eq!(page.matches("この端末<").count(), 1);
    assert!(
        page.contains("192.0.2.1")
            && page.contains("不明なブラウザ")
            && !page.contains(&id(&stranger))
    );
    // Somebody else's is not there.
    let foreign = format!("/account/sign-ins/{}/end", id(&stranger));
    assert_eq!(first.post(&foreign, &[]).await.status, StatusCode::NOT_FOUND);
    let ended = first.post(&format!("/account/sign-ins/{}/end", id(&second)), &[]).await;
    assert_eq!(ended.location(), "/account?done=sign-in-ended");
    assert_eq!(second.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(town.record(HOME).await[0], Kind::SIGN_IN_ENDED);
    // The own one: signed out here.
    let own = first.post(&format!("/account/sign-ins/{}/end", id(&first)), &[]).await;
    assert_eq!((own.location(), first.cookie("__Host-noren")), ("/sign-in?done=signed-out", None));

    let mut third = town.sign_in("staff1").await;
    let mut fourth = town.sign_in("staff1").await;
    let all = third.post("/account/sign-ins/end", &[]).await;
    assert_eq!(all.location(), "/sign-in?done=signed-out-everywhere");
    for browser in [&mut third, &mut fourth] {
        assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(town.record(HOME).await[0], Kind::SIGN_INS_ENDED);
}

#[tokio::test]
async fn a_sign_in_that_idled_out_is_not_listed() {
    let town = Town::new().await;
    let _idle = town.sign_in("staff1").await;
    town.clock.advance(3_600_000);
    let mut now = town.sign_in("staff1").await;
    assert_eq!(now.get("/account").await.ok().matches("終了<span").count(), 1);
}

#[tokio::test]
async fn a_second_sign_in_in_the_same_browser_ends_the_first() {
    let town = Town::new().await;
    let mut browser = town.sign_in("staff1").await;
    let mut old = browser.clone();
    for login in ["staff1", "superior1"] {
        town.clock.advance(30_000);
        old.get("/account").await.ok();
        let code = town.code();
        let fields = [
            ("body", HOME),
            ("login", login),
            ("password", PASSWORD),
            ("code", code.as_str()),
            ("next", "/"),
        ];
        assert_eq!(browser.post("/sign-in", &fields).await.status, StatusCode::SEE_OTHER);
        assert_eq!(
            old.get("/account").await.status,
            StatusCode::SEE_OTHER,
            "the first one's cookie after {login}"
        );
        browser.get("/account").await.ok();
        let kinds = town.record(HOME).await;
        assert_eq!(
            kinds[..2]
                .iter()
                .filter(|kind| [Kind::SIGNED_IN, Kind::SIGNED_OUT].contains(kind))
                .count(),
            2
        );
        old = browser.clone();
    }
}

#[tokio::test]
async fn a_resumption_wakes_no_sign_in_and_no_token_of_before() {
    let town = Town::new().await;
    let mut person = town.sign_in("staff1").await;
    // An address of her calendar, too: who has it is asked for nothing else.
    person.get("/telework/feeds").await.ok();
    let made = person.post("/telework/feeds", &[("division", "")]).await;
    let feed = format!("/calendar/{}.ics", made.between("/calendar/", ".ics").unwrap());
    let mut calendar = town.browser();
    assert_eq!(calendar.get(&feed).await.status, StatusCode::OK);
    let staff = town.person(HOME, "staff1").await;
    let secret = token(&town, staff.id, HOME, &[Scope::TeleworkRead]).await;
    let mut program = town.browser();
    let own = async |program: &mut Browser| {
        call(program, Method::Get, "/api/v1/token", Some(&secret), None).await.status
    };
    assert_ne!(own(&mut program).await, StatusCode::UNAUTHORIZED);
    let mut it = town.sign_in("it1").await;
    assert_eq!(
        it.post(&format!("/admin/staff/{}/suspend", staff.id), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(town.record(HOME).await.contains(&Kind::API_TOKEN_REVOKED));
    // A sign-in that came to be beside the suspension, by whatever way.
    let hash = sha256(person.cookie("__Host-noren").unwrap().as_bytes());
    let now = town.app.now();
    let row = store::sign_ins::SignIn {
        staff: staff.id,
        created: now,
        seen: now,
        factor: "passkey".into(),
        proved: now,
        address: String::new(),
        browser: String::new(),
    };
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    store::sign_ins::add(&mut tx, &hash, &row).await.unwrap();
    tx.keep(()).await.unwrap();
    assert_eq!(
        it.post(&format!("/admin/staff/{}/resume", staff.id), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Active);
    assert_eq!(person.get("/account").await.status, StatusCode::SEE_OTHER);
    town.clock.advance(60_000);
    assert_eq!(own(&mut program).await, StatusCode::UNAUTHORIZED);
    assert_eq!(calendar.get(&feed).await.status, StatusCode::NOT_FOUND);
    assert!(town.record(HOME).await.contains(&Kind::FEED_REVOKED));
}
