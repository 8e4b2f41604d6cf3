//! Reading one workbook within bounds: cell by cell, each text counted where it is named, formulas
//! noted and never expanded.
//!
//! What a file *refers* to may be thousands of times what it holds: one long text that 20,000 cells
//! name, one formula that all of them share. So nothing is made whole from a reference. The caller
//! tells the time: it is asked inside the loops.

mod archive;
mod shown;

use std::collections::{HashMap, HashSet};
use std::io::Cursor;

use calamine::{
    Data, DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxFormulaMetadata,
};
use sheet::{
    ABOUT, Book, Cell, Fault, LIST, MAX_CELL, MAX_CELLS, MAX_COLUMNS, MAX_FORMULAS, MAX_OTHERS,
    MAX_ROWS, MAX_SEEN, MAX_TEXT, Odd, Sheet, Want,
};

/// Cells between two looks at the clock.
const LOOK: usize = 1_000;

type File<'a> = Xlsx<Cursor<&'a [u8]>>;

/// The sheets that are asked for. `over` says whether the time for it is over.
///
/// # Errors
/// [`Fault`] names what is wrong with the workbook, or which limit it breaks.
pub fn read(bytes: &[u8], want: &Want, over: &mut dyn FnMut() -> bool) -> Result<Book, Fault> {
    let parts = archive::unfolds_within(bytes, over)?;
    // The library counts rows and columns with plain arithmetic, which a reference beyond every
    // sheet overflows; its panic is the answer that this is no workbook, in builds for use too
    // (`overflow-checks` in Cargo.toml).
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unfolded(bytes, &parts, want, over)))
        .unwrap_or(Err(Fault::NotAWorkbook))
}

fn unfolded(
    bytes: &[u8],
    parts: &archive::Parts,
    want: &Want,
    over: &mut dyn FnMut() -> bool,
) -> Result<Book, Fault> {
    let mut book: File<'_> =
        calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| Fault::NotAWorkbook)?;
    let there: Vec<calamine::Sheet> = book.sheets_metadata().to_vec();
    let tables = || there.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let visible = || tables().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = match want {
        Want::First => vec![visible().next().ok_or(Fault::NotAWorkbook)?.name.clone()],
        Want::Named(names) => {
            names.iter().filter(|name| tables().any(|one| one.name == **name)).cloned().collect()
        }
    };
    let mut seen = 0;
    let mut others = Vec::new();
    let passed = match want {
        Want::First if tables().any(|sheet| sheet.name == ABOUT) => {
            behind(&mut book, &mut seen, over)?
        }
        _ => HashSet::new(),
    };
    for sheet in visible().filter(|sheet| !names.contains(&sheet.name)) {
        if others.len() < MAX_OTHERS
            && !passed.contains(&sheet.name)
            && holds_something(&mut book, &sheet.name, &mut seen, over)?
        {
            others.push(sheet.name.clone());
        }
    }
    let list = *want == Want::First;
    let mut sheets = Vec::new();
    for name in names {
        let place = there.iter().position(|sheet| sheet.name == name);
        let mut sheet = one(&mut book, name, list, &mut seen, over)?;
        if let Some(hidden) = place.and_then(|place| parts.hidden(place)) {
            let rows: HashSet<u32> = sheet.cells.iter().map(|(row, _, _)| *row).collect();
            sheet.hidden = rows.intersection(hidden).count();
        }
        sheets.push(sheet);
    }
    Ok(Book { sheets, others })
}

/// The names of the sheets that were put behind a list of ours.
fn behind(
    book: &mut File<'_>,
    seen: &mut usize,
    over: &mut dyn FnMut() -> bool,
) -> Result<HashSet<String>, Fault> {
    let about = one(book, ABOUT.to_owned(), false, seen, over)?;
    let mut texts = about.cells.into_iter().filter_map(|(_, column, cell)| match cell {
        Cell::Text(text) if column == 0 => Some(text),
        _ => None,
    });
    match texts.next() {
        Some(first) if first == LIST => Ok(texts.collect()),
        _ => Ok(HashSet::new()),
    }
}

/// Whether anything stands on a sheet.
fn holds_something(
    book: &mut File<'_>,
    name: &str,
    seen: &mut usize,
    over: &mut dyn FnMut() -> bool,
) -> Result<bool, Fault> {
    let mut reader = book.worksheet_cells_reader(name).map_err(broken)?;
    while let Some(cell) = reader.next_cell().map_err(broken)? {
        counted(seen, over)?;
        let blank = match cell.get_value() {
            DataRef::Empty => true,
            DataRef::String(text) => text::is_blank(text),
            DataRef::SharedString(text) => text::is_blank(text),
            _ => false,
        };
        if !blank {
            return Ok(true);
        }
    }
    Ok(false)
}

fn broken(_: calamine::XlsxError) -> Fault {
    Fault::NotAWorkbook
}

/// One more cell was looked at, of all sheets together.
fn counted(seen: &mut usize, over: &mut dyn FnMut() -> bool) -> Result<(), Fault> {
    *seen += 1;
    if *seen > MAX_SEEN {
        return Err(Fault::TooLarge);
    }
    if seen.is_multiple_of(LOOK) && over() { Err(Fault::Slow) } else { Ok(()) }
}

fn one(
    book: &mut File<'_>,
    name: String,
    list: bool,
    seen: &mut usize,
    over: &mut dyn FnMut() -> bool,
) -> Result<Sheet, Fault> {
    let merged = book
        .merge_cells_by_sheet_name(&name)
        .map_err(broken)?
        .first()
        .map(|merged| (merged.start, merged.end));
    let epoch_1904 = book.has_1904_epoch();
    let mut reader = book.worksheet_cells_reader(&name).map_err(broken)?;
    let mut found = Sheet { name, merged, ..Sheet::default() };
    let mut text = 0_usize;
    // Numbers wait for their formats, which the library gives in a second walk.
    let mut numbers: HashMap<(u32, u32), (usize, f64)> = HashMap::new();
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(broken)? {
        counted(seen, over)?;
        let (row, column) = record.pos;
        if record.formula.as_ref().is_some_and(computes) && found.formulas.len() < MAX_FORMULAS {
            found.formulas.push((row, column));
        }
        let Some(cell) = cell(&record.value, &mut text)? else { continue };
        if list && (row >= MAX_ROWS || column >= MAX_COLUMNS) {
            return Err(Fault::Far(row, column));
        }
        if found.cells.len() >= MAX_CELLS {
            return Err(Fault::TooLarge);
        }
        let cell = match cell {
            Read::Number(number) => {
                numbers.insert((row, column), (found.cells.len(), number));
                shown::number(number, "General", None, epoch_1904)
            }
            Read::Cell(cell) => cell,
        };
        found.cells.push((row, column, cell));
    }
    drop(reader);
    if !numbers.is_empty() {
        let reader = book.worksheet_cells_reader(&found.name).map_err(broken)?;
        under_their_formats(reader, &mut found, &numbers, epoch_1904, over)?;
    }
    Ok(found)
}

/// Says numbers as their formats show them.
fn under_their_formats(
    mut reader: XlsxCellReader<'_, Cursor<&[u8]>>,
    found: &mut Sheet,
    numbers: &HashMap<(u32, u32), (usize, f64)>,
    epoch_1904: bool,
    over: &mut dyn FnMut() -> bool,
) -> Result<(), Fault> {
    let mut walked = 0_usize;
    while let Some((row, column, style)) = reader.next_style_id().map_err(broken)? {
        walked += 1;
        if walked.is_multiple_of(LOOK) && over() {
            return Err(Fault::Slow);
        }
        let Some(&(at, number)) = numbers.get(&(row, column)) else { continue };
        let format = reader.styles().get(style).and_then(|style| style.number_format.as_ref());
        if let (Some(place), Some(format)) = (found.cells.get_mut(at), format) {
            place.2 = shown::number(number, &format.format_code, format.format_id, epoch_1904);
        }
    }
    Ok(())
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

/// A cell whose format is known, or is still to be looked up.
enum Read {
    Cell(Cell),
    Number(f64),
}

/// What stands in a cell, its text added to what the sheet has so far; none in a blank one.
fn cell(value: &DataRef<'_>, text: &mut usize) -> Result<Option<Read>, Fault> {
    let mut counted = |string: &str| {
        if string.len() > MAX_CELL && string.chars().nth(MAX_CELL).is_some() {
            return Err(Fault::LongCell);
        }
        *text += string.len();
        if *text > MAX_TEXT { Err(Fault::TooMuchText) } else { Ok(string.to_owned()) }
    };
    let cell = match value {
        DataRef::Empty => return Ok(None),
        DataRef::String(string) if text::is_blank(string) => return Ok(None),
        DataRef::SharedString(string) if text::is_blank(string) => return Ok(None),
        DataRef::String(string) => Cell::Text(counted(string)?),
        DataRef::SharedString(string) => Cell::Text(counted(string)?),
        #[expect(clippy::cast_precision_loss, reason = "a spreadsheet keeps it as one too")]
        DataRef::Int(number) => return Ok(Some(Read::Number(*number as f64))),
        DataRef::Float(number) => return Ok(Some(Read::Number(*number))),
        DataRef::DateTime(moment) => return Ok(Some(Read::Number(moment.as_f64()))),
        DataRef::Bool(truth) => Cell::Text(if *truth { "TRUE" } else { "FALSE" }.to_owned()),
        DataRef::DateTimeIso(moment) | DataRef::DurationIso(moment) => {
            // A day alone has no time of day.
            let day = moment.strip_suffix("T00:00:00").unwrap_or(moment);
            Cell::Text(counted(day)?)
        }
        DataRef::Error(_) => Cell::Odd(Odd::Error, Data::from(value.clone()).to_string()),
    };
    Ok(Some(Read::Cell(cell)))
}

#[cfg(test)]
mod tests;
