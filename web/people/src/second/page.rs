//! `/admin/changes`: what waits for a second person or for its day, confirmed or taken back.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use people::{Action, DivisionId, NEVER, Permit, Roles, Staff, StaffId};
use store::Conn;
use store::changes::{Change, ChangeKind, WaitingPerson};

use super::begin::{begin, subject, taken_back};
use kit::second::person;

use super::{Leads, Officers, unjson};
use crate::People;
use crate::Route;
use crate::slips::SlipsPage;
use kit::Cut;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, Nothing, SignedIn, get, page, post, see_other};
use kit::secrets::hex16;

#[derive(Template)]
#[template(path = "second/changes.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    manage: bool,
}

struct Row {
    id: String,
    what: String,
    by: String,
    asked: i64,
    /// When it begins by itself.
    begins: Option<i64>,
    /// Whether it ends with a slip to hand out.
    slip: bool,
    /// Whether this visitor may be the second person.
    second: bool,
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    let permit = visit.permit(Action::SeeChanges)?;
    let body = permit.body();
    let mut conn = app.store.read().await?;
    let officers = Officers::of(&mut conn, body, app.now()).await?;
    let mut rows = Vec::new();
    for change in store::changes::all(&mut conn, body).await? {
        let by = person(&mut conn, body, Some(change.by), visit.ctx.lang).await?;
        let about = about(&mut conn, &change).await?;
        let slip = change.kind == ChangeKind::Person && unjson::<WaitingPerson>(&change.doc)?.slip;
        rows.push(Row {
            id: kit::secrets::hex(&change.id),
            what: words(&app, &mut conn, visit.ctx.lang, &change).await?,
            by,
            asked: change.asked,
            begins: (change.begins != NEVER).then_some(change.begins),
            slip,
            second: officers.may(permit.actor(), change.by, about.as_ref(), &named(&change)?),
        });
    }
    let manage = visit.permit(Action::ConfirmChanges).is_ok();
    page(Page { ctx: visit.ctx, rows, manage })
}

async fn confirm(visit: SignedIn, State(app): State<People>, Path(id): Path<String>, Form(Nothing {}): Form<Nothing>) -> Answer {
    let permit = visit.permit(Action::ConfirmChanges)?;
    let mut tx = app.write_as(&permit).await?;
    let change = store::changes::find(&mut tx, permit.body(), hex16(&id)?).await?.ok_or(Refusal::NotFound)?;
    let about = about(&mut tx, &change).await?;
    let officers = Officers::of(&mut tx, permit.body(), app.now()).await?;
    if !officers.may(permit.actor(), change.by, about.as_ref(), &named(&change)?) {
        return Err(Refusal::Forbidden("second_person"));
    }
    let asked_by =
        store::staff::find(&mut tx, permit.body(), change.by).await?.map_or(String::new(), |one| one.login.to_string());
    let what = subject_name(&mut tx, &change).await?;
    let mut begun = begin(&app, &mut tx, &change, &|kind, subject| permit.event(kind, subject)).await?;
    let told = permit.event(Kind::CHANGE_CONFIRMED, what).with("change", change.kind.name()).with("asked_by", asked_by);
    begun.events.insert(0, told.with("what", &change.doc));
    tx.commit(Decision { value: (), events: begun.events }).await?;
    if let Some(staff) = begun.cut {
        app.cut(Cut::Person(staff));
    }
    match begun.slip {
        Some(slip) => page(SlipsPage {
            ctx: visit.ctx,
            url: app.site.link("/activate"),
            slips: vec![slip],
            held: Vec::new(),
            back: "/admin/changes",
        }),
        None => Ok(see_other("/admin/changes?done=change-confirmed")),
    }
}

async fn take_back(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Action::ConfirmChanges)?;
    let mut tx = app.write_as(&permit).await?;
    let change = store::changes::find(&mut tx, permit.body(), hex16(&id)?).await?.ok_or(Refusal::NotFound)?;
    allowed(&visit, &mut tx, &change).await?;
    let event = taken_back(&mut tx, &change, &|kind, subject| permit.event(kind, subject)).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/admin/changes?done=change-withdrawn"))
}

/// Whoever holds an office is changed by IT alone, here too.
async fn allowed(visit: &SignedIn, tx: &mut store::Tx, change: &Change) -> Result<(), Refusal> {
    if let (ChangeKind::Person, Some(staff)) = (change.kind, subject(tx, change).await?)
        && crate::slips::office(staff.roles)
    {
        visit.permit(Action::GrantOffice).map(|_: Permit| ())?;
    }
    Ok(())
}

/// The person a change is about, where it is about one: she confirms nothing of her own.
async fn about(conn: &mut Conn, change: &Change) -> Result<Option<Staff>, Refusal> {
    if !matches!(change.kind, ChangeKind::Person | ChangeKind::Exempt) {
        return Ok(None);
    }
    let id: StaffId = change.subject.parse().map_err(|_| Refusal::NotFound)?;
    Ok(store::staff::find(conn, change.body, id).await?)
}

/// Those a change names, who confirm nothing of their own either.
fn named(change: &Change) -> Result<Vec<StaffId>, Refusal> {
    if change.kind != ChangeKind::Division {
        return Ok(Vec::new());
    }
    let leads = Leads::read(&change.doc)?;
    Ok(leads.superior.into_iter().chain(leads.deputy).collect())
}

pub(super) async fn subject_name(conn: &mut Conn, change: &Change) -> Result<String, Refusal> {
    Ok(match change.kind {
        ChangeKind::Person | ChangeKind::Exempt => {
            about(conn, change).await?.map_or(change.subject.clone(), |staff| staff.login.to_string())
        }
        ChangeKind::Division => match change.subject.parse::<DivisionId>() {
            Ok(id) => store::divisions::find(conn, change.body, id).await?.map_or(String::new(), |one| one.name.to_string()),
            Err(_) => String::new(),
        },
        ChangeKind::Desks | ChangeKind::Days => change.body.to_string(),
    })
}

/// What would come to be, in words.
pub(crate) async fn words(app: &People, conn: &mut Conn, lang: Lang, change: &Change) -> Result<String, Refusal> {
    let body = change.body;
    Ok(match change.kind {
        ChangeKind::Person => {
            let who = person(conn, body, change.subject.parse().ok(), lang).await?;
            let waits: WaitingPerson = unjson(&change.doc)?;
            let roles = Roles::from_bits(waits.roles);
            match (waits.slip, lang) {
                (true, Lang::Ja) => format!("{who}さんの利用開始票を渡す"),
                (true, Lang::En) => format!("Hand out the activation slip of {who}"),
                (false, Lang::Ja) => format!("{who}さんが{}として承認・確認できるようにする", roles.ja()),
                (false, Lang::En) => format!("{who} decides as {}", roles.names()),
            }
        }
        ChangeKind::Division => {
            let wanted = Leads::read(&change.doc)?;
            let id = change.subject.parse::<DivisionId>().map_err(|_| Refusal::NotFound)?;
            let Some(now) = store::divisions::find(conn, body, id).await? else { return Ok(String::new()) };
            let mut parts = Vec::new();
            for (label, was, is) in [
                (lang.t("所属長", "superior"), now.superior, wanted.superior),
                (lang.t("代理", "deputy"), now.deputy, wanted.deputy),
            ] {
                if was != is {
                    let (was, is) = (person(conn, body, was, lang).await?, person(conn, body, is, lang).await?);
                    parts.push(format!("{label}{}{was} → {is}", lang.t("：", ": ")));
                }
            }
            format!("{} {}", now.name, parts.join(lang.t("、", ", ")))
        }
        kind => {
            let waiting = app.ports.changes.iter().find(|one| one.kind == kind);
            let waiting = waiting.ok_or_else(|| Refusal::Internal("nobody has words for this change".into()))?;
            (waiting.words)(conn, lang, change).await?
        }
    })
}

pub fn routes() -> Vec<Route> {
    let confirm_ = May(Action::ConfirmChanges);
    vec![
        get("/admin/changes", May(Action::SeeChanges), show),
        post("/admin/changes/{id}/confirm", confirm_, confirm).fresh(),
        post("/admin/changes/{id}/withdraw", confirm_, take_back),
    ]
}
