//! More of the work inventory: one piece of work with who does it, files in and out, hours by
//! obstacle, who can telework.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use people::{Deed, StaffId};
use serde::{Deserialize, Serialize};
use telework::inventory::{
    Outcome, hours_by_division, hours_by_outcome, obstacles, possible_staff,
};
use telework::time::Minutes;
use utoipa::ToSchema;

use super::super::{Stock, Taken, divisions, exported, find, judging, marked_copy, number, shown};
use super::super::{take_file, template_file, unlink_work};
use crate::Route;
use crate::office;
use kit::Kit;
use kit::error::{Most, Refusal};
use kit::http::call::{Large, PathOf};
use kit::http::packed::{FileOut, packed};
use kit::http::{Access, Answer, FILE_LIMIT, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Reason, Scope, json, refused};
use kit::limit::UPLOAD;

/// Who does a piece of work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareInfo {
    /// Sign-in name.
    login: String,
    /// Minutes a year.
    yearly_minutes: u32,
    /// Her part in short: sent back with a change of it, which is refused where it is another by
    /// then.
    revision: String,
}

/// What stands against a piece of work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CauseInfo {
    /// Key of the rule.
    key: String,
    /// Its name.
    name: String,
    /// What would take it away.
    remedy: Option<String>,
    /// Whether nobody can set it aside.
    locked: bool,
}

/// A piece of work with all that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkDetail {
    /// Its number in the body.
    id: u64,
    /// Code of its division.
    division: String,
    /// Its name.
    name: String,
    /// Minutes a year over all staff.
    yearly_minutes: u32,
    /// `daily`, `weekly`, `monthly`, `seasonal` and the like.
    frequency: &'static str,
    /// `none`, `internal`, `personal`, `specific_personal`.
    information: &'static str,
    /// `mynumber`, `lgwan`, `internet`.
    zone: &'static str,
    /// `none`, `electronic`, `paper`.
    approval: &'static str,
    /// Whether it can be interrupted and taken up elsewhere.
    interruptible: bool,
    /// Whether it needs paper.
    paper: bool,
    /// Whether it needs a seal.
    seal: bool,
    /// Whether it is done at the counter.
    counter: bool,
    /// Whether it is done on site.
    site: bool,
    /// Whether it needs the office's telephone.
    telephone: bool,
    /// Keys of the obstacles that were removed.
    removed: Vec<String>,
    /// `possible`, `condition`, `no`, `ask`.
    outcome: &'static str,
    /// What stands against it.
    causes: Vec<CauseInfo>,
    /// Whether a person's word decided it, and why.
    decided: Option<String>,
    /// Who does it.
    staff: Vec<ShareInfo>,
    /// The work in short, without who does it: sent back with a change or a word, which is refused
    /// where
    /// it is another by then.
    revision: String,
}

/// One piece of work.
#[utoipa::path(
    get,
    path = "/api/v1/telework/works/{id}",
    tag = "telework",
    security(("token" = ["works:read"])),
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The work", body = WorkDetail)),
)]
pub(crate) async fn work(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let body = caller.actor.body;
    let mut conn = app.store.read().await?;
    let (_, row) = find(&mut conn, &caller.actor, Deed::SeeWorks, number(&id)?).await?;
    let rules = judging(&mut conn, body).await?;
    let division = store::divisions::find(&mut conn, body, row.division)
        .await?
        .map(|one| one.code)
        .unwrap_or_default();
    let shares = store::telework::shares(&mut conn, body).await?;
    let staff = store::staff::all(&mut conn, body).await?;
    let revision = shown::work(&mut conn, Lang::Ja, body, &rules, &row.work).await?.revision();
    drop(conn);
    let judged = rules.judge(&row.work);
    let work = row.work;
    let person = |id: StaffId| staff.iter().find(|one| one.id == id);
    let shares = shares.into_iter().filter(|share| share.work == work.id);
    json(&WorkDetail {
        id: work.id,
        division,
        yearly_minutes: work.yearly.0,
        frequency: work.frequency.key(),
        information: work.information.key(),
        zone: work.zone.key(),
        approval: work.approval.key(),
        interruptible: work.interruptible,
        paper: work.paper,
        seal: work.seal,
        counter: work.counter,
        site: work.site,
        telephone: work.telephone,
        removed: work.removed,
        outcome: judged.outcome.key(),
        causes: judged
            .causes
            .into_iter()
            .map(|one| CauseInfo {
                key: one.key,
                name: one.name,
                remedy: one.remedy,
                locked: one.locked,
            })
            .collect(),
        decided: work.decided.filter(|_| judged.by_person).map(|decided| decided.why),
        staff: shares
            .filter_map(|share| {
                let one = person(share.staff)?;
                let revision = shown::shares(std::iter::once((one, share.yearly))).revision();
                Some(ShareInfo {
                    login: one.login.to_string(),
                    yearly_minutes: share.yearly.0,
                    revision,
                })
            })
            .collect(),
        revision,
        name: work.name,
    })
}

/// Somebody does a piece of work no more.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/{id}/staff/{login}/remove",
    tag = "telework",
    security(("token" = ["works:write"])),
    params(
        ("id" = u64, Path, description = "Its number"),
        ("login" = String, Path, description = "Sign-in name"),
    ),
    responses((status = 200, description = "Taken off", body = Done)),
)]
pub(crate) async fn unlink(
    caller: Caller,
    State(app): State<Kit>,
    PathOf((id, login)): PathOf<(String, String)>,
) -> Answer {
    let login = login.parse().map_err(|_| Refusal::NotFound)?;
    let staff =
        store::staff::by_login(&mut *app.store.read().await?, caller.actor.body, &login).await?;
    unlink_work(&app, &caller.actor, number(&id)?, staff.ok_or(Refusal::NotFound)?.id).await?;
    json(&Done::yes())
}

/// A file to be read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SheetIn {
    /// Its name, for the record.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Its bytes, base64: an Excel workbook without macros and formulas, or CSV; at most 4 MiB.
    #[schema(content_encoding = "base64")]
    content: String,
}

/// Rows that were taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowsTaken {
    /// How many.
    rows: usize,
}

/// Takes `works` (pieces of work) or `links` (who does them) from a workbook or CSV: all rows or
/// none. Faults are named by their cell, and a marked copy of
/// the workbook waits at `/works/import/marked`.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/import/{kind}",
    tag = "telework",
    security(("token" = ["works:write"])),
    params(("kind" = String, Path, description = "`works` or `links`", example = "works")),
    request_body = SheetIn,
    responses(
        (status = 200, description = "Taken", body = RowsTaken),
        (status = 422, description = "Not taken, with the cells", body = ErrorBody),
    ),
)]
pub(crate) async fn import(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(kind): PathOf<String>,
    Large(new): Large<SheetIn>,
) -> Answer {
    caller.actor.widest(Deed::ManageWorks).ok_or(Refusal::NotFound)?;
    let links = match kind.as_str() {
        "works" => false,
        "links" => true,
        _ => return Err(Refusal::NotFound),
    };
    app.limiter.take(UPLOAD, &caller.actor.id.to_string(), app.now()).map_err(Refusal::TooMany)?;
    let bytes =
        STANDARD.decode(new.content.as_bytes()).map_err(|_| Refusal::Malformed("content"))?;
    if bytes.len() > FILE_LIMIT {
        return Err(Refusal::TooLarge(Most::Bytes(FILE_LIMIT)));
    }
    let name: String = new.name.chars().filter(|c| !people::tricks(*c)).take(200).collect();
    let done = take_file(&app, &caller.actor, Lang::Ja, links, &name, Bytes::from(bytes), false);
    match done.await? {
        Taken::Rows(count) => json(&RowsTaken { rows: count.new + count.changed + count.same }),
        Taken::NoTable(words) => Ok(refused(vec![Reason::new("no_table", words)])),
        Taken::Faults(faults) => Ok(refused(
            faults
                .into_iter()
                .take(1_000)
                .map(|(cell, words)| Reason::new("bad_cell", format!("{cell}：{words}")))
                .collect(),
        )),
    }
}

/// The marked copy of the last file the caller's person tried.
#[utoipa::path(
    get,
    path = "/api/v1/telework/works/import/marked",
    tag = "telework",
    security(("token" = ["works:write"])),
    responses((status = 200, description = "The copy", body = FileOut)),
)]
pub(crate) async fn marked(caller: Caller, State(app): State<Kit>) -> Answer {
    caller.actor.widest(Deed::ManageWorks).ok_or(Refusal::NotFound)?;
    packed(marked_copy(&app, &caller.actor).await?).await
}

/// An empty file to be filled in: `works.xlsx`, `works.csv`, `links.xlsx`, `links.csv`.
#[utoipa::path(
    get,
    path = "/api/v1/telework/works/template/{name}",
    tag = "telework",
    security(("token" = ["works:write"])),
    params(("name" = String, Path, description = "Which", example = "works.xlsx")),
    responses((status = 200, description = "The file", body = FileOut)),
)]
pub(crate) async fn template(caller: Caller, PathOf(name): PathOf<String>) -> Answer {
    caller.actor.widest(Deed::ManageWorks).ok_or(Refusal::NotFound)?;
    packed(template_file(&name)?).await
}

/// The inventory as a file: `works.xlsx`, `works.csv`, `links.xlsx`, `links.csv`. That it was taken
/// out is on record.
#[utoipa::path(
    post,
    path = "/api/v1/telework/works/export/{name}",
    tag = "telework",
    security(("token" = ["works:read"])),
    params(("name" = String, Path, description = "Which", example = "works.xlsx")),
    responses((status = 200, description = "The file", body = FileOut)),
)]
pub(crate) async fn export(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(name): PathOf<String>,
) -> Answer {
    caller.actor.widest(Deed::SeeWorks).ok_or(Refusal::NotFound)?;
    packed(exported(&app, &caller.actor, &name).await?).await
}

/// Minutes a year by result.
type ByResult = BTreeMap<&'static str, u32>;

/// The work of one division.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DivisionHours {
    /// Its code.
    division: String,
    /// Minutes a year by result: `possible`, `condition`, `no`, `ask`.
    minutes: BTreeMap<&'static str, u32>,
}

/// What one obstacle holds up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ObstacleInfo {
    /// Key of its rule.
    key: String,
    /// Its name.
    name: String,
    /// What would take it away.
    remedy: Option<String>,
    /// Minutes a year that its removal alone frees.
    alone_minutes: u32,
    /// How many pieces of work that is.
    works: usize,
    /// Minutes a year of all work it stands against.
    touched_minutes: u32,
}

/// Hours a year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InventoryHours {
    /// Minutes a year of all work the caller sees, by result.
    minutes: BTreeMap<&'static str, u32>,
    /// By division.
    divisions: Vec<DivisionHours>,
    /// By obstacle, the one that frees most first.
    obstacles: Vec<ObstacleInfo>,
}

/// Hours a year by result, division and obstacle: which single obstacle, removed, frees most.
#[utoipa::path(
    get,
    path = "/api/v1/telework/works/hours",
    tag = "telework",
    security(("token" = ["works:read"])),
    responses((status = 200, description = "Hours", body = InventoryHours)),
)]
pub(crate) async fn hours(caller: Caller, State(app): State<Kit>) -> Answer {
    caller.actor.widest(Deed::SeeWorks).ok_or(Refusal::NotFound)?;
    let stock = Stock::of(&mut *app.store.read().await?, &caller.actor, Deed::SeeWorks).await?;
    let works = stock.works();
    let by = |sums: &BTreeMap<Outcome, Minutes>| -> ByResult {
        sums.iter().map(|(outcome, minutes)| (outcome.key(), minutes.0)).collect()
    };
    let code = |id| {
        stock
            .divisions
            .iter()
            .find(|one| one.id == id)
            .map(|one| one.code.clone())
            .unwrap_or_default()
    };
    let obstacle = |one: telework::inventory::Freed| ObstacleInfo {
        key: one.key,
        name: one.name,
        remedy: one.remedy,
        alone_minutes: one.alone.0,
        works: one.works,
        touched_minutes: one.touched.0,
    };
    json(&InventoryHours {
        minutes: by(&hours_by_outcome(&stock.rules, &works)),
        divisions: hours_by_division(&stock.rules, &works)
            .iter()
            .map(|(id, sums)| DivisionHours { division: code(*id), minutes: by(sums) })
            .collect(),
        obstacles: obstacles(&stock.rules, &works).into_iter().map(obstacle).collect(),
    })
}

/// One person's part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AbleInfo {
    /// Sign-in name.
    login: String,
    /// Code of the division.
    division: Option<String>,
    /// Whether she can telework (実施可能職員); none without linked work.
    able: Option<bool>,
    /// Minutes a year of possible work.
    possible_minutes: u32,
    /// Minutes a year of all linked work.
    linked_minutes: u32,
    /// Numbers of the work counted as possible.
    works: Vec<u64>,
}

/// Who can telework.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AbleStaff {
    /// Share of possible work from which somebody counts as able.
    percent: u8,
    /// Everybody the caller may see.
    people: Vec<AbleInfo>,
}

/// Who can telework (実施可能職員), with the working.
#[utoipa::path(
    get,
    path = "/api/v1/telework/works/staff",
    tag = "telework",
    security(("token" = ["works:read"])),
    responses((status = 200, description = "Who can", body = AbleStaff)),
)]
pub(crate) async fn able(caller: Caller, State(app): State<Kit>) -> Answer {
    caller.actor.widest(Deed::SeeWorks).ok_or(Refusal::NotFound)?;
    let body = caller.actor.body;
    let mut conn = app.store.read().await?;
    let rules = judging(&mut conn, body).await?;
    let mine = divisions(&mut conn, &caller.actor, Deed::SeeWorks).await?;
    let works: Vec<_> = store::telework::works(&mut conn, body, None)
        .await?
        .into_iter()
        .map(|row| row.work)
        .collect();
    let shares = store::telework::shares(&mut conn, body).await?;
    let percent = office(&mut conn, body).await?.rules.possible_percent;
    let mut staff = store::staff::all(&mut conn, body).await?;
    drop(conn);
    let whole = caller.permit(Deed::SeeWorks).is_ok();
    staff.retain(|one| {
        whole || one.division.is_some_and(|id| mine.iter().any(|division| division.id == id))
    });
    let working = possible_staff(&rules, &works, &shares, percent);
    let info = |one: &people::Staff| {
        let found = working.get(&one.id);
        AbleInfo {
            login: one.login.to_string(),
            division: one
                .division
                .and_then(|id| mine.iter().find(|division| division.id == id))
                .map(|one| one.code.clone()),
            able: found.map(|one| one.enough),
            possible_minutes: found.map_or(0, |one| one.possible.0),
            linked_minutes: found.map_or(0, |one| one.linked.0),
            works: found.map(|one| one.works.clone()).unwrap_or_default(),
        }
    };
    json(&AbleStaff { percent, people: staff.iter().map(info).collect() })
}

pub(super) fn routes() -> Vec<Route> {
    use Scope::{WorksRead, WorksWrite};
    let api = Access::Api;
    vec![
        call(Method::Get, "/api/v1/telework/works/{id}", api(WorksRead), work),
        call(
            Method::Post,
            "/api/v1/telework/works/{id}/staff/{login}/remove",
            api(WorksWrite),
            unlink,
        ),
        call(Method::Post, "/api/v1/telework/works/import/{kind}", api(WorksWrite), import),
        call(Method::Get, "/api/v1/telework/works/import/marked", api(WorksWrite), marked),
        call(Method::Get, "/api/v1/telework/works/template/{name}", api(WorksWrite), template),
        call(Method::Post, "/api/v1/telework/works/export/{name}", api(WorksRead), export),
        call(Method::Get, "/api/v1/telework/works/hours", api(WorksRead), hours),
        call(Method::Get, "/api/v1/telework/works/staff", api(WorksRead), able),
    ]
}
