//! Tests at the boundary: every route as a stranger, without a token, from a foreign page, as
//! somebody of another body.

mod admin;
pub(crate) mod api;
#[path = "../../../../web/people/src/record/base.rs"]
mod base;
mod counterparts;
#[path = "../../../../web/exchange/src/country.rs"]
#[allow(dead_code)] // The exchange's own tests use all of it.
mod country;
mod exchange;
mod floods;
mod forms;
mod golden;
pub(crate) mod late;
mod mail;
mod neighbours;
mod officers;
mod proof;
mod record;
mod restored;
mod routes;
mod second;
mod set_up;
mod sign_in;
mod sign_ins;
mod staff;
mod stops;
