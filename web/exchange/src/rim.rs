//! What calls answer where something was not done: its code, and its words in Japanese.

use exchange::case::Refused;
use exchange::form::Form;

use crate::access::Undone;
use crate::words;
use kit::error::Refusal;
use kit::http::{Answer, Lang, refused, stale};

/// A refusal of the case machine with its reasons: 409 when somebody else came before, otherwise
/// 422. Everything else as it is.
pub(crate) fn undone(undone: Undone, form: Option<&Form>) -> Answer {
    let why = undone.refused()?;
    let reasons = words::reasons(Lang::Ja, &why, form);
    Ok(if matches!(why, Refused::Stale | Refused::Conflict { .. }) {
        stale(reasons)
    } else {
        refused(reasons)
    })
}

/// A day of a body of a call.
pub(crate) fn day(text: &str) -> Result<jiff::civil::Date, Refusal> {
    text.parse().map_err(|_| Refusal::Malformed("day"))
}
