//! `/admin/exchange`: which division is which desk.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State as Shared;
use exchange::case::{DESKS, Desks};
use people::{Action as Use, Actor, DivisionId, Resource};

use crate::app::App;
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Ctx, Form, Route, SignedIn, get, page, post, see_other};

#[derive(Template)]
#[template(path = "exchange/desks.html")]
struct Page {
    ctx: Ctx,
    lines: Vec<Line>,
    divisions: Vec<(String, String)>,
    approval: bool,
}

struct Line {
    place: usize,
    name: &'static str,
    division: String,
}

/// The general desk first, then those that can be addressed.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once("").chain(DESKS)
}

async fn show(visit: SignedIn, Shared(app): Shared<App>) -> Answer {
    let permit = visit.permit(Use::ManageExchange)?;
    let mut conn = app.store.read().await?;
    let desks = store::exchange::desks(&mut conn, permit.body()).await?;
    let divisions = store::divisions::all(&mut conn, permit.body()).await?;
    let line = |(place, name): (usize, &'static str)| Line {
        place,
        name: if name.is_empty() {
            visit.ctx.t("すべての窓口（個別の指定がないとき）", "Every desk without one of its own")
        } else {
            name
        },
        division: desks.divisions.get(name).map(DivisionId::to_string).unwrap_or_default(),
    };
    page(Page {
        lines: names().enumerate().map(line).collect(),
        divisions: divisions.into_iter().map(|division| (division.id.to_string(), division.name.to_string())).collect(),
        approval: desks.approval,
        ctx: visit.ctx,
    })
}

async fn save(visit: SignedIn, Shared(app): Shared<App>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let mut given = BTreeMap::new();
    for (place, name) in names().enumerate() {
        let id = field(&format!("desk-{place}"));
        if !id.is_empty() {
            given.insert(name.to_owned(), id.parse::<DivisionId>().map_err(|_| Refusal::NotFound)?);
        }
    }
    change(&app, &visit.actor, given, field("approval") == "yes").await?;
    Ok(see_other("/admin/exchange?done=saved"))
}

/// Says which division is which desk, all at once, and whether answers want an approval inside the office.
pub(crate) async fn change(app: &App, by: &Actor, given: BTreeMap<String, DivisionId>, approval: bool) -> Result<(), Refusal> {
    let permit = by.permit(Use::ManageExchange, Resource::body(by.body))?;
    let mut tx = app.write_as(&permit).await?;
    let mut event = permit.event(Kind::DESKS_CHANGED, permit.body()).with("approval", approval);
    for (name, id) in &given {
        let division = store::divisions::find(&mut tx, permit.body(), *id).await?.ok_or(Refusal::NotFound)?;
        event = event.with("desk", format!("{name}: {}", division.code));
    }
    let desks = Desks { approval, divisions: given };
    store::exchange::put_desks(&mut tx, permit.body(), &desks).await?;
    Ok(tx.commit(Decision::new((), event)).await?)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Use::ManageExchange);
    vec![get("/admin/exchange", may, show), post("/admin/exchange", may, save)]
}
