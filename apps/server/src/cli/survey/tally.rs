//! `noren-server survey tally`: tables from files of answers.

use std::io::Write;
use std::path::{Path, PathBuf};

use exchange::form::{Form, shipped};
use exchange::import::{Answers, ImportFault, MAX_BYTES, read_rows};
use exchange::tally::{Year, render, tally};
use kit::sheet;

use web_exchange::tables::workbook;

use super::{SurveyError, read, read_form};

/// Arguments of `survey tally`.
#[derive(Debug, clap::Args)]
pub struct TallyArgs {
    /// The form file
    #[arg(long)]
    pub form: PathBuf,
    /// The answers, a CSV or a workbook (xlsx) with a row a body
    #[arg(long)]
    pub answers: PathBuf,
    /// Last year's answers, for the figures in brackets
    #[arg(long)]
    pub previous: Option<PathBuf>,
    /// Last year's form; otherwise the version that the form names as previous, beside it or
    /// shipped, or else the same form
    #[arg(long, requires = "previous")]
    pub previous_form: Option<PathBuf>,
    /// How to write the tables
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Count the bodies of one prefecture only, by its six-digit code
    #[arg(long)]
    pub prefecture: Option<people::BodyCode>,
    /// The file to write; otherwise standard output
    #[arg(long, short)]
    pub output: Option<PathBuf>,
}

/// How tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For reading on a terminal
    Text,
    /// table,row,column,count,base,percent,previous_count,previous_base,previous_percent
    Csv,
    /// A workbook, a sheet a table
    Xlsx,
    /// The same cells as objects
    Json,
    /// A4 in the shape of an annex to a notice
    Pdf,
}

pub(super) fn run(args: &TallyArgs, out: &mut dyn Write) -> Result<(), SurveyError> {
    let form = read_form(&args.form)?;
    let answers = read_answers(&form, &args.answers)?;
    let previous = match &args.previous {
        Some(path) => {
            let form = previous_form(args, &form)?;
            let answers = read_answers(&form, path)?;
            Some((form, answers))
        }
        None => None,
    };
    let year = Year { form: &form, answers: &answers };
    let past = previous.as_ref().map(|(form, answers)| Year { form, answers });
    let keep = |body: &people::Body| {
        args.prefecture.is_none_or(|code| exchange::body::prefecture_of(body.code) == code)
    };
    let known = people::Bodies::default();
    let tallies = tally(&known, year, past, keep)?;
    let bytes = match args.format {
        Format::Text => render(&tallies, exchange::tally::Format::Text).into_bytes(),
        Format::Csv => render(&tallies, exchange::tally::Format::Csv).into_bytes(),
        Format::Json => render(&tallies, exchange::tally::Format::Json).into_bytes(),
        Format::Xlsx => workbook::tables(&tallies)?,
        Format::Pdf => {
            let scope = args.prefecture.map(|code| format!("{}内の団体", known.full_name(code)));
            kit::papers::print(&web_exchange::annex::annex(
                &form,
                &tallies,
                &scope.unwrap_or_default(),
                "",
            ))?
        }
    };
    match &args.output {
        Some(path) => {
            std::fs::write(path, bytes).map_err(|error| SurveyError::File(path.clone(), error))
        }
        None => out.write_all(&bytes).and_then(|()| out.flush()).map_err(SurveyError::Output),
    }
}

fn read_answers(form: &Form, path: &Path) -> Result<Answers, SurveyError> {
    let bytes = read(path, MAX_BYTES as u64)?;
    let named = |text: String| format!("{}: {text}", path.display());
    let table = sheet::table(&bytes);
    let table = table.map_err(|fault| SurveyError::Faults(vec![named(both(fault.words()))]))?;
    if !table.odd.is_empty() {
        let one = |odd: &sheet::OddCell| named(format!("{} {}", odd.cell(), both(odd.words())));
        return Err(SurveyError::Faults(table.odd.iter().map(one).collect()));
    }
    let known = people::Bodies::default();
    let read = read_rows(form, &table.rows, |code| exchange::body::body(&known, code).is_ok());
    let read = read.map_err(|faults| {
        let one = |fault: &ImportFault| {
            let at = fault.at.and_then(|at| u16::try_from(at).ok());
            let row = u32::try_from(fault.line.saturating_sub(1)).unwrap_or(u32::MAX);
            let cell = at.map(|at| format!("{}: ", sheet::cell_name(row, at)));
            named(format!("{}{fault} / {}", cell.unwrap_or_default(), fault.what.ja()))
        };
        SurveyError::Faults(faults.iter().map(one).collect())
    })?;
    if !read.empty.is_empty() {
        let codes: Vec<&str> = read.empty.iter().take(10).map(|code| code.as_str()).collect();
        tracing::warn!(
            count = read.empty.len(),
            first = codes.join(" "),
            "rows without an answer are not counted"
        );
    }
    Ok(read.answers)
}

fn both((ja, en): (String, String)) -> String {
    format!("{en} / {ja}")
}

/// Last year's form: as named; or the version this one names, from the files beside it and then
/// from those shipped. A form that names none is used for both years.
fn previous_form(args: &TallyArgs, form: &Form) -> Result<Form, SurveyError> {
    if let Some(path) = &args.previous_form {
        let previous = read_form(path)?;
        if previous.name.id != form.name.id {
            return Err(SurveyError::OtherSurvey(previous.name.id, form.name.id.clone()));
        }
        return Ok(previous);
    }
    let Some(version) = &form.previous else { return Ok(form.clone()) };
    let wanted = |found: &Form| found.name.id == form.name.id && found.name.version == *version;
    let folder = args
        .form
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let beside =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    // Other files there may be anything; only one that is a good form of the wanted version counts.
    let mut forms: Vec<PathBuf> =
        beside.filter(|path| path.extension().is_some_and(|e| e == "toml")).take(1000).collect();
    forms.sort();
    forms
        .iter()
        .filter_map(|path| read_form(path).ok())
        .chain(shipped::ALL.into_iter().filter_map(|source| Form::read(source).ok()))
        .find(wanted)
        .ok_or_else(|| SurveyError::NoPreviousForm(version.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};
    use std::io::Cursor;

    const CORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/exchange");

    fn args(format: Format) -> TallyArgs {
        let core = Path::new(CORE);
        TallyArgs {
            form: core.join("forms/telework-r3.toml"),
            answers: core.join("testdata/answers-r3.csv"),
            previous: Some(core.join("testdata/answers-r2.csv")),
            previous_form: None,
            format,
            prefecture: None,
            output: None,
        }
    }

    fn output(args: &TallyArgs) -> Vec<u8> {
        let mut out = Vec::new();
        run(args, &mut out).unwrap();
        out
    }

    #[test]
    fn csv_holds_the_total_of_annex_1() {
        let csv = String::from_utf8(output(&args(Format::Csv))).unwrap();
        assert!(csv.contains("\n導入状況,301名以上,導入,432,556,77.7,213,561,38.0\n"), "{csv}");
        assert!(csv.contains("\n導入状況,合計,導入,916,1788,51.2,406,1788,22.7\n"), "{csv}");
    }

    #[test]
    fn the_workbook_holds_the_same_numbers_as_the_csv() {
        let csv = String::from_utf8(output(&args(Format::Csv))).unwrap();
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(output(&args(Format::Xlsx)))).unwrap();
        let sheet = book.worksheet_range("数値").unwrap();
        let rows: Vec<String> = sheet
            .rows()
            .map(|row| {
                let text = |cell: &Data| match cell {
                    Data::Float(n) => n.to_string(),
                    Data::Empty => String::new(),
                    other => other.to_string(),
                };
                row.iter().map(text).collect::<Vec<_>>().join(",")
            })
            .collect();
        // 77.70 and 38 are one number to a workbook: compare as such.
        let plain = |line: &str| {
            let fields =
                line.split(',').map(|field| field.strip_suffix(".0").unwrap_or(field).to_owned());
            fields.collect::<Vec<_>>().join(",")
        };
        assert_eq!(rows, csv.lines().map(plain).collect::<Vec<_>>());
        assert_eq!(
            book.sheet_names(),
            ["導入状況", "形態", "実施可能", "利用率", "非常勤", "理由", "数値"]
        );
    }

    #[test]
    fn the_pdf_has_the_figures_of_annex_1() {
        web_testing::papers::press();
        let text = web_testing::papers::text(&output(&args(Format::Pdf)));
        assert!(
            text.contains("合計では916団体（51.2％）が「導入」（前回は406団体（22.7％））"),
            "{text}"
        );
        for figure in ["1,721", "1,379", "80.1", "432", "77.7"] {
            assert!(text.contains(figure), "{figure}: {text}");
        }
    }

    #[test]
    fn a_file_as_programs_save_it_counts_like_the_published_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut with = args(Format::Csv);
        let text = std::fs::read_to_string(&with.answers).unwrap();
        let whole = output(&with);
        with.answers = folder.path().join("answers.csv");
        // A row with nothing but its code is no answer.
        let short: String =
            text.lines().map(|line| format!("{}\r\n", line.trim_end_matches(','))).collect();
        let wide: String = text.lines().map(|line| format!("{line},,\n")).collect();
        let tabs = format!("\u{feff}{}", text.replace(',', "\t"));
        let utf16 = tabs.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [short.into_bytes(), wide.into_bytes(), utf16] {
            std::fs::write(&with.answers, bytes).unwrap();
            assert_eq!(output(&with), whole);
        }
        let mut rows = text.lines();
        let few: Vec<String> =
            [rows.next().unwrap().to_owned(), rows.next().unwrap().to_owned(), "011002".to_owned()]
                .into();
        std::fs::write(&with.answers, few.join("\n")).unwrap();
        let csv = String::from_utf8(output(&with)).unwrap();
        assert!(
            csv.lines().any(|line| line.starts_with("導入状況,合計,導入,") && line.contains(",1,")),
            "{csv}"
        );
    }

    #[test]
    fn one_prefecture_is_counted_alone() {
        let mut args = args(Format::Csv);
        args.prefecture = Some("010006".parse().unwrap());
        let csv = String::from_utf8(output(&args)).unwrap();
        assert!(
            csv.lines()
                .any(|line| line.starts_with("導入状況,合計,導入,") && line.contains(",180,")),
            "{csv}"
        );
    }

    #[test]
    fn faults_are_told_with_file_line_and_column() {
        let folder = tempfile::tempdir().unwrap();
        let broken = folder.path().join("broken.toml");
        std::fs::write(&broken, shipped::TELEWORK_R3.replacen("required", "requierd", 1)).unwrap();
        let mut with = args(Format::Csv);
        with.form = broken.clone();
        let error = run(&with, &mut Vec::new()).unwrap_err().to_string();
        assert_eq!(error, format!("{}:20:1: unknown key `requierd`", broken.display()));

        let mut with = args(Format::Csv);
        with.answers = folder.path().join("answers.csv");
        std::fs::write(&with.answers, "code,一般行政職員数\n010006,1\n").unwrap();
        let error = run(&with, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("line 1, 導入状況: the column is missing"), "{error}");

        // Lines are those that people see, whatever ends them and however many are empty.
        let answers = std::fs::read_to_string(args(Format::Csv).answers).unwrap();
        let mut lines: Vec<String> = answers.lines().map(str::to_owned).collect();
        let column = lines[0].split(',').position(|name| name == "一般行政職員数").unwrap();
        let mut cells: Vec<&str> = lines[9].split(',').collect();
        cells[column] = "80%";
        lines[9] = cells.join(",");
        drop(lines.splice(4..4, [String::new(), ",,,".to_owned()]));
        let cell = sheet::cell_name(11, u16::try_from(column).unwrap());
        for end in ["\n", "\r\n"] {
            std::fs::write(&with.answers, lines.join(end)).unwrap();
            let error = run(&with, &mut Vec::new()).unwrap_err().to_string();
            assert!(error.contains(&format!("{cell}: line 12, 一般行政職員数")), "{error}");
        }
    }
}
