//! The inventory as a workbook: an empty one with drop-downs, and a refused one with its faults
//! marked.

use rust_xlsxwriter::{Color, DataValidation, Format, FormatBorder, Note, Workbook, XlsxError};
use telework::inventory::sheet::{MAX_ROWS, Words};

use kit::error::Refusal;

/// Columns of a marked copy at most; our lists have fewer than twenty.
const COLUMNS: usize = 60;

/// The one column of numbers.
const HOURS: &str = "年間時間";

/// The sheet of the list that a file of this name holds.
pub(super) fn sheet_of(file: &str) -> &'static str {
    if file.starts_with("links") { "担当" } else { "業務" }
}

/// What to write.
pub(super) struct Book<'a> {
    /// Name of the sheet.
    pub(super) name: &'a str,
    /// The cells, headings first.
    pub(super) rows: &'a [Vec<String>],
    /// Columns with a list to choose from.
    pub(super) choices: &'a [(usize, Words)],
    /// Cells in red, with a note saying why.
    pub(super) faults: &'a [Wrong],
}

/// A cell that is wrong, and why.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    /// Row and column, from 0; no column when it is about the row or the file.
    pub(super) row: usize,
    pub(super) column: Option<usize>,
    /// The cell as a spreadsheet names it.
    pub(super) cell: String,
    pub(super) words: String,
}

impl Book<'_> {
    /// The workbook's bytes. Every cell is text, so nothing in it is ever computed.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the library refuses.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Refusal> {
        self.write().map_err(|error| Refusal::Internal(error.to_string()))
    }

    fn write(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.set_name(self.name)?;
        let text = Format::new().set_num_format_index(49);
        let head = text.clone().set_bold().set_background_color(Color::RGB(0x00E8_EEF4));
        let wrong = text
            .clone()
            .set_background_color(Color::RGB(0x00FF_C7CE))
            .set_border(FormatBorder::Thin);
        // Text below the rows too: a code that is typed there keeps its zeros. Hours are numbers.
        let headings = self.rows.first().map_or(&[][..], Vec::as_slice);
        for (column, heading) in (0u16..).zip(headings.iter().take(COLUMNS)) {
            if heading != HOURS {
                sheet.set_column_format(column, &text)?;
            }
        }
        for (at, row) in (0u32..).zip(self.rows.iter().take(MAX_ROWS + 1)) {
            for (column, cell) in (0u16..).zip(row.iter().take(COLUMNS)) {
                // A workbook holds at most 32,767 characters in a cell.
                let cell: String = text::guard::kept(cell).chars().take(32_000).collect();
                sheet.write_string_with_format(
                    at,
                    column,
                    cell,
                    if at == 0 { &head } else { &text },
                )?;
            }
        }
        for (column, list) in self.choices {
            let column = u16::try_from(*column).unwrap_or(u16::MAX);
            let rule = DataValidation::new().allow_list_strings(&list.all())?;
            sheet.add_data_validation(
                1,
                column,
                u32::try_from(MAX_ROWS).unwrap_or(u32::MAX),
                column,
                &rule,
            )?;
        }
        let mut noted = std::collections::BTreeSet::new();
        for fault in self.faults {
            let (row, column) = (fault.row, fault.column.unwrap_or(0));
            if row > MAX_ROWS || column >= COLUMNS || !noted.insert((row, column)) {
                continue;
            }
            let cell: String = self
                .rows
                .get(row)
                .and_then(|row| row.get(column))
                .map(|cell| text::guard::kept(cell).chars().take(32_000).collect())
                .unwrap_or_default();
            let said: Vec<String> = self
                .faults
                .iter()
                .filter(|one| (one.row, one.column.unwrap_or(0)) == (row, column))
                .map(|one| one.words.clone())
                .collect();
            let (row, column) =
                (u32::try_from(row).unwrap_or(u32::MAX), u16::try_from(column).unwrap_or(u16::MAX));
            sheet.write_string_with_format(row, column, cell, &wrong)?;
            sheet.insert_note(row, column, &Note::new(said.join("\n")).set_author("Noren"))?;
        }
        sheet.set_freeze_panes(1, 0)?;
        for column in 0..self.rows.first().map_or(0, Vec::len).min(COLUMNS) {
            sheet.set_column_width(u16::try_from(column).unwrap_or(u16::MAX), 18)?;
        }
        book.save_to_buffer()
    }
}
