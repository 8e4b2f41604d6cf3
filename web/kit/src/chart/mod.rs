//! Charts drawn on the server as SVG, each with its table behind it.
//!
//! Positions along the page are percentages and type keeps its size, so a chart fits a phone
//! without shrinking its words. Colour is never the only sign: parts differ by pattern, lines by
//! dash and mark, tiles by the figure in them. Pages that show one add `<link rel="stylesheet"
//! href="/static/chart.css">` to their `head` block and print the text with `|safe`: the chart's
//! own template (`templates/chart/`) escaped everything in it.

mod bands;
mod bars;
mod series;
mod stacked;
mod tiles;

use askama::Template;

use crate::lang::Lang;

pub use bands::{Band, bands};
pub use bars::{Entry, bars};
pub use series::{Line, series};
pub use stacked::{Bar, Stacked};
pub use tiles::{Tile, prefecture_name, tile_map, tiles};

/// What every chart has.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Unique on the page: letters, digits and `-`.
    pub id: &'a str,
    /// Its title, also that of the table.
    pub title: &'a str,
    /// A remark under it; empty for none.
    pub note: &'a str,
    /// Language of the page.
    pub lang: Lang,
}

/// A table: a head, and rows that begin with their name.
struct Behind {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A line of a label: SVG breaks none itself.
struct Written {
    y: u64,
    text: String,
}

/// A label from `y` on, and where it ends; each of its lines is `tall`.
fn written(label: &str, y: u64, tall: u64) -> (Vec<Written>, u64) {
    let mut y = y;
    let line = |text: String| {
        y += tall;
        Written { y: y - 6, text }
    };
    let lines = wrapped(label, 40).into_iter().map(line).collect();
    (lines, y)
}

/// The chart as HTML. Its template escapes what people wrote.
fn drawn(chart: &impl Template) -> String {
    chart.render().unwrap_or_else(|fault| {
        tracing::error!(%fault, "a chart was not drawn");
        String::new()
    })
}

/// `part / whole` of `full` hundredths of a per cent, as a length for SVG: `length(1, 3, 10_000)`
/// is "33.33%".
fn length(part: u64, whole: u64, full: u64) -> String {
    let hundredths = u128::from(part) * u128::from(full) / u128::from(whole.max(1));
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// A number with its thousands apart: 1788 is "1,788".
#[must_use]
pub fn grouped(n: u64) -> String {
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

/// A share of a whole as a percentage with two decimals, half up, from integers; nothing of nothing
/// is nothing.
fn percent(part: u64, whole: u64) -> String {
    let hundredths = if whole == 0 {
        0
    } else {
        (u128::from(part) * 20_000 + u128::from(whole)) / (u128::from(whole) * 2)
    };
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// A percentage to a tenth, half up; "-" of nothing.
#[must_use]
pub fn share(count: u64, base: u64) -> String {
    exchange::tally::tenths(count, base)
        .map_or_else(|| "-".to_owned(), |t| format!("{}.{}%", t / 10, t % 10))
}

/// A label on lines of at most `wide` half-width characters: SVG breaks no lines itself.
fn wrapped(label: &str, wide: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut at = 0;
    for c in label.chars() {
        let width = if c < '\u{1100}' { 1 } else { 2 };
        if at + width > wide && at > 0 {
            lines.push(String::new());
            at = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
        at += width;
    }
    lines
}

/// How many patterns there are.
const PATTERNS: usize = 7;

/// The patterns of a drawing, `#ID-p0` and on. Each ground has its own colour and its own strokes.
const STROKES: [&str; PATTERNS] = [
    "",
    "M-2 10L10-2M-2 2L2-2M6 10L10 6",
    "M2 2h2v2h-2zM6 6h2v2h-2z",
    "M-2-2L10 10M-2 6L2 10M6-2L10 2",
    "M2 0V8M6 0V8",
    "M0 4H8",
    "M0 4H8M4 0V8",
];

/// A drawing without the white space between its tags, which says nothing.
#[cfg(test)]
fn tight(html: &str) -> String {
    let mut out = String::new();
    for line in html.lines().map(str::trim) {
        if !out.is_empty() && !out.ends_with('>') && !line.starts_with('<') {
            out.push(' ');
        }
        out += line;
    }
    out.split("> ").map(str::trim_start).collect::<Vec<_>>().join(">")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays_text() {
        let frame = Frame { id: "a", title: "<b>&\"'", note: "<i>", lang: Lang::Ja };
        let html = bars(
            frame,
            ["<x>", "数"],
            &[Entry {
                label: "<script>".into(),
                value: 1,
                text: "<1>".into(),
                href: Some("/a?b=\"c".into()),
            }],
        );
        for bad in ["<b>", "<i>", "<x>", "<script>", "<1>", "=\"c\""] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
        assert!(!html.contains("style="), "the policy forbids it");
    }

    #[test]
    fn lengths_and_figures_are_exact() {
        assert_eq!(length(1, 3, 10_000), "33.33%");
        assert_eq!(length(0, 0, 10_000), "0.00%");
        assert_eq!(length(u64::MAX, u64::MAX, 7_200), "72.00%");
        let shares = [
            percent(1, 3),
            percent(2, 3),
            percent(0, 0),
            percent(1, 20_000),
            percent(u64::MAX, u64::MAX),
        ];
        assert_eq!(shares, ["33.33%", "66.67%", "0.00%", "0.01%", "100.00%"]);
        assert_eq!(share(916, 1788), "51.2%");
        assert_eq!(share(0, 0), "-");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(wrapped("窓口業務や相談", 8), ["窓口業務", "や相談"]);
    }
}
