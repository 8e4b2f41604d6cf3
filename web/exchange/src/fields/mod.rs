//! A form as fields on a page: the same for trying a form out and for answering it, and the hints
//! the page's script asks for.

mod hints;

use std::collections::{BTreeMap, BTreeSet};

use exchange::draft::{Checked, Typed};
use exchange::entry;
use exchange::form::{Computed, Form, Kind, Question, Range};
use exchange::typed;
use exchange::value::{QuestionId, Sheet, Value};

pub(crate) use hints::{Hints, Pairs, hints};

use kit::chart::grouped;
use kit::http::Lang;

/// What a form is shown with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    /// The form.
    pub(crate) form: &'a Form,
    /// What stands in its fields.
    pub(crate) typed: &'a Typed,
    /// That, read and checked.
    pub(crate) checked: &'a Checked,
    /// Last year's form and answers of the same body.
    pub(crate) previous: Option<(&'a Form, &'a Sheet)>,
    /// The questions that may be typed into; all, where it is not said.
    pub(crate) open: Option<&'a BTreeSet<QuestionId>>,
    /// Whether what is not answered yet is already a fault.
    pub(crate) missing_counts: bool,
    /// Language of the page. The form itself is in its own.
    pub(crate) lang: Lang,
}

/// A question on the page.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) id: String,
    /// Its place among the questions, from 1.
    pub(crate) number: usize,
    pub(crate) label: String,
    pub(crate) guidance: String,
    pub(crate) required: bool,
    pub(crate) asked: bool,
    pub(crate) open: bool,
    pub(crate) input: Input,
    pub(crate) unit: String,
    pub(crate) range: String,
    /// Whether 不明 is chosen, where it is an answer.
    pub(crate) unknown: Option<bool>,
    pub(crate) faults: Vec<String>,
    /// Last year's answer; empty where there is none.
    pub(crate) previous: String,
    pub(crate) reason: Option<Reason>,
    /// What reviewers said of it.
    pub(crate) remarks: Vec<String>,
    /// What somebody else had entered, and can be taken back.
    pub(crate) beside: Vec<Beside>,
    /// Who fills it in, when it is a division's.
    pub(crate) part: String,
    /// An answer worked out from this server's own records.
    pub(crate) offer: Option<Offer>,
}

/// How it is entered.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    Number(String),
    One(Vec<Choice>),
    Many(Vec<Choice>),
    Line { text: String, most: usize },
    Text { text: String, most: usize },
    Grid { columns: Vec<String>, rows: Vec<GridRow> },
    Computed(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct GridRow {
    pub(crate) label: String,
    pub(crate) cells: Vec<GridCell>,
}

#[derive(Clone, Debug)]
pub(crate) struct GridCell {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) text: String,
    pub(crate) previous: String,
    pub(crate) fault: String,
}

/// The reason for a change from last year.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    pub(crate) text: String,
    /// Whether the change is beyond the form's limit.
    pub(crate) needed: bool,
    /// Whether it is shown whatever was typed.
    pub(crate) always: bool,
    pub(crate) limit: String,
}

/// An entry beside the one in the field.
#[derive(Clone, Debug)]
pub(crate) struct Beside {
    pub(crate) who: String,
    pub(crate) text: String,
    /// Its place among the displaced ones, to take it back.
    pub(crate) place: usize,
}

/// An offered answer with its working.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) text: String,
    pub(crate) working: Vec<String>,
    pub(crate) taken_at: String,
    /// Whether the field holds it.
    pub(crate) confirmed: bool,
}

/// The fields of a form, in its order.
pub(crate) fn fields(setting: &Setting<'_>) -> Vec<Field> {
    let form = setting.form;
    form.questions
        .iter()
        .enumerate()
        .map(|(at, question)| field(setting, question, at + 1))
        .collect()
}

fn field(setting: &Setting<'_>, question: &Question, number: usize) -> Field {
    let Setting { typed, checked, previous, lang, .. } = *setting;
    let id = question.id.to_string();
    let (unit, range) = match &question.kind {
        Kind::Number { unit, range }
        | Kind::Money { unit, range }
        | Kind::Grid { unit, range, .. } => (unit.clone(), range_words(range, lang)),
        _ => (String::new(), String::new()),
    };
    let reason = question
        .change
        .filter(|_| previous.is_some_and(|(_, sheet)| sheet.values.contains_key(&question.id)))
        .map(|limit| {
            let text = typed.text(&format!("r.{id}")).to_owned();
            let needed =
                entry::leap(question, &checked.sheet, previous.map(|(_, sheet)| sheet)).is_some();
            let limit = match lang {
                Lang::Ja => {
                    format!(
                        "前回から{}％を超えて（かつ{}{unit}以上）変わる場合は理由が必要です。",
                        limit.percent, limit.least
                    )
                }
                Lang::En => format!(
                    "A change of more than {}% (and at least {}) needs a reason.",
                    limit.percent, limit.least
                ),
            };
            Reason { text, needed, always: false, limit }
        });
    Field {
        number,
        label: question.label.clone(),
        guidance: question.guidance.clone(),
        required: question.required && !matches!(question.kind, Kind::Computed { .. }),
        asked: asked(setting, question),
        open: setting.open.is_none_or(|open| open.contains(&question.id)),
        input: input(setting, question),
        unknown: question.unknown.then(|| !typed.text(&format!("u.{id}")).is_empty()),
        faults: faults_at(setting, question, false).into_iter().map(|(_, text)| text).collect(),
        previous: previous
            .map(|(form, sheet)| previous_text(form, sheet, question, lang))
            .unwrap_or_default(),
        reason,
        remarks: Vec::new(),
        beside: Vec::new(),
        part: String::new(),
        offer: None,
        unit,
        range,
        id,
    }
}

/// Whether a question is asked: by the form's routing, or of this person by name.
fn asked(setting: &Setting<'_>, question: &Question) -> bool {
    setting.form.asked(question, &setting.checked.sheet)
        || setting.open.is_some_and(|open| open.contains(&question.id))
}

fn input(setting: &Setting<'_>, question: &Question) -> Input {
    let Setting { form, typed, checked, previous, lang, .. } = *setting;
    let id = &question.id;
    let name = format!("q.{id}");
    let listed = |choices: &[exchange::form::Choice]| {
        let choice = |c: &exchange::form::Choice| Choice {
            id: c.id.to_string(),
            label: c.label.clone(),
            chosen: typed.holds(&name, c.id.as_str()),
        };
        choices.iter().map(choice).collect()
    };
    match &question.kind {
        Kind::Number { .. } | Kind::Money { .. } => Input::Number(typed.text(&name).to_owned()),
        Kind::OneOf { choices } => Input::One(listed(choices)),
        Kind::ManyOf { choices, .. } => Input::Many(listed(choices)),
        Kind::Text { max_length } if *max_length <= 100 => {
            Input::Line { text: typed.text(&name).to_owned(), most: *max_length }
        }
        Kind::Text { max_length } => {
            Input::Text { text: typed.text(&name).to_owned(), most: *max_length }
        }
        Kind::Computed { .. } => {
            Input::Computed(computed_text(form, question, &checked.sheet, lang))
        }
        Kind::Grid { rows, columns, .. } => {
            let faults: BTreeMap<_, _> = faults_at(setting, question, true).into_iter().collect();
            let before = previous.and_then(|(_, sheet)| match sheet.values.get(id) {
                Some(Value::Cells(cells)) => Some(cells),
                _ => None,
            });
            let row = |row: &exchange::form::Line| GridRow {
                label: row.label.clone(),
                cells: columns
                    .iter()
                    .map(|column| {
                        let name = format!("c.{id}.{}.{}", row.id, column.id);
                        let previous = before.and_then(|cells| cells.get(&row.id)?.get(&column.id));
                        GridCell {
                            label: format!("{} {}", row.label, column.label),
                            text: typed.text(&name).to_owned(),
                            previous: previous.map(i64::to_string).unwrap_or_default(),
                            fault: faults.get(&name).cloned().unwrap_or_default(),
                            name,
                        }
                    })
                    .collect(),
            };
            Input::Grid {
                columns: columns.iter().map(|c| c.label.clone()).collect(),
                rows: rows.iter().map(row).collect(),
            }
        }
    }
}

/// Faults of a question as field name and words; of its cells only, or of the question as a whole
/// only.
fn faults_at(setting: &Setting<'_>, question: &Question, cells: bool) -> Vec<(String, String)> {
    let faults = setting
        .checked
        .faults
        .iter()
        .filter(|fault| fault.question == question.id && fault.cell.is_some() == cells);
    let shown = faults.filter(|fault| setting.missing_counts || !fault.what.is_missing());
    shown
        .map(|fault| {
            let name = match &fault.cell {
                Some((row, column)) => format!("c.{}.{row}.{column}", question.id),
                None => format!("q.{}", question.id),
            };
            let words = match setting.lang {
                Lang::Ja => fault.what.ja(),
                Lang::En => fault.what.to_string(),
            };
            (name, words)
        })
        .collect()
}

/// An answer in words, as last year's form has them.
fn previous_text(form: &Form, sheet: &Sheet, now: &Question, lang: Lang) -> String {
    let Some(question) = form.question(now.id.as_str()) else { return String::new() };
    answer_text(form, question, sheet, lang)
}

/// An answer in words; empty where there is none.
pub(crate) fn answer_text(form: &Form, question: &Question, sheet: &Sheet, lang: Lang) -> String {
    let value = sheet.values.get(&question.id);
    match (&question.kind, value) {
        (Kind::Computed { .. }, _) if form.asked(question, sheet) => {
            computed_text(form, question, sheet, lang)
        }
        (_, Some(Value::Number(n))) => format!("{}{}", signed(i128::from(*n)), unit(question)),
        (_, Some(Value::Cells(cells))) => {
            let sum: i128 = cells.values().flat_map(BTreeMap::values).map(|n| i128::from(*n)).sum();
            let words = lang.t("表（合計）", "table, sum");
            format!("{words} {}{}", signed(sum), unit(question))
        }
        (Kind::ManyOf { choices, .. }, Some(Value::Many(ids))) => {
            let chosen: Vec<&str> =
                choices.iter().filter(|c| ids.contains(&c.id)).map(|c| c.label.as_str()).collect();
            chosen.join("、")
        }
        (_, Some(value)) => typed::display(question, value),
        (_, None) => String::new(),
    }
}

fn unit(question: &Question) -> &str {
    match &question.kind {
        Kind::Number { unit, .. }
        | Kind::Money { unit, .. }
        | Kind::Grid { unit, .. }
        | Kind::Computed { unit, .. } => unit,
        _ => "",
    }
}

/// What a computed question comes to, with its parts.
pub(crate) fn computed_text(form: &Form, question: &Question, sheet: &Sheet, lang: Lang) -> String {
    let Kind::Computed { over, unit, .. } = &question.kind else { return String::new() };
    match form.computed(question, sheet) {
        Computed::Missing => lang
            .t("（必要な設問に回答すると計算します）", "(worked out once its parts are answered)")
            .to_owned(),
        Computed::Unknown => lang.t("不明", "unknown").to_owned(),
        Computed::Known { part, .. } if over.is_none() => format!("{}{unit}", signed(part)),
        Computed::Known { part, whole } => {
            let percent = matches!(unit.as_str(), "％" | "%");
            let scale = if percent { 1_000 } else { 10 };
            let (open, end) = (lang.t("（", " ("), lang.t("）", ")"));
            format!(
                "{}{unit}{open}{} ÷ {}{end}",
                tenths(part, whole, scale),
                signed(part),
                signed(whole)
            )
        }
    }
}

/// `part / whole * scale` tenths, half up, as "30.0".
fn tenths(part: i128, whole: i128, scale: u128) -> String {
    let (size, whole) = (part.unsigned_abs(), whole.unsigned_abs().max(1));
    let tenths = size.saturating_mul(2 * scale).saturating_add(whole) / whole.saturating_mul(2);
    let sign = if part < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths / 10, tenths % 10)
}

fn signed(n: i128) -> String {
    let size =
        u64::try_from(n.unsigned_abs()).map_or_else(|_| n.unsigned_abs().to_string(), grouped);
    if n < 0 { format!("-{size}") } else { size }
}

fn range_words(range: &Range, lang: Lang) -> String {
    let n = |n: i64| signed(i128::from(n));
    match (range.min, range.max, lang) {
        (Some(min), Some(max), Lang::Ja) => format!("{}から{}まで", n(min), n(max)),
        (Some(min), None, Lang::Ja) => format!("{}以上", n(min)),
        (None, Some(max), Lang::Ja) => format!("{}以下", n(max)),
        (Some(min), Some(max), Lang::En) => format!("{} to {}", n(min), n(max)),
        (Some(min), None, Lang::En) => format!("{} or more", n(min)),
        (None, Some(max), Lang::En) => format!("{} or less", n(max)),
        (None, None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use exchange::form::shipped;

    use super::*;

    #[test]
    fn ratios_are_shown_with_their_parts_and_rounded_half_up() {
        let form = Form::read(shipped::TELEWORK_R3).unwrap();
        let pairs = [
            ("q.staff", "2415"),
            ("q.adoption", "formal"),
            ("q.excluded", "274"),
            ("q.able", "642"),
            ("u.users", "1"),
        ];
        let typed = Typed::from_pairs(&form, pairs.map(|(a, b)| (a.to_owned(), b.to_owned())));
        let sheet = typed.check(&form, None).sheet;
        let text = |id: &str| computed_text(&form, form.question(id).unwrap(), &sheet, Lang::Ja);
        assert_eq!(text("able_share"), "30.0％（642 ÷ 2,141）");
        assert_eq!(text("use_rate"), "不明");
        assert_eq!(tenths(1, 2000, 1_000), "0.1", "0.05 goes up");
        assert_eq!(tenths(-1, 3, 1_000), "-33.3");
    }
}
