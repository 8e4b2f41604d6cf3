//! Tokens of the API: who has which, asked for, consented to, ended; and the call that tells a
//! program what it holds.

pub mod call;
pub mod made;
mod own;

use utoipa::OpenApi;

use crate::Route;

/// What its calls take and answer, for the document of the API.
#[derive(OpenApi)]
#[openapi(paths(call::own))]
pub struct Calls;

/// Routes of it.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = call::routes();
    all.extend(made::routes());
    all.extend(own::routes());
    all
}
