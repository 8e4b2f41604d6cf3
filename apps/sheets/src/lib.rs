//! Reading one workbook within bounds: cell by cell, each text counted where it is named, formulas
//! noted and never expanded.
//!
//! What a file *refers* to may be thousands of times what it holds: one long text that 20,000 cells
//! name, one formula that all of them share. So nothing is made whole from a reference. The caller
//! tells the time: it is asked inside the loops.

mod archive;

use std::io::Cursor;

use calamine::{Data, DataRef, Reader, Xlsx, XlsxFormulaMetadata};
use sheet::{
    Book, Cell, Fault, MAX_CELL, MAX_CELLS, MAX_COLUMNS, MAX_FORMULAS, MAX_ROWS, MAX_SEEN,
    MAX_TEXT, Sheet, Want,
};

/// Cells between two looks at the clock.
const LOOK: usize = 1_000;

/// The sheets that are asked for. `over` says whether the time for it is over.
///
/// # Errors
/// [`Fault`] names what is wrong with the workbook, or which limit it breaks.
pub fn read(bytes: &[u8], want: &Want, over: &mut dyn FnMut() -> bool) -> Result<Book, Fault> {
    archive::unfolds_within(bytes, over)?;
    // The library counts rows and columns with plain arithmetic, which a reference beyond every
    // sheet overflows; its panic is the answer that this is no workbook, in builds for use too
    // (`overflow-checks` in Cargo.toml).
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unfolded(bytes, want, over)))
        .unwrap_or(Err(Fault::NotAWorkbook))
}

fn unfolded(bytes: &[u8], want: &Want, over: &mut dyn FnMut() -> bool) -> Result<Book, Fault> {
    let mut book: Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| Fault::NotAWorkbook)?;
    let there = book.sheet_names();
    let names: Vec<String> = match want {
        Want::First => vec![there.first().cloned().ok_or(Fault::NotAWorkbook)?],
        Want::Named(names) => names.iter().filter(|name| there.contains(name)).cloned().collect(),
    };
    let sheets = names.into_iter().map(|name| one(&mut book, name, *want == Want::First, over));
    Ok(Book { sheets: sheets.collect::<Result<_, _>>()? })
}

fn one(
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: String,
    list: bool,
    over: &mut dyn FnMut() -> bool,
) -> Result<Sheet, Fault> {
    let broken = |_| Fault::NotAWorkbook;
    let merged = book
        .merge_cells_by_sheet_name(&name)
        .map_err(broken)?
        .first()
        .map(|merged| (merged.start, merged.end));
    let mut reader = book.worksheet_cells_reader(&name).map_err(broken)?;
    let mut found = Sheet { name, merged, ..Sheet::default() };
    let (mut seen, mut text) = (0_usize, 0_usize);
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(broken)? {
        seen += 1;
        if seen > MAX_SEEN {
            return Err(Fault::TooLarge);
        }
        if seen.is_multiple_of(LOOK) && over() {
            return Err(Fault::Slow);
        }
        let (row, column) = record.pos;
        if record.formula.as_ref().is_some_and(computes) && found.formulas.len() < MAX_FORMULAS {
            found.formulas.push((row, column));
        }
        let Some(cell) = cell(&record.value, &mut text)? else { continue };
        let outside = list && (row >= MAX_ROWS || column >= MAX_COLUMNS);
        if outside || found.cells.len() >= MAX_CELLS {
            return Err(Fault::TooLarge);
        }
        found.cells.push((row, column, cell));
    }
    Ok(found)
}

/// Whether it is a formula: an empty mark is none.
fn computes(formula: &XlsxFormulaMetadata) -> bool {
    match formula {
        XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. } => {
            !formula.is_empty()
        }
        // One that shares another's, and whatever kind the library comes to know.
        _ => true,
    }
}

/// What stands in a cell, its text added to what the sheet has so far; none in an empty one.
fn cell(value: &DataRef<'_>, text: &mut usize) -> Result<Option<Cell>, Fault> {
    let mut counted = |string: &str| {
        if string.len() > MAX_CELL && string.chars().nth(MAX_CELL).is_some() {
            return Err(Fault::LongCell);
        }
        *text += string.len();
        if *text > MAX_TEXT { Err(Fault::TooMuchText) } else { Ok(string.to_owned()) }
    };
    Ok(Some(match value {
        DataRef::Empty => return Ok(None),
        DataRef::String(string) if string.is_empty() => return Ok(None),
        DataRef::SharedString("") => return Ok(None),
        DataRef::String(string) => Cell::Text(counted(string)?),
        DataRef::SharedString(string) => Cell::Text(counted(string)?),
        DataRef::Int(number) => Cell::Text(number.to_string()),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(truth) => Cell::Truth(*truth),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            Cell::Date(moment.as_f64(), format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::DateTime(moment) => Cell::Hours(moment.as_f64()),
        DataRef::DateTimeIso(moment) | DataRef::DurationIso(moment) => Cell::Iso(counted(moment)?),
        DataRef::Error(_) => Cell::Error(Data::from(value.clone()).to_string()),
    }))
}

#[cfg(test)]
mod tests;
