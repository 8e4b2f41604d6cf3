//! Month close (月次締め): what was ordered, reported and connected, side by side, one row a person
//! and day.

mod ledger;

pub use ledger::{Act, Ledger, Refused, Step};

use crate::attendance::{
    Connection, DayRecord, Difference, Kind, Overtime, Source, Span, compare, overtime,
};
use crate::request::{Request, State};
use crate::rules::{Form, Rules, Unit};
use crate::time::{Calendar, Hours, Minutes, Month, tokyo};
use jiff::Timestamp;
use jiff::civil::Date;
use people::StaffId;
use std::collections::BTreeMap;

/// Everything of one month that bears on attendance, by person and day; with the day before its
/// first, whose work may run past midnight into it, and the morning after its last.
#[derive(Debug, Default)]
pub struct Records<'a> {
    /// Requests, any state.
    pub requests: Vec<&'a Request>,
    /// Reports, by the day they began on.
    pub reports: BTreeMap<(StaffId, Date), &'a DayRecord>,
    /// Sessions with the one connected.
    pub sessions: Vec<(StaffId, Connection)>,
    /// Reasons given for differences, by person and day.
    pub reasons: BTreeMap<(StaffId, Date), &'a str>,
}

/// What was ordered for a day, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordered {
    /// Where.
    pub form: Form,
    /// How much of the day.
    pub unit: Unit,
    /// From when to when.
    pub hours: Hours,
}

/// One person's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The day.
    pub day: Date,
    /// The approved requests, by their hours; none when nothing was ordered.
    pub ordered: Vec<Ordered>,
    /// When work was reported to begin.
    pub began: Option<Timestamp>,
    /// When work was reported to end; none while it runs or when 終業 is missing.
    pub ended: Option<Timestamp>,
    /// Minutes by her reports.
    pub worked: Minutes,
    /// Her sessions, in order.
    pub connections: Vec<Connection>,
    /// Minutes connected, idle time left out.
    pub connected: Minutes,
    /// What differs by more than the tolerance.
    pub differences: Vec<Difference>,
    /// The reason given, when there is one.
    pub reason: Option<String>,
}

impl Row {
    /// Whether a reason is asked of her and not yet given.
    pub fn is_open(&self) -> bool {
        !self.differences.is_empty() && self.reason.is_none()
    }
}

/// One person's month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// In order of the day.
    pub rows: Vec<Row>,
    /// Overtime of the month.
    pub overtime: Overtime,
    /// Days of telework that were ordered.
    pub days: u32,
    /// Days of home telework that were ordered: the allowance counts these.
    pub home_days: u32,
    /// Rows whose difference has no reason yet: the month is not closed over them without a word.
    pub open: usize,
}

impl Sheet {
    /// Minutes by her reports.
    pub fn worked(&self) -> Minutes {
        self.rows.iter().map(|row| row.worked).sum()
    }

    /// Minutes connected, idle time left out.
    pub fn connected(&self) -> Minutes {
        self.rows.iter().map(|row| row.connected).sum()
    }

    /// Overtime of the month.
    pub fn overtime(&self) -> Minutes {
        self.overtime.months.values().copied().sum()
    }
}

#[derive(Default)]
struct Day<'a> {
    ordered: Vec<&'a Request>,
    report: Option<&'a DayRecord>,
    sessions: Vec<Connection>,
}

impl Day<'_> {
    /// From the first moment ordered to the last.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let spans = self.ordered.iter().filter_map(|r| r.hours.on(r.day).ok());
        spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Whether work that began on this day still went on at a moment after midnight: by its
    /// reports, or, while its end is not reported, by its order. A forgotten 終業 does not swallow
    /// the next morning's session.
    fn still_on(&self, at: Timestamp) -> bool {
        let within = |s: &Span| {
            s.start <= at
                && s.end
                    .map_or_else(|| self.span().is_some_and(|(_, end)| at <= end), |end| at <= end)
        };
        self.report.is_some_and(|r| r.spans().iter().any(within))
    }
}

/// Puts one month together for everybody in it. Work is linear in the month's records.
pub fn close(
    month: Month,
    records: &Records<'_>,
    rules: &Rules,
    calendar: &Calendar,
    now: Timestamp,
) -> BTreeMap<StaffId, Sheet> {
    let mut days: BTreeMap<(StaffId, Date), Day<'_>> = BTreeMap::new();
    for r in records.requests.iter().filter(|r| r.state == State::Approved) {
        days.entry((r.staff, r.day)).or_default().ordered.push(r);
    }
    for (key, report) in &records.reports {
        days.entry(*key).or_default().report = Some(report);
    }
    for (staff, session) in &records.sessions {
        let began = tokyo(session.start).date();
        // A session after midnight belongs to the day that was still open then.
        let day = match (days.contains_key(&(*staff, began)), began.yesterday()) {
            (false, Ok(before))
                if days.get(&(*staff, before)).is_some_and(|d| d.still_on(session.start)) =>
            {
                before
            }
            _ => began,
        };
        days.entry((*staff, day)).or_default().sessions.push(*session);
    }
    let mut sheets: BTreeMap<StaffId, Sheet> = BTreeMap::new();
    for ((staff, day), parts) in days.into_iter().filter(|((_, day), _)| Month::of(*day) == month) {
        let reason = records.reasons.get(&(staff, day)).map(|r| (*r).to_owned());
        let row = row(day, parts, reason, rules, now);
        let sheet = sheets.entry(staff).or_default();
        sheet.open += usize::from(row.is_open());
        sheet.days += u32::from(!row.ordered.is_empty());
        sheet.home_days += u32::from(row.ordered.iter().any(|o| o.form == Form::Home));
        sheet.rows.push(row);
    }
    for sheet in sheets.values_mut() {
        sheet.overtime =
            overtime(sheet.rows.iter().map(|r| (r.day, r.worked, calendar.is_working(r.day))));
    }
    sheets
}

fn row(
    day: Date,
    mut parts: Day<'_>,
    reason: Option<String>,
    rules: &Rules,
    now: Timestamp,
) -> Row {
    let span = parts.span();
    // Work ordered past midnight is not judged before its end.
    let finished = tokyo(now).date() > day && span.is_none_or(|(_, end)| end < now);
    parts.ordered.sort_by_key(|r| r.hours.start);
    parts.sessions.sort_by_key(|s| s.start);
    let empty = DayRecord::default();
    let report = parts.report.unwrap_or(&empty);
    let spans = report.spans();
    let differences = compare(report, &parts.sessions, span, rules.tolerance, finished);
    // Whoever gave the end later said why: she is not asked for the same reason again.
    let late = report.clocks.iter().rev().find(|clock| clock.source == Source::Later);
    let of_the_end = |difference: &Difference| {
        matches!(difference.kind, Kind::EndedAfter | Kind::ConnectedAfter | Kind::OutsideOrder)
    };
    let answers = !differences.is_empty() && differences.iter().all(of_the_end);
    let given = late.and_then(|clock| clock.why.clone()).filter(|_| answers);
    Row {
        day,
        ordered: parts
            .ordered
            .iter()
            .map(|r| Ordered { form: r.form, unit: r.unit, hours: r.hours })
            .collect(),
        began: spans.first().map(|s| s.start),
        ended: if report.is_open() { None } else { spans.last().and_then(|s| s.end) },
        worked: report.worked(rules.rest),
        connected: parts
            .sessions
            .iter()
            .filter_map(|s| s.end.map(|end| Minutes::between(s.start, end) - s.idle))
            .sum(),
        differences,
        connections: parts.sessions,
        reason: reason.or(given),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attendance::{Clock, Mark};
    use crate::request::tests::request;
    use crate::testing::who;
    use jiff::civil::date;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn report(start: &str, end: &str) -> DayRecord {
        let clock = |mark, t| Clock { mark, at: at(t), source: Source::Pressed, why: None };
        DayRecord::default()
            .add(clock(Mark::Start, start))
            .unwrap()
            .add(clock(Mark::End, end))
            .unwrap()
    }

    #[test]
    fn the_reason_of_an_end_given_later_answers_the_question_about_the_end_and_no_other() {
        let day = date(2026, 4, 10);
        let late = |start: &str| {
            let clock = |mark, t, source, why: Option<&str>| Clock {
                mark,
                at: at(t),
                source,
                why: why.map(Into::into),
            };
            DayRecord::default()
                .add(clock(Mark::Start, start, Source::Pressed, None))
                .unwrap()
                .add(clock(Mark::End, "2026-04-10T08:15:00Z", Source::Later, Some("押し忘れ")))
                .unwrap()
        };
        let session = Connection {
            start: at("2026-04-09T23:30:00Z"),
            end: Some(at("2026-04-09T23:35:00Z")),
            idle: Minutes(0),
        };
        let closed = |report: &DayRecord| {
            let mut records = Records::default();
            records.reports.insert((who("sato"), day), report);
            records.sessions.push((who("sato"), session));
            let month = Month { year: 2026, month: 4 };
            let now = at("2026-05-01T00:00:00Z");
            close(month, &records, &Rules::default(), &Calendar::default(), now)
                .remove(&who("sato"))
                .unwrap()
        };
        let asked = closed(&late("2026-04-09T23:30:00Z"));
        assert_eq!(asked.rows[0].differences.len(), 1);
        assert_eq!(asked.rows[0].reason.as_deref(), Some("押し忘れ"));
        assert_eq!(asked.open, 0);
        // She began long before the session, too: that is another question.
        let early = closed(&late("2026-04-09T20:00:00Z"));
        assert_eq!((early.rows[0].reason.as_deref(), early.open), (None, 1));
    }

    #[test]
    fn orders_reports_and_sessions_stand_side_by_side() {
        let day = date(2026, 4, 10);
        let approved = Request { state: State::Approved, ..request(who("sato"), day) };
        let refused = Request { state: State::Refused, ..request(who("kato"), day) };
        let full = report("2026-04-09T23:30:00Z", "2026-04-10T08:15:00Z");
        let night = report("2026-04-20T13:00:00Z", "2026-04-20T17:00:00Z");
        let session = |a, b| Connection { start: at(a), end: Some(at(b)), idle: Minutes(15) };
        let mut records = Records { requests: vec![&approved, &refused], ..Records::default() };
        records.reports.insert((who("sato"), day), &full);
        records.reports.insert((who("sato"), date(2026, 4, 20)), &night);
        records
            .sessions
            .push((who("sato"), session("2026-04-09T23:50:00Z", "2026-04-10T08:15:00Z")));
        records
            .sessions
            .push((who("sato"), session("2026-04-20T15:30:00Z", "2026-04-20T17:00:00Z")));
        records.reasons.insert((who("sato"), day), "回線の不調");
        let month = Month { year: 2026, month: 4 };
        let sheets = close(
            month,
            &records,
            &Rules::default(),
            &Calendar::default(),
            at("2026-05-01T00:00:00Z"),
        );
        assert_eq!(sheets.keys().collect::<Vec<_>>(), [&who("sato")]);
        let sheet = &sheets[&who("sato")];
        let first = &sheet.rows[0];
        assert_eq!(
            (first.worked, first.connected, first.ordered.len(), first.ordered[0].form),
            (Minutes::WORKING_DAY, Minutes(490), 1, Form::Home)
        );
        assert_eq!(
            (first.began, first.ended),
            (Some(at("2026-04-09T23:30:00Z")), Some(at("2026-04-10T08:15:00Z")))
        );
        assert_eq!(first.differences, [Difference { kind: Kind::StartedBefore, by: Minutes(20) }]);
        // The night's second session began after midnight and belongs to the day that was open.
        assert_eq!((sheet.rows[1].day, sheet.rows[1].connected), (date(2026, 4, 20), Minutes(75)));
        assert_eq!((sheet.home_days, sheet.open), (1, 1));
    }

    fn one(records: &Records<'_>, month: Month, now: &str) -> Sheet {
        close(month, records, &Rules::default(), &Calendar::default(), at(now))
            .remove(&who("sato"))
            .unwrap_or_default()
    }

    #[test]
    fn a_forgotten_end_does_not_swallow_the_next_morning_and_a_night_is_judged_after_its_end() {
        let month = Month { year: 2026, month: 4 };
        let clock = Clock {
            mark: Mark::Start,
            at: at("2026-04-09T23:30:00Z"),
            source: Source::Pressed,
            why: None,
        };
        let open = DayRecord::default().add(clock).unwrap();
        let mut records = Records::default();
        records.reports.insert((who("sato"), date(2026, 4, 10)), &open);
        let session = |a, b| Connection { start: at(a), end: Some(at(b)), idle: Minutes(0) };
        records
            .sessions
            .push((who("sato"), session("2026-04-10T23:30:00Z", "2026-04-11T01:00:00Z")));
        let days: Vec<Date> =
            one(&records, month, "2026-05-01T00:00:00Z").rows.iter().map(|r| r.day).collect();
        assert_eq!(days, [date(2026, 4, 10), date(2026, 4, 11)]);

        // Ordered 22:00 to 02:30 in Tokyo; at half past midnight nothing is missing yet, at three
        // the end is.
        let night =
            Hours { start: jiff::civil::time(22, 0, 0, 0), end: jiff::civil::time(2, 30, 0, 0) };
        let day = date(2026, 4, 20);
        let ordered = Request { state: State::Approved, hours: night, ..request(who("sato"), day) };
        let clock = Clock {
            mark: Mark::Start,
            at: at("2026-04-20T13:00:00Z"),
            source: Source::Pressed,
            why: None,
        };
        let open = DayRecord::default().add(clock).unwrap();
        let mut records = Records { requests: vec![&ordered], ..Records::default() };
        records.reports.insert((who("sato"), day), &open);
        records
            .sessions
            .push((who("sato"), session("2026-04-20T13:00:00Z", "2026-04-20T15:10:00Z")));
        records
            .sessions
            .push((who("sato"), session("2026-04-20T15:20:00Z", "2026-04-20T17:30:00Z")));
        let before = one(&records, month, "2026-04-20T15:30:00Z");
        assert_eq!((before.rows.len(), before.rows[0].connections.len(), before.open), (1, 2, 0));
        assert_eq!(one(&records, month, "2026-04-20T18:00:00Z").open, 1);
    }

    #[test]
    fn two_orders_of_one_day_are_one_day_and_one_span() {
        let day = date(2026, 4, 10);
        let half = |form, hours| Request {
            state: State::Approved,
            form,
            unit: Unit::Half,
            hours,
            ..request(who("sato"), day)
        };
        let rules = Rules::default();
        let (pm, am) = (half(Form::Home, rules.afternoon), half(Form::Satellite, rules.morning));
        let full = report("2026-04-09T23:30:00Z", "2026-04-10T08:15:00Z");
        let mut records = Records { requests: vec![&pm, &am], ..Records::default() };
        records.reports.insert((who("sato"), day), &full);
        let connection = Connection {
            start: at("2026-04-09T23:30:00Z"),
            end: Some(at("2026-04-10T08:15:00Z")),
            idle: Minutes(0),
        };
        records.sessions.push((who("sato"), connection));
        let sheet = one(&records, Month { year: 2026, month: 4 }, "2026-05-01T00:00:00Z");
        assert_eq!((sheet.days, sheet.home_days, sheet.open), (1, 1, 0));
        assert_eq!(
            sheet.rows[0].ordered.iter().map(|o| o.form).collect::<Vec<_>>(),
            [Form::Satellite, Form::Home]
        );
    }
}
