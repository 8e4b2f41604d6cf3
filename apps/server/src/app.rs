//! What every handler is given: store, clock, chance, keys, and where this server is reached.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use net::{Clock, Rng};
use people::{AgentId, BodyCode, DeviceId, PcId, StaffId};
use store::{Store, Tx};
use tokio::sync::broadcast;
use url::Url;

use crate::agents::Hub;
use crate::keys::Keys;
use crate::limit::Limiter;
use crate::pages::passkeys::Passkeys;
use crate::pages::set_up::SetUp;
use crate::password::Passwords;

/// The server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// Its parts.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Mutex<Box<dyn Rng>>,
    /// Keys.
    pub keys: Keys,
    /// Where it is reached.
    pub site: Site,
    /// How often somebody may try.
    pub limiter: Limiter,
    /// Hashes passwords, a few at a time.
    pub passwords: Passwords,
    /// Passkeys, when the address of this server allows them.
    pub passkeys: Passkeys,
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
    /// Says what was cut (R16, R22): whoever holds sessions or agents listens and ends them at once.
    pub cuts: broadcast::Sender<Cut>,
}

/// What was cut. Sent after the commit, so whoever looks finds it so in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// Everything of a person.
    Person(StaffId),
    /// Everything over a device.
    Device(DeviceId),
    /// Everything on a PC.
    Pc(PcId),
    /// An agent.
    Agent(AgentId),
    /// Everything of a body.
    Body(BodyCode),
    /// What a person may do on one PC was taken back.
    Assignment(StaffId, PcId),
    /// A person may do less than before: what is open is looked at again and ends where its ground is gone.
    Rights(StaffId),
    /// A sign-in was ended (its hash): what was opened from it.
    SignIn([u8; 32]),
}

/// Where this server is reached.
#[derive(Clone, Debug)]
pub struct Site {
    /// As people type it, without a path.
    pub url: Url,
    /// `scheme://host[:port]`, as browsers send it in `Origin`.
    pub origin: String,
    /// Whether it is https: then cookies are Secure and bear the `__Host-` prefix.
    pub secure: bool,
    /// Further origins the viewer may connect to: relays elsewhere, `wss://host`.
    pub relays: Vec<String>,
}

impl Site {
    /// From the public address.
    ///
    /// # Errors
    /// When it is not http(s) with a host, or has a path, a query or credentials.
    pub fn new(url: &str, relays: Vec<String>) -> anyhow::Result<Self> {
        let url = Url::parse(url)?;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        anyhow::ensure!(
            matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && plain,
            "a public address is https://HOST[:PORT]"
        );
        let origin = url.origin().ascii_serialization();
        let secure = url.scheme() == "https";
        Ok(Self { url, origin, secure, relays })
    }

    /// The address of a path.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, mut rng: Box<dyn Rng>, keys: Keys, site: Site) -> Self {
        let set_up = SetUp::new(&mut *rng);
        let passwords = Passwords::new(&mut *rng);
        let passkeys = Passkeys::new(&site);
        Self(Arc::new(Parts {
            store,
            clock,
            rng: Mutex::new(rng),
            keys,
            site,
            limiter: Limiter::default(),
            passwords,
            passkeys,
            set_up,
            hub: Hub::default(),
            forms: crate::exchange::known::Forms::default(),
            answers: crate::exchange::tables::KeptAnswers::default(),
            imports: crate::exchange::import::Imports::default(),
            cuts: broadcast::Sender::new(256),
        }))
    }

    /// Now, Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        i64::try_from(self.clock.unix().0).unwrap_or(i64::MAX)
    }

    /// Begins a write in a body.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn write(&self, body: BodyCode) -> store::Result<Tx> {
        self.store.write(body.chain(), self.now()).await
    }

    /// Says what was cut, after its commit.
    pub fn cut(&self, cut: Cut) {
        // Nobody listening means nothing is open.
        _ = self.cuts.send(cut);
    }
}
