//! The same tables as files.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use exchange::tally::{Format, render};
use people::Action;

use super::{Scope, Which, count, draw};
use crate::app::App;
use crate::error::Refusal;
use crate::exchange::access;
use crate::http::Access::May;
use crate::http::{Lang, Route, SignedIn, get};
use crate::papers;
use crate::survey::xlsx;

async fn file(
    visit: SignedIn,
    State(app): State<App>,
    Path((case, name)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Refusal> {
    let mut conn = app.store.read().await?;
    let counted = count(&app, &mut conn, &visit.actor, access::case_id(&case)?, &which).await?;
    drop(conn);
    let (kind, bytes) = match name.as_str() {
        // The mark at the beginning tells Excel that it is UTF-8.
        "tables.csv" => ("text/csv; charset=utf-8", format!("\u{feff}{}", render(&counted.tallies, Format::Csv)).into_bytes()),
        "tables.json" => ("application/json", render(&counted.tallies, Format::Json).into_bytes()),
        "tables.xlsx" => {
            let tallies = counted.tallies;
            let made = tokio::task::spawn_blocking(move || xlsx::tables(&tallies)).await;
            let internal = |error: String| Refusal::Internal(error);
            let bytes = made.map_err(|error| internal(error.to_string()))?.map_err(|error| internal(error.to_string()))?;
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes)
        }
        "tables.pdf" => {
            let scope = match counted.scope {
                Scope::Country => String::new(),
                _ => draw::scope_words(&counted, Lang::Ja),
            };
            ("application/pdf", papers::pdf(papers::annex::annex(&counted.form, &counted.tallies, &scope, "")).await?)
        }
        _ => return Err(Refusal::NotFound),
    };
    let ending = name.rsplit('.').next().unwrap_or("csv");
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"tables-{case}.{ending}\""))
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/exchange/cases/{id}/tables/{name}", May(Action::UseExchange), file)]
}
