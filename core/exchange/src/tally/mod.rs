//! Tables from answers, in whole numbers throughout.
//!
//! - A percentage is rounded half up to a tenth from the two integers; rounded parts need not add
//!   up and are never mended.
//! - Bands are compared exactly, `part * 100` against `bound * whole`.
//! - 不明 stays inside the base and has its own column; so does a ratio over nothing (0 / 0).
//! - Last year's figures are counted by last year's form: its answers decide a body's size class
//!   then, so their base is the
//!   number of bodies of that class in that year.

mod apart;
mod render;

use std::collections::BTreeMap;

use serde::Serialize;

pub use render::{Format, render};

use crate::body::{Bodies, Body, BodyCode, body, prefecture_of};
use crate::form::{Columns, Computed, Condition, Form, Kind, Row, Table};
use crate::import::Answers;
use crate::value::{Sheet, Value};

/// One year's answers with the form they answer.
#[derive(Clone, Copy, Debug)]
pub struct Year<'a> {
    /// The form of that year.
    pub form: &'a Form,
    /// Its answers.
    pub answers: &'a Answers,
}

/// A table that was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Its name.
    pub table: String,
    /// Its title.
    pub title: String,
    /// Remark printed under it.
    pub note: String,
    /// What the base is called.
    pub base_label: String,
    /// Names of the columns, and whether the printed table shows last year in brackets there.
    pub columns: Vec<Heading>,
    /// The rows.
    pub rows: Vec<TallyRow>,
    /// For each column, as bits, those in which the same body may be counted too.
    #[serde(skip)]
    overlaps: Vec<u32>,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// Its name.
    pub name: String,
    /// Whether last year's figure is printed in brackets.
    pub brackets: bool,
}

/// A row of a table that was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TallyRow {
    /// Its name.
    pub name: String,
    /// How deep it is set in.
    pub indent: u8,
    /// Number of bodies in the base this year, and last year in the same row by last year's
    /// answers.
    pub base: u64,
    /// Last year's base; absent when last year has no such table or row.
    pub previous_base: Option<u64>,
    /// A cell per column.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// Number of bodies.
    pub count: u64,
    /// Last year's number; absent when last year has no such column.
    pub previous: Option<u64>,
}

/// A body without an answer, or whose answer no table could place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TallyError {
    /// An answer of a code that is not in the table of bodies.
    #[error("{0} is not in the table of bodies")]
    UnknownBody(BodyCode),
}

/// Percent in tenths, rounded half up: 916 of 1788 is 512. Nothing of nothing has no percentage.
pub fn tenths(count: u64, base: u64) -> Option<u64> {
    let (count, base) = (u128::from(count), u128::from(base));
    if base == 0 {
        return None;
    }
    u64::try_from((count * 2000 + base) / (2 * base)).ok()
}

/// Counts every table of the form. Bodies that `keep` refuses are left out of both years (a
/// prefecture's interim tally).
///
/// # Errors
/// An answer of a body that is not in the table of bodies.
pub fn tally(
    known: &Bodies,
    now: Year<'_>,
    previous: Option<Year<'_>>,
    keep: impl Fn(&Body) -> bool,
) -> Result<Vec<Tally>, TallyError> {
    let present = join(known, now, &keep)?;
    let past = match previous {
        Some(year) => Some((year.form, join(known, year, &keep)?)),
        None => None,
    };
    let mut tallies = Vec::with_capacity(now.form.tables.len());
    for table in &now.form.tables {
        let counted = count(now.form, table, &present);
        let before = past.as_ref().and_then(|(form, sheets)| {
            let table = form.tables.iter().find(|t| t.id == table.id)?;
            Some(count(form, table, sheets))
        });
        tallies.push(side_by_side(now.form, table, counted, before.as_ref()));
    }
    Ok(tallies)
}

/// Counts one table of the form alone, beside no other year.
///
/// # Errors
/// An answer of a body that is not in the table of bodies.
pub fn tally_one(
    known: &Bodies,
    now: Year<'_>,
    table: &Table,
    keep: impl Fn(&Body) -> bool,
) -> Result<Tally, TallyError> {
    let counted = count(now.form, table, &join(known, now, &keep)?);
    Ok(side_by_side(now.form, table, counted, None))
}

/// Counts one column of a table by prefecture, over every body in it: count and base by the
/// prefecture's code. The table's rows do not matter here, its base does.
///
/// # Errors
/// An answer of a body that is not in the table of bodies.
pub fn by_prefecture(
    known: &Bodies,
    year: Year<'_>,
    table: &Table,
    column: usize,
) -> Result<BTreeMap<BodyCode, (u64, u64)>, TallyError> {
    let mut counted: BTreeMap<BodyCode, (u64, u64)> = BTreeMap::new();
    let mut hits = Vec::new();
    for (body, sheet) in join(known, year, &|_: &Body| true)? {
        let (count, base) = counted.entry(prefecture_of(body.code)).or_default();
        if year.form.holds(&table.base, sheet) {
            hits.clear();
            place(year.form, table, sheet, &mut hits);
            *base += 1;
            *count += u64::from(hits.contains(&column));
        }
    }
    Ok(counted)
}

/// The answers of the bodies that a row counts: of one size class, for a comparison.
pub fn of_row(known: &Bodies, year: Year<'_>, row: &Row) -> Answers {
    let held = year
        .answers
        .iter()
        .filter(|(code, sheet)| body(known, **code).is_ok_and(|body| row.holds(body, sheet)));
    held.map(|(code, sheet)| (*code, sheet.clone())).collect()
}

impl Tally {
    /// The most columns that make up the whole of every row between them, in the order they stand:
    /// what a stacked band can show. By the form no body is counted in two of them, and by the
    /// answers each is counted in one. `None` when no two do (several answers may be given), or
    /// when there are too many to tell.
    pub fn partition(&self) -> Option<Vec<usize>> {
        let columns = self.columns.len();
        if !(2..=12).contains(&columns) || self.rows.iter().all(|row| row.base == 0) {
            return None;
        }
        let whole = |set: u32| {
            let sum = |row: &TallyRow| {
                row.cells
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| set >> at & 1 == 1)
                    .map(|(_, c)| c.count)
                    .sum::<u64>()
            };
            let apart = (0..columns)
                .filter(|at| set >> at & 1 == 1)
                .all(|at| self.overlaps.get(at).is_some_and(|mask| mask & set & !(1 << at) == 0));
            set.count_ones() > 1 && apart && self.rows.iter().all(|row| sum(row) == row.base)
        };
        let best =
            (1u32..1 << columns).filter(|set| whole(*set)).max_by_key(|set| set.count_ones())?;
        Some((0..columns).filter(|at| best >> at & 1 == 1).collect())
    }
}

fn join<'a>(
    known: &'a Bodies,
    year: Year<'a>,
    keep: &impl Fn(&Body) -> bool,
) -> Result<Vec<(&'a Body, &'a Sheet)>, TallyError> {
    let mut joined = Vec::with_capacity(year.answers.len());
    for (code, sheet) in year.answers {
        let body = self::body(known, *code).map_err(|_| TallyError::UnknownBody(*code))?;
        if keep(body) {
            joined.push((body, sheet));
        }
    }
    Ok(joined)
}

/// Counts by name of row and column.
struct Counted {
    columns: Vec<Heading>,
    rows: Vec<(String, u64, Vec<u64>)>,
}

fn count(form: &Form, table: &Table, sheets: &[(&Body, &Sheet)]) -> Counted {
    let columns = headings(form, table);
    let mut rows: Vec<(String, u64, Vec<u64>)> = table
        .rows
        .iter()
        .map(|place| (form.rows[*place].id.clone(), 0, vec![0; columns.len()]))
        .collect();
    let mut hits = Vec::with_capacity(columns.len());
    for (body, sheet) in sheets {
        if !form.holds(&table.base, sheet) {
            continue;
        }
        hits.clear();
        place(form, table, sheet, &mut hits);
        for (place, (_, base, counts)) in table.rows.iter().zip(&mut rows) {
            if form.rows[*place].holds(body, sheet) {
                *base += 1;
                for hit in &hits {
                    counts[*hit] += 1;
                }
            }
        }
    }
    Counted { columns, rows }
}

fn headings(form: &Form, table: &Table) -> Vec<Heading> {
    let plain = |name: &str| Heading { name: name.to_owned(), brackets: false };
    match &table.columns {
        Columns::Conditions(columns) => {
            columns.iter().map(|c| Heading { name: c.id.clone(), brackets: c.brackets }).collect()
        }
        Columns::Choices(id) => match form.question(id.as_str()).map(|q| &q.kind) {
            Some(Kind::OneOf { choices } | Kind::ManyOf { choices, .. }) => {
                choices.iter().map(|c| plain(&c.label)).collect()
            }
            _ => Vec::new(),
        },
        Columns::Bands { bands, unknown, .. } => {
            bands.iter().map(|b| plain(&b.id)).chain([plain(unknown)]).collect()
        }
    }
}

/// The columns a sheet is counted in.
fn place(form: &Form, table: &Table, sheet: &Sheet, hits: &mut Vec<usize>) {
    match &table.columns {
        Columns::Conditions(columns) => {
            hits.extend(
                columns
                    .iter()
                    .enumerate()
                    .filter(|(_, c)| holds(form, &c.when, sheet))
                    .map(|(place, _)| place),
            );
        }
        Columns::Choices(id) => {
            let Some(Kind::OneOf { choices } | Kind::ManyOf { choices, .. }) =
                form.question(id.as_str()).map(|q| &q.kind)
            else {
                return;
            };
            match sheet.values.get(id) {
                Some(Value::One(chosen)) => {
                    hits.extend(choices.iter().position(|c| c.id == *chosen))
                }
                Some(Value::Many(chosen)) => {
                    hits.extend(
                        choices
                            .iter()
                            .enumerate()
                            .filter(|(_, c)| chosen.contains(&c.id))
                            .map(|(place, _)| place),
                    );
                }
                _ => {}
            }
        }
        Columns::Bands { of, bands, .. } => {
            let Some(question) = form.question(of.as_str()) else { return };
            match form.computed(question, sheet) {
                Computed::Known { part, whole } => {
                    hits.extend(bands.iter().position(|band| band.holds(part, whole)))
                }
                Computed::Unknown => hits.push(bands.len()),
                Computed::Missing => {}
            }
        }
    }
}

fn holds(form: &Form, condition: &Condition, sheet: &Sheet) -> bool {
    form.holds(condition, sheet)
}

fn side_by_side(form: &Form, table: &Table, counted: Counted, before: Option<&Counted>) -> Tally {
    let places: Vec<Option<usize>> = counted
        .columns
        .iter()
        .map(|heading| before.and_then(|b| b.columns.iter().position(|h| h.name == heading.name)))
        .collect();
    let overlaps = apart::overlaps(form, table, counted.columns.len());
    let rows = counted
        .rows
        .into_iter()
        .zip(&table.rows)
        .map(|((name, base, counts), place)| {
            let past = before.and_then(|b| b.rows.iter().find(|row| row.0 == name));
            let cells = counts
                .into_iter()
                .zip(&places)
                .map(|(count, place)| Cell {
                    count,
                    previous: past.and_then(|row| Some(row.2[(*place)?])),
                })
                .collect();
            TallyRow {
                name,
                indent: form.rows[*place].indent,
                base,
                previous_base: past.map(|row| row.1),
                cells,
            }
        })
        .collect();
    Tally {
        table: table.id.clone(),
        title: table.title.clone(),
        note: table.note.clone(),
        base_label: table.base_label.clone(),
        columns: counted.columns,
        rows,
        overlaps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentages_are_rounded_half_up_to_a_tenth() {
        assert_eq!(tenths(916, 1788), Some(512));
        assert_eq!(tenths(1, 2000), Some(1), "0.05 goes up");
        assert_eq!(tenths(1, 2001), Some(0));
        assert_eq!(tenths(47, 47), Some(1000));
        assert_eq!(tenths(0, 0), None);
        // 8.5 and 42.1 stand beside 50.7.
        assert_eq!(
            (tenths(147, 1721), tenths(725, 1721), tenths(872, 1721)),
            (Some(85), Some(421), Some(507))
        );
    }

    proptest! {
        #[test]
        fn a_percentage_is_never_further_than_half_a_tenth_off(
            base in 1u64..100_000, share in 0u64..=100_000) {
            let count = share.min(base);
            let tenths = i128::from(tenths(count, base).unwrap());
            // |tenths/1000 - count/base| <= 1/2000, and exactly half goes up.
            let off = tenths * i128::from(base) - 1000 * i128::from(count);
            prop_assert!(2 * off <= i128::from(base) && 2 * off > -i128::from(base));
        }
    }
}
