//! The list of bodies, and its forms.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use people::{Body, BodyCode, Deed, Resource, Stopper};
use serde::Deserialize;
use store::bodies::ServedBody;

use super::act;
use super::command::{Add, NotAdded};
use crate::People;
use crate::Route;
use crate::admin::undone::Undone;
use crate::slips::SlipsPage;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page, page_with, post, see_other};

#[derive(Template)]
#[template(path = "admin/bodies.html")]
struct Page {
    ctx: Ctx,
    served: Vec<(ServedBody, Body)>,
    search: String,
    found: Vec<Body>,
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
    let done = match Add::read(&app.bodies(), &entered.body, &entered.login, &entered.name) {
        Ok(asked) => {
            let permit = visit.permit_on(Deed::ManageBodies, Resource::body(asked.body))?;
            match act::add(&app, &permit, asked).await {
                Ok(made) => Ok(made),
                Err(Undone::Faulty(wrong)) => Err(vec![wrong]),
                Err(Undone::Other(refusal)) => return Err(refusal),
                Err(Undone::Changed(_)) => return Err(Refusal::Conflict("changed")),
            }
        }
        Err(wrong) => Err(wrong),
    };
    match done {
        Ok(slip) => page(SlipsPage {
            ctx: visit.ctx,
            url: app.site.link("/activate"),
            held: Vec::new(),
            slips: vec![slip],
            back: "/admin/bodies",
        }),
        Err(wrong) => {
            let faults = Faults {
                body: wrong.contains(&NotAdded::Body),
                taken: wrong.contains(&NotAdded::Taken),
                login: wrong.contains(&NotAdded::Login),
                name: wrong.contains(&NotAdded::Name),
            };
            let (search, status) = (entered.body.clone(), StatusCode::UNPROCESSABLE_ENTITY);
            render(&app, visit, search, entered, faults, status).await
        }
    }
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
    act::suspend(app, &permit, &visit.actor, suspended).await
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
    let bodies = app.bodies();
    let served = served
        .into_iter()
        .filter_map(|one| bodies.body(one.code).ok().map(|body| (one, body.clone())))
        .collect();
    let found = bodies.search(&search, 30).into_iter().cloned().collect();
    page_with(status, Page { ctx: visit.ctx, served, search, found, entered, faults })
}

pub(in crate::admin) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageBodies);
    vec![
        get("/admin/bodies", manage, list),
        post("/admin/bodies", manage, add).fresh(),
        post("/admin/bodies/{code}/suspend", manage, suspend).fresh(),
        post("/admin/bodies/{code}/resume", manage, resume).fresh(),
    ]
}
