//! One person's day as a list of reports. A report is never invented: a missing 終業 is asked for,
//! not filled in.

use crate::time::Minutes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The four reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// 始業
    Start,
    /// 中断
    Pause,
    /// 再開
    Resume,
    /// 終業
    End,
}

/// Where a report came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// She pressed the button.
    Pressed,
    /// Taken from her session at her wish.
    Session,
    /// Given later, with a reason.
    Later,
}

/// One report. The moment is the server's, so a wrong clock on a phone cannot move it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Which.
    pub mark: Mark,
    /// When, by the server.
    pub at: Timestamp,
    /// How it came.
    pub source: Source,
    /// Why it is later than the fact, for [`Source::Later`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A span of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First moment.
    pub start: Timestamp,
    /// Last moment; none while it runs.
    pub end: Option<Timestamp>,
}

/// A day's reports in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRecord {
    /// In order of time.
    pub clocks: Vec<Clock>,
    /// 業務報告: the report of the day.
    #[serde(default)]
    pub report: String,
}

/// At most this many reports in a day: a stuck button must not fill the record.
const MOST: usize = 64;

impl DayRecord {
    /// Adds a report.
    ///
    /// # Errors
    /// [`Refused`] when it does not follow from the last one. A button pressed twice is
    /// [`Refused::Already`], and changes nothing.
    pub fn add(&self, clock: Clock) -> Result<Self, Refused> {
        let last = self.clocks.last();
        if self.clocks.len() >= MOST {
            return Err(Refused::TooMany);
        }
        match (last.map(|c| c.mark), clock.mark) {
            (Some(was), now) if was == now => return Err(Refused::Already),
            (None, Mark::Start) | (Some(Mark::Start | Mark::Resume), Mark::Pause | Mark::End) => {}
            (Some(Mark::Pause), Mark::Resume | Mark::End) => {}
            (Some(Mark::End), _) => return Err(Refused::Ended),
            (None, _) => return Err(Refused::NotStarted),
            (Some(_), Mark::Start) => return Err(Refused::Already),
            (Some(_), _) => return Err(Refused::NotPaused),
        }
        if last.is_some_and(|l| clock.at < l.at) {
            return Err(Refused::Backwards);
        }
        if clock.source == Source::Later && clock.why.as_deref().unwrap_or("").trim().is_empty() {
            return Err(Refused::NoReason);
        }
        let mut next = self.clone();
        next.clocks.push(clock);
        Ok(next)
    }

    /// The spans worked, in order; the last has no end while it runs or when 終業 is missing.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for clock in &self.clocks {
            match clock.mark {
                Mark::Start | Mark::Resume => spans.push(Span { start: clock.at, end: None }),
                Mark::Pause | Mark::End => {
                    if let Some(open) = spans.last_mut().filter(|s| s.end.is_none()) {
                        open.end = Some(clock.at);
                    }
                }
            }
        }
        spans
    }

    /// Minutes worked in closed spans, less `rest` when the whole is over six hours (労働基準法 34条) and
    /// no pause was reported; an open span counts nothing.
    pub fn worked(&self, rest: Minutes) -> Minutes {
        let sum: Minutes = self
            .spans()
            .iter()
            .filter_map(|s| s.end.map(|end| Minutes::between(s.start, end)))
            .sum();
        let paused = self.clocks.iter().any(|c| c.mark == Mark::Pause);
        if !paused && sum.0 > 6 * 60 { sum - rest } else { sum }
    }

    /// Whether the day began and was never ended: to be asked next morning.
    pub fn is_open(&self) -> bool {
        self.clocks.last().is_some_and(|c| c.mark != Mark::End)
    }
}

/// Why a report is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Pressed twice.
    #[error("already reported")]
    Already,
    /// The day is over.
    #[error("the day has ended")]
    Ended,
    /// 始業 comes first.
    #[error("the day has not begun")]
    NotStarted,
    /// 再開 follows 中断 only.
    #[error("work was not paused")]
    NotPaused,
    /// Before the report it follows.
    #[error("earlier than the last report")]
    Backwards,
    /// A later report needs a reason.
    #[error("a report given later needs a reason")]
    NoReason,
    /// Over 64 reports.
    #[error("too many reports in one day")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clock(mark: Mark, at: i64) -> Clock {
        Clock {
            mark,
            at: Timestamp::from_second(at * 60).unwrap(),
            source: Source::Pressed,
            why: None,
        }
    }

    fn day(marks: &[(Mark, i64)]) -> DayRecord {
        marks.iter().fold(DayRecord::default(), |d, (m, at)| d.add(clock(*m, *at)).unwrap())
    }

    #[test]
    fn a_day_adds_up_across_midnight_with_its_pauses() {
        let d = day(&[
            (Mark::Start, 1300),
            (Mark::Pause, 1400),
            (Mark::Resume, 1430),
            (Mark::End, 1500),
        ]);
        assert_eq!(d.worked(Minutes(60)), Minutes(170));
        assert!(!d.is_open());
        assert_eq!(
            day(&[(Mark::Start, 0), (Mark::End, 525)]).worked(Minutes(60)),
            Minutes::WORKING_DAY
        );
        assert_eq!(day(&[(Mark::Start, 0), (Mark::End, 360)]).worked(Minutes(60)), Minutes(360));
    }

    #[test]
    fn a_missing_end_is_asked_for_and_never_invented() {
        let d = day(&[(Mark::Start, 0)]);
        assert!(d.is_open());
        assert_eq!(d.worked(Minutes(60)), Minutes(0));
        let later = |why: Option<&str>| Clock {
            source: Source::Later,
            why: why.map(Into::into),
            ..clock(Mark::End, 500)
        };
        assert_eq!(d.add(later(None)), Err(Refused::NoReason));
        assert_eq!(d.add(later(Some("押し忘れ"))).unwrap().worked(Minutes(60)), Minutes(440));
    }

    #[test]
    fn what_does_not_follow_is_refused_by_name() {
        let d = day(&[(Mark::Start, 10)]);
        assert_eq!(d.add(clock(Mark::Start, 11)), Err(Refused::Already));
        assert_eq!(d.add(clock(Mark::Resume, 11)), Err(Refused::NotPaused));
        assert_eq!(d.add(clock(Mark::End, 9)), Err(Refused::Backwards));
        assert_eq!(DayRecord::default().add(clock(Mark::End, 9)), Err(Refused::NotStarted));
        let done = day(&[(Mark::Start, 10), (Mark::End, 20)]);
        assert_eq!(done.add(clock(Mark::Start, 30)), Err(Refused::Ended));
        assert_eq!(done.add(clock(Mark::End, 30)), Err(Refused::Already));
    }

    proptest! {
        #[test]
        fn whatever_is_pressed_the_sum_never_exceeds_the_time_that_passed(
            presses in proptest::collection::vec((0..4u8, 0..2000i64), 0..80)) {
            let mut d = DayRecord::default();
            for (mark, at) in presses {
                let mark = [Mark::Start, Mark::Pause, Mark::Resume, Mark::End][usize::from(mark)];
                if let Ok(next) = d.add(clock(mark, at)) {
                    d = next;
                }
            }
            let passed = match (d.clocks.first(), d.clocks.last()) {
                (Some(a), Some(b)) => Minutes::between(a.at, b.at),
                _ => Minutes(0),
            };
            prop_assert!(d.worked(Minutes(60)) <= passed);
            prop_assert!(
                d.spans().windows(2).all(|w| w[0].end.is_some_and(|end| end <= w[1].start)));
        }
    }
}
