//! Answers as people type them and read them: text to values and back.

use std::collections::BTreeSet;

use crate::form::{Choice, Form, Kind, Question};
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
    /// A time of day or a length of time where a number is asked.
    #[error("{0:?} is a time, not a number")]
    Time(String),
    /// A percentage where another unit is asked.
    #[error("{0:?} is a percentage; the unit here is {1:?}")]
    Percent(String, String),
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
    /// Not one of the choices, nor several of them: the text, and what divides several.
    #[error("{0:?} is not one of the choices; several are divided by {1:?}")]
    NotChoices(String, String),
    /// Not a mark that chooses.
    #[error("{0:?} is not a mark: please enter ○ or leave it empty")]
    NotAMark(String),
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
            Self::Time(t) => {
                format!("「{t}」は時刻の形です。時間数は「1.5」のように数値で入力してください。")
            }
            Self::Percent(t, unit) if unit.is_empty() => {
                format!("「{t}」は割合です。％のない数値を入力してください。")
            }
            Self::Percent(t, unit) => {
                format!("「{t}」は割合です。単位は{unit}です。数値を入力してください。")
            }
            Self::Formula(t) => format!("「{t}」は数式またはエラー値です。値を入力してください。"),
            Self::Comma(t) => format!("「{t}」の桁区切りの位置を確認してください。"),
            Self::TooLarge => "数値が大きすぎます。".to_owned(),
            Self::TooLong => "文字数が多すぎます。".to_owned(),
            Self::NotAChoice(t) => format!("「{t}」は選択肢にありません。"),
            Self::NotChoices(t, separator) => format!(
                "「{t}」は選択肢にありません。複数の選択肢は「{separator}」で区切ってください。"
            ),
            Self::NotAMark(t) => format!(
                "「{t}」は印として読み取れません。選ぶ項目に「○」を入力し、ほかは空欄にしてください。"
            ),
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
        Kind::OneOf { choices } => find(choices, text)
            .map(|c| Some(Value::One(c.id.clone())))
            .ok_or_else(|| BadText::NotAChoice(brief(text))),
        Kind::ManyOf { choices, separator, .. } => {
            let mut chosen = BTreeSet::new();
            for (choice, part) in several(choices, separator, text)? {
                if !chosen.insert(choice.id.clone()) {
                    return Err(BadText::Twice(brief(&part)));
                }
            }
            Ok((!chosen.is_empty()).then_some(Value::Many(chosen)))
        }
        Kind::Text { .. } => {
            if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
                return Err(BadText::Control);
            }
            Ok(Some(Value::Text(text::composed(text))))
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
    matches!(text::key(text).as_str(), UNKNOWN | "unknown")
}

/// The choice with this label or id: as it is written, or else as it looks.
fn find<'c>(choices: &'c [Choice], text: &str) -> Option<&'c Choice> {
    let key = text::key(text);
    choices
        .iter()
        .find(|c| c.label == text || c.id.as_str() == text)
        .or_else(|| choices.iter().find(|c| text::key(&c.label) == key))
        .or_else(|| choices.iter().find(|c| c.id.as_str() == key))
}

/// The choices named in a text, each with what named it. People divide them by the form's sign, and
/// by others too; a label may hold such a sign itself.
fn several<'c>(
    choices: &'c [Choice],
    separator: &str,
    text: &str,
) -> Result<Vec<(&'c Choice, String)>, BadText> {
    let parts: Vec<&str> =
        text.split(separator).map(str::trim).filter(|part| !part.is_empty()).collect();
    let found: Option<Vec<_>> =
        parts.iter().map(|part| Some((find(choices, part)?, (*part).to_owned()))).collect();
    if let Some(found) = found {
        return Ok(found);
    }
    let wrong = || {
        let part = parts.iter().find(|part| find(choices, part).is_none());
        let part = brief(part.map_or(text, |part| *part));
        match choices.len() {
            0 | 1 => BadText::NotAChoice(part),
            _ => BadText::NotChoices(part, separator.to_owned()),
        }
    };
    let mut labels: Vec<(String, &Choice)> =
        choices.iter().map(|c| (text::key(&c.label), c)).collect();
    labels.sort_by_key(|(label, _)| std::cmp::Reverse(label.len()));
    let divides = |c: char| "・、,;/".contains(c) || text::key(separator).contains(c);
    let spelled: String = text.replace(['\n', '\r'], "、");
    let (mut rest, mut found) = (text::key(&spelled), Vec::new());
    loop {
        rest = rest.trim_start_matches(divides).to_owned();
        if rest.is_empty() {
            return Ok(found);
        }
        let (label, choice) = labels
            .iter()
            .find(|(label, _)| {
                let behind = rest.strip_prefix(label.as_str());
                behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(divides))
            })
            .ok_or_else(wrong)?;
        rest = rest.split_off(label.len());
        found.push((*choice, choice.label.clone()));
    }
}

fn parse_number(text: &str, unit: &str) -> Result<i64, BadText> {
    let plain = text::plain(text).replace('、', ",");
    let unit_plain = text::plain(unit);
    let mut rest = plain.as_str();
    if rest.starts_with(['=', '#', '@']) {
        return Err(BadText::Formula(brief(text)));
    }
    if looks_like_a_date(rest) {
        return Err(BadText::Date(brief(text)));
    }
    if looks_like_a_time(rest) {
        return Err(BadText::Time(brief(text)));
    }
    if !unit_plain.is_empty() {
        rest = rest.strip_suffix(unit_plain.as_str()).unwrap_or(rest).trim_end();
    }
    if rest.ends_with('%') {
        return Err(BadText::Percent(brief(text), unit.to_owned()));
    }
    if unit.contains('円') {
        rest = rest.trim_start_matches(['¥', '￥', '\\']);
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

/// 8:30, 120:00, 25:30:00, 8時30分.
fn looks_like_a_time(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let clock = text.trim_end_matches("AM").trim_end_matches("PM").trim_end();
    let parts: Vec<&str> = clock.split(':').take(4).collect();
    let spoken = text.split_once('時').is_some_and(|(hour, rest)| {
        digits(hour) && !rest.starts_with('間') && (rest.is_empty() || rest.ends_with('分'))
    });
    (2..=3).contains(&parts.len()) && parts.iter().all(|part| digits(part)) || spoken
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
    fn a_unit_is_taken_off_whatever_its_width() {
        for (text, unit, value) in [
            ("80％", "％", 80),
            ("８０％", "％", 80),
            ("80%", "％", 80),
            ("80 ％", "%", 80),
            ("120時間", "時間", 120),
            ("1,235千円", "千円", 1235),
            ("￥1,235", "円", 1235),
            ("¥1,235円", "円", 1235),
            ("5㎡", "㎡", 5),
            ("−5", "", -5),
            ("１０人", "人", 10),
        ] {
            assert_eq!(parse_number(text, unit), Ok(value), "{text} {unit}");
        }
        assert_eq!(parse_number("8.5％", "％"), Err(BadText::NotWhole("8.5％".into())));
        assert!(matches!(parse_number("12名", "人"), Err(BadText::NotANumber(_))));
        assert!(matches!(parse_number("12千円", "円"), Err(BadText::NotANumber(_))));
    }

    #[test]
    fn choices_are_found_as_they_look() {
        let choices: Vec<Choice> =
            ["100人〜299人", "10−20人", "在宅ガイド・その他", "在宅", "その他"]
                .into_iter()
                .enumerate()
                .map(|(at, label)| Choice {
                    id: ChoiceId::new(format!("c{at}")),
                    label: label.to_owned(),
                })
                .collect();
        let one = |text: &str| find(&choices, text).map(|c| c.id.as_str().to_owned());
        assert_eq!(one("100人～299人").as_deref(), Some("c0"));
        assert_eq!(one("１００人~２９９人").as_deref(), Some("c0"));
        assert_eq!(one("10－20人").as_deref(), Some("c1"));
        assert_eq!(one("在宅カ\u{3099}イト\u{3099}・その他").as_deref(), Some("c2"));
        assert_eq!(one("10人"), None);
        let many = |text: &str| {
            several(&choices, "・", text)
                .map(|found| found.iter().map(|(c, _)| c.id.to_string()).collect::<Vec<_>>())
        };
        for text in [
            "在宅・その他",
            "在宅･その他",
            "在宅、その他",
            "在宅,その他",
            "在宅\nその他",
            "在宅／その他",
        ] {
            assert_eq!(many(text).unwrap(), ["c3", "c4"], "{text}");
        }
        assert_eq!(many("ｻﾞｲﾀｸ").unwrap_err(), BadText::NotChoices("ｻﾞｲﾀｸ".into(), "・".into()));
        assert_eq!(many("在宅ｶﾞｲﾄﾞ･その他、在宅").unwrap(), ["c2", "c3"]);
        assert!(many("在宅その他").is_err());
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
        for text in ["8:30", "120:00", "25:30:00", "８：３０", "8時30分", "5:30 PM"] {
            assert!(matches!(refused(text), BadText::Time(_)), "{text}");
        }
        assert_eq!(refused("80%"), BadText::Percent("80%".into(), "人".into()));
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
