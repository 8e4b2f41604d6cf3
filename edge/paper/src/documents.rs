//! What can be printed. Every text is printed as it is; whoever fills these in has done the
//! counting and the wording.

use serde::{Deserialize, Serialize};

/// A document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Paper {
    /// Tables of a survey, in the shape of an annex to a notice.
    Annex(Annex),
    /// 実施要領: articles.
    Rules(Rules),
    /// 様式: one sheet to fill in.
    Form(FormSheet),
    /// 出勤簿 of one person and month.
    Attendance(Attendance),
    /// 出勤簿 of several, a sheet each.
    Book(AttendanceBook),
}

impl Paper {
    /// Its title.
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

    /// Whose it is; may be empty.
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

/// Months of several people.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AttendanceBook {
    /// Title of the whole.
    pub title: String,
    /// The body.
    pub body: String,
    /// A sheet each.
    pub sheets: Vec<Attendance>,
}

/// Tables of a survey.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Annex {
    /// Title of the survey's result.
    pub title: String,
    /// Who counted; may be empty.
    pub author: String,
    /// In the corner, such as 別添１; may be empty.
    pub mark: String,
    /// As of when, such as 令和3年10月1日現在.
    pub as_of: String,
    /// Whom the tables count, where it is not the whole country; may be empty.
    pub scope: String,
    /// Sentences above the tables.
    pub points: Vec<String>,
    /// The tables.
    pub tables: Vec<AnnexTable>,
}

/// One table.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnnexTable {
    /// Its title.
    pub title: String,
    /// Remark under it; may be empty.
    pub note: String,
    /// What its base is called, such as 導入団体; empty for all bodies.
    pub base_label: String,
    /// Its columns.
    pub columns: Vec<AnnexColumn>,
    /// Its rows; a table of one row is printed small, two side by side.
    pub rows: Vec<AnnexRow>,
}

/// The head of a column.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnnexColumn {
    /// Its name.
    pub name: String,
}

/// A row.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnnexRow {
    /// Its name.
    pub name: String,
    /// How deep it is set in.
    pub indent: u8,
    /// The base, such as 1,788.
    pub base: String,
    /// A cell a column.
    pub cells: Vec<AnnexCell>,
}

/// A cell: numbers as they are printed, without brackets or units.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnnexCell {
    /// Such as 849.
    pub count: String,
    /// Such as 49.3; none of nothing.
    pub percent: Option<String>,
    /// The previous year's number, where the column shows it.
    pub previous_count: Option<String>,
    /// The previous year's percentage.
    pub previous_percent: Option<String>,
}

/// 実施要領.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Rules {
    /// Its title.
    pub title: String,
    /// The body.
    pub body: String,
    /// When it was printed or comes into force, in words; may be empty.
    pub dated: String,
    /// Its articles, numbered here from 1.
    pub articles: Vec<Article>,
    /// 附則, a paragraph each.
    pub supplement: Vec<String>,
    /// Remark in small letters at the end; may be empty.
    pub remark: String,
}

/// An article.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Article {
    /// What it is about, printed in brackets above it.
    pub about: String,
    /// Its paragraphs (項); from the second on they are numbered.
    pub paragraphs: Vec<String>,
    /// Items (号) under the last paragraph.
    pub items: Vec<String>,
}

/// A sheet to fill in.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FormSheet {
    /// The body.
    pub body: String,
    /// Such as 様式第１号.
    pub number: String,
    /// Its title.
    pub title: String,
    /// To whom it goes.
    pub to: String,
    /// The date, or blanks for one.
    pub date: String,
    /// Lines of the sender: label and value (empty to be filled in).
    pub from: Vec<(String, String)>,
    /// The sentence above the table.
    pub lead: String,
    /// The table.
    pub fields: Vec<Field>,
    /// A checklist; may be empty.
    pub checklist: Vec<FormCheck>,
    /// Heading of the checklist.
    pub checklist_title: String,
    /// Boxes for those who decide, such as 所属長.
    pub stamps: Vec<String>,
    /// Remarks at the end.
    pub notes: Vec<String>,
}

/// One line of a sheet's table.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Field {
    /// What is asked.
    pub label: String,
    /// What is filled in already.
    pub value: String,
    /// Boxes to tick.
    pub choices: Vec<Choice>,
    /// Height in lines of writing.
    pub lines: u8,
}

/// A box to tick.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Choice {
    /// Beside the box.
    pub text: String,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// One line of a checklist.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FormCheck {
    /// The line.
    pub text: String,
    /// Whether it must hold.
    pub required: bool,
    /// The answer, where there is one.
    pub holds: Option<bool>,
}

/// 出勤簿.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Attendance {
    /// Its title.
    pub title: String,
    /// The body.
    pub body: String,
    /// The division.
    pub division: String,
    /// Whose.
    pub name: String,
    /// Such as 令和8年11月.
    pub month: String,
    /// The days, at most 31.
    pub days: Vec<AttendanceDay>,
    /// The month's totals.
    pub totals: Vec<Total>,
    /// Boxes for those who look at it.
    pub stamps: Vec<String>,
    /// Remarks at the end.
    pub notes: Vec<String>,
}

/// A day.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AttendanceDay {
    /// Day of the month.
    pub day: String,
    /// Such as 月.
    pub weekday: String,
    /// Whether it is no working day; printed grey.
    pub off: bool,
    /// Form and unit that were approved.
    pub ordered: String,
    /// 始業
    pub start: String,
    /// 終業
    pub end: String,
    /// Worked, in hours and minutes.
    pub worked: String,
    /// Connected, in hours and minutes.
    pub connected: String,
    /// Differences and reasons.
    pub remark: String,
}

/// A total.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Total {
    /// Of what.
    pub label: String,
    /// How much, with its unit.
    pub value: String,
}
