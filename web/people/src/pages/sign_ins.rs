//! Where a person is signed in: listed, and ended one by one or all at once, on record. Ending asks
//! for no proof: stopping is always at once.

use audit::{Decision, Kind};
use axum::extract::{Path, State};
use people::Deed;

use crate::People;
use crate::Route;
use kit::Cut;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, Nothing, SignedIn, browser, clear_sign_in, post, see_other};
use kit::secrets::hex;

/// A sign-in as its person sees it.
pub(super) struct Row {
    /// Names it in the address of its button; of no use as a cookie.
    pub(super) id: String,
    /// Browser and system in words.
    pub(super) browser: String,
    /// Where it was made from.
    pub(super) address: String,
    /// Since when.
    pub(super) created: i64,
    /// Last used, to the minute.
    pub(super) seen: i64,
    /// The one this page is seen with.
    pub(super) this: bool,
}

/// The sign-ins of a person that hold now.
pub(super) async fn rows(
    conn: &mut store::Conn,
    visit: &SignedIn,
    now: i64,
) -> Result<Vec<Row>, Refusal> {
    let all = store::sign_ins::of(conn, visit.actor.id).await?;
    let rows = all
        .into_iter()
        .filter(|(_, one)| !visit.sign_in.policy.is_over(one.created, one.seen, now))
        .map(|(hash, one)| Row {
            id: id(&hash),
            browser: browser::words(visit.ctx.lang, &one.browser),
            address: one.address,
            created: one.created,
            seen: one.seen,
            this: hash == visit.sign_in.hash,
        });
    Ok(rows.collect())
}

/// The row is kept under a hash of the cookie, which tells nothing of it; half of that is enough
/// among one person's own.
fn id(hash: &[u8; 32]) -> String {
    hex(&hash[..16])
}

async fn end(
    visit: SignedIn,
    State(app): State<People>,
    Path(asked): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let mut tx = app.write_as(&permit).await?;
    let own = store::sign_ins::of(&mut tx, permit.actor()).await?;
    let (hash, found) =
        own.into_iter().find(|(hash, _)| id(hash) == asked).ok_or(Refusal::NotFound)?;
    store::sign_ins::remove(&mut tx, &hash).await?;
    let event = permit
        .event(Kind::SIGN_IN_ENDED, &visit.actor.login)
        .with("since", found.created)
        .with("browser", &found.browser)
        .with("address", &found.address);
    tx.commit(Decision::new((), event)).await?;
    app.cut(Cut::SignIn(hash));
    if hash == visit.sign_in.hash {
        return Ok(out(&app, "/sign-in?done=signed-out"));
    }
    Ok(see_other("/account?done=sign-in-ended"))
}

/// Everywhere, here too, and with it every PC session of the person.
async fn end_all(
    visit: SignedIn,
    State(app): State<People>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let mut tx = app.write_as(&permit).await?;
    let count = store::sign_ins::remove_all(&mut tx, permit.actor()).await?;
    // No browser of before is known any more either: whoever has one of them counts as a stranger.
    store::credentials::forget_browsers(&mut tx, permit.actor()).await?;
    tx.commit(Decision::new(
        (),
        permit.event(Kind::SIGN_INS_ENDED, &visit.actor.login).with("count", count),
    ))
    .await?;
    app.cut(Cut::Person(permit.actor()));
    Ok(out(&app, "/sign-in?done=signed-out-everywhere"))
}

fn out(app: &People, to: &str) -> axum::response::Response {
    let mut response = see_other(to);
    clear_sign_in(&mut response, &app.site);
    response
}

pub(super) fn routes() -> Vec<Route> {
    let own = May(Deed::ChangeOwnCredentials);
    vec![
        post("/account/sign-ins/{id}/end", own, end).cuts(),
        post("/account/sign-ins/end", own, end_all).cuts(),
    ]
}
