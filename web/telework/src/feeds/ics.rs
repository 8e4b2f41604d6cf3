//! Telework days as an iCalendar feed (RFC 5545), for a person or a team. The library folds and
//! escapes.

use icalendar::{Calendar, Component, Event};
use jiff::Timestamp;
use telework::request::Request;
use telework::rules::Form;

/// Writes the approved days as a calendar. `name` is the feed's title, `host` makes the UIDs
/// unique, `show` gives the words for one event (a team feed shows who, a personal one does not
/// need to).
///
/// Nobody is busy by it: a superior who subscribes to the division stays free for every colleague.
pub(super) fn feed(
    name: &str,
    host: &str,
    requests: &[Request],
    now: Timestamp,
    show: impl Fn(&Request) -> String,
) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0"));
    calendar.append_property(("PRODID", "-//Noren//telework//JA"));
    calendar.name(&plain(name));
    for one in requests.iter().filter(|one| one.is_approved()) {
        let Ok((start, end)) = one.hours.on(one.day) else { continue };
        let from = one.hours.start.strftime("%H%M");
        calendar.push(
            Event::new()
                .uid(&plain(&format!("{}-{}-{from}@{host}", one.staff, one.day)))
                .summary(&plain(&show(one)))
                .add_property("DTSTAMP", utc(now))
                .add_property("DTSTART", utc(start))
                .add_property("DTEND", utc(end))
                .add_property("CATEGORIES", category(one.form))
                .add_property("TRANSP", "TRANSPARENT")
                .add_property("X-MICROSOFT-CDO-BUSYSTATUS", "WORKINGELSEWHERE")
                .done(),
        );
    }
    calendar.to_string()
}

fn category(form: Form) -> &'static str {
    match form {
        Form::Home => "在宅勤務",
        Form::Satellite => "サテライトオフィス",
        Form::Mobile => "モバイルワーク",
        Form::Other => "その他",
    }
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Without control characters: no text begins a line of its own.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};
    use people::StaffId;
    use telework::request::State;
    use telework::rules::Unit;
    use telework::time::Hours;

    fn request(staff: u8, state: State) -> Request {
        let (staff, at) = (StaffId([staff; 16]), Timestamp::UNIX_EPOCH);
        let hours = Hours { start: time(8, 30, 0, 0), end: time(17, 15, 0, 0) };
        let day = (date(2026, 4, 10), hours);
        let asked = Request::asked(staff, day, (Form::Home, Unit::Day), staff, at);
        Request { state, ..asked }
    }

    #[test]
    fn approved_days_appear_in_utc_and_text_cannot_break_out() {
        let text = feed(
            "総務課\r\nBEGIN:VEVENT",
            "noren.example",
            &[request(1, State::Approved), request(2, State::Requested)],
            "2026-04-01T00:00:00Z".parse().unwrap(),
            |r| format!("{:?}: 在宅勤務, 一日; \r\n{}", r.form, "長い名前".repeat(20)),
        );
        assert_eq!(text.matches("\r\nBEGIN:VEVENT").count(), 1);
        for line in [
            "DTSTART:20260409T233000Z",
            "DTEND:20260410T081500Z",
            "DTSTAMP:20260401T000000Z",
            "TRANSP:TRANSPARENT",
            "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line}");
        }
        assert!(text.contains("SUMMARY:Home: 在宅勤務\\, 一日\\; "), "{text}");
        assert!(text.split("\r\n").all(|line| line.len() <= 75));
        assert!(!text.contains(&StaffId([2; 16]).to_string()));
    }
}
