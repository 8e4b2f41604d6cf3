//! Signing in: two factors in one step, the same answer and the same work for every failure.

pub mod ending;
pub mod known;
pub mod reset;
mod unknown;

use std::net::IpAddr;

use audit::{Decision, Event, Kind, Who};
use axum::http::HeaderMap;
use people::{BodyCode, Login, Staff, StaffId};
use store::sign_ins::SignIn;
use store::tries::Tries;

use crate::People;
use crate::factors::password::Whose;
use crate::factors::{TOTP_PURPOSE, totp};
use crate::sign_in::known::KnownBrowser;
use kit::Cut;
use kit::error::Refusal;
use kit::http::{Visitor, browser};
use kit::limit::{SIGN_IN_ADDRESS, SIGN_IN_KNOWN, SIGN_IN_NAME, SIGN_IN_NAME_FROM};
use kit::secrets::sha256;

/// How long failures in a row are remembered after the last one: longer than any lock.
const KEPT_MS: i64 = 2 * 86_400_000;

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
    pub peer: Option<IpAddr>,
    /// The browser, when somebody signed in in it before.
    pub known: Option<KnownBrowser>,
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
    pub fn of(headers: &HeaderMap, visitor: &Visitor) -> Self {
        Self {
            browser: browser::of(headers),
            before: visitor.sign_in.as_ref().map(|sign_in| sign_in.hash),
        }
    }
}

/// How a try ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The value of the new cookie, whose it is, and the generation of her credentials.
    In(String, StaffId, i64),
    /// Both factors were right, and the body is stopped: told to nobody who has not proved both.
    Stopped,
    /// Wrong, unknown, locked, suspended: one answer for all.
    No,
}

impl People {
    /// Tries to sign in with password and one-time code.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] over the limits; what the database can meet.
    pub async fn try_sign_in(&self, attempt: Attempt) -> Result<Outcome, Refusal> {
        let now = self.now();
        let address = attempt.peer.map(|peer| peer.to_canonical().to_string()).unwrap_or_default();
        // Strangers' tries are counted by where they come from, and a browser's in which this very
        // person signed in before by itself.
        let mut known = None;
        let mut own = None;
        if let Some(browser) = &attempt.known {
            known = self.find(&attempt).await?.filter(|staff| staff.id == browser.staff);
            own = (known.is_some() && self.still_knows(browser).await?).then_some(browser);
        }
        let (origin, whose) = match own {
            Some(browser) => {
                self.limiter
                    .take(SIGN_IN_KNOWN, &known_key(browser.staff, &browser.mark), now)
                    .map_err(Refusal::TooMany)?;
                (self.mac("sign-in browser", browser.mark.as_bytes()), Whose::Known)
            }
            None => {
                self.limiter
                    .take_from(SIGN_IN_ADDRESS, attempt.peer, now)
                    .map_err(Refusal::TooMany)?;
                let name = name_key(&attempt.body, &attempt.login);
                self.limiter
                    .take_of(SIGN_IN_NAME_FROM, &name, attempt.peer, now)
                    .map_err(Refusal::TooMany)?;
                self.limiter.take(SIGN_IN_NAME, &name, now).map_err(Refusal::TooMany)?;
                known = self.find(&attempt).await?;
                let from = attempt
                    .peer
                    .map(|peer| gate::Address::of(peer).to_string())
                    .unwrap_or_default();
                (self.mac("sign-in address", from.as_bytes()), Whose::Stranger)
            }
        };
        let origin = &origin[..16];
        let credentials = match &known {
            Some(staff) => {
                store::credentials::find(&mut *self.store.read().await?, staff.id).await?
            }
            None => None,
        };
        let password_hash =
            credentials.as_ref().and_then(|credentials| credentials.password.clone());
        let password_right =
            self.passwords.verify(&attempt.password, password_hash.as_deref(), whose).await?;

        let Some(staff) = known else {
            self.record_unknown(&attempt, address, now).await?;
            return Ok(Outcome::No);
        };
        // From here on inside one write: count, lock, use the step up, and make the sign-in, or
        // none of it.
        let mut tx = self.write_unattended(staff.body).await?;
        let Some(served) = store::bodies::find(&mut tx, staff.body).await? else {
            return Ok(Outcome::No);
        };
        // As it stands now: somebody suspended while the password was hashed leaves no sign-in that
        // a resumption would wake.
        let Some(staff) = store::staff::by_id(&mut tx, staff.id).await? else {
            return Ok(Outcome::No);
        };
        let Some(fresh) = store::credentials::find(&mut tx, staff.id).await? else {
            return Ok(Outcome::No);
        };
        // The hash that was verified must still be the one there is.
        let password_right = password_right && fresh.password == password_hash;
        let key =
            fresh.totp.as_ref().and_then(|sealed| self.unseal(TOTP_PURPOSE, &staff.id.0, sealed));
        let step = match &key {
            Some(key) => totp::right_step(key, &attempt.code, now, fresh.totp_step)?,
            None => None,
        };
        let may = people::roles_now(&staff, served.suspended).is_some();
        let tries = store::tries::of(&mut tx, staff.id, origin).await?;
        let locked = tries.locked_until > now;
        // The same right code twice, by a double press or side by side: refused, and no guess.
        let again = match &key {
            Some(key) if password_right && step.is_none() => {
                totp::right_step(key, &attempt.code, now, i64::MIN)?.is_some()
            }
            _ => false,
        };
        let who = Who::Stranger { address: address.clone() };
        if let (true, true, false, Some(step)) = (password_right, may, locked, step)
            && store::credentials::use_step(&mut tx, staff.id, step).await?
        {
            store::tries::forget(&mut tx, staff.id, origin).await?;
            let decision =
                self.new_sign_in(&mut tx, &staff, "password+totp", &address, &attempt.from).await?;
            let value = tx.commit(decision).await?;
            self.cut_replaced(attempt.from.before);
            if let Some(browser) = own {
                self.limiter.forget(SIGN_IN_KNOWN, &known_key(browser.staff, &browser.mark));
            }
            return Ok(Outcome::In(value, staff.id, fresh.generation));
        }
        // It is the body that is stopped, not the person: no guess, so nothing counts, and the code
        // is used up like any other.
        let only_stopped = !may && people::roles_now(&staff, false).is_some();
        if let (true, true, false, Some(step)) = (password_right, only_stopped, locked, step)
            && store::credentials::use_step(&mut tx, staff.id, step).await?
        {
            let event =
                Event::new(staff.body.chain(), who, Kind::SIGN_IN_FAILED, staff.login.as_str())
                    .with("reason", "body stopped");
            tx.commit(Decision::new((), event)).await?;
            return Ok(Outcome::Stopped);
        }
        let failures = if locked || again { tries.failures } else { tries.failures + 1 };
        let until = match locked || again {
            true => (tries.locked_until > now).then_some(tries.locked_until),
            false => served.sign_in.locked_until(u32::try_from(failures).unwrap_or(u32::MAX), now),
        };
        let locks_now = until.is_some() && !locked;
        let after = Tries {
            failures: if locks_now { 0 } else { failures },
            locked_until: until.unwrap_or(0),
        };
        store::tries::put(&mut tx, staff.id, origin, after, now, now - KEPT_MS).await?;
        let event =
            Event::new(staff.body.chain(), who.clone(), Kind::SIGN_IN_FAILED, staff.login.as_str())
                .with(
                    "reason",
                    if again && may && !locked {
                        "code used before"
                    } else {
                        reason(may, locked, password_right, step.is_some())
                    },
                );
        let mut decision = Decision::new((), event);
        if let (true, Some(until)) = (locks_now, until) {
            decision = decision.and(
                Event::new(staff.body.chain(), who, Kind::LOCKED_OUT, staff.login.as_str())
                    .with("until_ms", until),
            );
        }
        tx.commit(decision).await?;
        Ok(Outcome::No)
    }

    /// After the commit of a new sign-in: what the browser's sign-in before had opened ends, unless
    /// it went over to the new one.
    pub fn cut_replaced(&self, before: Option<[u8; 32]>) {
        if let Some(before) = before {
            self.cut(Cut::SignIn(before));
        }
    }

    /// A sign-in for somebody whose two factors are proven. The caller commits it.
    pub async fn new_sign_in(
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
        tx.vouch(person(staff), &[Kind::SIGNED_IN, Kind::SIGNED_OUT]);
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
        let event =
            Event::new(staff.body.chain(), person(staff), Kind::SIGNED_IN, staff.login.as_str())
                .with("factor", factor)
                .with("address", address);
        let decision = Decision::new(value, event);
        Ok(match from.before {
            Some(before) => crate::sign_in::ending::replaced(tx, staff, &before, &hash)
                .await?
                .into_iter()
                .fold(decision, Decision::and),
            None => decision,
        })
    }

    /// Lets somebody's tries begin anew, wherever they come from: the administrator's way to lift a
    /// lock. The caller forgets what the store keeps of them in its transaction.
    pub fn forget_tries(&self, staff: &Staff) {
        let name = name_key(staff.body.as_str(), staff.login.as_str());
        self.limiter.forget(SIGN_IN_NAME, &name);
        self.limiter.forget_of(SIGN_IN_NAME_FROM, &name);
        self.limiter.forget_under(SIGN_IN_KNOWN, &staff.id.to_string());
    }

    /// Whether strangers used up the tries on somebody's name.
    pub fn tries_used_up(&self, staff: &Staff) -> bool {
        self.limiter.is_empty(
            SIGN_IN_NAME,
            &name_key(staff.body.as_str(), staff.login.as_str()),
            self.now(),
        )
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Staff>, Refusal> {
        let (Ok(body), Ok(login)) =
            (attempt.body.parse::<BodyCode>(), attempt.login.parse::<Login>())
        else {
            return Ok(None);
        };
        let mut conn = self.store.read().await?;
        Ok(store::staff::by_login(&mut conn, body, &login).await?)
    }
}

/// A name as limits know it, whether or not it exists. Of what a stranger typed no more is kept
/// than a name can have.
fn name_key(body: &str, login: &str) -> String {
    let short = |text: &str, most: usize| {
        let shown = text.chars().filter(|c| !c.is_control());
        shown.take(most).collect::<String>()
    };
    format!("{}/{}", short(body, 6), short(&login.trim().to_ascii_lowercase(), 64))
}

fn known_key(staff: StaffId, mark: &str) -> String {
    format!("{staff}\u{1f}{mark}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_stranger_types_little_is_kept_and_a_name_is_one_however_it_is_typed() {
        let long = "1".repeat(30_000);
        assert!(name_key(&long, &long).len() < 100);
        let name: Login = " Sato@Example.JP ".parse().unwrap();
        for typed in [" Sato@Example.JP ", "sato@example.jp", "SATO@EXAMPLE.JP\u{3000}"] {
            assert_eq!(typed.parse::<Login>().unwrap(), name);
            assert_eq!(name_key("131016", typed), name_key("131016", name.as_str()));
        }
    }
}
