//! Answers as people type them and read them: text to values and back.

use std::collections::BTreeSet;

use crate::form::{Form, Kind, Question};
use crate::value::{ChoiceId, MAX_NUMBER, MAX_TEXT, Sheet, Value};

/// Why a text cannot be an answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// No number can be read from it.
    #[error("{0:?} is not a number")]
    NotANumber(String),
    /// A number with a fraction.
    #[error("{0:?} is not a whole number")]
    NotWhole(String),
    /// A date where a number is asked: a spreadsheet changed it, or it stands in the wrong column.
    #[error("{0:?} is a date, not a number")]
    Date(String),
    /// A formula or a spreadsheet's error value.
    #[error("{0:?} is a formula, not a value")]
    Formula(String),
    /// Commas that do not group three digits.
    #[error("{0:?} has a comma in an odd place")]
    Comma(String),
    /// Beyond [`MAX_NUMBER`].
    #[error("the number is too large")]
    TooLarge,
    /// Longer than [`MAX_TEXT`] characters.
    #[error("the text is too long")]
    TooLong,
    /// Not one of the choices.
    #[error("{0:?} is not one of the choices")]
    NotAChoice(String),
    /// One choice named twice.
    #[error("{0:?} is chosen twice")]
    Twice(String),
    /// 不明 where the form does not allow it.
    #[error("\"unknown\" cannot be answered here")]
    UnknownNotAllowed,
    /// Control characters.
    #[error("the text holds control characters")]
    Control,
    /// Computed questions and tables are not entered as one text.
    #[error("this is not entered as one text")]
    NotEntered,
}

impl BadText {
    /// The message for the person at the form.
    pub fn ja(&self) -> String {
        match self {
            Self::NotANumber(t) => format!("「{t}」は数値として読み取れません。"),
            Self::NotWhole(t) => format!("「{t}」は整数ではありません。"),
            Self::Date(t) => format!("「{t}」は日付のようです。数値を入力してください。"),
            Self::Formula(t) => format!("「{t}」は数式またはエラー値です。値を入力してください。"),
            Self::Comma(t) => format!("「{t}」の桁区切りの位置を確認してください。"),
            Self::TooLarge => "数値が大きすぎます。".to_owned(),
            Self::TooLong => "文字数が多すぎます。".to_owned(),
            Self::NotAChoice(t) => format!("「{t}」は選択肢にありません。"),
            Self::Twice(t) => format!("「{t}」が二回選ばれています。"),
            Self::UnknownNotAllowed => "この項目に「不明」は使えません。".to_owned(),
            Self::Control => "制御文字が含まれています。".to_owned(),
            Self::NotEntered => "この項目は入力できません。".to_owned(),
        }
    }
}

/// Reads an answer to `question` from text as it is typed into a field, a cell or a CSV column.
/// Empty text is no answer.
///
/// # Errors
/// [`BadText`] says what is wrong with the text; ranges and routing are checked on the whole sheet,
/// see [`crate::entry`].
pub fn parse(question: &Question, text: &str) -> Result<Option<Value>, BadText> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() > MAX_TEXT * 4 || text.chars().count() > MAX_TEXT {
        return Err(BadText::TooLong);
    }
    if is_unknown(text) && !matches!(question.kind, Kind::Text { .. }) {
        return if question.unknown {
            Ok(Some(Value::Unknown))
        } else {
            Err(BadText::UnknownNotAllowed)
        };
    }
    match &question.kind {
        Kind::Number { unit, .. } | Kind::Money { unit, .. } => {
            parse_number(text, unit).map(|n| Some(Value::Number(n)))
        }
        Kind::OneOf { choices } => choices
            .iter()
            .find(|c| same_text(&c.label, text) || c.id.as_str() == text)
            .map(|c| Some(Value::One(c.id.clone())))
            .ok_or_else(|| BadText::NotAChoice(brief(text))),
        Kind::ManyOf { choices, separator, .. } => {
            let mut chosen = BTreeSet::new();
            for part in
                text.split(separator.as_str()).map(str::trim).filter(|part| !part.is_empty())
            {
                let choice = choices
                    .iter()
                    .find(|c| same_text(&c.label, part) || c.id.as_str() == part)
                    .ok_or_else(|| BadText::NotAChoice(brief(part)))?;
                if !chosen.insert(choice.id.clone()) {
                    return Err(BadText::Twice(brief(part)));
                }
            }
            Ok((!chosen.is_empty()).then_some(Value::Many(chosen)))
        }
        Kind::Text { .. } => {
            if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
                return Err(BadText::Control);
            }
            Ok(Some(Value::Text(text.to_owned())))
        }
        Kind::Grid { .. } | Kind::Computed { .. } => Err(BadText::NotEntered),
    }
}

/// Reads one cell of a table question. Empty text is no answer.
///
/// # Errors
/// As for a number.
pub fn parse_cell(text: &str, unit: &str) -> Result<Option<i64>, BadText> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { parse_number(text, unit).map(Some) }
}

/// The text that [`parse`] reads back as this value; tables have none.
pub fn display(question: &Question, value: &Value) -> String {
    let label = |choices: &[crate::form::Choice], id: &ChoiceId| {
        choices.iter().find(|c| c.id == *id).map_or_else(|| id.to_string(), |c| c.label.clone())
    };
    match (value, &question.kind) {
        (Value::Unknown, _) => UNKNOWN.to_owned(),
        (Value::Number(n), _) => n.to_string(),
        (Value::Text(text), _) => text.clone(),
        (Value::One(id), Kind::OneOf { choices }) => label(choices, id),
        (Value::Many(ids), Kind::ManyOf { choices, separator, .. }) => {
            // In the form's order, as the published files have it.
            let chosen: Vec<_> =
                choices.iter().filter(|c| ids.contains(&c.id)).map(|c| c.label.as_str()).collect();
            chosen.join(separator)
        }
        _ => String::new(),
    }
}

/// The word for "unknown" in forms and files.
pub const UNKNOWN: &str = "不明";

fn is_unknown(text: &str) -> bool {
    matches!(text, UNKNOWN | "unknown")
}

fn parse_number(text: &str, unit: &str) -> Result<i64, BadText> {
    let plain: String = text.chars().map(narrow).collect();
    let mut rest = plain.trim();
    if rest.starts_with(['=', '#', '@']) {
        return Err(BadText::Formula(brief(text)));
    }
    if looks_like_a_date(rest) {
        return Err(BadText::Date(brief(text)));
    }
    if !unit.is_empty() {
        rest = rest.strip_suffix(unit).unwrap_or(rest).trim_end();
    }
    let (negative, digits) = match rest.strip_prefix(['-', '−', '▲', '△']) {
        Some(digits) => (true, digits.trim_start()),
        None => (false, rest),
    };
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let not_a_number = || BadText::NotANumber(brief(text));
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit() || b == b',') {
        return Err(not_a_number());
    }
    if let Some(fraction) = fraction {
        if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return Err(not_a_number());
        }
        if fraction.bytes().any(|b| b != b'0') {
            return Err(BadText::NotWhole(brief(text)));
        }
    }
    if whole.contains(',') {
        let mut groups = whole.split(',');
        let head = groups.next().unwrap_or_default().len();
        if !(1..=3).contains(&head) || !groups.all(|group| group.len() == 3) {
            return Err(BadText::Comma(brief(text)));
        }
    }
    let mut number: i64 = 0;
    for digit in whole.bytes().filter(u8::is_ascii_digit) {
        number = number * 10 + i64::from(digit - b'0');
        if number > MAX_NUMBER {
            return Err(BadText::TooLarge);
        }
    }
    Ok(if negative { -number } else { number })
}

/// Full-width forms of what belongs in a number, in their ASCII form. Marks of a date stay
/// recognisable.
fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '、' => ',',
        _ => c,
    }
}

/// 2021/10/1, 2021-10-01, 10/1, R3.10.1, 令和3年10月1日, 10月1日, 1-Oct.
fn looks_like_a_date(text: &str) -> bool {
    if text.contains(['年', '月'])
        || ["令和", "平成", "昭和"].iter().any(|era| text.starts_with(era))
    {
        return true;
    }
    let era = text.strip_prefix(['R', 'H', 'S', 'r', 'h', 's']).unwrap_or(text);
    let numeric = |part: &str| {
        !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit())
    };
    for mark in ['/', '-', '.'] {
        let parts: Vec<&str> = era.split(mark).take(4).collect();
        let all = parts.iter().all(|part| numeric(part));
        if all && (parts.len() == 3 || parts.len() == 2 && mark != '.') {
            return true;
        }
    }
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let lower = text.to_ascii_lowercase();
    lower.bytes().any(|b| b.is_ascii_digit())
        && MONTHS.iter().any(|month| lower.split(['-', ' ', '/']).any(|p| p == *month))
}

/// Whether two texts are the same but for width of ASCII characters and blanks around.
fn same_text(a: &str, b: &str) -> bool {
    a == b || a.chars().map(narrow).eq(b.chars().map(narrow))
}

/// A text cut short for a message.
fn brief(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl Form {
    /// Removes values of questions this sheet is not asked, and those without a question: what a
    /// page does on saving, so that an answer given before the routing changed does not linger
    /// unseen.
    pub fn prune(&self, sheet: &mut Sheet) {
        // Routing refers to earlier questions only, so one pass in the form's order settles it.
        let known: BTreeSet<&str> = self.questions.iter().map(|q| q.id.as_str()).collect();
        sheet.values.retain(|id, _| known.contains(id.as_str()));
        sheet.reasons.retain(|id, _| known.contains(id.as_str()));
        for question in &self.questions {
            if matches!(question.kind, Kind::Computed { .. }) || !self.holds(&question.when, sheet)
            {
                sheet.values.remove(&question.id);
                sheet.reasons.remove(&question.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<i64, BadText> {
        parse_number(text, "人")
    }

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (text, value) in [
            ("1234", 1234),
            ("１，２３４", 1234),
            ("1,234人", 1234),
            ("１２３４ 人", 1234),
            (" 12 ", 12),
            ("▲5", -5),
            ("－５", -5),
            ("12.0", 12),
            ("007", 7),
        ] {
            assert_eq!(number(text.trim()), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_by_name() {
        let refused = |text: &str| number(text).unwrap_err();
        for text in [
            "2021/10/1",
            "２０２１／１０／１",
            "10月1日",
            "令和3年10月1日",
            "R3.10.1",
            "1-Oct",
            "10-1",
            "2021-10-01",
        ] {
            assert!(matches!(refused(text), BadText::Date(_)), "{text}");
        }
        for text in ["=1+2", "#N/A", "＝A1", "@SUM(1)"] {
            assert!(matches!(refused(text), BadText::Formula(_)), "{text}");
        }
        for text in ["1,23", "12,3456", ",123", "1,,234"] {
            assert!(matches!(refused(text), BadText::Comma(_)), "{text}");
        }
        assert!(matches!(refused("12.5"), BadText::NotWhole(_)));
        for text in ["約30", "3万", "-", "1e5", "人", "1 234", "."] {
            assert!(matches!(refused(text), BadText::NotANumber(_)), "{text}");
        }
        assert_eq!(refused("99999999999999999999999"), BadText::TooLarge);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_bounded(text in "\\PC{0,40}") {
            if let Ok(n) = number(text.trim()) {
                assert!(n.abs() <= MAX_NUMBER);
            }
        }

        #[test]
        fn a_number_written_any_way_reads_the_same(n in -MAX_NUMBER..=MAX_NUMBER, wide: bool) {
            let mut text = n.to_string();
            if wide {
                text = text.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
            }
            assert_eq!(number(&text), Ok(n));
        }
    }
}
