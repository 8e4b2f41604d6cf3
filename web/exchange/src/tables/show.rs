//! The page.

use askama::Template;
use axum::extract::{Path, Query, State};
use people::Deed;

use super::draw::{self, Printed};
use super::{Scope, Which, count};
use crate::Exchange;
use crate::Route;
use crate::access;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, SignedIn, get, page};

#[derive(Template)]
#[template(path = "exchange/tables.html")]
struct Page {
    ctx: Ctx,
    case: String,
    subject: String,
    title: String,
    as_of: String,
    scope: &'static str,
    scope_words: String,
    answers: usize,
    interim: bool,
    free: bool,
    looks_after: bool,
    /// For the links to files: this scope again.
    query: String,
    tables: Vec<Printed>,
    years: Option<String>,
    map: Option<String>,
    choices: Vec<(String, String, bool)>,
    prefecture: String,
    prefectures: Vec<(String, &'static str)>,
    body: String,
}

async fn show(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    Query(which): Query<Which>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let counted = count(&app, &mut conn, &visit.actor, access::case_id(&case)?, &which).await?;
    drop(conn);
    if !draw::has_tables(&counted.form) {
        return Err(Refusal::NotFound);
    }
    let ctx = visit.ctx;
    let (scope, prefecture, body) = match counted.scope {
        Scope::Country => ("country", String::new(), String::new()),
        Scope::Prefecture(code) => ("prefecture", code.to_string(), String::new()),
        Scope::Peers(code) => ("peers", String::new(), code.to_string()),
    };
    let query = format!("scope={scope}&prefecture={prefecture}&body={body}");
    page(Page {
        case,
        subject: counted.case.letter.subject.clone(),
        title: format!("{} {}", counted.form.title, counted.form.name.version),
        as_of: counted.form.as_of.to_string(),
        scope,
        scope_words: draw::scope_words(&counted, ctx.lang),
        answers: counted.answers,
        interim: counted.interim,
        free: counted.free,
        looks_after: counted.looks_after,
        query,
        tables: draw::printed(&counted, &ctx),
        years: draw::years(&counted, &ctx),
        map: counted.map.as_ref().map(|map| draw::country(&counted, map, &ctx)),
        choices: draw::choices(&counted, ctx.lang),
        prefecture,
        prefectures: draw::prefectures(),
        body,
        ctx,
    })
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/exchange/cases/{id}/tables", May(Deed::UseExchange), show)]
}
