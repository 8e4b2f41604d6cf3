//! The record for other programs: CSV (RFC 4180) and syslog (RFC 5424).

use id::hex;

use crate::{Record, event_line};

/// First line of the CSV export.
pub const CSV_HEADER: &str =
    "chain,number,time_utc,kind,what,who_kind,who,who_id,subject,particulars,hash\r\n";

/// One record as a line of CSV, with its line end. `time` is the record's time as RFC 3339 in UTC
/// (core has no calendar).
#[must_use]
pub fn csv(record: &Record, time: &str) -> String {
    let fields: Vec<String> =
        record.fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let columns = [
        record.chain.as_str().to_owned(),
        record.seq.to_string(),
        time.to_owned(),
        record.kind.name().to_owned(),
        record.kind.ja().to_owned(),
        who_name(record).to_owned(),
        record.who.name().to_owned(),
        record.who.id().to_owned(),
        record.subject.clone(),
        fields.join("; "),
        hex(&record.hash),
    ];
    let line: Vec<String> = columns.iter().map(|column| text::guard::strict(column)).collect();
    line.join(",") + "\r\n"
}

/// One record as an RFC 5424 message without a line end: facility 13 (log audit), severity 5
/// (notice), and as MSG the line that holds everything ([`crate::event_line`]). There is no
/// structured data, which would need an enterprise number of our own. `time` is RFC 3339 in UTC
/// with milliseconds.
#[must_use]
pub fn syslog(record: &Record, time: &str, host: &str) -> String {
    // RFC 5424 asks for a BOM before a MSG in UTF-8.
    format!("{} {} - \u{feff}{}", header(time, host), record.kind.name(), event_line(record))
}

/// An anchor's line as an RFC 5424 message, in the same way.
#[must_use]
pub fn syslog_anchor(line: &str, time: &str, host: &str) -> String {
    format!("{} anchor - {line}", header(time, host))
}

fn header(time: &str, host: &str) -> String {
    let host: String = host.chars().filter(char::is_ascii_graphic).take(255).collect();
    let host = if host.is_empty() { "-" } else { &host };
    // PRI = facility 13 * 8 + severity 5.
    format!("<109>1 {time} {host} noren-server -")
}

fn who_name(record: &Record) -> &'static str {
    match record.who.number() {
        0 => "system",
        1 => "stranger",
        2 => "person",
        3 => "agent",
        _ => "api",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chain, Event, Head, Kind, Who};

    fn record(subject: &str) -> Record {
        let who = Who::Person { id: "00".into(), login: "it01".into() };
        let event = Event::new(Chain::new("011002").unwrap(), who, Kind::STAFF_ADDED, subject)
            .with("note", "a]\"b\\");
        Record::append(Head::EMPTY, event, 0)
    }

    #[test]
    fn no_cell_starts_a_formula() {
        let line = csv(&record("=HYPERLINK(\"http://x\")"), "2026-01-01T00:00:00.000Z");
        assert!(line.contains("\"'=HYPERLINK(\"\"http://x\"\")\""));
        assert!(line.ends_with("\r\n"));
    }

    #[test]
    fn syslog_has_the_form_and_no_structured_data() {
        let line = syslog(&record("x"), "2026-01-01T00:00:00.000Z", "noren one");
        assert!(
            line.starts_with(
                "<109>1 2026-01-01T00:00:00.000Z norenone noren-server - staff.added \
                - \u{feff}noren-event v1 {"
            ),
            "{line}"
        );
        assert_eq!(crate::read_event(&line), Some(Ok(record("x"))));
        assert!(!line.contains('\n'));
        assert_eq!(
            syslog_anchor("noren-anchor v1 1", "2026-01-01T00:00:00.000Z", ""),
            "<109>1 2026-01-01T00:00:00.000Z - noren-server - anchor - noren-anchor v1 1"
        );
    }
}
