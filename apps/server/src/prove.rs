//! The factors once more: who is signed in proves to be there still, before an act that would do much harm in a stranger's hand.

use audit::{Decision, Event, Kind};
use people::StaffState;

use crate::app::App;
use crate::error::Refusal;
use crate::http::SignedIn;
use crate::limit::Rule;
use crate::password::Whose;
use crate::secrets::hex;
use crate::sign_in::TOTP_PURPOSE;
use crate::totp;

/// A proof holds this long: a computer left alone does not do what asks for one.
pub(crate) const FRESH_MS: i64 = 15 * 60_000;

/// Tries of one sign-in. Its own, so that neither strangers who fail at the name nor the thief of another cookie keep the person from proving.
pub(crate) const PROVING: Rule = Rule { name: "proving", burst: 5, refill_ms: 120_000 };

impl App {
    /// Tries password and one-time code of who is signed in. A right proof is written into the sign-in's row; both outcomes go on record.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] over the limit, [`Refusal::SignedOut`] when the sign-in ended meanwhile; what the database can meet.
    pub(crate) async fn prove(&self, visit: &SignedIn, password: &str, code: &str) -> Result<bool, Refusal> {
        let now = self.now();
        self.limiter.take(PROVING, &hex(&visit.sign_in.hash), now).map_err(Refusal::TooMany)?;
        let stored = store::credentials::find(&mut *self.store.read().await?, visit.actor.id).await?;
        let hash = stored.and_then(|found| found.password);
        let right = self.passwords.verify(password, hash.as_deref(), Whose::Known).await?;
        let mut tx = self.write_as(&visit.actor).await?;
        let credentials = store::credentials::find(&mut tx, visit.actor.id).await?.ok_or(Refusal::SignedOut)?;
        // The hash that was verified must still be the one there is.
        let right = right && credentials.password == hash;
        let key = credentials.totp.as_ref().and_then(|sealed| self.unseal(TOTP_PURPOSE, &visit.actor.id.0, sealed));
        let step = match &key {
            Some(key) => totp::right_step(key, code, now, credentials.totp_step)?,
            None => None,
        };
        if let (true, Some(step)) = (right, step)
            && store::credentials::use_step(&mut tx, visit.actor.id, step).await?
        {
            let decision = proven(&mut tx, visit, "password+totp").await?;
            tx.commit(decision).await?;
            return Ok(true);
        }
        let reason = if right { "code" } else { "password" };
        tx.commit(Decision::new((), event(visit, Kind::PROOF_FAILED).with("reason", reason))).await?;
        Ok(false)
    }
}

/// Writes a right proof into the row of the sign-in. The caller commits it.
pub(crate) async fn proven(tx: &mut store::Tx, visit: &SignedIn, factor: &str) -> Result<Decision<()>, Refusal> {
    let staff = store::staff::by_id(tx, visit.actor.id).await?.ok_or(Refusal::SignedOut)?;
    let now = tx.now();
    // Asked in the write itself: who was suspended or signed out meanwhile proves nothing.
    if staff.state != StaffState::Active || !store::sign_ins::prove(tx, &visit.sign_in.hash, now).await? {
        return Err(Refusal::SignedOut);
    }
    Ok(Decision::new((), event(visit, Kind::PROVED).with("factor", factor)))
}

fn event(visit: &SignedIn, kind: Kind) -> Event {
    Event::new(visit.actor.body.chain(), visit.actor.who(), kind, visit.actor.login.as_str()).with("address", visit.address())
}
