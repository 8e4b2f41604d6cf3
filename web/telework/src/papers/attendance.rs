//! 出勤簿: one person's month, as the close sees it.

use jiff::civil::Date;
use paper::{Attendance, AttendanceBook, AttendanceDay, Paper, Total};
use telework::close::Sheet;
use telework::time::{Calendar, Minutes, Month, Off, tokyo};

use crate::words;
use kit::http::Lang;

/// Whose month it is, with what was reported and counted.
#[derive(Clone, Debug)]
pub(crate) struct Book<'a> {
    /// The body.
    pub body: &'a str,
    /// The division.
    pub division: &'a str,
    /// The person.
    pub name: &'a str,
    /// The month.
    pub month: Month,
    /// Whether it is closed.
    pub closed: bool,
    /// Working days.
    pub calendar: &'a Calendar,
    /// What the close makes of the month.
    pub sheet: &'a Sheet,
}

/// Months of several people, a page each.
#[must_use]
pub(crate) fn together(body: &str, books: &[Book<'_>]) -> Paper {
    Paper::Book(AttendanceBook {
        title: TITLE.into(),
        body: body.into(),
        sheets: books.iter().map(sheet).collect(),
    })
}

const TITLE: &str = "出勤簿（テレワーク）";

fn sheet(book: &Book<'_>) -> Attendance {
    let first = Date::new(book.month.year, book.month.month, 1).unwrap_or_default();
    let days =
        first.series(jiff::Span::new().days(1)).take_while(|day| Month::of(*day) == book.month);
    let total = |label: &str, value: String| Total { label: label.into(), value };
    Attendance {
        title: TITLE.into(),
        body: book.body.into(),
        division: book.division.into(),
        name: book.name.into(),
        month: format!("{}{}月", kit::papers::year(first), book.month.month),
        days: days.map(|one| day(book, one)).collect(),
        totals: vec![
            total(
                "命じられた日",
                format!("{}日（うち在宅勤務 {}日）", book.sheet.days, book.sheet.home_days),
            ),
            total("実働", words::minutes(Lang::Ja, book.sheet.worked())),
            total("接続", words::minutes(Lang::Ja, book.sheet.connected())),
            total("時間外", words::minutes(Lang::Ja, book.sheet.overtime())),
        ],
        stamps: ["本人", "所属長", "人事担当"].map(str::to_owned).to_vec(),
        notes: vec![if book.closed { "締め済み" } else { "締め前" }.to_owned()],
    }
}

fn day(book: &Book<'_>, day: Date) -> AttendanceDay {
    let week = ["月", "火", "水", "木", "金", "土", "日"];
    let weekday = week
        .get(usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0))
        .copied()
        .unwrap_or_default();
    let off = book.calendar.off(day);
    // A Saturday needs no words; a holiday has a name.
    let named =
        off.filter(|off| *off != Off::Weekend).map(|off| words::day_off(Lang::Ja, off).to_owned());
    let blank = AttendanceDay {
        day: day.day().to_string(),
        weekday: weekday.into(),
        off: off.is_some(),
        remark: named.clone().unwrap_or_default(),
        ..AttendanceDay::default()
    };
    let Some(row) = book.sheet.rows.iter().find(|row| row.day == day) else { return blank };
    let at = |at: Option<jiff::Timestamp>| {
        at.map(|at| tokyo(at).strftime("%H:%M").to_string()).unwrap_or_default()
    };
    let ordered = row
        .ordered
        .iter()
        .map(|one| format!("{} {}", words::form(Lang::Ja, one.form), words::hours(one.hours)));
    let differences = row.differences.iter().map(|one| words::difference(Lang::Ja, *one));
    let reason = row.reason.iter().map(|why| format!("理由：{why}"));
    AttendanceDay {
        ordered: ordered.collect::<Vec<_>>().join("、"),
        start: at(row.began),
        end: at(row.ended),
        worked: clock(row.worked),
        connected: clock(row.connected),
        remark: named.into_iter().chain(differences).chain(reason).collect::<Vec<_>>().join("　"),
        ..blank
    }
}

fn clock(minutes: Minutes) -> String {
    if minutes.0 == 0 { String::new() } else { format!("{}:{:02}", minutes.0 / 60, minutes.0 % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telework::close::{Ordered, Row};
    use telework::rules::{Form, Rules, Unit};

    #[test]
    fn a_month_has_all_its_days_and_what_was_reported_on_them() {
        let on = jiff::civil::date(2026, 11, 4);
        let at = |hour, minute| telework::time::moment(on.at(hour, minute, 0, 0)).ok();
        let row = Row {
            day: on,
            ordered: vec![Ordered {
                form: Form::Home,
                unit: Unit::Day,
                hours: Rules::default().hours,
            }],
            began: at(8, 30),
            ended: at(17, 15),
            worked: Minutes(465),
            connections: Vec::new(),
            connected: Minutes(450),
            differences: Vec::new(),
            reason: Some("回線の不調".into()),
        };
        let sheet = Sheet { rows: vec![row], days: 1, home_days: 1, ..Sheet::default() };
        let book = Book {
            body: "みほん町",
            division: "総務課",
            name: "佐藤 花子",
            month: Month { year: 2026, month: 11 },
            closed: false,
            calendar: &Calendar::default(),
            sheet: &sheet,
        };
        let page = super::sheet(&book);
        assert_eq!((page.days.len(), page.month.as_str()), (30, "令和8年11月"));
        let fourth = &page.days[3];
        assert_eq!(
            (fourth.weekday.as_str(), fourth.start.as_str(), fourth.end.as_str()),
            ("水", "08:30", "17:15")
        );
        assert_eq!(
            (fourth.worked.as_str(), fourth.ordered.as_str()),
            ("7:45", "在宅勤務 08:30〜17:15")
        );
        assert_eq!(fourth.remark, "理由：回線の不調");
        assert!(
            page.days[0].off && page.days[0].start.is_empty() && page.days[0].remark.is_empty()
        );
        assert!(page.days[2].off && page.days[22].off);
        assert_eq!(
            (page.days[2].remark.as_str(), page.days[22].remark.as_str()),
            ("文化の日", "勤労感謝の日")
        );
        assert_eq!(page.totals[0].value, "1日（うち在宅勤務 1日）");
        assert_eq!(page.notes, ["締め前"]);
    }
}
