//! Cells read one by one: every fault has its place.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Approval, Frequency, Information, Work, Zone};
use super::hours::no_hours;
use super::read_hours;
use crate::time::Minutes;

/// Most rows of one file, without its heading.
pub const MAX_ROWS: usize = 5_000;
/// Faults named at most; the first ones are enough to see what is wrong.
pub const MAX_FAULTS: usize = 200;
/// Longest name of a piece of work, characters.
pub const MAX_NAME: usize = 100;

/// What is wrong with one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFault {
    /// Row as a spreadsheet counts: the heading is 1.
    pub row: usize,
    /// Column as a spreadsheet counts, from 0; none when it is about the row or the file.
    pub column: Option<usize>,
    /// What.
    pub kind: CellFaultKind,
}

/// The kinds of faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellFaultKind {
    /// A heading is missing.
    HeadingMissing(&'static str),
    /// A heading this list does not know, or one that stands twice.
    HeadingUnknown,
    /// No rows.
    Empty,
    /// More than [`MAX_ROWS`].
    TooMany,
    /// Something has to stand here.
    Missing,
    /// Longer than [`MAX_NAME`] characters, or with control characters.
    Name,
    /// A value in a column without a heading.
    NoHeading,
    /// No division of one's own has this code; the one that it may be without the zeros that a
    /// spreadsheet took off.
    NoDivision(Option<String>),
    /// No work of one's own has this number.
    NoWork,
    /// Nobody of one's own has this sign-in name.
    NoStaff,
    /// The same work, or the same link, stands twice; the first is in this row.
    Twice(usize),
    /// Not hours: a number above 0 with at most two decimals.
    Hours,
    /// A time of day where hours are asked.
    TimeOfDay,
    /// A percentage where hours are asked.
    Percent,
    /// A date where hours are asked.
    Date,
    /// None of the words of this column; the words.
    Word(Words),
}

/// The words a column knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the attribute of the same name")]
pub enum Words {
    Frequency,
    Information,
    Zone,
    Approval,
    YesNo,
}

impl Words {
    /// The words, as they are written.
    pub fn all(self) -> Vec<&'static str> {
        match self {
            Self::Frequency => Frequency::ALL.iter().map(|one| one.ja()).collect(),
            Self::Information => Information::ALL.iter().map(|one| one.ja()).collect(),
            Self::Zone => Zone::ALL.iter().map(|one| one.ja()).collect(),
            Self::Approval => Approval::ALL.iter().map(|one| one.ja()).collect(),
            Self::YesNo => vec!["はい", "いいえ"],
        }
    }
}

impl CellFault {
    /// The cell as a spreadsheet names it, such as `C12`; the row alone when it is about the row.
    pub fn cell(&self) -> String {
        self.column.map_or_else(
            || self.row.to_string(),
            |column| format!("{}{}", letters(column), self.row),
        )
    }
}

fn letters(column: usize) -> String {
    let mut out = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        out.push(char::from(b'A' + u8::try_from((left - 1) % 26).unwrap_or(0)));
        left = (left - 1) / 26;
    }
    out.iter().rev().collect()
}

/// Reads row after row under its headings; all of them or the faults.
pub(super) fn read_rows<T>(
    rows: &[Vec<String>],
    headings: &[(&'static str, bool)],
    passed: &[&str],
    mut read: impl FnMut(&mut Row<'_>) -> Option<T>,
) -> Result<Vec<T>, Vec<CellFault>> {
    let (columns, open) = columns(rows.first().map_or(&[][..], Vec::as_slice), headings, passed)?;
    let body = rows.get(1..).unwrap_or_default();
    let filled =
        || body.iter().enumerate().filter(|(_, row)| row.iter().any(|cell| !text::is_blank(cell)));
    match filled().count() {
        0 => return Err(vec![CellFault { row: 2, column: None, kind: CellFaultKind::Empty }]),
        count if count > MAX_ROWS => {
            return Err(vec![CellFault {
                row: MAX_ROWS + 2,
                column: None,
                kind: CellFaultKind::TooMany,
            }]);
        }
        _ => {}
    }
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for (at, cells) in filled() {
        let before = faults.len();
        let mut row = Row { cells, number: at + 2, columns: &columns, faults: &mut faults };
        row.strays(&open);
        let value = read(&mut row);
        if faults.len() >= MAX_FAULTS {
            faults.truncate(MAX_FAULTS);
            return Err(faults);
        }
        match value {
            Some(value) => found.push(value),
            // A row that gives nothing has said why.
            None if faults.len() == before => {
                faults.push(CellFault { row: at + 2, column: None, kind: CellFaultKind::Missing });
            }
            None => {}
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// Where each column of ours stands in the file, and which columns there are headings for.
type Columns = (Vec<Option<usize>>, BTreeSet<usize>);

fn columns(
    row: &[String],
    headings: &[(&'static str, bool)],
    passed: &[&str],
) -> Result<Columns, Vec<CellFault>> {
    let mut columns = vec![None; headings.len()];
    let mut faults = Vec::new();
    let (mut seen, mut open) = (BTreeSet::new(), BTreeSet::new());
    for (at, cell) in row.iter().enumerate() {
        let cell = text::key(cell);
        if cell.is_empty() {
            continue;
        }
        open.insert(at);
        if passed.iter().any(|name| text::key(name) == cell) {
            continue;
        }
        match headings.iter().position(|(name, _)| text::key(name) == cell) {
            Some(known) if seen.insert(known) => columns[known] = Some(at),
            _ if faults.len() < MAX_FAULTS => {
                faults.push(CellFault {
                    row: 1,
                    column: Some(at),
                    kind: CellFaultKind::HeadingUnknown,
                });
            }
            _ => {}
        }
    }
    for ((name, needed), column) in headings.iter().zip(&columns) {
        if *needed && column.is_none() {
            faults.push(CellFault {
                row: 1,
                column: None,
                kind: CellFaultKind::HeadingMissing(name),
            });
        }
    }
    faults.truncate(MAX_FAULTS);
    if faults.is_empty() { Ok((columns, open)) } else { Err(faults) }
}

/// A row that is read, and what is wrong with it.
pub(super) struct Row<'a> {
    cells: &'a [String],
    /// As a spreadsheet counts: the heading is 1.
    pub(super) number: usize,
    columns: &'a [Option<usize>],
    faults: &'a mut Vec<CellFault>,
}

impl Row<'_> {
    pub(super) fn fault(&mut self, column: usize, kind: CellFaultKind) {
        let column = self.columns.get(column).copied().flatten();
        self.faults.push(CellFault { row: self.number, column, kind });
    }

    /// What stands in a column without a heading would be lost.
    fn strays(&mut self, open: &BTreeSet<usize>) {
        for (at, cell) in self.cells.iter().enumerate() {
            if !text::is_blank(cell) && !open.contains(&at) {
                let kind = CellFaultKind::NoHeading;
                self.faults.push(CellFault { row: self.number, column: Some(at), kind });
            }
        }
    }

    /// The cell, plain and trimmed; empty when the column is not in the file.
    fn text(&self, column: usize) -> String {
        let at = self.columns.get(column).copied().flatten();
        at.and_then(|at| self.cells.get(at)).map(|cell| text::plain(cell)).unwrap_or_default()
    }

    pub(super) fn find<T>(
        &mut self,
        column: usize,
        wrong: impl Fn(&str) -> CellFaultKind,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(column);
        let found = read(&text);
        if found.is_none() {
            let kind = if text.is_empty() { CellFaultKind::Missing } else { wrong(&text) };
            self.fault(column, kind);
        }
        found
    }

    pub(super) fn hours(&mut self, column: usize) -> Option<Minutes> {
        self.find(column, no_hours, read_hours)
    }

    pub(super) fn word<T>(
        &mut self,
        column: usize,
        words: Words,
        empty: Option<T>,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if self.text(column).is_empty() && empty.is_some() {
            return empty;
        }
        self.find(column, |_| CellFaultKind::Word(words), read)
    }

    pub(super) fn yes_no(&mut self, column: usize, empty: bool) -> Option<bool> {
        self.word(column, Words::YesNo, Some(empty), text::yes_no)
    }

    pub(super) fn name(&mut self, column: usize) -> Option<String> {
        let at = self.columns.get(column).copied().flatten();
        let text = at
            .and_then(|at| self.cells.get(at))
            .map(|cell| text::composed(cell.trim()))
            .unwrap_or_default();
        let kind = match text.chars().count() {
            0 => CellFaultKind::Missing,
            count if count > MAX_NAME || text.chars().any(char::is_control) => CellFaultKind::Name,
            _ => return Some(text),
        };
        self.fault(column, kind);
        None
    }

    /// The work of the number in a cell; `Some(None)` for an empty cell where one may be empty.
    pub(super) fn work<'w>(
        &mut self,
        works: &'w BTreeMap<u64, Work>,
        column: usize,
        needed: bool,
    ) -> Option<Option<&'w Work>> {
        if !needed && self.text(column).is_empty() {
            return Some(None);
        }
        self.find(column, |_| CellFaultKind::NoWork, |text| works.get(&text.parse::<u64>().ok()?))
            .map(Some)
    }
}
