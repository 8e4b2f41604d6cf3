//! What must hold for a request to be handed in, all faults at once.

use super::{Request, State};
use crate::papers::Leave;
use crate::rules::{Employment, Form, Rules, Unit};
use crate::time::{Calendar, tokyo, week_of};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// The one who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// Her kind of appointment.
    pub employment: Employment,
    /// Until when her yearly registration (consent and 作業環境チェックリスト) holds.
    pub registered_until: Option<Date>,
    /// Her first day here.
    pub joined: Date,
    /// Her last day, when known.
    pub leaves: Option<Date>,
    /// Her leaves (休暇・休職), as HR entered them.
    pub away: Vec<Leave>,
}

/// One thing in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Her kind of staff is not eligible by the body's rules.
    #[error("not eligible")]
    NotEligible,
    /// No yearly registration, or it has run out by then.
    #[error("not registered for that day")]
    NotRegistered,
    /// Not yet or no longer here.
    #[error("not in service on that day")]
    NotInService,
    /// On leave at these hours: who works after all has HR take the leave back first.
    #[error("on leave that day")]
    OnLeave,
    /// The form is not allowed.
    #[error("this form is not allowed")]
    Form,
    /// A satellite office that is not one of the body's.
    #[error("no such place")]
    Place,
    /// The unit is not allowed.
    #[error("this unit is not allowed")]
    Unit,
    /// The hours do not fit the unit.
    #[error("the hours do not fit")]
    Hours,
    /// Saturday, Sunday or a holiday.
    #[error("not a working day")]
    DayOff,
    /// Too late; the last day it could be asked for.
    #[error("too late")]
    Late {
        /// The deadline.
        until: Option<Date>,
    },
    /// After the fact without a reason.
    #[error("a reason is needed after the fact")]
    NoReason,
    /// More days in that week than the rules allow.
    #[error("over the weekly limit")]
    Weekly {
        /// The limit.
        limit: u8,
    },
    /// She has asked for these hours already.
    #[error("already asked for")]
    Overlap,
}

/// Something the page says without refusing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// It is asked for after the day began.
    AfterTheFact,
}

/// Checks one request against the rules and her other requests (`others`, this one left out).
///
/// # Errors
/// Every [`Fault`] found.
pub fn check(
    request: &Request,
    who: &Applicant,
    others: &[Request],
    rules: &Rules,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Vec<Notice>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut notices = Vec::new();
    let day = request.day;
    if !rules.eligible.contains(&who.employment) {
        faults.push(Fault::NotEligible);
    }
    if who.registered_until.is_none_or(|until| until < day) {
        faults.push(Fault::NotRegistered);
    }
    if day < who.joined || who.leaves.is_some_and(|last| last < day) {
        faults.push(Fault::NotInService);
    }
    if who.away.iter().any(|leave| leave.meets(day, request.hours)) {
        faults.push(Fault::OnLeave);
    }
    if !rules.forms.contains(&request.form) {
        faults.push(Fault::Form);
    }
    if request.form == Form::Satellite
        && !rules.places.is_empty()
        && !rules.places.contains(&request.place)
    {
        faults.push(Fault::Place);
    }
    if !rules.units.contains(&request.unit) {
        faults.push(Fault::Unit);
    }
    let fits = match request.unit {
        Unit::Day => request.hours == rules.hours,
        Unit::Half => request.hours == rules.morning || request.hours == rules.afternoon,
        Unit::Hours => {
            request.hours.end > request.hours.start
                && request.hours.start >= rules.hours.start
                && request.hours.end <= rules.hours.end
        }
    };
    if !fits {
        faults.push(Fault::Hours);
    }
    if !calendar.is_working(day) {
        faults.push(Fault::DayOff);
    }
    match timing(day, rules, calendar, now) {
        Timing::InTime => {}
        Timing::After if request.note.trim().is_empty() => faults.push(Fault::NoReason),
        Timing::After => notices.push(Notice::AfterTheFact),
        Timing::Late(until) => faults.push(Fault::Late { until }),
    }
    let live: Vec<&Request> = others
        .iter()
        .filter(|o| {
            o.staff == request.staff
                && matches!(o.state, State::Requested | State::Approved | State::Returned)
        })
        .collect();
    if live.iter().any(|o| o.day == day && o.hours.overlaps(request.hours)) {
        faults.push(Fault::Overlap);
    }
    let week = week_of(day);
    let mut days: BTreeSet<Date> =
        live.iter().filter(|o| week_of(o.day) == week).map(|o| o.day).collect();
    days.insert(day);
    if days.len() > usize::from(rules.days_a_week) {
        faults.push(Fault::Weekly { limit: rules.days_a_week });
    }
    if faults.is_empty() { Ok(notices) } else { Err(faults) }
}

enum Timing {
    InTime,
    After,
    Late(Option<Date>),
}

fn timing(day: Date, rules: &Rules, calendar: &Calendar, now: Timestamp) -> Timing {
    let today = tokyo(now).date();
    let mut deadline = Some(day);
    for _ in 0..rules.notice_days {
        deadline = deadline.and_then(|d| calendar.working_day_before(d));
    }
    let begun = rules.hours.on(day).is_ok_and(|(start, _)| start <= now);
    if deadline.is_some_and(|d| today <= d) && !begun {
        return Timing::InTime;
    }
    let since = (today - day).get_days();
    let recent = since >= 0 && since <= i32::from(rules.after_the_fact_days);
    if rules.after_the_fact && begun && recent { Timing::After } else { Timing::Late(deadline) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::*;
    use crate::testing::who;
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    fn applicant() -> Applicant {
        Applicant {
            employment: Employment::Regular,
            registered_until: Some(date(2027, 3, 31)),
            joined: date(2020, 4, 1),
            leaves: None,
            away: vec![],
        }
    }

    fn now(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn run(r: &Request, others: &[Request], at: &str) -> Result<Vec<Notice>, Vec<Fault>> {
        check(r, &applicant(), others, &Rules::default(), &Calendar::default(), now(at))
    }

    #[test]
    fn the_deadline_counts_working_days_in_tokyo() {
        let monday = request(who("sato"), date(2026, 4, 13));
        // Friday 10 April, 23:59 in Tokyo, is in time; midnight is not.
        assert_eq!(run(&monday, &[], "2026-04-10T14:59:00Z"), Ok(vec![]));
        assert_eq!(
            run(&monday, &[], "2026-04-10T15:00:00Z"),
            Err(vec![Fault::Late { until: Some(date(2026, 4, 10)) }])
        );
        // 昭和の日, and and the Friday before the days in a row as the last day for the Thursday
        // after them.
        assert_eq!(
            run(&request(who("sato"), date(2026, 4, 29)), &[], "2026-04-20T00:00:00Z"),
            Err(vec![Fault::DayOff])
        );
        let after = request(who("sato"), date(2026, 5, 7));
        assert_eq!(run(&after, &[], "2026-05-01T14:59:00Z"), Ok(vec![]));
        assert_eq!(
            run(&after, &[], "2026-05-02T00:00:00Z"),
            Err(vec![Fault::Late { until: Some(date(2026, 5, 1)) }])
        );
    }

    #[test]
    fn after_the_fact_needs_a_reason_and_is_bounded() {
        let sick = Request {
            note: "子の急な発熱".into(),
            ..request(who("sato"), date(2026, 4, 10))
        };
        assert_eq!(run(&sick, &[], "2026-04-10T00:00:00Z"), Ok(vec![Notice::AfterTheFact]));
        assert_eq!(
            run(&Request { note: " ".into(), ..sick.clone() }, &[], "2026-04-10T00:00:00Z"),
            Err(vec![Fault::NoReason])
        );
        assert!(run(&sick, &[], "2026-04-13T14:00:00Z").is_ok());
        assert!(run(&sick, &[], "2026-04-14T00:00:00Z").is_err());
    }

    #[test]
    fn nobody_asks_for_a_day_of_her_leave_unless_it_was_taken_back() {
        let day = date(2026, 4, 10);
        let leave = Leave {
            staff: who("sato"),
            from: day,
            to: date(2026, 4, 12),
            part: None,
            note: String::new(),
            removed: false,
        };
        let ask = |day, leave: &Leave| {
            let who_asks = Applicant { away: vec![leave.clone()], ..applicant() };
            check(
                &request(who("sato"), day),
                &who_asks,
                &[],
                &Rules::default(),
                &Calendar::default(),
                now("2026-04-01T00:00:00Z"),
            )
        };
        assert_eq!(ask(day, &leave), Err(vec![Fault::OnLeave]));
        assert_eq!(ask(date(2026, 4, 9), &leave), Ok(vec![]));
        assert_eq!(ask(day, &Leave { removed: true, ..leave.clone() }), Ok(vec![]));
        // Half a day of leave, and the other half at home.
        let rules = Rules::default();
        let half = Leave { part: Some(rules.morning), ..leave };
        let ask_half = |hours| {
            let who_asks = Applicant { away: vec![half.clone()], ..applicant() };
            let request = Request { unit: Unit::Half, hours, ..request(who("sato"), day) };
            let now = now("2026-04-01T00:00:00Z");
            check(&request, &who_asks, &[], &rules, &Calendar::default(), now)
        };
        assert_eq!(ask_half(rules.afternoon), Ok(vec![]));
        assert_eq!(ask_half(rules.morning), Err(vec![Fault::OnLeave]));
    }

    #[test]
    fn a_satellite_office_is_one_of_those_the_body_named() {
        let rules = Rules { places: vec!["駅前".into()], ..Rules::default() };
        let ask = |form, place: &str, rules: &Rules| {
            let request =
                Request { form, place: place.into(), ..request(who("sato"), date(2026, 4, 10)) };
            check(
                &request,
                &applicant(),
                &[],
                rules,
                &Calendar::default(),
                now("2026-04-01T00:00:00Z"),
            )
        };
        assert_eq!(ask(Form::Satellite, "駅前", &rules), Ok(vec![]));
        assert_eq!(ask(Form::Satellite, "喫茶店", &rules), Err(vec![Fault::Place]));
        assert_eq!(ask(Form::Home, "実家", &rules), Ok(vec![]));
        assert_eq!(
            ask(Form::Satellite, "どこか", &Rules::default()),
            Ok(vec![]),
            "a body that named none leaves it open"
        );
    }

    #[test]
    fn limits_overlaps_and_service_are_checked_together() {
        let days = [date(2026, 4, 6), date(2026, 4, 7), date(2026, 4, 8)];
        let others: Vec<Request> = days.iter().map(|d| request(who("sato"), *d)).collect();
        let r = request(who("sato"), date(2026, 4, 9));
        assert_eq!(run(&r, &others, "2026-04-01T00:00:00Z"), Err(vec![Fault::Weekly { limit: 3 }]));
        assert!(run(&r, &others[..2], "2026-04-01T00:00:00Z").is_ok());
        assert!(
            run(&request(who("kato"), date(2026, 4, 9)), &others, "2026-04-01T00:00:00Z").is_ok()
        );
        assert_eq!(
            run(&request(who("sato"), days[0]), &others[..1], "2026-04-01T00:00:00Z"),
            Err(vec![Fault::Overlap])
        );
        let part = Request {
            unit: Unit::Hours,
            hours: crate::time::Hours { start: time(8, 0, 0, 0), end: time(9, 0, 0, 0) },
            ..r
        };
        assert_eq!(run(&part, &[], "2026-04-01T00:00:00Z"), Err(vec![Fault::Hours]));
        let gone = Applicant {
            leaves: Some(date(2026, 3, 31)),
            registered_until: None,
            employment: Employment::FiscalYear,
            ..applicant()
        };
        let faults = check(
            &request(who("sato"), days[0]),
            &gone,
            &[],
            &Rules::default(),
            &Calendar::default(),
            now("2026-04-01T00:00:00Z"),
        )
        .unwrap_err();
        assert_eq!(faults, [Fault::NotEligible, Fault::NotRegistered, Fault::NotInService]);
    }

    proptest! {
        #[test]
        fn accepted_requests_never_exceed_the_weekly_limit(
            offsets in proptest::collection::vec(0i64..28, 0..40), limit in 1u8..6) {
            let rules = Rules { days_a_week: limit, ..Rules::default() };
            let mut kept: Vec<Request> = Vec::new();
            for o in offsets {
                let day = date(2026, 6, 1).checked_add(jiff::Span::new().days(o)).unwrap();
                let r = request(who("sato"), day);
                if check(
                    &r, &applicant(), &kept, &rules,
                    &Calendar::default(), now("2026-05-01T00:00:00Z")).is_ok() {
                    kept.push(r);
                }
            }
            for r in &kept {
                let in_week = kept.iter().filter(|o| week_of(o.day) == week_of(r.day)).count();
                prop_assert!(in_week <= usize::from(limit));
            }
        }
    }
}
