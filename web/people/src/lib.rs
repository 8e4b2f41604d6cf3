//! People, and what is theirs: sign-in and factors, staff, divisions and roles, PCs, devices, the
//! lines of agents, sessions, tokens, and the record with its anchors.
//!
//! | room | what |
//! |---|---|
//! | `factors/` | passwords, one-time codes, the factors proved once more |
//! | `sign_in/` | signing in, the browser that is known, what a sign-in's end ends |
//! | `slips.rs` | the paper by which somebody begins |
//! | `tokens/` | tokens of the API |
//! | `second/` | what waits for a second person comes to be |
//! | `agents/` | agents' lines, meetings, sessions, cuts, relays |
//! | `record/` | the record seen from outside, put back, verified |
//! | `mail/` | what people and operators set about mail |
//! | `pages/` | pages of everybody |
//! | `admin/` | pages of IT, HR, auditors and operators |
//! | `retention.rs` | what is deleted when it was kept long enough |

// Read by its neighbours in the same repository, not as a library: names and places say it.
#![allow(missing_docs)]

// Tests stand in a town, which knows this crate by its name.
#[cfg(test)]
extern crate self as web_people;

pub mod admin;
pub mod agents;
pub mod factors;
pub mod mail;
pub mod pages;
pub mod record;
pub mod retention;
pub mod second;
pub mod sign_in;
pub mod slips;
#[cfg(test)]
mod testing;
pub mod tokens;
#[cfg(test)]
#[path = "../../town/src/lib.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)] // What other areas need of it.
mod town;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, OnceLock, Weak};

use axum::extract::FromRef;
use kit::error::Refusal;
use kit::keys::Keys;
use kit::ports::{Act, Factors, Later, NotOpen, Openings, Ports, Proving, Said, WaitingChange};
use kit::{Kit, Site};
use net::{Clock, Rng};
use people::{BodyCode, StaffId};
use store::{Conn, Store};

use crate::agents::Hub;
use crate::factors::password::Passwords;
use crate::pages::passkeys::Passkeys;
use crate::pages::set_up::SetUp;

/// A route of this area.
pub(crate) type Route = kit::http::Route<People>;

/// The area's state. Cheap to clone.
#[derive(Clone)]
pub struct People(Arc<Parts>);

/// Its parts.
pub struct Parts {
    /// What every area is given.
    pub kit: Kit,
    /// Hashes passwords, a few at a time.
    pub passwords: Arc<Passwords>,
    /// Passkeys, when the address of this server allows them.
    pub passkeys: Arc<Passkeys>,
    /// The first administrator's way in; of no use once there is one.
    pub set_up: SetUp,
    /// Agents that are connected.
    pub hub: Hub,
    /// What was anchored last of each chain.
    pub anchored: record::Anchored,
    /// Chains that are being verified for somebody on a page.
    pub verifying: record::Verifying,
}

/// What a server is made of.
pub struct Making {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Box<dyn Rng>,
    /// Keys.
    pub keys: Keys,
    /// Where it is reached.
    pub site: Site,
}

/// What other areas fill of the ports.
pub struct Filled {
    /// What lets a session be opened.
    pub openings: Arc<dyn Openings>,
    /// Changes that wait for a second person.
    pub changes: Vec<WaitingChange>,
}

impl Default for Filled {
    /// Nothing: no day is asked for, and nothing but people's own waits for a second person.
    fn default() -> Self {
        Self { openings: Arc::new(NoDays), changes: Vec::new() }
    }
}

/// Where no area asks for an approved day.
struct NoDays;

impl Openings for NoDays {
    fn opening<'a>(
        &'a self,
        _: &'a mut Conn,
        _: BodyCode,
        _: StaffId,
        _: i64,
    ) -> Later<'a, store::Result<Result<Option<i64>, NotOpen>>> {
        Box::pin(async { Ok(Ok(None)) })
    }

    fn closed<'a>(
        &'a self,
        _: &'a mut Conn,
        _: &'a BTreeMap<BodyCode, BTreeSet<StaffId>>,
        _: i64,
    ) -> Later<'a, store::Result<BTreeSet<(BodyCode, StaffId)>>> {
        Box::pin(async { Ok(BTreeSet::new()) })
    }
}

impl Deref for People {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Deref for Parts {
    type Target = Kit;

    fn deref(&self) -> &Kit {
        &self.kit
    }
}

impl FromRef<People> for Kit {
    fn from_ref(people: &People) -> Self {
        people.kit.clone()
    }
}

impl People {
    /// Puts the parts together.
    #[must_use]
    pub fn new(making: Making, filled: Filled) -> Self {
        let Making { store, clock, mut rng, keys, site } = making;
        let set_up = SetUp::new(&mut *rng);
        let passwords = Arc::new(Passwords::new(&mut *rng));
        let passkeys = Arc::new(Passkeys::new(&site));
        let people = Arc::new(OnceLock::new());
        let factors = Own {
            passwords: passwords.clone(),
            passkeys: passkeys.clone(),
            people: people.clone(),
        };
        let ports = Ports {
            factors: Arc::new(factors),
            openings: filled.openings,
            changes: filled.changes,
        };
        let made = Self(Arc::new(Parts {
            kit: Kit::new(store, clock, rng, keys, site, ports),
            passwords,
            passkeys,
            set_up,
            hub: Hub::default(),
            anchored: record::Anchored::default(),
            verifying: record::Verifying::default(),
        }));
        // The port is a part of what it needs: it does not keep it alive.
        _ = people.set(Arc::downgrade(&made.0));
        made
    }

    /// Starts what ends sessions that were cut, here and at relays elsewhere: once, where the
    /// server begins to serve.
    pub fn watch(&self) {
        agents::watch(self);
    }
}

/// The factors people sign in with.
struct Own {
    passwords: Arc<Passwords>,
    passkeys: Arc<Passkeys>,
    people: Arc<OnceLock<Weak<Parts>>>,
}

impl Factors for Own {
    fn prove<'a>(
        &'a self,
        kit: &'a Kit,
        who: Proving<'a>,
        password: &'a str,
        code: &'a str,
    ) -> Later<'a, Result<bool, Refusal>> {
        Box::pin(factors::prove::prove(kit, &self.passwords, who, password, code))
    }

    fn said<'a>(&'a self, act: Act<'a>) -> Later<'a, Result<Said, Refusal>> {
        Box::pin(async move {
            match self.people.get().and_then(Weak::upgrade) {
                Some(parts) => pages::act::said(&People(parts), act).await,
                None => Ok(Said::default()),
            }
        })
    }

    fn passkeys(&self) -> bool {
        self.passkeys.available()
    }
}

/// Every route of the area.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = pages::routes();
    all.extend(admin::routes());
    all.extend(second::routes());
    all.extend(agents::routes());
    all.extend(mail::routes());
    all.extend(tokens::routes());
    all
}
