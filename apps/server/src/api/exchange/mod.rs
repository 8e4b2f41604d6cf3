//! The exchange: what a desk does with cases, for its own programs. Everything goes through `exchange::access` and the actions of the pages; a token of a
//! body's desk sees and does what that desk does, and what is another's is not there.

mod answer;
mod board;
mod books;
mod carry;
mod cases;
mod desks;
mod files;
#[cfg(test)]
mod files_tests;
mod forms;
mod imports;
mod info;
mod letter;
mod lineage;
mod steps;
mod tables;
#[cfg(test)]
mod tests;

pub(super) use answer::{
    __path_answer, __path_draft, __path_part_given, __path_parts, __path_proxy, __path_save, __path_versions,
};
pub(super) use board::{__path_board, __path_confirm_many, __path_review_many};
pub(super) use books::{__path_consolidated, __path_take_workbook, __path_workbook};
pub(super) use carry::{__path_add_server, __path_read_bundle, __path_servers, __path_write_bundle};
pub(super) use cases::{__path_ask, __path_case, __path_cases, __path_form, __path_receipt};
pub(super) use desks::{__path_desks, __path_set_desks};
pub(super) use files::{__path_attach, __path_attach_to_letter, __path_file, __path_remove, __path_remove_from_letter};
pub(super) use forms::{__path_add_form, __path_check_form, __path_form_file, __path_forms};
pub(super) use imports::{__path_import, __path_import_marked, __path_import_state, __path_take_in};
pub(super) use letter::{__path_answer_question, __path_begin, __path_stage, __path_write};
pub(super) use lineage::{
    __path_add_newcomer, __path_change_lineage, __path_lineage, __path_newcomers, __path_remove_newcomer, __path_undo_lineage,
};
pub(super) use steps::{
    __path_approval, __path_ask_approval, __path_body, __path_correct, __path_extend, __path_query, __path_receive,
    __path_review, __path_submit,
};
pub(super) use tables::{__path_tables, __path_tables_file};

use exchange::case::Refused;
use exchange::form::Form;

use super::{refused, stale};
use crate::Route;
use crate::exchange::access::Undone;
use kit::error::Refusal;
use kit::http::{Answer, Lang};

/// A refusal of the case machine with its reasons: 409 when somebody else came before, otherwise 422. Everything else as it is.
fn undone(undone: Undone, form: Option<&Form>) -> Answer {
    let why = undone.refused()?;
    let words = crate::exchange::refused_words(Lang::Ja, &why, form);
    Ok(if matches!(why, Refused::Stale | Refused::Conflict { .. }) { stale(words) } else { refused(words) })
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
    all.extend(books::routes());
    all.extend(imports::routes());
    all.extend(forms::routes());
    all.extend(lineage::routes());
    all.extend(desks::routes());
    all.extend(carry::routes());
    all
}
