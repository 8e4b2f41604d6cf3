//! Tables as a workbook: a sheet a table as it is printed, and one sheet with every cell in long
//! form.

use exchange::tally::{Tally, tenths};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

/// The workbook's bytes.
///
/// # Errors
/// What the writer reports.
pub fn tables(tallies: &[Tally]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    add(&mut book, tallies)?;
    book.save_to_buffer()
}

/// The same sheets behind those a workbook has already.
///
/// # Errors
/// What the writer reports.
pub fn add(book: &mut Workbook, tallies: &[Tally]) -> Result<(), XlsxError> {
    let head = Format::new()
        .set_bold()
        .set_border(FormatBorder::Thin)
        .set_background_color(Color::RGB(0x00E8_EEF4));
    let head = head.set_align(FormatAlign::Center).set_text_wrap();
    let name = Format::new().set_border(FormatBorder::Thin);
    let count = Format::new().set_border(FormatBorder::Thin).set_num_format("#,##0");
    let share = Format::new().set_border(FormatBorder::Thin).set_num_format("0.0");
    for tally in tallies {
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(&tally.table))?;
        sheet.write_with_format(0, 0, &tally.title, &Format::new().set_bold())?;
        sheet.write_with_format(2, 0, "", &head)?;
        sheet.write_with_format(2, 1, &tally.base_label, &head)?;
        let mut columns = Vec::new();
        let mut at: u16 = 2;
        for heading in &tally.columns {
            columns.push(at);
            sheet.write_with_format(2, at, &heading.name, &head)?;
            sheet.write_with_format(2, at + 1, "割合(％)", &head)?;
            at += 2;
            if heading.brackets {
                sheet.write_with_format(2, at, "(前回)", &head)?;
                sheet.write_with_format(2, at + 1, "(前回 ％)", &head)?;
                at += 2;
            }
        }
        for (line, row) in (3u32..).zip(&tally.rows) {
            sheet.write_with_format(
                line,
                0,
                format!("{}{}", "　".repeat(row.indent.into()), row.name),
                &name,
            )?;
            sheet.write_with_format(line, 1, number(row.base), &count)?;
            for ((heading, cell), at) in tally.columns.iter().zip(&row.cells).zip(&columns) {
                sheet.write_with_format(line, *at, number(cell.count), &count)?;
                let mut percent = |at: u16, part, base| match tenths(part, base) {
                    Some(tenths) => {
                        sheet.write_with_format(line, at, number(tenths) / 10.0, &share).map(|_| ())
                    }
                    None => sheet.write_with_format(line, at, "", &share).map(|_| ()),
                };
                percent(at + 1, cell.count, row.base)?;
                if let (true, Some(part), Some(base)) =
                    (heading.brackets, cell.previous, row.previous_base)
                {
                    percent(at + 3, part, base)?;
                    sheet.write_with_format(line, at + 2, number(part), &count)?;
                }
            }
        }
        if !tally.note.is_empty() {
            sheet.write(
                u32::try_from(tally.rows.len()).unwrap_or(0) + 4,
                0,
                format!("※ {}", tally.note),
            )?;
        }
        sheet.set_column_width(0, 24)?;
    }
    long_form(book, tallies, &head)
}

/// The cells as the CSV has them, as numbers.
fn long_form(book: &mut Workbook, tallies: &[Tally], head: &Format) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name("数値")?;
    let names = [
        "table",
        "row",
        "column",
        "count",
        "base",
        "percent",
        "previous_count",
        "previous_base",
        "previous_percent",
    ];
    for (at, name) in (0u16..).zip(names) {
        sheet.write_with_format(0, at, name, head)?;
    }
    let mut line = 1;
    for tally in tallies {
        for row in &tally.rows {
            for (heading, cell) in tally.columns.iter().zip(&row.cells) {
                for (at, text) in (0u16..).zip([&tally.table, &row.name, &heading.name]) {
                    sheet.write(line, at, text)?;
                }
                let past = cell.previous.zip(row.previous_base);
                let numbers = [
                    Some(number(cell.count)),
                    Some(number(row.base)),
                    tenths(cell.count, row.base).map(|t| number(t) / 10.0),
                    past.map(|p| number(p.0)),
                    past.map(|p| number(p.1)),
                    past.and_then(|p| tenths(p.0, p.1)).map(|t| number(t) / 10.0),
                ];
                for (at, number) in (3u16..).zip(numbers) {
                    if let Some(number) = number {
                        sheet.write(line, at, number)?;
                    }
                }
                line += 1;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Workbooks hold doubles; counts of bodies are far below 2^53.
#[allow(clippy::cast_precision_loss)]
fn number(n: u64) -> f64 {
    n as f64
}

/// At most 31 characters, none of those a workbook forbids.
fn sheet_name(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\''))
        .take(31)
        .collect();
    if name.is_empty() { "表".to_owned() } else { name }
}
