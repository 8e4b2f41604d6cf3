//! Staff as a file: in (CSV or xlsx, all rows or none, faults by cell) and out.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use people::{
    CellFaultKind, Deed, Division, DivisionId, Fault, Permit, STAFF_HEADINGS, Staff, StaffDraft,
    StaffId, StaffState, read_staff,
};
use store::Tx;

use super::power::first_slip;
use crate::People;
use crate::Route;
use crate::second::Officers;
use crate::slips::{SlipsPage, office};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, Nothing, SignedIn, Upload, get, page, page_with, post};
use kit::limit::UPLOAD;
use kit::sheet;

#[derive(Template)]
#[template(path = "admin/staff_import.html")]
struct Page {
    ctx: Ctx,
    /// Cell and what is wrong with it.
    faults: Vec<(String, String)>,
    file: Option<(String, String)>,
    /// What a good file would add.
    look: Option<Look>,
}

/// What would be taken.
struct Look {
    /// Name of the sheet that was read; a CSV has none.
    sheet: Option<String>,
    /// Rows of it that are not shown.
    hidden: usize,
    count: usize,
    /// The number under which the file waits.
    held: String,
}

/// The word of this list for files that wait.
const KIND: &str = "staff";

async fn show(visit: SignedIn) -> Answer {
    visit.permit(Deed::ManageStaff)?;
    page(Page { ctx: visit.ctx, faults: Vec::new(), file: None, look: None })
}

/// Looks at a file: what it would add, or what is wrong with it.
async fn import(visit: SignedIn, State(app): State<People>, upload: Upload) -> Answer {
    let permit = visit.permit(Deed::ManageStaff)?;
    app.limiter.take(UPLOAD, &permit.actor().to_string(), app.now()).map_err(Refusal::TooMany)?;
    let Some(file) = upload.file else {
        return refuse(
            visit.ctx,
            Vec::new(),
            Some(("ファイルを選んでください。".to_owned(), "Please choose a file.".to_owned())),
        );
    };
    let table = match rows(&visit, &permit, file.bytes.clone()).await? {
        Ok(read) => read,
        Err(refused) => return refused,
    };
    let mut tx = app.write_as(&permit).await?;
    let count = match drafts(&mut tx, &visit, &permit, &table.rows).await? {
        Ok(drafts) => drafts.len(),
        Err(faults) => return refuse(visit.ctx, faults, None),
    };
    drop(tx);
    let kept = sheet::Held { kind: KIND, name: file.name, bytes: file.bytes };
    let held = sheet::hold(app.random(), visit.actor.id, app.now(), kept);
    let look = Some(Look { sheet: table.sheet, hidden: table.hidden, count, held });
    page(Page { ctx: visit.ctx, faults: Vec::new(), file: None, look })
}

/// The list, or the page that says what is wrong with the file.
type Rows = Result<sheet::Table, Answer>;

async fn rows(
    visit: &SignedIn,
    permit: &Permit,
    bytes: axum::body::Bytes,
) -> Result<Rows, Refusal> {
    // Unfolding and reading is work of its own; other requests go on.
    let read = sheet::reading(permit.body(), move || sheet::table(&bytes)).await?;
    let table = match read {
        Ok(table) => table,
        Err(fault) => {
            return Ok(Err(refuse(visit.ctx.clone(), Vec::new(), Some(fault.words()))));
        }
    };
    if table.odd.is_empty() {
        return Ok(Ok(table));
    }
    let told = |cell: &sheet::OddCell| {
        let (ja, en) = cell.words();
        (cell.cell(), visit.ctx.lang.t(&ja, &en).to_owned())
    };
    Ok(Err(refuse(visit.ctx.clone(), table.odd.iter().map(told).collect(), None)))
}

/// The people of a list, or what is wrong with it, by cell.
type Drafts = Result<Vec<StaffDraft>, Vec<(String, String)>>;

async fn drafts(
    tx: &mut Tx,
    visit: &SignedIn,
    permit: &Permit,
    rows: &[Vec<String>],
) -> Result<Drafts, Refusal> {
    let divisions: BTreeMap<String, DivisionId> = store::divisions::all(tx, permit.body())
        .await?
        .into_iter()
        .map(|division| (division.code, division.id))
        .collect();
    let taken: BTreeSet<_> =
        store::staff::all(tx, permit.body()).await?.into_iter().map(|staff| staff.login).collect();
    let may_office = visit.permit(Deed::GrantOffice).is_ok();
    let read = read_staff(rows, &divisions, &taken, |roles| may_office || !office(roles));
    Ok(read.map_err(|faults| {
        faults.iter().map(|fault| (fault.cell(), words(visit.ctx.lang, &fault.kind))).collect()
    }))
}

#[derive(serde::Deserialize)]
struct Chosen {
    held: String,
}

/// Takes the file that was looked at: read and checked anew.
async fn take(visit: SignedIn, State(app): State<People>, Form(chosen): Form<Chosen>) -> Answer {
    let permit = visit.permit(Deed::ManageStaff)?;
    let Some(file) = sheet::release(&chosen.held, visit.actor.id, KIND, app.now()) else {
        let ja = "確認から時間がたったか、すでに取り込んだファイルです。職員の一覧を確かめ、必要ならもう一度ファイルを選んでください。";
        let en =
            "This file waits no longer. Please look at the list, and choose it again if need be.";
        return refuse(visit.ctx, Vec::new(), Some((ja.to_owned(), en.to_owned())));
    };
    let rows = match rows(&visit, &permit, file.bytes).await? {
        Ok(table) => table.rows,
        Err(refused) => return refused,
    };
    let mut tx = app.write_as(&permit).await?;
    let drafts = match drafts(&mut tx, &visit, &permit, &rows).await? {
        Ok(drafts) => drafts,
        Err(faults) => {
            drop(tx);
            return refuse(visit.ctx, faults, None);
        }
    };
    let (mut slips, mut held) = (Vec::with_capacity(drafts.len()), Vec::new());
    let mut officers = Officers::of(&mut tx, permit.body(), app.now()).await?;
    let mut events =
        vec![permit.event(Kind::STAFF_IMPORTED, &file.name).with("count", drafts.len())];
    for draft in drafts {
        let staff = Staff {
            id: StaffId(app.random()),
            body: permit.body(),
            login: draft.login,
            name: draft.name,
            division: draft.division,
            roles: draft.roles,
            operator: false,
            state: StaffState::Waiting,
            fiscal_year: draft.fiscal_year,
            created: app.now(),
        };
        store::staff::add(&mut tx, &staff).await?;
        events
            .push(permit.event(Kind::STAFF_ADDED, &staff.login).with("roles", staff.roles.names()));
        let (slip, more) = first_slip(&app, &mut tx, &permit, &mut officers, &staff).await?;
        events.extend(more);
        match slip {
            Some(slip) => slips.push((staff, slip)),
            None => held.push(staff),
        }
    }
    let slips = tx.commit(Decision { value: slips, events }).await?;
    page(SlipsPage {
        ctx: visit.ctx,
        url: app.site.link("/activate"),
        slips,
        held,
        back: "/admin/staff?done=imported",
    })
}

fn refuse(ctx: Ctx, faults: Vec<(String, String)>, file: Option<(String, String)>) -> Answer {
    page_with(StatusCode::UNPROCESSABLE_ENTITY, Page { ctx, faults, file, look: None })
}

/// An empty file with the headings, to be filled in.
async fn template(visit: SignedIn, Path(name): Path<String>) -> Result<Response, Refusal> {
    visit.permit(Deed::ManageStaff)?;
    download(&name, "template", &[headings()])
}

/// Who was taken out is on record, so this is an action, not a page.
async fn export(
    visit: SignedIn,
    State(app): State<People>,
    Path(name): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Refusal> {
    let permit = visit.permit(Deed::SeeStaff)?;
    let mut tx = app.write_as(&permit).await?;
    let divisions = store::divisions::all(&mut tx, permit.body()).await?;
    let staff = store::staff::all(&mut tx, permit.body()).await?;
    let mut rows = vec![headings()];
    rows.extend(staff.iter().map(|one| row(one, &divisions)));
    let count = staff.len();
    tx.commit(Decision::new((), permit.event(Kind::STAFF_EXPORTED, &name).with("count", count)))
        .await?;
    download(&name, "staff", &rows)
}

fn headings() -> Vec<String> {
    STAFF_HEADINGS.iter().map(|(ja, _)| (*ja).to_owned()).collect()
}

fn row(staff: &Staff, divisions: &[Division]) -> Vec<String> {
    let division = divisions
        .iter()
        .find(|division| Some(division.id) == staff.division)
        .map_or("", |division| &division.code);
    let fiscal_year = if staff.fiscal_year { "はい" } else { "いいえ" };
    vec![
        staff.login.to_string(),
        staff.name.to_string(),
        division.to_owned(),
        staff.roles.ja(),
        fiscal_year.to_owned(),
    ]
}

fn download(name: &str, stem: &'static str, rows: &[Vec<String>]) -> Result<Response, Refusal> {
    let (kind, bytes) = match name {
        "staff.csv" => ("text/csv; charset=utf-8", sheet::to_csv(rows)),
        "staff.xlsx" => (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            sheet::to_xlsx("職員", rows)?,
        ),
        _ => return Err(Refusal::NotFound),
    };
    let ending = name.rsplit('.').next().unwrap_or("csv");
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{stem}.{ending}\""))
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok((
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        bytes,
    )
        .into_response())
}

fn words(lang: Lang, kind: &CellFaultKind) -> String {
    let (ja, en) = match kind {
        CellFaultKind::HeadingMissing(heading) => {
            return lang.t("見出しがありません：", "A heading is missing: ").to_owned() + heading;
        }
        CellFaultKind::Twice(row) => {
            return match lang {
                Lang::Ja => format!("同じサインイン名が{row}行目にもあります。"),
                Lang::En => format!("The same sign-in name is in row {row}."),
            };
        }
        CellFaultKind::HeadingUnknown => (
            "わからない見出しか、二つある見出しです。",
            "A heading that is unknown, or stands twice.",
        ),
        CellFaultKind::Empty => ("職員の行がありません。", "There are no rows."),
        CellFaultKind::TooMany => {
            ("一度に取り込めるのは5,000人までです。", "At most 5,000 people at once.")
        }
        CellFaultKind::Value(Fault::Login) => (
            "サインイン名は半角英数字と . _ - @ で3文字以上です。",
            "A sign-in name is 3 or more of a-z 0-9 . _ - @",
        ),
        CellFaultKind::Value(Fault::Name) => {
            ("氏名を100文字以内で入力してください。", "A name has 1 to 100 characters.")
        }
        CellFaultKind::Value(_) => (
            "役割は 職員・所属長・情報担当・人事担当・監査 です。",
            "Roles are staff, superior, it, hr, auditor.",
        ),
        CellFaultKind::NoDivision(None) => {
            ("この所属コードは登録されていません。", "No division has this code.")
        }
        CellFaultKind::NoDivision(Some(code)) => {
            return match lang {
                Lang::Ja => format!(
                    "この所属コードは登録されていません。先頭の0が落ちていませんか（{code}）。表示形式を「文字列」にして入力してください。"
                ),
                Lang::En => format!("No division has this code. Is it {code}? Enter it as text."),
            };
        }
        CellFaultKind::NoHeading => (
            "見出しのない列に値があります。消すか、正しい列に入力してください。",
            "A value in a column without a heading.",
        ),
        CellFaultKind::LineBreak => (
            "氏名の途中に改行があります。1行で入力してください。",
            "There is a line break in the name.",
        ),
        CellFaultKind::YesNo => ("「はい」か「いいえ」（○か×）を入力してください。", "Yes or no."),
        CellFaultKind::Taken => {
            ("このサインイン名は登録済みです。", "This sign-in name is in use.")
        }
        CellFaultKind::RoleNotYours => {
            ("この役割をつけられるのは情報担当だけです。", "Only IT gives this role.")
        }
    };
    lang.t(ja, en).to_owned()
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageStaff);
    vec![
        get("/admin/import/staff", manage, show).fresh(),
        post("/admin/import/staff", manage, import).fresh_at("/admin/import/staff"),
        post("/admin/import/staff/take", manage, take).fresh_at("/admin/import/staff"),
        get("/admin/import/staff/template/{name}", manage, template),
        post("/admin/export/staff/{name}", May(Deed::SeeStaff), export).fresh(),
    ]
}
