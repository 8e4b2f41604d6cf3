//! `/telework/takeouts`: what people of one's divisions ask to take out, and what is still out.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::Deed;
use serde::Deserialize;
use telework::papers::TakeoutAction;
use telework::time::tokyo;

use super::words::{Row, row, undecided};
use super::{decide_now, led};
use crate::Route;
use crate::typed::text;
use crate::{hex16, moment};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, SignedIn, get, page_with, post, see_other};

/// Settled ones shown; the record holds the rest.
const PAST: usize = 50;

#[derive(Template)]
#[template(path = "telework/takeouts.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    past: Vec<Row>,
    fault: Option<String>,
    /// A reason that was typed and not used: of which request, and what.
    typed: (String, String),
}

impl Page {
    fn why_of(&self, id: &str) -> &str {
        if self.typed.0 == id { &self.typed.1 } else { "" }
    }
}

async fn show(visit: SignedIn, State(app): State<Kit>) -> Answer {
    render(&app, visit, None, Default::default()).await
}

#[derive(Deserialize)]
struct Word {
    act: String,
    #[serde(default)]
    why: String,
}

async fn decide(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Answer {
    let action = match word.act.as_str() {
        "permit" => TakeoutAction::Permit,
        "refuse" => TakeoutAction::Refuse,
        "settle" => TakeoutAction::Settle,
        _ => return Err(Refusal::Malformed("act")),
    };
    let why = text(&word.why);
    match decide_now(&app, &visit.actor, hex16(&id)?, (action, &why)).await? {
        None => Ok(see_other("/telework/takeouts?done=saved")),
        Some(fault) => {
            let words = undecided(visit.ctx.lang, &fault).message;
            render(&app, visit, Some(words), (id, word.why)).await
        }
    }
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    fault: Option<String>,
    typed: (String, String),
) -> Answer {
    let (lang, me) = (visit.ctx.lang, visit.actor.id);
    let today = tokyo(moment(app.now())).date();
    let found = led(&mut *app.store.read().await?, &visit.actor, app.now()).await?;
    let mut rows = Vec::new();
    let mut past = Vec::new();
    for (one, paper, possible) in &found {
        let who = (one.name.to_string(), one.id == me);
        let row = row(lang, paper.id, &paper.value, who, possible, today);
        if paper.value.is_past() { past.push(row) } else { rows.push(row) }
    }
    past.truncate(PAST);
    // Decided meanwhile: there is no form any more that would take the words.
    let open = rows.iter().any(|row: &Row| row.id == typed.0 && (row.permit || row.settle));
    let status = match fault {
        None => StatusCode::OK,
        Some(_) if open => StatusCode::UNPROCESSABLE_ENTITY,
        Some(_) => StatusCode::CONFLICT,
    };
    page_with(status, Page { rows, past, fault, typed, ctx: visit.ctx })
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::DecideTelework);
    vec![get("/telework/takeouts", may, show), post("/telework/takeouts/{id}/decide", may, decide)]
}
