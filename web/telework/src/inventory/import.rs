//! Work, and who does it, from a file: all rows or none, every fault by its cell, and a marked copy
//! of the workbook to correct.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use people::{Actor, Deed, DivisionId, Permit, Reach, Resource, StaffId};
use store::Tx;
use store::telework::WorkRow;
use telework::inventory::Work;
use telework::inventory::sheet::{
    CellFault, Known, link_headings, read_links, read_works, work_choices, work_headings,
};

use super::book::{Book, Wrong};
use super::export::{XLSX, file};
use super::words;
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, Upload, get, page, page_with, post, see_other};
use kit::limit::UPLOAD;
use kit::sheet;

#[derive(Template)]
#[template(path = "telework/inventory/import.html")]
struct Page {
    ctx: Ctx,
    /// Cell and what is wrong with it.
    faults: Vec<(String, String)>,
    file: Option<String>,
    /// Whether a marked copy waits.
    marked: bool,
    links: bool,
    /// What a good file would change.
    look: Option<Look>,
}

/// What would be taken.
struct Look {
    count: Count,
    /// The number under which the file waits.
    held: String,
}

/// What a file says, in rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Name of the sheet that was read; a CSV has none.
    pub(crate) sheet: Option<String>,
    /// Rows of it that are not shown.
    pub(crate) hidden: usize,
    /// Rows that add something.
    pub(crate) new: usize,
    /// Rows that change what stands.
    pub(crate) changed: usize,
    /// Rows that say what stands already.
    pub(crate) same: usize,
}

async fn show(visit: SignedIn) -> Answer {
    page(Page {
        ctx: visit.ctx,
        faults: Vec::new(),
        file: None,
        marked: false,
        links: false,
        look: None,
    })
}

/// `kind` is `works` or `links`.
async fn import(visit: SignedIn, State(app): State<Kit>, upload: Upload) -> Answer {
    let lang = visit.ctx.lang;
    let links = upload.fields.get("kind").is_some_and(|kind| kind == "links");
    app.limiter.take(UPLOAD, &visit.actor.id.to_string(), app.now()).map_err(Refusal::TooMany)?;
    let Some(sent) = upload.file else {
        return refuse(
            visit,
            links,
            Some(lang.t("ファイルを選んでください。", "Please choose a file.").to_owned()),
            Vec::new(),
            false,
        );
    };
    let done = take_file(&app, &visit.actor, lang, links, &sent.name, sent.bytes.clone(), true);
    match done.await? {
        Taken::Rows(count) => {
            let kept = sheet::Held { kind: kind(links), name: sent.name, bytes: sent.bytes };
            let held = sheet::hold(app.random(), visit.actor.id, app.now(), kept);
            let look = Some(Look { count, held });
            page(Page {
                ctx: visit.ctx,
                faults: Vec::new(),
                file: None,
                marked: false,
                links,
                look,
            })
        }
        Taken::NoTable(words) => refuse(visit, links, Some(words), Vec::new(), false),
        Taken::Faults(faults) => refuse(visit, links, None, faults, true),
    }
}

/// The words of the two lists for files that wait.
fn kind(links: bool) -> &'static str {
    if links { "links" } else { "works" }
}

#[derive(serde::Deserialize)]
struct Chosen {
    held: String,
    kind: String,
}

/// Takes the file that was looked at: read and checked anew.
async fn take(visit: SignedIn, State(app): State<Kit>, Form(chosen): Form<Chosen>) -> Answer {
    let lang = visit.ctx.lang;
    let links = chosen.kind == "links";
    let Some(file) = sheet::release(&chosen.held, visit.actor.id, kind(links), app.now()) else {
        let words = lang.t(
            "確認から時間がたったか、すでに取り込んだファイルです。一覧を確かめ、必要ならもう一度ファイルを選んでください。",
            "This file waits no longer. Please look at the list, and choose it again if need be.",
        );
        return refuse(visit, links, Some(words.to_owned()), Vec::new(), false);
    };
    match take_file(&app, &visit.actor, lang, links, &file.name, file.bytes, false).await? {
        Taken::Rows(_) => Ok(see_other(if links {
            "/telework/works/staff?done=imported"
        } else {
            "/telework/works?done=imported"
        })),
        Taken::NoTable(words) => refuse(visit, links, Some(words), Vec::new(), false),
        Taken::Faults(faults) => refuse(visit, links, None, faults, true),
    }
}

/// What became of a file.
pub(crate) enum Taken {
    /// All of it was taken, or would be.
    Rows(Count),
    /// It cannot be read, for this reason.
    NoTable(String),
    /// Cell and what is wrong with it. Nothing was taken; a marked copy waits for whoever sent it.
    Faults(Vec<(String, String)>),
}

/// Takes work, or who does it, from a file: all rows or none. With `look` it only says what would
/// be taken.
pub(crate) async fn take_file(
    app: &Kit,
    actor: &Actor,
    lang: Lang,
    links: bool,
    name: &str,
    bytes: Bytes,
    look: bool,
) -> Result<Taken, Refusal> {
    let body = actor.body;
    // Unfolding and reading is work of its own; other requests go on.
    let (sheet, hidden, rows, odd) =
        match sheet::reading(body, move || sheet::table(&bytes)).await? {
            Ok(table) => (table.sheet, table.hidden, table.rows, table.odd),
            Err(fault) => {
                let (ja, en) = fault.words();
                return Ok(Taken::NoTable(lang.t(&ja, &en).to_owned()));
            }
        };
    let mut tx = app.write_as(actor).await?;
    let taken = match links {
        _ if !odd.is_empty() => Err(odd.iter().map(|odd| Wrong::odd(lang, odd)).collect()),
        true => take_links(&mut tx, actor, &rows).await?.map_err(|all| Wrong::all(lang, &all)),
        false => take_works(&mut tx, actor, &rows).await?.map_err(|all| Wrong::all(lang, &all)),
    };
    match taken {
        Ok((_, count)) if look => {
            drop(tx);
            Ok(Taken::Rows(Count { sheet, hidden, ..count }))
        }
        Ok((permit, count)) => {
            store::telework::forget_marked(&mut tx, permit.actor()).await?;
            let event = permit
                .event(Kind::WORKS_IMPORTED, name)
                .with("rows", count.new + count.changed + count.same)
                .with("links", links);
            tx.commit(Decision::new((), event)).await?;
            Ok(Taken::Rows(Count { sheet, hidden, ..count }))
        }
        Err(faults) => {
            let faults: Vec<Wrong> = faults;
            drop(tx);
            // Writing a workbook is work of its own, as reading one is.
            let made = move || {
                let choices = if links { Vec::new() } else { work_choices() };
                // Drop-downs belong to the columns of our own template; a file with other columns
                // goes without.
                let ours = rows.first().is_some_and(|row| {
                    work_headings().iter().zip(row).all(|(ours, theirs)| ours == theirs)
                });
                let choices = if ours { choices } else { Vec::new() };
                let copy =
                    Book {
                        name: "誤りの確認", rows: &rows, choices: &choices, faults: &faults
                    }
                    .bytes();
                (copy, faults)
            };
            let (copy, faults) = sheet::reading(body, made).await?;
            let copy = copy?;
            // The copy is a convenience of one person and no act: nothing of it goes on record.
            let mut tx = app.write_as(actor).await?;
            store::telework::put_marked(&mut tx, body, actor.id, &copy, app.now()).await?;
            tx.keep(()).await?;
            Ok(Taken::Faults(faults.into_iter().map(|fault| (fault.cell, fault.words)).collect()))
        }
    }
}

impl Wrong {
    fn odd(lang: Lang, odd: &sheet::OddCell) -> Self {
        let (ja, en) = odd.words();
        let (row, column) = (odd.at.0 as usize, Some(odd.at.1 as usize));
        Self { row, column, cell: odd.cell(), words: lang.t(&ja, &en).to_owned() }
    }

    fn all(lang: Lang, faults: &[CellFault]) -> Vec<Self> {
        let one = |fault: &CellFault| Self {
            row: fault.row.saturating_sub(1),
            column: fault.column,
            cell: fault.cell(),
            words: words::cell_fault(lang, &fault.kind),
        };
        faults.iter().map(one).collect()
    }
}

type Read = Result<(Permit, Count), Vec<CellFault>>;

async fn take_works(tx: &mut Tx, actor: &Actor, rows: &[Vec<String>]) -> Result<Read, Refusal> {
    let body = actor.body;
    let mine = super::divisions(tx, actor, Deed::ManageWorks).await?;
    let divisions: BTreeMap<String, DivisionId> =
        mine.iter().map(|one| (one.code.clone(), one.id)).collect();
    let works = known(tx, actor, &mine).await?;
    let found = match read_works(rows, &Known { divisions: &divisions, works: &works }) {
        Ok(found) => found,
        Err(faults) => return Ok(Err(faults)),
    };
    let Some(first) = found.first() else { return Err(Refusal::Malformed("rows")) };
    let permit = actor.permit(Deed::ManageWorks, Resource::division(body, first.division))?;
    let mut count = Count::default();
    for work in found {
        actor.permit(Deed::ManageWorks, Resource::division(body, work.division))?;
        match works.get(&work.id) {
            None => count.new += 1,
            Some(before) if *before == work => count.same += 1,
            Some(_) => count.changed += 1,
        }
        store::telework::put_work(tx, body, &WorkRow { division: work.division, work }).await?;
    }
    Ok(Ok((permit, count)))
}

async fn take_links(tx: &mut Tx, actor: &Actor, rows: &[Vec<String>]) -> Result<Read, Refusal> {
    let body = actor.body;
    let mine = super::divisions(tx, actor, Deed::ManageWorks).await?;
    let works = known(tx, actor, &mine).await?;
    let Some(first) = mine.first() else { return Err(Refusal::NotFound) };
    let permit = actor.permit(Deed::ManageWorks, Resource::division(body, first.id))?;
    let all = store::staff::all(tx, body).await?;
    let reachable = all.iter().filter(|one| {
        permit.reach() >= Reach::Body
            || one.division.is_some_and(|id| mine.iter().any(|division| division.id == id))
    });
    let staff: BTreeMap<String, StaffId> =
        reachable.map(|one| (one.login.to_string(), one.id)).collect();
    let found = match read_links(rows, &staff, &works) {
        Ok(found) => found,
        Err(faults) => return Ok(Err(faults)),
    };
    let before = store::telework::shares(tx, body).await?;
    let mut count = Count::default();
    for share in &found {
        let stood = before.iter().find(|one| (one.staff, one.work) == (share.staff, share.work));
        match stood {
            None => count.new += 1,
            Some(stood) if stood.yearly == share.yearly => count.same += 1,
            Some(_) => count.changed += 1,
        }
        store::telework::put_share(tx, body, share.staff, share.work, share.yearly).await?;
    }
    Ok(Ok((permit, count)))
}

/// Work of these divisions, by number.
async fn known(
    tx: &mut Tx,
    actor: &Actor,
    mine: &[people::Division],
) -> Result<BTreeMap<u64, Work>, Refusal> {
    let rows = store::telework::works(tx, actor.body, None).await?;
    let rows = rows.into_iter().filter(|row| mine.iter().any(|one| one.id == row.division));
    Ok(rows.map(|row| (row.work.id, row.work)).collect())
}

fn refuse(
    visit: SignedIn,
    links: bool,
    file: Option<String>,
    faults: Vec<(String, String)>,
    marked: bool,
) -> Answer {
    page_with(
        StatusCode::UNPROCESSABLE_ENTITY,
        Page { ctx: visit.ctx, faults, file, marked, links, look: None },
    )
}

async fn marked(visit: SignedIn, State(app): State<Kit>) -> Result<Response, Refusal> {
    marked_copy(&app, &visit.actor).await
}

/// The marked copy of the last file this person tried.
pub(crate) async fn marked_copy(app: &Kit, actor: &Actor) -> Result<Response, Refusal> {
    let mut conn = app.store.read().await?;
    let copy = store::telework::marked(&mut conn, actor.body, actor.id, app.now()).await?;
    file(XLSX, "marked.xlsx", copy.ok_or(Refusal::NotFound)?)
}

async fn template(_visit: SignedIn, Path(name): Path<String>) -> Result<Response, Refusal> {
    template_file(&name)
}

/// An empty file with the headings, to be filled in.
pub(crate) fn template_file(name: &str) -> Result<Response, Refusal> {
    let (rows, choices) = match name {
        "works.xlsx" | "works.csv" => {
            ([work_headings().into_iter().take(14).collect()], work_choices())
        }
        "links.xlsx" | "links.csv" => ([link_headings().into_iter().take(3).collect()], Vec::new()),
        _ => return Err(Refusal::NotFound),
    };
    if name.ends_with(".csv") {
        return file("text/csv; charset=utf-8", name, sheet::to_csv(&rows));
    }
    file(
        XLSX,
        name,
        Book { name: super::book::sheet_of(name), rows: &rows, choices: &choices, faults: &[] }
            .bytes()?,
    )
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageWorks);
    vec![
        get("/telework/works/import", manage, show),
        post("/telework/works/import", manage, import),
        post("/telework/works/import/take", manage, take),
        get("/telework/works/import/marked.xlsx", manage, marked),
        get("/telework/works/import/template/{name}", manage, template),
    ]
}
