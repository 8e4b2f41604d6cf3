//! Tables on their way out: text where text belongs, and nothing that a spreadsheet computes.

use rust_xlsxwriter::{Format, Workbook};

use crate::error::Refusal;

/// A CSV with byte order mark, formulas neutralised; what reads it here takes the marks off again.
#[must_use]
pub fn to_csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| text::guard::field(cell)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

/// A workbook of one sheet; every cell is text, the empty ones below the rows too: a code that is
/// typed there keeps its zeros, and nothing is ever computed.
///
/// # Errors
/// [`Refusal::Internal`] when the library refuses.
pub fn to_xlsx(name: &str, rows: &[Vec<String>]) -> Result<Vec<u8>, Refusal> {
    let internal = |error: rust_xlsxwriter::XlsxError| Refusal::Internal(error.to_string());
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(name).map_err(internal)?;
    let (head, plain) =
        (Format::new().set_bold().set_num_format_index(49), Format::new().set_num_format_index(49));
    for column in 0..rows.first().map_or(0, Vec::len) {
        let column = u16::try_from(column).unwrap_or(u16::MAX);
        sheet.set_column_format(column, &plain).map_err(internal)?;
        sheet.set_column_width(column, 22).map_err(internal)?;
    }
    for (at, row) in rows.iter().enumerate() {
        let format = if at == 0 { &head } else { &plain };
        for (column, cell) in row.iter().enumerate() {
            let (row, column) =
                (u32::try_from(at).unwrap_or(u32::MAX), u16::try_from(column).unwrap_or(u16::MAX));
            let cell = text::guard::kept(cell);
            sheet.write_string_with_format(row, column, cell, format).map_err(internal)?;
        }
    }
    sheet.set_freeze_panes(1, 0).map_err(internal)?;
    book.save_to_buffer().map_err(internal)
}
