//! The exchange: what a desk does with cases, for its own programs. Everything goes through
//! `exchange::access` and the actions of the pages; a token of a
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
mod lineage;
mod steps;
mod tables;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::Program;

use utoipa::OpenApi;

use crate::Route;
use crate::rim::{day, undone};

/// What these calls take and answer, for the document of the API.
#[derive(OpenApi)]
#[openapi(paths(
    cases::cases,
    cases::case,
    cases::form,
    cases::ask,
    cases::receipt,
    answer::answer,
    answer::draft,
    answer::save,
    answer::proxy,
    answer::parts,
    answer::part_given,
    steps::receive,
    steps::ask_approval,
    steps::approval,
    steps::submit,
    steps::correct,
    steps::extend,
    steps::body,
    steps::review,
    steps::query,
    board::board,
    board::review_many,
    board::confirm_many,
    crate::case::draft::call::begin,
    crate::case::draft::call::write,
    crate::case::call::answer_question,
    crate::case::call::stage,
    files::attach,
    files::attach_to_letter,
    files::file,
    tables::tables,
    files::remove,
    answer::versions,
    files::remove_from_letter,
    tables::tables_file,
    books::workbook,
    books::take_workbook,
    books::consolidated,
    imports::import,
    imports::take_in,
    imports::import_state,
    imports::import_marked,
    forms::forms,
    forms::form_file,
    forms::check_form,
    forms::add_form,
    lineage::lineage,
    lineage::change_lineage,
    lineage::undo_lineage,
    lineage::newcomers,
    lineage::add_newcomer,
    lineage::remove_newcomer,
    desks::desks,
    desks::set_desks,
    carry::servers,
    carry::add_server,
    carry::write_bundle,
    carry::read_bundle,
))]
pub struct Calls;

pub(crate) fn routes() -> Vec<Route> {
    let mut all = cases::routes();
    all.extend(answer::routes());
    all.extend(steps::routes());
    all.extend(board::routes());
    all.extend(crate::case::draft::call::calls());
    all.extend(crate::case::call::calls());
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
