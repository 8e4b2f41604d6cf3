//! `/telework/takeouts`: what people of one's divisions ask to take out, and what is still out.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Actor, Deed, DivisionId, Resource, Staff};
use serde::Deserialize;
use store::telework::PaperKind;
use telework::papers::{Takeout, TakeoutState};
use telework::request::Denied;
use telework::time::tokyo;

use super::{Row, fault, row};
use crate::Route;
use crate::acts::not_away;
use crate::{hex16, moment};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, get, page_with, post, see_other};

/// Settled ones shown; the record holds the rest.
const PAST: usize = 50;

#[derive(Template)]
#[template(path = "telework/takeouts.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    past: Vec<Row>,
    fault: Option<&'static str>,
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
    match decide_now(&app, &visit.actor, visit.ctx.lang, &id, &word.act, &word.why).await? {
        Ok(()) => Ok(see_other("/telework/takeouts?done=saved")),
        Err(words) => render(&app, visit, Some(words), (id, word.why)).await,
    }
}

/// `permit`, `refuse` or `settle`, by the superior of whoever asked; or why not.
pub(crate) async fn decide_now(
    app: &Kit,
    actor: &Actor,
    lang: Lang,
    id: &str,
    act: &str,
    why: &str,
) -> Result<Result<(), &'static str>, Refusal> {
    let body = actor.body;
    let today = tokyo(moment(app.now())).date();
    let why: String = why.trim().chars().take(400).collect();
    let mut tx = app.write_as(actor).await?;
    let found =
        store::telework::find_paper::<Takeout>(&mut tx, body, PaperKind::Takeout, hex16(id)?)
            .await?;
    let mut paper = found.ok_or(Refusal::NotFound)?;
    let person =
        store::staff::find(&mut tx, body, paper.value.staff).await?.ok_or(Refusal::NotFound)?;
    // Somebody of a division the actor does not lead is as if she were not there.
    let division = asked_of(&paper.value, &person).ok_or(Refusal::NotFound)?;
    let permit = actor.permit(Deed::DecideTelework, Resource::division(body, division))?;
    let whole = store::divisions::find(&mut tx, body, division).await?.ok_or(Refusal::NotFound)?;
    match not_away(&mut tx, &whole, permit.actor(), person.id, app.now()).await? {
        None => {}
        Some(Denied::NoSuperior) => {
            return Ok(Err(lang.t(
                "所属長が決まっていないため、代理は決裁できません。人事担当が所属長を決めると、決裁できるようになります。",
                "The division has no superior, so its deputy decides nothing. HR names a superior \
                 first.",
            )));
        }
        Some(_) => {
            return Ok(Err(lang.t(
                "所属長が在席しているため、代理は決裁できません。所属長の休暇・休職の間か、所属長が引き継ぎを設定した日に決裁できます。",
                "The superior is there. A deputy decides while the superior is on leave, or on \
                 days handed over.",
            )));
        }
    }
    let (kind, decided) = match act {
        "permit" => (Kind::TAKEOUT_DECIDED, paper.value.permit(permit.actor())),
        "refuse" => (Kind::TAKEOUT_DECIDED, paper.value.refuse(permit.actor(), &why)),
        "settle" => (Kind::TAKEOUT_SETTLED, paper.value.settle(permit.actor(), today)),
        _ => return Err(Refusal::Malformed("act")),
    };
    paper.value = match decided {
        Ok(decided) => decided,
        Err(found) => return Ok(Err(fault(lang, found))),
    };
    store::telework::put_paper(&mut tx, body, PaperKind::Takeout, &paper, app.now()).await?;
    let event = permit
        .event(kind, &person.login)
        .with("act", act)
        .with("what", &paper.value.what)
        .with("why", why);
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(()))
}

/// The division that decides: the one it was asked of, whoever moved her since. What was permitted
/// is seen to be back where she is now.
fn asked_of(takeout: &Takeout, person: &Staff) -> Option<DivisionId> {
    let asked = takeout.division.filter(|_| takeout.state == TakeoutState::Requested);
    asked.or(person.division)
}

/// Those that are the actor's to decide, and to see back: identity, who, what.
pub(crate) async fn led(
    conn: &mut store::Conn,
    actor: &Actor,
) -> Result<Vec<(people::Staff, store::telework::Paper<Takeout>)>, Refusal> {
    let body = actor.body;
    let staff = store::staff::all(conn, body).await?;
    let leads =
        |division| actor.permit(Deed::DecideTelework, Resource::division(body, division)).is_ok();
    let papers = store::telework::papers::<Takeout>(conn, body, PaperKind::Takeout).await?;
    let of = |id| staff.iter().find(|one| one.id == id).cloned();
    let found = papers.into_iter().filter_map(|paper| Some((of(paper.value.staff)?, paper)));
    Ok(found.filter(|(one, paper)| asked_of(&paper.value, one).is_some_and(leads)).collect())
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    fault: Option<&'static str>,
    typed: (String, String),
) -> Answer {
    let (lang, me) = (visit.ctx.lang, visit.actor.id);
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let found = led(&mut conn, &visit.actor).await?;
    drop(conn);
    let mut rows = Vec::new();
    let mut past = Vec::new();
    for (one, paper) in &found {
        let row = row(lang, paper.id, &paper.value, one.name.to_string(), one.id == me, today);
        match paper.value.state {
            TakeoutState::Refused { .. } | TakeoutState::Settled { .. } => past.push(row),
            _ => rows.push(row),
        }
    }
    past.truncate(PAST);
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page_with(status, Page { rows, past, fault, typed, ctx: visit.ctx })
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::DecideTelework);
    vec![get("/telework/takeouts", may, show), post("/telework/takeouts/{id}/decide", may, decide)]
}
