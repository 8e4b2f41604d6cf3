//! The tables of a case, as far as the caller may see them.

use axum::extract::State;
use exchange::tally::{Cell, Tally, tenths};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Exchange;
use crate::Route;
use crate::access::case_id;
use crate::download::as_download;
use crate::tables::{Shape, Which, count, made};
use kit::error::Refusal;
use kit::http::call::{PathOf, Query};
use kit::http::{Access, Answer, Method, call};
use kit::http::{Caller, Scope, json};

/// Whose numbers.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Of {
    /// The country
    Country,
    /// One prefecture
    Prefecture,
    /// Bodies of the size of one
    Peers,
}

/// Which tables.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Whose numbers; without it the country, or a prefecture's own while the case is open.
    #[param(inline)]
    scope: Option<Of>,
    /// Code of the prefecture.
    prefecture: Option<String>,
    /// Code of the body that is compared.
    body: Option<String>,
}

impl Asked {
    fn which(self) -> Which {
        let scope = match self.scope {
            None => "",
            Some(Of::Country) => "country",
            Some(Of::Prefecture) => "prefecture",
            Some(Of::Peers) => "peers",
        };
        Which {
            scope: scope.to_owned(),
            prefecture: self.prefecture.unwrap_or_default(),
            body: self.body.unwrap_or_default(),
            map: String::new(),
        }
    }
}

/// A figure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CellInfo {
    /// Name of the column.
    column: String,
    /// How many.
    count: u64,
    /// Tenths of a percent of the base, half up; none where the base is nothing.
    tenths: Option<u64>,
    /// Last time's count, where the column has it.
    previous_count: Option<u64>,
}

/// A row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowInfo {
    /// Its name.
    name: String,
    /// What its percents are of.
    base: u64,
    /// Last time's base.
    previous_base: Option<u64>,
    /// In the order of the columns.
    cells: Vec<CellInfo>,
}

/// A table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TableInfo {
    /// Its name in the form.
    table: String,
    /// Its title.
    title: String,
    /// In the form's order.
    rows: Vec<RowInfo>,
}

/// Tables.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tables {
    /// How many answers were counted.
    answers: usize,
    /// Whether more may come.
    interim: bool,
    /// In the form's order.
    tables: Vec<TableInfo>,
}

/// The tables: the ministry's of what was handed up, a prefecture's of its own bodies, everybody's
/// once published.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/tables",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("id" = String, Path, description = "Number of the case"), Asked),
    responses((status = 200, description = "The tables", body = Tables)),
)]
pub(crate) async fn tables(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let which = asked.which();
    let mut conn = app.store.read().await?;
    let counted = count(&app, &mut conn, &caller.actor, case_id(&id)?, &which).await?;
    drop(conn);
    json(&Tables {
        answers: counted.answers,
        interim: counted.interim,
        tables: counted.tallies.into_iter().map(table).collect(),
    })
}

fn table(tally: Tally) -> TableInfo {
    let columns: Vec<(String, bool)> =
        tally.columns.iter().map(|column| (column.name.clone(), column.brackets)).collect();
    let rows = tally.rows.into_iter().map(|row| {
        let cell = |((column, brackets), cell): (&(String, bool), &Cell)| CellInfo {
            column: column.clone(),
            count: cell.count,
            tenths: tenths(cell.count, row.base),
            previous_count: cell.previous.filter(|_| *brackets),
        };
        RowInfo {
            cells: columns.iter().zip(&row.cells).map(cell).collect(),
            name: row.name,
            base: row.base,
            previous_base: row.previous_base,
        }
    });
    TableInfo { rows: rows.collect(), table: tally.table, title: tally.title }
}

/// The same tables as a file: `xlsx`, `csv` (long form), `pdf` (A4, in the shape of the annex) or
/// `json` (the long form for programs).
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/tables/{format}",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(
        ("id" = String, Path, description = "Number of the case"),
        ("format" = String, Path, description = "xlsx, csv, pdf or json"),
        Asked,
    ),
    responses(
        (
            status = 200,
            description = "The file",
            content(
                (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (String = "text/csv"),
                (Vec<u8> = "application/pdf"),
                (serde_json::Value = "application/json"),
            ),
        ),
    ),
)]
pub(crate) async fn tables_file(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf((id, format)): PathOf<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let shape = Shape::of(&format).ok_or(Refusal::NotFound)?;
    let bytes = made(&app, &caller.actor, &id, &asked.which(), shape).await?;
    Ok(as_download(&format!("tables-{id}.{format}"), shape.media(), bytes))
}

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Api(Scope::ExchangeRead);
    vec![
        call(Method::Get, "/api/v1/exchange/cases/{id}/tables", read, tables),
        call(Method::Get, "/api/v1/exchange/cases/{id}/tables/{format}", read, tables_file),
    ]
}
