//! What waits for a second person comes to be, and is shown (`kit::second` says what waits).

mod begin;
mod page;
#[cfg(test)]
mod tests;

pub(crate) use begin::{begin_due, ended_tokens, led, told};
pub(crate) use kit::second::{Leads, Officers, ask, json, leads_somewhere, next_midnight, settled, unjson};
pub(crate) use page::{routes, words};
