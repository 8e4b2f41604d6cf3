//! What people type, as it is kept.

use jiff::civil::Time;

/// Longest text of a note, a place, a reason or a report, characters.
const TEXT: usize = 400;

/// A time of day as people type it: 17:15, １７：１５, 17時15分, 9時; 24:00 is the midnight that ends
/// a day.
pub(crate) fn clock_time(text: &str) -> Option<Time> {
    let text = text::plain(text).replace(' ', "");
    let (hour, minute) = text.split_once([':', '時'])?;
    let minute = match minute.strip_suffix('分').unwrap_or(minute) {
        "" if text.ends_with('時') => "0",
        "半" => "30",
        minute => minute,
    };
    let digits = |part: &str| {
        (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(hour) || !digits(minute) {
        return None;
    }
    match (hour.parse().ok()?, minute.parse().ok()?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

/// A text as it is kept: trimmed, bounded.
pub(crate) fn text(text: &str) -> String {
    text.trim().chars().take(TEXT).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn times_are_read_as_people_type_them() {
        for (text, read) in [
            ("9:00", time(9, 0, 0, 0)),
            ("09:05", time(9, 5, 0, 0)),
            ("９：００", time(9, 0, 0, 0)),
            ("9時", time(9, 0, 0, 0)),
            ("17時15分", time(17, 15, 0, 0)),
            ("8時半", time(8, 30, 0, 0)),
            ("24:00", time(0, 0, 0, 0)),
            ("0:00", time(0, 0, 0, 0)),
            (" 23:59 ", time(23, 59, 0, 0)),
        ] {
            assert_eq!(clock_time(text), Some(read), "{text}");
        }
        for wrong in ["", "9", "25:30", "24:01", "9:60", "9:", ":30", "9:0:0", "-1:00", "9時分半"]
        {
            assert_eq!(clock_time(wrong), None, "{wrong}");
        }
    }
}
