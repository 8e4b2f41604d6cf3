//! Tables as text, CSV and JSON.

use std::fmt::Write;
use std::str::FromStr;

use serde_json::{Value as Json, json};

use super::{Cell, Tally, TallyRow, tenths};

/// How tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned, for people.
    Text,
    /// Long form:
    /// `table,row,column,count,base,percent,previous_count,previous_base,previous_percent`.
    Csv,
    /// The same cells as objects.
    Json,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "text" => Ok(Self::Text),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => Err(UnknownFormat),
        }
    }
}

/// No format has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("formats are text, csv and json")]
pub struct UnknownFormat;

/// Writes the tables.
pub fn render(tallies: &[Tally], format: Format) -> String {
    match format {
        Format::Text => text(tallies),
        Format::Csv => csv(tallies),
        Format::Json => json(tallies),
    }
}

/// 512 -> "51.2".
pub(crate) fn percent(count: u64, base: u64) -> Option<String> {
    tenths(count, base).map(|t| format!("{}.{}", t / 10, t % 10))
}

fn csv(tallies: &[Tally]) -> String {
    let mut out = String::from(
        "table,row,column,count,base,percent,previous_count,previous_base,previous_percent\n",
    );
    for tally in tallies {
        for row in &tally.rows {
            for (heading, cell) in tally.columns.iter().zip(&row.cells) {
                let past = past(cell, row);
                let fields = [
                    text::guard::field(&tally.table),
                    text::guard::field(&row.name),
                    text::guard::field(&heading.name),
                    cell.count.to_string(),
                    row.base.to_string(),
                    percent(cell.count, row.base).unwrap_or_default(),
                    past.map(|p| p.0.to_string()).unwrap_or_default(),
                    past.map(|p| p.1.to_string()).unwrap_or_default(),
                    past.and_then(|p| percent(p.0, p.1)).unwrap_or_default(),
                ];
                out.push_str(&fields.join(","));
                out.push('\n');
            }
        }
    }
    out
}

fn past(cell: &Cell, row: &TallyRow) -> Option<(u64, u64)> {
    cell.previous.zip(row.previous_base)
}

fn json(tallies: &[Tally]) -> String {
    let tables: Vec<Json> = tallies
        .iter()
        .map(|tally| {
            let rows: Vec<Json> = tally
                .rows
                .iter()
                .map(|row| {
                    let cells: Vec<Json> = tally
                        .columns
                        .iter()
                        .zip(&row.cells)
                        .map(|(heading, cell)| {
                            let past = past(cell, row);
                            json!({
                                "column": heading.name,
                                "count": cell.count,
                                "percent": percent(cell.count, row.base),
                                "previous_count": past.map(|p| p.0),
                                "previous_percent": past.and_then(|p| percent(p.0, p.1)),
                            })
                        })
                        .collect();
                    json!(
                        { "row": row.name, "base": row.base, "previous_base": row.previous_base,
                            "cells": cells })
                })
                .collect();
            json!({ "table": tally.table, "title": tally.title, "note": tally.note, "rows": rows })
        })
        .collect();
    let mut out = json!({ "tables": tables }).to_string();
    out.push('\n');
    out
}

fn text(tallies: &[Tally]) -> String {
    let mut out = String::new();
    for (place, tally) in tallies.iter().enumerate() {
        if place > 0 {
            out.push('\n');
        }
        let _ = writeln!(out, "＜{}＞", tally.title);
        // One row with long headings reads better stood on end.
        let grid = if let [row] = &tally.rows[..] { upright(tally, row) } else { across(tally) };
        aligned(&grid, &mut out);
        if !tally.note.is_empty() {
            let _ = writeln!(out, "※ {}", tally.note);
        }
    }
    out
}

fn across(tally: &Tally) -> Vec<Vec<String>> {
    let mut grid: Vec<Vec<String>> = Vec::with_capacity(tally.rows.len() * 2 + 1);
    let mut head = vec![String::new()];
    head.extend(tally.columns.iter().map(|heading| heading.name.clone()));
    grid.push(head);
    for row in &tally.rows {
        let name = format!("{}{}[{}]", "  ".repeat(row.indent.into()), row.name, grouped(row.base));
        let (mut counts, mut shares) = (vec![name], vec![String::new()]);
        for (place, cell) in row.cells.iter().enumerate() {
            let [count, share] = figures(tally, row, place, cell);
            counts.push(count);
            shares.push(share);
        }
        grid.extend([counts, shares]);
    }
    grid
}

fn upright(tally: &Tally, row: &TallyRow) -> Vec<Vec<String>> {
    let mut grid = vec![vec![format!("{}[{}]", row.name, grouped(row.base))]];
    for (place, (heading, cell)) in tally.columns.iter().zip(&row.cells).enumerate() {
        let [count, share] = figures(tally, row, place, cell);
        grid.push(vec![format!("  {}", heading.name), count, share]);
    }
    grid
}

/// Count and percentage, with last year's in brackets where the form wants them.
fn figures(tally: &Tally, row: &TallyRow, place: usize, cell: &Cell) -> [String; 2] {
    let mut count = grouped(cell.count);
    let mut share = share(cell.count, row.base);
    if let Some((past, base)) = past(cell, row).filter(|_| tally.columns[place].brackets) {
        let _ = write!(count, " ({})", grouped(past));
        let _ = write!(share, " ({})", self::share(past, base));
    }
    [count, share]
}

fn share(count: u64, base: u64) -> String {
    percent(count, base).map_or_else(|| "-".to_owned(), |p| format!("{p}%"))
}

/// 1788 -> "1,788".
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Columns of a terminal a text takes: two for what is wide in East Asian type.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

fn aligned(grid: &[Vec<String>], out: &mut String) {
    let columns = grid.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| {
            grid.iter().filter_map(|row| row.get(c)).map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    for row in grid {
        let mut line = String::new();
        for (place, (cell, wide)) in row.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(wide - width(cell));
            // The first column names the row; figures stand at the right.
            if place == 0 {
                line.push_str(cell);
                line.push_str(&pad);
            } else {
                line.push_str("  ");
                line.push_str(&pad);
                line.push_str(cell);
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}
