//! Sessions beside reports: differences over the body's threshold are shown with a reason asked,
//! and nothing is overwritten.

use super::day::DayRecord;
use crate::time::Minutes;
use jiff::Timestamp;

/// One remote session as evidence: when, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// The first picture was sent.
    pub start: Timestamp,
    /// The session ended; none while it runs.
    pub end: Option<Timestamp>,
    /// Time without key or pointer, summed.
    pub idle: Minutes,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Reported without any session that day.
    NoSession,
    /// A session on a day without a report.
    NoReport,
    /// Work was reported to begin before the first session, by the minutes given.
    StartedBefore,
    /// A session began before the reported start.
    ConnectedBefore,
    /// Work was reported to end after the last session.
    EndedAfter,
    /// A session went on after the reported end.
    ConnectedAfter,
    /// 終業 was never reported.
    NotEnded,
    /// Work outside the approved hours.
    OutsideOrder,
}

/// One difference over the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub kind: Kind,
    /// By how much; zero where an amount makes no sense.
    pub by: Minutes,
}

/// Compares one day's reports with its sessions and the approved span. Differences of at most
/// `tolerance` are left out. A session or a day that still runs is not judged at its open end.
pub fn compare(
    day: &DayRecord,
    sessions: &[Connection],
    ordered: Option<(Timestamp, Timestamp)>,
    tolerance: Minutes,
    finished: bool,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let spans = day.spans();
    let start = spans.first().map(|s| s.start);
    let end = if day.is_open() { None } else { spans.last().and_then(|s| s.end) };
    let first = sessions.iter().map(|s| s.start).min();
    let last = sessions
        .iter()
        .map(|s| s.end)
        .collect::<Option<Vec<_>>>()
        .and_then(|ends| ends.into_iter().max());
    let mut over = |kind, from: Timestamp, to: Timestamp| {
        let by = Minutes::between(from, to);
        if by > tolerance {
            found.push(Difference { kind, by });
        }
    };
    if let (Some(start), Some(first)) = (start, first) {
        over(Kind::StartedBefore, start, first);
        over(Kind::ConnectedBefore, first, start);
    }
    if let (Some(end), Some(last)) = (end, last) {
        over(Kind::EndedAfter, last, end);
        over(Kind::ConnectedAfter, end, last);
    }
    if let (Some((from, to)), Some(start)) = (ordered, start) {
        let before = Minutes::between(start, from);
        let after = end.map_or(Minutes(0), |end| Minutes::between(to, end));
        if before + after > tolerance {
            found.push(Difference { kind: Kind::OutsideOrder, by: before + after });
        }
    }
    let plain = |kind| Difference { kind, by: Minutes(0) };
    match (start.is_some(), first.is_some()) {
        (true, false) if finished => found.push(plain(Kind::NoSession)),
        (false, true) => found.push(plain(Kind::NoReport)),
        _ => {}
    }
    if finished && day.is_open() {
        found.push(plain(Kind::NotEnded));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{Clock, Mark, Source};
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn day(start: i64, end: Option<i64>) -> DayRecord {
        let clock = |mark, m| Clock { mark, at: at(m), source: Source::Pressed, why: None };
        let d = DayRecord::default().add(clock(Mark::Start, start)).unwrap();
        end.map_or(d.clone(), |e| d.add(clock(Mark::End, e)).unwrap())
    }

    fn session(start: i64, end: i64) -> Connection {
        Connection { start: at(start), end: Some(at(end)), idle: Minutes(0) }
    }

    #[test]
    fn ten_minutes_are_tolerated_and_eleven_are_shown() {
        let t = Minutes(10);
        assert_eq!(compare(&day(100, Some(500)), &[session(110, 490)], None, t, true), []);
        let shown =
            compare(&day(100, Some(500)), &[session(111, 300), session(300, 489)], None, t, true);
        assert_eq!(
            shown,
            [
                Difference { kind: Kind::StartedBefore, by: Minutes(11) },
                Difference { kind: Kind::EndedAfter, by: Minutes(11) }
            ]
        );
        let early = compare(&day(100, Some(500)), &[session(80, 530)], None, t, true);
        assert_eq!(
            early,
            [
                Difference { kind: Kind::ConnectedBefore, by: Minutes(20) },
                Difference { kind: Kind::ConnectedAfter, by: Minutes(30) }
            ]
        );
    }

    #[test]
    fn missing_halves_are_shown_and_a_running_day_is_left_alone() {
        let t = Minutes(10);
        let kinds = |v: Vec<Difference>| v.into_iter().map(|d| d.kind).collect::<Vec<_>>();
        assert_eq!(kinds(compare(&day(0, Some(400)), &[], None, t, true)), [Kind::NoSession]);
        assert_eq!(
            kinds(compare(&DayRecord::default(), &[session(0, 10)], None, t, true)),
            [Kind::NoReport]
        );
        assert_eq!(
            kinds(compare(&day(0, None), &[session(0, 10)], None, t, true)),
            [Kind::NotEnded]
        );
        let running = Connection { start: at(0), end: None, idle: Minutes(0) };
        assert_eq!(compare(&day(0, None), &[running], None, t, false), []);
        assert_eq!(
            compare(&day(50, Some(500)), &[session(50, 500)], Some((at(60), at(480))), t, true),
            [Difference { kind: Kind::OutsideOrder, by: Minutes(30) }]
        );
    }
}
