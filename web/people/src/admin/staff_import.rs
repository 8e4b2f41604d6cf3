//! Staff as a file: in (CSV or xlsx, all rows or none, faults by cell) and out.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use people::{
    CellFault, CellFaultKind, Deed, Division, DivisionId, Fault, STAFF_HEADINGS, Staff, StaffId,
    StaffState, read_staff,
};

use super::power::first_slip;
use crate::People;
use crate::Route;
use crate::second::Officers;
use crate::slips::{SlipsPage, office};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, Nothing, SignedIn, Upload, get, page, page_with, post};
use kit::limit::UPLOAD;
use kit::sheet::{self, SheetFault};

#[derive(Template)]
#[template(path = "admin/staff_import.html")]
struct Page {
    ctx: Ctx,
    /// Cell and what is wrong with it.
    faults: Vec<(String, String)>,
    file: Option<(&'static str, &'static str)>,
}

async fn show(visit: SignedIn) -> Answer {
    visit.permit(Deed::ManageStaff)?;
    page(Page { ctx: visit.ctx, faults: Vec::new(), file: None })
}

async fn import(visit: SignedIn, State(app): State<People>, upload: Upload) -> Answer {
    let permit = visit.permit(Deed::ManageStaff)?;
    app.limiter.take(UPLOAD, &permit.actor().to_string(), app.now()).map_err(Refusal::TooMany)?;
    let Some(file) = upload.file else {
        return refuse(
            visit.ctx,
            Vec::new(),
            Some(("ファイルを選んでください。", "Please choose a file.")),
        );
    };
    let bytes = file.bytes.clone();
    // Unfolding and reading is work of its own; other requests go on.
    let read = sheet::reading(permit.body(), move || sheet::read(&bytes)).await?;
    let rows = match read {
        Ok(rows) => rows,
        Err(SheetFault::Formulas(faults)) => return refuse(visit.ctx, faults, None),
        Err(fault) => return refuse(visit.ctx, Vec::new(), Some(fault.words())),
    };
    let mut tx = app.write_as(&permit).await?;
    let divisions: BTreeMap<String, DivisionId> = store::divisions::all(&mut tx, permit.body())
        .await?
        .into_iter()
        .map(|division| (division.code, division.id))
        .collect();
    let taken: BTreeSet<_> = store::staff::all(&mut tx, permit.body())
        .await?
        .into_iter()
        .map(|staff| staff.login)
        .collect();
    let may_office = visit.permit(Deed::GrantOffice).is_ok();
    let drafts = match read_staff(&rows, &divisions, &taken, |roles| may_office || !office(roles)) {
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

fn refuse(ctx: Ctx, faults: Vec<CellFault>, file: Option<(&'static str, &'static str)>) -> Answer {
    let faults =
        faults.into_iter().map(|fault| (fault.cell(), words(ctx.lang, &fault.kind))).collect();
    page_with(StatusCode::UNPROCESSABLE_ENTITY, Page { ctx, faults, file })
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
        CellFaultKind::NoDivision => {
            ("この所属コードは登録されていません。", "No division has this code.")
        }
        CellFaultKind::YesNo => ("「はい」か「いいえ」を入力してください。", "Yes or no."),
        CellFaultKind::Taken => {
            ("このサインイン名は登録済みです。", "This sign-in name is in use.")
        }
        CellFaultKind::RoleNotYours => {
            ("この役割をつけられるのは情報担当だけです。", "Only IT gives this role.")
        }
        CellFaultKind::Formula => (
            "式は使えません。値を入力してください。",
            "Formulas are not taken: please enter a value.",
        ),
    };
    lang.t(ja, en).to_owned()
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageStaff);
    vec![
        get("/admin/import/staff", manage, show).fresh(),
        post("/admin/import/staff", manage, import).fresh_at("/admin/import/staff"),
        get("/admin/import/staff/template/{name}", manage, template),
        post("/admin/export/staff/{name}", May(Deed::SeeStaff), export).fresh(),
    ]
}
