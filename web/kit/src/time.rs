//! Times as people read them: Asia/Tokyo, which has no daylight saving.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

/// Asia/Tokyo. A fixed offset needs no database of time zones.
#[must_use]
pub fn tokyo() -> TimeZone {
    TimeZone::fixed(Offset::constant(9))
}

/// Unix milliseconds as date and time in Tokyo.
#[must_use]
pub fn civil(ms: i64) -> DateTime {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(tokyo()).datetime()
}

/// The first moment of a day in Tokyo, Unix milliseconds.
#[must_use]
pub fn start_of(day: Date) -> Option<i64> {
    day.to_zoned(tokyo()).ok().map(|zoned| zoned.timestamp().as_millisecond())
}

/// Unix milliseconds as RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    let utc =
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
    utc.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A moment of the store's (Unix milliseconds) as the book writes it.
#[must_use]
pub fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokyo_is_nine_hours_ahead() {
        assert_eq!(civil(0).to_string(), "1970-01-01T09:00:00");
        assert_eq!(rfc3339(1_500), "1970-01-01T00:00:01.500Z");
        assert_eq!(start_of("1970-01-02".parse().unwrap()), Some(15 * 3_600_000));
    }
}
