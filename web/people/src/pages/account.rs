//! One's own account: password, passkeys, and who one is here.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use people::{Deed, Staff, check_password};
use serde::Deserialize;
use store::passkeys::StoredPasskey;

use super::activate::password_words;
use super::sign_ins::{self, Row};
use crate::People;
use crate::Route;
use crate::factors::prove;
use kit::Cut;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, SignedIn, get, page_with, post, see_other};
use kit::ports::Proving;

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    ctx: Ctx,
    staff: Staff,
    passkeys: Vec<StoredPasskey>,
    /// Programs in her name: those that wait for her consent, and all.
    tokens: (usize, usize),
    available: bool,
    /// Where this person is signed in.
    sign_ins: Vec<Row>,
    /// The last proof of the factors is recent: keys can be changed now.
    fresh: bool,
    wrong: bool,
    keep: bool,
    faults: Faults,
}

#[derive(Default)]
struct Faults {
    wrong: bool,
    /// Seconds to wait after too many tries.
    wait: Option<u32>,
    /// What was chosen for the other sign-ins stays chosen.
    keep: bool,
    password: Option<(&'static str, &'static str)>,
    again: bool,
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    render(&app, visit, Faults::default(), StatusCode::OK).await
}

async fn render(app: &People, visit: SignedIn, faults: Faults, status: StatusCode) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let mut conn = app.store.read().await?;
    let staff = store::staff::find(&mut conn, permit.body(), permit.actor())
        .await?
        .ok_or(Refusal::NotFound)?;
    let passkeys = store::passkeys::of(&mut conn, permit.actor()).await?;
    let tokens = store::tokens::of_staff(&mut conn, permit.actor(), app.now()).await?;
    let tokens = (tokens.iter().filter(|token| token.consented == 0).count(), tokens.len());
    let available = app.passkeys.available();
    let (sign_ins, fresh) =
        (sign_ins::rows(&mut conn, &visit, app.now()).await?, visit.fresh().is_ok());
    let (wrong, keep) = (faults.wrong, faults.keep);
    page_with(
        status,
        Page {
            ctx: visit.ctx,
            staff,
            passkeys,
            tokens,
            available,
            sign_ins,
            fresh,
            wrong,
            keep,
            faults,
        },
    )
}

#[derive(Deserialize)]
struct Change {
    current: String,
    password: String,
    again: String,
    /// `no`: the other sign-ins and what is open stay. Whatever else, or nothing, ends them.
    #[serde(default)]
    end: String,
}

async fn change_password(
    visit: SignedIn,
    State(app): State<People>,
    Form(change): Form<Change>,
) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let own = [visit.actor.login.as_str(), visit.actor.name.as_str()];
    let keep = change.end == "no";
    let faults = Faults {
        wrong: false,
        wait: None,
        keep,
        password: check_password(&change.password, &own).err().map(password_words),
        again: change.password != change.again,
    };
    if faults.password.is_some() || faults.again {
        return render(&app, visit, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let address = visit.address();
    let who = Proving { actor: &visit.actor, sign_in: &visit.sign_in.hash, address: &address };
    let right = match prove::password(&app, &app.passwords, who, &change.current, "password").await
    {
        Ok(Some(right)) => right,
        Ok(None) => {
            let faults = Faults { wrong: true, keep, ..Faults::default() };
            return render(&app, visit, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        Err(Refusal::TooMany(seconds)) => {
            let faults = Faults { wait: Some(seconds), keep, ..Faults::default() };
            return render(&app, visit, faults, StatusCode::TOO_MANY_REQUESTS).await;
        }
        Err(refusal) => return Err(refusal),
    };
    let hash = app.passwords.hash(&change.password, app.random()).await?;
    let mut tx = app.write_as(&permit).await?;
    right.holds(&mut tx, permit.actor()).await?;
    store::credentials::put_password(&mut tx, permit.actor(), &hash).await?;
    let event = permit.event(Kind::PASSWORD_CHANGED, &visit.actor.login);
    if keep {
        tx.commit(Decision::new((), event.with("others", "kept"))).await?;
        return Ok(see_other("/account?done=password-kept"));
    }
    let ended =
        store::sign_ins::remove_others(&mut tx, permit.actor(), &visit.sign_in.hash).await?;
    tx.commit(Decision::new((), event.with("others", "ended").with("count", ended))).await?;
    app.cut(Cut::Person(permit.actor()));
    Ok(see_other("/account?done=password"))
}

pub(super) fn routes() -> Vec<Route> {
    let own = May(Deed::ChangeOwnCredentials);
    vec![
        get("/account", own, show),
        post("/account/password", own, change_password).fresh_at("/account"),
    ]
}
