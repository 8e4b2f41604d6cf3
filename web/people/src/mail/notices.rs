//! `/account/notices`: where one's notices go, and which.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use lettre::Address;
use people::{Deed, Permit};
use store::Conn;
use store::mail::Wishes;

use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::Answer;
use kit::http::Ctx;
use kit::http::Form;
use kit::http::Lang;
use kit::http::SignedIn;
use kit::http::get;
use kit::http::page_with;
use kit::http::post;
use kit::http::see_other;
use kit::http::seen::Changed;
use kit::http::seen::Seen;
use kit::http::seen::Shown;
use kit::http::seen::yes;
use kit::mail::Topic;
use kit::mail::settings;

#[derive(Template)]
#[template(path = "mail/notices.html")]
struct Page {
    ctx: Ctx,
    on: bool,
    address: String,
    topics: Vec<(&'static str, &'static str, bool)>,
    domains: String,
    /// What stands now, for the field that comes back.
    seen: String,
    unkept: Unkept,
}

/// Why wishes were not kept.
#[derive(Default)]
struct Unkept {
    fault: Option<(&'static str, &'static str)>,
    /// What was changed elsewhere since the form was shown.
    changed: Changed,
    /// What the form showed that was not kept.
    posted: Option<String>,
}

/// What the form shows.
fn shown(lang: Lang, wishes: &Wishes) -> Shown {
    let with = |shown: Shown, topic: Topic| {
        shown.with(topic.key(), topic.words(lang), yes(lang, wishes.silent & topic.bit() == 0))
    };
    let address = Shown::default().with("address", lang.t("届け先", "Address"), &wishes.address);
    Topic::ALL.into_iter().fold(address, with)
}

async fn kept(conn: &mut Conn, permit: &Permit) -> Result<Wishes, Refusal> {
    let found = store::mail::wishes(conn, permit.body(), permit.actor()).await?;
    Ok(found.unwrap_or(Wishes { address: String::new(), silent: 0 }))
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let wishes = kept(&mut *app.store.read().await?, &permit).await?;
    render(&app, visit, wishes, Unkept::default(), StatusCode::OK).await
}

async fn change(
    visit: SignedIn,
    State(app): State<People>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let address: String =
        fields.get("address").map_or("", String::as_str).trim().chars().take(254).collect();
    let on = |topic: &Topic| fields.get(topic.key()).is_some_and(|value| value == "yes");
    let silent =
        Topic::ALL.into_iter().filter(|topic| !on(topic)).fold(0, |bits, topic| bits | topic.bit());
    let wishes = Wishes { address, silent };
    let lang = visit.ctx.lang;
    let mut tx = app.write_as(&permit).await?;
    let seen = Seen::Form(fields.get("seen").map_or("", String::as_str));
    let changed = shown(lang, &kept(&mut tx, &permit).await?).unseen(lang, seen);
    if !changed.is_empty() {
        drop(tx);
        let unkept = Unkept { changed, ..Unkept::default() };
        return render(&app, visit, wishes, unkept, StatusCode::CONFLICT).await;
    }
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
        let unkept = Unkept { fault, posted: fields.get("seen").cloned(), ..Unkept::default() };
        return render(&app, visit, wishes, unkept, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    store::mail::put_wishes(&mut tx, permit.body(), permit.actor(), &wishes).await?;
    let off: Vec<&str> =
        Topic::ALL.into_iter().filter(|topic| silent & topic.bit() != 0).map(Topic::key).collect();
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
    unkept: Unkept,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let mut conn = app.store.read().await?;
    let settings = settings::kept(&mut conn).await?;
    let stands = shown(visit.ctx.lang, &kept(&mut conn, &permit).await?);
    let seen = unkept.changed.seen(unkept.posted.as_deref(), &stands);
    drop(conn);
    let lang = visit.ctx.lang;
    let topics = Topic::ALL
        .map(|topic| (topic.key(), topic.words(lang), wishes.silent & topic.bit() == 0))
        .into();
    let domains = settings.domains.join(", ");
    let (on, address) = (settings.on, wishes.address);
    page_with(status, Page { ctx: visit.ctx, on, address, topics, domains, seen, unkept })
}

pub(super) fn routes() -> Vec<Route> {
    let own = May(Deed::ChangeOwnCredentials);
    vec![get("/account/notices", own, show), post("/account/notices", own, change)]
}
