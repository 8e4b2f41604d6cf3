//! Probes a target when it is added. The certificate it shows is pinned.

use crate::contract::{MOST_PIXELS, MOST_SIDE};
use crate::line::{self, Line};
use crate::probed::Probed;
use crate::target::Address;
use crate::{Detail, Error, tls};
use rfb::{Client, Config, Event, Limits, Security};

/// Protocol of the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A VNC server.
    Vnc,
    /// An RDP server.
    Rdp,
}

/// Connects once without credentials and closes again. An answer in another protocol gives
/// [`Error::PeerMisbehaved`].
pub async fn probe(kind: Kind, address: &Address) -> Result<Probed, Error> {
    line::in_time(async {
        match kind {
            Kind::Vnc => vnc(address).await,
            Kind::Rdp => crate::rdp::probe(address).await,
        }
    })
    .await
}

async fn vnc(address: &Address) -> Result<Probed, Error> {
    let mut client = Client::new(Config {
        accept: vec![
            Security::X509Vnc,
            Security::X509None,
            Security::X509Plain,
            Security::None,
            Security::VncAuth,
        ],
        limits: Limits { side: MOST_SIDE, pixels: MOST_PIXELS },
        ..Config::default()
    });
    let mut line = Line::Plain(line::connect(address).await?);
    let (mut out, mut room, mut pin) = (Vec::new(), vec![0; 4096], None);
    loop {
        match client.poll_event() {
            Some(Event::StartTls { .. }) => {
                out.extend(client.poll_transmit().unwrap_or_default());
                while !out.is_empty() {
                    line.push(&mut out).await?;
                    tokio::task::yield_now().await;
                }
                let Line::Plain(stream) = std::mem::replace(&mut line, Line::Broken) else {
                    return Err(Error::PeerMisbehaved(Detail::new("TLS inside TLS")));
                };
                let (stream, certificate) = tls::start(stream, &address.host, None).await?;
                pin = Some(tls::pin_of(&certificate));
                line = Line::Tls(Box::new(stream));
                if client.tls_established() == Err(rfb::Error::LoginNeeded) {
                    return Ok(Probed { pin, asks_password: false, asks_login: true });
                }
            }
            Some(Event::Ready) => {
                return Ok(Probed { pin, asks_password: false, asks_login: false });
            }
            _ => {}
        }
        out.extend(client.poll_transmit().unwrap_or_default());
        let count = line.exchange(&mut out, &mut room).await?;
        match client.handle_bytes(room.get(..count).unwrap_or_default()) {
            Ok(()) => {}
            Err(rfb::Error::PasswordNeeded) => {
                return Ok(Probed { pin, asks_password: true, asks_login: false });
            }
            Err(error) => return Err(error.into()),
        }
    }
}
