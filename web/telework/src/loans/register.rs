//! `/admin/loans`: who has which thing until when; lending and taking back.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Deed, DeviceId, StaffId};
use serde::Deserialize;
use store::devices::Device;
use store::telework::{Paper, PaperKind};
use telework::papers::{Item, Loan, LoanAction};
use telework::time::tokyo;

use super::{Change, Lending, change_loan, find, item, lend_now, take_back, unlent};
use crate::Route;
use crate::{hex, hex16, moment, names};
use kit::Kit;
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
    change: bool,
    give_back: bool,
    lose: bool,
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
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    state: String,
    page: String,
}

/// What is lent to whom, as it is typed.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Entered {
    item: String,
    number: String,
    login: String,
    from: String,
    until: String,
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
    }
}

async fn new(visit: SignedIn, State(app): State<Kit>) -> Answer {
    visit.permit(Deed::ManageLoans)?;
    let today = tokyo(moment(app.now())).date();
    form(visit, Entered { from: today.to_string(), ..Entered::default() }, None)
}

fn form(visit: SignedIn, entered: Entered, fault: Option<String>) -> Answer {
    let items = Item::ALL
        .map(|one| (one.key(), item(visit.ctx.lang, one), one.key() == entered.item))
        .into();
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page_with(status, NewPage { ctx: visit.ctx, entered, items, fault })
}

async fn lend(visit: SignedIn, State(app): State<Kit>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit(Deed::ManageLoans)?;
    let (thing, period) = ((&*entered.item, &*entered.number), (&*entered.from, &*entered.until));
    let lent = match Lending::read(thing, &entered.login, period) {
        Ok(lending) => lend_now(&app, &permit, lending).await?,
        Err(fault) => Err(fault),
    };
    match lent {
        Ok(id) => Ok(see_other(&format!("/admin/loans/{}?done=saved", hex(id)))),
        Err(fault) => {
            let mut conn = app.store.read().await?;
            let words = unlent(&mut conn, permit.body(), visit.ctx.lang, &fault).await?.message;
            drop(conn);
            form(visit, entered, Some(words))
        }
    }
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
    let paper = find(&mut conn, body, hex16(id)?, None).await?;
    let names = names(&mut conn, body).await?;
    let devices = store::devices::of_staff(&mut conn, body, paper.value.staff).await?;
    let seen = changed.seen(None, &shown(lang, &devices, &paper.value));
    drop(conn);
    let today = tokyo(moment(app.now())).date();
    let linked = paper.value.device;
    let manage = visit.permit(Deed::ManageLoans);
    let possible = manage.map_or(Vec::new(), |permit| paper.value.possible(&permit));
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
        change: possible.contains(&LoanAction::Change),
        give_back: possible.contains(&LoanAction::Return),
        lose: possible.contains(&LoanAction::Lose),
        seen,
        changed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

/// What the form of a loan shows: the device on the thing, when it is due, and whether it is out.
/// `devices` are those of whoever has it, or of the body.
pub(super) fn shown(lang: Lang, devices: &[Device], loan: &Loan) -> Shown {
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

/// What is changed of a loan, as it is typed.
#[derive(Deserialize)]
struct Linked {
    /// What the form showed.
    #[serde(default)]
    seen: String,
    /// Identity of the device on it; empty for none.
    device: String,
    until: String,
}

async fn change(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(linked): Form<Linked>,
) -> Answer {
    let permit = visit.permit(Deed::ManageLoans)?;
    let device = Some(&*linked.device).filter(|device| !device.is_empty());
    let change = Change::read(device, &linked.until)?;
    let (lang, seen) = (visit.ctx.lang, Seen::Form(&linked.seen));
    match change_loan(&app, &permit, lang, hex16(&id)?, change, seen).await? {
        changed if changed.is_empty() => Ok(see_other(&format!("/admin/loans/{id}?done=saved"))),
        changed => render(&app, visit, &id, Some(linked), changed).await,
    }
}

async fn give_back(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageLoans)?;
    take_back(&app, &permit, hex16(&id)?).await?;
    Ok(see_other("/admin/loans?done=saved"))
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
