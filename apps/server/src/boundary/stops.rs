//! The stop of a whole body: who made it, and who lifts it.

use audit::Kind;
use axum::http::StatusCode;

use crate::testing::{OTHER, Town};

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
