//! Documents that can be printed. Every text is printed unchanged; the caller has done the counting
//! and the wording.

use serde::{Deserialize, Serialize};

/// A document to print.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Paper {
    /// Tables of a survey, in the shape of an annex to a notice.
    Annex(Annex),
    /// 実施要領: the body's telework rules, in articles.
    Rules(Rules),
    /// 様式: a form of one sheet to fill in.
    Form(FormSheet),
    /// 出勤簿: the attendance book of one person and month.
    Attendance(Attendance),
    /// 出勤簿 of several people, one sheet each.
    Book(AttendanceBook),
}

impl Paper {
    /// Title, also in the PDF's properties.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Annex(one) => &one.title,
            Self::Rules(one) => &one.title,
            Self::Form(one) => &one.title,
            Self::Attendance(one) => &one.title,
            Self::Book(one) => &one.title,
        }
    }

    /// Author for the PDF's properties, most often the body; may be empty.
    #[must_use]
    pub fn author(&self) -> &str {
        match self {
            Self::Annex(one) => &one.author,
            Self::Rules(one) => &one.body,
            Self::Form(one) => &one.body,
            Self::Attendance(one) => &one.body,
            Self::Book(one) => &one.body,
        }
    }
}

/// Attendance books of several people for one month.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AttendanceBook {
    /// Title of the whole document.
    pub title: String,
    /// Name of the body.
    pub body: String,
    /// One sheet for each person.
    pub sheets: Vec<Attendance>,
}

/// Tables of a survey.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Annex {
    /// Title of the survey's result.
    pub title: String,
    /// Who counted the survey; may be empty.
    pub author: String,
    /// Text in the upper corner, such as 別添１; may be empty.
    pub mark: String,
    /// Reference date of the survey, such as 令和3年10月1日現在.
    pub as_of: String,
    /// The bodies that the tables count; empty for the whole country.
    pub scope: String,
    /// Sentences above the tables.
    pub points: Vec<String>,
    /// The tables, in order of print.
    pub tables: Vec<AnnexTable>,
}

/// One table of an annex.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnnexTable {
    /// Title as printed.
    pub title: String,
    /// Remark below the table; may be empty.
    pub note: String,
    /// Name of the base, such as 導入団体; empty when the base is all bodies.
    pub base_label: String,
    /// The columns after the base, from left to right.
    pub columns: Vec<AnnexColumn>,
    /// Its rows; a table of one row is printed small, two side by side.
    pub rows: Vec<AnnexRow>,
}

/// A column's heading.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnnexColumn {
    /// Name as printed.
    pub name: String,
}

/// One row of a table.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnnexRow {
    /// Name as printed.
    pub name: String,
    /// Indentation in steps, 0 for none.
    pub indent: u8,
    /// The base as printed, such as 1,788.
    pub base: String,
    /// One cell for each column.
    pub cells: Vec<AnnexCell>,
}

/// A cell: numbers as they are printed, without brackets or units.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnnexCell {
    /// The number, such as 849.
    pub count: String,
    /// The percentage, such as 49.3; `None` when the base is 0.
    pub percent: Option<String>,
    /// The previous year's number; `None` where the column does not show it.
    pub previous_count: Option<String>,
    /// The previous year's percentage; `None` where the column does not show it.
    pub previous_percent: Option<String>,
}

/// 実施要領: the body's telework rules.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Rules {
    /// Title as printed.
    pub title: String,
    /// Name of the body.
    pub body: String,
    /// The date of print or of entry into force, in words; may be empty.
    pub dated: String,
    /// The articles; the press numbers them from 1.
    pub articles: Vec<Article>,
    /// The paragraphs of the 附則.
    pub supplement: Vec<String>,
    /// Remark in small letters at the end; may be empty.
    pub remark: String,
}

/// One article (条).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Article {
    /// Heading, printed in brackets above the article.
    pub about: String,
    /// Paragraphs (項); the press numbers them from the second on.
    pub paragraphs: Vec<String>,
    /// Items (号) under the last paragraph.
    pub items: Vec<String>,
}

/// 様式: a form of one sheet.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FormSheet {
    /// Name of the body.
    pub body: String,
    /// Number of the form, such as 様式第１号.
    pub number: String,
    /// Title as printed.
    pub title: String,
    /// The addressee.
    pub to: String,
    /// The date, or blanks to fill one in.
    pub date: String,
    /// Lines about the sender: label and value; an empty value is filled in by hand.
    pub from: Vec<(String, String)>,
    /// The sentence above the table.
    pub lead: String,
    /// The lines of the table.
    pub fields: Vec<Field>,
    /// A checklist; may be empty.
    pub checklist: Vec<FormCheck>,
    /// Heading of the checklist.
    pub checklist_title: String,
    /// Labels of the stamp boxes for those who decide, such as 所属長.
    pub stamps: Vec<String>,
    /// Remarks at the end.
    pub notes: Vec<String>,
}

/// One line of a form's table.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Field {
    /// Label of the line.
    pub label: String,
    /// Text already filled in; may be empty.
    pub value: String,
    /// Boxes to tick; may be empty.
    pub choices: Vec<Choice>,
    /// Height of the line, in lines of writing.
    pub lines: u8,
}

/// A box to tick.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Choice {
    /// Text beside the box.
    pub text: String,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// One line of a checklist.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FormCheck {
    /// Text of the line.
    pub text: String,
    /// Whether the item is mandatory.
    pub required: bool,
    /// The answer; `None` before there is one.
    pub holds: Option<bool>,
}

/// 出勤簿: the attendance book of one person and month.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Attendance {
    /// Title as printed.
    pub title: String,
    /// Name of the body.
    pub body: String,
    /// Name of the division.
    pub division: String,
    /// Name of the person.
    pub name: String,
    /// The month, such as 令和8年11月.
    pub month: String,
    /// The days, at most 31.
    pub days: Vec<AttendanceDay>,
    /// The month's totals.
    pub totals: Vec<Total>,
    /// Labels of the stamp boxes for those who check it.
    pub stamps: Vec<String>,
    /// Remarks at the end.
    pub notes: Vec<String>,
}

/// One day of the attendance book.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AttendanceDay {
    /// Day of the month.
    pub day: String,
    /// Day of the week, such as 月.
    pub weekday: String,
    /// Whether it is a day off, which is printed grey.
    pub off: bool,
    /// The approved form and unit of telework.
    pub ordered: String,
    /// 始業: when work began, as text; empty when not reported.
    pub start: String,
    /// 終業: when work ended, as text; empty when not reported.
    pub end: String,
    /// Time worked, in hours and minutes.
    pub worked: String,
    /// Time connected, in hours and minutes.
    pub connected: String,
    /// Differences and reasons.
    pub remark: String,
}

/// A total of the month.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Total {
    /// What the total counts.
    pub label: String,
    /// The amount with its unit.
    pub value: String,
}
