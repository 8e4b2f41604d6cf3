//! Sign-in and sign-out.

use askama::Template;
use audit::{Decision, Event, Kind};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use people::Body;
use serde::Deserialize;

use super::language::local;
use crate::app::App;
use crate::http::Access::{Public, SignedIn as Session};
use crate::http::{
    Answer, Ctx, Form, Nothing, Route, SignedIn, Visit, clear_sign_in, get, page_with, post, see_other, set_sign_in,
};
use crate::sign_in::{Attempt, Outcome};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    ctx: Ctx,
    bodies: Vec<&'static Body>,
    body: String,
    login: String,
    next: String,
    failed: bool,
    passkeys: bool,
}

#[derive(Deserialize)]
struct Asked {
    next: Option<String>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Entered {
    body: String,
    login: String,
    password: String,
    code: String,
    next: Option<String>,
}

async fn show(Visit(visitor): Visit, State(app): State<App>, Query(asked): Query<Asked>) -> Answer {
    let next = local(&asked.next.unwrap_or_default());
    if visitor.ctx.actor.is_some() {
        return Ok(see_other(&next));
    }
    let bodies = served(&app).await?;
    if bodies.is_empty() {
        return Ok(see_other("/set-up"));
    }
    let body = asked.body.unwrap_or_default();
    let page =
        Page { ctx: visitor.ctx, bodies, body, login: String::new(), next, failed: false, passkeys: app.passkeys.available() };
    page_with(StatusCode::OK, page)
}

async fn enter(Visit(visitor): Visit, State(app): State<App>, Form(entered): Form<Entered>) -> Answer {
    let next = local(&entered.next.unwrap_or_default());
    let attempt = Attempt {
        body: entered.body.clone(),
        login: entered.login.clone(),
        password: entered.password,
        code: entered.code,
        address: visitor.address(),
    };
    match app.try_sign_in(attempt).await? {
        Outcome::In(value) => {
            let mut response = see_other(&next);
            set_sign_in(&mut response, &app.site, &value);
            Ok(response)
        }
        Outcome::No => {
            let bodies = served(&app).await?;
            let passkeys = app.passkeys.available();
            let page = Page { ctx: visitor.ctx, bodies, body: entered.body, login: entered.login, next, failed: true, passkeys };
            page_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn leave(visit: SignedIn, State(app): State<App>, Form(Nothing {}): Form<Nothing>) -> Answer {
    let mut tx = app.write(visit.actor.body).await?;
    store::sign_ins::remove(&mut tx, &visit.sign_in.hash).await?;
    let event = Event::new(visit.actor.body.chain(), visit.actor.who(), Kind::SIGNED_OUT, visit.actor.login.as_str());
    tx.commit(Decision::new((), event)).await?;
    let mut response = see_other("/sign-in?done=signed-out");
    clear_sign_in(&mut response, &app.site);
    Ok(response)
}

async fn served(app: &App) -> Result<Vec<&'static Body>, crate::error::Refusal> {
    let mut conn = app.store.read().await?;
    let bodies = store::bodies::all(&mut conn).await?;
    Ok(bodies.into_iter().filter_map(|served| people::body(served.code).ok()).collect())
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/sign-in", Public, show), post("/sign-in", Public, enter), post("/sign-out", Session, leave)]
}
