//! Work, and who does it, as a file. Who took it out is on record, so this is an action, not a
//! page.

use std::collections::BTreeMap;

use audit::{Decision, Event, Kind};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use people::{Actor, Deed};
use telework::inventory::sheet::{hours, link_headings, work_choices, work_headings, work_row};

use super::book::Book;
use super::{Stock, names};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Form, Nothing, SignedIn, post};
use kit::sheet;

/// What a workbook is.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn export(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(name): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Refusal> {
    exported(&app, &visit.actor, &name).await
}

/// `works` or `links`, as `.csv` or `.xlsx`, of the divisions the actor sees; on record.
pub(crate) async fn exported(app: &Kit, actor: &Actor, name: &str) -> Result<Response, Refusal> {
    let body = actor.body;
    let mut tx = app.write_as(actor).await?;
    let stock = Stock::of(&mut tx, actor, Deed::SeeWorks).await?;
    let staff = store::staff::all(&mut tx, body).await?;
    let names = names(&staff);
    let (rows, choices) = match name {
        "works.csv" | "works.xlsx" => {
            let codes: BTreeMap<_, _> =
                stock.divisions.iter().map(|one| (one.id, one.code.as_str())).collect();
            let mut rows = vec![work_headings()];
            for row in &stock.works {
                let by = row
                    .work
                    .decided
                    .as_ref()
                    .and_then(|decided| names.get(&decided.by))
                    .map_or("", String::as_str);
                let code = codes.get(&row.division).copied().unwrap_or_default();
                rows.push(work_row(&row.work, &stock.rules.judge(&row.work), code, by));
            }
            (rows, work_choices())
        }
        "links.csv" | "links.xlsx" => {
            let works: BTreeMap<u64, &str> =
                stock.works.iter().map(|row| (row.work.id, row.work.name.as_str())).collect();
            let logins: BTreeMap<_, _> =
                staff.iter().map(|one| (one.id, one.login.as_str())).collect();
            let mut rows = vec![link_headings()];
            for share in store::telework::shares(&mut tx, body).await? {
                let Some(work) = works.get(&share.work) else { continue };
                rows.push(vec![
                    logins.get(&share.staff).copied().unwrap_or_default().to_owned(),
                    share.work.to_string(),
                    hours(share.yearly),
                    names.get(&share.staff).cloned().unwrap_or_default(),
                    (*work).to_owned(),
                ]);
            }
            (rows, Vec::new())
        }
        _ => return Err(Refusal::NotFound),
    };
    let bytes = match name.ends_with(".csv") {
        true => file("text/csv; charset=utf-8", name, sheet::to_csv(&rows))?,
        false => file(
            XLSX,
            name,
            Book { name: super::book::sheet_of(name), rows: &rows, choices: &choices, faults: &[] }
                .bytes()?,
        )?,
    };
    let event = Event::new(body.chain(), actor.who(), Kind::WORKS_EXPORTED, name)
        .with("rows", rows.len() - 1);
    tx.commit(Decision::new((), event)).await?;
    Ok(bytes)
}

/// A download.
pub(super) fn file(kind: &'static str, name: &str, bytes: Vec<u8>) -> Result<Response, Refusal> {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
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

pub(super) fn routes() -> Vec<Route> {
    vec![post("/telework/works/export/{name}", May(Deed::SeeWorks), export)]
}
