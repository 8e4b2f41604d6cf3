//! From a TOML file to a [`Form`]: questions first, then what refers to them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use toml::de::DeTable;

use super::expr::is_identifier;
use super::fields::{Fault, Faults, Fields};
use super::reads::{condition, expression, line, tables};
use super::{
    ChangeLimit, Check, Choice, Class, Condition, Form, FormFault, FormRef, Kind, Line, MAX_FORM,
    MAX_PARTS, MAX_QUESTIONS, Question, Range, Row, Set,
};
use crate::body::BodyKind;
use crate::value::{ChoiceId, MAX_TEXT, QuestionId};

/// The version of the language this reads.
const LANGUAGE: i64 = 1;

pub(super) fn read(source: &str) -> Result<Form, Vec<FormFault>> {
    let mut faults = Faults::new(source);
    if source.len() > MAX_FORM {
        faults.add(0..0, Fault::FileTooLarge);
        return Err(faults.finish());
    }
    let (document, errors) = DeTable::parse_recoverable(source);
    for error in errors {
        faults.add(error.span().unwrap_or(0..0), Fault::Syntax(error.message().to_owned()));
    }
    if !faults.is_empty() {
        return Err(faults.finish());
    }
    let mut file = Fields::new(document.get_ref(), 0..0);
    let mut form = head(&mut file, &mut faults);
    questions(&mut file, &mut form, &mut faults);
    rows(&mut file, &mut form, &mut faults);
    tables(&mut file, &mut form, &mut faults);
    file.finish(&mut faults);
    if faults.is_empty() { Ok(form) } else { Err(faults.finish()) }
}

fn head(file: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> Form {
    let mut form = Form {
        name: FormRef { id: String::new(), version: String::new() },
        title: String::new(),
        as_of: Date::default(),
        previous: None,
        questions: Vec::new(),
        sets: Vec::new(),
        checks: Vec::new(),
        rows: Vec::new(),
        tables: Vec::new(),
        index: BTreeMap::new(),
    };
    let Some(table) = file.value("form") else {
        faults.add(0..0, Fault::Missing("form"));
        return form;
    };
    let Some(inner) = table.get_ref().as_table() else {
        faults.add(table.span(), Fault::WrongType("form".to_owned(), "a table"));
        return form;
    };
    let mut fields = Fields::new(inner, table.span());
    match fields.integer(faults, "language") {
        Some((LANGUAGE, _)) => {}
        Some((other, span)) => faults.add(span, Fault::Language(other)),
        None => faults.add(fields.span(), Fault::Missing("language")),
    }
    if let Some((id, span)) = fields.text(faults, "id") {
        if !is_identifier(&id) {
            faults.add(span, Fault::BadValue("id".to_owned(), "identifiers are a-z, 0-9 and _"));
        }
        form.name.id = id;
    }
    form.name.version = fields.text(faults, "version").map(|(t, _)| t).unwrap_or_default();
    form.title = fields.text(faults, "title").map(|(t, _)| t).unwrap_or_default();
    form.previous = fields.maybe_text(faults, "previous").map(|(t, _)| t);
    if let Some((text, span)) = fields.text(faults, "as_of") {
        match text.parse() {
            Ok(date) => form.as_of = date,
            Err(_) => {
                faults.add(span, Fault::WrongType("as_of".to_owned(), "a day as \"2021-10-01\""))
            }
        }
    }
    fields.finish(faults);
    form
}

fn questions(file: &mut Fields<'_, '_>, form: &mut Form, faults: &mut Faults<'_>) {
    let mut entries = file.tables(faults, "question", MAX_QUESTIONS);
    if entries.is_empty() {
        faults.add(0..0, Fault::Missing("question"));
    }
    let mut columns = BTreeSet::new();
    for fields in &mut entries {
        let question = question(fields, faults);
        if form.index.insert(question.id.clone(), form.questions.len()).is_some() {
            faults.add(fields.span(), Fault::Twice(question.id.to_string()));
        }
        if !columns.insert(question.column.clone()) || question.column == super::CODE_COLUMN {
            faults.add(fields.span(), Fault::Twice(question.column.clone()));
        }
        form.questions.push(question);
    }

    let mut names = BTreeSet::new();
    for mut fields in file.tables(faults, "set", MAX_PARTS) {
        let (id, label) = line(&mut fields, faults);
        if !names.insert(id.clone()) {
            faults.add(fields.span(), Fault::Twice(id.clone()));
        }
        let when = condition(&mut fields, "when", form, None, faults);
        if fields.value("when").is_none() {
            faults.add(fields.span(), Fault::Missing("when"));
        }
        fields.finish(faults);
        form.sets.push(Set { id, label, when });
    }

    // Routing and sums refer to questions and sets, so they come when both are known.
    for (place, mut fields) in entries.into_iter().enumerate() {
        let when = condition(&mut fields, "when", form, Some(place), faults);
        if let Kind::Computed { .. } = form.questions[place].kind {
            let value = expression(&mut fields, "value", form, faults);
            let over = fields
                .value("over")
                .is_some()
                .then(|| expression(&mut fields, "over", form, faults))
                .flatten();
            if let (Some(value), Kind::Computed { value: v, over: o, .. }) =
                (value, &mut form.questions[place].kind)
            {
                (*v, *o) = (value, over);
            }
        }
        form.questions[place].when = when;
        fields.finish(faults);
    }

    for mut fields in file.tables(faults, "check", MAX_PARTS) {
        let message = fields.text(faults, "message").map(|(t, _)| t).unwrap_or_default();
        if let Some((text, span)) = fields.text(faults, "that") {
            match super::expr::parse_check(&text) {
                Ok((left, is, right)) => {
                    super::reads::known(&left, form, &span, faults);
                    super::reads::known(&right, form, &span, faults);
                    form.checks.push(Check { left, is, right, message });
                }
                Err(what) => faults.add(span, Fault::Expression(what)),
            }
        }
        fields.finish(faults);
    }
}

fn question(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> Question {
    let id = match fields.text(faults, "id") {
        Some((id, _)) if is_identifier(&id) => id,
        Some((id, span)) => {
            faults.add(span, Fault::BadValue("id".to_owned(), "identifiers are a-z, 0-9 and _"));
            id
        }
        None => String::new(),
    };
    let label = fields.text(faults, "label").map(|(t, _)| t).unwrap_or_default();
    let column = fields.maybe_text(faults, "column").map_or_else(|| label.clone(), |(t, _)| t);
    let guidance = fields.maybe_text(faults, "guidance").map(|(t, _)| t).unwrap_or_default();
    let required = fields.flag(faults, "required");
    let unknown = fields.flag(faults, "unknown");
    let blank_is_unknown = match fields.maybe_text(faults, "blank") {
        None => false,
        Some((word, _)) if word == "unknown" && unknown => true,
        Some((_, span)) => {
            faults.add(
                span,
                Fault::BadValue(
                    "blank".to_owned(),
                    "only \"unknown\", and only where unknown = true",
                ),
            );
            false
        }
    };
    let kind = kind(fields, faults);
    let change =
        change(fields, matches!(kind, Some(Kind::Number { .. } | Kind::Money { .. })), faults);
    Question {
        id: QuestionId::new(id),
        label,
        column,
        guidance,
        kind: kind.unwrap_or(Kind::Text { max_length: 0 }),
        required,
        unknown,
        blank_is_unknown,
        when: Condition::Always,
        change,
    }
}

fn kind(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> Option<Kind> {
    let (word, span) = fields.text(faults, "kind")?;
    let mut unit = |faults: &mut Faults<'_>, fallback: &str| {
        fields.maybe_text(faults, "unit").map_or_else(|| fallback.to_owned(), |(t, _)| t)
    };
    Some(match word.as_str() {
        "number" => Kind::Number { unit: unit(faults, ""), range: range(fields, faults) },
        "money" => Kind::Money { unit: unit(faults, "円"), range: range(fields, faults) },
        "one-of" => Kind::OneOf { choices: choices(fields, faults) },
        "many-of" => {
            let choices = choices(fields, faults);
            let separator =
                fields.maybe_text(faults, "separator").map_or_else(|| "|".to_owned(), |(t, _)| t);
            if let Some(choice) = choices.iter().find(|choice| choice.label.contains(&separator)) {
                faults.add(
                    span,
                    Fault::BadValue(choice.label.clone(), "the label holds the separator"),
                );
            }
            let at_most = count(fields, "at_most", choices.len(), choices.len(), faults);
            Kind::ManyOf { choices, separator, at_most }
        }
        "text" => Kind::Text { max_length: count(fields, "max_length", 1000, MAX_TEXT, faults) },
        "table" => {
            let unit = unit(faults, "");
            let rows = lines(fields, "rows", faults);
            let columns = lines(fields, "columns", faults);
            Kind::Grid { rows, columns, unit, range: range(fields, faults) }
        }
        "computed" => {
            // The expressions are read when every question is known.
            let unit = unit(faults, "");
            fields.value("value");
            fields.value("over");
            Kind::Computed { value: super::Expr { terms: Vec::new() }, over: None, unit }
        }
        _ => {
            faults.add(span, Fault::UnknownKind(word));
            return None;
        }
    })
}

/// A count of at least 1.
fn count(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    fallback: usize,
    most: usize,
    faults: &mut Faults<'_>,
) -> usize {
    let Some((number, span)) = fields.integer(faults, key) else { return fallback };
    match usize::try_from(number) {
        Ok(number) if (1..=most).contains(&number) => number,
        _ => {
            faults.add(span, Fault::BadValue(key.to_owned(), "out of bounds"));
            fallback
        }
    }
}

fn range(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> Range {
    let min = fields.integer(faults, "min");
    let max = fields.integer(faults, "max");
    if let (Some((min, _)), Some((max, span))) = (&min, &max)
        && min > max
    {
        faults.add(span.clone(), Fault::EmptyRange);
    }
    Range { min: min.map(|m| m.0), max: max.map(|m| m.0) }
}

fn choices(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> Vec<Choice> {
    lines(fields, "choices", faults)
        .into_iter()
        .map(|l| Choice { id: ChoiceId::new(l.id), label: l.label })
        .collect()
}

/// A list of tables with `id` and `label`, not empty, nothing twice.
fn lines(fields: &mut Fields<'_, '_>, key: &'static str, faults: &mut Faults<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let present = fields.value(key).is_some();
    for mut entry in fields.tables(faults, key, MAX_PARTS) {
        let (id, label) = line(&mut entry, faults);
        if lines.iter().any(|l| l.id == id || l.label == label) {
            faults.add(entry.span(), Fault::Twice(id.clone()));
        }
        entry.finish(faults);
        lines.push(Line { id, label });
    }
    if lines.is_empty() && !present {
        faults.add(fields.span(), Fault::Missing(key));
    }
    lines
}

fn change(
    fields: &mut Fields<'_, '_>,
    numeric: bool,
    faults: &mut Faults<'_>,
) -> Option<ChangeLimit> {
    let value = fields.value("change")?;
    let Some(table) = value.get_ref().as_table().filter(|_| numeric) else {
        faults.add(
            value.span(),
            Fault::BadValue("change".to_owned(), "a table, and only on numbers and money"),
        );
        return None;
    };
    let mut inner = Fields::new(table, value.span());
    let percent = match inner.integer(faults, "percent") {
        Some((percent, span)) => {
            u32::try_from(percent).ok().filter(|p| *p <= 100_000).or_else(|| {
                faults.add(span, Fault::BadValue("percent".to_owned(), "out of bounds"));
                None
            })
        }
        None => {
            faults.add(value.span(), Fault::Missing("percent"));
            None
        }
    };
    let least = inner.integer(faults, "least").map_or(1, |(n, _)| n.max(1));
    inner.finish(faults);
    Some(ChangeLimit { percent: percent?, least })
}

fn rows(file: &mut Fields<'_, '_>, form: &mut Form, faults: &mut Faults<'_>) {
    for mut fields in file.tables(faults, "row", MAX_PARTS) {
        let id = fields.text(faults, "id").map(|(t, _)| t).unwrap_or_default();
        if form.rows.iter().any(|row| row.id == id) {
            faults.add(fields.span(), Fault::Twice(id.clone()));
        }
        let indent = fields.integer(faults, "indent").map_or(0, |(n, _)| n.clamp(0, 4) as u8);
        let mut kinds = BTreeSet::new();
        for (name, span) in fields.texts(faults, "types") {
            match BodyKind::parse(&name) {
                Some(kind) => {
                    kinds.insert(kind);
                }
                None => faults.add(span, Fault::UnknownBodyType(name)),
            }
        }
        let class = class(&mut fields, form, faults);
        fields.finish(faults);
        form.rows.push(Row { id, indent, kinds, class });
    }
}

fn class(fields: &mut Fields<'_, '_>, form: &Form, faults: &mut Faults<'_>) -> Option<Class> {
    let value = fields.value("class")?;
    let Some(table) = value.get_ref().as_table() else {
        faults.add(value.span(), Fault::WrongType("class".to_owned(), "a table"));
        return None;
    };
    let mut inner = Fields::new(table, value.span());
    let question = inner.text(faults, "question");
    let range = range(&mut inner, faults);
    inner.finish(faults);
    let (id, span) = question?;
    match form.question(&id).map(|q| &q.kind) {
        Some(Kind::Number { .. } | Kind::Money { .. }) => {
            Some(Class { question: QuestionId::new(id), range })
        }
        Some(_) => {
            faults.add(span, Fault::WrongKind(id));
            None
        }
        None => {
            faults.add(span, Fault::UnknownQuestion(id));
            None
        }
    }
}
