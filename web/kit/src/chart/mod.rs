//! Charts drawn on the server as SVG, each with its table behind it.
//!
//! Positions along the page are percentages and type keeps its size, so a chart fits a phone
//! without shrinking its words. Colour is never the only sign: parts differ by pattern, lines by
//! dash and mark, tiles by the figure in them. Pages that show one add `<link rel="stylesheet"
//! href="/static/chart.css">` to their `head` block and print the text with `|safe`: everything in
//! it is escaped here.

mod bands;
mod bars;
mod series;
mod stacked;
mod tiles;

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

impl Frame<'_> {
    /// The figure: title, drawing, what stands under it, table. `drawing` and `under` are HTML
    /// already.
    fn figure(&self, drawing: &str, under: &str, behind: &Behind) -> String {
        let mut out = format!(
            "<figure class=\"drawn\" id=\"{}\"><figcaption id=\"{0}-title\">{}</figcaption>",
            self.id,
            escape(self.title)
        );
        out.push_str(drawing);
        out.push_str(under);
        if !self.note.is_empty() {
            out.push_str(&format!("<p class=\"small\">{}</p>", escape(self.note)));
        }
        let open = self.lang.t("表で見る", "As a table");
        out.push_str(&format!(
            "<details><summary>{open}</summary><div class=\"scroll\" tabindex=\"0\" \
             role=\"region\" aria-label=\"{}{}\"><table>",
            escape(self.title),
            self.lang.t("（グラフの表）", " (table of the chart)")
        ));
        out.push_str(&format!(
            "<caption class=\"unseen\">{}</caption><thead><tr>",
            escape(self.title)
        ));
        for (at, head) in behind.head.iter().enumerate() {
            let class = if at == 0 { "" } else { " class=\"num\"" };
            out.push_str(&format!("<th scope=\"col\"{class}>{}</th>", escape(head)));
        }
        out.push_str("</tr></thead><tbody>");
        for row in &behind.rows {
            out.push_str("<tr>");
            for (at, cell) in row.iter().enumerate() {
                out.push_str(&match at {
                    0 => format!("<th scope=\"row\">{}</th>", escape(cell)),
                    _ => format!("<td class=\"num\">{}</td>", escape(cell)),
                });
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div></details></figure>");
        out
    }

    /// The opening of a drawing of this height in pixels. With links in it, it is a group; without,
    /// one picture.
    fn open(&self, height: u64, links: bool) -> String {
        let role = if links { "group" } else { "img" };
        format!(
            "<svg class=\"drawing\" role=\"{role}\" aria-labelledby=\"{}-title\" width=\"100%\" \
             height=\"{height}\">",
            self.id
        )
    }
}

/// Text for HTML and SVG, in elements and in quoted attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
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
fn patterns(id: &str) -> String {
    const STROKES: [&str; PATTERNS] = [
        "",
        "M-2 10L10-2M-2 2L2-2M6 10L10 6",
        "M2 2h2v2h-2zM6 6h2v2h-2z",
        "M-2-2L10 10M-2 6L2 10M6-2L10 2",
        "M2 0V8M6 0V8",
        "M0 4H8",
        "M0 4H8M4 0V8",
    ];
    let mut out = String::from("<defs>");
    for (at, strokes) in STROKES.iter().enumerate() {
        out.push_str(&format!(
            "<pattern id=\"{id}-p{at}\" width=\"8\" height=\"8\" \
             patternUnits=\"userSpaceOnUse\"><rect class=\"g{at}\" width=\"8\" height=\"8\"/><path \
             class=\"s{at}\" d=\"{strokes}\"/></pattern>"
        ));
    }
    out.push_str("</defs>");
    out
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
