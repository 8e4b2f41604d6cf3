//! Administration: one file a subject, each with its pages and its actions.

pub mod divisions;

use crate::http::Route;

/// Routes of all of them.
#[must_use]
pub fn routes() -> Vec<Route> {
    divisions::routes()
}
