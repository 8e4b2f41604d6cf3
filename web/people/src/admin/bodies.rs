//! Bodies of this server: the operator makes them, each with its first IT officer.

use askama::Template;
use audit::{Decision, Event, Kind};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use people::{
    Body, BodyCode, Deed, Login, Name, Resource, Role, Roles, Staff, StaffId, StaffState, Stop,
    Stopper, search_bodies,
};
use serde::Deserialize;
use store::bodies::ServedBody;

use crate::People;
use crate::Route;
use crate::slips;
use crate::slips::SlipsPage;
use kit::Cut;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page, page_with, post, see_other};

#[derive(Template)]
#[template(path = "admin/bodies.html")]
struct Page {
    ctx: Ctx,
    served: Vec<(ServedBody, &'static Body)>,
    search: String,
    found: Vec<&'static Body>,
    entered: Entered,
    faults: Faults,
}

impl Page {
    /// Stopped by its own IT, who could lift it: an operator can take the stop over.
    fn by_office(&self, served: &ServedBody) -> bool {
        served.stop.as_ref().is_some_and(|stop| stop.by == Stopper::Office)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entered {
    body: String,
    login: String,
    name: String,
}

#[derive(Default)]
struct Faults {
    body: bool,
    taken: bool,
    login: bool,
    name: bool,
}

async fn list(visit: SignedIn, State(app): State<People>, Query(asked): Query<Asked>) -> Answer {
    render(&app, visit, asked.q, Entered::default(), Faults::default(), StatusCode::OK).await
}

async fn add(visit: SignedIn, State(app): State<People>, Form(entered): Form<Entered>) -> Answer {
    visit.permit_on(Deed::ManageBodies, Resource::SERVER)?;
    let code = entered.body.parse::<BodyCode>().ok().filter(|code| people::body(*code).is_ok());
    let (login, name) = (entered.login.parse::<Login>(), entered.name.parse::<Name>());
    let (Some(code), Ok(login), Ok(name)) = (code, login.clone(), name.clone()) else {
        let faults = Faults {
            body: code.is_none(),
            taken: false,
            login: login.is_err(),
            name: name.is_err(),
        };
        let search = entered.body.clone();
        return render(&app, visit, search, entered, faults, StatusCode::UNPROCESSABLE_ENTITY)
            .await;
    };
    let permit = visit.permit_on(Deed::ManageBodies, Resource::body(code))?;
    let mut tx = app.write_as(&permit).await?;
    if store::bodies::find(&mut tx, code).await?.is_some() {
        drop(tx);
        let faults = Faults { taken: true, ..Faults::default() };
        return render(
            &app,
            visit,
            entered.body.clone(),
            entered,
            faults,
            StatusCode::UNPROCESSABLE_ENTITY,
        )
        .await;
    }
    store::bodies::add(&mut tx, code, app.now()).await?;
    let staff = Staff {
        id: StaffId(app.random()),
        body: code,
        login,
        name,
        division: None,
        roles: Roles::of(&[Role::Staff, Role::It]),
        operator: false,
        state: StaffState::Waiting,
        fiscal_year: false,
        created: app.now(),
    };
    store::staff::add(&mut tx, &staff).await?;
    let slip = slips::issue(&app, &mut tx, staff.id).await?;
    let slip = tx
        .commit(
            Decision::new(slip, permit.event(Kind::BODY_ADDED, code))
                .and(
                    permit
                        .event(Kind::STAFF_ADDED, &staff.login)
                        .with("roles", staff.roles.names()),
                )
                .and(permit.event(Kind::ACTIVATION_ISSUED, &staff.login))
                .and(on_server(&visit, Kind::BODY_ADDED, code)),
        )
        .await?;
    page(SlipsPage {
        ctx: visit.ctx,
        url: app.site.link("/activate"),
        held: Vec::new(),
        slips: vec![(staff, slip)],
        back: "/admin/bodies",
    })
}

async fn suspend(
    visit: SignedIn,
    State(app): State<People>,
    Path(code): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    set(&app, &visit, &code, true).await?;
    Ok(see_other("/admin/bodies?done=suspended"))
}

async fn resume(
    visit: SignedIn,
    State(app): State<People>,
    Path(code): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    set(&app, &visit, &code, false).await?;
    Ok(see_other("/admin/bodies?done=resumed"))
}

async fn set(app: &People, visit: &SignedIn, code: &str, suspended: bool) -> Result<(), Refusal> {
    let code: BodyCode = code.parse().map_err(|_| Refusal::NotFound)?;
    let permit = visit.permit_on(Deed::ManageBodies, Resource::body(code))?;
    let mut tx = app.write_as(&permit).await?;
    store::bodies::find(&mut tx, code).await?.ok_or(Refusal::NotFound)?;
    if suspended {
        let stop = Stop { by: Stopper::Operator, at: app.now(), who: visit.actor.name.to_string() };
        store::bodies::stop(&mut tx, code, &stop).await?;
        store::sign_ins::remove_body(&mut tx, code, permit.actor()).await?;
    } else {
        store::bodies::suspend(&mut tx, code, false).await?;
    }
    let kind = if suspended { Kind::BODY_SUSPENDED } else { Kind::BODY_RESUMED };
    let event = permit.event(kind, code).with("by", Stopper::Operator.name());
    tx.commit(Decision::new((), event).and(on_server(visit, kind, code))).await?;
    if suspended {
        app.cut(Cut::Body(code));
    }
    Ok(())
}

/// The operator's acts stand on the server's own chain too, where the body cannot miss them and the
/// operator's successor finds them together.
fn on_server(visit: &SignedIn, kind: Kind, code: BodyCode) -> Event {
    Event::new(audit::Chain::SERVER, visit.actor.who(), kind, code.as_str())
}

async fn render(
    app: &People,
    visit: SignedIn,
    search: String,
    entered: Entered,
    faults: Faults,
    status: StatusCode,
) -> Answer {
    visit.permit_on(Deed::ManageBodies, Resource::SERVER)?;
    let mut conn = app.store.read().await?;
    let served = store::bodies::all(&mut conn).await?;
    let served = served
        .into_iter()
        .filter_map(|one| people::body(one.code).ok().map(|body| (one, body)))
        .collect();
    let found = search_bodies(&search, 30);
    page_with(status, Page { ctx: visit.ctx, served, search, found, entered, faults })
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageBodies);
    vec![
        get("/admin/bodies", manage, list),
        post("/admin/bodies", manage, add).fresh(),
        post("/admin/bodies/{code}/suspend", manage, suspend).fresh(),
        post("/admin/bodies/{code}/resume", manage, resume).fresh(),
    ]
}
