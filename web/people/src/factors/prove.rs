//! The factors once more: who is signed in proves to be there still, before an act that would do much harm in a stranger's hand.

use audit::{Decision, Event, Kind};
use people::StaffState;

use crate::factors::TOTP_PURPOSE;
use crate::factors::password::{Passwords, Whose};
use crate::factors::totp;
use kit::Kit;
use kit::error::Refusal;
use kit::limit::Rule;
use kit::ports::Proving;
use kit::secrets::hex;

/// Tries of one sign-in. Its own, so that neither strangers who fail at the name nor the thief of another cookie keep the person from proving.
pub(crate) const PROVING: Rule = Rule { name: "proving", burst: 5, refill_ms: 120_000 };

/// Tries password and one-time code of who is signed in. A right proof is written into the sign-in's row; both outcomes go on record.
///
/// # Errors
/// [`Refusal::TooMany`] over the limit, [`Refusal::SignedOut`] when the sign-in ended meanwhile; what the database can meet.
pub(crate) async fn prove(
    kit: &Kit,
    passwords: &Passwords,
    who: Proving<'_>,
    password: &str,
    code: &str,
) -> Result<bool, Refusal> {
    let now = kit.now();
    kit.limiter.take(PROVING, &hex(who.sign_in), now).map_err(Refusal::TooMany)?;
    let stored = store::credentials::find(&mut *kit.store.read().await?, who.actor.id).await?;
    let hash = stored.and_then(|found| found.password);
    let right = passwords.verify(password, hash.as_deref(), Whose::Known).await?;
    let mut tx = kit.write_as(who.actor).await?;
    let credentials = store::credentials::find(&mut tx, who.actor.id).await?.ok_or(Refusal::SignedOut)?;
    // The hash that was verified must still be the one there is.
    let right = right && credentials.password == hash;
    let key = credentials.totp.as_ref().and_then(|sealed| kit.unseal(TOTP_PURPOSE, &who.actor.id.0, sealed));
    let step = match &key {
        Some(key) => totp::right_step(key, code, now, credentials.totp_step)?,
        None => None,
    };
    if let (true, Some(step)) = (right, step)
        && store::credentials::use_step(&mut tx, who.actor.id, step).await?
    {
        let decision = proven(&mut tx, who, "password+totp").await?;
        tx.commit(decision).await?;
        return Ok(true);
    }
    let reason = if right { "code" } else { "password" };
    tx.commit(Decision::new((), event(who, Kind::PROOF_FAILED).with("reason", reason))).await?;
    Ok(false)
}

/// Writes a right proof into the row of the sign-in. The caller commits it.
pub(crate) async fn proven(tx: &mut store::Tx, who: Proving<'_>, factor: &str) -> Result<Decision<()>, Refusal> {
    let staff = store::staff::by_id(tx, who.actor.id).await?.ok_or(Refusal::SignedOut)?;
    let now = tx.now();
    // Asked in the write itself: who was suspended or signed out meanwhile proves nothing.
    if staff.state != StaffState::Active || !store::sign_ins::prove(tx, who.sign_in, now).await? {
        return Err(Refusal::SignedOut);
    }
    Ok(Decision::new((), event(who, Kind::PROVED).with("factor", factor)))
}

fn event(who: Proving<'_>, kind: Kind) -> Event {
    Event::new(who.actor.body.chain(), who.actor.who(), kind, who.actor.login.as_str()).with("address", who.address)
}
