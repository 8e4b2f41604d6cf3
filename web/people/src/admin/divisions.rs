//! Divisions (所属): the example of a page with its actions.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{BodyCode, Deed, Division, DivisionId, Name, Permit, Staff, StaffId};
use serde::Deserialize;
use store::Conn;
use store::changes::ChangeKind;

use crate::People;
use crate::Route;
use crate::second;
use crate::second::Asked;
use crate::second::Leads;
use crate::second::Officers;
use crate::second::Waits;
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
use kit::http::page_with;
use kit::http::post;
use kit::http::see_other;
use kit::http::seen::Changed;
use kit::http::seen::Seen;
use kit::http::seen::Shown;

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

#[derive(Default)]
struct Faults {
    code: bool,
    taken: bool,
    name: bool,
    /// What somebody else changed since the form was shown.
    changed: Changed,
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    render(&app, visit, None, Entered::default(), Faults::default(), StatusCode::OK).await
}

async fn edit(visit: SignedIn, State(app): State<People>, Path(id): Path<String>) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let found = find(&app, permit.body(), &id).await?;
    let text = |id: Option<StaffId>| id.map(|id| id.to_string()).unwrap_or_default();
    let entered = Entered {
        seen: String::new(),
        code: found.code,
        name: found.name.to_string(),
        superior: text(found.superior),
        deputy: text(found.deputy),
    };
    render(&app, visit, Some(found.id), entered, Faults::default(), StatusCode::OK).await
}

async fn add(visit: SignedIn, State(app): State<People>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let id = DivisionId(app.random());
    let mut tx = app.write_as(&permit).await?;
    let wanted = match check(&mut tx, permit.body(), id, &entered).await? {
        Ok(division) => division,
        Err(faults) => {
            drop(tx);
            return render(&app, visit, None, entered, faults, StatusCode::UNPROCESSABLE_ENTITY)
                .await;
        }
    };
    let division = Division { superior: None, deputy: None, ..wanted.clone() };
    match store::divisions::add(&mut tx, &division).await {
        Err(store::Fault::Conflict) => {
            drop(tx);
            let faults = Faults { taken: true, ..Faults::default() };
            return render(&app, visit, None, entered, faults, StatusCode::UNPROCESSABLE_ENTITY)
                .await;
        }
        other => other?,
    }
    let event = permit.event(Kind::DIVISION_ADDED, &division.name).with("code", &division.code);
    let (asked, waits) = lead(&app, &mut tx, &permit, &division, &division, &wanted).await?;
    let done = if waits { "change-asked" } else { "added" };
    tx.commit(Decision { value: (), events: std::iter::once(event).chain(asked).collect() })
        .await?;
    Ok(see_other(&format!("/admin/divisions?done={done}")))
}

async fn change(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(entered): Form<Entered>,
) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let id = find(&app, permit.body(), &id).await?.id;
    let mut tx = app.write_as(&permit).await?;
    let before =
        store::divisions::find(&mut tx, permit.body(), id).await?.ok_or(Refusal::NotFound)?;
    let stands = shown(&mut tx, visit.ctx.lang, &before).await?;
    let changed = stands.unseen(visit.ctx.lang, Seen::Form(&entered.seen));
    if !changed.is_empty() {
        drop(tx);
        let faults = Faults { changed, ..Faults::default() };
        return render(&app, visit, Some(id), entered, faults, StatusCode::CONFLICT).await;
    }
    let wanted = match check(&mut tx, permit.body(), id, &entered).await? {
        Ok(division) => division,
        Err(faults) => {
            drop(tx);
            return render(
                &app,
                visit,
                Some(id),
                entered,
                faults,
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await;
        }
    };
    // Whoever stops leading stops now; whoever is to lead waits, and until then whoever led still
    // does.
    let division = Leads::of(&wanted).at_once(Leads::of(&before)).put(&wanted);
    match store::divisions::change(&mut tx, &division).await {
        Ok(true) => {}
        Ok(false) => return Err(Refusal::NotFound),
        Err(store::Fault::Conflict) => {
            drop(tx);
            let faults = Faults { taken: true, ..Faults::default() };
            return render(
                &app,
                visit,
                Some(id),
                entered,
                faults,
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await;
        }
        Err(fault) => return Err(fault.into()),
    }
    let event = permit.event(Kind::DIVISION_CHANGED, &division.name).with("before", &before.name);
    let event = second::led(&mut tx, event, &before, &division).await?;
    let (asked, waits) = lead(&app, &mut tx, &permit, &before, &division, &wanted).await?;
    let done = if waits { "change-asked" } else { "saved" };
    tx.commit(Decision { value: (), events: std::iter::once(event).chain(asked).collect() })
        .await?;
    cut_former_leads(&app, &before, Some(&division));
    Ok(see_other(&format!("/admin/divisions?done={done}")))
}

/// Whoever is newly to lead or to stand in waits for a second officer, who is neither of them: they
/// will approve. So does the going of a superior whose deputy stays. What waited of a post that
/// this form leaves alone goes on waiting. Answers whether something of this form waits.
async fn lead(
    app: &People,
    tx: &mut store::Tx,
    permit: &Permit,
    before: &Division,
    division: &Division,
    wanted: &Division,
) -> Result<(Option<audit::Event>, bool), Refusal> {
    let (id, name) = (division.id.to_string(), division.name.as_str());
    let (shown, now) = (Leads::of(before), Leads::of(division));
    let there = store::changes::about(tx, division.body, ChangeKind::Division, &id).await?;
    let waits = there.as_ref().map_or(Ok(shown), |change| Leads::read(&change.doc))?;
    let later = waits.with(Leads::of(wanted), shown);
    let asked = Leads::of(wanted) != now;
    if later == now {
        return Ok((second::settled(tx, permit, ChangeKind::Division, &id, name).await?, asked));
    }
    let mut officers = Officers::of(tx, division.body, app.now()).await?;
    let askers = second::askers(there.as_ref(), permit.actor());
    let begins = officers.begins(&askers, None, &later.parts(division));
    // The same word again is no other asker, unless nobody is left to confirm it.
    if there.is_some_and(|there| later == waits && (!asked || begins >= there.begins)) {
        return Ok((None, asked));
    }
    let (kind, subject) = (ChangeKind::Division, id.as_str());
    let asks = Asked { kind, subject, doc: later.doc()?, begins, named: name };
    Ok((Some(second::ask(app, tx, permit, &mut officers, asks).await?), asked))
}

/// What the form shows of a division.
async fn shown(conn: &mut Conn, lang: Lang, division: &Division) -> Result<Shown, Refusal> {
    let mut shown = Shown::default().with("code", lang.t("コード", "Code"), &division.code).with(
        "name",
        lang.t("名前", "Name"),
        &division.name,
    );
    for (key, label, id) in [
        ("superior", lang.t("所属長", "Superior"), division.superior),
        ("deputy", lang.t("代理", "Deputy"), division.deputy),
    ] {
        let name = match id {
            Some(id) => store::staff::find(conn, division.body, id)
                .await?
                .map_or(id.to_string(), |one| format!("{}（{}）", one.name, one.login)),
            None => String::new(),
        };
        shown = shown.with(key, label, name);
    }
    Ok(shown)
}

async fn remove(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let division = find(&app, permit.body(), &id).await?;
    let mut tx = app.write_as(&permit).await?;
    if !store::divisions::remove(&mut tx, permit.body(), division.id).await? {
        return Ok(see_other("/admin/divisions?done=in-use"));
    }
    store::changes::forget(&mut tx, permit.body(), ChangeKind::Division, &division.id.to_string())
        .await?;
    tx.commit(Decision::new(
        (),
        permit.event(Kind::DIVISION_REMOVED, &division.name).with("code", &division.code),
    ))
    .await?;
    cut_former_leads(&app, &division, None);
    Ok(see_other("/admin/divisions?done=removed"))
}

/// Who led the division and does no more may do less: what is open of theirs is looked at again.
fn cut_former_leads(app: &People, before: &Division, after: Option<&Division>) {
    let leads = |division: &Division| [division.superior, division.deputy];
    let now = after.map(leads).unwrap_or_default();
    let former = leads(before).into_iter().flatten().filter(|one| !now.contains(&Some(*one)));
    former.for_each(|one| app.cut(Cut::Rights(one)));
}

async fn find(app: &People, body: BodyCode, id: &str) -> Result<Division, Refusal> {
    let id: DivisionId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    store::divisions::find(&mut conn, body, id).await?.ok_or(Refusal::NotFound)
}

/// What was entered as a division, or what is wrong with it. People named must be of the body.
async fn check(
    conn: &mut Conn,
    body: BodyCode,
    id: DivisionId,
    entered: &Entered,
) -> Result<Result<Division, Faults>, Refusal> {
    let code = entered.code.trim();
    let code_ok = (1..=20).contains(&code.chars().count())
        && code.chars().all(|c| c.is_alphanumeric() || c == '-');
    let name = entered.name.parse::<Name>();
    let (Ok(name), true) = (name.clone(), code_ok) else {
        return Ok(Err(Faults { code: !code_ok, name: name.is_err(), ..Faults::default() }));
    };
    let mut people = [None, None];
    for (slot, text) in people.iter_mut().zip([&entered.superior, &entered.deputy]) {
        if !text.is_empty() {
            let id: StaffId = text.parse().map_err(|_| Refusal::NotFound)?;
            *slot = Some(store::staff::find(conn, body, id).await?.ok_or(Refusal::NotFound)?.id);
        }
    }
    Ok(Ok(Division {
        id,
        body,
        code: code.to_owned(),
        name,
        superior: people[0],
        deputy: people[1],
    }))
}

async fn render(
    app: &People,
    visit: SignedIn,
    editing: Option<DivisionId>,
    entered: Entered,
    faults: Faults,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit(Deed::ManageDivisions)?;
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, permit.body()).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    let (mut seen, mut waits) = (String::new(), None);
    if let Some(division) = editing.and_then(|id| divisions.iter().find(|one| one.id == id)) {
        let posted = (status == StatusCode::UNPROCESSABLE_ENTITY).then_some(entered.seen.as_str());
        seen = faults.changed.seen(posted, &shown(&mut conn, visit.ctx.lang, division).await?);
        let id = division.id.to_string();
        if let Some(change) =
            store::changes::about(&mut conn, permit.body(), ChangeKind::Division, &id).await?
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

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageDivisions);
    vec![
        get("/admin/divisions", manage, show),
        get("/admin/divisions/{id}", manage, edit),
        post("/admin/divisions", manage, add),
        post("/admin/divisions/{id}", manage, change),
        post("/admin/divisions/{id}/remove", manage, remove),
    ]
}
