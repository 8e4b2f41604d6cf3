//! Horizontal bars of several parts: each bar has its name and its sum above it, and a legend
//! stands below.

use askama::Template;

use super::{drawn, grouped, percent};

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

#[derive(Template)]
#[template(path = "chart/stacked.html")]
struct Drawing<'a> {
    height: usize,
    unit: &'a str,
    bars: Vec<Placed<'a>>,
    legend: Vec<Named<'a>>,
}

/// A bar in its place.
struct Placed<'a> {
    name: &'a str,
    sum: String,
    top: usize,
    parts: Vec<Part<'a>>,
}

/// A part of a bar.
struct Part<'a> {
    name: &'a str,
    colour: u8,
    x: String,
    wide: String,
    value: String,
}

/// A name of the legend.
struct Named<'a> {
    name: &'a str,
    colour: u8,
    top: usize,
}

impl<'a> Stacked<'a> {
    /// The drawing.
    #[must_use]
    pub fn svg(&self) -> String {
        let sum = |bar: &Bar| bar.values.iter().fold(0u64, |sum, value| sum.saturating_add(*value));
        let longest = self.bars.iter().map(sum).max().unwrap_or(0);
        let below = self.bars.len() * STEP + 8;
        let bar = |(at, bar): (usize, &'a Bar)| {
            let mut begun = 0u64;
            let part = |((name, colour), value): (&(&'a str, u8), &u64)| {
                let x = percent(begun, longest);
                begun = begun.saturating_add(*value);
                let (wide, value) = (percent(*value, longest), grouped(*value));
                Part { name, colour: colour % 8, x, wide, value }
            };
            let drawn = self.parts.iter().zip(&bar.values).filter(|(_, value)| **value > 0);
            let parts = drawn.map(part).collect();
            Placed { name: &bar.name, sum: grouped(sum(bar)), top: at * STEP, parts }
        };
        let name = |(at, (name, colour)): (usize, &(&'a str, u8))| Named {
            name,
            colour: colour % 8,
            top: below + at * LINE,
        };
        drawn(&Drawing {
            height: below + self.parts.len() * LINE,
            unit: self.unit,
            bars: self.bars.iter().enumerate().map(bar).collect(),
            legend: self.parts.iter().enumerate().map(name).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_share_one_scale_and_text_cannot_break_out() {
        let bars = [
            Bar { name: "総務<b>課".into(), values: vec![30, 0, 20] },
            Bar { name: "税務課".into(), values: vec![25, 0, 0] },
            Bar { name: "なし".into(), values: vec![] },
        ];
        let svg =
            Stacked {
                parts: &[("可", 0), ("条件", 1), ("不可", 9)], unit: "時間", bars: &bars
            }
            .svg();
        let svg = crate::chart::tight(&svg);
        assert!(svg.contains("総務&#60;b&#62;課") && !svg.contains("<b>"));
        assert!(
            svg.contains("x=\"0.00%\" width=\"60.00%\"")
                && svg.contains("x=\"60.00%\" width=\"40.00%\"")
        );
        assert!(svg.contains("x=\"0.00%\" width=\"50.00%\""), "half the longest is half the width");
        assert_eq!(svg.matches("<title>").count(), 3, "what is nothing is not drawn");
        assert!(svg.contains("class=\"c1\" x=\"0\""), "a colour beyond the last begins anew");
        assert!(!svg.contains("style") && svg.contains("50 時間"));
        let none = Stacked { parts: &[("可", 0)], unit: "時間", bars: &[] }.svg();
        assert!(none.trim_start().starts_with("<svg") && none.trim_end().ends_with("</svg>"));
    }
}
