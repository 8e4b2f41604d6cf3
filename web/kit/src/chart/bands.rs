//! Stacked bands: each row a whole, its parts side by side.

use askama::Template;

use super::{Behind, Frame, PATTERNS, STROKES, Written, drawn, grouped, length, share, written};

/// One row.
#[derive(Clone, Debug)]
pub struct Band {
    /// What it is.
    pub label: String,
    /// The whole its parts are parts of. Rounded or overlapping parts need not fill it; what is
    /// left stays empty.
    pub whole: u64,
    /// A part each, in the order of the names.
    pub parts: Vec<u64>,
}

/// Pixels of a line of type, of a band, and between bands.
const TYPE: u64 = 22;
const THICK: u64 = 28;
const GAP: u64 = 14;
/// A part narrower than this, in hundredths of a per cent, has no room for its figure.
const ROOM: u64 = 1_400;

#[derive(Template)]
#[template(path = "chart/bands.html")]
struct Bands<'a> {
    frame: Frame<'a>,
    behind: Behind,
    height: u64,
    rows: Vec<Placed>,
    legend: Vec<Named<'a>>,
}

/// A band in its place.
struct Placed {
    label: Vec<Written>,
    y: u64,
    parts: Vec<Part>,
}

/// A part of a band.
struct Part {
    x: String,
    wide: String,
    pattern: usize,
    /// Its figure and where that stands, where there is room.
    inside: Option<(String, String)>,
}

/// A name of the legend.
struct Named<'a> {
    pattern: usize,
    name: &'a str,
    figure: String,
}

/// Bands with a legend. `head` names the rows, `names` the parts; more parts than patterns begin
/// again with the first.
#[must_use]
pub fn bands(frame: Frame<'_>, head: &str, names: &[&str], rows: &[Band]) -> String {
    let mut end = 0;
    let mut placed = Vec::with_capacity(rows.len());
    for row in rows {
        let (label, y) =
            if row.label.is_empty() { (Vec::new(), end) } else { written(&row.label, end, TYPE) };
        placed.push(Placed { label, y, parts: parts(row) });
        end = y + THICK + GAP;
    }
    let behind = Behind {
        head: [head.to_owned()]
            .into_iter()
            .chain(names.iter().map(|name| (*name).to_owned()))
            .collect(),
        rows: rows
            .iter()
            .map(|row| {
                let cells = row
                    .parts
                    .iter()
                    .map(|part| format!("{} ({})", grouped(*part), share(*part, row.whole)));
                [format!("{} [{}]", row.label, grouped(row.whole))]
                    .into_iter()
                    .chain(cells)
                    .collect()
            })
            .collect(),
    };
    let legend = legend(names, rows);
    drawn(&Bands { frame, behind, height: end.max(1), rows: placed, legend })
}

/// The parts of a band, side by side.
fn parts(row: &Band) -> Vec<Part> {
    let mut from = 0_u64;
    let part = |(at, part): (usize, &u64)| {
        let (x, wide) = (length(from, row.whole, 10_000), length(*part, row.whole, 10_000));
        let room = u128::from(*part) * 10_000 >= u128::from(ROOM) * u128::from(row.whole.max(1));
        let inside = room.then(|| {
            let middle = from.saturating_mul(2).saturating_add(*part);
            let middle = length(middle, row.whole.saturating_mul(2), 10_000);
            (middle, share(*part, row.whole))
        });
        from = from.saturating_add(*part);
        Part { x, wide, pattern: at % PATTERNS, inside }
    };
    row.parts.iter().enumerate().map(part).collect()
}

/// The names beside their patterns; with one row, its figures too.
fn legend<'a>(names: &[&'a str], rows: &[Band]) -> Vec<Named<'a>> {
    let named = |(at, name): (usize, &&'a str)| {
        let figure = match rows {
            [row] => row
                .parts
                .get(at)
                .map(|part| format!(" {} ({})", grouped(*part), share(*part, row.whole)))
                .unwrap_or_default(),
            _ => String::new(),
        };
        Named { pattern: at % PATTERNS, name, figure }
    };
    names.iter().enumerate().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn parts_stand_side_by_side_in_proportion() {
        let frame = Frame { id: "b", title: "題", note: "", lang: Lang::Ja };
        let row = Band { label: "合計".into(), whole: 200, parts: vec![100, 50, 2] };
        let html = bands(frame, "区分", &["甲", "乙", "丙"], &[row]);
        assert!(html.contains("x=\"0.00%\" y=\"22\" width=\"50.00%\""), "{html}");
        assert!(html.contains("x=\"50.00%\" y=\"22\" width=\"25.00%\""));
        assert!(html.contains("x=\"75.00%\" y=\"22\" width=\"1.00%\""));
        // The narrow one has its figure in the legend and the table only.
        assert_eq!(html.matches("class=\"inside\"").count(), 2);
        assert!(html.contains("丙 2 (1.0%)") && html.contains("<td class=\"num\">2 (1.0%)</td>"));
    }

    #[test]
    fn nothing_of_nothing_draws_nothing() {
        let frame = Frame { id: "b", title: "題", note: "", lang: Lang::En };
        let html =
            bands(frame, "区分", &["甲"], &[Band { label: "無".into(), whole: 0, parts: vec![0] }]);
        assert!(html.contains("0 (-)"), "{html}");
    }
}
