//! The proof before a dangerous act: it says what for, loses nothing, and is guessed nowhere
//! unseen.

use audit::Kind;
use axum::http::{StatusCode, header};
use futures_util::future::join_all;

use crate::testing::{Browser, HOME, PASSWORD, Reply, Town};
use kit::http::Fresh;

/// A quarter of an hour and a little.
const LONG: u64 = 16 * 60_000;

async fn signed_in_long_ago(town: &Town, login: &str) -> Browser {
    let mut browser = town.sign_in(login).await;
    town.clock.advance(LONG);
    browser.get("/account").await.ok();
    browser
}

/// What the page says is to be done, above the password.
fn said(reply: &Reply) -> String {
    let act = reply.between("id=\"prove-said\">", "</section>").unwrap_or_default().to_owned();
    let (before, _) = reply.text().split_once("prove-password").unwrap();
    assert!(before.contains(&act));
    act
}

#[tokio::test]
async fn the_page_that_asks_says_what_for_in_both_languages() {
    let town = Town::new().await;
    let hanako = town.person(HOME, "staff1").await;
    let mut it = signed_in_long_ago(&town, "it1").await;
    let path = format!("/admin/staff/{}", hanako.id);
    let roles =
        [("login", "staff1"), ("name", "新しい名前"), ("role_staff", "on"), ("role_it", "on")];
    let page = it.post(&path, &roles).await;
    let words = said(&page);
    for part in [hanako.name.as_str(), "登録と役割を変更します", "新しい名前", "職員・情報担当"]
    {
        assert!(words.contains(part), "{part}: {words}");
    }
    let slip = it.post(&format!("{path}/slip"), &[]).await;
    assert!(
        said(&slip).contains(&format!("{}（staff1）さんの利用開始票を再発行します", hanako.name))
    );
    let fields = [("name", "給与"), ("days", "30"), ("telework:decide", "yes")];
    let id = hanako.id.to_string();
    let token = it.post("/admin/tokens", &[&fields[..], &[("staff", id.as_str())]].concat()).await;
    let words = said(&token);
    assert!(
        words.contains("給与") && words.contains("staff1") && words.contains("承認"),
        "{words}"
    );
    // A person of another body is nobody here: no name is told.
    let stranger = town.person(crate::testing::OTHER, "staff1").await;
    let foreign = it.post(&format!("/admin/staff/{}/slip", stranger.id), &[]).await;
    assert!(!said(&foreign).contains("staff1"));
    // Nor is anybody told who somebody is by an address that leads on after the proof.
    let mut staff = signed_in_long_ago(&town, "staff1").await;
    let other = town.person(HOME, "superior1").await;
    let led = staff.get(&format!("/prove?next=/admin/staff/{}/slip", other.id)).await;
    assert!(!led.ok().contains("superior1") && !led.text().contains(other.name.as_str()));
    assert!(said(&staff.get("/prove?next=/account").await).contains("アカウントの画面"));
    it.plant("noren-lang", "en");
    let page = it.post("/admin/agents", &[("name", "hall <1>")]).await;
    assert!(said(&page).contains("Issue an enrolment token"), "{}", page.text());
    assert!(said(&page).contains("hall &#60;1&#62;"));
}

#[tokio::test]
async fn every_act_that_asks_has_words() {
    let town = Town::new().await;
    let actor = town.actor(HOME, "it1").await;
    for route in crate::routes().iter().filter(|route| route.fresh != Fresh::No) {
        // The browser's own script, which is told to lead to the page.
        if route.path == "/api/passkeys/add/start" {
            continue;
        }
        let id = "0123456789abcdef0123456789abcdef";
        let path = route.path.replace("{id}", id).replace("{code}", HOME);
        let fields = [("next".to_owned(), "/account".to_owned())];
        for lang in [kit::http::Lang::Ja, kit::http::Lang::En] {
            let act = kit::ports::Act { actor: &actor, lang, path: &path, fields: &fields };
            let said = town.app.ports.factors.said(act).await.unwrap();
            assert!(!said.act.is_empty(), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_pressed_twice_is_proven_once_and_costs_no_try() {
    let town = Town::new().await;
    let it = signed_in_long_ago(&town, "it1").await;
    town.clock.advance(30_000);
    let code = town.code();
    let proof = [("name", "本庁"), ("prove_password", PASSWORD), ("prove_code", code.as_str())];
    let pressed = (0..8).map(|_| {
        let mut browser = it.clone();
        async move { browser.post("/admin/agents", &proof).await.status }
    });
    let answers = join_all(pressed).await;
    assert_eq!(answers, [StatusCode::OK; 8], "no press is told that it was wrong");
    let proofs = town.record(HOME).await;
    let count = |kind| proofs.iter().filter(|one| **one == kind).count();
    assert_eq!((count(Kind::PROVED), count(Kind::PROOF_FAILED)), (1, 0));

    // A code that was used elsewhere is no guess either: refused, and all tries are left.
    town.clock.advance(LONG);
    let mut other = town.sign_in("it1").await;
    let code = town.code();
    let mut it = it;
    for _ in 0..7 {
        let fields = [("next", "/"), ("prove_password", PASSWORD), ("prove_code", code.as_str())];
        assert_eq!(it.post("/prove", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    other.get("/account").await.ok();
    town.clock.advance(30_000);
    let code = town.code();
    let fields = [("next", "/"), ("prove_password", PASSWORD), ("prove_code", code.as_str())];
    assert_eq!(it.post("/prove", &fields).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn whoever_has_to_wait_loses_nothing_of_what_was_typed() {
    let town = Town::new().await;
    let mut it = signed_in_long_ago(&town, "it1").await;
    let fields = [("name", "分庁舎の装置"), ("prove_password", "guess"), ("prove_code", "123456")];
    for _ in 0..5 {
        let wrong = it.post("/admin/agents", &fields).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let wait = it.post("/admin/agents", &fields).await;
    assert_eq!(wait.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(wait.headers.contains_key(header::RETRY_AFTER));
    assert!(wait.text().contains("name=\"name\" value=\"分庁舎の装置\""), "{}", wait.text());
    assert!(!wait.text().contains("guess") && wait.text().contains("しばらくお待ちください"));
    town.clock.advance(130_000);
    let code = town.code();
    let fields =
        [("name", "分庁舎の装置"), ("prove_password", PASSWORD), ("prove_code", code.as_str())];
    it.post("/admin/agents", &fields).await.ok();
}

#[tokio::test]
async fn no_form_tries_a_password_unseen_or_at_somebody_elses_cost() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    let id = town.person(HOME, "superior1").await.id.to_string();
    let fields =
        [("name", "給与"), ("days", "30"), ("staff", id.as_str()), ("telework:read", "yes")];
    it.post("/admin/tokens", &fields).await.ok();
    let mut boss = town.sign_in("superior1").await;
    let page = boss.get("/account/tokens").await;
    let token = page.between("/account/tokens/", "/consent").unwrap().to_owned();
    let consent = format!("/account/tokens/{token}/consent");

    // Where there is no such token nothing is tried: right and wrong alike are not found.
    let nowhere = format!("/account/tokens/{}/consent", "0".repeat(32));
    let before = town.record(HOME).await.len();
    for (who, path) in [(&mut boss, nowhere.as_str()), (&mut it, consent.as_str())] {
        for password in ["wrong", PASSWORD] {
            let answer = who.post(path, &[("password", password)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert_eq!(town.record(HOME).await.len(), before);

    // A wrong one is on record, counted for this sign-in, and the two forms share the count.
    let new = "N3w-vale-0mbrello";
    let change = [("current", "wrong"), ("password", new), ("again", new)];
    for n in 0..5 {
        let (path, fields): (&str, &[(&str, &str)]) = match n % 2 {
            0 => (&consent, &[("password", "wrong")]),
            _ => ("/account/password", &change),
        };
        assert_eq!(boss.post(path, fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{n}");
        assert_eq!(town.record(HOME).await[0], Kind::PROOF_FAILED, "{n}");
    }
    for (path, fields) in
        [(consent.as_str(), &[("password", PASSWORD)][..]), ("/account/password", &change)]
    {
        let wait = boss.post(path, fields).await;
        assert_eq!(wait.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert!(wait.text().contains("しばらくお待ちください"), "{}", wait.text());
    }
    // It keeps nobody from signing in, and whoever fails with the name keeps nobody from this.
    let mut again = town.sign_in("superior1").await;
    for _ in 0..12 {
        let mut stranger = town.browser();
        stranger.get("/sign-in").await;
        let fields = [
            ("body", HOME),
            ("login", "superior1"),
            ("password", "x"),
            ("code", "1"),
            ("next", "/"),
        ];
        stranger.post("/sign-in", &fields).await;
    }
    assert_eq!(again.post(&consent, &[("password", PASSWORD)]).await.status, StatusCode::SEE_OTHER);
}

/// What the last record of a kind says a token does without a proof; nothing where it says nothing.
async fn unproved_of(town: &Town, kind: Kind) -> Option<String> {
    let mut conn = town.app.store.read().await.unwrap();
    let chain = audit::Chain::new(HOME).unwrap();
    let filter = store::AuditFilter::default();
    let page = store::audit_page(&mut conn, chain, &filter, 50).await.unwrap();
    let record = page.into_iter().find(|record| record.kind == kind).unwrap();
    record.fields.into_iter().find(|(key, _)| key == "unproved").map(|(_, value)| value)
}

#[tokio::test]
async fn what_a_token_does_without_a_proof_is_asked_for_shown_and_recorded_by_itself() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/tokens").await.ok();
    let id = town.person(HOME, "superior1").await.id.to_string();
    let own = town.person(HOME, "it1").await.id.to_string();
    let with = |whose: &str, scope: &str, said: &str| {
        let fields = [("name", "給与"), ("days", "30"), ("staff", whose), (scope, "yes")];
        let mut fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        fields.push(("unproved".to_owned(), said.to_owned()));
        fields
    };
    let mut post = async |fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        it.post("/admin/tokens", &fields).await
    };
    for scope in ["telework:export", "telework:feeds", "exchange:carry"] {
        let refused = post(with(&own, scope, "")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{scope}");
        assert!(refused.text().contains("本人確認なしで行えることを選ぶ場合は"), "{scope}");
        assert!(!refused.text().contains("id=\"token\">"), "{scope}");
        assert!(refused.text().contains(&format!("name=\"{scope}\" value=\"yes\" checked")));
        post(with(&own, scope, "yes")).await.ok();
        assert_eq!(unproved_of(&town, Kind::API_TOKEN_MADE).await.as_deref(), Some(scope));
    }
    post(with(&own, "telework:read", "")).await.ok();
    assert_eq!(unproved_of(&town, Kind::API_TOKEN_MADE).await, None);

    // Whoever consents reads it apart from the rest, and her word says it too.
    post(with(&id, "telework:export", "yes")).await.ok();
    assert_eq!(unproved_of(&town, Kind::API_TOKEN_ASKED).await.as_deref(), Some("telework:export"));
    let mut boss = town.sign_in("superior1").await;
    let page = boss.get("/account/tokens").await;
    assert!(page.ok().contains("本人確認なしで行うことができます"), "{}", page.text());
    assert_eq!(page.text().matches("給与連携CSV・出勤簿を出力する").count(), 1);
    let token = page.between("/account/tokens/", "/consent").unwrap().to_owned();
    let consent = format!("/account/tokens/{token}/consent");
    boss.post(&consent, &[("password", PASSWORD)]).await;
    assert_eq!(
        unproved_of(&town, Kind::API_TOKEN_CONSENTED).await.as_deref(),
        Some("telework:export")
    );
    assert!(boss.get("/account/tokens").await.ok().contains("本人確認なし"));
}
