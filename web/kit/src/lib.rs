//! What pages and calls are made of: routes and access, caller and scope, errors, forms, rendering,
//! sheets in and out, charts, limits, the outbox of mail, papers; and what every area is given:
//! store, clock, chance, keys, site, cuts ([`Kit`]).
//!
//! An area (`web/people`, `web/telework`, `web/exchange`) knows this crate; this crate knows no area.
//! What one area needs of another goes through [`ports`].

// Read by its neighbours in the same repository, not as a library: names and places say it.
#![allow(missing_docs)]

pub mod chart;
#[cfg(test)]
#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;
pub mod error;
pub mod http;
pub mod keys;
pub mod lang;
pub mod limit;
pub mod mail;
pub mod papers;
mod parts;
pub mod second;
pub mod secrets;
pub mod sheet;
pub mod time;

pub use lang::Lang;
pub use parts::{Cut, Kit, Parts, Site, agents_relays, ports, standing};
