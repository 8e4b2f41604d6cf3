//! Where somebody was: a commitment in the chain, the address itself beside the chain for as long
//! as the body keeps it (spec/audit.md).
//!
//! The home address of a member of staff must be deleted one day, and a chained record cannot
//! change. So the record holds an HMAC of the address under a key of this record alone; key and
//! address are kept beside it. While they are kept, anybody can check that they belong together.
//! Once both are deleted the HMAC tells nothing, not even by trying all addresses.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{Event, Record, Who};

/// Prefix of a commitment; no address begins so.
const PREFIX: &str = "hmac:";
const LABEL: &[u8] = b"noren address v1\0";
/// Key of the field that holds an address.
const FIELD: &str = "address";

/// A place in a record where an address stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The name of a stranger.
    Who,
    /// The field `address`.
    Field,
}

impl Place {
    /// The number by which the store keeps it.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Who => 0,
            Self::Field => 1,
        }
    }

    /// The inverse of [`Place::number`].
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Who, Self::Field].into_iter().find(|place| place.number() == number)
    }
}

/// The commitment that stands in the record in place of an address: 69 characters.
#[must_use]
pub fn commitment(key: &[u8; 32], address: &str) -> String {
    let mut out = String::from(PREFIX);
    // HMAC accepts a key of any length (RFC 2104), so the other case cannot occur.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        mac.update(LABEL);
        mac.update(address.as_bytes());
        out.push_str(&id::hex(&mac.finalize().into_bytes()));
    }
    out
}

impl Event {
    /// Puts commitments in place of the event's addresses, and returns the addresses to be kept
    /// beside it. `key` must be new and random for each event.
    #[must_use]
    pub fn sealed(mut self, key: &[u8; 32]) -> (Self, Vec<(Place, String)>) {
        let mut kept = Vec::new();
        if let Who::Stranger { address } = &mut self.who {
            seal(address, key, Place::Who, &mut kept);
        }
        if let Some((_, address)) = self.fields.iter_mut().find(|(name, _)| *name == FIELD) {
            seal(address, key, Place::Field, &mut kept);
        }
        (self, kept)
    }
}

fn seal(address: &mut String, key: &[u8; 32], place: Place, kept: &mut Vec<(Place, String)>) {
    if !address.is_empty() {
        let sealed = commitment(key, address);
        kept.push((place, std::mem::replace(address, sealed)));
    }
}

impl Record {
    /// The commitments of this record; empty for a record written before commitments existed.
    #[must_use]
    pub fn commitments(&self) -> Vec<(Place, &str)> {
        let who = match &self.who {
            Who::Stranger { address } => Some((Place::Who, address.as_str())),
            _ => None,
        };
        let field = self
            .fields
            .iter()
            .find(|(name, _)| name == FIELD)
            .map(|(_, value)| (Place::Field, value.as_str()));
        [who, field].into_iter().flatten().filter(|(_, value)| is_commitment(value)).collect()
    }

    /// Whether key and address give the commitment in this record.
    #[must_use]
    pub fn commits_to(&self, place: Place, key: &[u8; 32], address: &str) -> bool {
        self.commitments().contains(&(place, commitment(key, address).as_str()))
    }

    /// Puts an address back into its place, to show the record to a reader; it no longer verifies.
    /// An address that does not fit the record is ignored.
    pub fn show(&mut self, place: Place, key: &[u8; 32], address: String) {
        if !self.commits_to(place, key, &address) {
            return;
        }
        match (place, &mut self.who) {
            (Place::Who, Who::Stranger { address: shown }) => *shown = address,
            (Place::Who, _) => {}
            (Place::Field, _) => {
                if let Some((_, shown)) = self.fields.iter_mut().find(|(name, _)| name == FIELD) {
                    *shown = address;
                }
            }
        }
    }
}

fn is_commitment(value: &str) -> bool {
    value
        .strip_prefix(PREFIX)
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chain, Head, Kind};

    const KEY: [u8; 32] = [7; 32];

    fn stranger() -> Event {
        let who = Who::Stranger { address: "2001:db8::7".into() };
        Event::new(Chain::SERVER, who, Kind::SIGN_IN_FAILED, "sato")
            .with("address", "203.0.113.5")
            .with("why", "address")
    }

    #[test]
    fn the_chained_bytes_hold_no_address_and_the_reader_gets_it_back() {
        let (event, kept) = stranger().sealed(&KEY);
        assert_eq!(
            kept,
            [(Place::Who, "2001:db8::7".to_owned()), (Place::Field, "203.0.113.5".to_owned())]
        );
        let record = Record::append(Head::EMPTY, event, 1);
        let bytes = String::from_utf8_lossy(&record.bytes()).into_owned();
        assert!(!bytes.contains("203.0.113.5") && !bytes.contains("2001:db8"), "{bytes}");
        assert!(bytes.contains("why"), "what is no address stays");
        assert_eq!(record.commitments().len(), 2);
        let mut shown = record.clone();
        for (place, address) in kept {
            assert!(record.commits_to(place, &KEY, &address));
            shown.show(place, &KEY, address);
        }
        assert_eq!((shown.who.name(), shown.fields[0].1.as_str()), ("2001:db8::7", "203.0.113.5"));
    }

    #[test]
    fn another_address_or_another_key_is_not_shown() {
        let (event, _) = stranger().sealed(&KEY);
        let record = Record::append(Head::EMPTY, event, 1);
        for (place, key, address) in [
            (Place::Field, KEY, "198.51.100.1"),
            (Place::Field, [8; 32], "203.0.113.5"),
            (Place::Who, KEY, "203.0.113.5"),
        ] {
            assert!(!record.commits_to(place, &key, address));
            let mut shown = record.clone();
            shown.show(place, &key, address.to_owned());
            assert_eq!(shown, record);
        }
    }

    #[test]
    fn who_has_no_address_is_left_as_it_is() {
        let event =
            Event::new(Chain::SERVER, Who::System, Kind::SERVER_STARTED, "1").with("address", "");
        let (sealed, kept) = event.clone().sealed(&KEY);
        assert_eq!((sealed, kept), (event, Vec::new()));
        // A record of before has its address in it, and no commitment.
        let old = Record::append(Head::EMPTY, stranger(), 1);
        assert_eq!(old.commitments(), []);
    }

    #[test]
    fn a_commitment_is_what_the_specification_says() {
        // HMAC-SHA-256 by another program: python3, hmac.new(b"\x07" * 32, b"noren address v1\0" +
        // b"203.0.113.5", "sha256").
        let expected = "hmac:d22d94fc364833fd5d0a374bb3eae54c954576ead82736f19d0b29ff5a110669";
        assert_eq!(commitment(&KEY, "203.0.113.5"), expected);
    }
}
