//! Workbooks: their cells as plain data, and the call to the program that reads one.
//!
//! A workbook may come from anybody. [`Program`] passes its bytes to `noren-sheets`, a process of
//! its own with limits of memory and time, which returns the cells and ends. This crate bounds the
//! input and output of that program.
//!
//! ```no_run
//! let program = sheet::Program::beside_this_program()?;
//! // Waits up to some seconds: not on an async thread.
//! let book = program.read(&[0x50, 0x4b], &sheet::Want::First)?;
//! # Ok::<(), sheet::Fault>(())
//! ```

mod program;

use serde::{Deserialize, Serialize};

pub use program::Program;

/// Largest workbook, bytes.
pub const MAX_FILE: usize = 16 << 20;
/// Largest uncompressed size, bytes; a list of 5,000 people is under two megabytes.
pub const MAX_UNFOLDED: u64 = 48 << 20;
/// Most files inside a workbook.
pub const MAX_PARTS: usize = 500;
/// Most characters in a cell, as in Excel ("Excel specifications and limits": total number of
/// characters that a cell can contain).
pub const MAX_CELL: usize = 32_767;
/// Most text of one sheet, bytes. A shared text counts for each cell that uses it.
pub const MAX_TEXT: usize = 16 << 20;
/// Most rows of a list.
pub const MAX_ROWS: u32 = 20_000;
/// Most columns of a list.
pub const MAX_COLUMNS: u32 = 200;
/// Most cells that are not empty.
pub const MAX_CELLS: usize = 400_000;
/// Most cells read, empty ones included.
pub const MAX_SEEN: usize = 1_000_000;
/// Most shared texts.
pub const MAX_STRINGS: usize = 1_000_000;
/// Most cells with formulas that are listed.
pub const MAX_FORMULAS: usize = 50_000;
/// Most sheets that are named beside those that were asked for.
pub const MAX_OTHERS: usize = 20;
/// Largest output about a workbook, bytes of JSON.
pub const MAX_BOOK: usize = 64 << 20;

/// The hidden sheet by which a workbook of ours says what it is.
pub const ABOUT: &str = "noren";
/// First cell of [`ABOUT`] in a list; below it stand the names of the sheets behind the list, which
/// were made from it and are passed over when it is read.
pub const LIST: &str = "noren list 1";

/// The sheets of a workbook to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Want {
    /// The first one that is not hidden, as a list: at most [`MAX_ROWS`] rows and [`MAX_COLUMNS`]
    /// columns.
    First,
    /// The sheets with these names, as far as they exist, whatever rows and columns their cells
    /// have.
    Named(Vec<String>),
}

/// The content of the requested sheets.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Book {
    /// The sheets, in the order of the file.
    pub sheets: Vec<Sheet>,
    /// Names of further sheets that people see and that are not empty, at most [`MAX_OTHERS`].
    pub others: Vec<String>,
}

/// The cells of a sheet.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sheet {
    /// Name of the sheet.
    pub name: String,
    /// Row and column (from 0) and content of each cell that is not blank, in the order of the
    /// file.
    pub cells: Vec<(u32, u32, Cell)>,
    /// Row and column of cells with formulas, at most [`MAX_FORMULAS`].
    pub formulas: Vec<(u32, u32)>,
    /// First and last cell of the first merged range; `None` when no cells are merged.
    pub merged: Option<((u32, u32), (u32, u32))>,
    /// Rows with content that nobody sees, filtered or hidden. They are read like the others.
    #[serde(default)]
    pub hidden: usize,
}

/// What a cell says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Cell {
    /// A text, or a number, date or time as it is shown. A format that rounds does not: then it is
    /// the number itself.
    Text(String),
    /// What cannot be taken for what was meant, and the text to show it by.
    Odd(Odd, String),
}

/// Why a cell cannot be taken for what was meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Odd {
    /// A formula; only values are read.
    Formula,
    /// An error value, such as `#N/A`.
    Error,
    /// A number that its format shows as another one: in thousands, say.
    Scaled,
    /// A number of more than fifteen digits: the spreadsheet has lost the last ones.
    Long,
    /// A number under a format of dates that no day has.
    NoDate,
    /// A character that only one machine knows (外字), or that was lost before.
    Stray(char),
}

/// Why a workbook was not read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
pub enum Fault {
    /// The file is not a ZIP archive, or is a broken one.
    #[error("not an archive")]
    NotAnArchive,
    /// The archive holds no workbook (xlsx), or a broken one.
    #[error("not a workbook")]
    NotAWorkbook,
    /// It is too large uncompressed, or has too many rows, columns or cells.
    #[error("too large inside")]
    TooLarge,
    /// A cell beyond [`MAX_ROWS`] or [`MAX_COLUMNS`]: its row and column, from 0.
    #[error("a cell far from the list")]
    Far(u32, u32),
    /// A cell has more than [`MAX_CELL`] characters.
    #[error("a cell with more than {MAX_CELL} characters")]
    LongCell,
    /// The cells of a sheet hold more than [`MAX_TEXT`] bytes of text.
    #[error("more text than a sheet may have")]
    TooMuchText,
    /// The workbook has macros.
    #[error("macros")]
    Macros,
    /// Reading took longer than its time limit.
    #[error("it took too long to read")]
    Slow,
    /// The program `noren-sheets` was not found.
    #[error("{0} is not there: it is installed beside noren-server")]
    NoProgram(String),
    /// The program ended without an answer: the workbook exceeded its limits of memory or time.
    #[error("it cannot be read")]
    Unreadable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_comes_back_as_it_was() {
        let cells = [
            Cell::Text("あ\n\u{1}".into()),
            Cell::Odd(Odd::Error, "#N/A".into()),
            Cell::Odd(Odd::Stray('\u{e000}'), "山\u{e000}".into()),
        ];
        let cells: Vec<_> =
            cells.into_iter().enumerate().map(|(at, cell)| (at as u32, 1, cell)).collect();
        let sheet =
            Sheet { name: "一".into(), cells, formulas: vec![(1, 2)], merged: None, hidden: 3 };
        let book = Book { sheets: vec![sheet], others: vec!["二".into()] };
        let back: Book = serde_json::from_str(&serde_json::to_string(&book).unwrap()).unwrap();
        assert_eq!(back, book);
    }
}
