//! Tokens of the API: who has which, asked for, consented to, ended; and the call that tells a program what it holds.

pub mod call;
pub mod made;
mod own;

use crate::Route;

/// Routes of it.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = call::routes();
    all.extend(made::routes());
    all.extend(own::routes());
    all
}
