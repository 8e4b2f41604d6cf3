//! `/telework/things`: one's own things and papers: what was lent to one, and asking to take
//! information out.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Actor, Deed, Permit};
use store::telework::{Paper, PaperKind};
use telework::papers::{Takeout, TakeoutFault, TakeoutState};
use telework::time::tokyo;

use super::{Row, fault, row};
use crate::Route;
use crate::{hex16, loans, moment};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, Nothing, SignedIn, get, page_with, post, see_other};

/// Longest text, characters.
const TEXT: usize = 400;

#[derive(Template)]
#[template(path = "telework/things.html")]
struct Page {
    ctx: Ctx,
    loans: Vec<(loans::Row, String)>,
    devices: Vec<(String, String)>,
    takeouts: Vec<Row>,
    entered: BTreeMap<String, String>,
    fault: Option<&'static str>,
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
    let text = |name: &str| entered.get(name).cloned().unwrap_or_default();
    let on = |name: &str| entered.get(name).is_some_and(|value| value == "yes");
    let wanted = Wanted {
        what: text("what"),
        why: text("why"),
        personal: on("personal"),
        specific_personal: on("specific_personal"),
        from: text("from"),
        until: text("until"),
    };
    match ask_now(&app, &permit, &visit.actor, visit.ctx.lang, &wanted).await? {
        Ok(()) => Ok(see_other("/telework/things?done=telework-asked")),
        Err(words) => render(&app, visit, entered, Some(words)).await,
    }
}

/// What somebody wants to take out.
pub(crate) struct Wanted {
    pub(crate) what: String,
    pub(crate) why: String,
    pub(crate) personal: bool,
    pub(crate) specific_personal: bool,
    pub(crate) from: String,
    pub(crate) until: String,
}

/// Asks for it; or why not.
pub(crate) async fn ask_now(
    app: &Kit,
    permit: &Permit,
    actor: &Actor,
    lang: Lang,
    wanted: &Wanted,
) -> Result<Result<(), &'static str>, Refusal> {
    let text = |text: &str| text.trim().chars().take(TEXT).collect::<String>();
    let (Ok(from), Ok(until)) =
        (wanted.from.trim().parse::<Date>(), wanted.until.trim().parse::<Date>())
    else {
        return Ok(Err(fault(lang, TakeoutFault::Period)));
    };
    let mut takeout = Takeout {
        staff: permit.actor(),
        division: None,
        what: text(&wanted.what),
        why: text(&wanted.why),
        personal: wanted.personal,
        specific_personal: wanted.specific_personal,
        from,
        until,
        state: TakeoutState::Requested,
    };
    if let Err(found) = takeout.check() {
        return Ok(Err(fault(lang, found)));
    }
    let event = permit
        .event(Kind::TAKEOUT_ASKED, &actor.login)
        .with("from", takeout.from)
        .with("until", takeout.until)
        .with("personal", takeout.personal)
        .with("what", &takeout.what);
    let mut tx = app.write_as(&permit).await?;
    takeout.division = store::staff::find(&mut tx, permit.body(), permit.actor())
        .await?
        .and_then(|one| one.division);
    let paper = Paper { id: app.random(), staff: Some(permit.actor()), value: takeout };
    store::telework::put_paper(&mut tx, permit.body(), PaperKind::Takeout, &paper, app.now())
        .await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(()))
}

async fn give_back(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    bring_back(&app, &permit, &visit.actor, &id).await?;
    Ok(see_other("/telework/things?done=saved"))
}

/// She says that it is back or destroyed.
pub(crate) async fn bring_back(
    app: &Kit,
    permit: &Permit,
    actor: &Actor,
    id: &str,
) -> Result<(), Refusal> {
    let mut tx = app.write_as(&permit).await?;
    let found = store::telework::find_paper::<Takeout>(
        &mut tx,
        permit.body(),
        PaperKind::Takeout,
        hex16(id)?,
    )
    .await?;
    let mut paper =
        found.filter(|paper| paper.value.staff == permit.actor()).ok_or(Refusal::NotFound)?;
    paper.value = paper
        .value
        .give_back(tokyo(moment(app.now())).date())
        .map_err(|_| Refusal::Conflict("changed"))?;
    store::telework::put_paper(&mut tx, permit.body(), PaperKind::Takeout, &paper, app.now())
        .await?;
    let event = permit
        .event(Kind::TAKEOUT_SETTLED, &actor.login)
        .with("what", &paper.value.what)
        .with("said", "returned");
    tx.commit(Decision::new((), event)).await?;
    Ok(())
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    entered: BTreeMap<String, String>,
    fault: Option<&'static str>,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let (body, me, lang) = (permit.body(), permit.actor(), visit.ctx.lang);
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let loans = loans::own(&mut conn, body, me, lang, today).await?;
    let devices = store::devices::of_staff(&mut conn, body, me).await?;
    let papers =
        store::telework::papers_of::<Takeout>(&mut conn, body, PaperKind::Takeout, me).await?;
    drop(conn);
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
            .map(|paper| row(lang, paper.id, &paper.value, String::new(), true, today))
            .collect(),
        entered,
        fault,
        ctx: visit.ctx,
    };
    page_with(if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, view)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::AskForTelework);
    vec![
        get("/telework/things", may, show),
        post("/telework/takeouts", may, ask),
        post("/telework/takeouts/{id}/return", may, give_back),
    ]
}
