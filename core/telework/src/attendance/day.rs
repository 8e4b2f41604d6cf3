//! One person's day as a list of reports. A report is never invented: a missing 終業 is asked for,
//! not filled in.

use crate::time::{Minutes, tokyo};
use audit::{Decision, Kind};
use jiff::Timestamp;
use jiff::civil::Date;
use people::{Deed, Login, Permit};
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

impl Mark {
    /// Every report, in the order of a day.
    pub const ALL: [Self; 4] = [Self::Start, Self::Pause, Self::Resume, Self::End];

    /// As forms, programs and the record name it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::End => "end",
        }
    }
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

/// What a report depends on besides the day's record and the permit.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The day, which may go on past midnight.
    pub day: Date,
    /// Sign-in name of the person, for the record.
    pub login: &'a Login,
    /// Whether the month of the day is closed: then nothing of the month changes.
    pub closed: bool,
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
        self.follows(clock.mark)?;
        let last = self.clocks.last();
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

    /// Which reports can follow now: [`DayRecord::decide`] takes each of these, and no other.
    pub fn possible(&self, permit: &Permit, context: &Context<'_>) -> Vec<Mark> {
        let allowed = |mark: &Mark| self.allows(*mark, permit, context).is_ok();
        Mark::ALL.into_iter().filter(allowed).collect()
    }

    /// Adds a report, for the record too.
    ///
    /// # Errors
    /// [`Refused`]; nothing changed.
    pub fn decide(
        &self,
        clock: Clock,
        permit: &Permit,
        context: &Context<'_>,
    ) -> Result<Decision<Self>, Refused> {
        self.allows(clock.mark, permit, context)?;
        let event = permit
            .event(Kind::DAY_REPORTED, context.login)
            .with("day", context.day)
            .with("mark", clock.mark.key());
        let event = match clock.source {
            Source::Pressed => event,
            Source::Session => event.with("from", "session"),
            Source::Later => event
                .with("later", tokyo(clock.at).strftime("%H:%M"))
                .with("why", clock.why.as_deref().unwrap_or_default()),
        };
        Ok(Decision::new(self.add(clock)?, event))
    }

    /// Whether a report can follow, by whose it is and by the month of its day.
    fn allows(&self, mark: Mark, permit: &Permit, context: &Context<'_>) -> Result<(), Refused> {
        if permit.deed() != Deed::AskForTelework {
            return Err(Refused::WrongPermit);
        }
        if context.closed {
            return Err(Refused::MonthClosed);
        }
        self.follows(mark)
    }

    /// The one place that says which report follows which.
    fn follows(&self, mark: Mark) -> Result<(), Refused> {
        if self.clocks.len() >= MOST {
            return Err(Refused::TooMany);
        }
        match (self.clocks.last().map(|c| c.mark), mark) {
            (Some(was), now) if was == now => Err(Refused::Already),
            (None, Mark::Start)
            | (Some(Mark::Start | Mark::Resume), Mark::Pause | Mark::End)
            | (Some(Mark::Pause), Mark::Resume | Mark::End) => Ok(()),
            (Some(Mark::End), _) => Err(Refused::Ended),
            (None, _) => Err(Refused::NotStarted),
            (Some(_), Mark::Start) => Err(Refused::Already),
            (Some(_), _) => Err(Refused::NotPaused),
        }
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
    /// The month is closed, and nothing of it changes until it is opened again.
    #[error("the month is closed")]
    MonthClosed,
    /// The permit is for something else: a fault of the program.
    #[error("a permit for something else")]
    WrongPermit,
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
    fn the_table_of_what_is_offered() {
        use Mark::{End, Pause, Resume, Start};
        type Clocked = &'static [(Mark, i64)];
        let login = "sato".parse().unwrap();
        let context = Context { day: Date::constant(1970, 1, 1), login: &login, closed: false };
        let permit = crate::testing::permit("sato", Deed::AskForTelework);
        let table: [(Clocked, &[Mark]); 5] = [
            (&[], &[Start]),
            (&[(Start, 1)], &[Pause, End]),
            (&[(Start, 1), (Pause, 2)], &[Resume, End]),
            (&[(Start, 1), (Pause, 2), (Resume, 3)], &[Pause, End]),
            (&[(Start, 1), (End, 2)], &[]),
        ];
        for (before, steps) in table {
            assert_eq!(day(before).possible(&permit, &context), steps, "{before:?}");
            let closed = Context { closed: true, ..context };
            assert_eq!(day(before).possible(&permit, &closed), []);
        }
        let taken = day(&[]).decide(clock(Start, 30), &permit, &context).unwrap();
        let event = permit.event(Kind::DAY_REPORTED, "sato");
        assert_eq!(taken.events, [event.with("day", "1970-01-01").with("mark", "start")]);
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
        /// After every course of a day, by any permit: what is offered is taken, nothing else is.
        #[test]
        fn what_is_offered_is_what_is_taken(
            presses in proptest::collection::vec(0..4usize, 0..70),
            closed: bool,
            deed in 0..2usize,
        ) {
            let mut d = DayRecord::default();
            for (minute, mark) in (0..).zip(presses) {
                d = d.add(clock(Mark::ALL[mark], minute)).unwrap_or(d);
            }
            let login = "sato".parse().unwrap();
            let context = Context { day: Date::constant(1970, 1, 1), login: &login, closed };
            let deed = [Deed::AskForTelework, Deed::DecideTelework][deed];
            let permit = crate::testing::permit("sato", deed);
            let steps = d.possible(&permit, &context);
            for mark in Mark::ALL {
                let taken = d.decide(clock(mark, 100), &permit, &context);
                prop_assert_eq!(steps.contains(&mark), taken.is_ok(), "{:?}", mark);
            }
        }

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
