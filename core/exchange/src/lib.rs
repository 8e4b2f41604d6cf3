//! Notices and surveys between ministry, prefectures and municipalities (調査・照会): forms, answers,
//! the way of a case, and the tables that come of it.
//!
//! Everything here is values in, values out. A form ([`form::Form`]) is read from a file; answers
//! ([`value::Sheet`]) are read, checked ([`entry`]) and counted ([`tally`]).

pub mod body;
pub mod bundle;
pub mod case;
pub mod draft;
pub mod entry;
pub mod form;
pub mod ids;
pub mod import;
pub mod lineage;
pub mod merge;
pub mod newcomer;
pub mod previous;
pub mod tally;
pub mod typed;
pub mod value;
