//! The list of PCs, and the page of one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Assignment, AssignmentId, Deed, Name, Pc, PcId, Permit, Staff, StaffId, StaffState};
use serde::Deserialize;

use super::act;
use super::command::{Assign, NotAssigned};
use crate::People;
use crate::Route;
use crate::admin::undone::Undone;
use crate::agents::PcState;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen};
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page, page_with, post, see_other};
use kit::time;

struct Row {
    pc: Pc,
    agent: String,
    state: PcState,
    people: usize,
}

#[derive(Template)]
#[template(path = "admin/pcs.html")]
struct ListPage {
    ctx: Ctx,
    rows: Vec<Row>,
    ending: Vec<(Assignment, String, String)>,
}

#[derive(Template)]
#[template(path = "admin/pc.html")]
struct PcPage {
    ctx: Ctx,
    pc: Pc,
    agent: String,
    assignments: Vec<(Assignment, String)>,
    staff: Vec<Staff>,
    entered: Entered,
    today: String,
    manage: bool,
    /// What stands now, for the field that comes back.
    seen: String,
    faults: Faults,
    state: PcState,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entered {
    login: String,
    from: String,
    until: String,
    /// A name that was typed and not kept, and what its form showed.
    #[serde(skip)]
    name: Option<(String, String)>,
}

#[derive(Default)]
struct Faults {
    /// What somebody else changed since the form was shown.
    changed: Changed,
    login: bool,
    period: bool,
    name: bool,
}

async fn list(visit: SignedIn, State(app): State<People>) -> Answer {
    let permit = visit.permit(Deed::SeePcs)?;
    let mut conn = app.store.read().await?;
    let pcs = store::pcs::all(&mut conn, permit.body()).await?;
    let agents = store::agents::all(&mut conn, permit.body()).await?;
    let assignments = store::assignments::all(&mut conn, permit.body()).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    let now = app.now();
    let rows: Vec<Row> = pcs
        .iter()
        .map(|pc| Row {
            agent: agents
                .iter()
                .find(|agent| agent.id == pc.agent)
                .map(|agent| agent.name.clone())
                .unwrap_or_default(),
            state: app.hub.state(pc.agent, &pc.target),
            people: assignments.iter().filter(|one| one.pc == pc.id && one.holds(now)).count(),
            pc: pc.clone(),
        })
        .collect();
    // What ends within thirty days is to be looked at again (NOREN-G2).
    let soon = now + 30 * 86_400_000;
    let ending = assignments
        .into_iter()
        .filter(|one| one.holds(now) && one.until <= soon)
        .filter_map(|one| {
            let person = staff.iter().find(|staff| staff.id == one.staff)?.name.to_string();
            let pc = pcs.iter().find(|pc| pc.id == one.pc)?.name.to_string();
            Some((one, person, pc))
        })
        .collect();
    page(ListPage { ctx: visit.ctx, rows, ending })
}

async fn show(visit: SignedIn, State(app): State<People>, Path(id): Path<String>) -> Answer {
    let (_, pc) = find(&app, &visit, Deed::SeePcs, &id).await?;
    render(&app, visit, pc, Entered::default(), Faults::default(), StatusCode::OK).await
}

#[derive(Deserialize)]
struct NewName {
    name: String,
    /// What the form showed.
    #[serde(default)]
    seen: String,
}

async fn rename(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(new): Form<NewName>,
) -> Answer {
    let (permit, pc) = find(&app, &visit, Deed::ManagePcs, &id).await?;
    let Ok(name) = new.name.parse::<Name>() else {
        let faults = Faults { name: true, ..Faults::default() };
        let entered = Entered { name: Some((new.name, new.seen)), ..Entered::default() };
        return render(&app, visit, pc, entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let seen = (pc.id, visit.ctx.lang, Seen::Form(&new.seen));
    match act::rename(&app, &permit, seen, &name).await {
        Ok(()) => Ok(see_other(&format!("/admin/pcs/{}?done=saved", pc.id))),
        Err(Undone::Changed(changed)) => {
            // The name that stands now is shown in the heading, what was typed in the field.
            let (_, pc) = find(&app, &visit, Deed::ManagePcs, &id).await?;
            let faults = Faults { changed, ..Faults::default() };
            let entered = Entered { name: Some((new.name, new.seen)), ..Entered::default() };
            render(&app, visit, pc, entered, faults, StatusCode::CONFLICT).await
        }
        Err(Undone::Other(refusal)) => Err(refusal),
    }
}

async fn stop(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, id) = (visit.permit(Deed::ManagePcs)?, pc_id(&id)?);
    act::stop(&app, &permit, id).await?;
    Ok(see_other(&format!("/admin/pcs/{id}?done=suspended")))
}

async fn resume(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, id) = (visit.permit(Deed::ManagePcs)?, pc_id(&id)?);
    act::resume(&app, &permit, id).await?;
    Ok(see_other(&format!("/admin/pcs/{id}?done=resumed")))
}

async fn assign(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(entered): Form<Entered>,
) -> Answer {
    let (permit, pc) = find(&app, &visit, Deed::ManagePcs, &id).await?;
    let done = match Assign::read(&entered.login, &entered.from, &entered.until) {
        Ok(asked) => match act::assign(&app, &permit, pc.id, &asked).await {
            Ok(()) => Ok(()),
            Err(Undone::Faulty(wrong)) => Err(vec![wrong]),
            Err(Undone::Other(refusal)) => return Err(refusal),
            Err(Undone::Changed(_)) => return Err(Refusal::Conflict("changed")),
        },
        Err(wrong) => Err(wrong),
    };
    match done {
        Ok(()) => Ok(see_other(&format!("/admin/pcs/{}?done=assigned", pc.id))),
        Err(wrong) => {
            let faults = Faults {
                login: wrong.contains(&NotAssigned::Login),
                period: wrong.contains(&NotAssigned::Period),
                ..Faults::default()
            };
            render(&app, visit, pc, entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

async fn unassign(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManagePcs)?;
    let id: AssignmentId = id.parse().map_err(|_| Refusal::NotFound)?;
    let pc = act::unassign(&app, &permit, id).await?;
    Ok(see_other(&format!("/admin/pcs/{pc}?done=unassigned")))
}

fn pc_id(text: &str) -> Result<PcId, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

async fn find(
    app: &People,
    visit: &SignedIn,
    deed: Deed,
    id: &str,
) -> Result<(Permit, Pc), Refusal> {
    let (permit, id) = (visit.permit(deed)?, pc_id(id)?);
    let mut conn = app.store.read().await?;
    let pc = store::pcs::find(&mut conn, permit.body(), id).await?.ok_or(Refusal::NotFound)?;
    Ok((permit, pc))
}

async fn render(
    app: &People,
    visit: SignedIn,
    pc: Pc,
    mut entered: Entered,
    faults: Faults,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit(Deed::SeePcs)?;
    let mut conn = app.store.read().await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    let name = |id: StaffId| {
        staff
            .iter()
            .find(|staff| staff.id == id)
            .map(|staff| format!("{}（{}）", staff.name, staff.login))
            .unwrap_or_default()
    };
    let assignments = store::assignments::of_pc(&mut conn, permit.body(), pc.id)
        .await?
        .into_iter()
        .map(|one| (one.clone(), name(one.staff)))
        .collect();
    let agent = store::agents::find(&mut conn, permit.body(), pc.agent)
        .await?
        .map(|agent| agent.name)
        .unwrap_or_default();
    let today = time::civil(app.now()).date().to_string();
    if entered.from.is_empty() {
        entered.from.clone_from(&today);
        // To the end of the fiscal year: the usual length of a permission.
        let date = time::civil(app.now()).date();
        let year = if date.month() > 3 { date.year() + 1 } else { date.year() };
        entered.until = format!("{year:04}-03-31");
    }
    let manage = visit.permit(Deed::ManagePcs).is_ok();
    let posted = entered.name.as_ref().map(|(_, seen)| seen.as_str());
    let seen = faults.changed.seen(posted, &act::shown(visit.ctx.lang, &pc));
    let state = app.hub.state(pc.agent, &pc.target);
    let view = PcPage {
        ctx: visit.ctx,
        pc,
        agent,
        assignments,
        staff,
        entered,
        today,
        manage,
        seen,
        faults,
        state,
    };
    page_with(status, view)
}

pub(in crate::admin) fn routes() -> Vec<Route> {
    let (see, manage) = (May(Deed::SeePcs), May(Deed::ManagePcs));
    vec![
        get("/admin/pcs", see, list),
        get("/admin/pcs/{id}", see, show),
        post("/admin/pcs/{id}/name", manage, rename),
        post("/admin/pcs/{id}/stop", manage, stop).cuts(),
        post("/admin/pcs/{id}/resume", manage, resume).fresh(),
        post("/admin/pcs/{id}/assign", manage, assign),
        post("/admin/assignments/{id}/remove", manage, unassign).cuts(),
    ]
}
