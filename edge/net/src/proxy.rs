//! An HTTP proxy used with CONNECT (RFC 9110, section 9.3.6) and Basic authentication (RFC 7617).
//!
//! A password goes over the network in the clear, so it is sent to a proxy that asked for it by
//! Basic, and to no other.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{Error, Result, Stream};

/// The longest answer head that is read, in bytes.
const MAX_HEAD: usize = 16 << 10;
/// Most ways to sign in that are read, and the longest name of one.
const MAX_SCHEMES: usize = 8;
const MAX_SCHEME: usize = 24;

/// A proxy: `http://[user:password@]host:port`.
#[derive(Clone)]
pub struct Proxy {
    /// Host name or address of the proxy.
    pub host: String,
    /// TCP port of the proxy.
    pub port: u16,
    credentials: Option<(String, String)>,
    /// It has asked for the password by Basic.
    asked: Arc<AtomicBool>,
}

impl Proxy {
    /// A proxy without authentication.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, credentials: None, asked: Arc::default() }
    }

    /// Adds a user and password for Basic authentication.
    #[must_use]
    pub fn with_credentials(
        mut self,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        self.credentials = Some((user.into(), password.into()));
        self.asked = Arc::default();
        self
    }

    /// Connects to the proxy and asks it for a connection to `host:port`.
    pub(crate) async fn open(&self, host: &str, port: u16, agent: &str) -> Result<TcpStream> {
        // A proxy that asked once is not made to ask each time.
        let known = self.credentials.is_some() && self.asked.load(Ordering::Relaxed);
        for password in [false, true].into_iter().filter(|password| *password || !known) {
            // It may close after a refusal, or send a page: each try has a line of its own.
            let mut stream = crate::connect(&self.host, self.port).await?;
            let Some(offered) = self.ask(&mut stream, host, port, agent, password).await? else {
                return Ok(stream);
            };
            self.asked.store(self.judge(&offered, password)?, Ordering::Relaxed);
        }
        Err(Error::ProxyMisbehaved)
    }

    /// After a 407: whether to come back with the password.
    fn judge(&self, offered: &[String], tried: bool) -> Result<bool> {
        let all = offered.join(", ");
        self.asked.store(false, Ordering::Relaxed);
        if !offered.iter().any(|scheme| scheme.eq_ignore_ascii_case("Basic")) {
            return Err(Error::ProxyScheme(all));
        }
        match &self.credentials {
            None => Err(Error::ProxyAsks(all)),
            Some(_) if tried => Err(Error::ProxyDenied(all)),
            Some(_) => Ok(true),
        }
    }

    /// Asks for a connection over a stream to the proxy. `None` when it stands, else the ways to
    /// sign in that the proxy offers.
    async fn ask(
        &self,
        stream: &mut impl Stream,
        host: &str,
        port: u16,
        agent: &str,
        password: bool,
    ) -> Result<Option<Vec<String>>> {
        let to =
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
        if !agent.is_empty() {
            request.push_str(&format!("User-Agent: {agent}\r\n"));
        }
        if let Some((user, password)) = self.credentials.as_ref().filter(|_| password) {
            let token = BASE64.encode(format!("{user}:{password}"));
            request.push_str(&format!("Proxy-Authorization: Basic {token}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        // The head is read byte by byte, because the bytes after it belong to the next protocol.
        let mut head = Vec::with_capacity(256);
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= MAX_HEAD {
                return Err(Error::ProxyMisbehaved);
            }
            head.push(stream.read_u8().await?);
        }
        match status(&head).ok_or(Error::ProxyMisbehaved)? {
            200..=299 => Ok(None),
            407 => Ok(Some(offered(&head))),
            refused => Err(Error::ProxyRefused(refused)),
        }
    }
}

impl FromStr for Proxy {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let rest = text
            .strip_prefix("http://")
            .ok_or(Error::BadUrl("a proxy is http://[user:password@]host:port"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // The password may hold an @; the host cannot.
        let (credentials, address) = match rest.rsplit_once('@') {
            Some((credentials, address)) => (Some(credentials), address),
            None => (None, rest),
        };
        let (host, port) =
            address.rsplit_once(':').ok_or(Error::BadUrl("the proxy's port is missing"))?;
        let port = port.parse().map_err(|_| Error::BadUrl("the proxy's port is not a port"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(Error::BadUrl("the proxy's host is missing"));
        }
        let proxy = Self::new(host, port);
        match credentials {
            None => Ok(proxy),
            Some(credentials) => {
                let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
                Ok(proxy.with_credentials(percent_decoded(user)?, percent_decoded(password)?))
            }
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let credentials = if self.credentials.is_some() { "…@" } else { "" };
        write!(f, "Proxy(http://{credentials}{}:{})", self.host, self.port)
    }
}

fn percent_decoded(text: &str) -> Result<String> {
    let wrong = Error::BadUrl("the proxy's user or password is not percent-encoded rightly");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let Some((digits, after)) = rest.split_at_checked(2) else { return Err(wrong) };
        let value = std::str::from_utf8(digits).ok().and_then(id::unhex_typed);
        let Some([value]) = value else { return Err(wrong) };
        bytes.push(value);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| wrong)
}

fn status(head: &[u8]) -> Option<u16> {
    let line = head.strip_prefix(b"HTTP/1.1 ").or_else(|| head.strip_prefix(b"HTTP/1.0 "))?;
    std::str::from_utf8(line.get(..3)?).ok()?.parse().ok()
}

/// The schemes of a 407 (RFC 9110, section 11.6.1): in one header or several, with parameters,
/// whose commas and names are not schemes. A proxy that names none is taken to know Basic.
fn offered(head: &[u8]) -> Vec<String> {
    let head = String::from_utf8_lossy(head);
    let mut schemes: Vec<String> = Vec::new();
    for line in head.split("\r\n") {
        let Some((name, value)) = line.split_once(':') else { continue };
        if !name.eq_ignore_ascii_case("Proxy-Authenticate") {
            continue;
        }
        let mut quoted = false;
        let parts = value.split(|c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        });
        for scheme in parts.filter_map(|part| part.split_whitespace().next()) {
            let named = scheme.len() <= MAX_SCHEME
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            if named && schemes.len() < MAX_SCHEMES && !schemes.iter().any(|one| one == scheme) {
                schemes.push(scheme.to_owned());
            }
        }
    }
    if schemes.is_empty() { vec!["Basic".to_owned()] } else { schemes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_administrators_write() {
        let plain: Proxy = "http://proxy.example:8080".parse().unwrap();
        assert_eq!((plain.host.as_str(), plain.port), ("proxy.example", 8080));
        assert_eq!(plain.credentials, None);
        let full: Proxy = "http://u%3Aser:p@ss%25@[::1]:3128/".parse().unwrap();
        assert_eq!((full.host.as_str(), full.port), ("::1", 3128));
        assert_eq!(full.credentials, Some(("u:ser".to_owned(), "p@ss%".to_owned())));
        assert_eq!(format!("{full:?}"), "Proxy(http://…@::1:3128)");
        for bad in [
            "proxy:8080",
            "https://proxy:1",
            "http://proxy",
            "http://:80",
            "http://a:b",
            "http://%zz:a@b:1",
            "http://%f:a@b:1",
        ] {
            assert!(bad.parse::<Proxy>().is_err(), "{bad}");
        }
    }

    async fn asked(answer: &[u8], password: bool) -> (Result<Option<Vec<String>>>, String) {
        let (mut here, mut there) = tokio::io::duplex(1 << 20);
        there.write_all(answer).await.unwrap();
        let proxy = Proxy::new("p", 1).with_credentials("user", "pass");
        let result = proxy.ask(&mut here, "server.example", 443, "Agent/1", password).await;
        drop(here);
        let mut request = String::new();
        there.read_to_string(&mut request).await.unwrap();
        (result, request)
    }

    #[tokio::test]
    async fn asks_with_a_user_agent_and_with_credentials_when_they_are_wanted() {
        let plain = "CONNECT server.example:443 HTTP/1.1\r\nHost: server.example:443\r\n\
                     User-Agent: Agent/1\r\n";
        for (password, more) in [(false, ""), (true, "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n")]
        {
            let (result, request) = asked(b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n", password).await;
            assert!(matches!(result, Ok(None)));
            assert_eq!(request, format!("{plain}{more}\r\n"));
        }
    }

    #[tokio::test]
    async fn what_a_proxy_offers_is_read() {
        for (headers, schemes) in [
            ("Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n", "Negotiate NTLM"),
            ("proxy-authenticate: Basic realm=\"a, Digest b\"\r\n", "Basic"),
            (
                "Proxy-Authenticate: Digest realm=\"x\", nonce=\"y\", Basic realm=\"z\"\r\n",
                "Digest Basic",
            ),
            ("Proxy-Authenticate: Negotiate YII=, NTLM, NTLM\r\n", "Negotiate NTLM"),
            ("Proxy-Authenticate: <b>x</b>\r\nWWW-Authenticate: Bearer\r\n", "Basic"),
            ("Content-Length: 0\r\n", "Basic"),
        ] {
            let answer = format!("HTTP/1.1 407 Who?\r\n{headers}\r\n");
            let (result, _) = asked(answer.as_bytes(), false).await;
            assert_eq!(result.unwrap().unwrap().join(" "), schemes, "{headers}");
        }
    }

    #[test]
    fn every_file_of_the_corpus_is_survived() {
        let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answered = |bytes: &[u8]| {
            let (fine, rest) = runtime.block_on(async {
                let (mut here, mut there) = tokio::io::duplex(1 << 20);
                there.write_all(bytes).await.unwrap();
                there.shutdown().await.unwrap();
                let fine = Proxy::new("p", 1)
                    .ask(&mut here, "server.example", 443, "Agent/1", false)
                    .await
                    .is_ok_and(|offered| offered.is_none());
                let mut rest = Vec::new();
                here.read_to_end(&mut rest).await.unwrap();
                (fine, rest)
            });
            // Only a whole answer that says yes lets anything through, and what follows it is the
            // server's.
            if fine {
                assert!(
                    bytes.starts_with(b"HTTP/1.") && bytes[9] == b'2' && bytes.ends_with(&rest)
                );
            }
        };
        assert!(crate::corpus::survived(root, "proxy", answered) >= 8);
    }

    #[tokio::test]
    async fn refusals_and_nonsense_are_told_apart() {
        let refused = asked(b"HTTP/1.1 403 No\r\n\r\n", false).await.0;
        assert!(matches!(refused, Err(Error::ProxyRefused(403))));
        let other = asked(b"SSH-2.0-nope\r\n\r\n", false).await.0;
        assert!(matches!(other, Err(Error::ProxyMisbehaved)));
        static ENDLESS: [u8; MAX_HEAD + 1] = [b'a'; MAX_HEAD + 1];
        assert!(matches!(asked(&ENDLESS, false).await.0, Err(Error::ProxyMisbehaved)));
    }
}
