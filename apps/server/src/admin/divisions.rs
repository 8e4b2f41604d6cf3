//! Divisions (所属): the example of a page with its actions.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Action, BodyCode, Division, DivisionId, Name, Staff, StaffId};
use serde::Deserialize;

use crate::app::{App, Cut};
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Ctx, Form, Nothing, Route, SignedIn, get, page_with, post, see_other};

#[derive(Template)]
#[template(path = "admin/divisions.html")]
struct Page {
    ctx: Ctx,
    divisions: Vec<Division>,
    staff: Vec<Staff>,
    entered: Entered,
    editing: Option<DivisionId>,
    faults: Faults,
}

impl Page {
    fn name_of(&self, id: &Option<StaffId>) -> &str {
        id.and_then(|id| self.staff.iter().find(|staff| staff.id == id)).map_or("", |staff| staff.name.as_str())
    }

    fn is(&self, entered: &str, staff: &Staff) -> bool {
        entered == staff.id.to_string()
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entered {
    code: String,
    name: String,
    superior: String,
    deputy: String,
}

#[derive(Default)]
struct Faults {
    code: bool,
    taken: bool,
    name: bool,
}

async fn show(visit: SignedIn, State(app): State<App>) -> Answer {
    render(&app, visit, None, Entered::default(), Faults::default(), StatusCode::OK).await
}

async fn edit(visit: SignedIn, State(app): State<App>, Path(id): Path<String>) -> Answer {
    let permit = visit.permit(Action::ManageDivisions)?;
    let found = find(&app, permit.body(), &id).await?;
    let text = |id: Option<StaffId>| id.map(|id| id.to_string()).unwrap_or_default();
    let entered =
        Entered { code: found.code, name: found.name.to_string(), superior: text(found.superior), deputy: text(found.deputy) };
    render(&app, visit, Some(found.id), entered, Faults::default(), StatusCode::OK).await
}

async fn add(visit: SignedIn, State(app): State<App>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit(Action::ManageDivisions)?;
    let id = DivisionId(app.random());
    let division = match check(&app, permit.body(), id, &entered).await? {
        Ok(division) => division,
        Err(faults) => return render(&app, visit, None, entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let mut tx = app.write(permit.body()).await?;
    match store::divisions::add(&mut tx, &division).await {
        Err(store::Fault::Conflict) => {
            drop(tx);
            let faults = Faults { taken: true, ..Faults::default() };
            return render(&app, visit, None, entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        other => other?,
    }
    tx.commit(Decision::new((), permit.event(Kind::DIVISION_ADDED, &division.name).with("code", &division.code))).await?;
    Ok(see_other("/admin/divisions?done=added"))
}

async fn change(visit: SignedIn, State(app): State<App>, Path(id): Path<String>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit(Action::ManageDivisions)?;
    let before = find(&app, permit.body(), &id).await?;
    let division = match check(&app, permit.body(), before.id, &entered).await? {
        Ok(division) => division,
        Err(faults) => return render(&app, visit, Some(before.id), entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let mut tx = app.write(permit.body()).await?;
    match store::divisions::change(&mut tx, &division).await {
        Ok(true) => {}
        Ok(false) => return Err(Refusal::NotFound),
        Err(store::Fault::Conflict) => {
            drop(tx);
            let faults = Faults { taken: true, ..Faults::default() };
            return render(&app, visit, Some(before.id), entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        Err(fault) => return Err(fault.into()),
    }
    let event = permit.event(Kind::DIVISION_CHANGED, &division.name).with("code", &division.code).with("before", &before.name);
    tx.commit(Decision::new((), event)).await?;
    cut_former_leads(&app, &before, Some(&division));
    Ok(see_other("/admin/divisions?done=saved"))
}

async fn remove(visit: SignedIn, State(app): State<App>, Path(id): Path<String>, Form(Nothing {}): Form<Nothing>) -> Answer {
    let permit = visit.permit(Action::ManageDivisions)?;
    let division = find(&app, permit.body(), &id).await?;
    let mut tx = app.write(permit.body()).await?;
    if !store::divisions::remove(&mut tx, permit.body(), division.id).await? {
        return Ok(see_other("/admin/divisions?done=in-use"));
    }
    tx.commit(Decision::new((), permit.event(Kind::DIVISION_REMOVED, &division.name).with("code", &division.code))).await?;
    cut_former_leads(&app, &division, None);
    Ok(see_other("/admin/divisions?done=removed"))
}

/// Who led the division and does no more may do less: what is open of theirs is looked at again.
fn cut_former_leads(app: &App, before: &Division, after: Option<&Division>) {
    let leads = |division: &Division| [division.superior, division.deputy];
    let now = after.map(leads).unwrap_or_default();
    let former = leads(before).into_iter().flatten().filter(|one| !now.contains(&Some(*one)));
    former.for_each(|one| app.cut(Cut::Rights(one)));
}

async fn find(app: &App, body: BodyCode, id: &str) -> Result<Division, Refusal> {
    let id: DivisionId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    store::divisions::find(&mut conn, body, id).await?.ok_or(Refusal::NotFound)
}

/// What was entered as a division, or what is wrong with it. People named must be of the body.
async fn check(app: &App, body: BodyCode, id: DivisionId, entered: &Entered) -> Result<Result<Division, Faults>, Refusal> {
    let code = entered.code.trim();
    let code_ok = (1..=20).contains(&code.chars().count()) && code.chars().all(|c| c.is_alphanumeric() || c == '-');
    let name = entered.name.parse::<Name>();
    let (Ok(name), true) = (name.clone(), code_ok) else {
        return Ok(Err(Faults { code: !code_ok, name: name.is_err(), taken: false }));
    };
    let mut conn = app.store.read().await?;
    let mut people = [None, None];
    for (slot, text) in people.iter_mut().zip([&entered.superior, &entered.deputy]) {
        if !text.is_empty() {
            let id: StaffId = text.parse().map_err(|_| Refusal::NotFound)?;
            *slot = Some(store::staff::find(&mut conn, body, id).await?.ok_or(Refusal::NotFound)?.id);
        }
    }
    Ok(Ok(Division { id, body, code: code.to_owned(), name, superior: people[0], deputy: people[1] }))
}

async fn render(
    app: &App,
    visit: SignedIn,
    editing: Option<DivisionId>,
    entered: Entered,
    faults: Faults,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit(Action::ManageDivisions)?;
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, permit.body()).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    page_with(status, Page { ctx: visit.ctx, divisions, staff, entered, editing, faults })
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Action::ManageDivisions);
    vec![
        get("/admin/divisions", manage, show),
        get("/admin/divisions/{id}", manage, edit),
        post("/admin/divisions", manage, add),
        post("/admin/divisions/{id}", manage, change),
        post("/admin/divisions/{id}/remove", manage, remove),
    ]
}
