//! The factors once more: who is signed in proves to be there still, before an act that would do
//! much harm in a stranger's hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use audit::{Decision, Event, Kind};
use people::{StaffId, StaffState};

use crate::factors::TOTP_PURPOSE;
use crate::factors::password::{Passwords, Whose};
use crate::factors::totp;
use kit::Kit;
use kit::error::Refusal;
use kit::http::is_fresh;
use kit::limit::Rule;
use kit::ports::Proving;
use kit::secrets::hex;

/// Tries of one sign-in. Its own, so that neither strangers who fail at the name nor the thief of
/// another cookie keep the person from proving.
pub(crate) const PROVING: Rule = Rule { name: "proving", burst: 5, refill_ms: 120_000 };

/// Sign-ins of which somebody is proving just now: a second press waits for the first.
static UNDER_WAY: Mutex<BTreeMap<[u8; 32], Arc<Turn>>> = Mutex::new(BTreeMap::new());

type Turn = tokio::sync::Mutex<()>;

/// One at a time of each sign-in.
struct Waits([u8; 32], Arc<Turn>);

impl Waits {
    fn of(sign_in: &[u8; 32]) -> Self {
        let mut all = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
        Self(*sign_in, all.entry(*sign_in).or_default().clone())
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        let mut all = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
        // The map's and this one: nobody else waits.
        if Arc::strong_count(&self.1) <= 2 {
            all.remove(&self.0);
        }
    }
}

/// Tries password and one-time code of who is signed in. A right proof is written into the
/// sign-in's row; both outcomes go on record.
/// What is sent twice, by a double press, is proven once and right both times.
///
/// # Errors
/// [`Refusal::TooMany`] over the limit, [`Refusal::SignedOut`] when the sign-in ended meanwhile;
/// what the database can meet.
pub(crate) async fn prove(
    kit: &Kit,
    passwords: &Passwords,
    who: Proving<'_>,
    password: &str,
    code: &str,
) -> Result<bool, Refusal> {
    let waits = Waits::of(who.sign_in);
    let _turn = waits.1.lock().await;
    let now = kit.now();
    let sign_in = store::sign_ins::find(&mut *kit.store.read().await?, who.sign_in).await?;
    let sign_in = sign_in.ok_or(Refusal::SignedOut)?;
    // Proven while this one waited or was on its way: a request of a moment later is not asked.
    if is_fresh(sign_in.proved, now) {
        return Ok(true);
    }
    let (right, hash) = tried(kit, passwords, who, password).await?;
    let mut tx = kit.write_as(who.actor).await?;
    let credentials =
        store::credentials::find(&mut tx, who.actor.id).await?.ok_or(Refusal::SignedOut)?;
    // The hash that was verified must still be the one there is.
    let right = right && credentials.password == hash;
    let key = credentials
        .totp
        .as_ref()
        .and_then(|sealed| kit.unseal(TOTP_PURPOSE, &who.actor.id.0, sealed));
    let step = match &key {
        Some(key) => totp::right_step(key, code, now, credentials.totp_step)?,
        None => None,
    };
    if let (true, Some(step)) = (right, step)
        && store::credentials::use_step(&mut tx, who.actor.id, step).await?
    {
        let decision = proven(&mut tx, who, "password+totp").await?;
        tx.commit(decision).await?;
        // Somebody who has both factors is no guesser.
        kit.limiter.forget(PROVING, &hex(who.sign_in));
        return Ok(true);
    }
    // The right code a second time, as where it was just signed in with: refused, and no guess.
    let again = match &key {
        Some(key) if right && step.is_none() => {
            totp::right_step(key, code, now, i64::MIN)?.is_some()
        }
        _ => false,
    };
    if again {
        kit.limiter.give_back(PROVING, &hex(who.sign_in));
    }
    let reason = match (right, again) {
        (false, _) => "password",
        (true, true) => "code used before",
        (true, false) => "code",
    };
    failed(tx, who, reason, "proof").await?;
    Ok(false)
}

/// The one way in which the password of somebody who is signed in is tried, beside the sign-in
/// itself: counted for this sign-in, and not before its turn.
async fn tried(
    kit: &Kit,
    passwords: &Passwords,
    who: Proving<'_>,
    password: &str,
) -> Result<(bool, Option<String>), Refusal> {
    kit.limiter.take(PROVING, &hex(who.sign_in), kit.now()).map_err(Refusal::TooMany)?;
    let stored = store::credentials::find(&mut *kit.store.read().await?, who.actor.id).await?;
    let hash = stored.and_then(|found| found.password);
    let right = passwords.verify(password, hash.as_deref(), Whose::Known).await?;
    Ok((right, hash))
}

/// A password that was right a moment ago.
pub(crate) struct Right(Option<String>);

impl Right {
    /// Whether it still is, inside the write that rests on it.
    ///
    /// # Errors
    /// [`Refusal::Stale`] when it was changed meanwhile; what the database can meet.
    pub(crate) async fn holds(&self, tx: &mut store::Tx, staff: StaffId) -> Result<(), Refusal> {
        let now = store::credentials::find(tx, staff).await?.and_then(|found| found.password);
        if now == self.0 { Ok(()) } else { Err(Refusal::Stale) }
    }
}

/// Tries the password alone, where a form asks for it beside a fresh proof (`what`: for what). A
/// wrong one is on record.
///
/// # Errors
/// As [`prove`].
pub(crate) async fn password(
    kit: &Kit,
    passwords: &Passwords,
    who: Proving<'_>,
    password: &str,
    what: &'static str,
) -> Result<Option<Right>, Refusal> {
    let (right, hash) = tried(kit, passwords, who, password).await?;
    if right {
        return Ok(Some(Right(hash)));
    }
    failed(kit.write_as(who.actor).await?, who, "password", what).await?;
    Ok(None)
}

async fn failed(tx: store::Tx, who: Proving<'_>, reason: &str, what: &str) -> Result<(), Refusal> {
    let event = event(who, Kind::PROOF_FAILED).with("reason", reason).with("for", what);
    Ok(tx.commit(Decision::new((), event)).await?)
}

/// Writes a right proof into the row of the sign-in. The caller commits it.
pub(crate) async fn proven(
    tx: &mut store::Tx,
    who: Proving<'_>,
    factor: &str,
) -> Result<Decision<()>, Refusal> {
    let staff = store::staff::by_id(tx, who.actor.id).await?.ok_or(Refusal::SignedOut)?;
    let now = tx.now();
    // Asked in the write itself: who was suspended or signed out meanwhile proves nothing.
    if staff.state != StaffState::Active || !store::sign_ins::prove(tx, who.sign_in, now).await? {
        return Err(Refusal::SignedOut);
    }
    Ok(Decision::new((), event(who, Kind::PROVED).with("factor", factor)))
}

fn event(who: Proving<'_>, kind: Kind) -> Event {
    Event::new(who.actor.body.chain(), who.actor.who(), kind, who.actor.login.as_str())
        .with("address", who.address)
}
