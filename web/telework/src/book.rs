//! The attendance book (出勤簿) as a workbook: one sheet a person, one row a day of the month.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use telework::close::{Row, Sheet};
use telework::time::{Calendar, Minutes, Month, tokyo};

use super::own_month::{clock, ordered, sessions};
use super::words;
use kit::error::Refusal;
use kit::http::Lang;

/// One sheet of the book.
pub(super) struct Person {
    /// 職員番号
    pub(super) login: String,
    /// 氏名
    pub(super) name: String,
    /// 所属名
    pub(super) division: String,
    /// Her month.
    pub(super) sheet: Sheet,
}

const HEADINGS: [&str; 9] =
    ["日", "曜", "命令", "始業", "終業", "勤務時間", "接続（記録）", "接続時間", "差・理由"];
const WIDTHS: [f64; 9] = [5.0, 5.0, 30.0, 8.0, 8.0, 10.0, 34.0, 10.0, 50.0];

/// The book. Every cell is text: nothing in it is computed, and a name that begins with `=` stays a
/// name.
pub(super) fn workbook(
    body: &str,
    month: Month,
    closed: bool,
    people: &[Person],
    calendar: &Calendar,
) -> Result<Vec<u8>, Refusal> {
    let internal = |error: XlsxError| Refusal::Internal(error.to_string());
    let mut book = Workbook::new();
    for (at, person) in people.iter().enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(at, &person.login)).map_err(internal)?;
        fill(sheet, body, month, closed, person, calendar).map_err(internal)?;
    }
    book.save_to_buffer().map_err(internal)
}

/// Unique by its number; a sheet's name has 31 characters and none of `[]:*?/\`.
fn sheet_name(at: usize, login: &str) -> String {
    format!("{}_{login}", at + 1).chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(31).collect()
}

fn fill(
    sheet: &mut Worksheet,
    body: &str,
    month: Month,
    closed: bool,
    person: &Person,
    calendar: &Calendar,
) -> Result<(), XlsxError> {
    let title = Format::new().set_bold().set_font_size(14);
    let plain = Format::new().set_num_format_index(49);
    let cell = Format::new()
        .set_num_format_index(49)
        .set_border(FormatBorder::Thin)
        .set_text_wrap()
        .set_align(FormatAlign::Top);
    let head = cell.clone().set_bold();
    let state = if closed { "締め済み" } else { "締め前" };
    sheet.write_string_with_format(
        0,
        0,
        format!("出勤簿（テレワーク） {}年{}月", month.year, month.month),
        &title,
    )?;
    sheet.write_string_with_format(
        1,
        0,
        format!("{body}　{}　{}　{}　（{state}）", person.division, person.login, person.name),
        &plain,
    )?;
    for (column, (text, width)) in (0u16..).zip(HEADINGS.iter().zip(WIDTHS)) {
        sheet.write_string_with_format(3, column, *text, &head)?;
        sheet.set_column_width(column, width)?;
    }
    let rows: BTreeMap<Date, &Row> = person.sheet.rows.iter().map(|row| (row.day, row)).collect();
    let mut at = 4;
    for day in days(month) {
        for (column, text) in (0u16..).zip(cells(day, rows.get(&day).copied(), calendar)) {
            sheet.write_string_with_format(at, column, text, &cell)?;
        }
        at += 1;
    }
    let sums = [
        format!(
            "命じられた日 {}日（うち在宅勤務 {}日）",
            person.sheet.days, person.sheet.home_days
        ),
        format!("勤務 {}", hours(person.sheet.worked())),
        format!("接続 {}", hours(person.sheet.connected())),
        format!("時間外 {}", hours(person.sheet.overtime())),
    ];
    for (text, row) in sums.iter().zip(at + 1..) {
        sheet.write_string_with_format(row, 0, text, &plain)?;
    }
    sheet.set_landscape();
    sheet.set_paper_size(9); // A4
    sheet.set_print_fit_to_pages(1, 1);
    sheet.set_freeze_panes(4, 0)?;
    Ok(())
}

fn days(month: Month) -> impl Iterator<Item = Date> {
    let (first, last) =
        month.days().map_or((None, None), |(first, last)| (Some(first), Some(last)));
    std::iter::successors(first, |day| day.tomorrow().ok())
        .take_while(move |day| last.is_some_and(|last| *day <= last))
}

fn cells(day: Date, row: Option<&Row>, calendar: &Calendar) -> [String; 9] {
    let week = ["月", "火", "水", "木", "金", "土", "日"];
    let name = week
        .get(usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0))
        .copied()
        .unwrap_or("");
    let at = |at: Option<jiff::Timestamp>| {
        at.map_or(String::new(), |at| tokyo(at).strftime("%H:%M").to_string())
    };
    let off = calendar
        .off(day)
        .map_or(String::new(), |off| format!("（{}）", words::day_off(Lang::Ja, off)));
    let mut cells: [String; 9] = std::array::from_fn(|_| String::new());
    cells[0] = day.day().to_string();
    cells[1] = name.to_owned();
    cells[8].clone_from(&off);
    let Some(row) = row else { return cells };
    let differences: Vec<String> =
        row.differences.iter().map(|one| words::difference(Lang::Ja, *one)).collect();
    let reason = row.reason.as_ref().map_or(String::new(), |why| format!("理由：{why}"));
    cells[2] = ordered(Lang::Ja, &row.ordered);
    cells[3] = at(row.began);
    cells[4] = at(row.ended);
    cells[5] = clock(row.worked);
    cells[6] = sessions(Lang::Ja, &row.connections);
    cells[7] = clock(row.connected);
    cells[8] = [off, differences.join("、"), reason]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("　");
    cells
}

fn hours(minutes: Minutes) -> String {
    words::minutes(Lang::Ja, minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_has_a_sheet_a_person_and_a_row_for_every_day_of_february() {
        let person = |login: &str, name: &str| Person {
            login: login.into(),
            name: name.into(),
            division: "総務課".into(),
            sheet: Sheet::default(),
        };
        let people = [
            person("sato", "=1+1"),
            person("a/very:long*login?that[does]not_fit_into_a_name", "加藤"),
        ];
        let month = Month { year: 2024, month: 2 };
        let bytes = workbook("千代田区", month, true, &people, &Calendar::default()).unwrap();
        let cells = crate::testing::first_sheet(&bytes);
        assert!(cells[0][0].contains("2024年2月") && cells[1][0].contains("=1+1"));
        assert_eq!(
            (cells[4][0].as_str(), cells[32][0].as_str(), cells[32][1].as_str()),
            ("1", "29", "木")
        );
        assert!(cells[34][0].starts_with("命じられた日 0日"));
        assert_eq!(days(month).count(), 29);
    }
}
