//! Excel: the form of a case out and in, and one workbook of many bodies.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::whose;
use super::info::Stepped;
use crate::Exchange;
use crate::Route;
use crate::consolidated;
use crate::download::as_download;
use crate::{BookTaken, Content, book_of, take_book};
use kit::http::call::{File, PathOf, Query};
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, ErrorBody, Reason, Scope, json, stale, told};
use kit::sheet::XLSX;

/// What a workbook holds.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Holds {
    /// The questions alone
    Empty,
    /// What stands in the fields
    Filled,
    /// The last refused workbook with its faults marked
    Marked,
}

/// Which workbook.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// What it holds; filled in, without it.
    #[param(inline)]
    content: Option<Holds>,
    /// Code of the body; without it, the caller's own.
    body: Option<String>,
}

/// The form as a workbook, with drop-downs and protected cells: empty, filled in, or the last
/// refused one with its faults marked.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/workbook",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("id" = String, Path, description = "Number of the case"), Wanted),
    responses(
        (
            status = 200,
            description = "The workbook",
            content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            body = Vec<u8>,
        ),
    ),
)]
pub(crate) async fn workbook(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let content = match wanted.content.unwrap_or(Holds::Filled) {
        Holds::Empty => Content::Empty,
        Holds::Filled => Content::Filled,
        Holds::Marked => Content::Marked,
    };
    let whose = whose(wanted.body.as_deref())?;
    let (name, bytes) = book_of(&app, &caller.actor, &id, &whose, content).await?;
    Ok(as_download(&name, XLSX, bytes))
}

/// A cell and what is wrong with it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CellTold {
    /// Such as `C5`.
    pub(super) cell: String,
    /// For people.
    pub(super) message: String,
}

/// A workbook that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookRefused {
    /// What it is, for programs.
    error: &'static str,
    /// What it is, for people.
    message: String,
    /// By cell, where the workbook is one of this answer. A marked copy lies ready then.
    cells: Vec<CellTold>,
}

/// Takes a filled-in workbook: whole and good as a version, or not at all. Where somebody is
/// typing, it is laid over that draft and nothing is saved (409).
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/workbook",
    tag = "exchange",
    security(("token" = ["exchange:answer"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body(
        content = Vec<u8>,
        content_type = "application/octet-stream",
        description = "A \
        workbook (xlsx), at most 4 MiB; no macros, no formulas",
    ),
    responses(
        (status = 200, description = "Saved", body = Stepped),
        (
            status = 409,
            description = "Not to be entered now, or kept as a draft beside somebody else's",
            body = ErrorBody,
        ),
        (status = 422, description = "Not taken, with the faults by cell", body = BookRefused),
    ),
)]
pub(crate) async fn take_workbook(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    File(bytes): File,
) -> Answer {
    let unprocessable = |message: String, cells| {
        told(StatusCode::UNPROCESSABLE_ENTITY, &BookRefused { error: "refused", message, cells })
    };
    Ok(match take_book(&app, &caller.actor, Lang::Ja, &id, &Default::default(), bytes).await? {
        BookTaken::Saved(delivery) => json(&Stepped::of(&delivery))?,
        BookTaken::Laid => {
            let words = "入力中の下書きがあったため、ブックの内容を下書きに重ねました。確認して保存してください。";
            stale(vec![Reason::new("laid_over_a_draft", words)])
        }
        BookTaken::Faulty(faults) => {
            let cells = faults
                .into_iter()
                .map(|fault| CellTold { message: fault.what.ja(), cell: fault.cell })
                .collect();
            unprocessable("ブックに確認事項があります。何も取り込まれていません。".into(), cells)
        }
        BookTaken::Unread((ja, _)) => unprocessable(ja, Vec::new()),
        BookTaken::Refused(words) => unprocessable(words, Vec::new()),
    })
}

/// One workbook of all bodies: a prefecture's of its own, the ministry's of the country, with the
/// tables behind. Its first sheet can be taken in again.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/consolidated",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("id" = String, Path, description = "Number of the case")),
    responses(
        (
            status = 200,
            description = "The workbook",
            content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            body = Vec<u8>,
        ),
    ),
)]
pub(crate) async fn consolidated(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let (name, bytes) = consolidated::made(&app, &caller.actor, &id).await?;
    Ok(as_download(&name, XLSX, bytes))
}

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Api(Scope::ExchangeRead);
    vec![
        call(Method::Get, "/api/v1/exchange/cases/{id}/workbook", read, workbook),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/workbook",
            Access::Api(Scope::ExchangeAnswer),
            take_workbook,
        ),
        call(Method::Get, "/api/v1/exchange/cases/{id}/consolidated", read, consolidated),
    ]
}
