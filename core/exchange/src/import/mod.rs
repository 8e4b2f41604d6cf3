//! Answers as a table: one row a body, columns by the form. Reading is bounded and reports every
//! fault by line and column. `write` is the way out, `fault` what can be wrong.

use std::collections::BTreeMap;

use crate::body::BodyCode;
use crate::form::{CODE_COLUMN, Form, Kind, Question};
use crate::typed::{self, BadText};
use crate::value::{Sheet, Value};

mod fault;
mod write;

pub use fault::{ImportError, ImportFault};
pub use write::{fields, headers, write_csv};

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most rows.
pub const MAX_ROWS: usize = 10_000;
/// Longest row, in bytes.
pub const MAX_ROW_BYTES: usize = 256 * 1024;
/// Most faults that are reported.
pub const MAX_FAULTS: usize = 1_000;
/// What follows a question's column name in the name of the column with its reason.
pub const REASON_SUFFIX: &str = "(理由)";
/// Columns that are for people and not read.
const IGNORED: [&str; 6] = ["団体名", "都道府県名", "状態", "提出日時", "受付番号", "代理入力"];

/// The answers of many bodies to one form.
pub type Answers = BTreeMap<BodyCode, Sheet>;

enum Place<'f> {
    Code,
    Ignored,
    /// A column without a heading: nothing may stand in it.
    Unnamed,
    Answer(&'f Question),
    Cell {
        question: &'f Question,
        row: &'f str,
        column: &'f str,
        unit: &'f str,
    },
    Reason(&'f Question),
}

/// What a table of answers says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The answers.
    pub answers: Answers,
    /// The line of each of them, from 1 (the header).
    pub lines: BTreeMap<BodyCode, u64>,
    /// Bodies whose row holds no answer: nothing was said for them.
    pub empty: Vec<BodyCode>,
}

/// Reads answers that [`write_csv`] wrote, in UTF-8. A file that people made is read as a table
/// first and then by [`read_rows`], which this does too.
///
/// # Errors
/// Every fault up to [`MAX_FAULTS`], in the order of the file.
pub fn read_csv(
    form: &Form,
    bytes: &[u8],
    expected: impl Fn(BodyCode) -> bool,
) -> Result<Answers, Vec<ImportFault>> {
    let whole = |what| vec![ImportFault { line: 0, column: None, at: None, what }];
    if bytes.len() > MAX_BYTES {
        return Err(whole(ImportError::FileTooLarge));
    }
    let text = str::from_utf8(bytes);
    let text = text.map_err(|error| whole(ImportError::Csv(error.to_string())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records().take(MAX_ROWS + 2) {
        let record = record.map_err(|error| whole(ImportError::Csv(error.to_string())))?;
        rows.push(record.iter().map(|field| text::guard::unguarded(field).to_owned()).collect());
    }
    read_rows(form, &rows, expected).map(|read| read.answers)
}

/// Reads the answers of `expected` bodies (all, when it says so for every code) from the rows of a
/// table, the header first. A row that ends early has empty cells there; empty ones beyond the
/// header are nothing. Lines are rows from 1.
///
/// Either every row was read, or the faults say what is wrong; a caller that imports does so only
/// in the first case. Sheets come as they stand in the file: routing, ranges and sums are
/// [`crate::entry::check`]'s.
///
/// # Errors
/// Every fault up to [`MAX_FAULTS`], in the order of the file.
pub fn read_rows(
    form: &Form,
    rows: &[Vec<String>],
    expected: impl Fn(BodyCode) -> bool,
) -> Result<Read, Vec<ImportFault>> {
    let mut filled =
        (1u64..).zip(rows).filter(|(_, row)| row.iter().any(|cell| !text::is_blank(cell)));
    let Some((line, first)) = filled.next() else {
        let what = ImportError::Csv("no header".to_owned());
        return Err(vec![ImportFault { line: 0, column: None, at: None, what }]);
    };
    let mut taken = Rows {
        form,
        expected,
        places: header(form, line, first)?,
        faults: Vec::new(),
        read: Read::default(),
    };
    for (count, (line, row)) in filled.enumerate() {
        if count >= MAX_ROWS || row.iter().map(String::len).sum::<usize>() > MAX_ROW_BYTES {
            taken.fault(line, None, None, ImportError::TooMany);
            break;
        }
        taken.row(line, row);
        if taken.faults.len() >= MAX_FAULTS {
            break;
        }
    }
    if taken.faults.is_empty() { Ok(taken.read) } else { Err(taken.faults) }
}

/// Rows as they come.
struct Rows<'f, E> {
    form: &'f Form,
    expected: E,
    places: Vec<Place<'f>>,
    faults: Vec<ImportFault>,
    read: Read,
}

impl<E: Fn(BodyCode) -> bool> Rows<'_, E> {
    fn fault(&mut self, line: u64, column: Option<String>, at: Option<usize>, what: ImportError) {
        self.faults.push(ImportFault { line, column, at, what });
    }

    fn row(&mut self, line: u64, cells: &[String]) {
        let before = self.faults.len();
        let is_answer = |place: &Place<'_>| !matches!(place, Place::Code | Place::Ignored);
        let said = cells
            .iter()
            .enumerate()
            .any(|(at, cell)| !text::is_blank(cell) && self.places.get(at).is_none_or(is_answer));
        let place = self.places.iter().position(|place| matches!(place, Place::Code));
        let cell = place.and_then(|at| cells.get(at)).map_or("", String::as_str);
        let code = match code(cell) {
            Ok(code) => Some(code),
            Err(what) => {
                self.fault(line, Some(CODE_COLUMN.to_owned()), place, what);
                None
            }
        };
        // A row with nothing but its code says nothing: it is no answer, not an empty one.
        if !said {
            self.read.empty.extend(code);
            return;
        }
        let sheet = self.sheet(line, cells);
        let Some(code) = code else { return };
        let fault = if !(self.expected)(code) {
            ImportError::UnknownBody
        } else if self.read.lines.contains_key(&code) {
            ImportError::BodyTwice
        } else {
            self.read.lines.insert(code, line);
            if self.faults.len() == before {
                self.read.answers.insert(code, sheet);
            }
            return;
        };
        self.fault(line, Some(CODE_COLUMN.to_owned()), place, fault);
    }

    fn sheet(&mut self, line: u64, cells: &[String]) -> Sheet {
        let mut sheet = Sheet::default();
        for (at, cell) in cells.iter().enumerate() {
            let place = self.places.get(at).unwrap_or(&Place::Unnamed);
            if let Err((column, what)) = take(&mut sheet, place, cell) {
                self.faults.push(ImportFault { line, column, at: Some(at), what });
            }
        }
        // An empty field of an asked question can mean 不明; whether it is asked needs the whole
        // row.
        for question in self.form.questions.iter().filter(|q| q.blank_is_unknown) {
            if !sheet.values.contains_key(&question.id) && self.form.asked(question, &sheet) {
                sheet.values.insert(question.id.clone(), Value::Unknown);
            }
        }
        sheet
    }
}

/// A body's code, of any width. What is shorter may have lost its zeros.
fn code(text: &str) -> Result<BodyCode, ImportError> {
    let text = text::plain(text);
    text.parse().map_err(|_| {
        let short = (1..6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        ImportError::Code(short.then(|| format!("{text:0>6}").parse().ok()).flatten())
    })
}

type Wrong = (Option<String>, ImportError);

/// Takes a cell into the sheet; otherwise the name of its column and what is wrong.
fn take(sheet: &mut Sheet, place: &Place<'_>, cell: &str) -> Result<(), Wrong> {
    match place {
        Place::Code | Place::Ignored => Ok(()),
        Place::Unnamed if text::is_blank(cell) => Ok(()),
        Place::Unnamed => {
            Err((None, ImportError::NoHeading(cell.trim().chars().take(40).collect())))
        }
        Place::Answer(question) => {
            let value = typed::parse(question, cell)
                .map_err(|error| (Some(question.column.clone()), error.into()))?;
            sheet.set(&question.id, value);
            Ok(())
        }
        Place::Cell { question, row, column, unit } => {
            let number = typed::parse_cell(cell, unit)
                .map_err(|error| (Some(cell_name(question, row, column)), error.into()))?;
            let Some(number) = number else { return Ok(()) };
            let cells = sheet
                .values
                .entry(question.id.clone())
                .or_insert_with(|| Value::Cells(BTreeMap::new()));
            if let Value::Cells(cells) = cells {
                cells.entry((*row).to_owned()).or_default().insert((*column).to_owned(), number);
            }
            Ok(())
        }
        Place::Reason(question) => {
            let reason = cell.trim();
            if reason.chars().count() > 1000 {
                let name = format!("{}{REASON_SUFFIX}", question.column);
                return Err((Some(name), BadText::TooLong.into()));
            }
            if !reason.is_empty() {
                sheet.reasons.insert(question.id.clone(), reason.to_owned());
            }
            Ok(())
        }
    }
}

/// The name of the column of a table's cell, from the ids of its row and column.
fn cell_name(question: &Question, row: &str, column: &str) -> String {
    let Kind::Grid { rows, columns, .. } = &question.kind else { return question.column.clone() };
    let label = |lines: &[crate::form::Line], id: &str| {
        lines.iter().find(|line| line.id == id).map(|line| line.label.clone()).unwrap_or_default()
    };
    cell_column(question, &label(rows, row), &label(columns, column))
}

fn header<'f>(
    form: &'f Form,
    line: u64,
    cells: &[String],
) -> Result<Vec<Place<'f>>, Vec<ImportFault>> {
    let mut wanted = columns(form);
    wanted.insert(CODE_COLUMN.to_owned(), (Place::Code, true));
    for name in IGNORED {
        wanted.entry(name.to_owned()).or_insert((Place::Ignored, false));
    }
    let names: Vec<String> = wanted.keys().cloned().collect();
    // As it is written, or else as it looks, where that is one column alone.
    let meant = |cell: &str| {
        let name = cell.trim();
        if names.iter().any(|n| n == name) {
            return Some(name.to_owned());
        }
        let key = text::key(name);
        let mut alike = names.iter().filter(|n| text::key(n) == key);
        alike.next().filter(|_| alike.next().is_none()).cloned()
    };
    let mut places = Vec::with_capacity(cells.len().min(wanted.len()));
    let mut faults = Vec::new();
    for (at, cell) in cells.iter().enumerate().take(MAX_FAULTS) {
        if text::is_blank(cell) {
            places.push(Place::Unnamed);
            continue;
        }
        let name = meant(cell);
        match name.as_ref().and_then(|name| wanted.remove(name)) {
            Some((place, _)) => places.push(place),
            None => {
                let what = match name {
                    Some(_) => ImportError::ColumnTwice,
                    None => ImportError::UnknownColumn,
                };
                let column = Some(cell.trim().chars().take(40).collect());
                faults.push(ImportFault { line, column, at: Some(at), what });
            }
        }
    }
    for (name, _) in wanted.into_iter().filter(|(_, (_, must))| *must) {
        let what = ImportError::NoColumn;
        faults.push(ImportFault { line, column: Some(name), at: None, what });
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}

/// Every column the form has, and whether it must stand.
fn columns(form: &Form) -> BTreeMap<String, (Place<'_>, bool)> {
    let mut columns = BTreeMap::new();
    for question in &form.questions {
        match &question.kind {
            Kind::Computed { .. } => {}
            Kind::Grid { rows, columns: across, unit, .. } => {
                for row in rows {
                    for column in across {
                        let place =
                            Place::Cell { question, row: &row.id, column: &column.id, unit };
                        columns.insert(
                            cell_column(question, &row.label, &column.label),
                            (place, true),
                        );
                    }
                }
            }
            _ => {
                columns.insert(question.column.clone(), (Place::Answer(question), true));
            }
        }
        if question.change.is_some() {
            columns.insert(
                format!("{}{REASON_SUFFIX}", question.column),
                (Place::Reason(question), false),
            );
        }
    }
    columns
}

/// The name of a cell's column.
fn cell_column(question: &Question, row: &str, column: &str) -> String {
    format!("{}/{row}/{column}", question.column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::shipped;

    const HEADER: &str = "code,一般行政職員数,導入状況,形態,除外職員数,実施可能職員数,利用職員数,非常勤職員,未導入理由";

    fn form() -> Form {
        Form::read(shipped::TELEWORK_R3).unwrap()
    }

    fn faults_of(text: &str) -> Vec<String> {
        read_csv(&form(), text.as_bytes(), |_| true)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_shipped_answers_pass_every_check_and_come_back_from_their_own_writing() {
        for (form, answers) in [
            (shipped::TELEWORK_R3, include_str!("../../testdata/answers-r3.csv")),
            (shipped::TELEWORK_R2, include_str!("../../testdata/answers-r2.csv")),
        ] {
            let form = Form::read(form).unwrap();
            let read = read_csv(&form, answers.as_bytes(), |_| true).unwrap();
            assert_eq!(read.len(), 1788);
            for (code, sheet) in &read {
                assert_eq!(crate::entry::check(&form, sheet, None), [], "{code}");
            }
            let written = write_csv(&form, &read, |code| format!("団体{code}"));
            assert_eq!(read_csv(&form, written.as_bytes(), |_| true).unwrap(), read);
        }
    }

    #[test]
    fn every_fault_is_named_by_line_and_column() {
        let text = format!(
            "{HEADER}\n010006,2021/10/1,正式に導入している,在宅勤務・在宅,,,,実施対象,\n010007,1,,,,,,,\n012025,1\n\
             ,,,,\n12033,１\n012033,５人,導入する予定はない・未定,,,,,,\n012033,5,導入する予定はない・未定,,,,,,\n"
        );
        assert_eq!(
            faults_of(&text),
            [
                "line 2, 一般行政職員数: \"2021/10/1\" is a date, not a number",
                "line 2, 形態: \"在宅\" is not one of the choices; several are divided by \"・\"",
                "line 3, code: not a body code",
                "line 6, code: not a body code (is it 012033?)",
                "line 8, code: the body stands twice",
            ]
        );
    }

    #[test]
    fn rows_of_a_workbook_read_like_lines_of_a_file() {
        let form = form();
        let text = include_str!("../../testdata/answers-r3.csv");
        let rows: Vec<Vec<String>> = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes())
            .records()
            .map(|record| {
                let mut row: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
                // A workbook does not keep empty cells at the end.
                while row.last().is_some_and(String::is_empty) {
                    row.pop();
                }
                row
            })
            .collect();
        assert_eq!(
            read_rows(&form, &rows, |_| true).map(|read| read.answers),
            read_csv(&form, text.as_bytes(), |_| true)
        );
        let mut longer = rows.clone();
        longer[2].extend(vec![String::new(); 20]);
        assert!(read_rows(&form, &longer, |_| true).is_ok(), "what is empty at the end is nothing");
        let width = longer[2].len();
        longer[2].push("備考".to_owned());
        longer[3][1] = "2021/10/1".to_owned();
        let faults = read_rows(&form, &longer, |_| true).unwrap_err();
        let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.at)).collect();
        assert_eq!(places, [(3, Some(width)), (4, Some(1))]);
        assert_eq!(faults[0].what, ImportError::NoHeading("備考".into()));
        assert!(read_rows(&form, &[], |_| true).is_err());
    }

    #[test]
    fn a_row_with_nothing_but_its_code_is_no_answer() {
        let text = |row: &str| {
            format!(
                "団体名,{HEADER}\n札幌市,011002,{row}\n函館市,012025,5,導入する予定はない・未定,,,,,,\n"
            )
        };
        for blank in ["", ",,,,,,,", " ,　,\u{200b},,,,,,,,,"] {
            let text = text(blank);
            let rows: Vec<Vec<String>> =
                text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
            let read = read_rows(&form(), &rows, |code| code.as_str() == "012025").unwrap();
            assert_eq!(read.answers.len(), 1);
            assert_eq!(read.empty, ["011002".parse().unwrap()]);
            assert_eq!(read.lines["012025".parse().as_ref().unwrap()], 3);
        }
        // One answer, and it is one: of a body that is not asked.
        let one = text("7,導入する予定はない・未定,,,,,,");
        let faults = read_csv(&form(), one.as_bytes(), |code| code.as_str() == "012025");
        assert_eq!(faults.unwrap_err()[0].what, ImportError::UnknownBody);
    }

    #[test]
    fn headings_are_read_as_they_look() {
        let header = "ｃｏｄｅ,一般 行政職員数,導入状況,形　態,除外職員数,実施可能職員数,利用職員数,非常勤職員,未導入\u{200b}理由,,";
        let text = format!("{header}\n０１２０２５,5,導入する予定はない・未定\n");
        assert_eq!(read_csv(&form(), text.as_bytes(), |_| true).unwrap().len(), 1);
        let note = format!("{header}\n012025,5,導入する予定はない・未定,,,,,,,メモ\n");
        let faults = read_csv(&form(), note.as_bytes(), |_| true).unwrap_err();
        assert_eq!(
            (faults[0].at, &faults[0].what),
            (Some(9), &ImportError::NoHeading("メモ".into()))
        );
    }

    #[test]
    fn a_header_of_another_form_is_refused() {
        assert_eq!(
            faults_of(
                "code,人数,一般行政職員数,一般行政職員数,導入状況,形態,除外職員数,実施可能職員数,利用職員数,非常勤職員\n"
            ),
            [
                "line 1, 人数: the form has no such column",
                "line 1, 一般行政職員数: the column stands twice",
                "line 1, 未導入理由: the column is missing"
            ]
        );
        assert_eq!(faults_of(""), ["line 0: not readable as CSV: no header"]);
        let unexpected = format!("{HEADER}\n010006,5,導入する予定はない・未定,,,,,,\n");
        assert_eq!(
            read_csv(&form(), unexpected.as_bytes(), |_| false).unwrap_err()[0].what,
            ImportError::UnknownBody
        );
    }

    #[test]
    fn reading_is_bounded() {
        let long = format!("{HEADER}\n010006,\"{}\"\n", "9".repeat(MAX_ROW_BYTES + 1));
        assert_eq!(
            read_csv(&form(), long.as_bytes(), |_| true).unwrap_err()[0].what,
            ImportError::TooMany
        );
        let broken = read_csv(&form(), &[0xff], |_| true).unwrap_err();
        assert!(matches!(broken[0].what, ImportError::Csv(_)));
        assert_eq!(
            read_csv(&form(), &vec![b'x'; MAX_BYTES + 1], |_| true).unwrap_err()[0].what,
            ImportError::FileTooLarge
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(0u8.., 0..300)) {
            let _ = read_csv(&form(), &bytes, |_| true);
        }

        #[test]
        fn no_row_panics(row in "[^\\x00]{0,60}") {
            let _ = read_csv(&form(), format!("{HEADER}\n010006,{row}\n").as_bytes(), |_| true);
        }
    }
}
