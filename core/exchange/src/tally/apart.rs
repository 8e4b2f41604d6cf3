//! Which columns of a table one body can be counted in at once, by the form alone.
//!
//! What the answers of a few bodies happen to be says nothing: where everybody gives the same one
//! of several answers, that column alone is as many as the base.

use std::collections::BTreeSet;

use crate::form::{Choice, Columns, Condition, Form, Kind, Table};
use crate::value::{QuestionId, Sheet, Value};

/// Most answers that are tried for two columns; beyond, they count as not apart.
const TRIED: usize = 1_024;

/// For each column the columns, as bits, that may hold of the same answer; at most 32 columns.
pub(super) fn overlaps(form: &Form, table: &Table, columns: usize) -> Vec<u32> {
    let every = u32::MAX;
    let masks = |together: &dyn Fn(usize, usize) -> bool| {
        let mask = |at: usize| {
            (0..columns.min(32))
                .filter(|other| *other != at && together(at, *other))
                .fold(0, |mask, other| mask | 1 << other)
        };
        (0..columns).map(mask).collect::<Vec<u32>>()
    };
    match &table.columns {
        // A computed value is in the first band that holds it, or 不明.
        Columns::Bands { .. } => vec![0; columns],
        Columns::Choices(id) => match form.question(id.as_str()).map(|question| &question.kind) {
            Some(Kind::OneOf { .. } | Kind::ManyOf { at_most: 1, .. }) => vec![0; columns],
            _ => vec![every; columns],
        },
        Columns::Conditions(list) => masks(&|one, other| {
            let of = |at: usize| list.get(at).map(|column| &column.when);
            let (Some(one), Some(other)) = (of(one), of(other)) else { return true };
            together(form, one, other)
        }),
    }
}

/// Whether some answer makes both conditions hold.
fn together(form: &Form, one: &Condition, other: &Condition) -> bool {
    let mut asked = BTreeSet::new();
    questions(one, &mut asked);
    questions(other, &mut asked);
    let mut sheets = vec![Sheet::default()];
    for id in asked {
        let Some(values) = values(form, &id) else { return true };
        if sheets.len().saturating_mul(values.len()) > TRIED {
            return true;
        }
        let with = |sheet: &Sheet, value: &Option<Value>| {
            let mut sheet = sheet.clone();
            sheet.set(&id, value.clone());
            sheet
        };
        sheets =
            sheets.iter().flat_map(|sheet| values.iter().map(|value| with(sheet, value))).collect();
    }
    sheets.iter().any(|sheet| form.holds(one, sheet) && form.holds(other, sheet))
}

fn questions(condition: &Condition, asked: &mut BTreeSet<QuestionId>) {
    match condition {
        Condition::Always => {}
        Condition::Answered { question, .. } => {
            asked.insert(question.clone());
        }
        Condition::Not(inner) => questions(inner, asked),
        Condition::All(all) => all.iter().for_each(|inner| questions(inner, asked)),
    }
}

/// Everything a question of choices can be answered with, and no answer; `None` where that is too
/// much to try.
fn values(form: &Form, id: &QuestionId) -> Option<Vec<Option<Value>>> {
    let some = |choices: &[Choice], set: u32| {
        let chosen = choices.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
        Some(Value::Many(chosen.map(|(_, choice)| choice.id.clone()).collect()))
    };
    match &form.question(id.as_str())?.kind {
        Kind::OneOf { choices } => {
            let one = |choice: &Choice| Some(Value::One(choice.id.clone()));
            Some(std::iter::once(None).chain(choices.iter().map(one)).collect())
        }
        Kind::ManyOf { choices, at_most, .. } => {
            let sets = 1_u32.checked_shl(u32::try_from(choices.len()).ok()?)?;
            if usize::try_from(sets).ok()? > TRIED {
                return None;
            }
            let within = |set: &u32| usize::try_from(set.count_ones()).is_ok_and(|n| n <= *at_most);
            let sets = (1..sets).filter(within).map(|set| some(choices, set));
            Some(std::iter::once(None).chain(sets).collect())
        }
        _ => None,
    }
}
