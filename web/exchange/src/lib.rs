//! The exchange: notices and surveys from the ministry to every town and back as tables.
//!
//! # Who is where
//! Everything hangs on a [`access::Seat`]: who is signed in, which division that is, which division
//! is which desk of the body. What may be done is `exchange::case`'s table; a handler asks the seat
//! for the permit and [`access::act`] does the step: reads, decides, keeps and records in one
//! write.
//!
//! # Routes
//! | path | what |
//! |---|---|
//! | `/exchange` | what is due for this desk; the ministry's cases; a prefecture's watch |
//! | `/exchange/cases/{id}` | the case: letter, files, questions, and what this desk can do with it (also a draft) |
//! | `/exchange/cases/{id}/board` | who stands where: the ministry's of all, a prefecture's of its own |
//! | `/exchange/cases/{id}/bodies/{body}` | one body's delivery, for the prefecture and the ministry |
//! | `/exchange/cases/{id}/parts` | 庁内照会: who fills in what |
//! | `/exchange/cases/{id}/answer?body=` | the answering page (own body without `body`), preview, workbook |
//! | `/exchange/cases/{id}/versions?body=` | every version of an answer: who, when, why, what changed |
//! | `/exchange/cases/{id}/tables` | tables and charts |
//! | `/exchange/forms` | form files |
//! | `/exchange/receipts` | is this 受付番号 one of ours |
//! | `/exchange/servers` | signed bundles to and from other servers |
//! | `/exchange/lineage` | mergers and renames of bodies |
//! | `/exchange/newcomers` | bodies that came to be after the list |
//! | `/admin/exchange` | which division is which desk |

// Read by its neighbours in the same repository, not as a library: names and places say it.
#![allow(missing_docs)]

pub(crate) mod access;
pub mod annex;
mod answer;
pub(crate) mod board;
mod bodies;
pub mod book;
#[cfg(test)]
mod buttons_tests;
pub mod calls;
pub mod carry;
#[cfg(test)]
mod carry_tests;
pub mod case;
pub(crate) mod consolidated;
#[cfg(test)]
#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;
#[cfg(test)]
pub(crate) mod country;
pub mod desks;
mod download;
#[cfg(test)]
mod english;
mod fields;
mod home;
pub mod import;
pub mod known;
pub(crate) mod lineage;
mod lists;
#[cfg(test)]
mod mailed;
pub(crate) mod newcomers;
pub(crate) mod notices;
mod parts;
mod receipts;
mod reminders;
mod rim;
pub(crate) mod servers;

mod steps;
pub mod tables;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod versions;
mod words;
pub(crate) mod workshop;

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use kit::Kit;

/// A route of this area.
pub(crate) type Route = kit::http::Route<Exchange>;

/// The area's state. Cheap to clone.
#[derive(Clone)]
pub struct Exchange(Arc<Parts>);

/// Its parts.
pub struct Parts {
    kit: Kit,
    /// Survey forms that were read.
    pub(crate) forms: known::Forms,
    /// Answers of cases that were read.
    /// Held while the bodies that came later are read.
    pub(crate) knowing: tokio::sync::Mutex<()>,
    pub(crate) answers: tables::KeptAnswers,
    /// Imports of answers that are under way or just ended.
    pub(crate) imports: import::Imports,
}

impl Exchange {
    /// Puts the parts together.
    #[must_use]
    pub fn new(kit: &Kit) -> Self {
        Self(Arc::new(Parts {
            kit: kit.clone(),
            forms: known::Forms::default(),
            knowing: tokio::sync::Mutex::default(),
            answers: tables::KeptAnswers::default(),
            imports: import::Imports::default(),
        }))
    }
}

impl Exchange {
    /// Forgets imports whose time is over, `now` in Unix milliseconds.
    pub fn sweep_imports(&self, now: i64) {
        self.imports.sweep(now);
    }
}

impl Deref for Exchange {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Deref for Parts {
    type Target = Kit;

    fn deref(&self) -> &Kit {
        &self.kit
    }
}

impl FromRef<Exchange> for Kit {
    fn from_ref(exchange: &Exchange) -> Self {
        exchange.kit.clone()
    }
}

pub(crate) use answer::{BookTaken, Content, book_of, take_book};
pub(crate) use answer::{Enter, Entered, Outcome, Wish, enter};
pub(crate) use answer::{Hand, Other, Place, Standing, Whose, keep_typed};
pub(crate) use case::put_question;
pub(crate) use home::lists;
pub(crate) use parts::give_out;
pub(crate) use steps::key as submit_key;
pub(crate) use words::left;

pub fn routes() -> Vec<Route> {
    let mut all = answer::routes();
    all.extend(consolidated::routes());
    all.extend(import::routes());
    all.extend(tables::routes());
    all.extend(workshop::routes());
    all.extend(home::routes());
    all.extend(case::routes());
    all.extend(case::draft::routes());
    all.extend(steps::routes());
    all.extend(case::attachments::routes());
    all.extend(board::routes());
    all.extend(bodies::routes());
    all.extend(parts::routes());
    all.extend(receipts::routes());
    all.extend(desks::routes());
    all.extend(servers::routes());
    all.extend(lineage::routes());
    all.extend(newcomers::routes());
    all.extend(versions::routes());
    all.extend(calls::routes());
    all
}
