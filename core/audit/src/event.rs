//! An event before it has a number.

use crate::Kind;

/// Longest subject, in bytes of UTF-8.
pub(crate) const SUBJECT_LIMIT: usize = 400;
/// Longest value of one field, in bytes of UTF-8.
pub(crate) const VALUE_LIMIT: usize = 2_000;
/// Most fields of one event.
pub(crate) const FIELDS_LIMIT: usize = 40;

/// A chain: the code of a body, or the server's own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Chain([u8; 6]);

impl Chain {
    /// The chain of what belongs to no body: set-up, unknown sign-in names, the server's own acts.
    /// Its code fails the check digit, so it is never a body's.
    pub const SERVER: Self = Self(*b"000000");

    /// The chain of the body with this code; `None` unless it is six ASCII digits.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let bytes: [u8; 6] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_digit).then_some(Self(bytes))
    }

    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("000000")
    }
}

/// Who acted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    /// The program itself: a timer, a start, a clean-up.
    System,
    /// Somebody not signed in.
    Stranger {
        /// Network address of the request, as text; empty when not known.
        address: String,
    },
    /// A signed-in person.
    Person {
        /// Staff id in hexadecimal, which stays the same when the name changes.
        id: String,
        /// Sign-in name at that moment, for the reader.
        login: String,
    },
    /// An agent in an office.
    Agent {
        /// Agent id in hexadecimal.
        id: String,
        /// Its name at that moment.
        name: String,
    },
    /// Another program with a token of the API.
    Api {
        /// Id of the token.
        id: String,
        /// Its name at that moment.
        name: String,
    },
}

impl Who {
    /// The number in the hashed bytes (spec/audit.md).
    #[must_use]
    pub fn number(&self) -> u8 {
        match self {
            Self::System => 0,
            Self::Stranger { .. } => 1,
            Self::Person { .. } => 2,
            Self::Agent { .. } => 3,
            Self::Api { .. } => 4,
        }
    }

    /// The id; empty for the program and for a stranger.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::System | Self::Stranger { .. } => "",
            Self::Person { id, .. } | Self::Agent { id, .. } | Self::Api { id, .. } => id,
        }
    }

    /// Name for the reader: sign-in name, agent's name or address.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::System => "",
            Self::Stranger { address } => address,
            Self::Person { login: name, .. }
            | Self::Agent { name, .. }
            | Self::Api { name, .. } => name,
        }
    }

    /// The inverse of [`Who::number`], [`Who::id`] and [`Who::name`], for the store.
    #[must_use]
    pub fn from_parts(number: u8, id: String, name: String) -> Option<Self> {
        Some(match number {
            0 => Self::System,
            1 => Self::Stranger { address: name },
            2 => Self::Person { id, login: name },
            3 => Self::Agent { id, name },
            4 => Self::Api { id, name },
            _ => return None,
        })
    }
}

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The chain it belongs to.
    pub chain: Chain,
    /// Who acted.
    pub who: Who,
    /// The kind, from the numbered list.
    pub kind: Kind,
    /// The object: a sign-in name, the name of a PC, a case's number. At most 400 bytes; a longer
    /// text is cut.
    pub subject: String,
    /// Fields in a fixed order, key and value. They never hold a secret or content.
    pub fields: Vec<(&'static str, String)>,
    /// Whether it was made with a right that is not one to this kind.
    beyond: bool,
}

impl Event {
    /// An event without fields.
    #[must_use]
    pub fn new(chain: Chain, who: Who, kind: Kind, subject: impl Into<String>) -> Self {
        let subject = cut(subject.into(), SUBJECT_LIMIT);
        Self { chain, who, kind, subject, fields: Vec::new(), beyond: false }
    }

    /// Marks an event whose kind the right it was made with does not cover: it can be looked at,
    /// and never committed.
    #[must_use]
    pub fn beyond(mut self) -> Self {
        self.beyond = true;
        self
    }

    /// Whether it was marked by [`Event::beyond`].
    #[must_use]
    pub fn is_beyond(&self) -> bool {
        self.beyond
    }

    /// Adds one field. `key` is lower-case ASCII with underscores, at most 32 characters. The key
    /// `address` is only for a network address: it is kept beside the record and deleted one day
    /// (spec/audit.md).
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        if self.fields.len() < FIELDS_LIMIT {
            self.fields.push((key, cut(value.to_string(), VALUE_LIMIT)));
        }
        self
    }
}

/// A new value and the events that go on record with it. The store's `commit` takes both together.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "a decision that is not committed has not happened"]
pub struct Decision<T> {
    /// The new value.
    pub value: T,
    /// The events, in the order of the record.
    pub events: Vec<Event>,
}

impl<T> Decision<T> {
    /// A value with one event.
    pub fn new(value: T, event: Event) -> Self {
        Self { value, events: vec![event] }
    }

    /// One more event.
    pub fn and(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// The same events with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Decision<U> {
        Decision { value: f(self.value), events: self.events }
    }
}

/// Cuts at a character boundary and removes control characters, because a record is read line by
/// line.
fn cut(text: String, limit: usize) -> String {
    let mut kept = String::with_capacity(text.len().min(limit));
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if kept.len() + c.len_utf8() > limit {
            break;
        }
        kept.push(c);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_multi_line_text_is_cut_on_a_character() {
        let event = Event::new(Chain::SERVER, Who::System, Kind::SERVER_STARTED, "あ".repeat(200))
            .with("a", "x\ny");
        assert_eq!(event.subject.len(), 399);
        assert_eq!(event.fields[0].1, "x y");
    }

    #[test]
    fn a_chain_is_six_digits() {
        assert!(Chain::new("01000６").is_none());
        assert!(Chain::new("0100061").is_none());
        assert_eq!(Chain::new("010006").unwrap().as_str(), "010006");
    }
}
