//! Administration: one file a subject, each with its pages and its actions.

pub mod agents;
pub mod audit_log;
pub mod bodies;
pub mod devices;
pub mod divisions;
pub mod pcs;
#[cfg(test)]
mod permits_tests;
pub mod policy;
pub mod power;
pub mod sessions;
pub mod staff;
pub mod staff_import;
mod undone;

use crate::Route;

/// Routes of all of them.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = divisions::routes();
    all.extend(staff::routes());
    all.extend(power::routes());
    all.extend(staff_import::routes());
    all.extend(pcs::routes());
    all.extend(devices::routes());
    all.extend(agents::routes());
    all.extend(policy::routes());
    all.extend(sessions::routes());
    all.extend(bodies::routes());
    all.extend(audit_log::routes());
    all
}
