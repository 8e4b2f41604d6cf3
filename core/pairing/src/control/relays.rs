//! The relays an agent may connect to.
//!
//! Source: `spec/pairing.md`, "Relays an agent goes to".

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A list of relays. Deserialising does not check it; reading the message around it calls
/// [`Relays::check`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Relays(Vec<String>);

impl Relays {
    /// Relays at most.
    pub const MAX: usize = 64;
    /// The longest URL, in bytes.
    pub const MAX_URL: usize = 256;
    /// The relay inside the server, at the address the agent was enrolled with.
    pub const INSIDE: &'static str = "/relay";

    /// Checks a list and keeps it.
    pub fn new(list: Vec<String>) -> Result<Self> {
        let list = Self(list);
        list.check()?;
        Ok(list)
    }

    /// The list of a server whose relay is inside it.
    pub fn inside() -> Self {
        Self(vec![Self::INSIDE.to_owned()])
    }

    /// Every relay.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Checks the number of relays and the form of each.
    pub fn check(&self) -> Result<()> {
        if self.0.len() > Self::MAX {
            return Err(Error::TooLarge("list of relays"));
        }
        self.iter()
            .filter(|relay| *relay != Self::INSIDE)
            .try_for_each(|relay| host(relay).map(drop))
    }

    /// Whether an agent that was enrolled at `server` may go to this relay.
    pub fn allow(&self, relay: &str, server: &str) -> Result<()> {
        if !self.iter().any(|known| known == relay) {
            return Err(Error::ForeignRelay);
        }
        if relay == Self::INSIDE {
            return Ok(());
        }
        let inward = !relay.starts_with("wss://") || is_loopback(host(relay)?);
        let at_home = authority(server).is_some_and(|authority| is_loopback(host_of(authority)));
        if inward && !at_home { Err(Error::ForeignRelay) } else { Ok(()) }
    }
}

/// The host of a relay's URL.
fn host(relay: &str) -> Result<&str> {
    const FAULT: Error = Error::Invalid("relay");
    let authority = authority(relay).filter(|_| relay.len() <= Relays::MAX_URL).ok_or(FAULT)?;
    let scheme = relay.starts_with("wss://") || relay.starts_with("ws://");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    if !scheme || !relay.ends_with(Relays::INSIDE) || !authority.bytes().all(plain) {
        return Err(FAULT);
    }
    // Nothing may stand between the authority and the path.
    if !relay.ends_with(&format!("//{authority}{}", Relays::INSIDE)) {
        return Err(FAULT);
    }
    let host = host_of(authority);
    let port =
        authority.get(host.len() + if authority.starts_with('[') { 2 } else { 0 }..).unwrap_or(":");
    if !(port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0)))
    {
        return Err(FAULT);
    }
    // Only the canonical form of an address is accepted: resolvers also read 127.1, 0x7f.1 and
    // 2130706433.
    let numeric = host
        .trim_end_matches('.')
        .rsplit('.')
        .next()
        .is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    let right = match authority.starts_with('[') {
        true => host.parse::<std::net::Ipv6Addr>().is_ok(),
        false if numeric => host.parse::<Ipv4Addr>().is_ok(),
        false => !host.is_empty() && !host.contains([':', '[', ']']),
    };
    if right { Ok(host) } else { Err(FAULT) }
}

/// What stands between `//` and the path.
fn authority(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split('/').next()
}

fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, _)) => inside,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let address = host.parse::<IpAddr>().map(|address| address.to_canonical());
    name == "localhost"
        || name.ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOWN: &str = "https://noren.example";

    fn one(relay: &str) -> Result<Relays> {
        Relays::new(vec![relay.to_owned()])
    }

    #[test]
    fn a_relay_that_is_not_on_the_list_is_foreign() {
        let list = Relays::new(vec!["wss://relay.example/relay".into(), "/relay".into()]).unwrap();
        assert_eq!(list.allow("wss://relay.example/relay", TOWN), Ok(()));
        assert_eq!(list.allow("/relay", TOWN), Ok(()));
        for other in [
            "wss://relay.example/relay/",
            "wss://RELAY.example/relay",
            "wss://relay.example:443/relay",
            "wss://evil.example/relay",
            "",
            "/",
        ] {
            assert_eq!(list.allow(other, TOWN), Err(Error::ForeignRelay), "{other}");
        }
        assert_eq!(Relays::default().allow("/relay", TOWN), Err(Error::ForeignRelay));
    }

    #[test]
    fn what_leads_inward_is_for_agents_that_were_enrolled_inward() {
        for relay in [
            "ws://127.0.0.1:18598/relay",
            "wss://127.0.0.1/relay",
            "ws://localhost:1/relay",
            "wss://LOCALHOST./relay",
            "wss://a.localhost/relay",
            "wss://[::1]:8443/relay",
            "wss://[::ffff:127.0.0.1]/relay",
            "wss://0.0.0.0/relay",
            "wss://[::]/relay",
            "ws://relay.example/relay",
        ] {
            let list = one(relay).unwrap();
            for town in [
                TOWN,
                "https://localhost.example",
                "https://10.0.0.1",
                "https://user@127.0.0.1",
                "",
            ] {
                assert_eq!(list.allow(relay, town), Err(Error::ForeignRelay), "{relay} at {town}");
            }
            for home in ["http://127.0.0.1:18480", "https://localhost", "http://[::1]:80/"] {
                assert_eq!(list.allow(relay, home), Ok(()), "{relay} at {home}");
            }
        }
    }

    #[test]
    fn a_relay_has_one_form() {
        for bad in [
            "ws://127.0.0.1:18598/internal?x",
            "wss://relay.example/relay?x",
            "wss://relay.example/relay#x",
            "wss://relay.example//relay",
            "wss://relay.example/x/relay",
            "wss://user@relay.example/relay",
            "wss://relay.example:/relay",
            "wss://relay.example:0/relay",
            "wss://relay.example:65536/relay",
            "wss://relay.example:1:2/relay",
            "wss:///relay",
            "wss://[::1/relay",
            "wss://[relay]/relay",
            "wss://127.1/relay",
            "wss://0x7f.1/relay",
            "wss://2130706433/relay",
            "wss://127.0.0.1./relay",
            "wss://リレー.example/relay",
            "wss://relay.example /relay",
            "https://relay.example/relay",
            "relay",
            "",
            "s://",
            "://",
            "/relay/",
        ] {
            assert_eq!(one(bad), Err(Error::Invalid("relay")), "{bad}");
        }
        assert!(one(&format!("wss://{}/relay", "a".repeat(Relays::MAX_URL))).is_err());
        assert_eq!(
            Relays::new(vec!["/relay".into(); Relays::MAX + 1]),
            Err(Error::TooLarge("list of relays"))
        );
    }
}
