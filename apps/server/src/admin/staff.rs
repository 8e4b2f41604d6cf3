//! Staff: list, add, change, stop and resume, activation slips.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use people::{
    Action, BodyCode, Division, DivisionId, Fault, Name, Permit, Reach, Resource, Role, Roles, Staff, StaffId, StaffState,
};
use serde::Deserialize;

use crate::app::{App, Cut};
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Ctx, Form, Nothing, Route, SignedIn, get, page, page_with, post, see_other};
use crate::pages::activate::{self, ActivationSlip};

/// People on one page of the list.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "admin/staff.html")]
struct ListPage {
    ctx: Ctx,
    staff: Vec<Staff>,
    divisions: Vec<Division>,
    search: String,
    next: Option<String>,
}

impl ListPage {
    fn division(&self, id: &Option<DivisionId>) -> &str {
        id.and_then(|id| self.divisions.iter().find(|division| division.id == id)).map_or("", |division| division.name.as_str())
    }
}

#[derive(Template)]
#[template(path = "admin/staff_form.html")]
struct FormPage {
    ctx: Ctx,
    divisions: Vec<Division>,
    entered: Entered,
    editing: Option<Staff>,
    locked: bool,
    may_office: bool,
    faults: Faults,
}

impl FormPage {
    fn has(&self, role: &Role) -> bool {
        self.entered.role(*role)
    }

    fn offered(&self) -> Vec<Role> {
        Role::ALL.into_iter().filter(|role| self.may_office || !office(Roles::of(&[*role]))).collect()
    }

    fn role_name(&self, role: &Role) -> &'static str {
        match self.ctx.lang {
            crate::http::Lang::Ja => role.ja(),
            crate::http::Lang::En => role.name(),
        }
    }

    fn in_division(&self, division: &Division) -> bool {
        self.entered.division == division.id.to_string()
    }
}

/// A slip, or several, shown once and printed.
#[derive(Template)]
#[template(path = "admin/slips.html")]
pub(super) struct SlipsPage {
    pub(super) ctx: Ctx,
    pub(super) url: String,
    pub(super) slips: Vec<(Staff, ActivationSlip)>,
    pub(super) back: &'static str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    after: String,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct Entered {
    login: String,
    name: String,
    division: String,
    fiscal_year: Option<String>,
    role_staff: Option<String>,
    role_superior: Option<String>,
    role_it: Option<String>,
    role_hr: Option<String>,
    role_auditor: Option<String>,
}

impl Entered {
    fn role(&self, role: Role) -> bool {
        match role {
            Role::Staff => &self.role_staff,
            Role::Superior => &self.role_superior,
            Role::It => &self.role_it,
            Role::Hr => &self.role_hr,
            Role::Auditor => &self.role_auditor,
        }
        .is_some()
    }

    fn roles(&self) -> Roles {
        let chosen: Vec<Role> = Role::ALL.into_iter().filter(|role| self.role(*role)).collect();
        Roles::of(&chosen)
    }

    fn of(staff: &Staff) -> Self {
        let on = |role| staff.roles.has(role).then(|| "on".to_owned());
        Self {
            login: staff.login.to_string(),
            name: staff.name.to_string(),
            division: staff.division.map(|id| id.to_string()).unwrap_or_default(),
            fiscal_year: staff.fiscal_year.then(|| "on".to_owned()),
            role_staff: on(Role::Staff),
            role_superior: on(Role::Superior),
            role_it: on(Role::It),
            role_hr: on(Role::Hr),
            role_auditor: on(Role::Auditor),
        }
    }
}

#[derive(Default)]
struct Faults {
    login: bool,
    taken: bool,
    name: bool,
    roles: bool,
}

/// The roles only IT gives and takes.
pub(super) fn office(roles: Roles) -> bool {
    roles.has(Role::It) || roles.has(Role::Hr) || roles.has(Role::Auditor)
}

async fn list(visit: SignedIn, State(app): State<App>, Query(asked): Query<Asked>) -> Answer {
    let reach = visit.actor.widest(Action::SeeStaff).ok_or(Refusal::NotFound)?;
    let body = visit.actor.body;
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let mut staff = match reach {
        Reach::Body | Reach::Server => {
            visit.permit(Action::SeeStaff)?;
            store::staff::page(&mut conn, body, &asked.q, &asked.after, PAGE + 1).await?
        }
        // A superior sees the divisions led, and nobody else.
        _ => {
            let all = store::staff::all(&mut conn, body).await?;
            let led = |one: &Staff| one.division.is_some_and(|division| visit.actor.leads.contains(&division));
            all.into_iter().filter(led).collect()
        }
    };
    let more = staff.len() > PAGE as usize && reach >= Reach::Body;
    if more {
        staff.truncate(PAGE as usize);
    }
    let next = more.then(|| staff.last().map(|last| last.login.to_string())).flatten();
    page(ListPage { ctx: visit.ctx, staff, divisions, search: asked.q, next })
}

async fn new(visit: SignedIn, State(app): State<App>) -> Answer {
    let entered = Entered { role_staff: Some("on".to_owned()), ..Entered::default() };
    form(&app, visit, None, entered, Faults::default(), StatusCode::OK).await
}

async fn edit(visit: SignedIn, State(app): State<App>, Path(id): Path<String>) -> Answer {
    let (_, staff) = person(&app, &visit, Action::ManageStaff, &id).await?;
    let entered = Entered::of(&staff);
    form(&app, visit, Some(staff), entered, Faults::default(), StatusCode::OK).await
}

async fn add(visit: SignedIn, State(app): State<App>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit(Action::ManageStaff)?;
    let staff = match check(&app, &visit, &entered, None).await? {
        Ok(staff) => staff,
        Err(faults) => return form(&app, visit, None, entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let mut tx = app.write(permit.body()).await?;
    match store::staff::add(&mut tx, &staff).await {
        Err(store::Fault::Conflict) => {
            drop(tx);
            let faults = Faults { taken: true, ..Faults::default() };
            return form(&app, visit, None, entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        other => other?,
    }
    let slip = activate::issue(&app, &mut tx, staff.id).await?;
    let decision = Decision::new(slip, permit.event(Kind::STAFF_ADDED, &staff.login).with("roles", staff.roles.names()))
        .and(permit.event(Kind::ACTIVATION_ISSUED, &staff.login));
    let slip = tx.commit(decision).await?;
    page(SlipsPage { ctx: visit.ctx, url: app.site.link("/activate"), slips: vec![(staff, slip)], back: "/admin/staff" })
}

async fn change(visit: SignedIn, State(app): State<App>, Path(id): Path<String>, Form(entered): Form<Entered>) -> Answer {
    let (permit, before) = person(&app, &visit, Action::ManageStaff, &id).await?;
    let after = match check(&app, &visit, &entered, Some(&before)).await? {
        Ok(staff) => staff,
        Err(faults) => return form(&app, visit, Some(before), entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let mut tx = app.write(permit.body()).await?;
    match store::staff::change(&mut tx, &after).await {
        Ok(true) => {}
        Ok(false) => return Err(Refusal::NotFound),
        Err(store::Fault::Conflict) => {
            drop(tx);
            let faults = Faults { taken: true, ..Faults::default() };
            return form(&app, visit, Some(before), entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        Err(fault) => return Err(fault.into()),
    }
    let event = permit
        .event(Kind::STAFF_CHANGED, &after.login)
        .with("roles_before", before.roles.names())
        .with("roles", after.roles.names())
        .with("login_before", &before.login);
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/admin/staff?done=saved"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stop {
    /// Their devices too: whoever leaves, or whose devices are lost.
    devices: Option<String>,
}

/// R22: one action cuts a person. Sign-ins end in the same transaction, live sessions right after it.
async fn suspend(visit: SignedIn, State(app): State<App>, Path(id): Path<String>, Form(stop): Form<Stop>) -> Answer {
    let (permit, staff) = person(&app, &visit, Action::SuspendStaff, &id).await?;
    // Whoever stops the own account would lock the door from outside.
    if staff.id == visit.actor.id {
        return Err(Refusal::Forbidden("own_account"));
    }
    let mut tx = app.write(permit.body()).await?;
    store::staff::put_state(&mut tx, permit.body(), staff.id, StaffState::Suspended).await?;
    store::sign_ins::remove_all(&mut tx, staff.id).await?;
    store::activations::remove_all(&mut tx, staff.id).await?;
    let mut decision = Decision::new((), permit.event(Kind::STAFF_SUSPENDED, &staff.login));
    let mut revoked = Vec::new();
    if stop.devices.is_some() {
        let permit = visit.permit(Action::ManageDevices)?;
        for device in store::devices::of_staff(&mut tx, permit.body(), staff.id).await? {
            if store::devices::revoke(&mut tx, permit.body(), device.id, app.now()).await? {
                let event = permit.event(Kind::DEVICE_REVOKED, &device.name).with("device", device.id).with("staff", staff.id);
                decision = decision.and(event.with("why", "the person was stopped"));
                revoked.push(device.id);
            }
        }
    }
    tx.commit(decision).await?;
    app.cut(Cut::Person(staff.id));
    revoked.into_iter().for_each(|device| app.cut(Cut::Device(device)));
    Ok(see_other("/admin/staff?done=suspended"))
}

async fn resume(visit: SignedIn, State(app): State<App>, Path(id): Path<String>, Form(Nothing {}): Form<Nothing>) -> Answer {
    let (permit, staff) = person(&app, &visit, Action::SuspendStaff, &id).await?;
    let mut tx = app.write(permit.body()).await?;
    let credentials = store::credentials::find(&mut tx, staff.id).await?.ok_or(Refusal::NotFound)?;
    let state = if credentials.password.is_some() { StaffState::Active } else { StaffState::Waiting };
    if staff.state == StaffState::Suspended {
        store::staff::put_state(&mut tx, permit.body(), staff.id, state).await?;
    }
    tx.commit(Decision::new((), permit.event(Kind::STAFF_RESUMED, &staff.login))).await?;
    Ok(see_other("/admin/staff?done=resumed"))
}

async fn slip(visit: SignedIn, State(app): State<App>, Path(id): Path<String>, Form(Nothing {}): Form<Nothing>) -> Answer {
    let (permit, staff) = person(&app, &visit, Action::ResetCredentials, &id).await?;
    if staff.state == StaffState::Suspended || staff.id == visit.actor.id {
        return Err(Refusal::Forbidden("own_account"));
    }
    let mut tx = app.write(permit.body()).await?;
    let slip = activate::issue(&app, &mut tx, staff.id).await?;
    store::staff::put_state(&mut tx, permit.body(), staff.id, StaffState::Waiting).await?;
    store::sign_ins::remove_all(&mut tx, staff.id).await?;
    let slip = tx.commit(Decision::new(slip, permit.event(Kind::ACTIVATION_ISSUED, &staff.login))).await?;
    app.cut(Cut::Person(staff.id));
    page(SlipsPage { ctx: visit.ctx, url: app.site.link("/activate"), slips: vec![(staff, slip)], back: "/admin/staff" })
}

async fn unlock(visit: SignedIn, State(app): State<App>, Path(id): Path<String>, Form(Nothing {}): Form<Nothing>) -> Answer {
    let (permit, staff) = person(&app, &visit, Action::SuspendStaff, &id).await?;
    let mut tx = app.write(permit.body()).await?;
    store::tries::forget_all(&mut tx, staff.id).await?;
    tx.commit(Decision::new((), permit.event(Kind::UNLOCKED, &staff.login))).await?;
    app.forget_tries(&staff);
    Ok(see_other("/admin/staff?done=unlocked"))
}

/// A person of the own body, with the permit to do this. People who hold an office are changed by IT alone; the operator by an operator.
async fn person(app: &App, visit: &SignedIn, action: Action, id: &str) -> Result<(Permit, Staff), Refusal> {
    let id: StaffId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    let staff = store::staff::find(&mut conn, visit.actor.body, id).await?.ok_or(Refusal::NotFound)?;
    let permit = visit.permit_on(action, Resource::person(staff.body, staff.id, staff.division))?;
    if office(staff.roles) {
        visit.permit(Action::GrantOffice)?;
    }
    if staff.operator && !visit.actor.operator {
        return Err(Refusal::NotFound);
    }
    Ok((permit, staff))
}

async fn check(app: &App, visit: &SignedIn, entered: &Entered, before: Option<&Staff>) -> Result<Result<Staff, Faults>, Refusal> {
    let (login, name, roles) = (entered.login.parse(), entered.name.parse::<Name>(), entered.roles());
    let operator = before.is_some_and(|staff| staff.operator);
    // Whoever may not give an office keeps what is there; a request that tries is not from a page of ours.
    if office(roles) && visit.permit(Action::GrantOffice).is_err() {
        return Err(Refusal::NotFound);
    }
    // The last door: IT does not take IT from itself by mistake.
    let keeps = before.is_none_or(|staff| staff.id != visit.actor.id || roles.has(Role::It) || !staff.roles.has(Role::It));
    let faults =
        Faults { login: login.is_err(), name: name.is_err(), roles: (roles == Roles::NONE && !operator) || !keeps, taken: false };
    let (Ok(login), Ok(name), false) = (login, name, faults.roles) else { return Ok(Err(faults)) };
    let division = division(app, visit.actor.body, &entered.division).await?;
    let fiscal_year = entered.fiscal_year.is_some();
    Ok(Ok(match before {
        Some(before) => Staff { login, name, roles, division, fiscal_year, ..before.clone() },
        None => Staff {
            id: StaffId(app.random()),
            body: visit.actor.body,
            login,
            name,
            division,
            roles,
            operator: false,
            state: StaffState::Waiting,
            fiscal_year,
            created: app.now(),
        },
    }))
}

async fn division(app: &App, body: BodyCode, text: &str) -> Result<Option<DivisionId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let id: DivisionId = text.parse().map_err(|_: Fault| Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    Ok(Some(store::divisions::find(&mut conn, body, id).await?.ok_or(Refusal::NotFound)?.id))
}

async fn form(
    app: &App,
    visit: SignedIn,
    editing: Option<Staff>,
    entered: Entered,
    faults: Faults,
    status: StatusCode,
) -> Answer {
    visit.permit(Action::ManageStaff)?;
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, visit.actor.body).await?;
    let locked = match &editing {
        Some(staff) => store::tries::any_locked(&mut conn, staff.id, app.now()).await? || app.tries_used_up(staff),
        None => false,
    };
    let may_office = visit.permit(Action::GrantOffice).is_ok();
    page_with(status, FormPage { ctx: visit.ctx, divisions, entered, editing, locked, may_office, faults })
}

pub(super) fn routes() -> Vec<Route> {
    let (see, manage) = (May(Action::SeeStaff), May(Action::ManageStaff));
    vec![
        get("/admin/staff", see, list),
        get("/admin/staff/new", manage, new),
        post("/admin/staff", manage, add),
        get("/admin/staff/{id}", manage, edit),
        post("/admin/staff/{id}", manage, change),
        post("/admin/staff/{id}/suspend", May(Action::SuspendStaff), suspend),
        post("/admin/staff/{id}/resume", May(Action::SuspendStaff), resume),
        post("/admin/staff/{id}/slip", May(Action::ResetCredentials), slip),
        post("/admin/staff/{id}/unlock", May(Action::SuspendStaff), unlock),
    ]
}
