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
mod letter;
mod lineage;
mod steps;
mod tables;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::Program;

use exchange::case::Refused;
use exchange::form::Form;
use utoipa::OpenApi;

use crate::Route;
use crate::access::Undone;
use kit::error::Refusal;
use kit::http::{Answer, Lang};
use kit::http::{refused, stale};

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
    letter::begin,
    letter::write,
    letter::answer_question,
    letter::stage,
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

/// A refusal of the case machine with its reasons: 409 when somebody else came before, otherwise
/// 422. Everything else as it is.
fn undone(undone: Undone, form: Option<&Form>) -> Answer {
    let why = undone.refused()?;
    let words = crate::refused_words(Lang::Ja, &why, form);
    Ok(if matches!(why, Refused::Stale | Refused::Conflict { .. }) {
        stale(words)
    } else {
        refused(words)
    })
}

/// A day of a body of a call.
fn day(text: &str) -> Result<jiff::civil::Date, Refusal> {
    text.parse().map_err(|_| Refusal::Malformed("day"))
}

pub(crate) fn routes() -> Vec<Route> {
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
