//! `/admin/telework/people`: what telework's rules know of each member of staff: kind of
//! appointment, 一般行政職, service, exemption, leaves; and requests HR enters for somebody.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Deed, DivisionId, Permit, Staff, StaffId};
use serde::Deserialize;
use store::Conn;
use store::changes::ChangeKind;
use store::telework::{Paper, PaperKind};
use telework::papers::{Approver, Leave, approver};
use telework::survey::Member;
use telework::time::{Hours, tokyo};

use super::own::{Entered as Wanted, hand_in, wanted};
use super::settings::{Typed, Unkept};
use super::{RULES, cut_all, hex, hex16, member_of, moment, office, unopened, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown, yes as yes_words};
use kit::http::{
    Answer, Ctx, Form, Lang, Nothing, SignedIn, get, page, page_with, post, see_other,
};
use kit::second::{self, Officers, Waits, by_itself};

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
    let lang = visit.ctx.lang;
    let done = match change_member(&app, &permit, lang, &staff, &entered, Seen::Form(&entered.seen))
        .await?
    {
        Ok(false) => "saved",
        Ok(true) => "change-asked",
        Err(unkept) => {
            let status = if unkept.changed.is_empty() {
                StatusCode::UNPROCESSABLE_ENTITY
            } else {
                StatusCode::CONFLICT
            };
            return render(&app, visit, staff, Some(entered), Wanted::default(), unkept, status)
                .await;
        }
    };
    Ok(see_other(&format!("/admin/telework/people/{}?done={done}", staff.id)))
}

/// What the form shows of a person.
pub(crate) async fn shown(conn: &mut Conn, lang: Lang, staff: &Staff) -> Result<Shown, Refusal> {
    let member = store::telework::member(conn, staff.body, staff.id).await?;
    let member = member_of(staff, &member.into_iter().map(|member| (staff.id, member)).collect());
    let exempt = office(conn, staff.body).await?.rules.exempt.contains(&staff.id);
    let joined =
        if member.joined == super::ALWAYS_HERE { String::new() } else { member.joined.to_string() };
    Ok(Shown::default()
        .with(
            "kind",
            lang.t("職の区分", "Kind of appointment"),
            words::employment(lang, member.employment),
        )
        .with(
            "general",
            lang.t("一般行政職員", "General administration"),
            yes_words(lang, member.general),
        )
        .with("joined", lang.t("着任日", "First day"), joined)
        .with(
            "leaves",
            lang.t("退職日", "Last day"),
            member.leaves.map_or(String::new(), |day| day.to_string()),
        )
        .with(
            "exempt",
            lang.t("承認なしでPCを開ける", "Needs no approved day"),
            yes_words(lang, exempt),
        ))
}

/// What counts for one person; or why not. `seen` is what the sender saw of what stands. Whoever
/// needs an approved day from now on and has none is cut. That somebody needs no approved day waits
/// for a second person or for the next midnight; answers whether it waits.
pub(crate) async fn change_member(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    staff: &Staff,
    entered: &Entered,
    seen: Seen<'_>,
) -> Result<Result<bool, Unkept>, Refusal> {
    let body = permit.body();
    let kind =
        words::EMPLOYMENTS.into_iter().find(|kind| words::employment_key(*kind) == entered.kind);
    let kind = kind.ok_or(Refusal::Malformed("kind"))?;
    let day = |text: &str| if text.is_empty() { Ok(None) } else { text.parse::<Date>().map(Some) };
    let (joined, leaves) = match (day(&entered.joined), day(&entered.leaves)) {
        (Ok(joined), Ok(leaves))
            if joined.zip(leaves).is_none_or(|(joined, leaves)| joined <= leaves) =>
        {
            (joined, leaves)
        }
        _ => {
            let words = lang.t(
                "退職日は着任日より後の日付にしてください。",
                "The last day comes after the first.",
            );
            return Ok(Err(Unkept { faults: vec![words.to_owned()], ..Unkept::default() }));
        }
    };
    let mut tx = app.write_as(permit).await?;
    let changed = shown(&mut tx, lang, staff).await?.unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(Unkept { changed, ..Unkept::default() }));
    }
    let before = store::telework::member(&mut tx, body, staff.id).await?;
    let before = member_of(staff, &before.into_iter().map(|member| (staff.id, member)).collect());
    let member = Member {
        staff: staff.id,
        employment: kind,
        general: entered.general == "yes",
        joined: joined.unwrap_or(super::ALWAYS_HERE),
        leaves,
    };
    store::telework::put_member(&mut tx, body, staff.id, &member).await?;
    let mut rules = office(&mut tx, body).await?.rules;
    let (was, id) = (rules.exempt.contains(&staff.id), staff.id.to_string());
    let waits = entered.exempt == "yes" && !was;
    let mut events = Vec::new();
    if waits {
        let (doc, now) = (second::json(&true)?, app.now());
        let mut officers = Officers::of(&mut tx, body, now).await?;
        let asked = second::Asked {
            kind: ChangeKind::Exempt,
            subject: &id,
            doc,
            begins: by_itself(now, now),
            named: staff.login.as_str(),
        };
        events.push(second::ask(app, &mut tx, permit, &mut officers, asked).await?);
    }
    let exempt = was && entered.exempt == "yes";
    if was && !exempt {
        rules.exempt.remove(&staff.id);
        store::telework::put_setting(&mut tx, body, RULES, &rules, app.now()).await?;
    }
    let cuts = unopened(&mut tx, body, app.now()).await?;
    let event = permit
        .event(Kind::TELEWORK_MEMBER_CHANGED, &staff.login)
        .with("employment_before", words::employment_key(before.employment))
        .with("employment", words::employment_key(kind))
        .with("general", member.general)
        .with("joined", member.joined)
        .with("leaves", member.leaves.map_or(String::new(), |day| day.to_string()))
        .with("exempt", exempt);
    events.insert(0, event);
    tx.commit(Decision { value: (), events }).await?;
    cut_all(app, cuts);
    Ok(Ok(waits))
}

/// A leave as it is entered.
#[derive(Deserialize)]
pub(crate) struct Away {
    pub(crate) from: String,
    pub(crate) to: String,
    /// `morning` or `afternoon`; otherwise the whole day.
    #[serde(default)]
    pub(crate) half: String,
    #[serde(default)]
    pub(crate) note: String,
}

async fn add_leave(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(away): Form<Away>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let staff = find(&app, &visit, &id).await?;
    if let Err(words) = enter_leave(&app, &permit, visit.ctx.lang, &staff, &away).await? {
        let typed = Typed(vec![("from", away.from), ("to", away.to), ("note", away.note)]);
        let unkept = Unkept { faults: vec![words.to_owned()], typed, ..Unkept::default() };
        return render(
            &app,
            visit,
            staff,
            None,
            Wanted::default(),
            unkept,
            StatusCode::UNPROCESSABLE_ENTITY,
        )
        .await;
    }
    Ok(see_other(&format!("/admin/telework/people/{}?done=saved", staff.id)))
}

/// Enters a leave; its identity, or why not.
pub(crate) async fn enter_leave(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    staff: &Staff,
    away: &Away,
) -> Result<Result<[u8; 16], &'static str>, Refusal> {
    let note: String = away.note.trim().chars().take(200).collect();
    let mut tx = app.write_as(&permit).await?;
    let rules = office(&mut tx, permit.body()).await?.rules;
    let part = match away.half.as_str() {
        "morning" => Some(rules.morning),
        "afternoon" => Some(rules.afternoon),
        _ => None,
    };
    let leave = match (away.from.parse::<Date>(), away.to.parse::<Date>()) {
        (Ok(from), Ok(to)) => Some(Leave { staff: staff.id, from, to, part, note, removed: false }),
        _ => None,
    };
    let Some(leave) = leave.filter(Leave::is_valid) else {
        return Ok(Err(lang.t(
            "休暇の最初と最後の日を入れてください。",
            "Please enter the first and the last day.",
        )));
    };
    let event = permit
        .event(Kind::LEAVE_ENTERED, &staff.login)
        .with("from", leave.from)
        .with("to", leave.to)
        .with("part", leave.part.map(span).unwrap_or_default());
    let paper = Paper { id: app.random(), staff: Some(staff.id), value: leave };
    store::telework::put_paper(&mut tx, permit.body(), PaperKind::Leave, &paper, app.now()).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(paper.id))
}

/// Hours as 8:30〜12:00.
fn span(hours: Hours) -> String {
    let at = |time: jiff::civil::Time| format!("{}:{:02}", time.hour(), time.minute());
    format!("{}〜{}", at(hours.start), at(hours.end))
}

async fn remove_leave(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let staff = take_leave_back(&app, &permit, &id).await?;
    Ok(see_other(&format!("/admin/telework/people/{staff}?done=removed")))
}

/// Takes a leave back. Whose it was.
pub(crate) async fn take_leave_back(
    app: &Kit,
    permit: &Permit,
    id: &str,
) -> Result<StaffId, Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let paper =
        store::telework::find_paper::<Leave>(&mut tx, body, PaperKind::Leave, hex16(id)?).await?;
    let mut paper = paper.filter(|paper| !paper.value.removed).ok_or(Refusal::NotFound)?;
    paper.value.removed = true;
    let staff =
        store::staff::find(&mut tx, body, paper.value.staff).await?.ok_or(Refusal::NotFound)?;
    store::telework::put_paper(&mut tx, body, PaperKind::Leave, &paper, app.now()).await?;
    let event = permit
        .event(Kind::LEAVE_REMOVED, &staff.login)
        .with("from", paper.value.from)
        .with("to", paper.value.to);
    tx.commit(Decision::new((), event)).await?;
    Ok(staff.id)
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
    let (lang, now) = (visit.ctx.lang, moment(app.now()));
    let rules = {
        let mut conn = app.store.read().await?;
        office(&mut conn, permit.body()).await?.rules
    };
    let faults = match wanted(lang, staff.id, permit.actor(), &entered, &rules, now) {
        Ok(requests) => hand_in(&app, &permit, lang, staff.id, requests).await?,
        Err(fault) => vec![fault.to_owned()],
    };
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
