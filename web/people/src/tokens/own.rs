//! `/account/tokens`: the programs that act, or ask to act, in one's own name. Nothing acts in it
//! before she consents here, with her password; she ends it without asking anybody.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Deed, TokenId};
use serde::Deserialize;
use store::tokens::Token;

use super::made::with_unproved;
use crate::People;
use crate::Route;
use crate::factors::prove;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::Scope;
use kit::http::scope_names as names;
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page_with, post, see_other};
use kit::ports::Proving;

#[derive(Template)]
#[template(path = "own_tokens.html")]
struct Page {
    ctx: Ctx,
    waiting: Vec<Row>,
    rows: Vec<Row>,
    /// The token whose consent was not given for want of the password, and the seconds to wait
    /// after too many tries.
    wrong: Option<(String, Option<u32>)>,
}

impl Page {
    fn wrong(&self, row: &Row) -> bool {
        self.wrong.as_ref().is_some_and(|(id, _)| *id == row.id)
    }

    fn wait(&self) -> Option<u32> {
        self.wrong.as_ref().and_then(|(_, wait)| *wait)
    }
}

struct Row {
    id: String,
    name: String,
    /// Who asked for it.
    by: String,
    created: i64,
    expires: i64,
    used: i64,
    scopes: Vec<&'static str>,
    /// What of it decides in her place.
    decides: Vec<&'static str>,
    /// What of it is done without the proof that a page asks for.
    unproved: Vec<&'static str>,
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    render(&app, visit, None).await
}

#[derive(Deserialize)]
struct Consent {
    password: String,
}

/// Her word, with her password asked for once more: a browser left open consents to nothing.
async fn consent(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(consent): Form<Consent>,
) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let id: TokenId = id.parse().map_err(|_| Refusal::NotFound)?;
    // First whether there is such a token of hers: of somebody else's nothing is said, and no
    // password is tried at what is not there.
    let mine =
        store::tokens::of_staff(&mut *app.store.read().await?, permit.actor(), app.now()).await?;
    mine.iter().find(|token| token.id == id && token.consented == 0).ok_or(Refusal::NotFound)?;
    let address = visit.address();
    let who = Proving { actor: &visit.actor, sign_in: &visit.sign_in.hash, address: &address };
    let tried = prove::password(&app, &app.passwords, who, &consent.password, "consent").await;
    let right = match tried {
        Ok(Some(right)) => right,
        Ok(None) => return render(&app, visit, Some((id.to_string(), None))).await,
        Err(Refusal::TooMany(seconds)) => {
            return render(&app, visit, Some((id.to_string(), Some(seconds)))).await;
        }
        Err(refusal) => return Err(refusal),
    };
    let mut tx = app.write_as(&permit).await?;
    right.holds(&mut tx, permit.actor()).await?;
    let token = store::tokens::consent(&mut tx, permit.actor(), id, app.now())
        .await?
        .ok_or(Refusal::NotFound)?;
    let event = permit
        .event(Kind::API_TOKEN_CONSENTED, &token.name)
        .with("token", token.id)
        .with("for", &visit.actor.login)
        .with("scopes", names(token.scopes).join(" "));
    let event = with_unproved(event, token.scopes);
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/account/tokens?done=token-consented"))
}

/// Ends one, or refuses one that waits.
async fn end(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let id: TokenId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut tx = app.write_as(&permit).await?;
    let mine = store::tokens::of_staff(&mut tx, permit.actor(), app.now()).await?;
    mine.iter().find(|token| token.id == id).ok_or(Refusal::NotFound)?;
    let token = store::tokens::revoke(&mut tx, permit.body(), id, app.now())
        .await?
        .ok_or(Refusal::NotFound)?;
    let event = permit
        .event(Kind::API_TOKEN_REVOKED, &token.name)
        .with("token", token.id)
        .with("for", &visit.actor.login)
        .with("why", if token.consented == 0 { "refused" } else { "owner" });
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/account/tokens?done=token-ended"))
}

async fn render(app: &People, visit: SignedIn, wrong: Option<(String, Option<u32>)>) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let tokens = store::tokens::of_staff(&mut conn, permit.actor(), app.now()).await?;
    let (mut waiting, mut rows) = (Vec::new(), Vec::new());
    for token in tokens {
        let by = match token.asked_by {
            Some(id) => store::staff::find(&mut conn, permit.body(), id)
                .await?
                .map_or(String::new(), |one| one.name.to_string()),
            None => lang.t("サーバーの運用者", "Who runs the server").to_owned(),
        };
        let words = |which: &dyn Fn(Scope) -> bool| -> Vec<&'static str> {
            let all =
                Scope::ALL.into_iter().filter(|scope| scope.is_in(token.scopes) && which(*scope));
            all.map(|scope| {
                let (ja, en) = scope.words();
                lang.t(ja, en)
            })
            .collect()
        };
        let (decides, unproved) = (words(&Scope::decides), words(&Scope::unproved));
        let scopes = words(&|scope| !scope.decides() && !scope.unproved());
        let Token { id, name, created, expires, used, consented, .. } = token;
        let id = id.to_string();
        let row = Row { id, name, by, created, expires, used, scopes, decides, unproved };
        if consented == 0 { waiting.push(row) } else { rows.push(row) }
    }
    drop(conn);
    let status = match &wrong {
        None => StatusCode::OK,
        Some((_, None)) => StatusCode::UNPROCESSABLE_ENTITY,
        Some((_, Some(_))) => StatusCode::TOO_MANY_REQUESTS,
    };
    page_with(status, Page { ctx: visit.ctx, waiting, rows, wrong })
}

pub(super) fn routes() -> Vec<Route> {
    let own = May(Deed::ChangeOwnCredentials);
    vec![
        get("/account/tokens", own, show),
        post("/account/tokens/{id}/consent", own, consent).fresh_at("/account/tokens"),
        post("/account/tokens/{id}/end", own, end).cuts(),
    ]
}
