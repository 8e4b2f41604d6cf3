//! A numbered event, its bytes, and the chain.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

use crate::event::{FIELDS_LIMIT, SUBJECT_LIMIT, VALUE_LIMIT};
use crate::{Chain, Event, Kind, Who};

const LABEL: &[u8] = b"noren audit v1\0";
/// Key of the field of a gap that names the numbers put back.
pub const PUT_BACK: &str = "put_back";

/// Where a chain ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Number of the last record; 0 before the first.
    pub seq: u64,
    /// Hash of the last record; zeros before the first.
    pub hash: [u8; 32],
}

impl Head {
    /// The head of an empty chain.
    pub const EMPTY: Self = Self { seq: 0, hash: [0; 32] };
}

/// What a store holds at the number of a head that was told before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    /// The same record, with this hash.
    There,
    /// No record, and a record of [`Kind::RECORD_GAP`] marks the number as lost.
    InGap {
        /// The number of that record.
        marked_by: u64,
    },
    /// The chain ends before it.
    Behind {
        /// Number of the chain's last record.
        at: u64,
    },
    /// Another record with this number, or a number missing in the middle of the chain.
    Other,
}

/// An event on its chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The chain it belongs to.
    pub chain: Chain,
    /// Number in the chain, from 1 without a gap (except over a [`Kind::RECORD_GAP`]).
    pub seq: u64,
    /// Time of the record, Unix milliseconds.
    pub at: u64,
    /// Kind of the event.
    pub kind: Kind,
    /// Who acted.
    pub who: Who,
    /// The object: a sign-in name, the name of a PC, a case's number.
    pub subject: String,
    /// Fields in a fixed order, key and value.
    pub fields: Vec<(String, String)>,
    /// Hash of the record before; zeros for number 1.
    pub previous: [u8; 32],
    /// SHA-256 over [`Record::bytes`].
    pub hash: [u8; 32],
}

/// Why something is not a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The record holds more than its limits allow.
    #[error("the record is longer than its limits")]
    TooLarge,
    /// A collected line that is not a record of this form, or whose content does not give its hash.
    #[error("not a record, or its content does not give its hash")]
    NotARecord,
}

/// The first broken record of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    /// The number that should follow is missing.
    #[error("record {expected} is missing (found {found})")]
    Missing {
        /// The number that should have come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The record is on another chain.
    #[error("record {seq} belongs to another chain")]
    OtherChain {
        /// Number of the record.
        seq: u64,
    },
    /// Its `previous` is not the hash of the record before it.
    #[error("record {seq} does not follow the record before it")]
    Unlinked {
        /// Number of the record.
        seq: u64,
    },
    /// Its content does not give its hash.
    #[error("record {seq} was altered")]
    Altered {
        /// Number of the record.
        seq: u64,
    },
    /// The chain ends before (or after) the head that was kept.
    #[error("the chain ends at record {found}, but {expected} were written")]
    CutOff {
        /// Number the kept head gives.
        expected: u64,
        /// Number of the last record.
        found: u64,
    },
    /// The record that was verified last is no longer there, or another stands in its place.
    #[error("record {seq} was verified before and is gone or another")]
    Gone {
        /// Number of the record.
        seq: u64,
    },
}

impl Broken {
    /// The number of the first broken record.
    #[must_use]
    pub fn seq(&self) -> u64 {
        match self {
            Self::Missing { expected, .. } => *expected,
            Self::OtherChain { seq }
            | Self::Unlinked { seq }
            | Self::Altered { seq }
            | Self::Gone { seq } => *seq,
            Self::CutOff { found, .. } => found + 1,
        }
    }
}

impl Record {
    /// Makes the next record of a chain from an event. `at` is Unix milliseconds.
    #[must_use]
    pub fn append(head: Head, event: Event, at: u64) -> Self {
        let mut record = Self {
            chain: event.chain,
            seq: head.seq + 1,
            at,
            kind: event.kind,
            who: event.who,
            subject: event.subject,
            fields: event.fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            previous: head.hash,
            hash: [0; 32],
        };
        record.hash = record.digest();
        record
    }

    /// Whether this record marks the number `seq` as lost: it is a [`Kind::RECORD_GAP`] after
    /// `seq`, and its field `after` is below `seq`.
    #[must_use]
    pub fn is_gap_over(&self, seq: u64) -> bool {
        let after = self
            .fields
            .iter()
            .find(|(key, _)| key == "after")
            .and_then(|(_, value)| value.parse::<u64>().ok());
        self.kind == Kind::RECORD_GAP && seq < self.seq && after.is_none_or(|after| seq > after)
    }

    /// The numbers of the records that were put back when this gap was marked. Exports carry no
    /// addresses for them (spec/audit.md, "Putting a copy back").
    #[must_use]
    pub fn put_back(&self) -> Option<RangeInclusive<u64>> {
        let (_, value) = self.fields.iter().find(|(key, _)| key == PUT_BACK)?;
        let (first, last) = value.split_once('-')?;
        let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
        let marks = self.kind == Kind::RECORD_GAP && self.who == Who::System && last < self.seq;
        (marks && first <= last).then_some(first..=last)
    }

    /// The head after this record.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }

    /// The bytes that are hashed (spec/audit.md).
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(LABEL);
        out.extend_from_slice(self.chain.as_str().as_bytes());
        out.extend_from_slice(&self.seq.to_be_bytes());
        out.extend_from_slice(&self.at.to_be_bytes());
        out.extend_from_slice(&self.kind.number().to_be_bytes());
        out.push(self.who.number());
        text(&mut out, self.who.id());
        text(&mut out, self.who.name());
        text(&mut out, &self.subject);
        out.extend_from_slice(&(self.fields.len() as u32).to_be_bytes());
        for (key, value) in &self.fields {
            text(&mut out, key);
            text(&mut out, value);
        }
        out.extend_from_slice(&self.previous);
        out
    }

    /// Refuses a record over the limits of an event. For readers of files.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] when a part is over its limit.
    pub fn check_limits(&self) -> Result<(), Fault> {
        let fits = self.subject.len() <= SUBJECT_LIMIT
            && self.fields.len() <= FIELDS_LIMIT
            && self.fields.iter().all(|(key, value)| key.len() <= 32 && value.len() <= VALUE_LIMIT);
        fits.then_some(()).ok_or(Fault::TooLarge)
    }

    /// Whether the hash of its content is [`Record::hash`].
    #[must_use]
    pub fn holds(&self) -> bool {
        self.digest() == self.hash
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }
}

/// Verifies one chain record by record, so that a chain of any length is checked in constant
/// memory.
#[derive(Clone, Debug)]
pub struct Verifier {
    chain: Chain,
    head: Head,
}

impl Verifier {
    /// Starts at the beginning of a chain.
    #[must_use]
    pub fn new(chain: Chain) -> Self {
        Self { chain, head: Head::EMPTY }
    }

    /// Continues after a record that was verified before.
    #[must_use]
    pub fn after(chain: Chain, head: Head) -> Self {
        Self { chain, head }
    }

    /// The head of the records verified so far.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// Verifies the next record.
    ///
    /// # Errors
    /// [`Broken`] names the first record that does not hold.
    pub fn take(&mut self, record: &Record) -> Result<(), Broken> {
        // Numbers of records lost with an old copy are never used again; the gap record stands
        // after them.
        let leaps = record.kind == Kind::RECORD_GAP && record.seq > self.head.seq;
        if record.seq != self.head.seq + 1 && !leaps {
            return Err(Broken::Missing { expected: self.head.seq + 1, found: record.seq });
        }
        if record.chain != self.chain {
            return Err(Broken::OtherChain { seq: record.seq });
        }
        if record.previous != self.head.hash {
            return Err(Broken::Unlinked { seq: record.seq });
        }
        if record.digest() != record.hash {
            return Err(Broken::Altered { seq: record.seq });
        }
        self.head = record.head();
        Ok(())
    }

    /// Call it after the last record. `kept` is the head the store keeps beside the records.
    ///
    /// # Errors
    /// [`Broken::CutOff`] when records at the end are missing.
    pub fn finish(self, kept: Head) -> Result<Head, Broken> {
        match self.head.seq.cmp(&kept.seq) {
            std::cmp::Ordering::Equal if self.head.hash == kept.hash => Ok(self.head),
            // The last record was rewritten: it is the broken one.
            std::cmp::Ordering::Equal => {
                Err(Broken::CutOff { expected: kept.seq, found: kept.seq.saturating_sub(1) })
            }
            std::cmp::Ordering::Less => {
                Err(Broken::CutOff { expected: kept.seq, found: self.head.seq })
            }
            std::cmp::Ordering::Greater => {
                Err(Broken::CutOff { expected: kept.seq, found: kept.seq })
            }
        }
    }
}

/// Checks a whole chain that is in memory.
///
/// # Errors
/// [`Broken`] names the first record that does not hold.
pub fn verify<'a>(
    chain: Chain,
    records: impl IntoIterator<Item = &'a Record>,
    kept: Head,
) -> Result<Head, Broken> {
    let mut verifier = Verifier::new(chain);
    for record in records {
        verifier.take(record)?;
    }
    verifier.finish(kept)
}

fn text(out: &mut Vec<u8>, value: &str) {
    // Limits keep every text under 2,001 bytes. The length is u32, so that a longer text would not
    // be cut silently.
    out.extend_from_slice(&(value.len() as u32).to_be_bytes());
    out.extend_from_slice(value.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Chain {
        Chain::new("011002").unwrap()
    }

    fn records(count: u64) -> (Vec<Record>, Head) {
        let mut head = Head::EMPTY;
        let mut all = Vec::new();
        for n in 0..count {
            let who = Who::Person { id: "ab".repeat(16), login: "sato".into() };
            let event = Event::new(chain(), who, Kind::STAFF_ADDED, format!("user{n}"))
                .with("roles", "staff");
            let record = Record::append(head, event, 1_700_000_000_000 + n);
            head = record.head();
            all.push(record);
        }
        (all, head)
    }

    #[test]
    fn an_untouched_chain_holds() {
        let (all, head) = records(20);
        assert_eq!(verify(chain(), &all, head), Ok(head));
        assert_eq!(verify(chain(), &[], Head::EMPTY), Ok(Head::EMPTY));
    }

    #[test]
    fn each_kind_of_tampering_names_its_record() {
        let (all, head) = records(9);
        let mut altered = all.clone();
        altered[4].subject = "user9".into();
        assert_eq!(verify(chain(), &altered, head), Err(Broken::Altered { seq: 5 }));

        let mut rehashed = all.clone();
        rehashed[4].at += 1;
        rehashed[4].hash = rehashed[4].digest();
        assert_eq!(verify(chain(), &rehashed, head), Err(Broken::Unlinked { seq: 6 }));

        let mut removed = all.clone();
        removed.remove(3);
        assert_eq!(verify(chain(), &removed, head), Err(Broken::Missing { expected: 4, found: 5 }));

        let mut swapped = all.clone();
        swapped.swap(1, 2);
        assert_eq!(verify(chain(), &swapped, head), Err(Broken::Missing { expected: 2, found: 3 }));

        assert_eq!(verify(chain(), &all[..7], head), Err(Broken::CutOff { expected: 9, found: 7 }));
        assert_eq!(verify(Chain::SERVER, &all, head), Err(Broken::OtherChain { seq: 1 }));
    }

    #[test]
    fn a_rewritten_last_record_is_seen_against_the_kept_head() {
        let (mut all, head) = records(3);
        all[2].subject = "else".into();
        all[2].hash = all[2].digest();
        assert_eq!(verify(chain(), &all, head).unwrap_err().seq(), 3);
    }

    #[test]
    fn numbers_are_left_out_by_a_marked_gap_alone() {
        let (mut all, head) = records(3);
        let leapt = Head { seq: 999_999, hash: head.hash };
        let gap =
            Event::new(chain(), Who::System, Kind::RECORD_GAP, "").with("after", 3).with("lost", 8);
        let gap = Record::append(leapt, gap, 1);
        let after =
            Record::append(gap.head(), Event::new(chain(), Who::System, Kind::RESTORED, ""), 2);
        assert!(gap.is_gap_over(4) && gap.is_gap_over(999_999));
        assert!(!gap.is_gap_over(3) && !gap.is_gap_over(1_000_000) && !after.is_gap_over(4));
        all.extend([gap, after.clone()]);
        assert_eq!(verify(chain(), &all, after.head()), Ok(after.head()));
        let other = Record::append(leapt, Event::new(chain(), Who::System, Kind::SIGNED_IN, ""), 1);
        all.truncate(3);
        all.push(other.clone());
        assert_eq!(
            verify(chain(), &all, other.head()),
            Err(Broken::Missing { expected: 4, found: 1_000_000 })
        );
    }

    #[test]
    fn what_was_put_back_is_named_by_a_gap_alone_and_never_behind_it() {
        let gap = |kind, who, value: &str| {
            let event = Event::new(chain(), who, kind, "").with(PUT_BACK, value);
            Record::append(Head { seq: 99, hash: [0; 32] }, event, 1).put_back()
        };
        assert_eq!(gap(Kind::RECORD_GAP, Who::System, "12-15"), Some(12..=15));
        for value in ["", "12", "15-12", "12-100", "12-15-18", "-3", "a-b", "12-"] {
            assert_eq!(gap(Kind::RECORD_GAP, Who::System, value), None, "{value}");
        }
        assert_eq!(gap(Kind::RESTORED, Who::System, "12-15"), None);
        let stranger = Who::Stranger { address: String::new() };
        assert_eq!(gap(Kind::RECORD_GAP, stranger, "12-15"), None);
    }

    #[test]
    fn text_cannot_move_between_fields() {
        let (mut all, _) = records(1);
        let before = all[0].bytes();
        all[0].fields = vec![("role".into(), "sstaff".into())];
        assert_ne!(before, all[0].bytes());
    }
}
