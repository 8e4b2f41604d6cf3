//! What counts as one address.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An IPv4 address, or an IPv6 /64, which is the least that one customer gets. Every limit by
/// address counts these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address(IpAddr);

impl Address {
    /// The address that `ip` counts as.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        })
    }

    /// The IP address itself; the first one of a /64.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self::of(ip)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => v4.fmt(f),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

/// One IP address as proxies write it in `X-Forwarded-For`: bare or in brackets, with or without a
/// port after it. `None` for any other text.
#[must_use]
pub fn forwarded(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || {
        text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text).parse().ok()
    };
    bare().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Address {
        Address::of(text.parse().unwrap())
    }

    #[test]
    fn a_64_is_one_address_and_an_ipv4_address_is_one_however_it_is_written() {
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
        assert_eq!(of("2001:db8:1:2::1").to_string(), "2001:db8:1:2::/64");
        assert_eq!(of("192.0.2.7").to_string(), "192.0.2.7");
    }

    #[test]
    fn an_address_with_a_port_is_read_and_what_is_none_is_none() {
        for text in ["203.0.113.9", " 203.0.113.9 ", "203.0.113.9:5555", "[::ffff:203.0.113.9]:443"]
        {
            assert_eq!(forwarded(text).map(Address::of), Some(of("203.0.113.9")), "{text}");
        }
        for text in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443"] {
            assert_eq!(forwarded(text), "2001:db8::1".parse().ok(), "{text}");
        }
        for text in [
            "",
            "unknown",
            "_hidden",
            "203.0.113.9:",
            "203.0.113.9:99999",
            "[203.0.113.9",
            "2001:db8::1]:443",
            "a:1",
        ] {
            assert_eq!(forwarded(text), None, "{text}");
        }
    }
}
