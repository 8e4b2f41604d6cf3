//! Lines over the years. Years can fall; a year without a figure leaves a gap.

use askama::Template;

use super::{Behind, Frame, drawn, length};

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// A value a year; `None` where there is none.
    pub values: Vec<Option<u64>>,
}

/// Pixels above, of and below the plot.
const ABOVE: u64 = 28;
const PLOT: u64 = 180;
const BELOW: u64 = 30;
/// Marks nearer than this have no room for two figures above them.
const NEAR: u64 = 20;
/// Marks and dashes: a line is told by them as much as by its colour.
const KINDS: usize = 5;

#[derive(Template)]
#[template(path = "chart/series.html")]
struct Series<'a> {
    frame: Frame<'a>,
    behind: Behind,
    height: u64,
    floor: u64,
    years: Vec<(String, &'a str)>,
    lines: Vec<Placed<'a>>,
}

/// A line in its place.
struct Placed<'a> {
    name: &'a str,
    kind: usize,
    mark: &'static str,
    stretches: Vec<Stretch>,
    points: Vec<Point>,
}

/// From a year's mark to the next one's.
struct Stretch {
    x1: String,
    y1: u64,
    x2: String,
    y2: u64,
}

/// A year's mark, with its figure above or under it.
struct Point {
    x: String,
    y: u64,
    label: u64,
    text: String,
}

/// Lines from zero to the greatest value. `head` names the years, `years` are they; `text` says a
/// value as it is to be read.
#[must_use]
pub fn series<'a>(
    frame: Frame<'a>,
    head: &str,
    years: &'a [String],
    lines: &'a [Line],
    text: impl Fn(u64) -> String,
) -> String {
    let most =
        lines.iter().flat_map(|line| &line.values).flatten().copied().max().unwrap_or(0).max(1);
    let slots = u64::try_from(years.len().max(1)).unwrap_or(1);
    let x = |at: usize| length(2 * u64::try_from(at).unwrap_or(0) + 1, 2 * slots, 10_000);
    let y = |value: u64| {
        ABOVE + PLOT
            - u64::try_from(u128::from(PLOT) * u128::from(value) / u128::from(most)).unwrap_or(PLOT)
    };
    let stretch = |(at, pair): (usize, &[Option<u64>])| match pair {
        [Some(a), Some(b)] => Some(Stretch { x1: x(at), y1: y(*a), x2: x(at + 1), y2: y(*b) }),
        _ => None,
    };
    // Where two lines come near each other, the lower one's figure stands under its mark.
    let crowded = |place: usize, at: usize, value: u64| {
        lines.iter().enumerate().any(|(other, line)| {
            let near = line
                .values
                .get(at)
                .copied()
                .flatten()
                .filter(|one| y(*one).abs_diff(y(value)) < NEAR);
            other != place && near.is_some_and(|one| (one, other) > (value, place))
        })
    };
    let point = |place: usize, at: usize, value: u64| Point {
        x: x(at),
        y: y(value),
        label: if crowded(place, at, value) { y(value) + 22 } else { y(value) - 10 },
        text: text(value),
    };
    let placed = |(place, line): (usize, &'a Line)| Placed {
        name: &line.name,
        kind: place % KINDS,
        mark: MARKS[place % KINDS],
        stretches: line.values.windows(2).enumerate().filter_map(stretch).collect(),
        points: line
            .values
            .iter()
            .enumerate()
            .filter_map(|(at, value)| value.map(|value| point(place, at, value)))
            .collect(),
    };
    let series = Series {
        frame,
        height: ABOVE + PLOT + BELOW,
        floor: ABOVE + PLOT,
        years: years.iter().enumerate().map(|(at, year)| (x(at), year.as_str())).collect(),
        lines: lines.iter().enumerate().map(placed).collect(),
        behind: behind(head, years, lines, &text),
    };
    drawn(&series)
}

fn behind(head: &str, years: &[String], lines: &[Line], text: &impl Fn(u64) -> String) -> Behind {
    Behind {
        head: [head.to_owned()]
            .into_iter()
            .chain(lines.iter().map(|line| line.name.clone()))
            .collect(),
        rows: years
            .iter()
            .enumerate()
            .map(|(at, year)| {
                let cells = lines.iter().map(|line| {
                    line.values.get(at).copied().flatten().map_or_else(|| "-".to_owned(), text)
                });
                [year.clone()].into_iter().chain(cells).collect()
            })
            .collect(),
    }
}

/// The marks of the kinds of line.
const MARKS: [&str; KINDS] = [
    "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0z",
    "M-5-5H5V5H-5z",
    "M0-6L6 5H-6z",
    "M0-7L7 0L0 7L-7 0z",
    "M0 6L6-5H-6z",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn a_line_falls_where_its_figures_fall_and_breaks_where_there_is_none() {
        let frame = Frame { id: "s", title: "題", note: "", lang: Lang::Ja };
        let line = |name: &str, values: &[Option<u64>]| Line {
            name: name.into(),
            values: values.to_vec(),
        };
        let years: Vec<String> = ["R2", "R3", "R4", "R5"].map(str::to_owned).to_vec();
        let html = series(
            frame,
            "年",
            &years,
            &[line("導入", &[Some(406), None, Some(1150), Some(1102)])],
            |n| n.to_string(),
        );
        let html = crate::chart::tight(&html);
        // One stretch only, from the third year down to the fourth.
        assert_eq!(
            html.matches("class=\"l0\" x1=\"62.50%\" y1=\"28\" x2=\"87.50%\" y2=\"36\"").count(),
            1,
            "{html}"
        );
        assert_eq!(html.matches("<line class=\"l0\"").count(), 2, "the stretch and the legend");
        assert!(html.contains("<th scope=\"row\">R3</th><td class=\"num\">-</td>"));
        assert!(series(frame, "年", &[], &[], |n| n.to_string()).contains("</figure>"));
    }
}
