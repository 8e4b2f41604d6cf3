//! A store that is older than what was said of it.

use axum::http::StatusCode;

use super::{agent_saw, head_of};
use crate::testing::{HOME, Town};

#[tokio::test]
async fn a_head_the_store_holds_is_fine_and_one_it_lost_closes_the_server() {
    let town = Town::new().await;
    let body = HOME.parse().unwrap();
    let mut it = town.sign_in("it1").await;
    let (seq, hash) = head_of(&town.app, body).await.unwrap().unwrap();
    it.get("/admin/staff").await.ok();
    assert!(agent_saw(&town.app, body, seq, hash).await.unwrap());
    assert!(agent_saw(&town.app, body, 0, [0; 32]).await.unwrap());
    it.get("/account").await.ok();

    // One record further than the store has: an old copy.
    assert!(!agent_saw(&town.app, body, seq + 1, hash).await.unwrap());
    let reply = it.get("/account").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.text().contains("サーバーは閉じています"), "{}", reply.text());
    for path in ["/sign-in", "/agent/control", "/api/v1/staff", "/relay", "/nowhere"] {
        assert_eq!(town.browser().get(path).await.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    assert!(matches!(town.app.write_unattended(body).await, Err(store::Fault::Stopped)), "and nothing is written");
}

#[tokio::test]
async fn another_hash_under_the_same_number_closes_the_server() {
    let town = Town::new().await;
    let body = HOME.parse().unwrap();
    let (seq, _) = head_of(&town.app, body).await.unwrap().unwrap();
    assert!(!agent_saw(&town.app, body, seq, [7; 32]).await.unwrap());
    assert!(town.app.closed().is_some());
}
