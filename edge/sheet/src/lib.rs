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
/// Largest output about a workbook, bytes of JSON.
pub const MAX_BOOK: usize = 64 << 20;

/// The sheets of a workbook to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Want {
    /// The first one, as a list: at most [`MAX_ROWS`] rows and [`MAX_COLUMNS`] columns.
    First,
    /// The sheets with these names, as far as they exist, whatever rows and columns their cells
    /// have.
    Named(Vec<String>),
}

/// The content of the requested sheets.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Book {
    /// The sheets, in the order of the file.
    pub sheets: Vec<Sheet>,
}

/// The cells of a sheet.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Sheet {
    /// Name of the sheet.
    pub name: String,
    /// Row and column (from 0) and content of each cell that is not empty, in the order of the
    /// file.
    pub cells: Vec<(u32, u32, Cell)>,
    /// Row and column of cells with formulas, at most [`MAX_FORMULAS`].
    pub formulas: Vec<(u32, u32)>,
    /// First and last cell of the first merged range; `None` when no cells are merged.
    pub merged: Option<((u32, u32), (u32, u32))>,
}

/// The content of a cell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number.
    Number(#[serde(with = "exactly")] f64),
    /// A number that is shown as a date or a time: the number, and the day (YYYY-MM-DD).
    Date(#[serde(with = "exactly")] f64, String),
    /// A number that is shown as a length of time.
    Hours(#[serde(with = "exactly")] f64),
    /// A date or a length of time that is written as text (ISO 8601).
    Iso(String),
    /// Yes or no.
    Truth(bool),
    /// An error value of a formula, such as `#N/A`.
    Error(String),
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

/// A number as text, so that it is read exactly as it was written.
mod exactly {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_comes_back_to_the_last_digit() {
        let cells = [
            Cell::Number(0.1 + 0.2),
            Cell::Number(1e300),
            Cell::Number(f64::NAN),
            Cell::Date(44_287.5, "2021-04-01".into()),
            Cell::Hours(1.041_666_666_666_666_7),
            Cell::Text("あ\n\u{1}".into()),
            Cell::Truth(true),
            Cell::Error("#N/A".into()),
        ];
        let cells: Vec<_> =
            cells.into_iter().enumerate().map(|(at, cell)| (at as u32, 1, cell)).collect();
        let book = Book {
            sheets: vec![Sheet { name: "一".into(), cells, formulas: vec![(1, 2)], merged: None }],
        };
        let back: Book = serde_json::from_str(&serde_json::to_string(&book).unwrap()).unwrap();
        assert_eq!(format!("{back:?}"), format!("{book:?}"));
    }
}
