//! Syslog over TLS (RFC 5425): an outward connection to a receiver.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio_rustls::TlsConnector;

use crate::http::within;
use crate::tls::{Trust, client};
use crate::{BoxStream, Error, Result};

/// The assigned port of syslog over TLS.
const PORT: u16 = 6514;
/// Time limit of connecting with the handshake, and of sending a message.
const PATIENCE: Duration = Duration::from_secs(10);

/// The address of a receiver and the TLS settings for it.
#[derive(Clone, Debug)]
pub struct SyslogTarget {
    host: String,
    port: u16,
    tls: Arc<rustls::ClientConfig>,
}

impl SyslogTarget {
    /// A receiver at `HOST` or `HOST:PORT` (`[ADDRESS]:PORT` for IPv6), and the authorities it must
    /// be signed by.
    pub fn new(address: &str, trust: &Trust) -> Result<Self> {
        let authority: http::uri::Authority =
            address.parse().map_err(|_| Error::BadUrl("HOST[:PORT]"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || address.contains('@') {
            return Err(Error::BadUrl("HOST[:PORT]"));
        }
        let mut tls = client(trust)?.as_ref().clone();
        // No protocol name is assigned to syslog, and a receiver may refuse one that is HTTP's.
        tls.alpn_protocols.clear();
        Ok(Self { host, port: authority.port_u16().unwrap_or(PORT), tls: Arc::new(tls) })
    }

    /// The address in its canonical form, `HOST:PORT`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Connects, always over TLS.
    pub async fn connect(&self) -> Result<Syslog> {
        within(PATIENCE, async {
            let tcp = crate::connect(&self.host, self.port).await?;
            tcp.set_nodelay(true)?;
            let name =
                ServerName::try_from(self.host.clone()).map_err(|_| Error::BadUrl("host"))?;
            let tls = TlsConnector::from(self.tls.clone())
                .connect(name, tcp)
                .await
                .map_err(Error::Tls)?;
            let stream: BoxStream = Box::new(tls);
            let (from, to) = tokio::io::split(stream);
            Ok(Syslog { from, to })
        })
        .await
    }
}

/// A connection to a receiver.
pub struct Syslog {
    from: ReadHalf<BoxStream>,
    to: WriteHalf<BoxStream>,
}

impl Syslog {
    /// Sends one message. Success does not prove that the receiver kept it: the protocol has no
    /// acknowledgement.
    pub async fn send(&mut self, message: &str) -> Result<()> {
        let frame = framed(message);
        within(PATIENCE, async {
            self.to.write_all(&frame).await?;
            self.to.flush().await?;
            Ok(())
        })
        .await
    }

    /// Returns when the receiver has closed the connection. Whatever it sends is ignored.
    pub async fn gone(&mut self) {
        let mut scrap = [0; 512];
        while self.from.read(&mut scrap).await.is_ok_and(|read| read > 0) {}
    }
}

/// Octet counting (RFC 5425, 4.3).
fn framed(message: &str) -> Vec<u8> {
    format!("{} {message}", message.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_counted_not_characters() {
        assert_eq!(framed("<109>1 あ"), "10 <109>1 あ".as_bytes());
    }

    #[test]
    fn a_target_is_a_host_and_perhaps_a_port() {
        let name = |address: &str| {
            SyslogTarget::new(address, &Trust::System).map(|target| target.name()).ok()
        };
        assert_eq!(name("log.example.jp").as_deref(), Some("log.example.jp:6514"));
        assert_eq!(name("[2001:db8::1]:601").as_deref(), Some("2001:db8::1:601"));
        assert_eq!(name("a@b"), None);
        assert_eq!(name(""), None);
    }
}
