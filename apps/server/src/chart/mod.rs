//! Charts as SVG drawn on the server: no script, no style attribute, and text that keeps its size on a phone.
//!
//! A chart is never alone: the page that shows one has the same figures in a table behind it, and the drawing is hidden from screen readers.
//! Lengths along the page are percentages, so a drawing fills whatever width it is given; heights and letters are pixels.

mod stacked;

pub use stacked::{Bar, Stacked};

use std::fmt::Write;

/// Text that is safe inside SVG and HTML.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
}

/// A share of a whole as a percentage with two decimals, half-up, from integers; nothing of nothing is nothing.
fn percent(out: &mut String, part: u64, whole: u64) {
    let hundredths = if whole == 0 { 0 } else { (u128::from(part) * 20_000 + u128::from(whole)) / (u128::from(whole) * 2) };
    // Writing to a String cannot fail.
    _ = write!(out, "{}.{:02}%", hundredths / 100, hundredths % 100);
}

/// A number with a comma after each three digits.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_up_and_numbers_grouped() {
        let share = |part, whole| {
            let mut out = String::new();
            percent(&mut out, part, whole);
            out
        };
        assert_eq!(
            [share(1, 3), share(2, 3), share(1, 1), share(0, 0), share(1, 20_000)],
            ["33.33%", "66.67%", "100.00%", "0.00%", "0.01%"]
        );
        assert_eq!(share(u64::MAX, u64::MAX), "100.00%");
        assert_eq!([grouped(0), grouped(999), grouped(1_000), grouped(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
    }
}
