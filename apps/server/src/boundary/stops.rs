//! The stop of a whole body: who made it, and who lifts it.

use audit::Kind;
use axum::http::StatusCode;

use crate::routes::listed;
use crate::testing::{HOME, OTHER, PASSWORD, Town};
use kit::http::{Access, Method};

#[tokio::test]
async fn an_operators_stop_is_lifted_by_an_operator_only() {
    let town = Town::new().await;
    let mut operator = town.sign_in("it1").await;
    assert_eq!(
        operator.post(&format!("/admin/bodies/{OTHER}/suspend"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let mut it = town.sign_in_to(OTHER, "it1").await;
    let page = it.get("/admin/sessions").await.ok().to_owned();
    assert!(
        page.contains("サーバーの運用者")
            && page.contains("職員 it1")
            && page.contains("運用者に連絡してください"),
        "{page}"
    );
    assert!(!page.contains("/admin/body/resume"));
    let refused = it.post("/admin/body/resume", &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("運用者だけです"), "{}", refused.text());
    // Pressing the own stop does not make it the own one.
    assert_eq!(it.post("/admin/body/stop", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(it.post("/admin/body/resume", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        operator.post(&format!("/admin/bodies/{OTHER}/resume"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!it.get("/admin/sessions").await.ok().contains("停止中です"));
    assert_eq!(town.record(OTHER).await[0], Kind::BODY_RESUMED);
    assert_eq!(town.record("000000").await[0], Kind::BODY_RESUMED);
}

/// What an account that was taken over can do while an operator holds its body: look and cut. It
/// makes nothing that waits for the end of the stop.
#[tokio::test]
async fn while_an_operator_holds_a_body_its_people_take_away_and_give_nothing() {
    let town = Town::new().await;
    let mut operator = town.sign_in("it1").await;
    let mut it = town.sign_in_to(OTHER, "it1").await;
    // The body's own stop is its own to work under.
    assert_eq!(it.post("/admin/body/stop", &[]).await.status, StatusCode::SEE_OTHER);
    let form = [("name", "本庁")];
    assert_eq!(it.post("/admin/agents", &form).await.status, StatusCode::OK);
    let held = operator.post(&format!("/admin/bodies/{OTHER}/suspend"), &[]).await;
    assert_eq!(held.status, StatusCode::SEE_OTHER);

    let mut it = town.sign_in_to(OTHER, "it1").await;
    for route in listed() {
        let people = matches!(route.access, Access::May(_) | Access::SignedIn);
        if route.method == Method::Get || !people || route.cuts {
            continue;
        }
        let path = route.path.replace(['{', '}', '*'], "");
        let refused = it.post(&path, &[]).await;
        let hidden = refused.status == StatusCode::NOT_FOUND;
        let said = ["運用者が停止しています", "held_by_operator"];
        assert!(hidden || said.iter().any(|said| refused.text().contains(said)), "{path}");
    }
    let refused = it.post("/admin/agents", &form).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let staff = town.person(OTHER, "staff1").await.id;
    let cut = it.post(&format!("/admin/staff/{staff}/suspend"), &[]).await;
    assert_eq!(cut.status, StatusCode::SEE_OTHER);
    // An operator works in a body that is held.
    let own = operator.post(&format!("/admin/bodies/{HOME}/suspend"), &[]).await;
    assert_eq!(own.status, StatusCode::SEE_OTHER);
    assert_eq!(operator.post("/admin/agents", &form).await.status, StatusCode::OK);
}

/// Acts that are left to the people of a body an operator holds. None of them gives anything.
#[test]
fn the_acts_that_only_cut_are_these() {
    let cuts = listed().into_iter().filter(|route| route.cuts);
    let mut found: Vec<&str> = cuts.map(|route| route.path).collect();
    found.sort();
    assert_eq!(
        found,
        [
            "/account/sign-ins/end",
            "/account/sign-ins/{id}/end",
            "/account/tokens/{id}/end",
            "/admin/agents/{id}/revoke",
            "/admin/assignments/{id}/remove",
            "/admin/audit/verify",
            "/admin/body/resume",
            "/admin/body/stop",
            "/admin/changes/{id}/withdraw",
            "/admin/devices/{id}/revoke",
            "/admin/pcs/{id}/stop",
            "/admin/sessions/{id}/end",
            "/admin/staff/{id}/suspend",
            "/admin/tokens/{id}/revoke",
            "/api/passkeys/prove/finish",
            "/api/passkeys/prove/start",
            "/devices/{id}/revoke",
            "/prove",
            "/sign-out",
        ]
    );
}

#[tokio::test]
async fn a_body_lifts_its_own_stop_unless_an_operator_took_it_over() {
    let town = Town::new().await;
    let mut operator = town.sign_in("it1").await;
    let mut it = town.sign_in_to(OTHER, "it1").await;
    assert_eq!(it.post("/admin/body/stop", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(it.get("/admin/sessions").await.ok().contains("この団体の情報担当"));
    assert_eq!(it.post("/admin/body/resume", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(it.post("/admin/body/stop", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(operator.get("/admin/bodies").await.ok().contains("運用者の停止にする"));
    assert_eq!(
        operator.post(&format!("/admin/bodies/{OTHER}/suspend"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let mut it = town.sign_in_to(OTHER, "it1").await;
    assert_eq!(it.post("/admin/body/resume", &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whom_a_stop_keeps_out_is_told_so_and_nobody_else() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    let mut thrown_out = town.sign_in("staff1").await;
    let stopped = "パスワードや端末の問題ではありません";
    assert!(!thrown_out.get("/sign-in").await.text().contains(stopped));
    assert_eq!(it.post("/admin/body/stop", &[]).await.status, StatusCode::SEE_OTHER);
    let failures = async || {
        let rows = town.record(HOME).await;
        rows.into_iter().filter(|kind| *kind == Kind::SIGN_IN_FAILED).count()
    };
    // The page she is thrown out to knows her browser.
    let sent = thrown_out.get("/telework").await;
    assert!(sent.location().starts_with("/sign-in?next="), "{}", sent.status);
    let to = sent.location().to_owned();
    assert!(thrown_out.get(&to).await.ok().contains(stopped));
    // Both factors right: told. A wrong one, a used code, or a stranger's browser: as ever.
    let mut stranger = town.browser();
    assert!(!stranger.get("/sign-in").await.ok().contains(stopped));
    let mut enter = async |password: &str, code: &str| {
        let fields = [
            ("body", HOME),
            ("login", "staff1"),
            ("password", password),
            ("code", code),
            ("next", "/"),
        ];
        stranger.post("/sign-in", &fields).await
    };
    town.clock.advance(30_000);
    let code = town.code();
    let refused = enter("wrong", &code).await;
    assert!(refused.text().contains("サインインできませんでした"), "{}", refused.text());
    let told = enter(PASSWORD, &code).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.text().contains(stopped) && !told.text().contains("入力内容をご確認"));
    assert!(told.text().contains("value=\"staff1\""), "what was typed stays");
    let again = enter(PASSWORD, &code).await;
    assert!(again.text().contains("サインインできませんでした"), "a code works once");
    assert_eq!(failures().await, 3, "each is on record");
    // Lifted, everything is as it was.
    assert_eq!(it.post("/admin/body/resume", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(!thrown_out.get("/sign-in").await.ok().contains(stopped));
    town.sign_in("staff1").await.get("/telework").await.ok();
}
