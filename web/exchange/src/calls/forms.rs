//! Forms: which there are, their files, the checker with line and column, and a new version put in.

use axum::extract::State;
use axum::http::StatusCode;
use exchange::form::{Form, FormFault, FormRef};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::cases::{FormInfo, form_info};
use crate::Exchange;
use crate::Route;
use crate::download::as_download;
use crate::workshop::{Added, FIXED, add, found_forms, source_of};
use kit::error::{Most, Refusal};
use kit::http::call::{File, Query};
use kit::http::seen::Seen;
use kit::http::{
    Access, Answer, Caller, ErrorBody, Lang, Method, Reason, Scope, call, changed, json, stale,
    told,
};

/// Which forms.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Looked {
    /// A part of the title, the name or the version.
    #[serde(default)]
    q: String,
    /// Which hundred, from 1.
    #[param(minimum = 1, maximum = 10000)]
    page: Option<usize>,
}

/// A form in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormLine {
    /// Its name.
    id: String,
    /// Its version.
    version: String,
    /// Its title.
    title: String,
    /// When it was added; none for one that comes with the server.
    #[schema(format = DateTime)]
    added: Option<String>,
    /// Whether a case was sent with it: then it stays as it is.
    fixed: bool,
    /// Which text it is, in short: named with a better one of the same version, which is refused
    /// where it is another by then. None for one that comes with the server.
    revision: Option<String>,
}

/// Forms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Forms {
    /// A hundred of them.
    forms: Vec<FormLine>,
    /// Whether there is another page.
    more: bool,
}

/// The forms there are, with their versions.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/forms",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(Looked),
    responses((status = 200, description = "Forms", body = Forms)),
)]
pub(crate) async fn forms(
    caller: Caller,
    State(app): State<Exchange>,
    Query(looked): Query<Looked>,
) -> Answer {
    uses(&caller)?;
    let q: String = looked.q.trim().chars().take(100).collect();
    let mut conn = app.store.read().await?;
    let (found, more) =
        found_forms(&mut conn, &q, looked.page.unwrap_or(1).clamp(1, 10_000)).await?;
    drop(conn);
    let line = |form: crate::workshop::Known| FormLine {
        id: form.name.id,
        version: form.name.version,
        title: form.title,
        added: form
            .added
            .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
            .map(|at| at.to_string()),
        fixed: form.fixed,
        revision: form.revision,
    };
    json(&Forms { forms: found.into_iter().map(line).collect(), more })
}

/// A form by name.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    /// Its name.
    #[param(example = "telework")]
    id: String,
    /// Its version.
    #[param(example = "令和3年")]
    version: String,
}

/// The file of a form, as it was put in.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/forms/file",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(Named),
    responses(
        (status = 200, description = "The file", content_type = "application/toml", body = String),
    ),
)]
pub(crate) async fn form_file(
    caller: Caller,
    State(app): State<Exchange>,
    Query(named): Query<Named>,
) -> Answer {
    uses(&caller)?;
    let mut conn = app.store.read().await?;
    let source = source_of(&mut conn, &FormRef { id: named.id, version: named.version })
        .await?
        .ok_or(Refusal::NotFound)?;
    drop(conn);
    Ok(as_download("form.toml", "application/toml", source.into_bytes()))
}

/// A fault of a form's file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormFaultInfo {
    /// Line, from 1.
    line: usize,
    /// Column in characters, from 1.
    column: usize,
    /// What is wrong there, for people.
    message: String,
}

/// What the checker says of a form's file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormChecked {
    /// Every fault, in the order of the file; empty for a good form.
    faults: Vec<FormFaultInfo>,
    /// The form, where it has none.
    form: Option<FormInfo>,
}

/// Checks the file of a form. Nothing is kept.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/forms/check",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    request_body(
        content = String,
        content_type = "text/plain",
        description = "TOML in UTF-8, at \
        most 256 KiB",
    ),
    responses((status = 200, description = "What the checker says", body = FormChecked)),
)]
pub(crate) async fn check_form(caller: Caller, File(bytes): File) -> Answer {
    uses(&caller)?;
    let source = source(&bytes)?.replace("\r\n", "\n");
    json(&match Form::read(&source) {
        Ok(form) => FormChecked { faults: Vec::new(), form: Some(form_info(&form)) },
        Err(faults) => FormChecked { faults: faults.iter().map(fault).collect(), form: None },
    })
}

/// A form that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormKept {
    /// Its name.
    id: String,
    /// Its version.
    version: String,
}

/// A form's file with faults.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormRefused {
    /// What it is, for programs.
    error: &'static str,
    /// What it is, for people.
    message: &'static str,
    /// Every fault, in the order of the file.
    faults: Vec<FormFaultInfo>,
}

/// The form as it was read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormRead {
    /// Its revision in the list, where another text of it is kept.
    #[serde(default)]
    revision: String,
}

/// Puts in a form, or a better text of a version no case was sent with: the ministry's.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/forms",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(FormRead),
    request_body(
        content = String,
        content_type = "text/plain",
        description = "TOML in UTF-8, at \
        most 256 KiB",
    ),
    responses(
        (status = 200, description = "Kept", body = FormKept),
        (
            status = 409,
            description = "A case was sent with this version, or another text of it is kept that \
                was not read",
            body = ErrorBody,
        ),
        (status = 422, description = "It has faults", body = FormRefused),
    ),
)]
pub(crate) async fn add_form(
    caller: Caller,
    State(app): State<Exchange>,
    Query(read): Query<FormRead>,
    File(bytes): File,
) -> Answer {
    if caller.actor.body != people::MINISTRY {
        return Err(Refusal::NotFound);
    }
    let seen = Seen::Revision(&read.revision);
    Ok(match add(&app, &caller.actor, Lang::Ja, source(&bytes)?, seen).await? {
        Added::Changed(stands) => changed(stands),
        Added::Kept(name) => json(&FormKept { id: name.id, version: name.version })?,
        Added::Fixed => stale(vec![Reason::new("fixed", FIXED.0)]),
        Added::Faulty(faults) => {
            let faults = faults.iter().map(fault).collect();
            let message = "調査票に誤りがあります。登録されていません。";
            told(
                StatusCode::UNPROCESSABLE_ENTITY,
                &FormRefused { error: "refused", message, faults },
            )
        }
    })
}

fn uses(caller: &Caller) -> Result<(), Refusal> {
    caller.actor.widest(people::Deed::UseExchange).map(|_| ()).ok_or(Refusal::NotFound)
}

fn source(bytes: &[u8]) -> Result<&str, Refusal> {
    if bytes.len() > exchange::form::MAX_FORM {
        return Err(Refusal::TooLarge(Most::Bytes(exchange::form::MAX_FORM)));
    }
    std::str::from_utf8(bytes).map_err(|_| Refusal::Malformed("text"))
}

fn fault(fault: &FormFault) -> FormFaultInfo {
    FormFaultInfo { line: fault.line, column: fault.column, message: fault.what.ja() }
}

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Api(Scope::ExchangeRead);
    vec![
        call(Method::Get, "/api/v1/exchange/forms", read, forms),
        call(Method::Get, "/api/v1/exchange/forms/file", read, form_file),
        call(Method::Post, "/api/v1/exchange/forms/check", read, check_form),
        call(Method::Post, "/api/v1/exchange/forms", Access::Api(Scope::ExchangeRun), add_form),
    ]
}
