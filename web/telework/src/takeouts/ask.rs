//! `/telework/things`: one's own things and papers: what was lent to one, and asking to take
//! information out.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::Deed;
use store::telework::PaperKind;
use telework::papers::Takeout;
use telework::time::tokyo;

use super::words::{Row, row, unasked};
use super::{Unread, Wanted, ask_now, bring_back};
use crate::Route;
use crate::{hex16, loans, moment};
use kit::Kit;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page_with, post, see_other};

#[derive(Template)]
#[template(path = "telework/things.html")]
struct Page {
    ctx: Ctx,
    loans: Vec<loans::Own>,
    devices: Vec<(String, String)>,
    takeouts: Vec<Row>,
    entered: BTreeMap<String, String>,
    fault: Option<String>,
}

impl Page {
    fn text(&self, name: &str) -> &str {
        self.entered.get(name).map_or("", String::as_str)
    }
}

async fn show(visit: SignedIn, State(app): State<Kit>) -> Answer {
    let today = tokyo(moment(app.now())).date().to_string();
    let entered = [("from".to_owned(), today.clone()), ("until".to_owned(), today)].into();
    render(&app, visit, entered, None).await
}

async fn ask(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(entered): Form<BTreeMap<String, String>>,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let fault = match read(&entered) {
        Ok(wanted) => ask_now(&app, &permit, &visit.actor.login, wanted).await?,
        Err(fault) => Some(fault),
    };
    let Some(fault) = fault else { return Ok(see_other("/telework/things?done=telework-asked")) };
    let words = unasked(visit.ctx.lang, fault).message;
    render(&app, visit, entered, Some(words)).await
}

/// What the form says.
fn read(entered: &BTreeMap<String, String>) -> Result<Wanted, Unread> {
    let text = |name: &str| entered.get(name).cloned().unwrap_or_default();
    let on = |name: &str| entered.get(name).is_some_and(|value| value == "yes");
    let (from, until) = Wanted::period(&text("from"), &text("until"))?;
    Ok(Wanted {
        what: text("what"),
        why: text("why"),
        personal: on("personal"),
        specific_personal: on("specific_personal"),
        from,
        until,
    })
}

async fn give_back(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    bring_back(&app, &permit, &visit.actor.login, hex16(&id)?).await?;
    Ok(see_other("/telework/things?done=saved"))
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    entered: BTreeMap<String, String>,
    fault: Option<String>,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let (body, me, lang) = (permit.body(), permit.actor(), visit.ctx.lang);
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let loans = loans::own(&mut conn, &visit.permit_own(Deed::SeeLoans)?, lang, today).await?;
    let devices = store::devices::of_staff(&mut conn, body, me).await?;
    let papers =
        store::telework::papers_of::<Takeout>(&mut conn, body, PaperKind::Takeout, me).await?;
    drop(conn);
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = Page {
        loans,
        devices: devices
            .iter()
            .filter(|one| one.revoked == 0)
            .map(|one| (one.id.to_string(), one.name.clone()))
            .collect(),
        takeouts: papers
            .iter()
            .take(100)
            .map(|paper| {
                let possible = paper.value.possible(&permit);
                row(lang, paper.id, &paper.value, (String::new(), true), &possible, today)
            })
            .collect(),
        entered,
        fault,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::AskForTelework);
    vec![
        get("/telework/things", may, show),
        post("/telework/takeouts", may, ask),
        post("/telework/takeouts/{id}/return", may, give_back),
    ]
}
