//! A refused file as a workbook, with its faults marked where they are.

use rust_xlsxwriter::{Color, Format, Note, Workbook, XlsxError};

use super::jobs::Told;

/// The workbook's bytes: every cell as text, faults in colour with a note, and told at the end of
/// their row too.
pub(super) fn marked(rows: &[Vec<String>], faults: &[Told]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let (plain, head) =
        (Format::new().set_num_format_index(49), Format::new().set_num_format_index(49).set_bold());
    let wrong =
        Format::new().set_num_format_index(49).set_background_color(Color::RGB(0x00FF_C7CE));
    let told = Format::new().set_bold().set_font_color(Color::RGB(0x00B0_0000));
    let last =
        rows.iter().map(Vec::len).max().and_then(|wide| u16::try_from(wide).ok()).unwrap_or(0);
    for (line, row) in (0u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(row) {
            let faulty = faults.iter().any(|fault| fault.at == (line, column));
            let format = match (faulty, line) {
                (true, _) => &wrong,
                (_, 0) => &head,
                _ => &plain,
            };
            sheet.write_string_with_format(line, column, text::guard::kept(cell), format)?;
        }
    }
    sheet.write_string_with_format(0, last, "確認事項", &told)?;
    let mut at = 0;
    while let Some(first) = faults.get(at) {
        let line = first.at.0;
        let here: Vec<&Told> = faults[at..].iter().take_while(|fault| fault.at.0 == line).collect();
        at += here.len();
        let words: Vec<String> =
            here.iter().map(|fault| format!("{}：{}", cell(fault.at), fault.ja)).collect();
        sheet.write_string_with_format(line, last, words.join("　"), &told)?;
        let mut columns: Vec<u16> = here.iter().map(|fault| fault.at.1).collect();
        columns.dedup();
        for column in columns {
            let words: Vec<&str> = here
                .iter()
                .filter(|fault| fault.at.1 == column)
                .map(|fault| fault.ja.as_str())
                .collect();
            if rows.get(line as usize).is_none_or(|row| row.len() <= usize::from(column)) {
                sheet.write_string_with_format(line, column, "", &wrong)?;
            }
            sheet.insert_note(line, column, &Note::new(words.join("\n")).set_author("Noren"))?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_column_width(last, 60)?;
    book.save_to_buffer()
}

/// D15 for (14, 3).
pub(crate) fn cell(at: (u32, u16)) -> String {
    kit::sheet::cell_name(at.0, at.1)
}
