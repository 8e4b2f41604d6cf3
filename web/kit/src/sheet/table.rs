//! A file as a list of cells, each as it was shown.

use ::sheet::{Book, Cell, Fault, Odd, Program, Want};

use super::fault::{OddCell, SheetFault};
use super::{cell_name, csv};

/// Most rows and cells of a list.
pub(super) const ROWS_LIMIT: u32 = ::sheet::MAX_ROWS;
pub(super) const CELLS_LIMIT: usize = ::sheet::MAX_CELLS;
/// Odd cells named at most; the first ones are enough to see what is wrong.
const MAX_ODD: usize = people::MAX_CELL_FAULTS;
/// What a spreadsheet writes for a value that it could not work out.
const ERRORS: [&str; 15] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BLOCKED!",
    "#UNKNOWN!",
    "#CONNECT!",
    "#BUSY!",
];

/// A file as a list.
#[derive(Debug, Default)]
pub struct Table {
    /// Name of the sheet that was read; a CSV has none.
    pub sheet: Option<String>,
    /// Rows among them that the sheet does not show: filtered or hidden.
    pub hidden: usize,
    /// Its cells as they are shown, the odd ones too.
    pub rows: Vec<Vec<String>>,
    /// Cells that cannot be taken for what was meant, in the order of the file.
    pub odd: Vec<OddCell>,
}

/// The cells of the first sheet that people see, or of a CSV, when every one can be taken.
///
/// # Errors
/// [`SheetFault`] names what is wrong with the file.
pub fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>, SheetFault> {
    let table = table(bytes)?;
    if table.odd.is_empty() { Ok(table.rows) } else { Err(SheetFault::Cells(table.odd)) }
}

/// The same with the odd cells beside what they show, for whoever marks them. What kind of file it
/// is is told by its bytes.
///
/// # Errors
/// [`SheetFault`] names what is wrong with the file; never [`SheetFault::Cells`].
pub fn table(bytes: &[u8]) -> Result<Table, SheetFault> {
    if !is_archive(bytes) {
        known(bytes)?;
        return csv::table(bytes);
    }
    let mut book = book(bytes, &Want::First)?;
    let sheet = book.sheets.pop().ok_or(SheetFault::NotATable)?;
    if !book.others.is_empty() {
        return Err(SheetFault::Sheets(sheet.name, book.others));
    }
    let name =
        |(row, column): (u32, u32)| cell_name(row, u16::try_from(column).unwrap_or(u16::MAX));
    if let Some((start, end)) = sheet.merged {
        return Err(SheetFault::Merged(format!("{}:{}", name(start), name(end))));
    }
    let mut list = List::default();
    for &(row, column) in sheet.formulas.iter().take(MAX_ODD) {
        list.odd.push(OddCell { at: (row, column), odd: Odd::Formula, text: String::new() });
    }
    for (row, column, cell) in sheet.cells {
        list.put((row, column), cell)?;
    }
    Ok(Table { hidden: sheet.hidden, ..list.table(Some(sheet.name)) })
}

/// The sheets of a workbook that are asked for, their texts as people would type them.
///
/// # Errors
/// [`SheetFault`] names what is wrong with the file.
pub fn book(bytes: &[u8], want: &Want) -> Result<Book, SheetFault> {
    known(bytes)?;
    let mut book = Program::beside_this_program()?.read(bytes, want)?;
    for (_, _, cell) in book.sheets.iter_mut().flat_map(|sheet| &mut sheet.cells) {
        if let Cell::Text(text) = cell {
            *cell = taken(text);
        }
    }
    Ok(book)
}

fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Files that are known and not read, by their first bytes.
fn known(bytes: &[u8]) -> Result<(), SheetFault> {
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let wide = |word: &str| word.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let start = bytes.get(..200).unwrap_or(bytes);
    let begins = |word: &str| {
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
        text.get(..word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word.as_bytes()))
    };
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(match holds(&wide("EncryptedPackage")) {
            true => SheetFault::Password,
            false => SheetFault::Kind("古い形式（.xls）"),
        });
    }
    if is_archive(bytes) {
        if start.windows(8).any(|window| window == b"mimetype")
            && holds(b"application/vnd.oasis.opendocument")
        {
            return Err(SheetFault::Kind("OpenDocument形式（.ods）"));
        }
        if holds(b"xl/workbook.bin") {
            return Err(SheetFault::Kind("バイナリ形式（.xlsb）"));
        }
    }
    if ["<!doctype", "<html", "<table", "<?xml"].into_iter().any(begins) {
        return Err(SheetFault::Kind("Webページ形式"));
    }
    if begins("%PDF") {
        return Err(SheetFault::Kind("PDF形式"));
    }
    Ok(())
}

/// A text as people typed it, or why it is none.
pub(super) fn taken(text: &str) -> Cell {
    let text = text::composed(text::guard::unguarded(text));
    let word = text.trim();
    // As LibreOffice shows one, as a full-width keyboard writes one.
    let shout = text::plain(word).to_ascii_uppercase();
    let numbered =
        |word: &str| word.strip_prefix("ERR:").is_some_and(|rest| rest.parse::<u16>().is_ok());
    if ERRORS.contains(&shout.as_str())
        || numbered(&shout)
        || (word.len() > 1 && word.bytes().all(|byte| byte == b'#'))
    {
        return Cell::Odd(Odd::Error, text);
    }
    match text::stray(&text) {
        Some(stray) => Cell::Odd(Odd::Stray(stray), text),
        None => Cell::Text(text),
    }
}

/// A list that grows cell by cell, within bounds.
#[derive(Default)]
pub(super) struct List {
    rows: Vec<Vec<String>>,
    odd: Vec<OddCell>,
    places: usize,
}

impl List {
    pub(super) fn put(&mut self, at: (u32, u32), cell: Cell) -> Result<(), SheetFault> {
        // Bounded by the program too; what it says is not believed either.
        if at.0 >= ROWS_LIMIT || at.1 >= ::sheet::MAX_COLUMNS {
            return Err(Fault::Far(at.0, at.1).into());
        }
        let (row, column) = (at.0 as usize, at.1 as usize);
        if self.rows.len() <= row {
            self.rows.resize_with(row + 1, Vec::new);
        }
        if self.rows[row].len() <= column {
            // A few cells far to the right take up all the places before them.
            self.places += column + 1 - self.rows[row].len();
            if self.places > CELLS_LIMIT {
                return Err(SheetFault::TooLarge);
            }
            self.rows[row].resize_with(column + 1, String::new);
        }
        self.rows[row][column] = match cell {
            Cell::Text(text) => text,
            Cell::Odd(odd, text) => {
                if self.odd.len() < MAX_ODD {
                    self.odd.push(OddCell { at, odd, text: text.clone() });
                }
                text
            }
        };
        Ok(())
    }

    pub(super) fn table(mut self, sheet: Option<String>) -> Table {
        self.odd.sort_by_key(|odd| odd.at);
        // A formula with an error value is one fault.
        self.odd.dedup_by_key(|odd| odd.at);
        Table { sheet, hidden: 0, rows: self.rows, odd: self.odd }
    }
}
