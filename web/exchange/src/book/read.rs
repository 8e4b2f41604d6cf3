//! Reading a form's workbook back: bounded, by cell, every fault named by its cell.

use std::collections::{BTreeMap, BTreeSet};

use ::sheet::{Book, Cell, Want};
use exchange::entry::EntryError;
use exchange::form::{Kind, Question};
use exchange::typed::{self, BadText};
use exchange::value::{Sheet, Value};

use kit::sheet::{OddCell, SheetFault, cell_name};

use super::{
    ABOUT, ANSWER_COLUMN, ANSWERS, FIRST_ROW, HEADINGS, MAGIC, REASON_COLUMN, Subject, Target,
    UNIT_COLUMN, choices, layout, write::unit,
};

/// Largest workbook of one body, in bytes.
pub const MAX_BYTES: usize = 4 << 20;
/// Most cells that are looked at on a sheet.
const MAX_CELLS: usize = 50_000;
/// Longest text taken from a cell, in bytes.
const MAX_CELL: usize = exchange::value::MAX_TEXT * 4;

/// Why a workbook was not read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookFault {
    /// Larger than [`MAX_BYTES`], or with too many cells.
    #[error("the workbook is too large")]
    TooLarge,
    /// No workbook, one with macros, or one that unfolds beyond bounds.
    #[error("{0}")]
    NotReadable(#[from] kit::sheet::SheetFault),
    /// A workbook that was not made from a form.
    #[error("this workbook was not made from a form here")]
    NotAForm,
    /// A workbook of another survey.
    #[error("the workbook is of another survey ({0})")]
    OtherForm(String),
    /// A workbook of another version.
    #[error("the workbook is of another version ({0})")]
    OtherVersion(String),
    /// A workbook of another body.
    #[error("the workbook is of another body ({0})")]
    OtherBody(String),
    /// Lines were inserted, removed or moved.
    #[error("the lines of the sheet were moved")]
    Moved,
    /// Columns were inserted, removed or moved: the first heading that is not in its place.
    #[error("the columns of the sheet were moved ({0})")]
    Columns(String),
    /// Cells were merged: the first of them.
    #[error("cells were merged ({0})")]
    Merged(String),
    /// Something stands on further sheets that people see.
    #[error("something stands on other sheets ({0})")]
    Sheets(String),
}

impl BookFault {
    /// What to tell the person with the workbook, in Japanese and English.
    pub fn words(&self) -> (String, String) {
        let ja = match self {
            Self::TooLarge => {
                "ブックが大きすぎます（4MBまで、5万セルまで）。この案件からダウンロードしたブックをお使いください。".to_owned()
            }
            Self::NotReadable(SheetFault::Macros) => {
                "マクロを含むブックは受け付けません。マクロなしの形式（.xlsx）で保存してください。".to_owned()
            }
            Self::NotReadable(SheetFault::TooLarge) => "展開すると大きすぎるファイルのため、受け付けません。".to_owned(),
            Self::NotReadable(SheetFault::NotATable) => "Excelブック（.xlsx）として読めないファイルです。".to_owned(),
            Self::NotReadable(fault) => fault.words().0,
            Self::NotAForm => "この画面からダウンロードした回答用ブックではありません。".to_owned(),
            Self::OtherForm(name) => format!("別の調査（{name}）の回答用ブックです。"),
            Self::OtherVersion(version) => {
                format!("別の版（{version}）の回答用ブックです。前回のブックではないかご確認ください。")
            }
            Self::OtherBody(code) => format!("別の団体（{code}）の回答用ブックです。"),
            Self::Moved => "行が追加・削除・移動されています。ダウンロードしたままの行の並びで入力してください。".to_owned(),
            Self::Columns(cell) => format!(
                "列が追加・削除・移動されています（{cell}）。ダウンロードしたままの列の並びで入力してください。"
            ),
            Self::Merged(cells) => {
                format!("結合されたセル（{cells}）があります。セルの結合を解除してください。")
            }
            Self::Sheets(names) => format!(
                "読み取るのはシート「{ANSWERS}」だけですが、ほかのシート（{names}）にも値があります。\
                 回答を「{ANSWERS}」に移し、不要なシートは削除してください。"
            ),
        };
        (ja, format!("{self}."))
    }
}

/// A fault in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFault {
    /// Its name (C7).
    pub cell: String,
    /// What is wrong.
    pub what: CellProblem,
}

/// What can be wrong in a cell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CellProblem {
    /// It cannot be read as an answer.
    #[error("{0}")]
    Text(#[from] BadText),
    /// It is read, but not right.
    #[error("{0}")]
    Entry(#[from] EntryError),
    /// It cannot be taken for what was meant.
    #[error("{}", .0.words().1)]
    Odd(OddCell),
    /// Something stands in a line or column that takes no answer.
    #[error("no answer is taken here: {0:?}")]
    NoPlace(String),
}

impl CellProblem {
    /// The message for the person at the workbook.
    pub fn ja(&self) -> String {
        match self {
            Self::Text(fault) => fault.ja(),
            Self::Entry(fault) => fault.ja(),
            Self::Odd(odd) => odd.words().0,
            Self::NoPlace(text) => format!(
                "ここは回答欄ではありません（「{text}」）。色の付いた欄に入力してください。"
            ),
        }
    }
}

/// A workbook that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The answers, as far as they could be read; to be stored only when there are no faults.
    pub sheet: Sheet,
    /// Every fault, by cell.
    pub faults: Vec<CellFault>,
    /// What was typed, by cell, for the marked copy.
    pub typed: BTreeMap<String, String>,
}

/// Reads a workbook that was made for this form and body, with the checks of entry.
///
/// # Errors
/// [`BookFault`] when it is not that workbook or not safe to read. Faults in cells are in the
/// answer.
pub fn read(
    bytes: &[u8],
    subject: &Subject<'_>,
    previous: Option<&Sheet>,
) -> Result<Answer, BookFault> {
    if bytes.len() > MAX_BYTES {
        return Err(BookFault::TooLarge);
    }
    let asked = Want::Named(vec![ABOUT.to_owned(), ANSWERS.to_owned()]);
    let mut book = kit::sheet::book(bytes, &asked)?;
    is_for(&mut book, subject)?;
    if !book.others.is_empty() {
        let names: Vec<&str> = book.others.iter().take(5).map(String::as_str).collect();
        return Err(BookFault::Sheets(names.join("、")));
    }
    let answers = sheet(&mut book, ANSWERS)?;
    if let Some((start, end)) = answers.merged {
        return Err(BookFault::Merged(format!("{}:{}", name_of(start), name_of(end))));
    }
    if answers.formulas.len() >= MAX_CELLS {
        return Err(BookFault::TooLarge);
    }
    let formulas: BTreeSet<(u32, u32)> = answers.formulas.iter().copied().collect();
    let cells = cells(answers)?;
    let text =
        |row: u32, column: u16| cells.get(&(row, u32::from(column))).map(text).unwrap_or_default();
    // Beyond the columns of answers people may note what they like.
    for (column, heading) in (0..=REASON_COLUMN).zip(HEADINGS) {
        if text::key(text(FIRST_ROW - 1, column)) != text::key(heading) {
            return Err(BookFault::Columns(cell_name(FIRST_ROW - 1, column)));
        }
    }
    let mut answer = Answer { sheet: Sheet::default(), faults: Vec::new(), typed: BTreeMap::new() };
    let mut places: BTreeMap<&str, String> = BTreeMap::new();
    let mut open: BTreeSet<(u32, u32)> = BTreeSet::new();
    for line in layout(subject.form) {
        if text(line.row, 0) != line.question.id.as_str() {
            return Err(BookFault::Moved);
        }
        // The unit stands beside the place of an answer, and hands slip.
        let beside = text(line.row, UNIT_COLUMN);
        if !text::is_blank(beside) && text::key(beside) != text::key(unit(line.question)) {
            let what = CellProblem::NoPlace(beside.chars().take(40).collect());
            answer.faults.push(CellFault { cell: cell_name(line.row, UNIT_COLUMN), what });
        }
        let Some(target) = line.target else { continue };
        places
            .entry(line.question.id.as_str())
            .or_insert_with(|| cell_name(line.row, ANSWER_COLUMN));
        let targets =
            [(ANSWER_COLUMN, Some(target)), (REASON_COLUMN, reason(target, line.question))];
        for (column, target) in
            targets.into_iter().filter_map(|(column, target)| Some((column, target?)))
        {
            let at = (line.row, u32::from(column));
            open.insert(at);
            let name = cell_name(line.row, column);
            let Some(cell) = cells.get(&at) else { continue };
            answer.typed.insert(name.clone(), self::text(cell).to_owned());
            let taken: Result<(), CellProblem> = match cell {
                _ if formulas.contains(&at) => Err(BadText::Formula(name.clone()).into()),
                Cell::Odd(odd, text) => {
                    Err(CellProblem::Odd(OddCell { at, odd: *odd, text: text.clone() }))
                }
                Cell::Text(text) => {
                    take(&mut answer.sheet, line.question, target, text).map_err(Into::into)
                }
            };
            if let Err(what) = taken {
                answer.faults.push(CellFault { cell: name, what });
            }
        }
    }
    // An answer beside its place would be lost.
    for (at, cell) in &cells {
        let is_answer = at.0 >= FIRST_ROW
            && [ANSWER_COLUMN, REASON_COLUMN].map(u32::from).contains(&at.1)
            && !open.contains(at);
        if is_answer {
            let what = CellProblem::NoPlace(self::text(cell).chars().take(40).collect());
            answer.faults.push(CellFault { cell: name_of(*at), what });
        }
    }
    // A cell that could not be read is not also "missing".
    let unread: BTreeSet<String> = answer.faults.iter().map(|fault| fault.cell.clone()).collect();
    for fault in exchange::entry::check(subject.form, &answer.sheet, previous) {
        let Some(cell) = places.get(fault.question.as_str()) else { continue };
        if !unread.contains(cell) {
            answer.faults.push(CellFault { cell: cell.clone(), what: fault.what.into() });
        }
    }
    Ok(answer)
}

fn reason(target: Target, question: &Question) -> Option<Target> {
    match target {
        Target::Answer(place) if question.change.is_some() => Some(Target::Reason(place)),
        _ => None,
    }
}

fn take(sheet: &mut Sheet, question: &Question, target: Target, text: &str) -> Result<(), BadText> {
    match target {
        Target::Answer(_) => {
            let value = typed::parse(question, text)?;
            sheet.set(&question.id, value);
        }
        Target::Choice(_, at) => {
            let mark = text.trim();
            let chosen = match text::yes_no(mark) {
                Some(chosen) => chosen,
                None if mark.is_empty() => false,
                None => return Err(BadText::NotAMark(mark.chars().take(40).collect())),
            };
            if let (true, Some(choice)) = (chosen, choices(question).get(at)) {
                let value = sheet
                    .values
                    .entry(question.id.clone())
                    .or_insert_with(|| Value::Many(BTreeSet::new()));
                if let Value::Many(chosen) = value {
                    chosen.insert(choice.id.clone());
                }
            }
        }
        Target::Cell(_, row, column) => {
            let Kind::Grid { rows, columns, unit, .. } = &question.kind else { return Ok(()) };
            let (Some(n), Some(row), Some(column)) =
                (typed::parse_cell(text, unit)?, rows.get(row), columns.get(column))
            else {
                return Ok(());
            };
            let value = sheet
                .values
                .entry(question.id.clone())
                .or_insert_with(|| Value::Cells(BTreeMap::new()));
            if let Value::Cells(cells) = value {
                cells.entry(row.id.clone()).or_default().insert(column.id.clone(), n);
            }
        }
        Target::Reason(_) => {
            let reason = text.trim();
            if reason.chars().count() > 1000 {
                return Err(BadText::TooLong);
            }
            if !reason.is_empty() {
                sheet.reasons.insert(question.id.clone(), reason.to_owned());
            }
        }
    }
    Ok(())
}

/// A cell as it is shown.
fn text(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) | Cell::Odd(_, text) => text,
    }
}

fn name_of(at: (u32, u32)) -> String {
    cell_name(at.0, u16::try_from(at.1).unwrap_or(u16::MAX))
}

/// A sheet of the workbook, taken out of it.
fn sheet(book: &mut Book, name: &str) -> Result<::sheet::Sheet, BookFault> {
    let at = book.sheets.iter().position(|sheet| sheet.name == name).ok_or(BookFault::NotAForm)?;
    Ok(book.sheets.swap_remove(at))
}

fn is_for(book: &mut Book, subject: &Subject<'_>) -> Result<(), BookFault> {
    if !book.sheets.iter().any(|sheet| sheet.name == ANSWERS) {
        return Err(BookFault::NotAForm);
    }
    let cells = cells(sheet(book, ABOUT)?)?;
    let line = |row| {
        cells.get(&(row, 0)).map(text).unwrap_or_default().chars().take(100).collect::<String>()
    };
    let name = &subject.form.name;
    match [line(0), line(1), line(2), line(3)] {
        [magic, ..] if magic != MAGIC => Err(BookFault::NotAForm),
        [_, id, ..] if id != name.id => Err(BookFault::OtherForm(id)),
        [_, _, version, _] if version != name.version => Err(BookFault::OtherVersion(version)),
        [_, _, _, body] if body != subject.body.as_str() => Err(BookFault::OtherBody(body)),
        _ => Ok(()),
    }
}

/// The cells by their places.
fn cells(sheet: ::sheet::Sheet) -> Result<BTreeMap<(u32, u32), Cell>, BookFault> {
    if sheet.cells.len() > MAX_CELLS {
        return Err(BookFault::TooLarge);
    }
    let one = |(row, column, cell): (u32, u32, Cell)| match text(&cell).len() {
        0..=MAX_CELL => Ok(((row, column), cell)),
        _ => Err(BookFault::TooLarge),
    };
    sheet.cells.into_iter().map(one).collect()
}
