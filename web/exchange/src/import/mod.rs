//! Answers of many bodies in one file: a prefecture enters for its bodies by proxy, the ministry
//! takes in what came another way.
//!
//! All rows or none, in one write. The work runs beside the request, so that a page can say how far
//! it is; a server that is killed on the way has taken nothing.

mod jobs;
mod marked;
mod run;
mod show;

#[cfg(test)]
mod tests;

use crate::Route;

pub use jobs::Imports;
pub(crate) use jobs::{Count, End};
pub(crate) use marked::cell;
pub(crate) use show::{begin, marked_copy, open};

pub(super) fn routes() -> Vec<Route> {
    show::routes()
}
