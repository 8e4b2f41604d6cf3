//! Signing in: two factors in one step, the same answer and the same work for every failure.

use audit::{Chain, Decision, Event, Kind, Who};
use axum::http::HeaderMap;
use people::{BodyCode, Login, Staff};
use store::sign_ins::SignIn;

use crate::app::{App, Cut};
use crate::error::Refusal;
use crate::http::{Visitor, browser};
use crate::limit::{SIGN_IN_ADDRESS, SIGN_IN_NAME};
use crate::secrets::sha256;
use crate::totp;

/// What sealed one-time code keys are bound to.
pub(crate) const TOTP_PURPOSE: &str = "totp";

/// What a sign-in form holds.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Body code, as chosen.
    pub body: String,
    /// Sign-in name, as typed.
    pub login: String,
    /// Password.
    pub password: String,
    /// One-time code.
    pub code: String,
    /// Where the request came from.
    pub address: String,
    /// The browser it came from.
    pub from: Origin,
}

/// The browser a sign-in is made in.
#[derive(Clone, Default, Debug)]
pub struct Origin {
    /// Browser and system, for the person's own list.
    pub browser: String,
    /// The sign-in that browser had until now, which ends with the new one.
    pub before: Option<[u8; 32]>,
}

impl Origin {
    /// Of a request to sign in.
    pub(crate) fn of(headers: &HeaderMap, visitor: &Visitor) -> Self {
        Self { browser: browser::of(headers), before: visitor.sign_in.as_ref().map(|sign_in| sign_in.hash) }
    }
}

/// How a try ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The value of the new cookie.
    In(String),
    /// Wrong, unknown, locked, suspended: one answer for all.
    No,
}

impl App {
    /// Tries to sign in with password and one-time code.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] over the limits; what the database can meet.
    pub async fn try_sign_in(&self, attempt: Attempt) -> Result<Outcome, Refusal> {
        let now = self.now();
        self.limiter.take(SIGN_IN_ADDRESS, &attempt.address, now).map_err(Refusal::TooMany)?;
        let name = format!("{}/{}", attempt.body, attempt.login.trim().to_ascii_lowercase().chars().take(64).collect::<String>());
        self.limiter.take(SIGN_IN_NAME, &name, now).map_err(Refusal::TooMany)?;

        let known = self.find(&attempt).await?;
        let credentials = match &known {
            Some(staff) => store::credentials::find(&mut *self.store.read().await?, staff.id).await?,
            None => None,
        };
        let password_hash = credentials.as_ref().and_then(|credentials| credentials.password.clone());
        let password_right = self.passwords.verify(&attempt.password, password_hash.as_deref()).await?;

        let Some(staff) = known else {
            self.record_unknown(&attempt, now).await?;
            return Ok(Outcome::No);
        };
        // From here on inside one write: count, lock, use the step up, and make the sign-in, or none of it.
        let mut tx = self.write_unattended(staff.body).await?;
        let Some(served) = store::bodies::find(&mut tx, staff.body).await? else { return Ok(Outcome::No) };
        // As it stands now: somebody suspended while the password was hashed leaves no sign-in that a resumption would wake.
        let Some(staff) = store::staff::by_id(&mut tx, staff.id).await? else { return Ok(Outcome::No) };
        let Some(fresh) = store::credentials::find(&mut tx, staff.id).await? else { return Ok(Outcome::No) };
        // The hash that was verified must still be the one there is.
        let password_right = password_right && fresh.password == password_hash;
        let key = fresh.totp.as_ref().and_then(|sealed| self.unseal(TOTP_PURPOSE, &staff.id.0, sealed));
        let step = match &key {
            Some(key) => totp::right_step(key, &attempt.code, now, fresh.totp_step)?,
            None => None,
        };
        let may = people::roles_now(&staff, served.suspended).is_some();
        let locked = fresh.locked_until > now;
        let who = Who::Stranger { address: attempt.address.clone() };
        if let (true, true, false, Some(step)) = (password_right, may, locked, step)
            && store::credentials::use_step(&mut tx, staff.id, step).await?
        {
            store::credentials::put_failures(&mut tx, staff.id, 0, 0).await?;
            let decision = self.new_sign_in(&mut tx, &staff, "password+totp", &attempt.address, &attempt.from).await?;
            let value = tx.commit(decision).await?;
            self.cut_replaced(attempt.from.before);
            return Ok(Outcome::In(value));
        }
        let failures = if locked { fresh.failures } else { fresh.failures + 1 };
        let until = if locked {
            Some(fresh.locked_until)
        } else {
            served.sign_in.locked_until(u32::try_from(failures).unwrap_or(u32::MAX), now)
        };
        let locks_now = until.is_some() && !locked;
        store::credentials::put_failures(&mut tx, staff.id, if locks_now { 0 } else { failures }, until.unwrap_or(0)).await?;
        let event = Event::new(staff.body.chain(), who.clone(), Kind::SIGN_IN_FAILED, staff.login.as_str())
            .with("reason", reason(may, locked, password_right, step.is_some()));
        let mut decision = Decision::new((), event);
        if let (true, Some(until)) = (locks_now, until) {
            decision =
                decision.and(Event::new(staff.body.chain(), who, Kind::LOCKED_OUT, staff.login.as_str()).with("until_ms", until));
        }
        tx.commit(decision).await?;
        Ok(Outcome::No)
    }

    /// After the commit of a new sign-in: what the browser's sign-in before had opened ends, unless it went over to the new one.
    pub(crate) fn cut_replaced(&self, before: Option<[u8; 32]>) {
        if let Some(before) = before {
            self.cut(Cut::SignIn(before));
        }
    }

    /// A sign-in for somebody whose two factors are proven. The caller commits it.
    pub(crate) async fn new_sign_in(
        &self,
        tx: &mut store::Tx,
        staff: &Staff,
        factor: &str,
        address: &str,
        from: &Origin,
    ) -> Result<Decision<String>, Refusal> {
        let value = self.random_token();
        let hash = sha256(value.as_bytes());
        let now = tx.now();
        tx.vouch(person(staff));
        let sign_in = SignIn {
            staff: staff.id,
            created: now,
            seen: now,
            factor: factor.to_owned(),
            proved: now,
            address: address.to_owned(),
            browser: from.browser.clone(),
        };
        store::sign_ins::add(tx, &hash, &sign_in).await?;
        let event = Event::new(staff.body.chain(), person(staff), Kind::SIGNED_IN, staff.login.as_str())
            .with("factor", factor)
            .with("address", address);
        let decision = Decision::new(value, event);
        Ok(match from.before {
            Some(before) => crate::ending::replaced(tx, staff, &before, &hash).await?.into_iter().fold(decision, Decision::and),
            None => decision,
        })
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Staff>, Refusal> {
        let (Ok(body), Ok(login)) = (attempt.body.parse::<BodyCode>(), attempt.login.parse::<Login>()) else { return Ok(None) };
        let mut conn = self.store.read().await?;
        Ok(store::staff::by_login(&mut conn, body, &login).await?)
    }

    /// Unknown names are written as a short hash: a password typed into the wrong field must not end in the record.
    async fn record_unknown(&self, attempt: &Attempt, now: i64) -> Result<(), Refusal> {
        let mark = crate::secrets::hex(&self.mac("unknown login", attempt.login.as_bytes())[..6]);
        let chain = Chain::SERVER;
        let tx = self.store.write(chain, now).await?;
        let event = Event::new(chain, Who::Stranger { address: attempt.address.clone() }, Kind::SIGN_IN_FAILED, "?")
            .with("reason", "unknown name")
            .with("mark", mark);
        tx.commit(Decision::new((), event)).await?;
        Ok(())
    }
}

/// For the record: a person acting.
#[must_use]
pub fn person(staff: &Staff) -> Who {
    Who::Person { id: staff.id.to_string(), login: staff.login.to_string() }
}

fn reason(may: bool, locked: bool, password: bool, code: bool) -> &'static str {
    match (may, locked, password, code) {
        (false, ..) => "not active",
        (_, true, ..) => "locked",
        (_, _, false, _) => "password",
        _ => "code",
    }
}
