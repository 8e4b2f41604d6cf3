//! A form as a workbook, out and in. One body can answer a whole case in it; there is no macro in
//! it and none is taken back.
//!
//! The sheet 回答 has a line per question, choice or table cell; what may be typed into is unlocked,
//! the rest is protected. A hidden sheet says which form, version and body it is for, so that a
//! workbook of last year or of a neighbour is refused.

mod read;
mod write;

use exchange::form::{Choice, Form, Kind, Question};
use people::BodyCode;

pub use read::{Answer, BookFault, CellFault, CellProblem, MAX_BYTES, read};
pub use write::{Marked, write};

/// The sheet with the answers.
const ANSWERS: &str = "回答";
/// The hidden sheet that says what the workbook is.
const ABOUT: &str = ::sheet::ABOUT;
/// First cell of that sheet.
const MAGIC: &str = "noren form workbook 1";
/// What marks a choice of a many-of question.
const CHOSEN: &str = "○";
/// The column of answers, and that of reasons for a change.
const ANSWER_COLUMN: u16 = 2;
const UNIT_COLUMN: u16 = 3;
const REASON_COLUMN: u16 = 4;
/// The headings over the lines of the questions.
const HEADINGS: [&str; 7] =
    ["項目番号", "項目", "回答", "単位", "理由(前回から大きく変わる場合)", "記入要領", "前回"];
/// The line the questions begin in.
const FIRST_ROW: u32 = 4;

/// What a workbook is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subject<'a> {
    /// The form.
    pub form: &'a Form,
    /// The body that answers.
    pub body: BodyCode,
    /// Its name, for the reader.
    pub body_name: &'a str,
}

/// What a cell is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// The answer to a question, by its place in the form.
    Answer(usize),
    /// One choice of a many-of question.
    Choice(usize, usize),
    /// A cell of a table question, by row and column.
    Cell(usize, usize, usize),
    /// The reason for a change.
    Reason(usize),
}

/// A line of the sheet.
struct Line<'f> {
    row: u32,
    question: &'f Question,
    label: String,
    target: Option<Target>,
}

/// The lines of a form: the same for writer and reader, so a cell's place says what it is.
fn layout(form: &Form) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut row = FIRST_ROW;
    for (place, question) in form.questions.iter().enumerate() {
        let mut add = |label: String, target: Option<Target>| {
            lines.push(Line { row, question, label, target });
            row += 1;
        };
        match &question.kind {
            Kind::Computed { .. } => {}
            Kind::ManyOf { choices, .. } => {
                add(question.label.clone(), None);
                for (at, choice) in choices.iter().enumerate() {
                    add(format!("　{}", choice.label), Some(Target::Choice(place, at)));
                }
            }
            Kind::Grid { rows, columns, .. } => {
                add(question.label.clone(), None);
                for (across, line) in rows.iter().enumerate() {
                    for (at, column) in columns.iter().enumerate() {
                        add(
                            format!("　{} / {}", line.label, column.label),
                            Some(Target::Cell(place, across, at)),
                        );
                    }
                }
            }
            _ => add(question.label.clone(), Some(Target::Answer(place))),
        }
    }
    lines
}

fn choices(question: &Question) -> &[Choice] {
    match &question.kind {
        Kind::OneOf { choices } | Kind::ManyOf { choices, .. } => choices,
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
