//! Horizontal bars of several parts: each bar has its name and its sum above it, and a legend
//! stands below.

use std::fmt::Write;

use super::{escape, grouped, percent};

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// One value a part, in the order of the legend.
    pub values: Vec<u64>,
}

/// Bars of several parts, all on one scale: the longest fills the width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stacked<'a> {
    /// Names of the parts and the number of the colour (`.c0` to `.c7` in the style sheet).
    pub parts: &'a [(&'a str, u8)],
    /// What a value is, such as `時間`.
    pub unit: &'a str,
    /// The bars, from the top.
    pub bars: &'a [Bar],
}

/// Height of a bar with its name, and of the bar in it.
const STEP: usize = 48;
const HEIGHT: usize = 20;
/// Height of a line of the legend.
const LINE: usize = 24;

impl Stacked<'_> {
    /// The drawing.
    #[must_use]
    pub fn svg(&self) -> String {
        let sum = |bar: &Bar| bar.values.iter().fold(0u64, |sum, value| sum.saturating_add(*value));
        let longest = self.bars.iter().map(sum).max().unwrap_or(0);
        let legend = self.bars.len() * STEP + 8;
        let mut out = String::new();
        // Writing to a String cannot fail.
        _ = write!(
            out,
            "<svg class=\"chart\" width=\"100%\" height=\"{}\" aria-hidden=\"true\" \
             focusable=\"false\">",
            legend + self.parts.len() * LINE
        );
        for (at, bar) in self.bars.iter().enumerate() {
            let top = at * STEP;
            _ = write!(out, "<text x=\"0\" y=\"{}\">", top + 16);
            out.push_str(&escape(&bar.name));
            _ = write!(
                out,
                "</text><text class=\"value\" x=\"100%\" y=\"{}\" text-anchor=\"end\">{} ",
                top + 16,
                grouped(sum(bar))
            );
            out.push_str(&escape(self.unit));
            out.push_str("</text>");
            let mut begun = 0u64;
            for ((name, colour), value) in
                self.parts.iter().zip(&bar.values).filter(|(_, value)| **value > 0)
            {
                _ = write!(
                    out,
                    "<rect class=\"c{}\" y=\"{}\" height=\"{HEIGHT}\" x=\"",
                    colour % 8,
                    top + 22
                );
                out.push_str(&percent(begun, longest));
                out.push_str("\" width=\"");
                out.push_str(&percent(*value, longest));
                out.push_str("\"><title>");
                out.push_str(&escape(name));
                _ = write!(out, " {} ", grouped(*value));
                out.push_str(&escape(self.unit));
                out.push_str("</title></rect>");
                begun = begun.saturating_add(*value);
            }
        }
        for (at, (name, colour)) in self.parts.iter().enumerate() {
            let top = legend + at * LINE;
            _ = write!(
                out,
                "<rect class=\"c{}\" x=\"0\" y=\"{top}\" width=\"14\" height=\"14\"/><text \
                 x=\"22\" y=\"{}\">",
                colour % 8,
                top + 13
            );
            out.push_str(&escape(name));
            out.push_str("</text>");
        }
        out.push_str("</svg>");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_share_one_scale_and_text_cannot_break_out() {
        let bars = [
            Bar { name: "総務<b>課\u{1}".into(), values: vec![30, 0, 20] },
            Bar { name: "税務課".into(), values: vec![25, 0, 0] },
            Bar { name: "なし".into(), values: vec![] },
        ];
        let svg =
            Stacked {
                parts: &[("可", 0), ("条件", 1), ("不可", 9)], unit: "時間", bars: &bars
            }
            .svg();
        assert!(svg.contains("総務&lt;b&gt;課 ") && !svg.contains("<b>"));
        assert!(
            svg.contains("x=\"0.00%\" width=\"60.00%\"")
                && svg.contains("x=\"60.00%\" width=\"40.00%\"")
        );
        assert!(svg.contains("x=\"0.00%\" width=\"50.00%\""), "half the longest is half the width");
        assert_eq!(svg.matches("<title>").count(), 3, "what is nothing is not drawn");
        assert!(svg.contains("class=\"c1\" x=\"0\""), "a colour beyond the last begins anew");
        assert!(!svg.contains("style") && svg.contains("50 時間"));
        let none = Stacked { parts: &[("可", 0)], unit: "時間", bars: &[] }.svg();
        assert!(none.starts_with("<svg") && none.ends_with("</svg>"));
    }
}
