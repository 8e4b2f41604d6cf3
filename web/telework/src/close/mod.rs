//! `/admin/telework/close`: HR closes a month: what was ordered, reported and connected side by
//! side, what differs with the reason asked and given. A closed month does not change; it is opened
//! again with a reason.

pub(crate) mod call;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use people::{BodyCode, Deed, Division, DivisionId, Permit, Staff, StaffId};
use serde::Deserialize;
use store::Tx;
use store::telework::SheetRow;
use telework::close::{Act, Ledger, Refused, Step};
use telework::time::{Month, tokyo};

use super::month::{self, Together};
use super::own_month::{ordered, reported, sessions};
use super::{allowance, moment, office, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, Reason, SignedIn, get, page_with, post, see_other};

/// Rows of one page of the list.
const PAGE: usize = 100;
/// Longest reason, characters.
const TEXT: usize = 400;

#[derive(Template)]
#[template(path = "telework/close.html")]
struct Page {
    ctx: Ctx,
    month_key: String,
    month_name: String,
    before: String,
    after: String,
    closed: bool,
    may_close: bool,
    may_reopen: bool,
    facts: Vec<(&'static str, String)>,
    steps: Vec<String>,
    open: usize,
    lines: Vec<Line>,
    found: usize,
    search: String,
    only: bool,
    page: usize,
    next: Option<usize>,
    faults: Vec<String>,
}

struct Line {
    person: String,
    name: String,
    division: String,
    day: String,
    ordered: String,
    reported: String,
    sessions: String,
    differences: Vec<String>,
    reason: String,
    proxy: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    month: String,
    q: String,
    all: String,
    page: usize,
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    render(&app, visit, asked, Vec::new(), StatusCode::OK).await
}

#[derive(Deserialize)]
struct Closing {
    month: String,
    #[serde(default)]
    why: String,
}

async fn close(visit: SignedIn, State(app): State<Kit>, Form(closing): Form<Closing>) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let of = asked_month(&closing.month)?;
    match close_now(&app, &permit, of, &closing.why).await? {
        None => Ok(see_other(&format!(
            "/admin/telework/close?month={}&done=telework-closed",
            month::key(of)
        ))),
        Some(refused) => refuse(&app, visit, of, refused).await,
    }
}

/// Closes a month, on record; or why not.
pub(crate) async fn close_now(
    app: &Kit,
    permit: &Permit,
    of: Month,
    why: &str,
) -> Result<Option<Refused>, Refusal> {
    let mut tx = app.write_as(permit).await?;
    let closed = close_month(&mut tx, permit.body(), of, permit.actor(), app.now(), why).await?;
    match closed.and_then(|ledger| ledger.closed_by(of, permit)) {
        Ok(decision) => tx.commit(decision.map(|_| ())).await?,
        Err(refused) => return Ok(Some(refused)),
    };
    Ok(None)
}

/// Closes a month: its sums are kept, its ledger grows. The ledger's last step says for how many
/// people, over how many differences without a reason.
///
/// # Errors
/// Outside: what the database can meet. Inside: why it is not closed.
pub async fn close_month(
    tx: &mut Tx,
    body: BodyCode,
    of: Month,
    by: StaffId,
    now: i64,
    why: &str,
) -> Result<Result<Ledger, Refused>, Refusal> {
    let office = office(tx, body).await?;
    let ledger = store::telework::ledger(tx, body, of).await?;
    let sheets = month::together(tx, body, None, of, &office, now).await?.sheets;
    let open: usize = sheets.values().map(|sheet| sheet.open).sum();
    let ledger = match ledger.close(of, step(by, now, sheets.len(), open, why)) {
        Ok(ledger) => ledger,
        Err(refused) => return Ok(Err(refused)),
    };
    let staff = store::staff::all(tx, body).await?;
    let divisions: BTreeMap<StaffId, Option<DivisionId>> =
        staff.iter().map(|one| (one.id, one.division)).collect();
    let rows: Vec<SheetRow> = sheets
        .iter()
        .map(|(id, sheet)| month::sums(*id, divisions.get(id).copied().flatten(), sheet))
        .collect();
    store::telework::put_sheets(tx, body, of, &rows).await?;
    store::telework::put_ledger(tx, body, of, &ledger).await?;
    allowance::pay_month(tx, body, of, office.rules.allowance_yen).await?;
    Ok(Ok(ledger))
}

async fn reopen(visit: SignedIn, State(app): State<Kit>, Form(closing): Form<Closing>) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let of = asked_month(&closing.month)?;
    match reopen_now(&app, &permit, of, &closing.why).await? {
        None => Ok(see_other(&format!(
            "/admin/telework/close?month={}&done=telework-reopened",
            month::key(of)
        ))),
        Some(refused) => refuse(&app, visit, of, refused).await,
    }
}

/// Opens a closed month again, on record; or why not.
pub(crate) async fn reopen_now(
    app: &Kit,
    permit: &Permit,
    of: Month,
    why: &str,
) -> Result<Option<Refused>, Refusal> {
    let (body, now) = (permit.body(), app.now());
    let mut tx = app.write_as(permit).await?;
    let ledger = store::telework::ledger(&mut tx, body, of).await?;
    let people = ledger.steps.last().map_or(0, |last| last.people);
    let step = step(permit.actor(), now, people as usize, 0, why);
    let decision = match ledger.reopen(of, step, permit) {
        Ok(decision) => decision,
        Err(refused) => return Ok(Some(refused)),
    };
    store::telework::put_sheets(&mut tx, body, of, &[]).await?;
    store::telework::put_pay(&mut tx, body, of, &[]).await?;
    store::telework::put_ledger(&mut tx, body, of, &decision.value).await?;
    tx.commit(decision.map(|_| ())).await?;
    Ok(None)
}

fn step(by: StaffId, now: i64, people: usize, open: usize, why: &str) -> Step {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let why = why.trim().chars().take(TEXT).collect();
    Step { act: Act::Closed, by, at: moment(now), people: small(people), open: small(open), why }
}

/// A month of a form or a call, `2026-11`.
pub(crate) fn asked_month(text: &str) -> Result<Month, Refusal> {
    let day = format!("{text}-01").parse().map_err(|_| Refusal::Malformed("month"))?;
    Ok(Month::of(day))
}

async fn refuse(app: &Kit, visit: SignedIn, of: Month, refused: Refused) -> Answer {
    let words = why_not(visit.ctx.lang, refused).message;
    let asked = Asked { month: month::key(of), ..Asked::default() };
    render(app, visit, asked, vec![words], StatusCode::CONFLICT).await
}

/// Why a month is not closed or opened, in words and by code.
fn why_not(lang: Lang, refused: Refused) -> Reason {
    let (code, words) = match refused {
        Refused::Already => (
            "already_closed",
            lang.t("この月はすでに締められています。", "The month is closed already."),
        ),
        Refused::NotClosed => {
            ("not_closed", lang.t("この月は締められていません。", "The month is not closed."))
        }
        Refused::NotOver => {
            ("not_over", lang.t("まだ終わっていない月は締められません。", "The month is not over."))
        }
        Refused::NoReason => {
            ("reason_needed", lang.t("理由を書いてください。", "Please give a reason."))
        }
        Refused::WrongPermit => {
            ("wrong_permit", lang.t("この操作はできません。", "Not permitted."))
        }
        Refused::Open(open) => {
            let words = match lang {
                Lang::Ja => format!(
                    "理由のない差が{open}件あります。このまま締めるときは、その理由を書いてください。"
                ),
                Lang::En => {
                    format!("{open} differences have no reason. To close over them, say why.")
                }
            };
            return Reason::new("open_differences", words);
        }
    };
    Reason::new(code, words)
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    asked: Asked,
    faults: Vec<String>,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let (body, lang, now) = (permit.body(), visit.ctx.lang, app.now());
    let this = Month::of(tokyo(moment(now)).date());
    // What waits to be closed is the month before.
    let of = month::parse(&asked.month, this.before());
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, body).await?;
    let ledger = store::telework::ledger(&mut conn, body, of).await?;
    let staff = store::staff::all(&mut conn, body).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let found = month::together(&mut conn, body, None, of, &office, now).await?;
    drop(conn);
    let open = found.sheets.values().map(|sheet| sheet.open).sum();
    let differing: usize = found
        .sheets
        .values()
        .flat_map(|sheet| &sheet.rows)
        .filter(|row| !row.differences.is_empty())
        .count();
    let possible = ledger.possible(of, &permit, moment(now));
    let only = asked.all.is_empty();
    let all = lines(lang, &found, &staff, &divisions, asked.q.trim(), only);
    let count = all.len();
    let skip = asked.page.saturating_mul(PAGE);
    let number = |n: usize| n.to_string();
    let facts = vec![
        (lang.t("記録のある職員", "People with a record"), number(found.sheets.len())),
        (
            lang.t("命じられた日（延べ）", "Days ordered"),
            number(found.sheets.values().map(|s| s.days as usize).sum()),
        ),
        (lang.t("差のある日", "Days that differ"), number(differing)),
        (lang.t("理由の回答待ち", "Waiting for a reason"), number(open)),
    ];
    let view = Page {
        month_key: month::key(of),
        month_name: month::name(lang, of),
        before: month::key(of.before()),
        after: month::key(of.next()),
        closed: ledger.is_closed(),
        may_close: possible.contains(&Act::Closed),
        may_reopen: possible.contains(&Act::Reopened),
        facts,
        steps: steps(lang, &ledger, &staff),
        open,
        next: (skip.saturating_add(PAGE) < count).then_some(asked.page + 1),
        lines: all.into_iter().skip(skip).take(PAGE).collect(),
        found: count,
        search: asked.q,
        only,
        page: asked.page,
        faults,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

/// Days that differ, by person; only those that wait for a reason when asked so.
fn lines(
    lang: Lang,
    found: &Together,
    staff: &[Staff],
    divisions: &[Division],
    search: &str,
    only: bool,
) -> Vec<Line> {
    let names: BTreeMap<DivisionId, &str> =
        divisions.iter().map(|one| (one.id, one.name.as_str())).collect();
    let mut lines = Vec::new();
    for one in staff {
        let Some(sheet) = found.sheets.get(&one.id) else { continue };
        let division = one.division.and_then(|id| names.get(&id).copied()).unwrap_or("");
        if ![one.name.as_str(), one.login.as_str(), division]
            .iter()
            .any(|text| text.contains(search))
        {
            continue;
        }
        for row in sheet
            .rows
            .iter()
            .filter(|row| if only { row.is_open() } else { !row.differences.is_empty() })
        {
            let proxy =
                found.reasons.get(&(one.id, row.day)).is_some_and(|reason| reason.by != one.id);
            lines.push(Line {
                person: one.id.to_string(),
                name: one.name.to_string(),
                division: division.to_owned(),
                day: words::day(lang, row.day),
                ordered: ordered(lang, &row.ordered),
                reported: reported(lang, row),
                sessions: sessions(lang, &row.connections),
                differences: row
                    .differences
                    .iter()
                    .map(|one| words::difference(lang, *one))
                    .collect(),
                reason: row.reason.clone().unwrap_or_default(),
                proxy,
            });
        }
    }
    lines
}

fn steps(lang: Lang, ledger: &Ledger, staff: &[Staff]) -> Vec<String> {
    let name =
        |id: StaffId| staff.iter().find(|one| one.id == id).map_or("", |one| one.name.as_str());
    let one = |step: &Step| {
        let at = tokyo(step.at).strftime("%Y-%m-%d %H:%M").to_string();
        let act = match step.act {
            Act::Closed => lang.t("締め", "Closed"),
            Act::Reopened => lang.t("締めの取消し", "Opened again"),
        };
        let open = match (step.open, lang) {
            (0, _) => String::new(),
            (open, Lang::Ja) => format!("（理由のない差 {open}件）"),
            (open, Lang::En) => format!(" ({open} without a reason)"),
        };
        format!("{at} {act} {}{open} {}", name(step.by), step.why)
    };
    ledger.steps.iter().rev().map(one).collect()
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::ManageTelework);
    vec![
        get("/admin/telework/close", may, show),
        post("/admin/telework/close", may, close),
        post("/admin/telework/close/reopen", may, reopen),
    ]
}
