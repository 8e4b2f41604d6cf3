//! `/admin/loans`: who has which thing until when; lending and taking back.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Deed, DeviceId, Login, Permit, StaffId};
use serde::Deserialize;
use store::devices::Device;
use store::telework::{Paper, PaperKind};
use telework::papers::{Item, Loan, LoanFault};
use telework::time::tokyo;

use super::{ITEMS, find, item, item_key};
use crate::Route;
use crate::{hex, moment, names};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{
    Answer, Ctx, Form, Lang, Nothing, SignedIn, get, page, page_with, post, see_other,
};

/// Rows of a page.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "telework/loans.html")]
struct ListPage {
    ctx: Ctx,
    rows: Vec<Row>,
    asked: Asked,
    before: Option<String>,
    after: Option<String>,
    may_lend: bool,
}

#[derive(Template)]
#[template(path = "telework/loan_new.html")]
struct NewPage {
    ctx: Ctx,
    entered: Entered,
    items: Vec<(&'static str, &'static str, bool)>,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "telework/loan.html")]
struct LoanPage {
    ctx: Ctx,
    row: Row,
    device: String,
    /// Paired devices of whoever has it: identity, name, whether it is on this thing.
    devices: Vec<(String, String, bool)>,
    /// When it is due, as it stands or as it was typed.
    until: String,
    may_change: bool,
    /// What stands now, for the field that comes back.
    seen: String,
    changed: Changed,
}

/// A loan in words.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) item: &'static str,
    pub(crate) number: String,
    pub(crate) who: String,
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) state: &'static str,
    pub(crate) class: &'static str,
    pub(crate) out: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    state: String,
    page: String,
}

/// What is lent to whom.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Entered {
    /// `pc`, `filter`, `sim`, `other`.
    pub(crate) item: String,
    pub(crate) number: String,
    pub(crate) login: String,
    pub(crate) from: String,
    pub(crate) until: String,
}

async fn list(visit: SignedIn, State(app): State<Kit>, Query(mut asked): Query<Asked>) -> Answer {
    let permit = visit.permit(Deed::SeeLoans)?;
    let lang = visit.ctx.lang;
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let papers = store::telework::papers::<Loan>(&mut conn, permit.body(), PaperKind::Loan).await?;
    let names = names(&mut conn, permit.body()).await?;
    drop(conn);
    asked.q = asked.q.trim().chars().take(60).collect();
    let fits = |loan: &Loan| match asked.state.as_str() {
        "all" => true,
        "overdue" => loan.is_overdue(today),
        "lost" => loan.lost.is_some(),
        _ => loan.is_out(),
    };
    let rows = papers
        .iter()
        .filter(|paper| fits(&paper.value))
        .map(|paper| row(lang, paper, &names, today));
    let rows: Vec<Row> = rows
        .filter(|row| {
            row.number.contains(&asked.q)
                || row.who.contains(&asked.q)
                || row.item.contains(&asked.q)
        })
        .collect();
    let number =
        asked.page.parse::<usize>().unwrap_or(1).clamp(1, rows.len().div_ceil(ROWS).max(1));
    let enc =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let other = |number: usize| {
        format!("/admin/loans?q={}&state={}&page={number}", enc(&asked.q), enc(&asked.state))
    };
    let view = ListPage {
        before: (number > 1).then(|| other(number - 1)),
        after: (number * ROWS < rows.len()).then(|| other(number + 1)),
        rows: rows.into_iter().skip((number - 1) * ROWS).take(ROWS).collect(),
        asked,
        may_lend: visit.permit(Deed::ManageLoans).is_ok(),
        ctx: visit.ctx,
    };
    page(view)
}

pub(super) fn row(
    lang: Lang,
    paper: &Paper<Loan>,
    names: &BTreeMap<StaffId, String>,
    today: Date,
) -> Row {
    let loan = &paper.value;
    let (state, class) = match (loan.returned, loan.lost) {
        (_, Some(_)) => (lang.t("紛失", "Lost"), "bad"),
        (Some(_), None) => (lang.t("返却済み", "Back"), "off"),
        _ if loan.is_overdue(today) => (lang.t("期限を過ぎています", "Overdue"), "warn"),
        _ if today < loan.from => (lang.t("貸出予定", "To be lent"), "off"),
        _ => (lang.t("貸出中", "Out"), "good"),
    };
    Row {
        id: hex(paper.id),
        item: item(lang, loan.item),
        number: loan.number.clone(),
        who: names.get(&loan.staff).cloned().unwrap_or_default(),
        from: loan.from.to_string(),
        until: loan.until.to_string(),
        state,
        class,
        out: loan.is_out(),
    }
}

async fn new(visit: SignedIn, State(app): State<Kit>) -> Answer {
    visit.permit(Deed::ManageLoans)?;
    let today = tokyo(moment(app.now())).date();
    form(visit, Entered { from: today.to_string(), ..Entered::default() }, None)
}

fn form(visit: SignedIn, entered: Entered, fault: Option<String>) -> Answer {
    let items = ITEMS
        .map(|one| (item_key(one), item(visit.ctx.lang, one), item_key(one) == entered.item))
        .into();
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page_with(status, NewPage { ctx: visit.ctx, entered, items, fault })
}

async fn lend(visit: SignedIn, State(app): State<Kit>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit(Deed::ManageLoans)?;
    match lend_now(&app, &permit, visit.ctx.lang, &entered).await? {
        Ok(id) => Ok(see_other(&format!("/admin/loans/{}?done=saved", hex(id)))),
        Err(words) => form(visit, entered, Some(words)),
    }
}

/// Lends a thing; its loan's identity, or why not.
pub(crate) async fn lend_now(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    entered: &Entered,
) -> Result<Result<[u8; 16], String>, Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let kind: Option<Item> = ITEMS.into_iter().find(|one| item_key(*one) == entered.item);
    let login = entered.login.parse::<Login>().ok();
    let staff = match &login {
        Some(login) => store::staff::by_login(&mut tx, body, login).await?,
        None => None,
    };
    let number: String =
        entered.number.trim().chars().filter(|c| !people::tricks(*c)).take(64).collect();
    let (Some(kind), Some(staff), Ok(from), Ok(until)) =
        (kind, staff, entered.from.parse::<Date>(), entered.until.parse::<Date>())
    else {
        let words = lang.t(
            "機器・職員のサインイン名・期間を入れてください。",
            "Please enter the thing, a sign-in name and the period.",
        );
        return Ok(Err(words.to_owned()));
    };
    let others: Vec<Loan> = store::telework::papers::<Loan>(&mut tx, body, PaperKind::Loan)
        .await?
        .into_iter()
        .map(|paper| paper.value)
        .collect();
    // A browser that was declared to be on this thing belongs to it.
    let devices = store::devices::of_staff(&mut tx, body, staff.id).await?;
    let device = devices
        .iter()
        .find(|one| one.revoked == 0 && !number.is_empty() && one.posture.asset == number)
        .map(|one| one.id);
    let loan = Loan {
        item: kind,
        number,
        staff: staff.id,
        from,
        until,
        returned: None,
        lost: None,
        device,
    };
    if let Err(fault) = loan.check(&others) {
        let names = names(&mut tx, body).await?;
        return Ok(Err(match fault {
            LoanFault::Out(who) => {
                let who = names.get(&who).cloned().unwrap_or_default();
                match lang {
                    Lang::Ja => format!("この番号のものは{who}さんに貸出中です。"),
                    Lang::En => format!("{who} has this one."),
                }
            }
            LoanFault::Backwards => {
                lang.t("期限が貸出日より前です。", "It is due before it begins.").to_owned()
            }
            LoanFault::NoNumber => {
                lang.t("管理番号を入れてください。", "Please enter its number.").to_owned()
            }
            LoanFault::Settled => return Err(Refusal::Conflict("changed")),
        }));
    }
    let event = permit
        .event(Kind::LENT, &staff.login)
        .with("item", item_key(loan.item))
        .with("number", &loan.number)
        .with("from", loan.from)
        .with("until", loan.until);
    let paper = Paper { id: app.random(), staff: Some(staff.id), value: loan };
    store::telework::put_paper(&mut tx, body, PaperKind::Loan, &paper, app.now()).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(paper.id))
}

async fn show(visit: SignedIn, State(app): State<Kit>, Path(id): Path<String>) -> Answer {
    render(&app, visit, &id, None, Changed::default()).await
}

/// The page of one loan, with what was typed and not kept.
async fn render(
    app: &Kit,
    visit: SignedIn,
    id: &str,
    typed: Option<Linked>,
    changed: Changed,
) -> Answer {
    let permit = visit.permit(Deed::SeeLoans)?;
    let body = permit.body();
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let paper = find(&mut conn, body, id, None).await?;
    let names = names(&mut conn, body).await?;
    let devices = store::devices::of_staff(&mut conn, body, paper.value.staff).await?;
    let seen = changed.seen(None, &shown(lang, &devices, &paper.value));
    drop(conn);
    let today = tokyo(moment(app.now())).date();
    let linked = paper.value.device;
    let chosen = |id: DeviceId| match &typed {
        Some(typed) => typed.device == id.to_string(),
        None => Some(id) == linked,
    };
    let status = if changed.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let view = LoanPage {
        row: row(lang, &paper, &names, today),
        device: devices
            .iter()
            .find(|one| Some(one.id) == linked)
            .map_or(String::new(), |one| one.name.clone()),
        devices: devices
            .iter()
            .filter(|one| one.revoked == 0)
            .map(|one| (one.id.to_string(), one.name.clone(), chosen(one.id)))
            .collect(),
        until: typed.as_ref().map_or(paper.value.until.to_string(), |typed| typed.until.clone()),
        may_change: visit.permit(Deed::ManageLoans).is_ok() && paper.value.is_out(),
        seen,
        changed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

/// What the form of a loan shows: the device on the thing, when it is due, and whether it is out.
/// `devices` are those of whoever has it, or of the body.
pub(crate) fn shown(lang: Lang, devices: &[Device], loan: &Loan) -> Shown {
    let name = |id: DeviceId| {
        devices.iter().find(|one| one.id == id).map_or(id.to_string(), |one| one.name.clone())
    };
    let device = loan.device.map_or(String::new(), name);
    let state = match (loan.returned, loan.lost) {
        (_, Some(_)) => lang.t("紛失", "Lost"),
        (Some(_), None) => lang.t("返却済み", "Back"),
        _ => lang.t("貸出中", "Out"),
    };
    Shown::default()
        .with("device", lang.t("登録された端末", "Paired device"), device)
        .with("until", lang.t("返却期限", "Due"), loan.until)
        .with("state", lang.t("状態", "State"), state)
}

/// What is changed of a loan.
#[derive(Deserialize)]
pub(crate) struct Linked {
    /// What the form showed.
    #[serde(default)]
    pub(crate) seen: String,
    /// Identity of the device on it; empty for none.
    pub(crate) device: String,
    pub(crate) until: String,
}

async fn change(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(linked): Form<Linked>,
) -> Answer {
    let permit = visit.permit(Deed::ManageLoans)?;
    match change_loan(&app, &permit, visit.ctx.lang, &id, &linked, Seen::Form(&linked.seen)).await?
    {
        changed if changed.is_empty() => Ok(see_other(&format!("/admin/loans/{id}?done=saved"))),
        changed => render(&app, visit, &id, Some(linked), changed).await,
    }
}

/// Which paired device is on the thing, and a longer or shorter period. What somebody changed that
/// the sender has not seen; then nothing is kept.
pub(crate) async fn change_loan(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    id: &str,
    linked: &Linked,
    seen: Seen<'_>,
) -> Result<Changed, Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let mut paper = find(&mut tx, body, id, None).await?;
    let devices = store::devices::of_staff(&mut tx, body, paper.value.staff).await?;
    let changed = shown(lang, &devices, &paper.value).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(changed);
    }
    if !paper.value.is_out() {
        return Err(Refusal::Conflict("changed"));
    }
    paper.value.device = match linked.device.as_str() {
        "" => None,
        device => Some(device_of(&mut tx, body, paper.value.staff, device).await?),
    };
    paper.value.until = linked
        .until
        .parse()
        .ok()
        .filter(|until| *until >= paper.value.from)
        .ok_or(Refusal::Malformed("until"))?;
    store::telework::put_paper(&mut tx, body, PaperKind::Loan, &paper, app.now()).await?;
    let event = permit
        .event(Kind::LENT, &paper.value.number)
        .with("device", paper.value.device.map_or(String::new(), |id| id.to_string()))
        .with("until", paper.value.until);
    tx.commit(Decision::new((), event)).await?;
    Ok(Changed::default())
}

/// A device in use that belongs to this person.
pub(super) async fn device_of(
    conn: &mut store::Conn,
    body: people::BodyCode,
    staff: StaffId,
    id: &str,
) -> Result<DeviceId, Refusal> {
    let id: DeviceId = id.parse().map_err(|_| Refusal::NotFound)?;
    let devices = store::devices::of_staff(conn, body, staff).await?;
    devices
        .iter()
        .find(|one| one.id == id && one.revoked == 0)
        .map(|one| one.id)
        .ok_or(Refusal::NotFound)
}

async fn give_back(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageLoans)?;
    take_back(&app, &permit, &id).await?;
    Ok(see_other("/admin/loans?done=saved"))
}

/// A thing came back.
pub(crate) async fn take_back(app: &Kit, permit: &Permit, id: &str) -> Result<(), Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let mut paper = find(&mut tx, body, id, None).await?;
    paper.value = paper
        .value
        .give_back(tokyo(moment(app.now())).date())
        .map_err(|_| Refusal::Conflict("changed"))?;
    store::telework::put_paper(&mut tx, body, PaperKind::Loan, &paper, app.now()).await?;
    let event = permit
        .event(Kind::GIVEN_BACK, &paper.value.number)
        .with("item", item_key(paper.value.item));
    tx.commit(Decision::new((), event)).await?;
    Ok(())
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageLoans);
    vec![
        get("/admin/loans", May(Deed::SeeLoans), list),
        get("/admin/loans/new", manage, new),
        post("/admin/loans/new", manage, lend),
        get("/admin/loans/{id}", May(Deed::SeeLoans), show),
        post("/admin/loans/{id}", manage, change),
        post("/admin/loans/{id}/return", manage, give_back),
    ]
}
