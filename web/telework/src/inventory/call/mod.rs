//! The work inventory for programs: one file for what is changed, one for what goes in and out as a
//! sheet, one for the rules of judgement.

pub(crate) mod rules;
pub(crate) mod sheets;
pub(crate) mod stock;

use crate::Route;

pub(crate) fn routes() -> Vec<Route> {
    let mut all = sheets::routes();
    all.extend(rules::routes());
    all.extend(stock::routes());
    all
}
