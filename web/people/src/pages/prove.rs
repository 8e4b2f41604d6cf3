//! `/prove`: the factors once more, before something that asks for them. Forms that are carried are
//! asked by `http/fresh.rs` where they go.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use crate::People;
use crate::Route;
use kit::http::Access::SignedIn as Session;
use kit::http::local;
use kit::http::{Answer, Ask, Form, SignedIn, ask, get, post, see_other};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    next: String,
}

async fn show(visit: SignedIn, State(app): State<People>, Query(asked): Query<Asked>) -> Answer {
    let next = local(&asked.next);
    if visit.fresh().is_ok() {
        return Ok(see_other(&next));
    }
    let fields = vec![("next".to_owned(), next.clone())];
    let asked = Ask { action: "/prove".to_owned(), fields, back: next, ..Ask::default() };
    let mut page = ask(&app, visit, "/prove", asked).await?;
    // It was asked for by itself: no refusal.
    *page.status_mut() = StatusCode::OK;
    Ok(page)
}

/// Reached with a fresh proof only: the route says so.
async fn done(_: SignedIn, Form(asked): Form<Asked>) -> Answer {
    Ok(see_other(&local(&asked.next)))
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/prove", Session, show), post("/prove", Session, done).fresh().cuts()]
}
