//! The record: with the act or not at all, and tampering is seen.

use audit::Kind;
use axum::http::StatusCode;

use crate::testing::{HOME, OTHER, Town};

#[tokio::test]
async fn the_record_is_read_filtered_verified_and_taken_out() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    it.post("/admin/divisions", &[("code", "A1"), ("name", "総務課")]).await;
    let mut auditor = town.sign_in("auditor1").await;
    let page = auditor.get("/admin/audit").await;
    assert!(page.ok().contains("所属を追加した") && page.text().contains("総務課"));
    assert!(!auditor.get("/admin/audit?family=4").await.ok().contains("所属を追加した"));
    assert!(auditor.get("/admin/audit?q=総務").await.ok().contains("所属を追加した"));
    assert!(!auditor.get("/admin/audit?until=2020-01-01").await.ok().contains("所属を追加した"));
    auditor.get("/admin/audit?from=x&until=y&family=99999&before=z").await.ok();
    assert!(auditor.post("/admin/audit/verify", &[]).await.ok().contains("最初から番号"));
    assert_eq!(town.record(HOME).await[0], Kind::AUDIT_VERIFIED);
    let csv = auditor.post("/admin/audit/export", &[("family", "2")]).await;
    assert!(
        csv.ok().starts_with('\u{feff}')
            && csv.text().contains("division.added")
            && !csv.text().contains("sign_in.succeeded")
    );
    assert_eq!(town.record(HOME).await[0], Kind::AUDIT_EXPORTED);
    // The server's chain is the operator's; and one act is not another body's.
    assert_eq!(auditor.get("/admin/audit?chain=server").await.status, StatusCode::NOT_FOUND);
    assert!(it.get("/admin/audit?chain=server").await.ok().contains("初期データが投入された"));
    let mut other = town.sign_in_to(OTHER, "it1").await;
    assert!(!other.get("/admin/audit").await.ok().contains("総務課"));
}

#[tokio::test]
async fn a_refused_act_leaves_no_record_and_no_change() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    it.post("/admin/divisions", &[("code", "A1"), ("name", "総務課")]).await;
    let before = town.record(HOME).await;
    let reply = it.post("/admin/divisions", &[("code", "A1"), ("name", "別の課")]).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.text().contains("別の課"), "what was typed is still there");
    assert_eq!(town.record(HOME).await, before);
}
