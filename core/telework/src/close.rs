//! Month close (月次締め): what was ordered, reported and connected, side by side, one row a person and day.

use crate::attendance::{Connection, DayRecord, Difference, Overtime, compare, overtime};
use crate::request::{Request, State};
use crate::rules::{Form, Rules, Unit};
use crate::time::{Calendar, Minutes, Month, tokyo};
use jiff::Timestamp;
use jiff::civil::Date;
use people::StaffId;
use std::collections::BTreeMap;

/// Everything of one month that bears on attendance, by person and day.
#[derive(Debug, Default)]
pub struct Records<'a> {
    /// Requests of the month, any state.
    pub requests: Vec<&'a Request>,
    /// Reports, by the day they began on.
    pub reports: BTreeMap<(StaffId, Date), &'a DayRecord>,
    /// Sessions with the one connected.
    pub sessions: Vec<(StaffId, Connection)>,
    /// Reasons given for differences, by person and day.
    pub reasons: BTreeMap<(StaffId, Date), &'a str>,
}

/// One person's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The day.
    pub day: Date,
    /// The approved request's form and unit, when there is one.
    pub ordered: Option<(Form, Unit)>,
    /// Minutes by her reports.
    pub worked: Minutes,
    /// Minutes connected, idle time left out.
    pub connected: Minutes,
    /// What differs by more than the tolerance.
    pub differences: Vec<Difference>,
    /// The reason given, when there is one.
    pub reason: Option<String>,
}

/// One person's month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// In order of the day.
    pub rows: Vec<Row>,
    /// Overtime of the month.
    pub overtime: Overtime,
    /// Days of home telework that were ordered: the allowance counts these.
    pub home_days: u32,
    /// Rows whose difference has no reason yet: the month cannot be closed.
    pub open: usize,
}

/// Puts one month together for everybody in it. Work is linear in the month's records.
pub fn close(
    month: Month,
    records: &Records<'_>,
    rules: &Rules,
    calendar: &Calendar,
    now: Timestamp,
) -> BTreeMap<StaffId, Sheet> {
    #[derive(Default)]
    struct Day<'a> {
        ordered: Option<&'a Request>,
        report: Option<&'a DayRecord>,
        sessions: Vec<Connection>,
    }
    let mut days: BTreeMap<(StaffId, Date), Day<'_>> = BTreeMap::new();
    for r in records.requests.iter().filter(|r| r.state == State::Approved && Month::of(r.day) == month) {
        days.entry((r.staff, r.day)).or_default().ordered = Some(r);
    }
    for (key, report) in records.reports.iter().filter(|((_, day), _)| Month::of(*day) == month) {
        days.entry(*key).or_default().report = Some(report);
    }
    for (staff, session) in &records.sessions {
        let began = tokyo(session.start).date();
        // A session after midnight belongs to the day that was still open then.
        let day = match (days.contains_key(&(*staff, began)), began.yesterday()) {
            (false, Ok(before)) if crosses(days.get(&(*staff, before)).and_then(|d| d.report), session.start) => before,
            _ => began,
        };
        if Month::of(day) == month {
            days.entry((*staff, day)).or_default().sessions.push(*session);
        }
    }
    let empty = DayRecord::default();
    let mut sheets: BTreeMap<StaffId, Sheet> = BTreeMap::new();
    for ((staff, day), parts) in days {
        let report = parts.report.unwrap_or(&empty);
        let span = parts.ordered.and_then(|r| r.hours.on(r.day).ok());
        let finished = tokyo(now).date() > day;
        let differences = compare(report, &parts.sessions, span, rules.tolerance, finished);
        let reason = records.reasons.get(&(staff, day)).map(|r| (*r).to_owned());
        let connected = parts.sessions.iter().filter_map(|s| s.end.map(|end| Minutes::between(s.start, end) - s.idle)).sum();
        let sheet = sheets.entry(staff).or_default();
        sheet.open += usize::from(!differences.is_empty() && reason.is_none());
        sheet.home_days += u32::from(parts.ordered.is_some_and(|r| r.form == Form::Home));
        sheet.rows.push(Row {
            day,
            ordered: parts.ordered.map(|r| (r.form, r.unit)),
            worked: report.worked(rules.rest),
            connected,
            differences,
            reason,
        });
    }
    for sheet in sheets.values_mut() {
        sheet.overtime = overtime(sheet.rows.iter().map(|r| (r.day, r.worked, calendar.is_working(r.day))));
    }
    sheets
}

fn crosses(report: Option<&DayRecord>, at: Timestamp) -> bool {
    report.is_some_and(|r| r.spans().iter().any(|s| s.start <= at && s.end.is_none_or(|end| at <= end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attendance::{Clock, Kind, Mark, Source};
    use crate::request::tests::request;
    use crate::testing::who;
    use jiff::civil::date;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn report(start: &str, end: &str) -> DayRecord {
        let clock = |mark, t| Clock { mark, at: at(t), source: Source::Pressed, why: None };
        DayRecord::default().add(clock(Mark::Start, start)).unwrap().add(clock(Mark::End, end)).unwrap()
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
        records.sessions.push((who("sato"), session("2026-04-09T23:50:00Z", "2026-04-10T08:15:00Z")));
        records.sessions.push((who("sato"), session("2026-04-20T15:30:00Z", "2026-04-20T17:00:00Z")));
        records.reasons.insert((who("sato"), day), "回線の不調");
        let month = Month { year: 2026, month: 4 };
        let sheets = close(month, &records, &Rules::default(), &Calendar::default(), at("2026-05-01T00:00:00Z"));
        assert_eq!(sheets.keys().collect::<Vec<_>>(), [&who("sato")]);
        let sheet = &sheets[&who("sato")];
        let first = &sheet.rows[0];
        assert_eq!(
            (first.worked, first.connected, first.ordered),
            (Minutes::WORKING_DAY, Minutes(490), Some((Form::Home, Unit::Day)))
        );
        assert_eq!(first.differences, [Difference { kind: Kind::StartedBefore, by: Minutes(20) }]);
        // The night's second session began after midnight and belongs to the day that was open.
        assert_eq!((sheet.rows[1].day, sheet.rows[1].connected), (date(2026, 4, 20), Minutes(75)));
        assert_eq!((sheet.home_days, sheet.open), (1, 1));
    }
}
