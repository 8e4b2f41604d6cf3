//! Telework days as an iCalendar feed (RFC 5545), for a person or a team.

use crate::request::{Request, State};
use crate::rules::Form;
use jiff::Timestamp;
use std::fmt::Write;

/// Writes the approved days as a calendar. `name` is the feed's title, `host` makes the UIDs
/// unique, `show` gives the words for one event (a team feed shows who, a personal one does not
/// need to).
pub fn feed(
    name: &str,
    host: &str,
    requests: &[Request],
    now: Timestamp,
    show: impl Fn(&Request) -> String,
) -> String {
    let mut out = String::new();
    let mut line = |text: &str| fold(&mut out, text);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line("PRODID:-//Noren//telework//JA");
    line(&format!("X-WR-CALNAME:{}", escape(name)));
    for r in requests.iter().filter(|r| r.state == State::Approved) {
        let Ok((start, end)) = r.hours.on(r.day) else { continue };
        line("BEGIN:VEVENT");
        line(&format!(
            "UID:{}-{}-{}@{}",
            r.staff,
            r.day,
            r.hours.start.strftime("%H%M"),
            escape(host)
        ));
        line(&format!("DTSTAMP:{}", utc(now)));
        line(&format!("DTSTART:{}", utc(start)));
        line(&format!("DTEND:{}", utc(end)));
        line(&format!("SUMMARY:{}", escape(&show(r))));
        line(&format!("CATEGORIES:{}", category(r.form)));
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    out
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

/// RFC 5545 section 3.3.11. Control characters are dropped, so that no text can begin a line of its
/// own.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// RFC 5545 section 3.1: lines of at most 75 octets, folded between characters.
fn fold(out: &mut String, text: &str) {
    let mut used = 0;
    for c in text.chars() {
        if used + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            used = 1;
        }
        // Writing to a String cannot fail.
        let _ = out.write_char(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::request;
    use crate::testing::who;
    use jiff::civil::date;

    #[test]
    fn approved_days_appear_in_utc_and_text_cannot_break_out() {
        let yes = Request { state: State::Approved, ..request(who("sato"), date(2026, 4, 10)) };
        let no = request(who("kato"), date(2026, 4, 10));
        let text = feed(
            "総務課\r\nBEGIN:VEVENT",
            "noren.example",
            &[yes, no],
            "2026-04-01T00:00:00Z".parse().unwrap(),
            |r| format!("{:?}: 在宅勤務, 一日; {}", r.form, "長い名前".repeat(20)),
        );
        assert_eq!(text.matches("\r\nBEGIN:VEVENT").count(), 1);
        assert!(
            text.contains("DTSTART:20260409T233000Z\r\n")
                && text.contains("DTEND:20260410T081500Z\r\n")
        );
        assert!(text.contains("SUMMARY:Home: 在宅勤務\\, 一日\\; "));
        assert!(text.split("\r\n").all(|l| l.len() <= 75));
        assert!(!text.contains(&who("kato").to_string()));
    }
}
