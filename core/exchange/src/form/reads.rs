//! The parts of a form file that refer to others: conditions, expressions, tables.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::expr::{self, Expr, Operand, is_identifier};
use super::fields::{Fault, Faults, Fields, text_of};
use super::{Band, BandEnd, Column, Columns, Condition, Form, Kind, MAX_PARTS, Table};
use crate::value::{ChoiceId, QuestionId};

/// `id` and `label` of a table.
pub(super) fn line(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> (String, String) {
    let id = match fields.text(faults, "id") {
        Some((id, _)) if is_identifier(&id) => id,
        Some((id, span)) => {
            faults.add(span, Fault::BadValue("id".to_owned(), "identifiers are a-z, 0-9 and _"));
            id
        }
        None => String::new(),
    };
    let label = fields.text(faults, "label").map(|(t, _)| t).unwrap_or_default();
    (id, label)
}

/// The condition under `key`: the name of a set, "not" and the name, `{ question, any_of }`, or a
/// list of these that must all hold. `before`: only questions asked before this one may decide.
pub(super) fn condition(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    form: &Form,
    before: Option<usize>,
    faults: &mut Faults<'_>,
) -> Condition {
    match fields.value(key) {
        None => Condition::Always,
        Some(value) => one_condition(value, form, before, true, faults),
    }
}

fn one_condition(
    value: &Spanned<DeValue<'_>>,
    form: &Form,
    before: Option<usize>,
    list: bool,
    faults: &mut Faults<'_>,
) -> Condition {
    match value.get_ref() {
        DeValue::String(_) => {
            let text = match text_of(value) {
                Ok(text) => text,
                Err(fault) => {
                    faults.add(value.span(), fault("when"));
                    return Condition::Always;
                }
            };
            let (not, name) =
                text.strip_prefix("not ").map_or((false, text), |name| (true, name.trim()));
            let Some(set) = form.sets.iter().find(|set| set.id == name) else {
                faults.add(value.span(), Fault::UnknownSet(name.to_owned()));
                return Condition::Always;
            };
            earlier(&set.when, form, before, &value.span(), faults);
            if not { Condition::Not(Box::new(set.when.clone())) } else { set.when.clone() }
        }
        DeValue::Table(table) => {
            let mut fields = Fields::new(table, value.span());
            let question = fields.text(faults, "question");
            let choices = fields.texts(faults, "any_of");
            if choices.is_empty() {
                faults.add(value.span(), Fault::Missing("any_of"));
            }
            fields.finish(faults);
            let Some((id, span)) = question else { return Condition::Always };
            let known = match form.question(&id).map(|q| &q.kind) {
                Some(Kind::OneOf { choices } | Kind::ManyOf { choices, .. }) => choices,
                Some(_) => {
                    faults.add(span, Fault::WrongKind(id));
                    return Condition::Always;
                }
                None => {
                    faults.add(span, Fault::UnknownQuestion(id));
                    return Condition::Always;
                }
            };
            let mut any_of = BTreeSet::new();
            for (choice, span) in choices {
                if known.iter().any(|c| c.id.as_str() == choice) {
                    any_of.insert(ChoiceId::new(choice));
                } else {
                    faults.add(span, Fault::UnknownChoice(choice));
                }
            }
            let condition = Condition::Answered { question: QuestionId::new(id), any_of };
            earlier(&condition, form, before, &span, faults);
            condition
        }
        DeValue::Array(items) if list && items.len() <= MAX_PARTS => Condition::All(
            items.iter().map(|item| one_condition(item, form, before, false, faults)).collect(),
        ),
        _ => {
            faults.add(
                value.span(),
                Fault::WrongType("when".to_owned(), "a set, a table or a list of them"),
            );
            Condition::Always
        }
    }
}

fn earlier(
    condition: &Condition,
    form: &Form,
    before: Option<usize>,
    span: &Range<usize>,
    faults: &mut Faults<'_>,
) {
    let Some(before) = before else { return };
    match condition {
        Condition::Always => {}
        Condition::Answered { question, .. } => {
            if form.index.get(question).is_none_or(|place| *place >= before) {
                faults.add(span.clone(), Fault::NotEarlier(question.to_string()));
            }
        }
        Condition::Not(inner) => earlier(inner, form, Some(before), span, faults),
        Condition::All(all) => {
            all.iter().for_each(|c| earlier(c, form, Some(before), span, faults))
        }
    }
}

/// The expression under `key`, every name in it known.
pub(super) fn expression(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    form: &Form,
    faults: &mut Faults<'_>,
) -> Option<Expr> {
    let (text, span) = fields.text(faults, key)?;
    match expr::parse(&text) {
        Ok(expr) => known(&expr, form, &span, faults).then_some(expr),
        Err(what) => {
            faults.add(span, Fault::Expression(what));
            None
        }
    }
}

/// Whether every name in `expr` is a number, or a cell of a table question.
pub(super) fn known(
    expr: &Expr,
    form: &Form,
    span: &Range<usize>,
    faults: &mut Faults<'_>,
) -> bool {
    let mut good = true;
    for term in &expr.terms {
        let (id, cell) = match &term.of {
            Operand::One => continue,
            Operand::Answer(id) => (id, None),
            Operand::Cells { question, row, column } => (question, Some((row, column))),
        };
        let fault = match (form.question(id.as_str()).map(|q| &q.kind), cell) {
            (None, _) => Fault::UnknownQuestion(id.to_string()),
            (Some(Kind::Number { .. } | Kind::Money { .. }), None) => continue,
            (Some(Kind::Grid { rows, columns, .. }), Some((row, column))) => {
                let found = |lines: &[super::Line], id: &Option<String>| {
                    id.as_ref().is_none_or(|id| lines.iter().any(|line| line.id == *id))
                };
                if found(rows, row) && found(columns, column) {
                    continue;
                }
                Fault::UnknownCell(id.to_string())
            }
            _ => Fault::WrongKind(id.to_string()),
        };
        faults.add(span.clone(), fault);
        good = false;
    }
    good
}

pub(super) fn tables(file: &mut Fields<'_, '_>, form: &mut Form, faults: &mut Faults<'_>) {
    for mut fields in file.tables(faults, "table", MAX_PARTS) {
        let id = fields.text(faults, "id").map(|(t, _)| t).unwrap_or_default();
        if form.tables.iter().any(|table| table.id == id) {
            faults.add(fields.span(), Fault::Twice(id.clone()));
        }
        let title = fields.maybe_text(faults, "title").map_or_else(|| id.clone(), |(t, _)| t);
        let note = fields.maybe_text(faults, "note").map(|(t, _)| t).unwrap_or_default();
        let base = condition(&mut fields, "base", form, None, faults);
        let base_label =
            fields.maybe_text(faults, "base_label").map_or_else(|| "団体".to_owned(), |(t, _)| t);
        let mut rows = Vec::new();
        for (name, span) in fields.texts(faults, "rows") {
            match form.rows.iter().position(|row| row.id == name) {
                Some(place) if rows.contains(&place) => faults.add(span, Fault::Twice(name)),
                Some(place) => rows.push(place),
                None => faults.add(span, Fault::UnknownRow(name)),
            }
        }
        if rows.is_empty() {
            faults.add(fields.span(), Fault::Missing("rows"));
        }
        let columns = columns(&mut fields, form, faults);
        fields.finish(faults);
        if let Some(columns) = columns {
            form.tables.push(Table { id, title, note, rows, base, base_label, columns });
        }
    }
}

fn columns(fields: &mut Fields<'_, '_>, form: &Form, faults: &mut Faults<'_>) -> Option<Columns> {
    let Some((id, span)) = fields.maybe_text(faults, "of") else {
        let mut list: Vec<Column> = Vec::new();
        for mut column in fields.tables(faults, "columns", MAX_PARTS) {
            let id = column.text(faults, "id").map(|(t, _)| t).unwrap_or_default();
            if list.iter().any(|c| c.id == id) {
                faults.add(column.span(), Fault::Twice(id.clone()));
            }
            let when = condition(&mut column, "when", form, None, faults);
            let brackets = column.flag(faults, "brackets");
            column.finish(faults);
            list.push(Column { id, when, brackets });
        }
        if list.is_empty() {
            faults.add(fields.span(), Fault::Missing("columns"));
        }
        return Some(Columns::Conditions(list));
    };
    match form.question(&id).map(|q| &q.kind) {
        None => {
            faults.add(span, Fault::UnknownQuestion(id));
            None
        }
        Some(Kind::OneOf { .. } | Kind::ManyOf { .. }) => {
            Some(Columns::Choices(QuestionId::new(id)))
        }
        Some(Kind::Computed { over: Some(_), .. }) => {
            let unknown = fields.text(faults, "unknown").map(|(t, _)| t).unwrap_or_default();
            Some(Columns::Bands { of: QuestionId::new(id), bands: bands(fields, faults), unknown })
        }
        Some(_) => {
            faults.add(span, Fault::WrongKind(id));
            None
        }
    }
}

/// Bands in rising order, each beginning where the one before ends.
fn bands(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    for mut entry in fields.tables(faults, "bands", MAX_PARTS) {
        let id = entry.text(faults, "id").map(|(t, _)| t).unwrap_or_default();
        if bands.iter().any(|band| band.id == id) {
            faults.add(entry.span(), Fault::Twice(id.clone()));
        }
        let from = entry.integer(faults, "from");
        let below = entry.integer(faults, "below");
        let to = entry.integer(faults, "to");
        let span = entry.span();
        entry.finish(faults);
        let Some((from, _)) = from else {
            faults.add(span, Fault::Missing("from"));
            continue;
        };
        let end = match (below, to) {
            (Some((below, _)), None) if below > from => BandEnd::Below(below),
            (None, Some((to, _))) if to >= from => BandEnd::To(to),
            (Some(_), None) | (None, Some(_)) => {
                faults.add(span, Fault::EmptyRange);
                continue;
            }
            _ => {
                faults.add(span, Fault::Missing("below"));
                continue;
            }
        };
        match bands.last().map(|band| band.end) {
            Some(BandEnd::Below(bound)) if from > bound => faults.add(span, Fault::BandsHole),
            Some(BandEnd::Below(bound)) if from < bound => faults.add(span, Fault::BandsOverlap),
            Some(BandEnd::To(_)) => faults.add(span, Fault::BandsOverlap),
            _ => {}
        }
        bands.push(Band { id, from, end });
    }
    if bands.is_empty() {
        faults.add(fields.span(), Fault::Missing("bands"));
    }
    bands
}
