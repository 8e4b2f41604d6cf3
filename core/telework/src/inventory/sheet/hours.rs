//! Hours as people write them, and text as it is compared.

use super::cells::CellFaultKind;
use crate::time::Minutes;

/// Most time a year on one piece of work, hours.
const MAX_HOURS: u32 = 1_000_000;

/// Minutes as hours with at most two decimals: `120`, `0.5`, `0.33`.
pub fn hours(minutes: Minutes) -> String {
    let hundredths = (u64::from(minutes.0) * 100 + 30) / 60;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Hours as people type them, full-width digits and commas included, to the nearest minute.
pub fn read_hours(text: &str) -> Option<Minutes> {
    let text = text::plain(text).replace([',', '、'], "");
    let text = text.strip_suffix("時間").unwrap_or(&text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty()
        || whole.len() > 7
        || part.len() > 2
        || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let hundredths: u32 = format!("{part:0<2}").parse().ok()?;
    let minutes = whole.checked_mul(60)?.checked_add((hundredths * 60 + 50) / 100)?;
    (minutes > 0 && minutes <= MAX_HOURS * 60).then_some(Minutes(minutes))
}

/// Why a text is no hours: how it was shown says what it was.
pub(super) fn no_hours(text: &str) -> CellFaultKind {
    let text = text::plain(text);
    if text.contains(':') || text.contains('時') && !text.contains("時間") {
        CellFaultKind::TimeOfDay
    } else if text.ends_with('%') {
        CellFaultKind::Percent
    } else if text.contains(['/', '年', '月']) {
        CellFaultKind::Date
    } else {
        CellFaultKind::Hours
    }
}
