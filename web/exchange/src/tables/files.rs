//! The same tables as files.

use axum::extract::{Path, Query, State};
use exchange::tally::{Format, render};
use people::{Actor, Deed};

use super::{Scope, Which, count, draw};
use crate::Exchange;
use crate::Route;
use crate::access;
use crate::download::as_download;
use crate::tables::workbook;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Lang, SignedIn, get};
use kit::papers;
use kit::sheet::XLSX;

/// As what the tables are taken out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// Long form, with the mark at the beginning that tells Excel that it is UTF-8.
    Csv,
    /// For programs.
    Json,
    /// A sheet a table.
    Xlsx,
    /// A4, in the shape of the annex.
    Pdf,
}

impl Shape {
    /// By the ending of its name.
    pub(crate) fn of(ending: &str) -> Option<Self> {
        Some(match ending {
            "csv" => Self::Csv,
            "json" => Self::Json,
            "xlsx" => Self::Xlsx,
            "pdf" => Self::Pdf,
            _ => return None,
        })
    }

    /// Its media type.
    pub(crate) fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Xlsx => XLSX,
            Self::Pdf => "application/pdf",
        }
    }
}

async fn file(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((case, name)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Answer {
    let ending = name.strip_prefix("tables.").unwrap_or_default();
    let shape = Shape::of(ending).ok_or(Refusal::NotFound)?;
    let bytes = made(&app, &visit.actor, &case, &which, shape).await?;
    Ok(as_download(&format!("tables-{case}.{ending}"), shape.media(), bytes))
}

/// The tables as a file, as far as this person may see them.
pub(crate) async fn made(
    app: &Exchange,
    by: &Actor,
    case: &str,
    which: &Which,
    shape: Shape,
) -> Result<Vec<u8>, Refusal> {
    let mut conn = app.store.read().await?;
    let counted = count(app, &mut conn, by, access::case_id(case)?, which).await?;
    drop(conn);
    Ok(match shape {
        Shape::Csv => format!("\u{feff}{}", render(&counted.tallies, Format::Csv)).into_bytes(),
        Shape::Json => render(&counted.tallies, Format::Json).into_bytes(),
        Shape::Xlsx => {
            let tallies = counted.tallies;
            let made = tokio::task::spawn_blocking(move || workbook::tables(&tallies)).await;
            let internal = |error: String| Refusal::Internal(error);
            made.map_err(|error| internal(error.to_string()))?
                .map_err(|error| internal(error.to_string()))?
        }
        Shape::Pdf => {
            let scope = match counted.scope {
                Scope::Country => String::new(),
                _ => draw::scope_words(&counted, Lang::Ja),
            };
            papers::pdf(
                crate::annex::annex(&counted.form, &counted.tallies, &scope, ""),
                (by.body, by.id),
            )
            .await?
        }
    })
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/exchange/cases/{id}/tables/{name}", May(Deed::UseExchange), file)]
}
