//! What a relay is told.

use std::net::SocketAddr;
use std::path::PathBuf;

use pairing::relay::Limits;
use pairing::{BodyCode, PublicKey};
use serde::Deserialize;

/// How a relay behaves.
#[derive(Clone, Debug)]
pub struct Config {
    /// The servers whose tickets it takes.
    pub keys: Vec<PublicKey>,
    /// The origins of the pages whose viewers it serves, as browsers write them:
    /// `https://noren.example`.
    pub origins: Vec<String>,
    /// Bounds.
    pub limits: Limits,
    /// The largest message it carries, in bytes. A record of the channel has at most 65,535.
    pub message: u64,
    /// A side silent this long is asked for a sign of life, in milliseconds.
    pub ping_ms: u64,
    /// A side this long without a sign of life, or that takes nothing for as long, is cut, in
    /// milliseconds.
    pub silence_ms: u64,
    /// How long a close frame may take to leave, in milliseconds.
    pub farewell_ms: u64,
}

impl Config {
    /// The usual behaviour for these servers and pages.
    pub fn new(keys: Vec<PublicKey>, origins: Vec<String>) -> Self {
        Self {
            keys,
            origins,
            limits: Limits::default(),
            message: 65_535,
            ping_ms: 20_000,
            silence_ms: 60_000,
            farewell_ms: 2_000,
        }
    }
}

/// The program's configuration file (TOML).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where whoever watches asks for /live, /ready and /metrics: on the loopback, or on a network
    /// of operators.
    pub watch_listen: Option<SocketAddr>,
    /// The certificate chain (PEM); without it the relay speaks plain text, and only on a loopback
    /// address.
    pub certificate: Option<PathBuf>,
    /// The certificate's key (PEM).
    pub key: Option<PathBuf>,
    /// The servers' public keys, base64 (what `noren-agent enroll` prints as the server key).
    pub servers: Vec<PublicKey>,
    /// The origins of the pages.
    pub origins: Vec<String>,
    /// The bodies served; none named: all.
    #[serde(default)]
    pub bodies: Vec<BodyCode>,
    /// Connections at once.
    pub connections: Option<usize>,
    /// Connections at once of one address.
    pub connections_per_address: Option<u32>,
    /// New connections a minute of one address.
    pub opens_per_minute: Option<u32>,
    /// Meetings at once of one body.
    pub meetings_per_body: Option<u32>,
    /// Seconds that meetings go on while their server is not heard, 30 to 3,600.
    pub grace: Option<u32>,
}

/// The usual grace, in seconds: the agent's own.
const GRACE: u32 = 300;

impl File {
    /// How the relay is to behave.
    pub fn config(&self) -> Config {
        let mut config = Config::new(self.servers.clone(), self.origins.clone());
        let limits = &mut config.limits;
        limits.bodies = self.bodies.iter().copied().collect();
        limits.connections = self.connections.unwrap_or(limits.connections);
        limits.connections_per_address =
            self.connections_per_address.unwrap_or(limits.connections_per_address);
        limits.opens_per_minute = self.opens_per_minute.unwrap_or(limits.opens_per_minute);
        limits.meetings_per_body = self.meetings_per_body.unwrap_or(limits.meetings_per_body);
        limits.unheard_ms = Some(u64::from(self.grace.unwrap_or(GRACE).clamp(30, 3_600)) * 1_000);
        config
    }
}
