//! A record as one line that holds everything its hash is over, for collecting the record
//! elsewhere.

use id::{hex, unhex};
use serde::{Deserialize, Serialize};

use crate::{Chain, Fault, Kind, Record, Who};

pub(crate) const MARK: &str = "noren-event v1 ";
/// Longest line that is read, in bytes: the longest record, escaped.
const LINE_LIMIT: usize = 600_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    chain: String,
    number: u64,
    time: u64,
    kind: u16,
    name: String,
    who: u8,
    id: String,
    login: String,
    subject: String,
    fields: Vec<(String, String)>,
    previous: String,
    hash: String,
}

/// The line of a record, without a line end.
#[must_use]
pub fn event_line(record: &Record) -> String {
    let line = Line {
        chain: record.chain.as_str().to_owned(),
        number: record.seq,
        time: record.at,
        kind: record.kind.number(),
        name: record.kind.name().to_owned(),
        who: record.who.number(),
        id: record.who.id().to_owned(),
        login: record.who.name().to_owned(),
        subject: record.subject.clone(),
        fields: record.fields.clone(),
        previous: hex(&record.previous),
        hash: hex(&record.hash),
    };
    // The line holds only text and numbers, so JSON cannot fail.
    format!("{MARK}{}", serde_json::to_string(&line).unwrap_or_default())
}

/// The record in a collected line; `None` when the line holds no record.
///
/// # Errors
/// [`Fault::NotARecord`] when it does not have the form, or when its content does not give the hash
/// it names (a receiver cut it, or it was altered).
pub fn read_event(collected: &str) -> Option<Result<Record, Fault>> {
    let from = collected.find(MARK)? + MARK.len();
    Some(parse(collected[from..].trim_end()).ok_or(Fault::NotARecord))
}

fn parse(text: &str) -> Option<Record> {
    if text.len() > LINE_LIMIT {
        return None;
    }
    let line: Line = serde_json::from_str(text).ok()?;
    let record = Record {
        chain: Chain::new(&line.chain)?,
        seq: line.number,
        at: line.time,
        kind: Kind::from_number(line.kind),
        who: Who::from_parts(line.who, line.id, line.login)?,
        subject: line.subject,
        fields: line.fields,
        previous: unhex(&line.previous)?,
        hash: unhex(&line.hash)?,
    };
    record.check_limits().ok()?;
    record.holds().then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, Head};

    fn record() -> Record {
        let who = Who::Person { id: "ab".repeat(16), login: "it1".into() };
        let event =
            Event::new(Chain::new("131016").unwrap(), who, Kind::STAFF_SUSPENDED, "花子 \"x\"")
                .with("why", "a\\b");
        Record::append(Head { seq: 11, hash: [3; 32] }, event, 1_790_000_000_000)
    }

    #[test]
    fn a_line_gives_its_record_back_whoever_wrote_something_before_it() {
        let line = event_line(&record());
        assert!(!line.contains('\n'));
        assert_eq!(read_event(&line), Some(Ok(record())));
        assert_eq!(
            read_event(&format!("Nov 30 22:00:00 noren noren-server: \u{feff}{line}\n")),
            Some(Ok(record()))
        );
        assert_eq!(read_event("something else"), None);
    }

    #[test]
    fn a_line_that_is_altered_or_cut_off_is_no_record() {
        let line = event_line(&record());
        assert_eq!(read_event(&line.replace("花子", "太郎")), Some(Err(Fault::NotARecord)));
        assert_eq!(read_event(&line[..line.len() - 9]), Some(Err(Fault::NotARecord)));
    }
}
