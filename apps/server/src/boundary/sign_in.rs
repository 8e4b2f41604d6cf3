//! Signing in: two factors or nothing, one answer for every failure, guessing is slow.

use std::net::{IpAddr, Ipv4Addr};

use audit::Kind;
use axum::http::{StatusCode, header};

use crate::testing::{Browser, HOME, KEY, OTHER, PASSWORD, Reply, Town};
use web_people::factors::totp;

async fn attempt(
    browser: &mut Browser,
    body: &str,
    login: &str,
    password: &str,
    code: &str,
) -> Reply {
    browser.get("/sign-in").await;
    browser
        .post(
            "/sign-in",
            &[
                ("body", body),
                ("login", login),
                ("password", password),
                ("code", code),
                ("next", "/"),
            ],
        )
        .await
}

#[tokio::test]
async fn two_factors_make_a_sign_in_and_each_alone_does_not() {
    let town = Town::new().await;
    town.clock.advance(30_000);
    for (password, code) in [
        (PASSWORD, "000000"),
        (PASSWORD, ""),
        ("wrong", town.code().as_str()),
        ("", town.code().as_str()),
    ] {
        let mut browser = town.browser();
        let reply = attempt(&mut browser, HOME, "staff1", password, code).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(browser.cookie("__Host-noren"), None);
    }
    let mut browser = town.browser();
    let reply = attempt(&mut browser, HOME, "Staff1", PASSWORD, &town.code()).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"));
    let cookies: Vec<_> = reply
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
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

fn from(n: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, n))
}

/// Guesses at a name from an address, in a browser of its own each time.
async fn guess(town: &Town, login: &str, address: IpAddr) -> StatusCode {
    let mut browser = town.browser();
    browser.address = address;
    attempt(&mut browser, HOME, login, "wrong-password", "000000").await.status
}

/// The right password and the code of this moment, from an address.
async fn right(town: &Town, browser: Browser, address: IpAddr) -> StatusCode {
    town.clock.advance(30_000);
    right_now(town, browser, address).await
}

async fn right_now(town: &Town, mut browser: Browser, address: IpAddr) -> StatusCode {
    browser.address = address;
    attempt(&mut browser, HOME, "staff1", PASSWORD, &town.code()).await.status
}

#[tokio::test]
async fn guessing_locks_who_guesses_out_and_time_opens_it() {
    let town = Town::new().await;
    for _ in 0..5 {
        assert_eq!(guess(&town, "staff1", from(1)).await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(town.record(HOME).await[0], Kind::LOCKED_OUT);
    assert_eq!(
        right(&town, town.browser(), from(1)).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "right, but locked"
    );
    // Trying on does not make it longer.
    town.clock.advance(900_000);
    assert_eq!(right(&town, town.browser(), from(1)).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_stranger_cannot_keep_the_owner_of_a_name_out() {
    let town = Town::new().await;
    // Once every twenty seconds, for as long as it pleases, from one address.
    for _ in 0..30 {
        guess(&town, "staff1", from(1)).await;
        town.clock.advance(20_500);
    }
    assert_eq!(right(&town, town.browser(), from(2)).await, StatusCode::SEE_OTHER);
    // From everywhere, until nobody may try this name any more: a browser in which its owner signed
    // in before is not among them.
    let known = town.sign_in("staff1").await;
    town.clock.advance(30_000);
    for n in 0..40 {
        guess(&town, "staff1", from(10 + n)).await;
    }
    assert_eq!(right_now(&town, town.browser(), from(3)).await, StatusCode::TOO_MANY_REQUESTS);
    let mut at_home = town.browser();
    at_home.plant("__Host-noren-known", known.cookie("__Host-noren-known").unwrap());
    assert_eq!(right_now(&town, at_home.clone(), from(3)).await, StatusCode::SEE_OTHER);
    // It is known for her and nobody else.
    town.clock.advance(30_000);
    at_home.address = from(80);
    for _ in 0..10 {
        attempt(&mut at_home, HOME, "nobody1", "wrong-password", "000000").await;
    }
    assert_eq!(
        attempt(&mut at_home, HOME, "nobody1", "wrong-password", "000000").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn a_browser_that_is_known_is_held_to_its_own_failures() {
    let town = Town::new().await;
    let mut known = town.browser();
    known.plant(
        "__Host-noren-known",
        town.sign_in("staff1").await.cookie("__Host-noren-known").unwrap(),
    );
    for _ in 0..5 {
        assert_eq!(
            attempt(&mut known, HOME, "staff1", "wrong-password", "000000").await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    assert_eq!(
        right(&town, known, from(1)).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "right, but locked"
    );
    assert_eq!(
        right(&town, town.browser(), from(1)).await,
        StatusCode::SEE_OTHER,
        "and nobody else is"
    );
}

#[tokio::test]
async fn a_known_browser_is_a_strangers_after_a_reset_a_new_slip_and_signing_out_everywhere() {
    let town = Town::new().await;
    let known = async |login: &str| {
        let browser = town.sign_in(login).await;
        (browser.cookie("__Host-noren-known").unwrap().to_owned(), browser)
    };
    // Whether it is counted apart while strangers use up the tries on the name.
    let apart = async |login: &str, cookie: &str| {
        for n in 0..40 {
            guess(&town, login, from(n)).await;
        }
        let mut browser = town.browser();
        browser.plant("__Host-noren-known", cookie);
        let reply = attempt(&mut browser, HOME, login, "wrong-password", "000000").await;
        town.clock.advance(900_000);
        reply.status != StatusCode::TOO_MANY_REQUESTS
    };
    let (cookie, mut browser) = known("staff1").await;
    assert!(apart("staff1", &cookie).await);
    assert_eq!(browser.post("/account/sign-ins/end", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(!apart("staff1", &cookie).await, "she signed out everywhere");
    let (cookie, _) = known("staff1").await;
    assert!(apart("staff1", &cookie).await, "known anew");
    let mut it = town.sign_in("it1").await;
    let slip = format!("/admin/staff/{}/slip", town.person(HOME, "staff1").await.id);
    assert_eq!(it.post(&slip, &[]).await.status, StatusCode::OK);
    assert!(!apart("staff1", &cookie).await, "a new slip");
    let (cookie, _) = known("auditor1").await;
    assert!(apart("auditor1", &cookie).await);
    web_people::sign_in::reset::reset(
        &town.app,
        Some(HOME.parse().unwrap()),
        &"auditor1".parse().unwrap(),
        false,
    )
    .await
    .unwrap();
    assert!(!apart("auditor1", &cookie).await, "a reset at the console");
}

#[tokio::test]
async fn lifting_a_lock_lifts_all_of_it() {
    let town = Town::new().await;
    let staff = town.person(HOME, "staff1").await;
    town.clock.advance(30_000);
    for n in 0..60 {
        guess(&town, "staff1", from(n % 6)).await;
    }
    assert_eq!(right_now(&town, town.browser(), from(0)).await, StatusCode::TOO_MANY_REQUESTS);
    let mut it = town.sign_in("it1").await;
    let page = it.get(&format!("/admin/staff/{}", staff.id)).await;
    assert!(page.ok().contains("いまロックされています"));
    assert_eq!(
        it.post(&format!("/admin/staff/{}/unlock", staff.id), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(
        !it.get(&format!("/admin/staff/{}", staff.id))
            .await
            .ok()
            .contains("いまロックされています")
    );
    assert_eq!(right(&town, town.browser(), from(0)).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_same_right_code_again_is_no_guess() {
    let town = Town::new().await;
    assert_eq!(right(&town, town.browser(), from(1)).await, StatusCode::SEE_OTHER);
    let code = town.code();
    for _ in 0..8 {
        let mut browser = town.browser();
        browser.address = from(1);
        assert_eq!(
            attempt(&mut browser, HOME, "staff1", PASSWORD, &code).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    assert!(!town.record(HOME).await.contains(&Kind::LOCKED_OUT));
    town.clock.advance(60_000);
    assert_eq!(right(&town, town.browser(), from(1)).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn strangers_do_not_keep_anybody_from_changing_the_own_password() {
    let town = Town::new().await;
    let mut staff = town.sign_in("staff1").await;
    for n in 0..60 {
        guess(&town, "staff1", from(n)).await;
    }
    let fields = [
        ("current", PASSWORD),
        ("password", "Zq9-harbour-Lantern"),
        ("again", "Zq9-harbour-Lantern"),
    ];
    assert_eq!(staff.post("/account/password", &fields).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn guessing_is_limited_by_address_and_by_name() {
    let town = Town::new().await;
    let mut browser = town.browser();
    // Tries until one is refused for a while, each on a name and from an address.
    let mut refused_after = async |mut each: Box<dyn FnMut(u16) -> (String, String)>| {
        for n in 0..100 {
            let (login, address) = each(n);
            browser.address = address.parse().unwrap();
            let reply = attempt(&mut browser, HOME, &login, "wrong-password", "000000").await;
            if reply.status == StatusCode::TOO_MANY_REQUESTS {
                assert!(reply.headers.contains_key(header::RETRY_AFTER));
                return Some(n);
            }
        }
        None
    };
    let one_name = refused_after(Box::new(|_| ("nobody1".into(), "198.51.100.1".into()))).await;
    assert_eq!(one_name, Some(10), "ten tries on one name, from one address");
    let anywhere = refused_after(Box::new(|n| ("nobody2".into(), format!("203.0.113.{n}")))).await;
    assert_eq!(anywhere, Some(30), "thirty on one name, from wherever");
    let one_address =
        refused_after(Box::new(|n| (format!("nobody-{n}"), "192.0.2.77".into()))).await;
    assert_eq!(one_address, Some(60), "sixty tries from one address, on whatever names");
    let one_64 =
        refused_after(Box::new(|n| (format!("nobody+{n}"), format!("2001:db8:0:1::{n:x}")))).await;
    assert_eq!(one_64, Some(60), "and a /64 is one address");
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
    let fields = [
        ("body", HOME),
        ("login", "staff1"),
        ("password", PASSWORD),
        ("code", &town.code()),
        ("next", "//evil.example"),
    ];
    assert_eq!(browser.post("/sign-in", &fields).await.location(), "/");
}

#[tokio::test]
async fn the_same_name_in_another_body_is_another_person() {
    let town = Town::new().await;
    let mut other = town.sign_in_to(OTHER, "it1").await;
    assert!(other.get("/account").await.ok().contains("千代田区"));
    assert_eq!(
        other.get("/admin/bodies").await.status,
        StatusCode::NOT_FOUND,
        "IT of a body is no operator"
    );
}

#[tokio::test]
async fn oversized_forms_are_refused() {
    let town = Town::new().await;
    let mut browser = town.browser();
    browser.get("/sign-in").await;
    let long = "x".repeat(300_000);
    let reply = browser
        .post("/sign-in", &[("body", HOME), ("login", &long), ("password", "x"), ("code", "1")])
        .await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(reply.text().contains("32KBまで"), "{}", reply.text());
    // Of somebody who is known it is more, and a file more yet; each says how much.
    let mut it = town.sign_in("it1").await;
    let form = it.post("/admin/mail", &[("host", &long), ("seen", "")]).await;
    assert!(form.text().contains("256KBまで"), "{}", form.text());
    let file = it.upload("/admin/import/staff", "a.csv", &vec![b'x'; (4 << 20) + 1]).await;
    assert_eq!(file.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(file.text().contains("4MBまで"), "{}", file.text());
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
