//! Connections outward.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use rustls::pki_types::ServerName;
use serde::Serialize;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::http::{exchange, within};
use crate::ws::{Limits, WebSocket};
use crate::{BoxStream, Error, Proxy, Result};

/// Opens connections to a server: over TLS, through a proxy where there is one, with one
/// User-Agent.
#[derive(Clone, Debug)]
pub struct Dialer {
    tls: Arc<rustls::ClientConfig>,
    proxy: Option<Proxy>,
    user_agent: String,
    timeout: Duration,
}

impl Dialer {
    /// A dialer without a proxy that gives up after ten seconds.
    pub fn new(tls: Arc<rustls::ClientConfig>) -> Self {
        let user_agent = concat!("noren/", env!("CARGO_PKG_VERSION")).to_owned();
        Self { tls, proxy: None, user_agent, timeout: Duration::from_secs(10) }
    }

    /// Uses a proxy. Connections to this machine itself stay direct.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Option<Proxy>) -> Self {
        self.proxy = proxy;
        self
    }

    /// Sends another User-Agent, for proxies that accept only some.
    pub fn with_user_agent(mut self, user_agent: &str) -> Result<Self> {
        http::HeaderValue::from_str(user_agent).map_err(|_| Error::BadUrl("User-Agent"))?;
        self.user_agent = user_agent.to_owned();
        Ok(self)
    }

    /// Sets the time limit, from the first packet to the open WebSocket or the whole answer.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Opens a WebSocket at a `wss:` address, or at a `ws:` address of this machine itself
    /// (`https:` and `http:` are accepted for them).
    pub async fn websocket(&self, url: &str, limits: Limits) -> Result<WebSocket> {
        within(self.timeout, async {
            let target = Target::parse(url)?;
            let stream = self.connect(&target).await?;
            let mut request = target
                .websocket_url()
                .into_client_request()
                .map_err(|_| Error::BadUrl("WebSocket"))?;
            self.mark(request.headers_mut());
            WebSocket::handshake(stream, request, limits).await
        })
        .await
    }

    /// Posts JSON to an `https:` address, or to an `http:` address of this machine itself. Returns
    /// the status and a body of at most `max` bytes.
    pub async fn post_json(
        &self,
        url: &str,
        body: &impl Serialize,
        max: usize,
    ) -> Result<(u16, Bytes)> {
        let body =
            serde_json::to_vec(body).map_err(|error| Error::PeerMisbehaved(error.to_string()))?;
        within(self.timeout, async {
            let target = Target::parse(url)?;
            let stream = self.connect(&target).await?;
            let mut request = http::Request::post(target.path)
                .header(http::header::HOST, target.authority)
                .header(http::header::CONTENT_TYPE, "application/json")
                .header(http::header::CONNECTION, "close")
                .body(Full::new(Bytes::from(body)))
                .map_err(|_| Error::BadUrl("path"))?;
            self.mark(request.headers_mut());
            exchange(stream, request, max).await
        })
        .await
    }

    async fn connect(&self, target: &Target) -> Result<BoxStream> {
        let tcp = match &self.proxy {
            Some(proxy) if !target.is_local() => {
                proxy.open(&target.host, target.port, &self.user_agent).await?
            }
            _ => crate::connect(&target.host, target.port).await?,
        };
        // Keys and frames are small and must not wait for more data (Nagle).
        tcp.set_nodelay(true)?;
        if !target.tls {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|_| Error::BadUrl("host"))?;
        let tls =
            TlsConnector::from(self.tls.clone()).connect(name, tcp).await.map_err(Error::Tls)?;
        Ok(Box::new(tls))
    }

    fn mark(&self, headers: &mut http::HeaderMap) {
        if let Ok(value) = http::HeaderValue::from_str(&self.user_agent) {
            headers.insert(http::header::USER_AGENT, value);
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Target {
    tls: bool,
    host: String,
    port: u16,
    authority: String,
    path: String,
}

impl Target {
    fn parse(url: &str) -> Result<Self> {
        let uri: Uri = url.parse().map_err(|_| Error::BadUrl("not a URL"))?;
        let tls = match uri.scheme_str() {
            Some("https" | "wss") => true,
            Some("http" | "ws") => false,
            _ => return Err(Error::BadUrl("neither https: nor wss:")),
        };
        let authority = uri.authority().ok_or(Error::BadUrl("no host"))?;
        if authority.as_str().contains('@') {
            return Err(Error::BadUrl("a URL with a user in it"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(Error::BadUrl("no host"));
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let target = Self { tls, host, port, authority: authority.to_string(), path };
        if !tls && !target.is_local() { Err(Error::Plaintext) } else { Ok(target) }
    }

    fn is_local(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    fn websocket_url(&self) -> String {
        let scheme = if self.tls { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_plain_text_stays_at_home() {
        let target = Target::parse("https://noren.example/relay?x=1").unwrap();
        assert_eq!((target.host.as_str(), target.port, target.tls), ("noren.example", 443, true));
        assert_eq!(target.websocket_url(), "wss://noren.example/relay?x=1");
        assert_eq!(Target::parse("ws://[::1]:8080").unwrap().websocket_url(), "ws://[::1]:8080/");
        assert!(Target::parse("http://127.0.0.1:8443/agent/control").unwrap().is_local());
        assert!(matches!(Target::parse("http://noren.example/"), Err(Error::Plaintext)));
        assert!(matches!(Target::parse("ws://127.0.0.1.example/"), Err(Error::Plaintext)));
        for bad in
            ["", "noren.example", "ftp://noren.example", "https://", "https://a@b/", "wss://a b/"]
        {
            assert!(Target::parse(bad).is_err(), "{bad}");
        }
    }
}
