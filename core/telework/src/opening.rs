//! Whether the PC opens: an approved day, an exemption on record, or an emergency order; otherwise
//! it stays closed and says why.

use crate::request::{Request, State};
use crate::rules::Rules;
use jiff::Timestamp;
use people::{DivisionId, StaffId};
use serde::{Deserialize, Serialize};

/// An emergency order (災害・感染症) that opens a body or a division for a period, and closes by
/// itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// The division, or the whole body.
    pub division: Option<DivisionId>,
    /// First moment.
    pub from: Timestamp,
    /// Last moment; at most [`LONGEST_DAYS`] after the first.
    pub until: Timestamp,
    /// Why, in words.
    pub why: String,
    /// Who ordered it.
    pub by: StaffId,
    /// When it was lifted early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Timestamp>,
}

/// An emergency order lasts at most this many days; a longer one is ordered anew, on record.
pub const LONGEST_DAYS: i64 = 31;

impl Emergency {
    /// Whether the order is one that can be given.
    pub fn is_valid(&self) -> bool {
        let seconds = self.until.as_second() - self.from.as_second();
        seconds > 0 && seconds <= LONGEST_DAYS * 86_400 && !self.why.trim().is_empty()
    }

    fn opens(&self, division: Option<DivisionId>, now: Timestamp) -> bool {
        self.is_valid()
            && self.division.is_none_or(|d| Some(d) == division)
            && self.from <= now
            && now < self.end()
    }

    fn end(&self) -> Timestamp {
        self.lifted.map_or(self.until, |l| l.min(self.until))
    }
}

/// By what the PC is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// An approved day.
    Day,
    /// She is exempt, or the body does not ask for a day.
    Exempt,
    /// An emergency order.
    Emergency,
}

/// The PC is open until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// By what.
    pub basis: Basis,
    /// When it closes, graces included; none where no period is set.
    pub until: Option<Timestamp>,
}

/// Why it is closed, for the page to say with what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Nothing asked for today: ask for a day.
    NoRequest,
    /// Asked for, not yet approved: the superior is waited for.
    Waiting,
    /// Returned or refused: see the reason.
    NotApproved,
    /// It opens later today.
    Early(Timestamp),
    /// The approved hours are over.
    Over,
}

/// Decides for one person at one moment. `requests` are hers around today (yesterday's may run past
/// midnight).
///
/// # Errors
/// [`Closed`] with the most helpful reason.
pub fn opening(
    staff: StaffId,
    division: Option<DivisionId>,
    requests: &[Request],
    emergencies: &[Emergency],
    rules: &Rules,
    now: Timestamp,
) -> Result<Opening, Closed> {
    if !rules.day_opens_pc || rules.exempt.contains(&staff) {
        return Ok(Opening { basis: Basis::Exempt, until: None });
    }
    let before = jiff::SignedDuration::from_mins(i64::from(rules.grace_before.0));
    let after = jiff::SignedDuration::from_mins(i64::from(rules.grace_after.0));
    let mut closed = Closed::NoRequest;
    let mut best: Option<Timestamp> = None;
    for request in requests.iter().filter(|r| r.staff == staff) {
        let Ok((start, end)) = request.hours.on(request.day) else { continue };
        let (Ok(opens), Ok(closes)) = (start.checked_sub(before), end.checked_add(after)) else {
            continue;
        };
        let today = crate::time::tokyo(now).date() == request.day || (opens <= now && now < closes);
        let why = match request.state {
            State::Approved if opens <= now && now < closes => {
                best = best.max(Some(closes));
                continue;
            }
            State::Approved if now < opens => Closed::Early(opens),
            State::Approved => Closed::Over,
            State::Requested => Closed::Waiting,
            State::Returned | State::Refused => Closed::NotApproved,
            State::Cancelled => Closed::NoRequest,
        };
        if today && rank(why) > rank(closed) {
            closed = why;
        }
    }
    let emergency = emergencies.iter().filter(|e| e.opens(division, now)).map(Emergency::end).max();
    match (best, emergency) {
        (Some(day), other) if other.is_none_or(|e| e <= day) => {
            Ok(Opening { basis: Basis::Day, until: Some(day) })
        }
        (_, Some(end)) => Ok(Opening { basis: Basis::Emergency, until: Some(end) }),
        _ => Err(closed),
    }
}

fn rank(why: Closed) -> u8 {
    match why {
        Closed::NoRequest => 0,
        Closed::NotApproved => 1,
        Closed::Over => 2,
        Closed::Waiting => 3,
        Closed::Early(_) => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::request;
    use crate::testing::who;
    use jiff::civil::date;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ask(requests: &[Request], emergencies: &[Emergency], now: &str) -> Result<Opening, Closed> {
        opening(
            who("sato"),
            Some(DivisionId([7; 16])),
            requests,
            emergencies,
            &Rules::default(),
            at(now),
        )
    }

    #[test]
    fn an_approved_day_opens_with_its_graces_and_says_why_not_outside() {
        let day = Request { state: State::Approved, ..request(who("sato"), date(2026, 4, 10)) };
        let all = [day.clone()];
        assert_eq!(
            ask(&all, &[], "2026-04-09T22:59:59Z"),
            Err(Closed::Early(at("2026-04-09T23:00:00Z")))
        );
        let open = Opening { basis: Basis::Day, until: Some(at("2026-04-10T08:45:00Z")) };
        assert_eq!(ask(&all, &[], "2026-04-09T23:00:00Z"), Ok(open));
        assert_eq!(ask(&all, &[], "2026-04-10T08:45:00Z"), Err(Closed::Over));
        assert_eq!(ask(&[], &[], "2026-04-10T00:00:00Z"), Err(Closed::NoRequest));
        assert_eq!(
            ask(&[request(who("sato"), date(2026, 4, 10))], &[], "2026-04-10T00:00:00Z"),
            Err(Closed::Waiting)
        );
        assert_eq!(
            ask(&[Request { staff: who("kato"), ..day }], &[], "2026-04-10T00:00:00Z"),
            Err(Closed::NoRequest)
        );
    }

    #[test]
    fn an_emergency_opens_a_division_and_closes_by_itself() {
        let order = Emergency {
            division: Some(DivisionId([7; 16])),
            from: at("2026-04-10T00:00:00Z"),
            until: at("2026-04-12T00:00:00Z"),
            why: "大雪".into(),
            by: who("ito"),
            lifted: None,
        };
        let open = ask(&[], std::slice::from_ref(&order), "2026-04-11T12:00:00Z").unwrap();
        assert_eq!(open, Opening { basis: Basis::Emergency, until: Some(order.until) });
        assert_eq!(
            ask(&[], std::slice::from_ref(&order), "2026-04-12T00:00:00Z"),
            Err(Closed::NoRequest)
        );
        let lifted = Emergency { lifted: Some(at("2026-04-11T00:00:00Z")), ..order.clone() };
        assert_eq!(ask(&[], &[lifted], "2026-04-11T12:00:00Z"), Err(Closed::NoRequest));
        let elsewhere = Emergency { division: Some(DivisionId([8; 16])), ..order.clone() };
        assert_eq!(ask(&[], &[elsewhere], "2026-04-11T12:00:00Z"), Err(Closed::NoRequest));
        assert!(!Emergency { until: at("2026-06-10T00:00:00Z"), ..order }.is_valid());
    }

    #[test]
    fn a_body_may_switch_it_off_or_exempt_people() {
        let rules = Rules { exempt: [who("sato")].into(), ..Rules::default() };
        let now = at("2026-04-11T12:00:00Z");
        assert_eq!(
            opening(who("sato"), None, &[], &[], &rules, now).map(|o| o.basis),
            Ok(Basis::Exempt)
        );
        assert_eq!(opening(who("kato"), None, &[], &[], &rules, now), Err(Closed::NoRequest));
        let off = Rules { day_opens_pc: false, ..Rules::default() };
        assert_eq!(
            opening(who("kato"), None, &[], &[], &off, now).map(|o| o.basis),
            Ok(Basis::Exempt)
        );
    }
}
