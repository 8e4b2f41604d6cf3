//! Idle cut and end of the period: a pure machine on two clocks.
//!
//! The idle time runs on the clock that never jumps. The period is the calendar's, but the running
//! clock holds it too:
//! setting the calendar back during a session gains nothing.

use pairing::{Policy, Ticks, UnixMs};
use wire::session::{EndReason, Notice, NoticeKind};

/// Seconds without input count as idle once they make up a stretch of this length.
const STRETCH_MS: u64 = 60_000;

/// Watches one session.
#[derive(Debug)]
pub(super) struct Watch {
    idle: u64,
    warn: u64,
    not_after: UnixMs,
    /// The end of the period on the running clock.
    ends: Ticks,
    input: Ticks,
    idle_warned: bool,
    period_warned: bool,
    idle_total: u64,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Tell the viewer.
    Notice(Notice),
    /// The session is over.
    End(EndReason),
}

impl Watch {
    pub(super) fn new(policy: &Policy, not_after: UnixMs, now: Ticks, unix: UnixMs) -> Self {
        Self {
            idle: u64::from(policy.idle) * 1000,
            warn: u64::from(policy.warn) * 1000,
            not_after,
            ends: now.plus(not_after.0.saturating_sub(unix.0)),
            input: now,
            idle_warned: false,
            period_warned: false,
            idle_total: 0,
        }
    }

    /// Keys or pointer came.
    pub(super) fn input(&mut self, now: Ticks) -> Option<Notice> {
        self.settle(now);
        self.input = now;
        std::mem::take(&mut self.idle_warned)
            .then_some(Notice { kind: NoticeKind::IdleLifted, seconds: 0 })
    }

    /// What is due now; to be asked until nothing is.
    pub(super) fn poll(&mut self, now: Ticks, unix: UnixMs) -> Option<Due> {
        if now >= self.ends || unix >= self.not_after {
            return Some(Due::End(EndReason::PeriodOver));
        }
        let left = self.ends.since(now).min(self.not_after.0 - unix.0);
        if self.warn > 0 && left <= self.warn && !self.period_warned {
            self.period_warned = true;
            return Some(Due::Notice(Notice {
                kind: NoticeKind::PeriodSoon,
                seconds: seconds(left),
            }));
        }
        if self.idle > 0 {
            let left = self.idle.saturating_sub(now.since(self.input));
            if left == 0 {
                return Some(Due::End(EndReason::Idle));
            }
            if self.warn > 0 && left <= self.warn && !self.idle_warned {
                self.idle_warned = true;
                return Some(Due::Notice(Notice {
                    kind: NoticeKind::IdleSoon,
                    seconds: seconds(left),
                }));
            }
        }
        None
    }

    /// When to ask next, if nothing happens until then.
    pub(super) fn timeout(&self) -> Ticks {
        let before = |end: Ticks, warned: bool| {
            if warned { end } else { Ticks(end.0.saturating_sub(self.warn)) }
        };
        let period = before(self.ends, self.period_warned);
        if self.idle == 0 {
            period
        } else {
            period.min(before(self.input.plus(self.idle), self.idle_warned))
        }
    }

    /// Seconds that were idle, in stretches of a minute and more.
    pub(super) fn idle_seconds(&mut self, now: Ticks) -> u32 {
        self.settle(now);
        self.input = now;
        seconds(self.idle_total)
    }

    fn settle(&mut self, now: Ticks) {
        let stretch = now.since(self.input);
        if stretch >= STRETCH_MS {
            self.idle_total += stretch;
        }
    }
}

fn seconds(ms: u64) -> u32 {
    u32::try_from(ms.div_ceil(1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMs = UnixMs(1_790_000_000_000);

    fn watch(idle: u32, warn: u16, period_s: u64) -> Watch {
        let policy = Policy {
            idle,
            warn,
            watermark: false,
            contrast: 0,
            spacing: 0,
            watermark_text: String::new(),
            resize: true,
        };
        Watch::new(&policy, START.plus(period_s * 1000), Ticks(0), START)
    }

    fn at(watch: &mut Watch, s: u64) -> Option<Due> {
        watch.poll(Ticks(s * 1000), START.plus(s * 1000))
    }

    fn notice(kind: NoticeKind, seconds: u32) -> Option<Due> {
        Some(Due::Notice(Notice { kind, seconds }))
    }

    #[test]
    fn idle_is_warned_of_once_and_cut() {
        let mut w = watch(300, 60, 9999);
        assert_eq!(w.timeout(), Ticks(240_000));
        assert_eq!(at(&mut w, 239), None);
        assert_eq!(at(&mut w, 240), notice(NoticeKind::IdleSoon, 60));
        assert_eq!(at(&mut w, 241), None);
        assert_eq!(w.timeout(), Ticks(300_000));
        assert_eq!(at(&mut w, 300), Some(Due::End(EndReason::Idle)));
    }

    #[test]
    fn input_lifts_the_warning() {
        let mut w = watch(300, 60, 9999);
        assert_eq!(w.input(Ticks(1000)), None);
        assert_eq!(at(&mut w, 241), notice(NoticeKind::IdleSoon, 60));
        assert_eq!(
            w.input(Ticks(250_000)),
            Some(Notice { kind: NoticeKind::IdleLifted, seconds: 0 })
        );
        assert_eq!(at(&mut w, 301), None);
        assert_eq!(at(&mut w, 490), notice(NoticeKind::IdleSoon, 60));
        assert_eq!(w.idle_seconds(Ticks(500_000)), 249 + 250);
    }

    #[test]
    fn the_period_ends_whatever_the_calendar_says() {
        let mut w = watch(0, 60, 600);
        assert_eq!(at(&mut w, 540), notice(NoticeKind::PeriodSoon, 60));
        assert_eq!(at(&mut w, 541), None);
        // The calendar is set back by an hour, then forward.
        assert_eq!(w.poll(Ticks(600_000), START), Some(Due::End(EndReason::PeriodOver)));
        let mut w = watch(0, 60, 600);
        assert_eq!(w.poll(Ticks(1000), START.plus(600_000)), Some(Due::End(EndReason::PeriodOver)));
    }

    #[test]
    fn nothing_is_said_without_a_time_to_warn() {
        let mut w = watch(300, 0, 600);
        assert_eq!(at(&mut w, 299), None);
        assert_eq!(at(&mut w, 300), Some(Due::End(EndReason::Idle)));
    }

    #[test]
    fn short_pauses_are_not_idle() {
        let mut w = watch(0, 0, 9999);
        w.input(Ticks(59_999));
        w.input(Ticks(119_999));
        assert_eq!(w.idle_seconds(Ticks(119_999)), 60);
    }
}
