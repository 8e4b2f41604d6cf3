//! Tables people upload (xlsx, CSV) and download: bounded on the way in, without formulas on the
//! way out.
//!
//! A workbook is read by `noren-sheets`, a program of its own with limits of memory and time; a CSV
//! here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::sheet::{Book, Cell, Fault, Program, Want};
use people::{BodyCode, CellFault, CellFaultKind};
use rust_xlsxwriter::{Format, Workbook};
use tokio::sync::Semaphore;

use crate::error::Refusal;

/// Media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Bytes, rows and cells of a CSV.
const CSV_LIMIT: usize = 16 << 20;
const ROWS_LIMIT: u32 = 20_000;
const CELLS_LIMIT: usize = 400_000;

/// Files that are read at one moment: each keeps a core busy.
static PLACES: Semaphore = Semaphore::const_new(2);
/// The files each body is having read or waits for.
static ASKED: Mutex<Option<HashMap<BodyCode, Asks>>> = Mutex::new(None);
/// Most of one body.
const OF_A_BODY: usize = 4;
/// How long somebody waits for a place.
const PATIENCE: Duration = Duration::from_secs(15);

/// Of one body: how many there are, and whose turn it is.
struct Asks {
    count: usize,
    turn: Arc<Semaphore>,
}

/// Reads a file beside the other requests, when there is a place for it. Of one body one is read at
/// a time, so that a neighbour never waits behind several of the same.
///
/// # Errors
/// [`Refusal::Unavailable`] when none comes free in time.
pub async fn reading<T: Send + 'static>(
    body: BodyCode,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let (asked, turn) = Asked::of(body)?;
    let place = async {
        // First the body's own turn: whoever waits for it holds no place.
        let turn = turn.acquire_owned().await.ok()?;
        Some((turn, PLACES.acquire().await.ok()?))
    };
    let place = tokio::time::timeout(PATIENCE, place).await;
    // The turn and the place are given back before the body's row is looked at.
    let held = (place.ok().flatten().ok_or(BUSY)?, asked);
    // The work goes on when whoever asked for it has hung up: it keeps its place until it is done.
    let work = move || {
        let _held = held;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::Internal(error.to_string()))
}

const BUSY: Refusal = Refusal::Unavailable("sheets_busy");

/// One file of a body that is being read or waits.
struct Asked(BodyCode);

impl Asked {
    fn of(body: BodyCode) -> Result<(Self, Arc<Semaphore>), Refusal> {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        let all = asked.get_or_insert_default();
        let own =
            all.entry(body).or_insert_with(|| Asks { count: 0, turn: Arc::new(Semaphore::new(1)) });
        if own.count >= OF_A_BODY {
            return Err(BUSY);
        }
        own.count += 1;
        Ok((Self(body), own.turn.clone()))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        let all = asked.get_or_insert_default();
        let left = all.get_mut(&self.0).map_or(0, |own| {
            own.count = own.count.saturating_sub(1);
            own.count
        });
        if left == 0 {
            all.remove(&self.0);
        }
    }
}

/// Why a file is not a table.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SheetFault {
    /// Neither a workbook (xlsx) nor text.
    #[error("neither a workbook nor CSV")]
    NotATable,
    /// It unfolds to more than any list needs: a zip bomb, or a mistake.
    #[error("too large inside")]
    TooLarge,
    /// A cell has more text than Excel itself puts into one.
    #[error("a cell with more than 32,767 characters")]
    LongCell,
    /// It carries macros.
    #[error("macros")]
    Macros,
    /// Cells with formulas.
    #[error("formulas")]
    Formulas(Vec<CellFault>),
    /// The program that reads it gave it up.
    #[error("it cannot be read within bounds")]
    Unreadable,
    /// The program that reads workbooks is not installed.
    #[error("noren-sheets is not installed beside this server")]
    NoProgram,
}

impl SheetFault {
    /// What is wrong and what to do, in Japanese and English.
    #[must_use]
    pub fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotATable => (
                "Excelブック（.xlsx）またはCSVとして読めないファイルです。",
                "This is neither an Excel workbook (.xlsx) nor CSV.",
            ),
            Self::TooLarge => ("中身が大きすぎます。", "There is too much in this file."),
            Self::LongCell => (
                "1つのセルの文字数が多すぎます（32,767文字まで）。",
                "A cell holds too much text (at most 32,767 characters).",
            ),
            Self::Macros => {
                ("マクロを含むファイルは受け付けません。", "Files with macros are not taken.")
            }
            Self::Formulas(_) => (
                "式は使えません。値を入力してください。",
                "Formulas are not taken: please enter values.",
            ),
            Self::Unreadable => (
                "このファイルは読み取れませんでした。不要なシートや書式を取り除くか、値だけを新しいブックに貼り付けて、もう一度お試しください。",
                "This file could not be read. Please remove what is not needed, or paste the \
                 values into a new workbook.",
            ),
            Self::NoProgram => (
                "Excelファイルを読み取るプログラム（noren-sheets）がサーバーにありません。情報担当にご連絡ください。CSVは使えます。",
                "noren-sheets, which reads workbooks, is not installed beside this server. Please \
                 tell IT; CSV can be used.",
            ),
        }
    }
}

impl From<Fault> for SheetFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotAnArchive | Fault::NotAWorkbook => Self::NotATable,
            Fault::TooLarge | Fault::TooMuchText => Self::TooLarge,
            Fault::LongCell => Self::LongCell,
            Fault::Macros => Self::Macros,
            Fault::Slow | Fault::Unreadable => {
                tracing::warn!(%fault, "a workbook was given up");
                Self::Unreadable
            }
            Fault::NoProgram(_) => {
                tracing::error!(%fault, "no workbook can be read");
                Self::NoProgram
            }
        }
    }
}

/// The sheets of a workbook that are asked for.
///
/// # Errors
/// [`Fault`] names what is wrong with the file.
pub fn book(bytes: &[u8], want: &Want) -> Result<Book, Fault> {
    Program::beside_this_program()?.read(bytes, want)
}

/// A file as a list.
#[derive(Debug)]
pub struct Table {
    /// Its cells.
    pub rows: Vec<Vec<String>>,
    /// Cells that hold formulas, at most [`people::MAX_CELL_FAULTS`].
    pub formulas: Vec<CellFault>,
    /// The first merged cells, as "B2:C3": only their corner holds what the others seem to. A CSV
    /// has none.
    pub merged: Option<String>,
}

/// The cells of the first sheet of a workbook, or of a CSV in UTF-8 or Shift_JIS; what it is is
/// told by its bytes.
///
/// # Errors
/// [`SheetFault`] names what is wrong with the file.
pub fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>, SheetFault> {
    let table = table(bytes)?;
    if table.formulas.is_empty() {
        Ok(table.rows)
    } else {
        Err(SheetFault::Formulas(table.formulas))
    }
}

/// The same with the cells that hold formulas named beside what they show, for whoever marks them.
///
/// # Errors
/// [`SheetFault`] names what is wrong with the file; never [`SheetFault::Formulas`].
pub fn table(bytes: &[u8]) -> Result<Table, SheetFault> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return Ok(Table { rows: csv_text(bytes)?, formulas: Vec::new(), merged: None });
    }
    let sheet = book(bytes, &Want::First)?.sheets.pop().ok_or(SheetFault::NotATable)?;
    let fault = |&(row, column): &(u32, u32)| CellFault {
        row: row as usize + 1,
        column: Some(column as usize),
        kind: CellFaultKind::Formula,
    };
    let formulas = sheet.formulas.iter().take(people::MAX_CELL_FAULTS).map(fault).collect();
    let name =
        |(row, column): (u32, u32)| cell_name(row, u16::try_from(column).unwrap_or(u16::MAX));
    let merged = sheet.merged.map(|(start, end)| format!("{}:{}", name(start), name(end)));
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut places = 0_usize;
    for (row, column, cell) in sheet.cells {
        let text = shown(cell);
        // Bounded by the program too; what it says is not believed either.
        if row >= ::sheet::MAX_ROWS || column >= ::sheet::MAX_COLUMNS {
            return Err(SheetFault::TooLarge);
        }
        let (row, column) = (row as usize, column as usize);
        if rows.len() <= row {
            rows.resize_with(row + 1, Vec::new);
        }
        if rows[row].len() <= column {
            // A few cells far to the right take up all the places before them.
            places += column + 1 - rows[row].len();
            if places > CELLS_LIMIT {
                return Err(SheetFault::TooLarge);
            }
            rows[row].resize_with(column + 1, String::new);
        }
        rows[row][column] = text;
    }
    Ok(Table { rows, formulas, merged })
}

fn shown(cell: Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Iso(text) | Cell::Error(text) => text,
        // As a date, so that whoever wants a number can say that it is none.
        Cell::Date(_, day) => day,
        // A code typed as a number comes back as 101, not 101.0.
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            format!("{number:.0}")
        }
        Cell::Number(number) | Cell::Hours(number) => number.to_string(),
        Cell::Truth(truth) => truth.to_string(),
    }
}

fn csv_text(bytes: &[u8]) -> Result<Vec<Vec<String>>, SheetFault> {
    if bytes.len() > CSV_LIMIT {
        return Err(SheetFault::TooLarge);
    }
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
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
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
        // The reader steps over empty lines; faults are to name the rows people see, so they are
        // put back.
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
        let cells: Vec<String> = row
            .iter()
            .map(|cell| if is_negative(cell) { cell.clone() } else { audit::csv_field(cell) })
            .collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

/// A whole number below zero and nothing else.
fn is_negative(cell: &str) -> bool {
    cell.strip_prefix('-').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
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
    let (head, text) =
        (Format::new().set_bold().set_num_format("@"), Format::new().set_num_format("@"));
    for (at, row) in rows.iter().enumerate() {
        let format = if at == 0 { &head } else { &text };
        for (column, cell) in row.iter().enumerate() {
            let (row, column) =
                (u32::try_from(at).unwrap_or(u32::MAX), u16::try_from(column).unwrap_or(u16::MAX));
            sheet.write_string_with_format(row, column, cell, format).map_err(internal)?;
        }
    }
    sheet.set_freeze_panes(1, 0).map_err(internal)?;
    for column in 0..rows.first().map_or(0, Vec::len) {
        sheet.set_column_width(u16::try_from(column).unwrap_or(u16::MAX), 22).map_err(internal)?;
    }
    book.save_to_buffer().map_err(internal)
}

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
mod tests {
    use super::*;

    fn people() -> Vec<Vec<String>> {
        vec![
            vec!["login".into(), "name".into()],
            vec!["sato".into(), "=1+1".into()],
            vec!["0101".into(), "佐藤".into()],
        ]
    }

    #[test]
    fn every_csv_of_the_corpus_is_survived() {
        let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let tried = |bytes: &[u8]| {
            if let Ok(rows) = csv_text(bytes) {
                assert!(rows.len() <= ROWS_LIMIT as usize);
                // What goes out again starts no formula.
                let out = read(&to_csv(&rows)).unwrap();
                assert!(out.iter().flatten().all(|cell| !cell.starts_with(['=', '@'])));
            }
        };
        assert!(crate::corpus::survived(root, "sheet", tried) >= 8);
    }

    #[test]
    fn a_workbook_is_read_as_it_is_by_the_program_of_its_own() {
        web_testing::sheets();
        let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let file = |name: &str| std::fs::read(root.join("fuzz/corpus/sheet").join(name)).unwrap();
        assert_eq!(table(&file("merged-nowhere")).unwrap_err(), SheetFault::NotATable);
        assert_eq!(table(&file("macros")).unwrap_err(), SheetFault::Macros);
        assert!(table(&file("merged")).unwrap().merged.is_some());
        // One long text that many cells name: the cell has at most what Excel itself puts into one.
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for row in 0..700 {
            sheet.write_string(row, 0, "x".repeat(32_767)).unwrap();
        }
        assert_eq!(read(&book.save_to_buffer().unwrap()).unwrap_err(), SheetFault::TooLarge);
    }

    #[tokio::test]
    async fn a_neighbour_waits_behind_no_second_file_of_a_body() {
        let (one, other): (BodyCode, BodyCode) =
            ("012025".parse().unwrap(), "131041".parse().unwrap());
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let (begun, mut began) = tokio::sync::mpsc::unbounded_channel();
        let finished = Arc::new(Mutex::new(finished));
        // Two people of one body, whose files take long.
        let busy: Vec<_> = (0..2)
            .map(|n| {
                let (begun, finished) = (begun.clone(), finished.clone());
                tokio::spawn(reading(one, move || {
                    _ = begun.send(n);
                    finished.lock().unwrap().recv()
                }))
            })
            .collect();
        began.recv().await.unwrap();
        assert_eq!(reading(other, || 7).await.unwrap(), 7, "there is a place beside the first");
        assert!(began.try_recv().is_err(), "the second waits for its own");
        finish.send(()).unwrap();
        began.recv().await.unwrap();
        finish.send(()).unwrap();
        for one in busy {
            one.await.unwrap().unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn one_body_does_not_fill_every_place() {
        let (one, other): (BodyCode, BodyCode) =
            ("011002".parse().unwrap(), "131016".parse().unwrap());
        let held: Vec<_> = (0..OF_A_BODY).map(|_| Asked::of(one).unwrap()).collect();
        assert!(matches!(reading(one, || 1).await, Err(Refusal::Unavailable("sheets_busy"))));
        assert_eq!(reading(other, || 2).await.unwrap(), 2);
        drop(held);
        assert_eq!(reading(one, || 3).await.unwrap(), 3);
        // Who hangs up leaves the work behind, and the work keeps its place.
        let (begun, began) = tokio::sync::oneshot::channel();
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let asking = tokio::spawn(reading(one, move || {
            _ = begun.send(());
            finished.recv()
        }));
        began.await.unwrap();
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        let counted = || {
            ASKED.lock().unwrap().as_ref().and_then(|asked| asked.get(&one).map(|own| own.count))
        };
        assert_eq!(counted(), Some(1));
        finish.send(()).unwrap();
        while counted().is_some() {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn a_few_cells_far_to_the_right_are_counted_with_what_lies_before_them() {
        web_testing::sheets();
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for row in 0..2_100 {
            sheet.write_string(row, 199, "x").unwrap();
        }
        assert_eq!(read(&book.save_to_buffer().unwrap()).unwrap_err(), SheetFault::TooLarge);
    }

    #[test]
    fn a_workbook_there_and_back_keeps_text_as_text() {
        web_testing::sheets();
        assert_eq!(read(&to_xlsx("a", &people()).unwrap()).unwrap(), people());
    }

    #[test]
    fn csv_in_both_encodings() {
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode("login,氏名\nsato,佐藤\n");
        assert_eq!(read(&bytes).unwrap()[1][1], "佐藤");
        assert_eq!(
            read("\u{feff}a,b\r\n\r\n\r\nc,d".as_bytes()).unwrap(),
            [vec!["a", "b"], vec![], vec![], vec!["c", "d"]]
        );
        assert_eq!(
            read(b"a,\"b\nb\"\n\nc,d\n").unwrap(),
            [vec!["a", "b\nb"], vec![], vec!["c", "d"]]
        );
        assert!(String::from_utf8(to_csv(&people())).unwrap().contains("\"'=1+1\""));
        let signs = ["-3000", "-3+1", "-", "+3"].map(str::to_owned).to_vec();
        assert_eq!(
            String::from_utf8(to_csv(&[signs])).unwrap(),
            "\u{feff}-3000,\"'-3+1\",\"'-\",\"'+3\"\r\n"
        );
        assert_eq!(read(b"\xff\xfe\xfd\x80"), Err(SheetFault::NotATable));
        assert_eq!(read(b"a\0b"), Err(SheetFault::NotATable));
    }

    #[test]
    fn a_formula_is_named_by_its_cell() {
        web_testing::sheets();
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "login").unwrap();
        sheet.write_formula(1, 1, "=1+1").unwrap();
        let Err(SheetFault::Formulas(faults)) = read(&book.save_to_buffer().unwrap()) else {
            panic!("formulas pass")
        };
        assert_eq!(faults[0].cell(), "B2");
    }
}
