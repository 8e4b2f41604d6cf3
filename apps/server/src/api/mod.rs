//! `/api/v1`: what the pages do, for other programs. A program brings a token; it acts with the rights of the person the token names and never beyond the
//! token's scopes. Deny by default: a route says its scope, and without a valid token of that scope nothing behind it runs.
//!
//! # How to add a call
//! 1. A handler in `api/AREA.rs` that takes [`Caller`], [`Body`], [`Query`] or [`PathOf`] (each answers what is wrong as JSON), asks for its permit and
//!    calls the same function a page calls. `#[utoipa::path(..)]` above it says what it takes and answers.
//! 2. Its line in that file's `routes()`: `call(Method::Get, "/api/v1/..", Scope::.., handler)`; its name in [`document`].
//! 3. Its line in `boundary/posts.txt`, for a POST. What changes something takes the `revision` its GET gives, and answers
//!    `changed` (409) where that is otherwise by now.
//! 4. The tests in `boundary/api.rs` walk over all of them: no token, a cookie, another scope, another body, and that the document names each.

mod caller;
pub mod document;
mod exchange;
mod extract;
mod files;
mod inventory;
mod judging;
mod months;
pub mod scope;
mod stock;
mod telework;
#[cfg(test)]
mod tests;
pub mod tokens;
mod works;
#[cfg(test)]
mod writes;

pub(crate) use caller::Caller;
pub(crate) use caller::admit;
pub use scope::Scope;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Refusal;
use crate::http::seen::Changed;
use crate::http::{Access, Answer, Route, get};

/// What every refused call answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What it is, for programs.
    pub error: String,
    /// What it is, for people.
    pub message: String,
    /// Each thing that stands in the way, for people; only where there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub faults: Option<Vec<String>>,
}

/// A done thing without more to say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    /// Always true.
    done: bool,
}

impl Done {
    /// Done.
    pub(crate) fn yes() -> Self {
        Self { done: true }
    }
}

/// An answer as JSON.
///
/// # Errors
/// [`Refusal::Internal`], which does not happen.
pub(crate) fn json(value: &impl Serialize) -> Answer {
    let text = serde_json::to_string(value).map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response())
}

/// What was asked for is not possible as it is, with the reasons (422).
pub(crate) fn refused(faults: Vec<String>) -> Response {
    let message = "このままでは受け付けられません。".into();
    told(StatusCode::UNPROCESSABLE_ENTITY, &ErrorBody { error: "refused".into(), message, faults: Some(faults) })
}

/// Somebody else came before: what was seen is no longer so (409). To be read again.
pub(crate) fn stale(faults: Vec<String>) -> Response {
    let message = "ほかの方が先に操作しました。読み直してください。".into();
    told(StatusCode::CONFLICT, &ErrorBody { error: "stale".into(), message, faults: Some(faults) })
}

/// Somebody changed the thing since it was read (409), with what stands now. To be read again.
pub(crate) fn changed(stands: Changed) -> Response {
    let message = "ほかの方が先に変更しました。いまの内容を読み直してから、もう一度お送りください。".into();
    told(StatusCode::CONFLICT, &ErrorBody { error: "changed".into(), message, faults: Some(stands.told().to_vec()) })
}

/// A refusal with more to say than its status.
pub(crate) fn told(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}

/// Routes of it.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = vec![get("/api/openapi.json", Access::Public, document::show)];
    all.extend(caller::routes());
    all.extend(telework::routes());
    all.extend(works::routes());
    all.extend(inventory::routes());
    all.extend(judging::routes());
    all.extend(months::routes());
    all.extend(stock::routes());
    all.extend(exchange::routes());
    all.extend(tokens::routes());
    all
}
