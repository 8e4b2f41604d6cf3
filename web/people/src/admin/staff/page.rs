//! The list of staff, and the form of one person.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use people::{Deed, Division, DivisionId, Reach, Role, Roles, Staff, StaffState};
use serde::Deserialize;
use store::changes::ChangeKind;

use super::act::{self, Whom};
use super::command::{NotWanted, Wanted};
use super::person::person;
use crate::admin::undone::Undone;
use crate::second::{self, Waits};
use crate::slips::{self, ActivationSlip, SlipsPage};
use crate::{People, Route};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen};
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page, page_with, post, see_other};

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

    fn wanted(&self) -> Result<Result<Wanted, Vec<NotWanted>>, Refusal> {
        let fiscal_year = self.fiscal_year.is_some();
        Wanted::read(&self.login, &self.name, &self.division, self.roles(), fiscal_year)
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

impl From<Vec<NotWanted>> for Faults {
    fn from(wrong: Vec<NotWanted>) -> Self {
        Self {
            login: wrong.contains(&NotWanted::Login),
            taken: wrong.contains(&NotWanted::Taken),
            name: wrong.contains(&NotWanted::Name),
            roles: wrong.contains(&NotWanted::Roles),
            changed: Changed::default(),
        }
    }
}

impl Faults {
    fn status(&self) -> StatusCode {
        match (self.changed.is_empty(), self.login || self.taken || self.name || self.roles) {
            (false, _) => StatusCode::CONFLICT,
            (true, true) => StatusCode::UNPROCESSABLE_ENTITY,
            (true, false) => StatusCode::OK,
        }
    }
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
    form(&app, visit, None, entered, Faults::default()).await
}

async fn edit(visit: SignedIn, State(app): State<People>, Path(id): Path<String>) -> Answer {
    let (_, staff) = person(&app, &visit.actor, Deed::ManageStaff, &id).await?;
    let entered = Entered::of(&staff);
    form(&app, visit, Some(staff), entered, Faults::default()).await
}

async fn add(visit: SignedIn, State(app): State<People>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit(Deed::ManageStaff)?;
    let done = match entered.wanted()? {
        Ok(wanted) => act::add(&app, &permit, &visit.actor, wanted).await,
        Err(wrong) => return form(&app, visit, None, entered, wrong.into()).await,
    };
    match done {
        Ok((staff, Some(slip))) => hand_out(&app, visit, vec![(staff, slip)]),
        Ok((_, None)) => Ok(see_other("/admin/staff?done=slip-asked")),
        Err(undone) => again(&app, visit, None, entered, undone).await,
    }
}

/// The form again, with why not.
async fn again(
    app: &People,
    visit: SignedIn,
    editing: Option<Staff>,
    entered: Entered,
    undone: Undone<NotWanted>,
) -> Answer {
    let faults = match undone {
        Undone::Faulty(wrong) => Faults::from(vec![wrong]),
        Undone::Changed(changed) => Faults { changed, ..Faults::default() },
        Undone::Other(refusal) => return Err(refusal),
    };
    form(app, visit, editing, entered, faults).await
}

pub(in crate::admin) fn hand_out(
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
    let (permit, staff) = person(&app, &visit.actor, Deed::ManageStaff, &id).await?;
    let done = match entered.wanted()? {
        Ok(wanted) => {
            let (lang, seen) = (visit.ctx.lang, Seen::Form(&entered.seen));
            let whom = Whom { id: staff.id, lang, seen, proved: visit.fresh() };
            act::change(&app, &permit, &visit.actor, whom, wanted).await
        }
        Err(wrong) => return form(&app, visit, Some(staff), entered, wrong.into()).await,
    };
    match done {
        Ok(true) => Ok(see_other("/admin/staff?done=change-asked")),
        Ok(false) => Ok(see_other("/admin/staff?done=saved")),
        Err(undone) => {
            // As she stands now: what the form showed may be of before.
            let (_, staff) = person(&app, &visit.actor, Deed::ManageStaff, &id).await?;
            again(&app, visit, Some(staff), entered, undone).await
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stop {
    /// Their devices too: whoever leaves, or whose devices are lost.
    devices: Option<String>,
}

async fn suspend(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(stop): Form<Stop>,
) -> Answer {
    let (permit, staff) = person(&app, &visit.actor, Deed::SuspendStaff, &id).await?;
    let whom = (staff.id, stop.devices.is_some());
    super::stop::suspend(&app, &permit, &visit.actor, whom).await?;
    Ok(see_other("/admin/staff?done=suspended"))
}

async fn resume(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, staff) = person(&app, &visit.actor, Deed::SuspendStaff, &id).await?;
    super::stop::resume(&app, &permit, &visit.actor, staff.id).await?;
    Ok(see_other("/admin/staff?done=resumed"))
}

async fn unlock(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, staff) = person(&app, &visit.actor, Deed::SuspendStaff, &id).await?;
    super::stop::unlock(&app, &permit, &visit.actor, staff.id).await?;
    Ok(see_other("/admin/staff?done=unlocked"))
}

async fn form(
    app: &People,
    visit: SignedIn,
    editing: Option<Staff>,
    entered: Entered,
    faults: Faults,
) -> Answer {
    visit.permit(Deed::ManageStaff)?;
    let status = faults.status();
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, visit.actor.body).await?;
    let (mut locked, mut seen, mut waits) = (false, String::new(), None);
    if let Some(staff) = &editing {
        locked = store::tries::any_locked(&mut conn, staff.id, app.now()).await?
            || app.tries_used_up(staff);
        let posted = (status == StatusCode::UNPROCESSABLE_ENTITY).then_some(entered.seen.as_str());
        seen = faults.changed.seen(posted, &act::shown(&mut conn, lang, staff).await?);
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

pub(in crate::admin) fn routes() -> Vec<Route> {
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
