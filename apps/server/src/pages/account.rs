//! One's own account: password, passkeys, and who one is here.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use people::{Action, Staff, check_password};
use serde::Deserialize;
use store::passkeys::StoredPasskey;

use super::activate::password_words;
use crate::app::App;
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Ctx, Form, Route, SignedIn, get, page_with, post, see_other};
use crate::limit::OWN_PASSWORD;
use crate::password::Whose;

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    ctx: Ctx,
    staff: Staff,
    passkeys: Vec<StoredPasskey>,
    available: bool,
    wrong: bool,
    faults: Faults,
}

#[derive(Default)]
struct Faults {
    wrong: bool,
    password: Option<(&'static str, &'static str)>,
    again: bool,
}

async fn show(visit: SignedIn, State(app): State<App>) -> Answer {
    render(&app, visit, Faults::default(), StatusCode::OK).await
}

async fn render(app: &App, visit: SignedIn, faults: Faults, status: StatusCode) -> Answer {
    let permit = visit.permit_own(Action::ChangeOwnCredentials)?;
    let mut conn = app.store.read().await?;
    let staff = store::staff::find(&mut conn, permit.body(), permit.actor()).await?.ok_or(Refusal::NotFound)?;
    let passkeys = store::passkeys::of(&mut conn, permit.actor()).await?;
    let available = app.passkeys.available();
    page_with(status, Page { ctx: visit.ctx, staff, passkeys, available, wrong: faults.wrong, faults })
}

#[derive(Deserialize)]
struct Change {
    current: String,
    password: String,
    again: String,
}

async fn change_password(visit: SignedIn, State(app): State<App>, Form(change): Form<Change>) -> Answer {
    let permit = visit.permit_own(Action::ChangeOwnCredentials)?;
    app.limiter.take(OWN_PASSWORD, &permit.actor().to_string(), app.now()).map_err(Refusal::TooMany)?;
    let own = [visit.actor.login.as_str(), visit.actor.name.as_str()];
    let faults = Faults {
        wrong: false,
        password: check_password(&change.password, &own).err().map(password_words),
        again: change.password != change.again,
    };
    if faults.password.is_some() || faults.again {
        return render(&app, visit, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let stored = store::credentials::find(&mut *app.store.read().await?, permit.actor()).await?.and_then(|found| found.password);
    if !app.passwords.verify(&change.current, stored.as_deref(), Whose::Known).await? {
        let faults = Faults { wrong: true, ..Faults::default() };
        return render(&app, visit, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let hash = app.passwords.hash(&change.password, app.random()).await?;
    let mut tx = app.write(permit.body()).await?;
    store::credentials::put_password(&mut tx, permit.actor(), &hash).await?;
    store::sign_ins::remove_others(&mut tx, permit.actor(), &visit.sign_in.hash).await?;
    tx.commit(Decision::new((), permit.event(Kind::PASSWORD_CHANGED, &visit.actor.login))).await?;
    Ok(see_other("/account?done=password"))
}

pub(super) fn routes() -> Vec<Route> {
    let own = May(Action::ChangeOwnCredentials);
    vec![get("/account", own, show), post("/account/password", own, change_password)]
}
