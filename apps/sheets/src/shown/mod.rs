//! A number as its cell shows it: what whoever typed it meant.
//!
//! A spreadsheet keeps 120:00 as 5, 80% as 0.8 and 2021/4/1 as 44287; only the format says what was
//! typed. A format that rounds is another matter: the number stands behind it unchanged, so that is
//! what is read. A number that the format shows as another one (in thousands, say) is neither.

mod format;
mod moment;

use sheet::{Cell, Odd};

use self::format::{Part, Section, built_in, section};

/// Integers beyond have lost digits: a spreadsheet keeps fifteen.
const EXACT: f64 = 1e15;

/// What a number says under a format: its code, and the number by which a file may name it.
pub(crate) fn number(number: f64, code: &str, id: Option<u32>, epoch_1904: bool) -> Cell {
    if !number.is_finite() {
        return Cell::Odd(Odd::Error, "#NUM!".to_owned());
    }
    // The library gives these under American names, or under none.
    let ours =
        id.and_then(built_in).filter(|_| matches!(code, "General" | "mm-dd-yy" | "m/d/yy h:mm"));
    let code = ours.unwrap_or(code);
    let plain = plain(number);
    let Some(section) = section(code, number) else { return kept(number, plain) };
    let has = |find: fn(&Part) -> bool| section.parts.iter().any(find);
    if has(|part| matches!(part, Part::Time(..) | Part::Elapsed(..) | Part::Noon(_))) {
        return match moment::shown(number, &section, epoch_1904) {
            Some(text) => Cell::Text(text),
            None => Cell::Odd(Odd::NoDate, plain),
        };
    }
    if has(|part| matches!(part, Part::General | Part::At | Part::Exponent | Part::Slash)) {
        return kept(number, plain);
    }
    let percents = section.parts.iter().filter(|part| **part == Part::Percent).count();
    if percents > 1 || (scaled(&section) && plain != "0") {
        return Cell::Odd(Odd::Scaled, plain);
    }
    if percents == 1 {
        return Cell::Text(format!("{}%", self::plain(number * 100.0)));
    }
    match digits(&section, number, &plain) {
        Some(text) => Cell::Text(text),
        None => kept(number, plain),
    }
}

fn kept(number: f64, plain: String) -> Cell {
    if number.abs() >= EXACT { Cell::Odd(Odd::Long, plain) } else { Cell::Text(plain) }
}

/// The number itself, in the fifteen digits that a spreadsheet keeps and shows: 434.99999999999994
/// is 435, what a sum left of it.
fn plain(number: f64) -> String {
    let short: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    // 0 has no sign.
    if short == 0.0 { "0".to_owned() } else { short.to_string() }
}

/// A comma behind the last digit divides what is shown by a thousand.
fn scaled(section: &Section) -> bool {
    let place = |part: &Part| matches!(part, Part::Digit(_) | Part::Point | Part::Fraction(_));
    let mut commas = section.parts.iter().enumerate().filter(|(_, part)| **part == Part::Comma);
    commas.any(|(at, _)| {
        let before = section.parts[..at].iter().any(|part| matches!(part, Part::Digit(_)));
        let next = section.parts[at + 1..].iter().find(|part| **part != Part::Comma);
        before && !next.is_some_and(|part| matches!(part, Part::Digit(_)) && place(part))
    })
}

/// The digits with the zeros before them, the signs between them and the words around them that
/// the format shows; none where it shows the number alone.
fn digits(section: &Section, number: f64, plain: &str) -> Option<String> {
    let words = |parts: &[Part]| -> String {
        let literals = parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            _ => None,
        });
        // Signs of money and of what is below zero are not words: the number says it.
        let sign = |c: char| c.is_whitespace() || "¥￥\\$€£()（）+-−－△▲▽▼*±".contains(c);
        literals.collect::<String>().chars().filter(|c| !sign(*c)).collect()
    };
    let is_place = |part: &Part| matches!(part, Part::Digit(_) | Part::Point | Part::Fraction(_));
    let Some(first) = section.parts.iter().position(is_place) else {
        let words = words(&section.parts);
        return (!words.is_empty()).then_some(words);
    };
    let last = section.parts.iter().rposition(is_place).unwrap_or(first);
    let (before, behind) = (words(&section.parts[..first]), words(&section.parts[last + 1..]));
    let inside = &section.parts[first..=last];
    let text = coded(inside, number, plain).unwrap_or_else(|| plain.to_owned());
    if number.abs() >= EXACT {
        return None;
    }
    Some(format!("{before}{text}{behind}"))
}

/// A code: an integer with zeros before it or signs between its digits (000-0000).
fn coded(inside: &[Part], number: f64, plain: &str) -> Option<String> {
    let places: Vec<&Part> = inside.iter().filter(|part| matches!(part, Part::Digit(_))).collect();
    let zeros = places.iter().filter(|part| ***part == Part::Digit('0')).count();
    let signs = inside.iter().any(|part| matches!(part, Part::Literal(_)));
    let decimals = inside.iter().any(|part| matches!(part, Part::Point | Part::Fraction(_)));
    if number < 0.0 || plain.contains('.') || decimals || (zeros < 2 && !signs) {
        return None;
    }
    let padded = format!("{plain:0>zeros$}");
    let mut left = padded.chars().rev().peekable();
    let mut out: Vec<char> = Vec::new();
    for (at, part) in inside.iter().enumerate().rev() {
        match part {
            // All that is left stands before the first place.
            Part::Digit(_) if !inside[..at].iter().any(|p| matches!(p, Part::Digit(_))) => {
                out.extend(left.by_ref());
            }
            Part::Digit(_) => out.extend(left.next()),
            Part::Literal(text) if left.peek().is_some() => out.extend(text.chars().rev()),
            _ => {}
        }
    }
    Some(out.into_iter().rev().collect())
}

#[cfg(test)]
mod tests;
