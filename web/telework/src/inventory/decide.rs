//! A person's word where the rules do not decide, or against them: who, when and why, on record.

use axum::extract::{Path, State};
use people::Deed;
use serde::Deserialize;
use telework::inventory::Outcome;

use super::act::decide_work;
use super::command::Decided;
use super::edit::{Unkept, again};
use super::number;
use super::words::told;
use crate::Route;
use crate::typed::text;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::Seen;
use kit::http::{Answer, Form, SignedIn, post, see_other};

/// What a person says of a piece of work, as it is typed.
#[derive(Debug, Deserialize)]
pub(crate) struct Word {
    /// A result, or `rules` to leave it to the rules again.
    pub(crate) outcome: String,
    /// Why.
    #[serde(default)]
    pub(crate) why: String,
    /// What the form showed of the work.
    #[serde(default)]
    pub(crate) seen: String,
}

async fn decide(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Answer {
    let outcome = match &*word.outcome {
        "rules" => None,
        key => Some(judged(key).ok_or(Refusal::Malformed("outcome"))?),
    };
    let (lang, seen) = (visit.ctx.lang, Seen::Form(&word.seen));
    let decided = Decided { outcome, why: text(&word.why) };
    match decide_work(&app, &visit.actor, lang, number(&id)?, decided, seen).await? {
        Ok(number) => Ok(see_other(&format!("/telework/works/{number}?done=saved"))),
        Err(un) => {
            let unkept = Unkept {
                faults: told(lang, &un.faults),
                changed: un.changed,
                word: Some(word),
                ..Unkept::default()
            };
            again(&app, visit, *un.row, unkept).await
        }
    }
}

/// A result that a person can give.
fn judged(key: &str) -> Option<Outcome> {
    Outcome::read(key).filter(|one| *one != Outcome::Ask)
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/telework/works/{id}/decide", May(Deed::ManageWorks), decide)]
}
