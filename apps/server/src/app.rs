//! The state of the whole server: the kit, and what the areas keep beside it.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use kit::keys::Keys;
use kit::error::Refusal;
use kit::ports::{Factors, Later, Ports, Proving};
use kit::{Kit, Site};
use net::{Clock, Rng};
use store::Store;

use crate::agents::Hub;
use crate::pages::passkeys::Passkeys;
use crate::pages::set_up::SetUp;
use crate::password::Passwords;

/// The server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

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
    /// Survey forms that were read.
    pub forms: crate::exchange::known::Forms,
    /// Answers of cases that were read.
    pub answers: crate::exchange::tables::KeptAnswers,
    /// Imports of answers that are under way or just ended.
    pub imports: crate::exchange::import::Imports,
    /// What was anchored last of each chain.
    pub anchored: crate::record::Anchored,
    /// Chains that are being verified for somebody on a page.
    pub verifying: crate::record::Verifying,
}

impl Deref for App {
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

impl FromRef<App> for Kit {
    fn from_ref(app: &App) -> Self {
        app.kit.clone()
    }
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, mut rng: Box<dyn Rng>, keys: Keys, site: Site) -> Self {
        let set_up = SetUp::new(&mut *rng);
        let passwords = Arc::new(Passwords::new(&mut *rng));
        let passkeys = Arc::new(Passkeys::new(&site));
        let factors = Own { passwords: passwords.clone(), passkeys: passkeys.clone() };
        let ports = Ports { factors: Arc::new(factors), openings: Arc::new(crate::telework::Days), changes: Vec::new() };
        Self(Arc::new(Parts {
            kit: Kit::new(store, clock, rng, keys, site, ports),
            passwords,
            passkeys,
            set_up,
            hub: Hub::default(),
            forms: Default::default(),
            answers: Default::default(),
            imports: Default::default(),
            anchored: Default::default(),
            verifying: Default::default(),
        }))
    }
}

/// The factors people sign in with.
struct Own {
    passwords: Arc<Passwords>,
    passkeys: Arc<Passkeys>,
}

impl Factors for Own {
    fn prove<'a>(
        &'a self,
        kit: &'a Kit,
        who: Proving<'a>,
        password: &'a str,
        code: &'a str,
    ) -> Later<'a, Result<bool, Refusal>> {
        Box::pin(crate::prove::prove(kit, &self.passwords, who, password, code))
    }

    fn passkeys(&self) -> bool {
        self.passkeys.available()
    }
}
