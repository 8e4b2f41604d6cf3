//! What was mailed, looked at in the outbox, and who wants mail.

use axum::http::StatusCode;
use kit::mail::Topic;
use store::mail::Mail;

use super::{Area, Town};

pub async fn outbox(town: &Town<impl Area>) -> Vec<Mail> {
    store::mail::due(&mut town.app.people().store.read().await.unwrap(), i64::MAX, 1_000)
        .await
        .unwrap()
}

/// Empties the outbox, as if all had been sent.
pub async fn sent(town: &Town<impl Area>) -> Vec<Mail> {
    let mails = outbox(town).await;
    let mut tx = town.app.people().write_unattended(people::MINISTRY).await.unwrap();
    for mail in &mails {
        store::mail::remove(&mut tx, mail.id).await.unwrap();
    }
    tx.keep(()).await.unwrap();
    mails
}

pub async fn switched_on(town: &Town<impl Area>, operator: &str) {
    let mut it = town.sign_in_to(operator, "it1").await;
    it.get("/admin/mail").await.ok();
    let fields = [
        ("on", "yes"),
        ("host", "127.0.0.1"),
        ("port", "9"),
        ("tls", "off"),
        ("from", "noren@town.example"),
    ];
    let reply = it.post("/admin/mail", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}

pub async fn wants(town: &Town<impl Area>, body: &str, login: &str, topics: &[Topic]) {
    let mut browser = town.sign_in_to(body, login).await;
    browser.get("/account/notices").await.ok();
    let address = format!("{login}@{body}.example");
    let mut fields = vec![("address", address.as_str())];
    fields.extend(topics.iter().map(|topic| (topic.key(), "yes")));
    let reply = browser.post("/account/notices", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
}
