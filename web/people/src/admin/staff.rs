//! Staff: list, add, change, stop and resume, activation slips.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use people::{
    BodyCode, Deed, Division, DivisionId, Fault, Name, Permit, Reach, Resource, Role, Roles, Staff,
    StaffId, StaffState,
};
use serde::Deserialize;
use store::Conn;
use store::changes::ChangeKind;

use super::power::first_slip;
use super::power::weigh;
use crate::People;
use crate::Route;
use crate::second;
use crate::second::{Officers, Waits};
use crate::sign_in::ending::narrowed;
use crate::sign_in::ending::person_stopped;
use crate::slips;
use crate::slips::ActivationSlip;
use crate::slips::SlipsPage;
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
use kit::http::seen::yes;

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
        id.and_then(|id| self.divisions.iter().find(|division| division.id == id))
            .map_or("", |division| division.name.as_str())
    }
}

#[derive(Template)]
#[template(path = "admin/staff_form.html")]
struct FormPage {
    ctx: Ctx,
    divisions: Vec<Division>,
    entered: Entered,
    editing: Option<Staff>,
    /// What stands now, for the field that comes back.
    seen: String,
    /// What waits of this person, in words.
    waits: Option<Waits>,
    locked: bool,
    may_office: bool,
    faults: Faults,
}

impl FormPage {
    fn has(&self, role: &Role) -> bool {
        self.entered.role(*role)
    }

    fn offered(&self) -> Vec<Role> {
        Role::ALL
            .into_iter()
            .filter(|role| self.may_office || !slips::office(Roles::of(&[*role])))
            .collect()
    }

    fn role_name(&self, role: &Role) -> &'static str {
        match self.ctx.lang {
            kit::http::Lang::Ja => role.ja(),
            kit::http::Lang::En => role.name(),
        }
    }

    fn in_division(&self, division: &Division) -> bool {
        self.entered.division == division.id.to_string()
    }
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
    /// What the form showed.
    seen: String,
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
            seen: String::new(),
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
    /// What somebody else changed since the form was shown.
    changed: Changed,
}

async fn list(visit: SignedIn, State(app): State<People>, Query(asked): Query<Asked>) -> Answer {
    let reach = visit.actor.widest(Deed::SeeStaff).ok_or(Refusal::NotFound)?;
    let body = visit.actor.body;
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let mut staff = match reach {
        Reach::Body | Reach::Server => {
            visit.permit(Deed::SeeStaff)?;
            store::staff::page(&mut conn, body, &asked.q, &asked.after, PAGE + 1).await?
        }
        // A superior sees the divisions led, and nobody else.
        _ => {
            let all = store::staff::all(&mut conn, body).await?;
            let led = |one: &Staff| {
                one.division.is_some_and(|division| visit.actor.leads.contains(&division))
            };
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

async fn new(visit: SignedIn, State(app): State<People>) -> Answer {
    let entered = Entered { role_staff: Some("on".to_owned()), ..Entered::default() };
    form(&app, visit, None, entered, Faults::default(), StatusCode::OK).await
}

async fn edit(visit: SignedIn, State(app): State<People>, Path(id): Path<String>) -> Answer {
    let (_, staff) = person(&app, &visit, Deed::ManageStaff, &id).await?;
    let entered = Entered::of(&staff);
    form(&app, visit, Some(staff), entered, Faults::default(), StatusCode::OK).await
}

async fn add(visit: SignedIn, State(app): State<People>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit(Deed::ManageStaff)?;
    let mut tx = app.write_as(&permit).await?;
    let staff = match check(&app, &mut tx, &visit, &entered, None).await? {
        Ok(staff) => staff,
        Err(faults) => {
            drop(tx);
            return form(&app, visit, None, entered, faults, StatusCode::UNPROCESSABLE_ENTITY)
                .await;
        }
    };
    match store::staff::add(&mut tx, &staff).await {
        Err(store::Fault::Conflict) => {
            drop(tx);
            let faults = Faults { taken: true, ..Faults::default() };
            return form(&app, visit, None, entered, faults, StatusCode::UNPROCESSABLE_ENTITY)
                .await;
        }
        other => other?,
    }
    let mut officers = Officers::of(&mut tx, permit.body(), app.now()).await?;
    let (slip, mut events) = first_slip(&app, &mut tx, &permit, &mut officers, &staff).await?;
    events.insert(
        0,
        permit.event(Kind::STAFF_ADDED, &staff.login).with("roles", staff.roles.names()),
    );
    let slip = tx.commit(Decision { value: slip, events }).await?;
    match slip {
        Some(slip) => hand_out(&app, visit, vec![(staff, slip)]),
        None => Ok(see_other("/admin/staff?done=slip-asked")),
    }
}

pub(super) fn hand_out(
    app: &People,
    visit: SignedIn,
    slips: Vec<(Staff, ActivationSlip)>,
) -> Answer {
    page(SlipsPage {
        ctx: visit.ctx,
        url: app.site.link("/activate"),
        slips,
        held: Vec::new(),
        back: "/admin/staff",
    })
}

async fn change(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(entered): Form<Entered>,
) -> Answer {
    let (permit, before) = person(&app, &visit, Deed::ManageStaff, &id).await?;
    let mut tx = app.write_as(&permit).await?;
    let (permit, before) = fresh(&mut tx, &visit, Deed::ManageStaff, before.id).await?;
    let stands = shown(&mut tx, visit.ctx.lang, &before).await?;
    let changed = stands.unseen(visit.ctx.lang, Seen::Form(&entered.seen));
    if !changed.is_empty() {
        drop(tx);
        let faults = Faults { changed, ..Faults::default() };
        return form(&app, visit, Some(before), entered, faults, StatusCode::CONFLICT).await;
    }
    let after = match check(&app, &mut tx, &visit, &entered, Some(&before)).await? {
        Ok(staff) => staff,
        Err(faults) => {
            drop(tx);
            return form(
                &app,
                visit,
                Some(before),
                entered,
                faults,
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await;
        }
    };
    // Giving and taking roles is a dangerous act; a name or a division is not.
    if before.roles != after.roles {
        visit.fresh()?;
    }
    match store::staff::change(&mut tx, &after).await {
        Ok(true) => {}
        Ok(false) => return Err(Refusal::NotFound),
        Err(store::Fault::Conflict) => {
            drop(tx);
            let faults = Faults { taken: true, ..Faults::default() };
            return form(
                &app,
                visit,
                Some(before),
                entered,
                faults,
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await;
        }
        Err(fault) => return Err(fault.into()),
    }
    let event = permit
        .event(Kind::STAFF_CHANGED, &after.login)
        .with("roles_before", before.roles.names())
        .with("roles", after.roles.names())
        .with("login_before", &before.login)
        .with("division_before", code(&mut tx, before.body, before.division).await?)
        .with("division", code(&mut tx, after.body, after.division).await?);
    let mut events = vec![event];
    let asked = weigh(&app, &mut tx, &permit, &before, &after).await?;
    let done = if asked.is_some() { "change-asked" } else { "saved" };
    events.extend(asked);
    tx.commit(Decision { value: (), events }).await?;
    if narrowed(before.roles, after.roles) {
        app.cut(Cut::Rights(after.id));
    }
    Ok(see_other(&format!("/admin/staff?done={done}")))
}

async fn code(conn: &mut Conn, body: BodyCode, id: Option<DivisionId>) -> Result<String, Refusal> {
    let Some(id) = id else { return Ok(String::new()) };
    Ok(store::divisions::find(conn, body, id)
        .await?
        .map_or(String::new(), |division| division.code))
}

/// What the form shows of a person.
async fn shown(conn: &mut Conn, lang: Lang, staff: &Staff) -> Result<Shown, Refusal> {
    let division = match staff.division {
        Some(id) => store::divisions::find(conn, staff.body, id)
            .await?
            .map_or(String::new(), |one| format!("{}（{}）", one.name, one.code)),
        None => String::new(),
    };
    Ok(Shown::default()
        .with("name", lang.t("氏名", "Name"), &staff.name)
        .with("login", lang.t("サインイン名", "Sign-in name"), &staff.login)
        .with("division", lang.t("所属", "Division"), division)
        .with(
            "roles",
            lang.t("役割", "Roles"),
            if lang == Lang::Ja { staff.roles.ja() } else { staff.roles.names() },
        )
        .with(
            "fiscal_year",
            lang.t("会計年度任用職員", "Fiscal-year staff"),
            yes(lang, staff.fiscal_year),
        )
        .with("state", lang.t("利用", "Account"), state(lang, staff.state)))
}

fn state(lang: Lang, state: StaffState) -> &'static str {
    match state {
        StaffState::Waiting => lang.t("利用開始待ち", "Waiting for its slip"),
        StaffState::Active => lang.t("利用中", "Active"),
        StaffState::Suspended => lang.t("停止中", "Suspended"),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stop {
    /// Their devices too: whoever leaves, or whose devices are lost.
    devices: Option<String>,
}

/// NOREN-R22: one action cuts a person. Sign-ins end in the same transaction, live sessions right
/// after it.
async fn suspend(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(stop): Form<Stop>,
) -> Answer {
    let (permit, staff) = person(&app, &visit, Deed::SuspendStaff, &id).await?;
    // Whoever stops the own account would lock the door from outside.
    if staff.id == visit.actor.id {
        return Err(Refusal::Forbidden("own_account"));
    }
    let mut tx = app.write_as(&permit).await?;
    let (permit, staff) = fresh(&mut tx, &visit, Deed::SuspendStaff, staff.id).await?;
    store::staff::put_state(&mut tx, permit.body(), staff.id, StaffState::Suspended).await?;
    let ended =
        person_stopped(&mut tx, &staff, &|kind, subject| permit.event(kind, subject)).await?;
    let stopped = Decision::new((), permit.event(Kind::STAFF_SUSPENDED, &staff.login));
    let mut decision = ended.into_iter().fold(stopped, Decision::and);
    let mut revoked = Vec::new();
    if stop.devices.is_some() {
        let permit = visit.permit(Deed::ManageDevices)?;
        for device in store::devices::of_staff(&mut tx, permit.body(), staff.id).await? {
            if store::devices::revoke(&mut tx, permit.body(), device.id, app.now()).await? {
                let event = permit
                    .event(Kind::DEVICE_REVOKED, &device.name)
                    .with("device", device.id)
                    .with("staff", staff.id);
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

async fn resume(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, staff) = person(&app, &visit, Deed::SuspendStaff, &id).await?;
    let mut tx = app.write_as(&permit).await?;
    let (permit, staff) = fresh(&mut tx, &visit, Deed::SuspendStaff, staff.id).await?;
    if !store::staff::resume(&mut tx, permit.body(), staff.id).await? {
        // Somebody was quicker: nothing happened now, and nothing goes on record.
        return Ok(see_other("/admin/staff?done=resumed"));
    }
    // Whatever came to be beside the suspension: nothing of before wakes up.
    store::sign_ins::remove_all(&mut tx, staff.id).await?;
    tx.commit(Decision::new((), permit.event(Kind::STAFF_RESUMED, &staff.login))).await?;
    Ok(see_other("/admin/staff?done=resumed"))
}

async fn unlock(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, staff) = person(&app, &visit, Deed::SuspendStaff, &id).await?;
    let mut tx = app.write_as(&permit).await?;
    let (permit, staff) = fresh(&mut tx, &visit, Deed::SuspendStaff, staff.id).await?;
    store::tries::forget_all(&mut tx, staff.id).await?;
    tx.commit(Decision::new((), permit.event(Kind::UNLOCKED, &staff.login))).await?;
    app.forget_tries(&staff);
    Ok(see_other("/admin/staff?done=unlocked"))
}

/// A person of the own body, with the permit to do this: what a page shows, and 404 before anything
/// is begun.
pub(super) async fn person(
    app: &People,
    visit: &SignedIn,
    deed: Deed,
    id: &str,
) -> Result<(Permit, Staff), Refusal> {
    let id: StaffId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    fresh(&mut conn, visit, deed, id).await
}

/// The same as it stands inside a write: what is decided is decided on this. People who hold an
/// office are changed by IT alone; the operator by an operator.
pub(super) async fn fresh(
    conn: &mut Conn,
    visit: &SignedIn,
    deed: Deed,
    id: StaffId,
) -> Result<(Permit, Staff), Refusal> {
    let staff = store::staff::find(conn, visit.actor.body, id).await?.ok_or(Refusal::NotFound)?;
    let permit = visit.permit_on(deed, Resource::person(staff.body, staff.id, staff.division))?;
    if slips::office(staff.roles) {
        visit.permit(Deed::GrantOffice)?;
    }
    if staff.operator && !visit.actor.operator {
        return Err(Refusal::NotFound);
    }
    Ok((permit, staff))
}

async fn check(
    app: &People,
    conn: &mut Conn,
    visit: &SignedIn,
    entered: &Entered,
    before: Option<&Staff>,
) -> Result<Result<Staff, Faults>, Refusal> {
    let (login, name, roles) =
        (entered.login.parse(), entered.name.parse::<Name>(), entered.roles());
    let operator = before.is_some_and(|staff| staff.operator);
    // Whoever may not give an office keeps what is there; a request that tries is not from a page
    // of ours.
    if slips::office(roles) && visit.permit(Deed::GrantOffice).is_err() {
        return Err(Refusal::NotFound);
    }
    // The last door: IT does not take IT from itself by mistake.
    let keeps = before.is_none_or(|staff| {
        staff.id != visit.actor.id || roles.has(Role::It) || !staff.roles.has(Role::It)
    });
    let faults = Faults {
        login: login.is_err(),
        name: name.is_err(),
        roles: (roles == Roles::NONE && !operator) || !keeps,
        ..Faults::default()
    };
    let (Ok(login), Ok(name), false) = (login, name, faults.roles) else { return Ok(Err(faults)) };
    let division = division(conn, visit.actor.body, &entered.division).await?;
    let fiscal_year = entered.fiscal_year.is_some();
    Ok(Ok(match before {
        // The state is not among what a form says: see `store::staff::change`.
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

async fn division(
    conn: &mut Conn,
    body: BodyCode,
    text: &str,
) -> Result<Option<DivisionId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let id: DivisionId = text.parse().map_err(|_: Fault| Refusal::NotFound)?;
    Ok(Some(store::divisions::find(conn, body, id).await?.ok_or(Refusal::NotFound)?.id))
}

async fn form(
    app: &People,
    visit: SignedIn,
    editing: Option<Staff>,
    entered: Entered,
    faults: Faults,
    status: StatusCode,
) -> Answer {
    visit.permit(Deed::ManageStaff)?;
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, visit.actor.body).await?;
    let (mut locked, mut seen, mut waits) = (false, String::new(), None);
    if let Some(staff) = &editing {
        locked = store::tries::any_locked(&mut conn, staff.id, app.now()).await?
            || app.tries_used_up(staff);
        let posted = (status == StatusCode::UNPROCESSABLE_ENTITY).then_some(entered.seen.as_str());
        seen = faults.changed.seen(posted, &shown(&mut conn, lang, staff).await?);
        if let Some(change) =
            store::changes::about(&mut conn, staff.body, ChangeKind::Person, &staff.id.to_string())
                .await?
        {
            let words = second::words(app, &mut conn, lang, &change).await?;
            waits = Some(Waits::of(&change, words));
        }
    }
    let may_office = visit.permit(Deed::GrantOffice).is_ok();
    page_with(
        status,
        FormPage {
            ctx: visit.ctx,
            divisions,
            entered,
            editing,
            seen,
            waits,
            locked,
            may_office,
            faults,
        },
    )
}

pub(super) fn routes() -> Vec<Route> {
    let (see, manage) = (May(Deed::SeeStaff), May(Deed::ManageStaff));
    vec![
        get("/admin/staff", see, list),
        get("/admin/staff/new", manage, new),
        post("/admin/staff", manage, add).fresh(),
        get("/admin/staff/{id}", manage, edit),
        post("/admin/staff/{id}", manage, change).fresh_when_asked(),
        post("/admin/staff/{id}/suspend", May(Deed::SuspendStaff), suspend).cuts(),
        post("/admin/staff/{id}/resume", May(Deed::SuspendStaff), resume).fresh(),
        post("/admin/staff/{id}/unlock", May(Deed::SuspendStaff), unlock),
    ]
}
