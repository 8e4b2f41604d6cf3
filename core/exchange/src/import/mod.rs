//! Answers as CSV: one row a body, columns by the form. Reading is bounded and reports every fault
//! by line and column.
//! `write` is the way out, `fault` what can be wrong.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::body::BodyCode;
use crate::form::{CODE_COLUMN, Form, Kind, Question};
use crate::typed::{self, BadText};
use crate::value::{QuestionId, Sheet, Value};

mod fault;
mod write;

pub use fault::{ImportError, ImportFault};
pub use write::{csv_field, fields, headers, write_csv};

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
    Answer(&'f Question),
    Cell { question: &'f Question, row: &'f str, column: &'f str, unit: &'f str },
    Reason(&'f QuestionId),
}

/// Reads the answers of `expected` bodies (all, when it says so for every code).
///
/// Either every row was read, or the faults say what is wrong; a caller that imports does so only
/// in the first case. Sheets come as they stand in the file: routing, ranges and sums are
/// [`crate::entry::check`]'s.
///
/// # Errors
/// Every fault up to [`MAX_FAULTS`], in the order of the file.
pub fn read_csv(
    form: &Form,
    bytes: &[u8],
    expected: impl Fn(BodyCode) -> bool,
) -> Result<Answers, Vec<ImportFault>> {
    let whole = |what| vec![ImportFault { line: 0, column: None, what }];
    if bytes.len() > MAX_BYTES {
        return Err(whole(ImportError::FileTooLarge));
    }
    let text = str::from_utf8(bytes).map_err(|_| whole(ImportError::NotUtf8))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut rows = Rows {
        form,
        expected,
        places: Vec::new(),
        count: 0,
        faults: Vec::new(),
        answers: Answers::new(),
    };
    loop {
        if !reader
            .read_record(&mut record)
            .map_err(|error| whole(ImportError::Csv(error.to_string())))?
        {
            break;
        }
        let line = record.position().map_or(0, csv::Position::line);
        if !rows.take(line, &record)? {
            break;
        }
    }
    rows.finish()
}

/// The same from rows that were taken out of a workbook; a row that ends early has empty fields
/// there. Lines are rows from 1.
///
/// # Errors
/// As for [`read_csv`].
pub fn read_rows(
    form: &Form,
    rows: &[Vec<String>],
    expected: impl Fn(BodyCode) -> bool,
) -> Result<Answers, Vec<ImportFault>> {
    let mut taken = Rows {
        form,
        expected,
        places: Vec::new(),
        count: 0,
        faults: Vec::new(),
        answers: Answers::new(),
    };
    for (line, row) in (1u64..).zip(rows) {
        let mut record =
            csv::StringRecord::from(row.iter().map(String::as_str).collect::<Vec<_>>());
        // Not the other way: what stands beyond the last column is somebody's answer in the wrong
        // place.
        for _ in record.len()..taken.places.len() {
            record.push_field("");
        }
        if !taken.take(line, &record)? {
            break;
        }
    }
    taken.finish()
}

/// Rows as they come, the header first.
struct Rows<'f, E> {
    form: &'f Form,
    expected: E,
    places: Vec<Place<'f>>,
    count: usize,
    faults: Vec<ImportFault>,
    answers: Answers,
}

impl<E: Fn(BodyCode) -> bool> Rows<'_, E> {
    /// Takes a row; says whether to go on.
    fn take(&mut self, line: u64, record: &csv::StringRecord) -> Result<bool, Vec<ImportFault>> {
        if self.places.is_empty() {
            self.places = header(self.form, record)?;
            return Ok(true);
        }
        self.count += 1;
        if self.count > MAX_ROWS || record.as_slice().len() > MAX_ROW_BYTES {
            self.faults.push(ImportFault { line, column: None, what: ImportError::TooMany });
            return Ok(false);
        }
        if record.iter().all(|field| field.trim().is_empty()) {
            return Ok(true);
        }
        if record.len() != self.places.len() {
            let what = ImportError::FieldCount(record.len(), self.places.len());
            self.faults.push(ImportFault { line, column: None, what });
        } else {
            self.answer(line, record);
        }
        Ok(self.faults.len() < MAX_FAULTS)
    }

    fn answer(&mut self, line: u64, record: &csv::StringRecord) {
        let before = self.faults.len();
        let (code, sheet) = row(self.form, &self.places, record, line, &mut self.faults);
        let Some(code) = code else { return };
        let fault = if (self.expected)(code) {
            match self.answers.entry(code) {
                Entry::Occupied(_) => ImportError::BodyTwice,
                Entry::Vacant(place) => {
                    if self.faults.len() == before {
                        place.insert(sheet);
                    }
                    return;
                }
            }
        } else {
            ImportError::UnknownBody
        };
        self.faults.push(ImportFault { line, column: Some(CODE_COLUMN.to_owned()), what: fault });
    }

    fn finish(self) -> Result<Answers, Vec<ImportFault>> {
        if self.places.is_empty() {
            return Err(vec![ImportFault {
                line: 0,
                column: None,
                what: ImportError::Csv("no header".to_owned()),
            }]);
        }
        if self.faults.is_empty() { Ok(self.answers) } else { Err(self.faults) }
    }
}

fn header<'f>(
    form: &'f Form,
    record: &csv::StringRecord,
) -> Result<Vec<Place<'f>>, Vec<ImportFault>> {
    let mut wanted = columns(form);
    wanted.insert(CODE_COLUMN.to_owned(), (Place::Code, true));
    for name in IGNORED {
        wanted.entry(name.to_owned()).or_insert((Place::Ignored, false));
    }
    let names: Vec<String> = wanted.keys().cloned().collect();
    let mut places = Vec::with_capacity(record.len().min(wanted.len()));
    let mut faults = Vec::new();
    for field in record.iter().take(MAX_FAULTS) {
        let name = field.trim();
        match wanted.remove(name) {
            Some((place, _)) => places.push(place),
            None => {
                let twice = names.iter().any(|n| n == name);
                let what =
                    if twice { ImportError::ColumnTwice } else { ImportError::UnknownColumn };
                let column = Some(name.chars().take(40).collect());
                faults.push(ImportFault { line: 1, column, what });
            }
        }
    }
    for (name, _) in wanted.into_iter().filter(|(_, (_, must))| *must) {
        faults.push(ImportFault { line: 1, column: Some(name), what: ImportError::NoColumn });
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
                (Place::Reason(&question.id), false),
            );
        }
    }
    columns
}

/// The name of a cell's column.
fn cell_column(question: &Question, row: &str, column: &str) -> String {
    format!("{}/{row}/{column}", question.column)
}

fn row(
    form: &Form,
    places: &[Place<'_>],
    record: &csv::StringRecord,
    line: u64,
    faults: &mut Vec<ImportFault>,
) -> (Option<BodyCode>, Sheet) {
    let mut sheet = Sheet::default();
    let mut code = None;
    for (place, field) in places.iter().zip(record) {
        let (column, what): (&str, ImportError) = match place {
            Place::Ignored => continue,
            Place::Code => match field.trim().parse() {
                Ok(read) => {
                    code = Some(read);
                    continue;
                }
                Err(error) => (CODE_COLUMN, ImportError::Code(error)),
            },
            Place::Answer(question) => match typed::parse(question, field) {
                Ok(value) => {
                    sheet.set(&question.id, value);
                    continue;
                }
                Err(error) => (&question.column, error.into()),
            },
            Place::Cell { question, row, column, unit } => match typed::parse_cell(field, unit) {
                Ok(None) => continue,
                Ok(Some(n)) => {
                    let cells = sheet
                        .values
                        .entry(question.id.clone())
                        .or_insert_with(|| Value::Cells(BTreeMap::new()));
                    if let Value::Cells(cells) = cells {
                        cells.entry((*row).to_owned()).or_default().insert((*column).to_owned(), n);
                    }
                    continue;
                }
                Err(error) => (&question.column, error.into()),
            },
            Place::Reason(id) => {
                let reason = field.trim();
                if reason.chars().count() > 1000 {
                    (id.as_str(), BadText::TooLong.into())
                } else {
                    if !reason.is_empty() {
                        sheet.reasons.insert((*id).clone(), reason.to_owned());
                    }
                    continue;
                }
            }
        };
        faults.push(ImportFault { line, column: Some(column.to_owned()), what });
    }
    // An empty field of an asked question can mean 不明; whether it is asked needs the whole row.
    for question in form.questions.iter().filter(|q| q.blank_is_unknown) {
        if !sheet.values.contains_key(&question.id) && form.asked(question, &sheet) {
            sheet.values.insert(question.id.clone(), Value::Unknown);
        }
    }
    (code, sheet)
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
             012033,５人,導入する予定はない・未定,,,,,,\n012033,5,導入する予定はない・未定,,,,,,\n"
        );
        assert_eq!(
            faults_of(&text),
            [
                "line 2, 一般行政職員数: \"2021/10/1\" is a date, not a number",
                "line 2, 形態: \"在宅\" is not one of the choices",
                "line 3, code: not a body code",
                "line 4: the row has 2 fields, the header 9",
                "line 6, code: the body stands twice",
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
        assert_eq!(read_rows(&form, &rows, |_| true), read_csv(&form, text.as_bytes(), |_| true));
        let mut longer = rows.clone();
        longer[2].extend(vec![String::new(); 20]);
        longer[3][1] = "2021/10/1".to_owned();
        let faults = read_rows(&form, &longer, |_| true).unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [3, 4]);
        assert!(read_rows(&form, &[], |_| true).is_err());
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
        assert_eq!(read_csv(&form(), &[0xff], |_| true).unwrap_err()[0].what, ImportError::NotUtf8);
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
