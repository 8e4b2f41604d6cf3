//! A survey as data: questions, routing, checks and tables, read from one TOML file per version of
//! the survey.
//!
//! The language is described in `spec/exchange.md`. [`Form::read`] either gives a form in which
//! every reference is good, or every fault with its line and column.

mod expr;
mod fields;
mod read;
mod reads;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use expr::{Amount, Comparison, Expr};
pub use fields::{Fault, FormFault};

use crate::body::{Body, BodyKind};
use crate::value::{ChoiceId, QuestionId, Sheet, Value};

/// The column with the body's code.
pub const CODE_COLUMN: &str = "code";

/// Largest form file, in bytes.
pub const MAX_FORM: usize = 256 * 1024;
/// Most questions of a form.
pub const MAX_QUESTIONS: usize = 500;
/// Most choices of a question, rows or columns of a table question, rows or columns of a table,
/// terms of an expression.
pub const MAX_PARTS: usize = 200;

/// The forms that come with the exchange: the telework survey
/// (地方公共団体におけるテレワークの取組状況調査).
pub mod shipped {
    /// 令和3年 (1 October 2021).
    pub const TELEWORK_R3: &str = include_str!("../../forms/telework-r3.toml");
    /// 令和2年 (1 October 2020).
    pub const TELEWORK_R2: &str = include_str!("../../forms/telework-r2.toml");
    /// All of them.
    pub const ALL: [&str; 2] = [TELEWORK_R3, TELEWORK_R2];
}

/// Which version of which survey a form is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FormRef {
    /// The survey, the same over the years.
    pub id: String,
    /// The version (令和3年).
    pub version: String,
}

/// A survey form. Made by [`Form::read`] only, so every reference within it is good.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Which survey and version.
    pub name: FormRef,
    /// Title for people.
    pub title: String,
    /// The day the answers speak of.
    pub as_of: Date,
    /// The version the previous year's figures come from.
    pub previous: Option<String>,
    /// Questions in the order they are asked.
    pub questions: Vec<Question>,
    /// Named conditions.
    pub sets: Vec<Set>,
    /// Relations that must hold between answers.
    pub checks: Vec<Check>,
    /// Rows of tables.
    pub rows: Vec<Row>,
    /// Tables.
    pub tables: Vec<Table>,
    index: BTreeMap<QuestionId, usize>,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Its identifier, the same over the years.
    pub id: QuestionId,
    /// What people see.
    pub label: String,
    /// Its column in CSV files.
    pub column: String,
    /// How to answer (記入要領).
    pub guidance: String,
    /// What kind of answer it takes.
    pub kind: Kind,
    /// Whether it must be answered when it is asked.
    pub required: bool,
    /// Whether 不明 is an answer.
    pub unknown: bool,
    /// Whether an empty CSV field of an asked question means 不明.
    pub blank_is_unknown: bool,
    /// When it is asked.
    pub when: Condition,
    /// How far it may differ from last year without a reason.
    pub change: Option<ChangeLimit>,
}

/// The kind of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A whole number with a unit.
    Number {
        /// Unit shown behind it (人).
        unit: String,
        /// What it must lie in.
        range: Range,
    },
    /// An amount of money.
    Money {
        /// 円 or 千円.
        unit: String,
        /// What it must lie in.
        range: Range,
    },
    /// One of the choices.
    OneOf {
        /// The choices.
        choices: Vec<Choice>,
    },
    /// Any of the choices.
    ManyOf {
        /// The choices.
        choices: Vec<Choice>,
        /// What stands between them in a CSV field.
        separator: String,
        /// Most that may be chosen.
        at_most: usize,
    },
    /// Free text.
    Text {
        /// Most characters.
        max_length: usize,
    },
    /// A table of numbers.
    Grid {
        /// Its rows.
        rows: Vec<Line>,
        /// Its columns.
        columns: Vec<Line>,
        /// Unit of each cell.
        unit: String,
        /// What each cell must lie in.
        range: Range,
    },
    /// Worked out from others, never entered. With a denominator it is a ratio; a zero denominator
    /// or an unknown part makes it unknown.
    Computed {
        /// What it is, or the upper part of the ratio.
        value: Expr,
        /// The lower part.
        over: Option<Expr>,
        /// Shown behind it.
        unit: String,
    },
}

/// An inclusive range, open where there is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Least value.
    pub min: Option<i64>,
    /// Greatest value.
    pub max: Option<i64>,
}

impl Range {
    /// Whether `n` lies in it.
    pub fn holds(&self, n: i64) -> bool {
        self.min.is_none_or(|min| n >= min) && self.max.is_none_or(|max| n <= max)
    }
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its identifier, the same over the years.
    pub id: ChoiceId,
    /// What people see and CSV files hold.
    pub label: String,
}

/// A row or column of a table question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its identifier.
    pub id: String,
    /// What people see.
    pub label: String,
}

/// A change from last year that asks for a reason: more than `percent` of last year's figure and at
/// least `least`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeLimit {
    /// Percent of last year's figure.
    pub percent: u32,
    /// Differences smaller than this never ask.
    pub least: i64,
}

/// A condition on a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    Always,
    /// The question is answered with one of these (for many-of: holds one of these).
    Answered {
        /// Which question.
        question: QuestionId,
        /// Which choices.
        any_of: BTreeSet<ChoiceId>,
    },
    /// Not.
    Not(Box<Condition>),
    /// All of them.
    All(Vec<Condition>),
}

/// A named condition (導入 = 試験的 + 正式).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Its name in the form file.
    pub id: String,
    /// What tables call it.
    pub label: String,
    /// The condition.
    pub when: Condition,
}

/// A relation that must hold when everything in it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Left side.
    pub left: Expr,
    /// How they compare.
    pub is: Comparison,
    /// Right side.
    pub right: Expr,
    /// What to tell when it does not hold.
    pub message: String,
}

/// A row of tables: which bodies are counted in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// How deep it is set in when shown, for a row that is part of the one above.
    pub indent: u8,
    /// The kinds of bodies; empty means all.
    pub kinds: BTreeSet<BodyKind>,
    /// The size class.
    pub class: Option<Class>,
}

/// A size class by the answer to a number question of the same year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Which question.
    pub question: QuestionId,
    /// Its bounds, both included.
    pub range: Range,
}

impl Row {
    /// Whether a body with these answers is counted in the row.
    pub fn holds(&self, body: &Body, sheet: &Sheet) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&body.kind))
            && self.class.as_ref().is_none_or(|class| {
                matches!(
                    sheet.value(class.question.as_str()),
                    Some(Value::Number(n)) if class.range.holds(*n))
            })
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Remark printed under it.
    pub note: String,
    /// Its rows, as places in [`Form::rows`].
    pub rows: Vec<usize>,
    /// Which bodies of a row make its base.
    pub base: Condition,
    /// What the base is called (導入団体).
    pub base_label: String,
    /// What is counted.
    pub columns: Columns,
}

/// The columns of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Columns {
    /// A condition each.
    Conditions(Vec<Column>),
    /// A column per choice of a one-of or many-of question.
    Choices(QuestionId),
    /// Bands of a computed ratio, and a column for what is unknown.
    Bands {
        /// The computed question.
        of: QuestionId,
        /// The bands.
        bands: Vec<Band>,
        /// The name of the column for 不明.
        unknown: String,
    },
}

/// A column with a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub id: String,
    /// Whom it counts.
    pub when: Condition,
    /// Whether the printed table shows last year's figure in brackets.
    pub brackets: bool,
}

/// A band of a ratio in percent, `from` included; `below` excluded, or `to` included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Its name.
    pub id: String,
    /// Lower bound in percent, included.
    pub from: i64,
    /// Upper bound in percent.
    pub end: BandEnd,
}

/// The upper end of a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandEnd {
    /// Not included: [from, below).
    Below(i64),
    /// Included: [from, to].
    To(i64),
}

impl Band {
    /// Whether `part / whole` lies in the band, compared exactly. `whole` must be positive.
    pub fn holds(&self, part: i128, whole: i128) -> bool {
        let scaled = part.saturating_mul(100);
        let at = |bound: i64| i128::from(bound).saturating_mul(whole);
        scaled >= at(self.from)
            && match self.end {
                BandEnd::Below(bound) => scaled < at(bound),
                BandEnd::To(bound) => scaled <= at(bound),
            }
    }
}

impl Form {
    /// Reads a form file.
    ///
    /// # Errors
    /// Every fault found, in the order of the file; never empty.
    pub fn read(source: &str) -> Result<Form, Vec<FormFault>> {
        read::read(source)
    }

    /// The question with this identifier.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.index.get(id).and_then(|place| self.questions.get(*place))
    }

    /// Whether a condition holds for a sheet.
    pub fn holds(&self, condition: &Condition, sheet: &Sheet) -> bool {
        match condition {
            Condition::Always => true,
            Condition::Answered { question, any_of } => match sheet.values.get(question) {
                Some(Value::One(choice)) => any_of.contains(choice),
                Some(Value::Many(choices)) => !choices.is_disjoint(any_of),
                _ => false,
            },
            Condition::Not(inner) => !self.holds(inner, sheet),
            Condition::All(all) => all.iter().all(|c| self.holds(c, sheet)),
        }
    }

    /// Whether a question is asked, given the answers so far.
    pub fn asked(&self, question: &Question, sheet: &Sheet) -> bool {
        self.holds(&question.when, sheet)
    }

    /// The value of a computed question.
    pub fn computed(&self, question: &Question, sheet: &Sheet) -> Computed {
        let Kind::Computed { value, over, .. } = &question.kind else { return Computed::Unknown };
        let whole = over.as_ref().map_or(Amount::Known(1), |over| over.amount(sheet));
        match (value.amount(sheet), whole) {
            (Amount::Known(part), Amount::Known(whole)) if whole > 0 => {
                Computed::Known { part, whole }
            }
            (Amount::Missing, _) | (_, Amount::Missing) => Computed::Missing,
            _ => Computed::Unknown,
        }
    }
}

/// What a computed question came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computed {
    /// `part / whole`, with a positive `whole` (1 for what is no ratio).
    Known {
        /// Upper part.
        part: i128,
        /// Lower part.
        whole: i128,
    },
    /// A part is 不明, or the whole is not positive.
    Unknown,
    /// A part is not answered.
    Missing,
}
