//! The file for the payroll system: a declared layout (which columns, in which order, how hours are
//! written) over a closed month.

use crate::time::{Minutes, Month};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// 団体コード
    Body,
    /// 対象年月 as 202604
    Month,
    /// 職員番号: the sign-in name.
    Login,
    /// 氏名
    Name,
    /// 所属コード
    DivisionCode,
    /// 所属名
    DivisionName,
    /// 職の区分
    Employment,
    /// テレワーク日数
    Days,
    /// うち在宅勤務日数
    HomeDays,
    /// 勤務時間, by reports
    Worked,
    /// 接続時間, idle left out
    Connected,
    /// 時間外時間
    Overtime,
    /// 在宅勤務等手当, yen
    Allowance,
    /// 在宅勤務等手当 made good for months closed before, yen; negative when it comes back
    Arrears,
}

impl Column {
    /// Every column, in the order they are offered.
    pub const ALL: [Self; 14] = [
        Self::Body,
        Self::Month,
        Self::Login,
        Self::Name,
        Self::DivisionCode,
        Self::DivisionName,
        Self::Employment,
        Self::Days,
        Self::HomeDays,
        Self::Worked,
        Self::Connected,
        Self::Overtime,
        Self::Allowance,
        Self::Arrears,
    ];

    /// Its heading in the file.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Body => "団体コード",
            Self::Month => "対象年月",
            Self::Login => "職員番号",
            Self::Name => "氏名",
            Self::DivisionCode => "所属コード",
            Self::DivisionName => "所属名",
            Self::Employment => "職の区分",
            Self::Days => "テレワーク日数",
            Self::HomeDays => "在宅勤務日数",
            Self::Worked => "勤務時間",
            Self::Connected => "接続時間",
            Self::Overtime => "時間外時間",
            Self::Allowance => "在宅勤務等手当",
            Self::Arrears => "在宅勤務等手当（遡及・戻入）",
        }
    }

    /// Its name in a form.
    pub fn key(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Month => "month",
            Self::Login => "login",
            Self::Name => "name",
            Self::DivisionCode => "division_code",
            Self::DivisionName => "division_name",
            Self::Employment => "employment",
            Self::Days => "days",
            Self::HomeDays => "home_days",
            Self::Worked => "worked",
            Self::Connected => "connected",
            Self::Overtime => "overtime",
            Self::Allowance => "allowance",
            Self::Arrears => "allowance_arrears",
        }
    }
}

/// How the file's characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8 with byte order mark.
    Utf8,
    /// Shift_JIS as Windows writes it.
    ShiftJis,
}

/// How hours are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoursAs {
    /// `7:45`
    Clock,
    /// `465`
    Minutes,
    /// `7.75`, hundredths of an hour, half up.
    Decimal,
}

/// The layout a body declares once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// In the order of the file.
    pub columns: Vec<Column>,
    /// Whether the first row holds the headings.
    pub headings: bool,
    /// Characters.
    pub encoding: Encoding,
    /// Hours.
    pub hours: HoursAs,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            columns: vec![
                Column::Month,
                Column::Login,
                Column::Name,
                Column::Days,
                Column::Overtime,
                Column::Allowance,
                Column::Arrears,
            ],
            headings: true,
            encoding: Encoding::Utf8,
            hours: HoursAs::Clock,
        }
    }
}

impl Layout {
    /// Whether it can be used: at least one column, none twice.
    pub fn is_valid(&self) -> bool {
        let once: BTreeSet<Column> = self.columns.iter().copied().collect();
        !once.is_empty() && once.len() == self.columns.len()
    }
}

/// One person's figures for the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Code of the body.
    pub body: String,
    /// The month.
    pub month: Month,
    /// Sign-in name.
    pub login: String,
    /// Name.
    pub name: String,
    /// Code and name of the division.
    pub division: (String, String),
    /// Kind of appointment in words.
    pub employment: String,
    /// Days ordered.
    pub days: u32,
    /// Of these at home.
    pub home_days: u32,
    /// By reports.
    pub worked: Minutes,
    /// By sessions.
    pub connected: Minutes,
    /// Beyond a working day.
    pub overtime: Minutes,
    /// Yen for the month.
    pub allowance: u32,
    /// Yen for months closed before.
    pub arrears: i64,
}

/// The cells of the file, headings first where the layout has them.
pub fn rows(layout: &Layout, lines: &[Line]) -> Vec<Vec<String>> {
    let headings =
        layout.headings.then(|| layout.columns.iter().map(|c| c.heading().to_owned()).collect());
    let row = |line: &Line| {
        layout.columns.iter().map(|column| cell(*column, line, layout.hours)).collect()
    };
    headings.into_iter().chain(lines.iter().map(row)).collect()
}

fn cell(column: Column, line: &Line, hours: HoursAs) -> String {
    match column {
        Column::Body => line.body.clone(),
        Column::Month => format!("{:04}{:02}", line.month.year, line.month.month),
        Column::Login => line.login.clone(),
        Column::Name => line.name.clone(),
        Column::DivisionCode => line.division.0.clone(),
        Column::DivisionName => line.division.1.clone(),
        Column::Employment => line.employment.clone(),
        Column::Days => line.days.to_string(),
        Column::HomeDays => line.home_days.to_string(),
        Column::Worked => written(line.worked, hours),
        Column::Connected => written(line.connected, hours),
        Column::Overtime => written(line.overtime, hours),
        Column::Allowance => line.allowance.to_string(),
        Column::Arrears => line.arrears.to_string(),
    }
}

/// Hours as the layout wants them; integers throughout.
pub fn written(minutes: Minutes, hours: HoursAs) -> String {
    match hours {
        HoursAs::Clock => format!("{}:{:02}", minutes.0 / 60, minutes.0 % 60),
        HoursAs::Minutes => minutes.0.to_string(),
        HoursAs::Decimal => {
            let hundredths = (u64::from(minutes.0) * 100 + 30) / 60;
            format!("{}.{:02}", hundredths / 100, hundredths % 100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line() -> Line {
        Line {
            body: "131016".into(),
            month: Month { year: 2026, month: 4 },
            login: "0101".into(),
            name: "佐藤 花子".into(),
            division: ("020".into(), "総務課".into()),
            employment: "常勤".into(),
            days: 12,
            home_days: 11,
            worked: Minutes(5580),
            connected: Minutes(5000),
            overtime: Minutes(125),
            allowance: 3000,
            arrears: -6000,
        }
    }

    #[test]
    fn the_file_has_the_declared_columns_in_their_order() {
        let layout = Layout {
            columns: vec![Column::Login, Column::Overtime, Column::Month],
            ..Layout::default()
        };
        assert_eq!(
            rows(&layout, &[line()]),
            [["職員番号", "時間外時間", "対象年月"], ["0101", "2:05", "202604"]]
        );
        let bare = Layout {
            columns: Column::ALL.to_vec(),
            headings: false,
            hours: HoursAs::Minutes,
            ..layout
        };
        let all = rows(&bare, &[line()]);
        assert_eq!(all.len(), 1);
        assert_eq!(
            all[0].join(","),
            "131016,202604,0101,佐藤 花子,020,総務課,常勤,12,11,5580,5000,125,3000,-6000"
        );
    }

    #[test]
    fn a_layout_names_each_column_once() {
        assert!(Layout::default().is_valid());
        assert!(!Layout { columns: vec![], ..Layout::default() }.is_valid());
        assert!(
            !Layout { columns: vec![Column::Name, Column::Name], ..Layout::default() }.is_valid()
        );
        let keys: BTreeSet<_> = Column::ALL.map(Column::key).into();
        assert_eq!(keys.len(), Column::ALL.len());
    }

    #[test]
    fn hundredths_of_an_hour_are_rounded_half_up() {
        // 1 minute is 1.666.. hundredths, 3 minutes are exactly 5, 20 are 33.33..
        let all =
            [(0, "0.00"), (1, "0.02"), (3, "0.05"), (20, "0.33"), (40, "0.67"), (465, "7.75")];
        assert!(
            all.iter().all(|(minutes, text)| written(Minutes(*minutes), HoursAs::Decimal) == *text)
        );
    }

    proptest! {
        #[test]
        fn hours_written_by_the_clock_are_the_minutes_they_came_from(minutes in 0u32..1_000_000) {
            let text = written(Minutes(minutes), HoursAs::Clock);
            let (hours, rest) = text.split_once(':').unwrap();
            prop_assert_eq!(
                hours.parse::<u32>().unwrap() * 60 + rest.parse::<u32>().unwrap(), minutes);
        }
    }
}
