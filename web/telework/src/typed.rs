//! What people type, as it is kept.

use jiff::civil::Time;

/// Longest text of a note, a place, a reason or a report, characters.
const TEXT: usize = 400;

/// A time of day, as 17:15.
pub(crate) fn clock_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// A text as it is kept: trimmed, bounded.
pub(crate) fn text(text: &str) -> String {
    text.trim().chars().take(TEXT).collect()
}
