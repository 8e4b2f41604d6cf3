//! `/api/v1`: what the pages do, for other programs. A program brings a token; it acts with the rights of the person the token names and never beyond the
//! token's scopes. Deny by default: a route says its scope, and without a valid token of that scope nothing behind it runs.
//!
//! # How to add a call
//! 1. A handler in `api/AREA.rs` that takes [`Caller`], [`Body`], [`Query`] or [`PathOf`] (each answers what is wrong as JSON), asks for its permit and
//!    calls the same function a page calls. `#[utoipa::path(..)]` above it says what it takes and answers.
//! 2. Its line in that file's `routes()`: `call(Method::Get, "/api/v1/..", Scope::.., handler)`; its name in [`document`].
//! 3. The tests in `boundary/api.rs` walk over all of them: no token, a cookie, another scope, another body, and that the document names each.

pub mod document;
mod exchange;
mod inventory;
mod months;
mod stock;
mod telework;
#[cfg(test)]
mod tests;
mod works;
#[cfg(test)]
mod writes;

use crate::Route;
use kit::http::{Access, get};
pub(crate) use kit::http::{Caller, Done, ErrorBody, Scope, json, refused, stale, told};

/// Routes of it.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = vec![get("/api/openapi.json", Access::Public, document::show)];
    all.extend(telework::routes());
    all.extend(works::routes());
    all.extend(inventory::routes());
    all.extend(months::routes());
    all.extend(stock::routes());
    all.extend(exchange::routes());
    all
}
