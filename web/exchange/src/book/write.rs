//! Writing a form as a workbook, empty, filled or marked.

use std::collections::BTreeMap;

use exchange::form::{Kind, Question};
use exchange::typed::display;
use exchange::value::{Sheet, Value};
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DataValidationRule, Format, FormatBorder,
    Formula, Note, Workbook, Worksheet, XlsxError,
};

use super::{
    ABOUT, ANSWER_COLUMN, ANSWERS, CHOSEN, MAGIC, REASON_COLUMN, Subject, Target, UNIT_COLUMN,
    choices, layout,
};

/// Where faults are told beside the line.
const FAULT_COLUMN: u16 = 7;

/// What was typed into a workbook that was refused, and why: for the marked copy.
#[derive(Clone, Copy, Debug)]
pub struct Marked<'a> {
    /// The text of every cell that was filled in, by name of the cell.
    pub typed: &'a BTreeMap<String, String>,
    /// The faults: name of the cell, and what to tell.
    pub faults: &'a [(String, String)],
}

/// The workbook's bytes: with `sheet` filled in, last year's answers beside it, and with `marked`
/// as it was typed, the faults in colour with a note each.
///
/// Every answer is written as a plain value. Text that begins like a formula stays text.
///
/// # Errors
/// What the writer reports.
pub fn write(
    subject: &Subject<'_>,
    sheet: &Sheet,
    previous: Option<&Sheet>,
    marked: Option<Marked<'_>>,
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let lists = lists(subject);
    let page = book.add_worksheet();
    page.set_name(ANSWERS)?;
    head(page, subject)?;
    let border = |format: Format| format.set_border(FormatBorder::Thin).set_text_wrap();
    let (fixed, open) = (
        border(Format::new()),
        border(Format::new()).set_unlocked().set_background_color(Color::RGB(0x00FF_FDE7)),
    );
    // What is not a number stays as it is typed: a telephone number, a code, a date.
    let words = open.clone().set_num_format_index(49);
    let wrong = border(Format::new()).set_unlocked().set_background_color(Color::RGB(0x00FF_C7CE));
    let told = border(Format::new()).set_bold().set_font_color(Color::RGB(0x00B0_0000));
    if marked.is_some() {
        page.write_string_with_format(super::FIRST_ROW - 1, FAULT_COLUMN, "確認事項", &told)?;
        page.set_column_width(FAULT_COLUMN, 48)?;
    }
    for line in layout(subject.form) {
        let question = line.question;
        page.write_with_format(line.row, 0, question.id.as_str(), &fixed)?;
        page.write_with_format(line.row, 1, &line.label, &fixed)?;
        let Some(target) = line.target else {
            page.write_with_format(line.row, 5, &question.guidance, &fixed)?;
            continue;
        };
        page.write_with_format(line.row, UNIT_COLUMN, unit(question), &fixed)?;
        let guidance =
            if matches!(target, Target::Answer(_)) { question.guidance.as_str() } else { "" };
        page.write_with_format(line.row, 5, guidance, &fixed)?;
        page.write_with_format(line.row, 6, text(target, question, previous), &fixed)?;
        if let Some(rule) = validation(question, target, &lists)? {
            page.add_data_validation(line.row, ANSWER_COLUMN, line.row, ANSWER_COLUMN, &rule)?;
        }
        let mut fields = vec![(ANSWER_COLUMN, text(target, question, Some(sheet)))];
        if question.change.is_some() {
            fields.push((
                REASON_COLUMN,
                sheet.reasons.get(&question.id).cloned().unwrap_or_default(),
            ));
        }
        for (column, value) in fields {
            let name = kit::sheet::cell_name(line.row, column);
            let value = marked.map_or(value, |m| m.typed.get(&name).cloned().unwrap_or_default());
            let faults: Vec<&str> = marked
                .iter()
                .flat_map(|m| m.faults)
                .filter(|(cell, _)| *cell == name)
                .map(|(_, words)| words.as_str())
                .collect();
            let is_number = column == ANSWER_COLUMN
                && matches!(
                    question.kind,
                    Kind::Number { .. } | Kind::Money { .. } | Kind::Grid { .. }
                );
            let open = if is_number { &open } else { &words };
            let format = match (faults.is_empty(), is_number) {
                (true, _) => open,
                (false, true) => &wrong,
                (false, false) => &wrong.clone().set_num_format_index(49),
            };
            // Numbers as numbers; everything else as text, which a workbook never computes.
            match value.parse::<i32>() {
                Ok(number) if is_number && value == number.to_string() => {
                    page.write_with_format(line.row, column, number, format)?
                }
                _ => {
                    let value = text::guard::kept(&value);
                    page.write_string_with_format(line.row, column, value, format)?
                }
            };
            if !faults.is_empty() {
                // Beside the line too: a note is easily missed, and lost on paper.
                page.write_string_with_format(line.row, FAULT_COLUMN, faults.join("\n"), &told)?;
                page.insert_note(
                    line.row,
                    column,
                    &Note::new(faults.join("\n")).set_author("Noren"),
                )?;
            }
        }
    }
    for (column, width) in [(0, 14), (1, 48), (2, 32), (3, 8), (4, 28), (5, 60), (6, 24)] {
        page.set_column_width(column, width)?;
    }
    page.set_freeze_panes(super::FIRST_ROW, 0)?;
    page.protect();
    about(&mut book, subject, &lists)?;
    book.save_to_buffer()
}

fn head(page: &mut Worksheet, subject: &Subject<'_>) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    page.write_with_format(
        0,
        0,
        format!("{} {}", subject.form.title, subject.form.name.version),
        &bold,
    )?;
    page.write(1, 0, format!("{} {}", subject.body, subject.body_name))?;
    page.write(
        2,
        0,
        "色の付いた欄に入力してください。選択肢のある項目は一覧から選びます。数式は使えません。",
    )?;
    let head = Format::new()
        .set_bold()
        .set_border(FormatBorder::Thin)
        .set_background_color(Color::RGB(0x00E8_EEF4));
    for (at, name) in (0u16..).zip(super::HEADINGS) {
        page.write_with_format(super::FIRST_ROW - 1, at, name, &head)?;
    }
    Ok(())
}

/// Where the choices of each one-of question stand on the hidden sheet: a list in a rule holds at
/// most 255 characters.
fn lists<'f>(subject: &Subject<'f>) -> BTreeMap<&'f str, (u16, Vec<&'f str>)> {
    let one_of = subject.form.questions.iter().filter(|q| matches!(q.kind, Kind::OneOf { .. }));
    (1u16..)
        .zip(one_of)
        .map(|(column, q)| {
            let mut labels: Vec<&str> = choices(q).iter().map(|c| c.label.as_str()).collect();
            labels.extend(q.unknown.then_some(exchange::typed::UNKNOWN));
            (q.id.as_str(), (column, labels))
        })
        .collect()
}

fn about(
    book: &mut Workbook,
    subject: &Subject<'_>,
    lists: &BTreeMap<&str, (u16, Vec<&str>)>,
) -> Result<(), XlsxError> {
    let page = book.add_worksheet();
    page.set_name(ABOUT)?;
    let name = &subject.form.name;
    for (row, text) in
        (0u32..).zip([MAGIC, name.id.as_str(), name.version.as_str(), subject.body.as_str()])
    {
        page.write_string(row, 0, text)?;
    }
    for (column, labels) in lists.values() {
        for (row, label) in (0u32..).zip(labels) {
            page.write_string(row, *column, *label)?;
        }
    }
    page.set_hidden(true);
    page.protect();
    Ok(())
}

fn validation(
    question: &Question,
    target: Target,
    lists: &BTreeMap<&str, (u16, Vec<&str>)>,
) -> Result<Option<DataValidation>, XlsxError> {
    let rule = DataValidation::new();
    let rule = match (&question.kind, target) {
        (_, Target::Choice(..)) => rule.allow_list_strings(&[CHOSEN])?,
        (Kind::OneOf { .. }, Target::Answer(_)) => {
            let Some((column, labels)) = lists.get(question.id.as_str()) else { return Ok(None) };
            let letter = kit::sheet::cell_name(0, *column);
            let letter = letter.trim_end_matches(|c: char| c.is_ascii_digit());
            rule.allow_list_formula(Formula::new(format!(
                "={ABOUT}!${letter}$1:${letter}${}",
                labels.len()
            )))
        }
        (Kind::Number { range, .. } | Kind::Money { range, .. } | Kind::Grid { range, .. }, _)
            if !question.unknown =>
        {
            let bound =
                |n: Option<i64>, open: i32| n.map_or(open, |n| i32::try_from(n).unwrap_or(open));
            rule.allow_whole_number(DataValidationRule::Between(
                bound(range.min, i32::MIN),
                bound(range.max, i32::MAX),
            ))
        }
        _ => return Ok(None),
    };
    // Amounts beyond a rule's reach are warned about here and judged when the workbook is read.
    Ok(Some(
        rule.set_error_style(DataValidationErrorStyle::Warning)
            .set_error_message("この項目に使えない値です。")?,
    ))
}

pub(super) fn unit(question: &Question) -> &str {
    match &question.kind {
        Kind::Number { unit, .. } | Kind::Money { unit, .. } | Kind::Grid { unit, .. } => unit,
        _ => "",
    }
}

/// The text of a target in a sheet.
fn text(target: Target, question: &Question, sheet: Option<&Sheet>) -> String {
    let Some(value) = sheet.and_then(|sheet| sheet.values.get(&question.id)) else {
        return String::new();
    };
    match (target, value) {
        (Target::Choice(_, at), Value::Many(chosen)) => choices(question)
            .get(at)
            .filter(|c| chosen.contains(&c.id))
            .map(|_| CHOSEN.to_owned())
            .unwrap_or_default(),
        (Target::Cell(_, row, column), Value::Cells(cells)) => match &question.kind {
            Kind::Grid { rows, columns, .. } => rows
                .get(row)
                .zip(columns.get(column))
                .and_then(|(row, column)| cells.get(&row.id)?.get(&column.id))
                .map(i64::to_string)
                .unwrap_or_default(),
            _ => String::new(),
        },
        (Target::Answer(_), value) => display(question, value),
        _ => String::new(),
    }
}
