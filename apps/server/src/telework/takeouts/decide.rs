//! `/telework/takeouts`: what people of one's divisions ask to take out, and what is still out.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use people::{Action, Resource};
use serde::Deserialize;
use store::telework::PaperKind;
use telework::papers::{Takeout, TakeoutState};
use telework::time::tokyo;

use super::{Row, fault, row};
use crate::app::App;
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Ctx, Form, Route, SignedIn, get, page_with, post, see_other};
use crate::telework::{hex16, moment};

/// Settled ones shown; the record holds the rest.
const PAST: usize = 50;

#[derive(Template)]
#[template(path = "telework/takeouts.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    past: Vec<Row>,
    fault: Option<&'static str>,
}

async fn show(visit: SignedIn, Shared(app): Shared<App>) -> Answer {
    render(&app, visit, None).await
}

#[derive(Deserialize)]
struct Word {
    act: String,
    #[serde(default)]
    why: String,
}

async fn decide(visit: SignedIn, Shared(app): Shared<App>, Path(id): Path<String>, Form(word): Form<Word>) -> Answer {
    let body = visit.actor.body;
    let today = tokyo(moment(app.now())).date();
    let mut tx = app.write(body).await?;
    let found = store::telework::find_paper::<Takeout>(&mut tx, body, PaperKind::Takeout, hex16(&id)?).await?;
    let mut paper = found.ok_or(Refusal::NotFound)?;
    let person = store::staff::find(&mut tx, body, paper.value.staff).await?.ok_or(Refusal::NotFound)?;
    // Somebody of a division the actor does not lead is as if she were not there.
    let division = person.division.ok_or(Refusal::NotFound)?;
    let permit = visit.permit_on(Action::DecideTelework, Resource::division(body, division))?;
    let (kind, decided) = match word.act.as_str() {
        "permit" => (Kind::TAKEOUT_DECIDED, paper.value.permit(permit.actor())),
        "refuse" => {
            let why: String = word.why.trim().chars().take(400).collect();
            (Kind::TAKEOUT_DECIDED, paper.value.refuse(permit.actor(), &why))
        }
        "settle" => (Kind::TAKEOUT_SETTLED, paper.value.settle(permit.actor(), today)),
        _ => return Err(Refusal::Malformed("act")),
    };
    paper.value = match decided {
        Ok(decided) => decided,
        Err(found) => {
            drop(tx);
            let words = fault(visit.ctx.lang, found);
            return render(&app, visit, Some(words)).await;
        }
    };
    store::telework::put_paper(&mut tx, body, PaperKind::Takeout, &paper, app.now()).await?;
    let event = permit.event(kind, &person.login).with("act", &word.act).with("what", &paper.value.what).with("why", &word.why);
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/telework/takeouts?done=saved"))
}

async fn render(app: &App, visit: SignedIn, fault: Option<&'static str>) -> Answer {
    let (body, lang, me) = (visit.actor.body, visit.ctx.lang, visit.actor.id);
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let mut staff = store::staff::all(&mut conn, body).await?;
    let papers = store::telework::papers::<Takeout>(&mut conn, body, PaperKind::Takeout).await?;
    drop(conn);
    staff.retain(|one| {
        one.division.is_some_and(|division| visit.permit_on(Action::DecideTelework, Resource::division(body, division)).is_ok())
    });
    let mut rows = Vec::new();
    let mut past = Vec::new();
    for paper in &papers {
        let Some(one) = staff.iter().find(|one| one.id == paper.value.staff) else { continue };
        let row = row(lang, paper.id, &paper.value, one.name.to_string(), one.id == me, today);
        match paper.value.state {
            TakeoutState::Refused { .. } | TakeoutState::Settled { .. } => past.push(row),
            _ => rows.push(row),
        }
    }
    past.truncate(PAST);
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page_with(status, Page { rows, past, fault, ctx: visit.ctx })
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Action::DecideTelework);
    vec![get("/telework/takeouts", may, show), post("/telework/takeouts/{id}/decide", may, decide)]
}
