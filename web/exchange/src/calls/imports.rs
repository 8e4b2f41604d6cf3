//! Answers of many bodies in one file: taken in beside the call, watched, and marked where they are
//! wrong.

use axum::body::Bytes;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::books::CellTold;
use crate::Exchange;
use crate::Route;
use crate::access::case_id;
use crate::download::as_download;
use crate::import::{Count, End, begin, cell, marked_copy, open};
use kit::error::{Most, Refusal};
use kit::http::call::{Large, PathOf};
use kit::http::{
    Access, Answer, Caller, ErrorBody, FILE_LIMIT, Method, Reason, Scope, call, json, refused,
};
use kit::limit::UPLOAD;
use kit::sheet::XLSX;

/// A file to be taken in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewImport {
    /// Why these answers come this way.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
    /// A workbook (xlsx) or CSV of at most 4 MiB with a row a body, base64.
    #[schema(content_encoding = "base64")]
    content: String,
    /// Only says what would be taken.
    #[serde(default)]
    look: bool,
}

/// An import that began.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportBegun {
    /// Its number, for who began it alone.
    id: String,
}

/// 代理入力 of many: a prefecture takes in the answers of its bodies, all rows or none.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/imports",
    tag = "exchange",
    security(("token" = ["exchange:review"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = NewImport,
    responses(
        (status = 200, description = "It began; look how it goes", body = ImportBegun),
        (status = 422, description = "Not taken", body = ErrorBody),
    ),
)]
pub(crate) async fn import(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Large(new): Large<NewImport>,
) -> Answer {
    begun(&app, &caller, &id, new, false).await
}

/// The ministry takes in answers that came another way, all rows or none.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/imports/take-in",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = NewImport,
    responses(
        (status = 200, description = "It began; look how it goes", body = ImportBegun),
        (status = 422, description = "Not taken", body = ErrorBody),
    ),
)]
pub(crate) async fn take_in(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Large(new): Large<NewImport>,
) -> Answer {
    begun(&app, &caller, &id, new, true).await
}

async fn begun(
    app: &Exchange,
    caller: &Caller,
    id: &str,
    new: NewImport,
    ministry: bool,
) -> Answer {
    let by = &caller.actor;
    let mut conn = app.store.read().await?;
    let (seat, case) = open(&mut conn, by, id).await?;
    drop(conn);
    if seat.ministry() != ministry {
        return Err(Refusal::NotFound);
    }
    app.limiter.take(UPLOAD, &by.id.to_string(), app.now()).map_err(Refusal::TooMany)?;
    let reason = new.reason.trim().to_owned();
    if reason.is_empty() {
        return Ok(refused(vec![Reason::new("no_reason", "理由を入力してください。")]));
    }
    let bytes =
        STANDARD.decode(new.content.as_bytes()).map_err(|_| Refusal::Malformed("content"))?;
    if bytes.len() > FILE_LIMIT {
        return Err(Refusal::TooLarge(Most::Bytes(FILE_LIMIT)));
    }
    json(&ImportBegun { id: begin(app, by, &case, Bytes::from(bytes), reason, new.look)? })
}

/// What a file says, in bodies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportRows {
    /// Name of the sheet that was read; a CSV has none.
    sheet: Option<String>,
    /// Rows of it that are not shown, filtered say: read like the others.
    hidden: usize,
    /// Bodies that had no answer.
    new: usize,
    /// Bodies whose answer becomes another; the one before stays among the versions.
    changed: usize,
    /// Bodies whose answer is saved like this already: not taken.
    same: usize,
    /// Bodies whose row holds no answer: not taken.
    empty: usize,
}

impl From<&Count> for ImportRows {
    fn from(count: &Count) -> Self {
        let Count { sheet, hidden, new, changed, same, empty } = count.clone();
        Self { sheet, hidden, new, changed, same, empty }
    }
}

/// How an import goes, or how it ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportInfo {
    /// How many answers are done.
    done: usize,
    /// Of how many; 0 while that is not known.
    total: usize,
    /// Whether it is over.
    over: bool,
    /// How many were taken, once they are; otherwise nothing was.
    taken: Option<usize>,
    /// What the file says, once it was read without a fault.
    rows: Option<ImportRows>,
    /// Why nothing was taken, where no cell is to blame.
    refused: Option<String>,
    /// What is wrong, by cell.
    cells: Vec<CellTold>,
    /// Whether a marked copy lies ready.
    marked: bool,
}

/// How an import of the caller's goes.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/imports/{import}",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("import" = String, Path, description = "Number of the import"),
    ),
    responses((status = 200, description = "How it goes", body = ImportInfo)),
)]
pub(crate) async fn import_state(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, import)): PathOf<(String, String)>,
) -> Answer {
    let job = app.imports.find(&import, caller.actor.id, case_id(&id)?)?;
    let (done, total) = job.progress();
    let mut info = ImportInfo {
        done,
        total,
        over: false,
        taken: None,
        rows: None,
        refused: None,
        cells: Vec::new(),
        marked: false,
    };
    if let Some(end) = job.end() {
        info.over = true;
        match &*end {
            End::Taken(count) => {
                info.taken = Some(count.taken());
                info.rows = Some(count.into());
            }
            End::Looked { count, .. } => {
                // A file of which nothing is new was taken, with nothing in it.
                info.taken = (count.taken() == 0).then_some(0);
                info.rows = Some(count.into());
            }
            End::Refused(ja, _) => info.refused = Some(ja.clone()),
            End::Faulty { faults, rows } => {
                info.cells = faults
                    .iter()
                    .map(|one| CellTold { cell: cell(one.at), message: one.ja.clone() })
                    .collect();
                info.marked = !rows.is_empty();
            }
        }
    }
    json(&info)
}

/// The rows of a refused file as a workbook, with their faults marked.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/imports/{import}/marked",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("import" = String, Path, description = "Number of the import"),
    ),
    responses(
        (
            status = 200,
            description = "The workbook",
            content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            body = Vec<u8>,
        ),
    ),
)]
pub(crate) async fn import_marked(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, import)): PathOf<(String, String)>,
) -> Answer {
    let job = app.imports.find(&import, caller.actor.id, case_id(&id)?)?;
    Ok(as_download("marked.xlsx", XLSX, marked_copy(&job).await?))
}

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Api(Scope::ExchangeRead);
    vec![
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/imports",
            Access::Api(Scope::ExchangeReview),
            import,
        ),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/imports/take-in",
            Access::Api(Scope::ExchangeRun),
            take_in,
        ),
        call(Method::Get, "/api/v1/exchange/cases/{id}/imports/{import}", read, import_state),
        call(
            Method::Get,
            "/api/v1/exchange/cases/{id}/imports/{import}/marked",
            read,
            import_marked,
        ),
    ]
}
