//! What waits for a second person comes to be, and is shown (`kit::second` says what waits).

mod begin;
mod page;

pub use begin::begin_due;
pub(crate) use begin::{ended_feeds, ended_tokens, led, taken_back, told, withdrawn};
pub(crate) use kit::second::{
    Asked, Leads, Officers, Second, Waits, ask, askers, json, leads_somewhere, settled,
};
pub use page::routes;
pub(crate) use page::words;
