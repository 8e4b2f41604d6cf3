//! `/account/notices`: where one's notices go, and which.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use lettre::Address;
use people::Action;
use store::mail::Wishes;

use crate::People;
use crate::Route;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, SignedIn, get, page_with, post, see_other};
use kit::mail::{Topic, settings};

#[derive(Template)]
#[template(path = "mail/notices.html")]
struct Page {
    ctx: Ctx,
    on: bool,
    address: String,
    topics: Vec<(&'static str, &'static str, bool)>,
    domains: String,
    fault: Option<(&'static str, &'static str)>,
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    let permit = visit.permit_own(Action::ChangeOwnCredentials)?;
    let mut conn = app.store.read().await?;
    let wishes = store::mail::wishes(&mut conn, permit.body(), permit.actor()).await?;
    drop(conn);
    render(&app, visit, wishes.unwrap_or(Wishes { address: String::new(), silent: 0 }), None, StatusCode::OK).await
}

async fn change(visit: SignedIn, State(app): State<People>, Form(fields): Form<BTreeMap<String, String>>) -> Answer {
    let permit = visit.permit_own(Action::ChangeOwnCredentials)?;
    let address: String = fields.get("address").map_or("", String::as_str).trim().chars().take(254).collect();
    let on = |topic: &Topic| fields.get(topic.key()).is_some_and(|value| value == "yes");
    let silent = Topic::ALL.into_iter().filter(|topic| !on(topic)).fold(0, |bits, topic| bits | topic.bit());
    let wishes = Wishes { address, silent };
    let mut tx = app.write_as(&permit).await?;
    let allowed = settings::kept(&mut tx).await?;
    let fault = if wishes.address.is_empty() {
        None
    } else if !wishes.address.is_ascii() || wishes.address.parse::<Address>().is_err() {
        Some(("メールアドレスの形ではありません。", "This is not a mail address."))
    } else if !allowed.permits(&wishes.address) {
        Some(("このドメインには送れません。", "Mail may not go to this domain."))
    } else {
        None
    };
    if fault.is_some() {
        drop(tx);
        return render(&app, visit, wishes, fault, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    store::mail::put_wishes(&mut tx, permit.body(), permit.actor(), &wishes).await?;
    let off: Vec<&str> = Topic::ALL.into_iter().filter(|topic| silent & topic.bit() != 0).map(Topic::key).collect();
    let event = permit
        .event(Kind::NOTICES_CHANGED, &visit.actor.login)
        .with("mail_address", !wishes.address.is_empty())
        .with("off", off.join(" "));
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/account/notices?done=saved"))
}

async fn render(
    app: &People,
    visit: SignedIn,
    wishes: Wishes,
    fault: Option<(&'static str, &'static str)>,
    status: StatusCode,
) -> Answer {
    let settings = settings::kept(&mut *app.store.read().await?).await?;
    let lang = visit.ctx.lang;
    let topics = Topic::ALL.map(|topic| (topic.key(), topic.words(lang), wishes.silent & topic.bit() == 0)).into();
    let domains = settings.domains.join(", ");
    page_with(status, Page { ctx: visit.ctx, on: settings.on, address: wishes.address, topics, domains, fault })
}

pub(super) fn routes() -> Vec<Route> {
    let own = May(Action::ChangeOwnCredentials);
    vec![get("/account/notices", own, show), post("/account/notices", own, change)]
}
