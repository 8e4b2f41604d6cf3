//! Checks of a whole sheet: the same at the page, for Excel and CSV, and at the API.

use crate::form::{Amount, Form, Kind, Question, Range};
use crate::value::{QuestionId, Sheet, Value};

/// A fault in a sheet, at the question (and cell) where it is to be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFault {
    /// Which question.
    pub question: QuestionId,
    /// Row and column, for a table question.
    pub cell: Option<(String, String)>,
    /// What is wrong.
    pub what: EntryError,
}

/// What can be wrong with a sheet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A required question without an answer.
    #[error("an answer is required")]
    Required,
    /// An answer to a question that is not asked.
    #[error("this question is not asked, given the other answers")]
    NotAsked,
    /// An answer to a question the form does not have.
    #[error("the form has no such question")]
    NoQuestion,
    /// An answer of another kind than the question's.
    #[error("the answer is of the wrong kind")]
    WrongKind,
    /// Outside the range.
    #[error("{value} is outside {}", range_text(.range))]
    OutOfRange {
        /// The value.
        value: i64,
        /// The range.
        range: Range,
    },
    /// 不明 where it is no answer.
    #[error("\"unknown\" cannot be answered here")]
    UnknownNotAllowed,
    /// More choices than allowed.
    #[error("at most {0} may be chosen")]
    TooMany(usize),
    /// A text that is too long.
    #[error("at most {0} characters")]
    TooLong(usize),
    /// A relation between answers does not hold.
    #[error("{message} ({left} against {right})")]
    Relation {
        /// The form's message.
        message: String,
        /// What the left side came to.
        left: i128,
        /// What the right side came to.
        right: i128,
    },
    /// Changed beyond the limit without a reason.
    #[error("{now} after {before} last year: a reason is required")]
    ReasonRequired {
        /// Last year's figure.
        before: i64,
        /// This year's.
        now: i64,
    },
}

impl EntryError {
    /// The code for programs: it stays the same when the words change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::NotAsked => "not_asked",
            Self::NoQuestion => "no_question",
            Self::WrongKind => "wrong_kind",
            Self::OutOfRange { .. } => "out_of_range",
            Self::UnknownNotAllowed => "unknown_not_allowed",
            Self::TooMany(_) => "too_many_choices",
            Self::TooLong(_) => "too_long",
            Self::Relation { .. } => "relation",
            Self::ReasonRequired { .. } => "reason_required",
        }
    }

    /// The message for the person at the form.
    pub fn ja(&self) -> String {
        match self {
            Self::Required => "回答が必要です。".to_owned(),
            Self::NotAsked => "他の回答の内容から、この項目は回答不要です。".to_owned(),
            Self::NoQuestion => "この調査票にない項目です。".to_owned(),
            Self::WrongKind => "回答の種類が項目と合いません。".to_owned(),
            Self::OutOfRange { value, range } => match (range.min, range.max) {
                (Some(min), Some(max)) => format!("{value}は{min}から{max}の範囲にありません。"),
                (Some(min), None) => format!("{value}は{min}以上でなければなりません。"),
                (None, Some(max)) => format!("{value}は{max}以下でなければなりません。"),
                (None, None) => format!("{value}は範囲にありません。"),
            },
            Self::UnknownNotAllowed => "この項目に「不明」は使えません。".to_owned(),
            Self::TooMany(most) => format!("選べるのは{most}つまでです。"),
            Self::TooLong(most) => format!("{most}文字以内で入力してください。"),
            Self::Relation { message, left, right } => format!("{message}({left} / {right})"),
            Self::ReasonRequired { before, now } => {
                format!("前回の{before}から{now}に大きく変わっています。理由を記入してください。")
            }
        }
    }
}

fn range_text(range: &Range) -> String {
    let bound = |b: Option<i64>| b.map(|n| n.to_string()).unwrap_or_default();
    format!("{}..{}", bound(range.min), bound(range.max))
}

/// Every fault of a sheet, in the form's order. `previous` is last year's sheet of the same body,
/// or of its predecessors put together (see [`crate::previous`]); without it the change from last
/// year is not checked.
pub fn check(form: &Form, sheet: &Sheet, previous: Option<&Sheet>) -> Vec<EntryFault> {
    let mut faults = Vec::new();
    let fault =
        |question: &QuestionId, what| EntryFault { question: question.clone(), cell: None, what };
    for id in sheet.values.keys() {
        if form.question(id.as_str()).is_none() {
            faults.push(fault(id, EntryError::NoQuestion));
        }
    }
    for question in &form.questions {
        let asked = form.asked(question, sheet);
        match sheet.values.get(&question.id) {
            None if asked
                && question.required
                && !matches!(question.kind, Kind::Computed { .. }) =>
            {
                faults.push(fault(&question.id, EntryError::Required));
            }
            None => {}
            Some(_) if !asked => faults.push(fault(&question.id, EntryError::NotAsked)),
            Some(value) => {
                one(question, value, &mut faults);
                if let Some(what) = change(question, sheet, previous) {
                    faults.push(fault(&question.id, what));
                }
            }
        }
    }
    for relation in &form.checks {
        let (Amount::Known(left), Amount::Known(right)) =
            (relation.left.amount(sheet), relation.right.amount(sheet))
        else {
            continue;
        };
        // Shown at the first question of the relation that is a choice of this sheet's author.
        let place = relation.left.questions().chain(relation.right.questions()).next();
        if let Some(place) = place.filter(|_| !relation.is.holds(left, right)) {
            faults.push(fault(
                place,
                EntryError::Relation { message: relation.message.clone(), left, right },
            ));
        }
    }
    faults
}

fn one(question: &Question, value: &Value, faults: &mut Vec<EntryFault>) {
    let mut add =
        |cell, what| faults.push(EntryFault { question: question.id.clone(), cell, what });
    match (value, &question.kind) {
        (Value::Unknown, Kind::Computed { .. }) => add(None, EntryError::WrongKind),
        (Value::Unknown, _) if !question.unknown => add(None, EntryError::UnknownNotAllowed),
        (Value::Unknown, _) => {}
        (Value::Number(n), Kind::Number { range, .. } | Kind::Money { range, .. }) => {
            if !range.holds(*n) || n.abs() > crate::value::MAX_NUMBER {
                add(None, EntryError::OutOfRange { value: *n, range: *range });
            }
        }
        (Value::One(id), Kind::OneOf { choices }) => {
            if !choices.iter().any(|c| c.id == *id) {
                add(None, EntryError::WrongKind);
            }
        }
        (Value::Many(ids), Kind::ManyOf { choices, at_most, .. }) => {
            if ids.is_empty() || !ids.iter().all(|id| choices.iter().any(|c| c.id == *id)) {
                add(None, EntryError::WrongKind);
            } else if ids.len() > *at_most {
                add(None, EntryError::TooMany(*at_most));
            }
        }
        (Value::Text(text), Kind::Text { max_length }) => {
            if text.chars().count() > *max_length {
                add(None, EntryError::TooLong(*max_length));
            }
        }
        (Value::Cells(cells), Kind::Grid { rows, columns, range, .. }) => {
            for (row, line) in cells {
                for (column, n) in line {
                    let cell = Some((row.clone(), column.clone()));
                    if !rows.iter().any(|r| r.id == *row)
                        || !columns.iter().any(|c| c.id == *column)
                    {
                        add(cell, EntryError::WrongKind);
                    } else if !range.holds(*n) || n.abs() > crate::value::MAX_NUMBER {
                        add(cell, EntryError::OutOfRange { value: *n, range: *range });
                    }
                }
            }
            if question.required {
                for row in rows {
                    for column in columns {
                        if cells.get(&row.id).is_none_or(|line| !line.contains_key(&column.id)) {
                            add(Some((row.id.clone(), column.id.clone())), EntryError::Required);
                        }
                    }
                }
            }
        }
        _ => add(None, EntryError::WrongKind),
    }
}

/// Last year's figure and this year's, where they differ by more than the form's limit.
pub fn leap(question: &Question, sheet: &Sheet, previous: Option<&Sheet>) -> Option<(i64, i64)> {
    let limit = question.change?;
    let now = sheet.values.get(&question.id)?;
    let (Value::Number(now), Value::Number(before)) = (now, previous?.values.get(&question.id)?)
    else {
        return None;
    };
    let difference = (i128::from(*now) - i128::from(*before)).abs();
    let beyond = difference >= i128::from(limit.least)
        && difference * 100 > i128::from(limit.percent) * i128::from(*before).abs();
    beyond.then_some((*before, *now))
}

fn change(question: &Question, sheet: &Sheet, previous: Option<&Sheet>) -> Option<EntryError> {
    let (before, now) = leap(question, sheet, previous)?;
    let reason = sheet.reasons.get(&question.id).is_some_and(|reason| !reason.trim().is_empty());
    (!reason).then_some(EntryError::ReasonRequired { before, now })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::shipped;
    use crate::value::ChoiceId;

    fn form() -> Form {
        Form::read(shipped::TELEWORK_R3).unwrap()
    }

    fn introduced() -> Sheet {
        let mut sheet = Sheet::default();
        let one = |c: &str| Value::One(ChoiceId::new(c));
        for (id, value) in [
            ("staff", Value::Number(200)),
            ("adoption", one("formal")),
            ("forms", Value::Many([ChoiceId::new("home")].into())),
            ("excluded", Value::Number(20)),
            ("able", Value::Number(90)),
            ("users", Value::Unknown),
            ("part_time", one("included")),
        ] {
            sheet.values.insert(QuestionId::new(id), value);
        }
        sheet
    }

    fn faults_of(sheet: &Sheet, previous: Option<&Sheet>) -> Vec<(String, EntryError)> {
        check(&form(), sheet, previous)
            .into_iter()
            .map(|f| (f.question.to_string(), f.what))
            .collect()
    }

    #[test]
    fn a_good_sheet_has_no_faults() {
        assert_eq!(faults_of(&introduced(), None), []);
    }

    #[test]
    fn each_fault_is_named_at_its_question() {
        let changed = |id: &str, value: Option<Value>| {
            let mut sheet = introduced();
            sheet.set(&QuestionId::new(id), value);
            faults_of(&sheet, None)
        };
        let at = |id: &str, what: EntryError| vec![(id.to_owned(), what)];
        assert_eq!(changed("part_time", None), at("part_time", EntryError::Required));
        assert_eq!(
            changed("staff", Some(Value::Unknown)),
            at("staff", EntryError::UnknownNotAllowed)
        );
        assert_eq!(
            changed("staff", Some(Value::Text("x".to_owned()))),
            at("staff", EntryError::WrongKind)
        );
        assert_eq!(
            changed("excluded", Some(Value::Number(-1))),
            at(
                "excluded",
                EntryError::OutOfRange {
                    value: -1,
                    range: Range { min: Some(0), max: Some(500_000) }
                }
            )
        );
        assert!(matches!(
                &changed("excluded", Some(Value::Number(150)))[..],
                [(id, EntryError::Relation { left: 240, right: 200, .. })] if id == "able"));
        assert!(matches!(
                &changed("users", Some(Value::Number(91)))[..],
                [(id, EntryError::Relation { .. })] if id == "users"));
        let not_introduced = changed("adoption", Some(Value::One(ChoiceId::new("none"))));
        assert_eq!(not_introduced.iter().filter(|(_, w)| *w == EntryError::NotAsked).count(), 5);
        assert!(not_introduced.contains(&("reasons".to_owned(), EntryError::Required)));
        assert_eq!(changed("colour", Some(Value::Number(1))), at("colour", EntryError::NoQuestion));
        assert_eq!(
            changed("use_rate", Some(Value::Number(1))),
            at("use_rate", EntryError::WrongKind)
        );
    }

    #[test]
    fn a_leap_from_last_year_asks_for_a_reason() {
        let mut last = introduced();
        last.set(&QuestionId::new("staff"), Some(Value::Number(150)));
        let mut sheet = introduced();
        assert_eq!(
            faults_of(&sheet, Some(&last)),
            [("staff".to_owned(), EntryError::ReasonRequired { before: 150, now: 200 })]
        );
        sheet.reasons.insert(QuestionId::new("staff"), " ".to_owned());
        assert_eq!(faults_of(&sheet, Some(&last)).len(), 1);
        sheet.reasons.insert(QuestionId::new("staff"), "合併のため".to_owned());
        assert_eq!(faults_of(&sheet, Some(&last)), []);
        // At the limit itself (30 percent) nothing is asked: 154 * 1.3 = 200.2.
        last.set(&QuestionId::new("staff"), Some(Value::Number(154)));
        assert_eq!(faults_of(&introduced(), Some(&last)), []);
    }

    #[test]
    fn pruning_removes_what_is_no_longer_asked_and_nothing_else() {
        let form = form();
        let mut sheet = introduced();
        form.prune(&mut sheet);
        assert_eq!(sheet, introduced());
        sheet.set(&QuestionId::new("adoption"), Some(Value::One(ChoiceId::new("none"))));
        form.prune(&mut sheet);
        let left: Vec<_> = sheet.values.keys().map(|id| id.as_str()).collect();
        assert_eq!(left, ["adoption", "staff"]);
    }
}
