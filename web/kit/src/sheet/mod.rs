//! Tables people upload (xlsx, CSV) and download: bounded on the way in, without formulas on the
//! way out.
//!
//! There is one reader for every list, whoever asks for it: [`table`]. A cell of it is the text as
//! it was shown, or a fault with its place ([`OddCell`]). A workbook is read by `noren-sheets`, a
//! program of its own with limits of memory and time; a CSV here.

mod csv;
mod fault;
mod held;
mod out;
mod places;
mod table;

pub use fault::{OddCell, SheetFault};
pub use held::{Held, hold, release};
pub use out::{to_csv, to_xlsx};
pub use places::reading;
pub use table::{Table, book, read, table};

/// Media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// B5 for (4, 1).
pub fn cell_name(row: u32, column: u16) -> String {
    let mut letters = Vec::new();
    let mut rest = u32::from(column) + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0)));
        rest = (rest - 1) / 26;
    }
    format!("{}{}", letters.into_iter().rev().collect::<String>(), row + 1)
}

#[cfg(test)]
mod tests;
