//! Tests at the boundary: every route as a stranger, without a token, from a foreign page, as somebody of another body.

mod admin;
pub(crate) mod api;
mod counterparts;
mod exchange;
mod forms;
pub(crate) mod late;
mod neighbours;
mod proof;
mod record;
mod routes;
mod set_up;
mod sign_in;
mod sign_ins;
mod staff;
mod stops;
