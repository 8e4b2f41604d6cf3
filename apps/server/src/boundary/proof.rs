//! Dangerous acts ask for the factors again, lose nothing of what was typed, and stopping never
//! asks.

use audit::Kind;
use axum::http::StatusCode;

use crate::routes::listed;
use crate::testing::{Browser, HOME, OTHER, PASSWORD, Town};
use kit::http::{Access, Fresh, Method};
use kit::ports::Act;

/// A quarter of an hour and a little.
const LONG: u64 = 16 * 60_000;

async fn signed_in_long_ago(town: &Town, login: &str) -> Browser {
    let mut browser = town.sign_in(login).await;
    town.clock.advance(LONG);
    browser.get("/account").await.ok();
    browser
}

/// The dangerous acts, as SECURITY.md lists them: how each asks.
const ASKED: &[(&str, &str)] = &[
    ("post /account/passkeys/remove", "carried"),
    ("post /account/password", "form"),
    ("post /account/tokens/{id}/consent", "form"),
    ("post /admin/agents", "carried"),
    ("post /admin/audit/export", "carried"),
    ("post /admin/bodies", "carried"),
    ("post /admin/bodies/{code}/resume", "carried"),
    ("post /admin/bodies/{code}/suspend", "carried"),
    ("post /admin/body/resume", "carried"),
    ("post /admin/body/stop", "carried"),
    ("post /admin/changes/{id}/confirm", "carried"),
    ("post /admin/export/staff/{name}", "carried"),
    ("get /admin/import/staff", "carried"),
    ("post /admin/import/staff", "form"),
    ("post /admin/import/staff/take", "form"),
    ("post /admin/pcs/{id}/resume", "carried"),
    ("post /admin/staff", "carried"),
    ("post /admin/staff/{id}", "when roles change"),
    ("post /admin/staff/{id}/resume", "carried"),
    ("post /admin/staff/{id}/slip", "carried"),
    ("post /admin/telework/export/attendance/{name}", "carried"),
    ("post /admin/telework/export/payroll/{name}", "carried"),
    ("post /admin/tokens", "carried"),
    ("post /api/passkeys/add/start", "carried"),
    ("post /exchange/servers", "carried"),
    ("post /prove", "carried"),
];

#[test]
fn the_acts_that_ask_are_these_and_no_call_of_a_program_is_among_them() {
    let mut there: Vec<(String, &str)> = Vec::new();
    for route in listed() {
        let how = match route.fresh {
            Fresh::No => continue,
            Fresh::Yes => "carried",
            Fresh::At(_) => "form",
            Fresh::WhenAsked => "when roles change",
        };
        // A program has no factors to prove: what asks has no scope.
        assert!(
            !matches!(route.access, Access::Api(_) | Access::Machine | Access::Public),
            "{}",
            route.path
        );
        let method = if route.method == Method::Get { "get" } else { "post" };
        there.push((format!("{method} {}", route.path), how));
    }
    there.sort_by(|a, b| {
        a.0.split_once(' ')
            .map(|one| one.1)
            .cmp(&b.0.split_once(' ').map(|one| one.1))
            .then(a.cmp(b))
    });
    let there: Vec<(&str, &str)> = there.iter().map(|(path, how)| (path.as_str(), *how)).collect();
    assert_eq!(there, ASKED);
}

#[tokio::test]
async fn every_act_that_asks_says_what_for_in_whatever_area() {
    let town = Town::new().await;
    let actor = town.actor(HOME, "it1").await;
    for (route, how) in ASKED {
        let Some(path) = route.strip_prefix("post ") else { continue };
        // The browser's own script, and the page that asks itself.
        if path.starts_with("/api/") || *path == *"/prove" {
            continue;
        }
        let path = path.replace(['{', '}'], "");
        let act = Act { actor: &actor, lang: kit::http::Lang::Ja, path: &path, fields: &[] };
        let said = town.app.ports.factors.said(act).await.unwrap();
        assert!(!said.act.is_empty(), "{route} ({how})");
    }
}

#[tokio::test]
async fn a_dangerous_act_asks_again_and_carries_what_was_typed() {
    let town = Town::new().await;
    let mut it = signed_in_long_ago(&town, "it1").await;
    let typed = [("login", "new1"), ("name", "新人 \"<花子>\""), ("role_staff", "on")];
    let asked = it.post("/admin/staff", &typed).await;
    assert_eq!(asked.status, StatusCode::FORBIDDEN);
    assert!(
        asked.text().contains("本人確認") && asked.text().contains("action=\"/admin/staff\""),
        "{}",
        asked.text()
    );
    for (name, value) in
        [("login", "new1"), ("name", "新人 &#34;&#60;花子&#62;&#34;"), ("role_staff", "on")]
    {
        assert!(
            asked.text().contains(&format!("type=\"hidden\" name=\"{name}\" value=\"{value}\"")),
            "{}",
            asked.text()
        );
    }
    let there = async || {
        let mut conn = town.app.store.read().await.unwrap();
        store::staff::by_login(&mut conn, HOME.parse().unwrap(), &"new1".parse().unwrap())
            .await
            .unwrap()
    };
    assert!(there().await.is_none());

    let with = |password: &'static str, code: String| {
        let mut fields: Vec<(&str, String)> =
            typed.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        fields.extend([("prove_password", password.to_owned()), ("prove_code", code)]);
        fields
    };
    for (password, code) in [("wrong", town.code()), (PASSWORD, "000000".to_owned())] {
        let fields = with(password, code);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let wrong = it.post("/admin/staff", &fields).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            wrong.text().contains("確認できませんでした")
                && wrong.text().contains("value=\"new1\"")
        );
        assert!(!wrong.text().contains(PASSWORD), "what proves is not written back");
        assert_eq!(town.record(HOME).await[0], Kind::PROOF_FAILED);
    }
    assert!(there().await.is_none());

    let fields = with(PASSWORD, town.code());
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(it.post("/admin/staff", &fields).await.ok().contains("class=\"slip\""));
    assert_eq!(there().await.unwrap().name.as_str(), "新人 \"<花子>\"");
    assert_eq!(
        town.record(HOME).await[..3],
        [Kind::ACTIVATION_ISSUED, Kind::STAFF_ADDED, Kind::PROVED]
    );
    // For a quarter of an hour nothing asks, and then it does again.
    it.post("/admin/agents", &[("name", "本庁")]).await.ok();
    town.clock.advance(LONG);
    assert_eq!(it.post("/admin/agents", &[("name", "本庁")]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn stopping_never_asks_and_lifting_does() {
    let town = Town::new().await;
    let mut it = signed_in_long_ago(&town, "it1").await;
    let id = town.person(HOME, "staff1").await.id;
    assert_eq!(
        it.post(&format!("/admin/staff/{id}/suspend"), &[("devices", "on")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(town.person(HOME, "staff1").await.state, people::StaffState::Suspended);
    assert_eq!(
        it.post(&format!("/admin/staff/{id}/resume"), &[]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(town.person(HOME, "staff1").await.state, people::StaffState::Suspended);
    let code = town.code();
    let proof = [("prove_password", PASSWORD), ("prove_code", code.as_str())];
    assert_eq!(
        it.post(&format!("/admin/staff/{id}/resume"), &proof).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(town.person(HOME, "staff1").await.state, people::StaffState::Active);
    for stop in [
        "/admin/staff/{id}/suspend",
        "/admin/sessions/{id}/end",
        "/admin/devices/{id}/revoke",
        "/devices/{id}/revoke",
        "/admin/pcs/{id}/stop",
        "/admin/agents/{id}/revoke",
        "/admin/tokens/{id}/revoke",
        "/account/sign-ins/end",
        "/sign-out",
    ] {
        let route =
            listed().into_iter().find(|route| route.path == stop && route.method == Method::Post);
        assert_eq!(route.map(|route| route.fresh), Some(Fresh::No), "{stop}");
    }
}

#[tokio::test]
async fn roles_ask_and_a_name_does_not() {
    let town = Town::new().await;
    let mut it = signed_in_long_ago(&town, "it1").await;
    let path = format!("/admin/staff/{}", town.person(HOME, "staff1").await.id);
    let named =
        it.post(&path, &[("login", "staff1"), ("name", "別の名"), ("role_staff", "on")]).await;
    assert_eq!(named.status, StatusCode::SEE_OTHER);
    let fields = [("login", "staff1"), ("name", "別の名"), ("role_staff", "on"), ("role_it", "on")];
    let asked = it.post(&path, &fields).await;
    assert_eq!(asked.status, StatusCode::FORBIDDEN);
    assert!(
        asked.text().contains("name=\"role_it\"")
            && !town.person(HOME, "staff1").await.roles.has(people::Role::It)
    );
    let code = town.code();
    let mut all = fields.to_vec();
    all.extend([("prove_password", PASSWORD), ("prove_code", code.as_str())]);
    assert_eq!(it.post(&path, &all).await.status, StatusCode::SEE_OTHER);
    assert!(town.person(HOME, "staff1").await.roles.has(people::Role::It));
}

#[tokio::test]
async fn files_secrets_and_scripts_are_led_through_a_proof_of_their_own() {
    let town = Town::new().await;
    let mut it = signed_in_long_ago(&town, "it1").await;
    let sent = it.get("/admin/import/staff").await;
    assert_eq!(
        (sent.status, sent.location()),
        (StatusCode::SEE_OTHER, "/prove?next=%2Fadmin%2Fimport%2Fstaff")
    );
    let upload = it
        .upload("/admin/import/staff", "a.csv", "サインイン名,氏名\nnew.a,新人\n".as_bytes())
        .await;
    assert_eq!(upload.status, StatusCode::FORBIDDEN);
    assert!(
        upload.text().contains("action=\"/prove\"")
            && upload.text().contains("value=\"/admin/import/staff\"")
    );
    let secret = "Lx8-vale-1mbrello";
    let password = it
        .post(
            "/account/password",
            &[("current", PASSWORD), ("password", secret), ("again", secret)],
        )
        .await;
    assert_eq!(password.status, StatusCode::FORBIDDEN);
    assert!(
        !password.text().contains(secret) && !password.text().contains(PASSWORD),
        "no secret is carried"
    );
    let script = it.json("/api/passkeys/add/start", &serde_json::Value::Null).await;
    assert_eq!(script.status, StatusCode::FORBIDDEN);
    assert!(script.text().contains("prove_first"));
    assert!(it.get("/account").await.ok().contains("/prove?next=/account"));

    it.get("/prove?next=/admin/import/staff").await.ok();
    let code = town.code();
    let wrong = it
        .post(
            "/prove",
            &[("next", "/admin/import/staff"), ("prove_password", "x"), ("prove_code", &code)],
        )
        .await;
    assert!(wrong.text().contains("value=\"/admin/import/staff\""), "{}", wrong.text());
    let fields = [
        ("next", "/admin/import/staff"),
        ("prove_password", PASSWORD),
        ("prove_code", code.as_str()),
    ];
    let back = it.post("/prove", &fields).await;
    assert_eq!((back.status, back.location()), (StatusCode::SEE_OTHER, "/admin/import/staff"));
    it.get("/admin/import/staff").await.ok();
    assert_eq!(it.get("/prove?next=//evil.example").await.location(), "/");
    it.json("/api/passkeys/add/start", &serde_json::Value::Null).await.ok();
}

#[tokio::test]
async fn a_proof_is_guessed_slowly_counts_for_one_sign_in_and_locks_nobody_out() {
    let town = Town::new().await;
    let mut thief = town.sign_in("it1").await;
    let mut owner = town.sign_in("it1").await;
    town.clock.advance(LONG);
    for browser in [&mut thief, &mut owner] {
        browser.get("/account").await.ok();
    }
    for n in 0..6 {
        let guess = thief
            .post("/prove", &[("next", "/"), ("prove_password", "guess"), ("prove_code", "123456")])
            .await;
        let expected =
            if n < 5 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(guess.status, expected, "{n}");
    }
    let code = town.code();
    let proof = [("next", "/"), ("prove_password", PASSWORD), ("prove_code", code.as_str())];
    assert_eq!(
        owner.post("/prove", &proof).await.status,
        StatusCode::SEE_OTHER,
        "the owner's proofs are her own"
    );
    owner.post("/admin/agents", &[("name", "本庁")]).await.ok();
    town.clock.advance(LONG);
    assert_eq!(
        thief.post("/admin/agents", &[("name", "本庁")]).await.status,
        StatusCode::FORBIDDEN,
        "and prove nothing for the other"
    );
    // A code works once, here too.
    let again = thief.post("/prove", &proof).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Without the token of the page nothing is asked and nothing is written back.
    let foreign = owner
        .post_raw(
            "/admin/staff",
            &[("csrf", "0"), ("name", "planted")],
            Some(crate::testing::ORIGIN),
        )
        .await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert!(!foreign.text().contains("planted"));
    let mut neighbour = town.sign_in_to(OTHER, "it1").await;
    neighbour.get("/account").await.ok();
}
