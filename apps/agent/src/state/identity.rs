//! Who this agent is: made once, at enrolment.

use super::Document;
use pairing::{AgentId, AgentNumber, BodyCode, PublicKey, SigningKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

/// The agent's identity, and how it reaches its server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Identity {
    /// Address of the server, `https:` (or `http:` on this very machine), without a path.
    pub server: String,
    /// What the agent calls itself.
    pub name: String,
    /// Its id.
    pub agent: AgentId,
    /// Its short name, for slips.
    pub number: AgentNumber,
    /// Its body.
    pub body: BodyCode,
    /// The body's name.
    pub body_name: String,
    /// The server's key, pinned.
    pub server_key: PublicKey,
    /// Secret half of the static key of the channel.
    pub channel_key: Seed,
    /// Secret half of the key of the control conversation.
    pub control_key: Seed,
    /// File with the authorities that vouch for the server, when the system's do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<std::path::PathBuf>,
    /// HTTP CONNECT proxy, with user and password where it asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
}

/// Thirty-two secret bytes: wiped when dropped, not shown by `Debug`, hexadecimal in the file.
#[derive(Clone)]
pub struct Seed(Zeroizing<[u8; 32]>);

impl Document for Identity {
    const FILE: &'static str = "identity.json";
    const MAX: u64 = 64 << 10;
}

impl Identity {
    /// The static key of the channel.
    pub fn channel_key(&self) -> channel::SecretKey {
        channel::SecretKey::from_bytes(*self.channel_key.0)
    }

    /// The key of the control conversation.
    pub fn control_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.control_key.0)
    }

    /// Address of the control conversation.
    pub fn control_url(&self) -> String {
        format!("{}/agent/control", websocket(&self.server))
    }

    /// Where a relay of the list is: a path means the server's own, at the address this agent knows
    /// it by (the public one may lead through a front).
    pub(crate) fn relay_url(&self, relay: &str) -> String {
        if relay.starts_with('/') {
            format!("{}{relay}", websocket(&self.server))
        } else {
            relay.to_owned()
        }
    }
}

impl Seed {
    /// Keeps these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Zeroizing::new(id::hex(&*self.0)))
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(from)?);
        let bytes = id::unhex_typed(&text);
        let bytes = bytes.ok_or_else(|| de::Error::custom("a key of 64 hexadecimal digits"))?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

fn websocket(server: &str) -> String {
    let server = server.trim_end_matches('/');
    match server.strip_prefix("http") {
        Some(rest) => format!("ws{rest}"),
        None => server.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_web_sockets() {
        assert_eq!(websocket("https://noren.example/"), "wss://noren.example");
        assert_eq!(websocket("http://127.0.0.1:8080"), "ws://127.0.0.1:8080");
    }

    #[test]
    fn a_seed_survives_and_is_not_shown() {
        let seed = Seed::new([0xa5; 32]);
        let text = serde_json::to_string(&seed).unwrap();
        assert_eq!(*serde_json::from_str::<Seed>(&text).unwrap().0, [0xa5; 32]);
        assert!(!format!("{seed:?}").contains("a5"));
        for bad in [
            "\"\"",
            "\"00\"",
            "1",
            &format!("\"{}\"", "zz".repeat(32)),
            &format!("\"{}\"", "é".repeat(32)),
        ] {
            assert!(serde_json::from_str::<Seed>(bad).is_err(), "{bad}");
        }
    }
}
