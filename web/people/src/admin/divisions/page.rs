//! The page of the divisions.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Deed, Division, DivisionId, Staff, StaffId};
use serde::Deserialize;
use store::changes::ChangeKind;

use super::act;
use super::command::{Done, NotWanted, Undone, Unfit, Wanted};
use crate::People;
use crate::Route;
use crate::second::{self, Waits};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen};
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page_with, post, see_other};

#[derive(Template)]
#[template(path = "admin/divisions.html")]
struct Page {
    ctx: Ctx,
    divisions: Vec<Division>,
    staff: Vec<Staff>,
    entered: Entered,
    editing: Option<DivisionId>,
    /// What stands now, for the field that comes back.
    seen: String,
    /// What waits of the division, in words.
    waits: Option<Waits>,
    faults: Faults,
}

impl Page {
    fn name_of(&self, id: &Option<StaffId>) -> &str {
        id.and_then(|id| self.staff.iter().find(|staff| staff.id == id))
            .map_or("", |staff| staff.name.as_str())
    }

    fn is(&self, entered: &str, staff: &Staff) -> bool {
        entered == staff.id.to_string()
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entered {
    /// What the form showed.
    seen: String,
    code: String,
    name: String,
    superior: String,
    deputy: String,
}

impl Entered {
    fn of(division: Division) -> Self {
        let text = |id: Option<StaffId>| id.map(|id| id.to_string()).unwrap_or_default();
        Self {
            seen: String::new(),
            code: division.code,
            name: division.name.to_string(),
            superior: text(division.superior),
            deputy: text(division.deputy),
        }
    }

    fn read(&self) -> Result<Result<Wanted, Faults>, Refusal> {
        let read = Wanted::read(&self.code, &self.name, &self.superior, &self.deputy)?;
        Ok(read.map_err(|wrong| Faults {
            code: wrong.contains(&NotWanted::Code),
            name: wrong.contains(&NotWanted::Name),
            ..Faults::default()
        }))
    }
}

/// What the form says beside what was entered.
#[derive(Default)]
struct Faults {
    code: bool,
    taken: bool,
    name: bool,
    /// What somebody else changed since the form was shown.
    changed: Changed,
}

impl Faults {
    fn status(&self) -> StatusCode {
        match (self.changed.is_empty(), self.code || self.taken || self.name) {
            (false, _) => StatusCode::CONFLICT,
            (true, true) => StatusCode::UNPROCESSABLE_ENTITY,
            (true, false) => StatusCode::OK,
        }
    }
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    render(&app, visit, None, Entered::default(), Faults::default()).await
}

async fn edit(visit: SignedIn, State(app): State<People>, Path(id): Path<String>) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let id = division_id(&id)?;
    let mut conn = app.store.read().await?;
    let found = store::divisions::find(&mut conn, permit.body(), id).await?;
    drop(conn);
    let entered = Entered::of(found.ok_or(Refusal::NotFound)?);
    render(&app, visit, Some(id), entered, Faults::default()).await
}

async fn add(visit: SignedIn, State(app): State<People>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let done = match entered.read()? {
        Ok(wanted) => act::add(&app, &permit, wanted).await,
        Err(faults) => return render(&app, visit, None, entered, faults).await,
    };
    answer(&app, visit, None, entered, done).await
}

async fn change(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(entered): Form<Entered>,
) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let id = division_id(&id)?;
    let done = match entered.read()? {
        Ok(wanted) => {
            let seen = (id, visit.ctx.lang, Seen::Form(&entered.seen));
            act::change(&app, &permit, seen, wanted).await
        }
        Err(faults) => return render(&app, visit, Some(id), entered, faults).await,
    };
    answer(&app, visit, Some(id), entered, done).await
}

async fn remove(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let id = division_id(&id)?;
    let done = act::remove(&app, &permit, id).await;
    answer(&app, visit, Some(id), Entered::default(), done).await
}

/// What was done, or the form again with why not.
async fn answer(
    app: &People,
    visit: SignedIn,
    editing: Option<DivisionId>,
    entered: Entered,
    done: Result<Done, Undone>,
) -> Answer {
    let word = match done {
        Ok(Done::Added) => "added",
        Ok(Done::Saved) => "saved",
        Ok(Done::Asked) => "change-asked",
        Ok(Done::Removed) => "removed",
        Err(Undone::Faulty(Unfit::InUse)) => "in-use",
        Err(Undone::Faulty(Unfit::Taken)) => {
            let faults = Faults { taken: true, ..Faults::default() };
            return render(app, visit, editing, entered, faults).await;
        }
        Err(Undone::Changed(changed)) => {
            let faults = Faults { changed, ..Faults::default() };
            return render(app, visit, editing, entered, faults).await;
        }
        Err(Undone::Other(refusal)) => return Err(refusal),
    };
    Ok(see_other(&format!("/admin/divisions?done={word}")))
}

fn division_id(text: &str) -> Result<DivisionId, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

async fn render(
    app: &People,
    visit: SignedIn,
    editing: Option<DivisionId>,
    entered: Entered,
    faults: Faults,
) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let status = faults.status();
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, permit.body()).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    let (mut seen, mut waits) = (String::new(), None);
    if let Some(id) = editing {
        // A division that somebody removed meanwhile is not changed, and not shown either.
        let division = divisions.iter().find(|one| one.id == id).ok_or(Refusal::NotFound)?;
        let posted = (status == StatusCode::UNPROCESSABLE_ENTITY).then_some(entered.seen.as_str());
        let stands = act::shown(&mut conn, visit.ctx.lang, division).await?;
        seen = faults.changed.seen(posted, &stands);
        let subject = id.to_string();
        if let Some(change) =
            store::changes::about(&mut conn, permit.body(), ChangeKind::Division, &subject).await?
        {
            let words = second::words(app, &mut conn, visit.ctx.lang, &change).await?;
            waits = Some(Waits::of(&change, words));
        }
    }
    page_with(
        status,
        Page { ctx: visit.ctx, divisions, staff, entered, editing, seen, waits, faults },
    )
}

pub(in crate::admin) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageDivisions);
    vec![
        get("/admin/divisions", manage, show),
        get("/admin/divisions/{id}", manage, edit),
        post("/admin/divisions", manage, add),
        post("/admin/divisions/{id}", manage, change),
        post("/admin/divisions/{id}/remove", manage, remove),
    ]
}
