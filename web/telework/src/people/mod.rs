//! `/admin/telework/people`: what telework's rules know of each member of staff: kind of
//! appointment, 一般行政職, service, exemption,
//! leaves; and requests HR enters for somebody.

mod act;
pub(crate) mod call;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use people::{Deed, DivisionId, Staff, StaffId};
use serde::Deserialize;
use store::changes::ChangeKind;
use store::telework::PaperKind;
use telework::papers::{Approver, Leave, approver};
use telework::rules::Employment;
use telework::time::tokyo;

use self::act::{
    MemberChange, NotKept, Unfit, change_member, enter_leave, leave, service, shown, span,
    take_leave_back, unfit,
};
use super::own::Entered as Wanted;
use super::requests::{Of, hand_in, unasked, unread};
use super::settings::{Typed, Unkept};
use super::{hex, hex16, member_of, moment, office, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen};
use kit::http::{
    Answer, Ctx, Form, Nothing, Reason, SignedIn, get, page, page_with, post, see_other,
};
use kit::second::Waits;

/// People on one page of the list.
const PAGE: u32 = 100;

#[derive(Template)]
#[template(path = "telework/people.html")]
struct ListPage {
    ctx: Ctx,
    rows: Vec<Row>,
    /// Divisions in which nobody can decide today.
    leaderless: Vec<String>,
    search: String,
    next: Option<String>,
}

struct Row {
    id: String,
    name: String,
    division: String,
    kind: &'static str,
    notes: Vec<&'static str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    after: String,
}

async fn list(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let (body, lang) = (permit.body(), visit.ctx.lang);
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let mut staff = store::staff::page(&mut conn, body, &asked.q, &asked.after, PAGE + 1).await?;
    let members = store::telework::members(&mut conn, body).await?;
    let rules = office(&mut conn, body).await?.rules;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let leaves = super::leaves::leaves(&mut conn, body).await?;
    drop(conn);
    let more = staff.len() > PAGE as usize;
    staff.truncate(PAGE as usize);
    let names: BTreeMap<DivisionId, &str> =
        divisions.iter().map(|one| (one.id, one.name.as_str())).collect();
    let away = |id: StaffId| leaves.iter().any(|leave| leave.staff == id && leave.covers(today));
    let rows = staff.iter().map(|one| {
        let member = member_of(one, &members);
        let notes = [
            (!member.general, lang.t("一般行政職以外", "Not general administration")),
            (rules.exempt.contains(&one.id), lang.t("承認なしで開ける", "Needs no approved day")),
            (away(one.id), lang.t("休暇・休職中", "On leave")),
            (member.leaves.is_some_and(|last| last < today), lang.t("退職", "Left")),
            (member.joined > today, lang.t("着任前", "Not yet here")),
        ];
        Row {
            id: one.id.to_string(),
            name: one.name.to_string(),
            division: one.division.and_then(|id| names.get(&id).copied()).unwrap_or("").to_owned(),
            kind: words::employment(lang, member.employment),
            notes: notes.into_iter().filter(|(is, _)| *is).map(|(_, text)| text).collect(),
        }
    });
    let all: Vec<Leave> = leaves.clone();
    let nobody = |one: &&people::Division| {
        approver(one.superior, one.deputy, None, &all, today) == Approver::Nobody
    };
    page(ListPage {
        rows: rows.collect(),
        leaderless: divisions.iter().filter(nobody).map(|one| one.name.to_string()).collect(),
        next: more.then(|| staff.last().map(|last| last.login.to_string())).flatten(),
        search: asked.q,
        ctx: visit.ctx,
    })
}

#[derive(Template)]
#[template(path = "telework/person.html")]
struct PersonPage {
    ctx: Ctx,
    id: String,
    name: String,
    entered: Entered,
    kinds: Vec<(&'static str, &'static str)>,
    leaves: Vec<LeaveRow>,
    wanted: Wanted,
    forms: Vec<(&'static str, &'static str)>,
    units: Vec<(&'static str, &'static str)>,
    /// A leave that was not entered.
    away: Typed,
    faults: Vec<String>,
    /// What stands now, for the field that comes back.
    seen: String,
    /// What waits of the person, in words.
    waits: Option<Waits>,
    changed: Changed,
}

struct LeaveRow {
    id: String,
    days: String,
    note: String,
    removed: bool,
}

/// What counts for one person, as it is entered.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Entered {
    /// What the form showed.
    pub(crate) seen: String,
    /// Key of the kind of appointment.
    pub(crate) kind: String,
    /// `yes` or not.
    pub(crate) general: String,
    pub(crate) joined: String,
    pub(crate) leaves: String,
    /// `yes` or not.
    pub(crate) exempt: String,
}

impl Entered {
    /// What is to count.
    fn read(&self) -> Result<Result<MemberChange, Unfit>, Refusal> {
        let key = |kind: &Employment| words::employment_key(*kind) == self.kind;
        let employment = words::EMPLOYMENTS.into_iter().find(key);
        let employment = employment.ok_or(Refusal::Malformed("kind"))?;
        let days = service(&self.joined).and_then(|joined| Ok((joined, service(&self.leaves)?)));
        Ok(days.map(|(joined, leaves)| MemberChange {
            employment,
            general: self.general == "yes",
            joined,
            leaves,
            exempt: self.exempt == "yes",
        }))
    }
}

async fn find(app: &Kit, visit: &SignedIn, id: &str) -> Result<Staff, Refusal> {
    let permit = visit.permit(Deed::ManageTelework)?;
    let id: StaffId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    store::staff::find(&mut conn, permit.body(), id).await?.ok_or(Refusal::NotFound)
}

async fn show(visit: SignedIn, State(app): State<Kit>, Path(id): Path<String>) -> Answer {
    let staff = find(&app, &visit, &id).await?;
    render(&app, visit, staff, None, Wanted::default(), Unkept::default(), StatusCode::OK).await
}

async fn change(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(entered): Form<Entered>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let staff = find(&app, &visit, &id).await?;
    let (lang, seen) = (visit.ctx.lang, Seen::Form(&entered.seen));
    let kept = match entered.read()? {
        Ok(change) => change_member(&app, &permit, lang, &staff, change, seen).await?,
        Err(fault) => Err(NotKept::Unfit(fault)),
    };
    let (unkept, status) = match kept {
        Ok(waits) => {
            let done = if waits { "change-asked" } else { "saved" };
            return Ok(see_other(&format!("/admin/telework/people/{}?done={done}", staff.id)));
        }
        Err(NotKept::Unfit(fault)) => {
            let faults = vec![unfit(lang, fault).message];
            (Unkept { faults, ..Unkept::default() }, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(NotKept::Changed(changed)) => {
            (Unkept { changed, ..Unkept::default() }, StatusCode::CONFLICT)
        }
    };
    render(&app, visit, staff, Some(entered), Wanted::default(), unkept, status).await
}

/// A leave as it is typed.
#[derive(Deserialize)]
struct Away {
    from: String,
    to: String,
    /// `morning` or `afternoon`; otherwise the whole day.
    #[serde(default)]
    half: String,
    #[serde(default)]
    note: String,
}

async fn add_leave(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(away): Form<Away>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let staff = find(&app, &visit, &id).await?;
    let entered = match leave(&away.from, &away.to, &away.half, &away.note) {
        Ok(leave) => enter_leave(&app, &permit, &staff, leave).await?,
        Err(fault) => Err(fault),
    };
    let Err(fault) = entered else {
        return Ok(see_other(&format!("/admin/telework/people/{}?done=saved", staff.id)));
    };
    let faults = vec![unfit(visit.ctx.lang, fault).message];
    let typed =
        Typed(vec![("from", away.from), ("to", away.to), ("half", away.half), ("note", away.note)]);
    let (unkept, status) =
        (Unkept { faults, typed, ..Unkept::default() }, StatusCode::UNPROCESSABLE_ENTITY);
    render(&app, visit, staff, None, Wanted::default(), unkept, status).await
}

async fn remove_leave(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let staff = take_leave_back(&app, &permit, hex16(&id)?).await?;
    Ok(see_other(&format!("/admin/telework/people/{staff}?done=removed")))
}

/// A request HR enters for somebody: the same checks, the superior decides, and it is marked
/// wherever it is shown.
async fn ask_for(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(entered): Form<Wanted>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let staff = find(&app, &visit, &id).await?;
    let lang = visit.ctx.lang;
    let reasons = match entered.read() {
        Ok(wanted) => {
            unasked(lang, &hand_in(&app, &permit, staff.id, &wanted, Of::All).await?.faults)
        }
        Err(fault) => vec![unread(lang, fault)],
    };
    let faults = Reason::words(reasons);
    if faults.is_empty() {
        return Ok(see_other(&format!("/admin/telework/people/{}?done=telework-asked", staff.id)));
    }
    let unkept = Unkept { faults, ..Unkept::default() };
    render(&app, visit, staff, None, entered, unkept, StatusCode::UNPROCESSABLE_ENTITY).await
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    staff: Staff,
    entered: Option<Entered>,
    wanted: Wanted,
    unkept: Unkept,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let (body, lang) = (permit.body(), visit.ctx.lang);
    let mut conn = app.store.read().await?;
    let rules = office(&mut conn, body).await?.rules;
    let member = store::telework::member(&mut conn, body, staff.id).await?;
    let papers =
        store::telework::papers_of::<Leave>(&mut conn, body, PaperKind::Leave, staff.id).await?;
    let posted = entered.as_ref().map(|entered| entered.seen.as_str());
    let seen = unkept.changed.seen(posted, &shown(&mut conn, lang, &staff).await?);
    let waits =
        match store::changes::about(&mut conn, body, ChangeKind::Exempt, &staff.id.to_string())
            .await?
        {
            Some(change) => {
                Some(Waits::of(&change, super::waiting::words(&mut conn, lang, &change).await?))
            }
            None => None,
        };
    drop(conn);
    let member = member_of(&staff, &member.into_iter().map(|member| (staff.id, member)).collect());
    let yes = |is: bool| if is { "yes".to_owned() } else { String::new() };
    let entered = entered.unwrap_or(Entered {
        seen: String::new(),
        kind: words::employment_key(member.employment).to_owned(),
        general: yes(member.general),
        joined: if member.joined == super::ALWAYS_HERE {
            String::new()
        } else {
            member.joined.to_string()
        },
        leaves: member.leaves.map_or(String::new(), |day| day.to_string()),
        exempt: yes(rules.exempt.contains(&staff.id)),
    });
    let leaves = papers.into_iter().map(|paper| LeaveRow {
        id: hex(paper.id),
        days: match paper.value.part {
            Some(part) if paper.value.from == paper.value.to => {
                format!("{} {}", paper.value.from, span(part))
            }
            Some(part) => format!("{}〜{} {}", paper.value.from, paper.value.to, span(part)),
            None => format!("{}〜{}", paper.value.from, paper.value.to),
        },
        note: paper.value.note,
        removed: paper.value.removed,
    });
    let view = PersonPage {
        id: staff.id.to_string(),
        name: staff.name.to_string(),
        entered,
        kinds: words::EMPLOYMENTS
            .map(|one| (words::employment_key(one), words::employment(lang, one)))
            .into(),
        leaves: leaves.collect(),
        wanted,
        forms: rules
            .forms
            .iter()
            .map(|one| (words::form_key(*one), words::form(lang, *one)))
            .collect(),
        units: rules
            .units
            .iter()
            .map(|one| (words::unit_key(*one), words::unit(lang, *one)))
            .collect(),
        faults: unkept.faults,
        away: unkept.typed,
        seen,
        waits,
        changed: unkept.changed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::ManageTelework);
    vec![
        get("/admin/telework/people", may, list),
        get("/admin/telework/people/{id}", may, show),
        post("/admin/telework/people/{id}", may, change),
        post("/admin/telework/people/{id}/leave", may, add_leave),
        post("/admin/telework/people/{id}/requests", may, ask_for),
        post("/admin/telework/leaves/{id}/remove", may, remove_leave),
    ]
}
