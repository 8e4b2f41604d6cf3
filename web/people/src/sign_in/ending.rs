//! What ends when its ground is lost: the sign-in a browser had before, the tokens of somebody who
//! is stopped. Each is done in the caller's write and answers its events, so state and record stay
//! together. Open PC sessions end after the commit, by [`Cut`](kit::Cut).

use audit::{Event, Kind};
use people::{Roles, Staff};

use crate::second::{ended_feeds, told, withdrawn};
use crate::sign_in::person;
use kit::error::Refusal;

/// Somebody signed in where somebody was signed in: the first sign-in ends. What the same person
/// opened from it hangs on the new one.
pub async fn replaced(
    tx: &mut store::Tx,
    now_in: &Staff,
    before: &[u8; 32],
    after: &[u8; 32],
) -> Result<Vec<Event>, Refusal> {
    let Some(old) = store::sign_ins::find(tx, before).await? else { return Ok(Vec::new()) };
    let Some(was) = store::staff::by_id(tx, old.staff).await? else { return Ok(Vec::new()) };
    store::sign_ins::remove(tx, before).await?;
    if was.id == now_in.id {
        store::sign_ins::hand_over(tx, before, after).await?;
    }
    let event = Event::new(was.body.chain(), person(now_in), Kind::SIGNED_OUT, was.login.as_str());
    Ok(vec![event.with("why", "a new sign-in in the same browser")])
}

/// A person's sign-ins, slips, tokens, calendar addresses and what she issued for agents end: for a
/// suspension, so that a resumption wakes none of them, and for a reset. The events are made by
/// `event`.
pub async fn person_stopped(
    tx: &mut store::Tx,
    staff: &Staff,
    event: &(dyn Fn(Kind, String) -> Event + Sync),
) -> Result<Vec<Event>, Refusal> {
    let now = tx.now();
    let tokens = store::staff::end_held(tx, staff.id, now).await?;
    let ended = |token: store::tokens::Token| {
        told(event(Kind::API_TOKEN_REVOKED, token.name.clone()), &token, staff)
            .with("why", "the person was stopped")
    };
    let feeds = ended_feeds(tx, staff, event).await?;
    let withdrawn = withdrawn(tx, staff, event).await?;
    Ok(tokens.into_iter().map(ended).chain(feeds).chain(withdrawn).collect())
}

/// Whether a person may do less than before: then what is open is looked at again.
pub fn narrowed(before: Roles, after: Roles) -> bool {
    before.bits() & !after.bits() != 0
}
