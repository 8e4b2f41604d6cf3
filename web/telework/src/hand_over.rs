//! `/telework/handover`: a superior hands over to the deputy for some days. The deputy decides on
//! them, and while the superior is on leave, and not otherwise. Only the superior sets it, in
//! person.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use people::{BodyCode, Deed, Division, Resource};
use serde::Deserialize;
use store::Conn;
use store::telework::{Paper, PaperKind};
use telework::papers::HandOver;
use telework::time::tokyo;

use super::{hex, hex16, moment, names};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page_with, post, see_other};

/// Those that are over, shown; the record holds the rest.
const PAST: usize = 20;

#[derive(Template)]
#[template(path = "telework/handover.html")]
struct Page {
    ctx: Ctx,
    /// Divisions led, each with the name of its deputy.
    led: Vec<(String, Option<String>)>,
    rows: Vec<Row>,
    entered: Entered,
    today: String,
    fault: Fault,
}

/// Why nothing was handed over.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Fault {
    #[default]
    None,
    /// The days are not days, or not to come.
    Days,
    /// There is nobody to hand over to.
    Nobody,
}

struct Row {
    id: String,
    days: String,
    /// Whether it can be ended.
    open: bool,
    removed: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entered {
    from: String,
    to: String,
}

/// Every hand-over of the body that was not ended early.
pub(crate) async fn handed_over(conn: &mut Conn, body: BodyCode) -> store::Result<Vec<HandOver>> {
    let papers = store::telework::papers::<HandOver>(conn, body, PaperKind::HandOver).await?;
    Ok(papers.into_iter().map(|paper| paper.value).filter(|over| !over.removed).collect())
}

/// The divisions this person leads as their superior. A deputy hands nothing over.
async fn led(conn: &mut Conn, visit: &SignedIn) -> Result<Vec<Division>, Refusal> {
    let body = visit.actor.body;
    let all = store::divisions::all(conn, body).await?;
    let mine = |one: &Division| {
        one.superior == Some(visit.actor.id)
            && visit.permit_on(Deed::DecideTelework, Resource::division(body, one.id)).is_ok()
    };
    Ok(all.into_iter().filter(mine).collect())
}

async fn show(visit: SignedIn, State(app): State<Kit>) -> Answer {
    render(&app, visit, Entered::default(), Fault::None).await
}

async fn set(visit: SignedIn, State(app): State<Kit>, Form(entered): Form<Entered>) -> Answer {
    let today = tokyo(moment(app.now())).date();
    let over = match (entered.from.parse::<Date>(), entered.to.parse::<Date>()) {
        (Ok(from), Ok(to)) => Some(HandOver { staff: visit.actor.id, from, to, removed: false }),
        _ => None,
    };
    let Some(over) = over.filter(|over| over.is_valid() && over.to >= today) else {
        return render(&app, visit, entered, Fault::Days).await;
    };
    let mut tx = app.write_as(&visit.actor).await?;
    // Asked inside the write: whoever stopped leading meanwhile hands nothing over.
    let divisions = led(&mut tx, &visit).await?;
    let first = divisions.first().ok_or(Refusal::NotFound)?;
    // To nobody: she would be away believing that somebody decides.
    if divisions.iter().all(|one| one.deputy.is_none()) {
        drop(tx);
        return render(&app, visit, entered, Fault::Nobody).await;
    }
    let permit = visit.permit_on(Deed::DecideTelework, Resource::division(first.body, first.id))?;
    let event = permit
        .event(Kind::HANDED_OVER, &visit.actor.login)
        .with("from", over.from)
        .with("to", over.to);
    let paper = Paper { id: app.random(), staff: Some(visit.actor.id), value: over };
    store::telework::put_paper(&mut tx, permit.body(), PaperKind::HandOver, &paper, app.now())
        .await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/telework/handover?done=handed-over"))
}

async fn end(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let body = visit.actor.body;
    let mut tx = app.write_as(&visit.actor).await?;
    let paper =
        store::telework::find_paper::<HandOver>(&mut tx, body, PaperKind::HandOver, hex16(&id)?)
            .await?;
    let mut paper = paper
        .filter(|one| one.value.staff == visit.actor.id && !one.value.removed)
        .ok_or(Refusal::NotFound)?;
    let first = led(&mut tx, &visit).await?.into_iter().next().ok_or(Refusal::NotFound)?;
    let permit = visit.permit_on(Deed::DecideTelework, Resource::division(first.body, first.id))?;
    paper.value.removed = true;
    store::telework::put_paper(&mut tx, body, PaperKind::HandOver, &paper, app.now()).await?;
    let event = permit
        .event(Kind::HAND_OVER_ENDED, &visit.actor.login)
        .with("from", paper.value.from)
        .with("to", paper.value.to);
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/telework/handover?done=hand-over-ended"))
}

async fn render(app: &Kit, visit: SignedIn, entered: Entered, fault: Fault) -> Answer {
    let body = visit.actor.body;
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let divisions = led(&mut conn, &visit).await?;
    let names = names(&mut conn, body).await?;
    let papers = store::telework::papers_of::<HandOver>(
        &mut conn,
        body,
        PaperKind::HandOver,
        visit.actor.id,
    )
    .await?;
    drop(conn);
    let led = divisions
        .into_iter()
        .map(|one| (one.name.to_string(), one.deputy.and_then(|id| names.get(&id).cloned())))
        .collect();
    let day = |day| visit.ctx.day(&kit::time::start_of(day).unwrap_or_default());
    let rows = papers.into_iter().map(|paper| Row {
        id: hex(paper.id),
        days: [paper.value.from, paper.value.to].map(day).join("〜"),
        open: !paper.value.removed && paper.value.to >= today,
        removed: paper.value.removed,
    });
    let status =
        if fault == Fault::None { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let rows: Vec<Row> = rows.take(PAST).collect();
    page_with(status, Page { led, rows, entered, today: today.to_string(), fault, ctx: visit.ctx })
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::DecideTelework);
    vec![
        get("/telework/handover", may, show),
        post("/telework/handover", may, set),
        post("/telework/handover/{id}/end", may, end),
    ]
}
