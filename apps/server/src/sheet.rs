//! Tables people upload (xlsx, CSV) and download: bounded on the way in, without formulas on the way out.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use people::{CellFault, CellFaultKind};
use rust_xlsxwriter::{Format, Workbook};
use zip::ZipArchive;

use crate::error::Refusal;

/// Media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What a workbook may unfold to, bytes: a list of 5,000 people is under two megabytes.
const UNFOLDED_LIMIT: u64 = 48 << 20;
/// Files inside a workbook.
const ENTRIES_LIMIT: usize = 500;
/// Rows and columns of a sheet; cells of a CSV.
const ROWS_LIMIT: u32 = 20_000;
const COLUMNS_LIMIT: u32 = 200;
const CELLS_LIMIT: usize = 400_000;

/// Why a file is not a table.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SheetFault {
    /// Neither a workbook (xlsx) nor text.
    #[error("neither a workbook nor CSV")]
    NotATable,
    /// It unfolds to more than any list needs: a zip bomb, or a mistake.
    #[error("too large inside")]
    TooLarge,
    /// It carries macros.
    #[error("macros")]
    Macros,
    /// Cells with formulas.
    #[error("formulas")]
    Formulas(Vec<CellFault>),
}

/// The cells of the first sheet of a workbook, or of a CSV in UTF-8 or Shift_JIS; what it is is told by its bytes.
///
/// # Errors
/// [`SheetFault`] names what is wrong with the file.
pub fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>, SheetFault> {
    let (rows, formulas) = read_all(bytes)?;
    if formulas.is_empty() { Ok(rows) } else { Err(SheetFault::Formulas(formulas)) }
}

/// The same with the cells that hold formulas named beside what they show, for whoever marks them.
///
/// # Errors
/// [`SheetFault`] names what is wrong with the file; never [`SheetFault::Formulas`].
pub fn read_all(bytes: &[u8]) -> Result<(Vec<Vec<String>>, Vec<CellFault>), SheetFault> {
    if bytes.starts_with(b"PK\x03\x04") { workbook(bytes) } else { Ok((csv_text(bytes)?, Vec::new())) }
}

/// What the library makes of a workbook. It counts rows and columns with plain arithmetic, which a reference beyond every sheet
/// overflows; its panic is the answer that this is no table, in builds for use too (`overflow-checks` in Cargo.toml).
fn guarded<T>(read: impl FnOnce() -> Result<T, SheetFault>) -> Result<T, SheetFault> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or(Err(SheetFault::NotATable))
}

fn workbook(bytes: &[u8]) -> Result<(Vec<Vec<String>>, Vec<CellFault>), SheetFault> {
    unfold_within(bytes)?;
    guarded(|| unfolded(bytes))
}

fn unfolded(bytes: &[u8]) -> Result<(Vec<Vec<String>>, Vec<CellFault>), SheetFault> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| SheetFault::NotATable)?;
    let first = book.sheet_names().first().cloned().ok_or(SheetFault::NotATable)?;
    // Cell by cell: a table made whole from its corners would let one far-off cell ask for all memory.
    let mut faults = Vec::new();
    let mut formulas = book.worksheet_cells_reader(&first).map_err(|_| SheetFault::NotATable)?;
    while let Some(formula) = formulas.next_formula().map_err(|_| SheetFault::NotATable)? {
        if !formula.get_value().is_empty() && faults.len() < people::MAX_CELL_FAULTS {
            let (row, column) = formula.get_position();
            faults.push(CellFault { row: row as usize + 1, column: Some(column as usize), kind: CellFaultKind::Formula });
        }
    }
    drop(formulas);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut cells = book.worksheet_cells_reader(&first).map_err(|_| SheetFault::NotATable)?;
    while let Some(found) = cells.next_cell().map_err(|_| SheetFault::NotATable)? {
        let (row, column) = found.get_position();
        let text = cell(&Data::from(found.get_value().clone()));
        if text.is_empty() {
            continue;
        }
        if row >= ROWS_LIMIT || column >= COLUMNS_LIMIT {
            return Err(SheetFault::TooLarge);
        }
        let (row, column) = (row as usize, column as usize);
        if rows.len() <= row {
            rows.resize_with(row + 1, Vec::new);
        }
        if rows[row].len() <= column {
            rows[row].resize_with(column + 1, String::new);
        }
        rows[row][column] = text;
    }
    Ok((rows, faults))
}

/// The first merged cells of the first sheet of a workbook, as "B2:C3": only their corner holds what the others seem to. A CSV has none.
///
/// # Errors
/// [`SheetFault`] names what is wrong with the file.
pub fn merged(bytes: &[u8]) -> Result<Option<String>, SheetFault> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return Ok(None);
    }
    unfold_within(bytes)?;
    let cells = guarded(|| {
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| SheetFault::NotATable)?;
        let first = book.sheet_names().first().cloned().ok_or(SheetFault::NotATable)?;
        book.merge_cells_by_sheet_name(&first).map_err(|_| SheetFault::NotATable)
    })?;
    let name = |(row, column): (u32, u32)| crate::exchange::book::cell_name(row, u16::try_from(column).unwrap_or(u16::MAX));
    Ok(cells.first().map(|merged| format!("{}:{}", name(merged.start), name(merged.end))))
}

fn cell(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        // A code typed as a number comes back as 101, not 101.0.
        // As a date, so that whoever wants a number can say that it is none.
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        other => other.to_string(),
    }
}

/// Unfolds every entry into nothing and counts: what an archive says of itself is not believed.
pub(crate) fn unfold_within(bytes: &[u8]) -> Result<(), SheetFault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetFault::NotATable)?;
    if archive.len() > ENTRIES_LIMIT {
        return Err(SheetFault::TooLarge);
    }
    let mut left = UNFOLDED_LIMIT;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|_| SheetFault::NotATable)?;
        let name = entry.name().map_err(|_| SheetFault::NotATable)?.to_ascii_lowercase();
        if name.contains("vbaproject") {
            return Err(SheetFault::Macros);
        }
        let unfolded = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink()).map_err(|_| SheetFault::NotATable)?;
        left = left.checked_sub(unfolded).ok_or(SheetFault::TooLarge)?;
    }
    Ok(())
}

fn csv_text(bytes: &[u8]) -> Result<Vec<Vec<String>>, SheetFault> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        // What Excel saves as CSV in Japan.
        Err(_) => {
            let (text, wrong) = encoding_rs::SHIFT_JIS.decode_without_bom_handling(bytes);
            if wrong {
                return Err(SheetFault::NotATable);
            }
            text.into_owned()
        }
    };
    if text.contains('\0') {
        return Err(SheetFault::NotATable);
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut cells = 0;
    let mut record = csv::StringRecord::new();
    loop {
        let before = reader.position().line();
        if !reader.read_record(&mut record).map_err(|_| SheetFault::NotATable)? {
            break;
        }
        cells += record.len();
        if cells > CELLS_LIMIT {
            return Err(SheetFault::TooLarge);
        }
        // The reader steps over empty lines; faults are to name the rows people see, so they are put back.
        let inside = record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
        let lines = usize::try_from(reader.position().line() - before).unwrap_or(0);
        let empty = lines.saturating_sub(1 + inside).min(ROWS_LIMIT as usize);
        rows.resize_with(rows.len() + empty, Vec::new);
        if rows.len() >= ROWS_LIMIT as usize {
            return Err(SheetFault::TooLarge);
        }
        rows.push(record.iter().map(str::to_owned).collect());
    }
    Ok(rows)
}

/// A CSV with byte order mark, formulas neutralised.
#[must_use]
pub fn to_csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    for row in rows {
        // A negative amount is a number to whoever adds it up.
        let cells: Vec<String> =
            row.iter().map(|cell| if is_negative(cell) { cell.clone() } else { audit::csv_field(cell) }).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

/// A whole number below zero and nothing else.
fn is_negative(cell: &str) -> bool {
    cell.strip_prefix('-').is_some_and(|digits| (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// A workbook of one sheet; every cell is text, so nothing in it is ever computed.
///
/// # Errors
/// [`Refusal::Internal`] when the library refuses.
pub fn to_xlsx(name: &str, rows: &[Vec<String>]) -> Result<Vec<u8>, Refusal> {
    let internal = |error: rust_xlsxwriter::XlsxError| Refusal::Internal(error.to_string());
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(name).map_err(internal)?;
    let (head, text) = (Format::new().set_bold().set_num_format("@"), Format::new().set_num_format("@"));
    for (at, row) in rows.iter().enumerate() {
        let format = if at == 0 { &head } else { &text };
        for (column, cell) in row.iter().enumerate() {
            let (row, column) = (u32::try_from(at).unwrap_or(u32::MAX), u16::try_from(column).unwrap_or(u16::MAX));
            sheet.write_string_with_format(row, column, cell, format).map_err(internal)?;
        }
    }
    sheet.set_freeze_panes(1, 0).map_err(internal)?;
    for column in 0..rows.first().map_or(0, Vec::len) {
        sheet.set_column_width(u16::try_from(column).unwrap_or(u16::MAX), 22).map_err(internal)?;
    }
    book.save_to_buffer().map_err(internal)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn table() -> Vec<Vec<String>> {
        vec![vec!["login".into(), "name".into()], vec!["sato".into(), "=1+1".into()], vec!["0101".into(), "佐藤".into()]]
    }

    #[test]
    fn every_file_of_the_corpus_is_survived() {
        let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let tried = |bytes: &[u8]| {
            _ = merged(bytes);
            if let Ok((rows, faults)) = read_all(bytes) {
                assert!(rows.len() <= ROWS_LIMIT as usize && faults.len() <= people::MAX_CELL_FAULTS);
                // What goes out again starts no formula.
                let out = read(&to_csv(&rows)).unwrap();
                assert!(out.iter().flatten().all(|cell| !cell.starts_with(['=', '@'])));
            }
        };
        assert!(crate::corpus::survived(root, "sheet", tried) >= 8);
    }

    #[test]
    fn a_reference_beyond_every_sheet_is_no_table() {
        let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let bytes = std::fs::read(root.join("fuzz/corpus/sheet/merged-nowhere")).unwrap();
        assert_eq!(merged(&bytes), Err(SheetFault::NotATable));
    }

    #[test]
    fn a_workbook_there_and_back_keeps_text_as_text() {
        assert_eq!(read(&to_xlsx("a", &table()).unwrap()).unwrap(), table());
    }

    #[test]
    fn csv_in_both_encodings() {
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode("login,氏名\nsato,佐藤\n");
        assert_eq!(read(&bytes).unwrap()[1][1], "佐藤");
        assert_eq!(read("\u{feff}a,b\r\n\r\n\r\nc,d".as_bytes()).unwrap(), [vec!["a", "b"], vec![], vec![], vec!["c", "d"]]);
        assert_eq!(read(b"a,\"b\nb\"\n\nc,d\n").unwrap(), [vec!["a", "b\nb"], vec![], vec!["c", "d"]]);
        assert!(String::from_utf8(to_csv(&table())).unwrap().contains("\"'=1+1\""));
        let signs = ["-3000", "-3+1", "-", "+3"].map(str::to_owned).to_vec();
        assert_eq!(String::from_utf8(to_csv(&[signs])).unwrap(), "\u{feff}-3000,\"'-3+1\",\"'-\",\"'+3\"\r\n");
        assert_eq!(read(b"\xff\xfe\xfd\x80"), Err(SheetFault::NotATable));
        assert_eq!(read(b"a\0b"), Err(SheetFault::NotATable));
    }

    #[test]
    fn a_formula_is_named_by_its_cell() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "login").unwrap();
        sheet.write_formula(1, 1, "=1+1").unwrap();
        let Err(SheetFault::Formulas(faults)) = read(&book.save_to_buffer().unwrap()) else { panic!("formulas pass") };
        assert_eq!(faults[0].cell(), "B2");
    }

    #[test]
    fn a_bomb_is_not_unfolded() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..64 {
            zip.write_all(&zeros).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        assert!(bytes.len() < 1 << 20);
        assert_eq!(read(&bytes), Err(SheetFault::TooLarge));
        assert_eq!(read(b"PK\x03\x04 and nothing else"), Err(SheetFault::NotATable));
    }

    #[test]
    fn macros_are_refused() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("xl/vbaProject.bin", zip::write::SimpleFileOptions::default()).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        assert_eq!(read(&bytes), Err(SheetFault::Macros));
    }
}
