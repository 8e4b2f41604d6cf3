//! What people and operators set about mail (`kit::mail` queues and sends it).

mod admin;
mod notices;

use crate::Route;

/// Routes of it.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = admin::routes();
    all.extend(notices::routes());
    all
}
