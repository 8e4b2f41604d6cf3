//! The exchange: what a desk does with cases, for its own programs. Everything goes through `exchange::access` and the actions of the pages; a token of a
//! body's desk sees and does what that desk does, and what is another's is not there.

mod answer;
mod board;
mod cases;
mod files;
mod info;
mod letter;
mod steps;
mod tables;
#[cfg(test)]
mod tests;

pub(super) use answer::{__path_answer, __path_draft, __path_part_given, __path_parts, __path_proxy, __path_save};
pub(super) use board::{__path_board, __path_confirm_many, __path_review_many};
pub(super) use cases::{__path_ask, __path_case, __path_cases, __path_form, __path_receipt};
pub(super) use files::{__path_attach, __path_attach_to_letter, __path_file};
pub(super) use letter::{__path_answer_question, __path_begin, __path_stage, __path_write};
pub(super) use steps::{
    __path_approval, __path_ask_approval, __path_body, __path_correct, __path_extend, __path_query, __path_receive,
    __path_review, __path_submit,
};
pub(super) use tables::__path_tables;

use exchange::form::Form;

use super::refused;
use crate::error::Refusal;
use crate::exchange::access::Undone;
use crate::http::{Answer, Lang, Route};

/// A refusal of the case machine as 422 with its reasons; everything else as it is.
fn undone(undone: Undone, form: Option<&Form>) -> Answer {
    let why = undone.refused()?;
    Ok(refused(crate::exchange::refused_words(Lang::Ja, &why, form)))
}

/// A day of a body of a call.
fn day(text: &str) -> Result<jiff::civil::Date, Refusal> {
    text.parse().map_err(|_| Refusal::Malformed("day"))
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = cases::routes();
    all.extend(answer::routes());
    all.extend(steps::routes());
    all.extend(board::routes());
    all.extend(letter::routes());
    all.extend(files::routes());
    all.extend(tables::routes());
    all
}
