//! Dates and times as they are shown.

use super::format::{Part, Section};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// The last day of Excel, 9999-12-31.
const LAST: f64 = 2_958_466.0;
/// First day of each era, and its names.
const ERAS: [(i64, i64, i64, [&str; 3]); 5] = [
    (2019, 5, 1, ["R", "令", "令和"]),
    (1989, 1, 8, ["H", "平", "平成"]),
    (1926, 12, 25, ["S", "昭", "昭和"]),
    (1912, 7, 30, ["T", "大", "大正"]),
    (1868, 1, 25, ["M", "明", "明治"]),
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [(&str, &str); 7] = [
    ("Sunday", "日"),
    ("Monday", "月"),
    ("Tuesday", "火"),
    ("Wednesday", "水"),
    ("Thursday", "木"),
    ("Friday", "金"),
    ("Saturday", "土"),
];

/// A moment taken apart.
struct Moment {
    year: i64,
    month: i64,
    day: i64,
    /// From Sunday.
    weekday: usize,
    /// Milliseconds of the day, and since the beginning.
    of_day: i64,
    whole: i64,
}

/// The text of a day count under a section with letters of a date or time; none for what no
/// spreadsheet shows.
pub(super) fn shown(days: f64, section: &Section, epoch_1904: bool) -> Option<String> {
    if !(0.0..LAST).contains(&days) {
        return None;
    }
    let parts = numbered(&section.parts);
    let moment = moment(days, &parts, epoch_1904)?;
    let noon = parts.iter().any(|part| matches!(part, Part::Noon(_)));
    let mut out = String::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Time('m', run) if minutes(&parts, at) => {
                padded(&mut out, moment.of_day / 60_000 % 60, *run);
            }
            Part::Time(letter, run) => day(&mut out, &moment, *letter, *run, section, noon),
            Part::Elapsed(letter, run) => {
                let unit = match letter {
                    'h' => 3_600_000,
                    'm' => 60_000,
                    _ => 1_000,
                };
                padded(&mut out, moment.whole / unit, *run);
            }
            Part::Fraction(digits) => {
                let text = format!("{:03}", moment.of_day % 1_000);
                out.push('.');
                out.extend(text.chars().chain(std::iter::repeat('0')).take((*digits).min(9)));
            }
            Part::Noon(long) => {
                let after = moment.of_day >= DAY / 2;
                out.push_str(match (section.japanese, long, after) {
                    (true, true, false) => "午前",
                    (true, true, true) => "午後",
                    (_, true, false) => "AM",
                    (_, true, true) => "PM",
                    (_, false, false) => "A",
                    (_, false, true) => "P",
                });
            }
            Part::Slash => out.push('/'),
            Part::Point => out.push('.'),
            Part::Comma => out.push(','),
            Part::Percent => out.push('%'),
            Part::Digit(_) | Part::Exponent | Part::General | Part::At => {}
        }
    }
    Some(out.trim().to_owned())
}

/// `.00` are digits of a second behind one, and a point with digits elsewhere.
fn numbered(parts: &[Part]) -> Vec<Part> {
    let mut second = false;
    let mut out = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Part::Fraction(_) if !second => out.push(Part::Point),
            part => out.push(part.clone()),
        }
        second = matches!(part, Part::Time('s', _) | Part::Elapsed('s', _));
    }
    out
}

fn moment(days: f64, parts: &[Part], epoch_1904: bool) -> Option<Moment> {
    // Days of at most seven digits and milliseconds: exact enough for what was typed.
    let exact = (days * DAY as f64).round();
    let whole = format!("{exact:.0}").parse::<i64>().ok()?;
    let has = |find: fn(&Part) -> bool| parts.iter().any(find);
    let whole = match has(|part| matches!(part, Part::Fraction(_))) {
        true => whole,
        // Seconds are rounded; what shows none is cut, as Excel does.
        false if has(|part| matches!(part, Part::Time('s', _) | Part::Elapsed('s', _))) => {
            (whole + 500) / 1_000 * 1_000
        }
        false => whole,
    };
    let number = whole / DAY + if epoch_1904 { 1_462 } else { 0 };
    let (year, month, day) = match number {
        0 => (1900, 1, 0),
        // The day that Excel counts and that never was.
        60 => (1900, 2, 29),
        1..60 => civil(number - 25_568),
        _ => civil(number - 25_569),
    };
    let weekday = usize::try_from((number + 6) % 7).unwrap_or(0);
    Some(Moment { year, month, day, weekday, of_day: whole % DAY, whole })
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Whether an `m` is of minutes: an hour is before it, or a second behind it.
fn minutes(parts: &[Part], at: usize) -> bool {
    let letter = |part: &Part| match part {
        Part::Time(letter, _) | Part::Elapsed(letter, _) => Some(*letter),
        _ => None,
    };
    let before = parts[..at].iter().rev().find_map(letter);
    let behind = parts[at + 1..].iter().find_map(letter);
    before == Some('h') || behind == Some('s')
}

fn day(out: &mut String, at: &Moment, letter: char, run: usize, section: &Section, noon: bool) {
    let name = |out: &mut String, name: &str, run: usize| match run {
        3 => out.extend(name.chars().take(3)),
        4 => out.push_str(name),
        _ => out.extend(name.chars().take(1)),
    };
    match (letter, run) {
        ('y', ..=2) => padded(out, at.year % 100, 2),
        ('y', _) => padded(out, at.year, 4),
        ('e' | 'g', _) => era(out, at, letter, run, section.first_year),
        ('m', ..=2) => padded(out, at.month, run),
        ('m', _) => {
            let month = usize::try_from(at.month - 1).ok().and_then(|month| MONTHS.get(month));
            name(out, month.unwrap_or(&""), run);
        }
        ('d', ..=2) => padded(out, at.day, run),
        ('d', _) => name(out, DAYS[at.weekday % 7].0, run),
        ('a', _) => {
            out.push_str(DAYS[at.weekday % 7].1);
            out.push_str(if run >= 4 { "曜日" } else { "" });
        }
        ('h', _) => {
            let hour = at.of_day / 3_600_000;
            padded(out, if noon { (hour + 11) % 12 + 1 } else { hour }, run);
        }
        _ => padded(out, at.of_day / 1_000 % 60, run),
    }
}

/// The year of the era, or its name.
fn era(out: &mut String, at: &Moment, letter: char, run: usize, first_year: bool) {
    let today = (at.year, at.month, at.day);
    let found = ERAS.iter().find(|(year, month, day, _)| today >= (*year, *month, *day));
    let Some((year, _, _, names)) = found else {
        // Before the eras that Excel knows the year stands alone.
        if letter == 'e' {
            padded(out, at.year, 4);
        }
        return;
    };
    match letter {
        'g' => out.push_str(names[run.clamp(1, 3) - 1]),
        _ if first_year && at.year == *year => out.push('元'),
        _ => padded(out, at.year - year + 1, run),
    }
}

fn padded(out: &mut String, number: i64, width: usize) {
    out.push_str(&format!("{number:0width$}", width = width.min(10)));
}
