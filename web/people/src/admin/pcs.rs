//! PCs and who may use them (NOREN-G1, NOREN-G2, NOREN-G10, NOREN-R22).

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{
    Assignment, AssignmentId, Deed, Login, Name, Pc, PcId, Permit, Staff, StaffId, StaffState,
};
use serde::Deserialize;

use crate::People;
use crate::Route;
use crate::agents::PcState;
use kit::Cut;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::Answer;
use kit::http::Ctx;
use kit::http::Form;
use kit::http::Lang;
use kit::http::Nothing;
use kit::http::SignedIn;
use kit::http::get;
use kit::http::page;
use kit::http::page_with;
use kit::http::post;
use kit::http::see_other;
use kit::http::seen::Changed;
use kit::http::seen::Seen;
use kit::http::seen::Shown;
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
    let mut tx = app.write_as(&permit).await?;
    let pc = store::pcs::find(&mut tx, permit.body(), pc.id).await?.ok_or(Refusal::NotFound)?;
    let changed = shown(visit.ctx.lang, &pc).unseen(visit.ctx.lang, Seen::Form(&new.seen));
    if !changed.is_empty() {
        drop(tx);
        // The name that stands now is shown in the heading, what was typed in the field.
        let faults = Faults { changed, ..Faults::default() };
        let entered = Entered { name: Some((new.name, new.seen)), ..Entered::default() };
        return render(&app, visit, pc, entered, faults, StatusCode::CONFLICT).await;
    }
    store::pcs::rename(&mut tx, permit.body(), pc.id, &name).await?;
    tx.commit(Decision::new((), permit.event(Kind::PC_CHANGED, &name).with("before", &pc.name)))
        .await?;
    Ok(see_other(&format!("/admin/pcs/{}?done=saved", pc.id)))
}

/// What the form of the name shows.
fn shown(lang: Lang, pc: &Pc) -> Shown {
    Shown::default().with("name", lang.t("表示名", "Name"), &pc.name)
}

async fn stop(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, pc) = find(&app, &visit, Deed::ManagePcs, &id).await?;
    let mut tx = app.write_as(&permit).await?;
    let pc = store::pcs::find(&mut tx, permit.body(), pc.id).await?.ok_or(Refusal::NotFound)?;
    store::pcs::stop(&mut tx, permit.body(), pc.id, true).await?;
    tx.commit(Decision::new((), permit.event(Kind::PC_STOPPED, &pc.name))).await?;
    app.cut(Cut::Pc(pc.id));
    Ok(see_other(&format!("/admin/pcs/{}?done=suspended", pc.id)))
}

async fn resume(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, pc) = find(&app, &visit, Deed::ManagePcs, &id).await?;
    let mut tx = app.write_as(&permit).await?;
    let pc = store::pcs::find(&mut tx, permit.body(), pc.id).await?.ok_or(Refusal::NotFound)?;
    store::pcs::stop(&mut tx, permit.body(), pc.id, false).await?;
    tx.commit(Decision::new((), permit.event(Kind::PC_RESUMED, &pc.name))).await?;
    Ok(see_other(&format!("/admin/pcs/{}?done=resumed", pc.id)))
}

async fn assign(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(entered): Form<Entered>,
) -> Answer {
    let (permit, pc) = find(&app, &visit, Deed::ManagePcs, &id).await?;
    let mut tx = app.write_as(&permit).await?;
    // Looked up inside the write: whoever was stopped meanwhile is assigned nothing.
    let staff = match entered.login.parse::<Login>() {
        Ok(login) => store::staff::by_login(&mut tx, permit.body(), &login)
            .await?
            .filter(|staff| staff.state != StaffState::Suspended),
        Err(_) => None,
    };
    let period = period(&entered);
    let (Some(staff), Some((from, until))) = (&staff, period) else {
        drop(tx);
        let faults =
            Faults { login: staff.is_none(), period: period.is_none(), ..Faults::default() };
        return render(&app, visit, pc, entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let assignment = Assignment {
        id: AssignmentId(app.random()),
        body: permit.body(),
        staff: staff.id,
        pc: pc.id,
        from,
        until,
        by: permit.actor(),
    };
    store::assignments::add(&mut tx, &assignment).await?;
    let event = permit
        .event(Kind::ASSIGNED, &staff.login)
        .with("pc", &pc.name)
        .with("from", &entered.from)
        .with("until", &entered.until);
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other(&format!("/admin/pcs/{}?done=assigned", pc.id)))
}

async fn unassign(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManagePcs)?;
    let id: AssignmentId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut tx = app.write_as(&permit).await?;
    let assignment =
        store::assignments::find(&mut tx, permit.body(), id).await?.ok_or(Refusal::NotFound)?;
    let staff = store::staff::find(&mut tx, permit.body(), assignment.staff)
        .await?
        .ok_or(Refusal::NotFound)?;
    let pc =
        store::pcs::find(&mut tx, permit.body(), assignment.pc).await?.ok_or(Refusal::NotFound)?;
    store::assignments::remove(&mut tx, permit.body(), id).await?;
    tx.commit(Decision::new((), permit.event(Kind::UNASSIGNED, &staff.login).with("pc", &pc.name)))
        .await?;
    app.cut(Cut::Assignment(staff.id, pc.id));
    Ok(see_other(&format!("/admin/pcs/{}?done=unassigned", pc.id)))
}

/// From the first moment of one day to the last of another, in Tokyo.
fn period(entered: &Entered) -> Option<(i64, i64)> {
    let from = time::start_of(entered.from.parse().ok()?)?;
    let until: jiff::civil::Date = entered.until.parse().ok()?;
    let until = time::start_of(until.tomorrow().ok()?)?;
    Assignment::check_period(from, until).ok().map(|()| (from, until))
}

async fn find(
    app: &People,
    visit: &SignedIn,
    deed: Deed,
    id: &str,
) -> Result<(Permit, Pc), Refusal> {
    let permit = visit.permit(deed)?;
    let id: PcId = id.parse().map_err(|_| Refusal::NotFound)?;
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
    let seen = faults.changed.seen(posted, &shown(visit.ctx.lang, &pc));
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
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
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
