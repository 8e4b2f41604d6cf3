//! Tables and charts of a case: the same numbers as `noren-server survey tally`, for the country,
//! one prefecture, or a town beside towns of its size.
//!
//! Before publication the ministry sees what was handed up to it and a prefecture what its own
//! bodies submitted (中間集計); everybody else gets 404. Once published, whoever the case went to sees
//! all of it.

mod count;
mod draw;
mod files;
mod kept;
mod show;
pub mod workbook;

#[cfg(test)]
mod tests;

use crate::Route;

pub(crate) use count::{SETTLED, Scope, Which, count};
pub(crate) use draw::has_tables;
pub(crate) use files::{Shape, made};
pub(crate) use kept::KeptAnswers;

pub(super) fn routes() -> Vec<Route> {
    let mut all = show::routes();
    all.extend(files::routes());
    all
}
