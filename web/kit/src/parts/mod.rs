//! What every handler is given: store, clock, chance, keys, and where this server is reached.
//! An area adds what is its own in a state that derefs to this one.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use audit::Chain;
use net::{Clock, Rng};
use pairing::control::Relays;
use people::{AgentId, Authority, Bodies, BodyCode, DeviceId, PcId, StaffId};
use store::{Store, Tx};
use tokio::sync::broadcast;
use url::Url;

use crate::keys::Keys;
use crate::limit::Limiter;
pub mod ports;
mod sealed;
pub mod standing;

use ports::Ports;
use standing::Standing;

/// The server. Cheap to clone.
#[derive(Clone)]
pub struct Kit(Arc<Parts>);

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
    /// Whether the server is open.
    pub standing: Standing,
    /// What the areas do for each other.
    pub ports: Ports,
    /// The bodies by name, as the store last said.
    bodies: RwLock<Bodies>,
    /// Says what was cut (NOREN-R16, NOREN-R22): whoever holds sessions or agents listens and ends
    /// them at once.
    pub cuts: broadcast::Sender<Cut>,
}

/// Cuts that may wait to be seen; more than that, and everything is looked at.
const CUTS: usize = 4_096;

/// What was cut. Sent after the commit, so whoever looks finds it so in the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
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
    /// A person may do less than before: what is open is looked at again and ends where its ground
    /// is gone.
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
        let plain = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty();
        anyhow::ensure!(
            matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && plain,
            "a public address is https://HOST[:PORT]"
        );
        agents_relays(&relays).map_err(|_| {
            anyhow::anyhow!(
                "a relay elsewhere is wss://HOST[:PORT] (ws:// on this very machine \
                only), at most 64 of them"
            )
        })?;
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

/// What agents are told of relays: those elsewhere, or without any the one inside this server.
pub fn agents_relays(elsewhere: &[String]) -> pairing::Result<Relays> {
    if elsewhere.is_empty() {
        return Ok(Relays::inside());
    }
    Relays::new(
        elsewhere
            .iter()
            .map(|origin| format!("{}{}", origin.trim_end_matches('/'), Relays::INSIDE))
            .collect(),
    )
}

impl Deref for Kit {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Kit {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        rng: Box<dyn Rng>,
        keys: Keys,
        site: Site,
        ports: Ports,
    ) -> Self {
        Self(Arc::new(Parts {
            store,
            clock,
            rng: Mutex::new(rng),
            keys,
            site,
            limiter: Limiter::default(),
            standing: Standing::default(),
            ports,
            bodies: RwLock::default(),
            cuts: broadcast::Sender::new(CUTS),
        }))
    }

    /// Now, Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        i64::try_from(self.clock.unix().0).unwrap_or(i64::MAX)
    }

    /// The bodies this server knows by name.
    #[must_use]
    pub fn bodies(&self) -> Bodies {
        self.bodies.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on the server knows these bodies by name.
    pub fn know_bodies(&self, known: Bodies) {
        *self.bodies.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// Begins a write of somebody, in the body the permit is for, and proves her again inside it.
    /// Whatever was cut before the write's turn came is cut: nothing is done.
    ///
    /// # Errors
    /// [`store::Fault::SignedOut`], [`store::Fault::Denied`], and what the database can meet.
    pub async fn write_as(&self, by: &impl Authority) -> store::Result<Tx> {
        self.write_in(by.turn().chain(), by).await
    }

    /// The same where the turn is another body's, or the server's own.
    ///
    /// # Errors
    /// As [`Kit::write_as`].
    pub async fn write_in(&self, turn: Chain, by: &impl Authority) -> store::Result<Tx> {
        self.store.write_as(by, turn, self.now()).await
    }

    /// Begins a write that no signed-in person does: of a machine with a proof of its own, of a
    /// timer, or of who is just proving a factor (the [`Tx`] is then told of whom, by `vouch`).
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn write_unattended(&self, body: BodyCode) -> store::Result<Tx> {
        self.store.write(body.chain(), self.now()).await
    }

    /// Begins a write in a body for an agent's line: it has places and patience of its own.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn write_line(&self, body: BodyCode) -> store::Result<Tx> {
        self.store.for_lines().write(body.chain(), self.now()).await
    }

    /// Says what was cut, after its commit.
    pub fn cut(&self, cut: Cut) {
        // Nobody listening means nothing is open.
        _ = self.cuts.send(cut);
    }
}
