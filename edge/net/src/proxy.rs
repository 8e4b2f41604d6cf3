//! An HTTP proxy used with CONNECT (RFC 9110, section 9.3.6) and Basic authentication (RFC 7617).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{Error, Result, Stream};

/// The longest answer head that is read, in bytes.
const MAX_HEAD: usize = 16 << 10;

/// A proxy: `http://[user:password@]host:port`.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Host name or address of the proxy.
    pub host: String,
    /// TCP port of the proxy.
    pub port: u16,
    credentials: Option<(String, String)>,
}

impl Proxy {
    /// A proxy without authentication.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, credentials: None }
    }

    /// Adds a user and password for Basic authentication.
    #[must_use]
    pub fn with_credentials(
        mut self,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        self.credentials = Some((user.into(), password.into()));
        self
    }

    /// Asks the proxy, over a stream to it, for a connection to `host:port`.
    pub(crate) async fn connect(
        &self,
        stream: &mut impl Stream,
        host: &str,
        port: u16,
        user_agent: &str,
    ) -> Result<()> {
        let to =
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
        if !user_agent.is_empty() {
            request.push_str(&format!("User-Agent: {user_agent}\r\n"));
        }
        if let Some((user, password)) = &self.credentials {
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
            200..=299 => Ok(()),
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
        let value =
            std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(value) = value else { return Err(wrong) };
        bytes.push(value);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| wrong)
}

fn status(head: &[u8]) -> Option<u16> {
    let line = head.strip_prefix(b"HTTP/1.1 ").or_else(|| head.strip_prefix(b"HTTP/1.0 "))?;
    std::str::from_utf8(line.get(..3)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_administrators_write() {
        let plain: Proxy = "http://proxy.example:8080".parse().unwrap();
        assert_eq!(plain, Proxy::new("proxy.example", 8080));
        let full: Proxy = "http://u%3Aser:p@ss%25@[::1]:3128/".parse().unwrap();
        assert_eq!(full, Proxy::new("::1", 3128).with_credentials("u:ser", "p@ss%"));
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

    async fn asked(answer: &'static [u8]) -> (Result<()>, String) {
        let (mut here, mut there) = tokio::io::duplex(1 << 20);
        there.write_all(answer).await.unwrap();
        let proxy = Proxy::new("p", 1).with_credentials("user", "pass");
        let result = proxy.connect(&mut here, "server.example", 443, "Agent/1").await;
        drop(here);
        let mut request = String::new();
        there.read_to_string(&mut request).await.unwrap();
        (result, request)
    }

    #[tokio::test]
    async fn asks_with_credentials_and_user_agent() {
        let (result, request) = asked(b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n").await;
        assert!(result.is_ok());
        assert_eq!(
            request,
            "CONNECT server.example:443 HTTP/1.1\r\nHost: server.example:443\r\nUser-Agent: \
             Agent/1\r\n\
             Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"
        );
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
                    .connect(&mut here, "server.example", 443, "Agent/1")
                    .await
                    .is_ok();
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
        assert!(matches!(
            asked(b"HTTP/1.1 407 Who?\r\n\r\n").await.0,
            Err(Error::ProxyRefused(407))
        ));
        assert!(matches!(asked(b"SSH-2.0-nope\r\n\r\n").await.0, Err(Error::ProxyMisbehaved)));
        static ENDLESS: [u8; MAX_HEAD + 1] = [b'a'; MAX_HEAD + 1];
        assert!(matches!(asked(&ENDLESS).await.0, Err(Error::ProxyMisbehaved)));
    }
}
