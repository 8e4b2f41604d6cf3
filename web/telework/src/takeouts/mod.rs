//! Taking information out of the office (情報資産の持ち出し): asked for, permitted by the superior,
//! back and seen to be back.

mod act;
mod ask;
pub(crate) mod call;
mod decide;
#[cfg(test)]
mod tests;
mod words;

use crate::Route;

use act::{Possible, Undecided, Unread, Wanted, ask_now, bring_back, decide_now, led};

pub(super) fn routes() -> Vec<Route> {
    let mut all = ask::routes();
    all.extend(decide::routes());
    all
}
