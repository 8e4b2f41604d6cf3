//! The audit record: typed and numbered events, one hash chain for each body.
//!
//! A decision in `core/` returns the new value together with its events ([`Decision`]); the store's
//! write path numbers them ([`Record::append`]) and commits both in one transaction. The bytes that
//! are hashed are in `spec/audit.md`.

mod address;
mod anchor;
mod event;
mod export;
mod kind;
mod line;
mod record;

pub use address::{Place, commitment};
pub use anchor::{ANCHOR_HEADS, Anchor, AnchorFault, Trail};
pub use event::{Chain, Decision, Event, Who};
pub use export::{CSV_HEADER, csv, syslog, syslog_anchor};
pub use kind::Kind;
pub use line::{event_line, read_event};
pub use record::{Broken, Fault, Head, PUT_BACK, Record, Seen, Verifier, verify};
