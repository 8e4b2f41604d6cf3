//! Signing in: two factors or nothing, one answer for every failure, guessing is slow.

use std::net::{IpAddr, Ipv4Addr};

use audit::Kind;
use axum::http::{StatusCode, header};

use crate::testing::{Browser, HOME, KEY, OTHER, PASSWORD, Reply, Town};
use crate::totp;

async fn attempt(browser: &mut Browser, body: &str, login: &str, password: &str, code: &str) -> Reply {
    browser.get("/sign-in").await;
    browser.post("/sign-in", &[("body", body), ("login", login), ("password", password), ("code", code), ("next", "/")]).await
}

#[tokio::test]
async fn two_factors_make_a_sign_in_and_each_alone_does_not() {
    let town = Town::new().await;
    town.clock.advance(30_000);
    for (password, code) in [(PASSWORD, "000000"), (PASSWORD, ""), ("wrong", town.code().as_str()), ("", town.code().as_str())] {
        let mut browser = town.browser();
        let reply = attempt(&mut browser, HOME, "staff1", password, code).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(browser.cookie("__Host-noren"), None);
    }
    let mut browser = town.browser();
    let reply = attempt(&mut browser, HOME, "Staff1", PASSWORD, &town.code()).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"));
    let cookies: Vec<_> = reply.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with("__Host-noren=")).unwrap();
    for part in ["; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    assert!(browser.get("/").await.ok().contains("私のPC"));
    assert!(town.record(HOME).await.contains(&Kind::SIGNED_IN));
}

#[tokio::test]
async fn a_code_works_once() {
    let town = Town::new().await;
    let mut first = town.sign_in("staff1").await;
    first.get("/").await.ok();
    let reply = attempt(&mut town.browser(), HOME, "staff1", PASSWORD, &town.code()).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn every_failure_looks_the_same() {
    let town = Town::new().await;
    town.clock.advance(30_000);
    let code = town.code();
    let strip = |reply: &Reply, login: &str| {
        let csrf = reply.between("name=\"csrf\" value=\"", "\"").unwrap_or("").to_owned();
        reply.text().replace(&csrf, "").replace(login, "")
    };
    let known = attempt(&mut town.browser(), HOME, "staff1", "wrong-password", &code).await;
    let unknown = attempt(&mut town.browser(), HOME, "nobody1", "wrong-password", &code).await;
    let malformed = attempt(&mut town.browser(), HOME, "n<>", "wrong-password", &code).await;
    assert_eq!(known.status, unknown.status);
    assert_eq!(strip(&known, "staff1"), strip(&unknown, "nobody1"));
    assert_eq!(malformed.status, known.status);
}

#[tokio::test]
async fn guessing_locks_the_account_and_time_opens_it() {
    let town = Town::new().await;
    for n in 0..5 {
        let mut browser = town.browser();
        browser.address = IpAddr::V4(Ipv4Addr::new(198, 51, 100, n));
        assert_eq!(
            attempt(&mut browser, HOME, "staff1", "wrong-password", "000000").await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    assert_eq!(town.record(HOME).await[0], Kind::LOCKED_OUT);
    town.clock.advance(30_000);
    let locked = attempt(&mut town.browser(), HOME, "staff1", PASSWORD, &town.code()).await;
    assert_eq!(locked.status, StatusCode::UNPROCESSABLE_ENTITY, "right, but locked");
    // Trying on does not make it longer.
    town.clock.advance(900_000);
    let mut opened = town.sign_in("staff1").await;
    opened.get("/").await.ok();
}

#[tokio::test]
async fn guessing_is_limited_by_address_and_by_name() {
    let town = Town::new().await;
    let mut browser = town.browser();
    let mut refused = None;
    for n in 0..30 {
        browser.address = IpAddr::V4(Ipv4Addr::new(198, 51, 100, n));
        let reply = attempt(&mut browser, HOME, "nobody1", "wrong-password", "000000").await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(reply.headers.contains_key(header::RETRY_AFTER));
            refused = Some(n);
            break;
        }
    }
    assert_eq!(refused, Some(10), "ten tries on one name, from wherever");
    browser.address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    let mut refused = None;
    for n in 0..100 {
        let reply = attempt(&mut browser, HOME, &format!("nobody-{n}"), "wrong-password", "000000").await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(n);
            break;
        }
    }
    assert_eq!(refused, Some(60), "sixty tries from one address, on whatever names");
}

#[tokio::test]
async fn a_planted_cookie_is_worth_nothing_and_the_value_changes_at_sign_in() {
    let town = Town::new().await;
    let mut browser = town.browser();
    browser.plant("__Host-noren", "cGxhbnRlZC1ieS1zb21lYm9keS1lbHNlLXBsYW50ZWQ");
    assert_eq!(browser.get("/admin/staff").await.status, StatusCode::SEE_OTHER);
    let first = town.sign_in("it1").await.cookie("__Host-noren").unwrap().to_owned();
    let second = town.sign_in("it1").await.cookie("__Host-noren").unwrap().to_owned();
    assert_ne!(first, second);
    // The store knows hashes only.
    let bytes = std::fs::read(town.folder.path().join("noren.sqlite-wal")).unwrap();
    assert!(!bytes.windows(first.len()).any(|window| window == first.as_bytes()));
    let key = totp::from_base32(KEY).unwrap();
    assert!(!bytes.windows(key.len()).any(|window| window == key), "one-time code keys are sealed");
}

#[tokio::test]
async fn a_sign_in_ends_by_idling_by_age_and_by_leaving() {
    let town = Town::new().await;
    let mut idle = town.sign_in("staff1").await;
    town.clock.advance(3_599_000);
    idle.get("/").await.ok();
    town.clock.advance(3_600_000);
    assert_eq!(idle.get("/account").await.status, StatusCode::SEE_OTHER);

    let mut old = town.sign_in("staff1").await;
    for _ in 0..23 {
        town.clock.advance(1_800_000);
        old.get("/account").await.ok();
    }
    town.clock.advance(1_800_000);
    assert_eq!(old.get("/account").await.status, StatusCode::SEE_OTHER, "twelve hours are over");

    let mut left = town.sign_in("staff1").await;
    let kept = left.cookie("__Host-noren").unwrap().to_owned();
    assert_eq!(left.post("/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    left.plant("__Host-noren", &kept);
    assert_eq!(left.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_token_of_one_sign_in_is_not_that_of_another() {
    let town = Town::new().await;
    let it = town.sign_in("it1").await;
    let mut hr = town.sign_in("hr1").await;
    hr.csrf = it.csrf.clone();
    assert_eq!(hr.post("/sign-out", &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_way_back_stays_on_this_server() {
    let town = Town::new().await;
    town.clock.advance(30_000);
    let mut browser = town.browser();
    browser.get("/sign-in?next=//evil.example").await;
    let fields =
        [("body", HOME), ("login", "staff1"), ("password", PASSWORD), ("code", &town.code()), ("next", "//evil.example")];
    assert_eq!(browser.post("/sign-in", &fields).await.location(), "/");
}

#[tokio::test]
async fn the_same_name_in_another_body_is_another_person() {
    let town = Town::new().await;
    let mut other = town.sign_in_to(OTHER, "it1").await;
    assert!(other.get("/account").await.ok().contains("千代田区"));
    assert_eq!(other.get("/admin/bodies").await.status, StatusCode::NOT_FOUND, "IT of a body is no operator");
}

#[tokio::test]
async fn oversized_forms_are_refused() {
    let town = Town::new().await;
    let mut browser = town.browser();
    browser.get("/sign-in").await;
    let long = "x".repeat(300_000);
    let reply = browser.post("/sign-in", &[("body", HOME), ("login", &long), ("password", "x"), ("code", "1")]).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_kill() {
    let town = Town::new().await;
    let mut browser = town.sign_in("staff1").await;
    browser.get("/").await.ok();
    let cookie = browser.cookie("__Host-noren").unwrap().to_owned();
    let town = town.reopened().await;
    let mut again = town.browser();
    again.plant("__Host-noren", &cookie);
    again.get("/account").await.ok();
    let code = town.code();
    let reply = attempt(&mut town.browser(), HOME, "staff1", PASSWORD, &code).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "a used code stays used");
}
