//! The program's own listener, for a relay that stands by itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gate::{Address, Limits, Place, Places};
use net::tls::ServerCertificate;
use net::{BoxStream, Shutdown};
use pairing::relay::Origin;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::Relay;

/// The opening handshakes (TLS and WebSocket) must be done after this long.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Whoever has something to say begins within this.
const FIRST_BYTE: Duration = Duration::from_secs(2);
/// Opening handshakes at once, and of one address (a /64 in IPv6). One more from an address that
/// has so many, or when all places are taken, displaces the oldest of the address that has most: a
/// flood displaces itself.
const HANDSHAKES: Limits =
    Limits { total: 1_024, strangers: 1_024, newcomers: 0, each: 128, holder: 0 };

/// Accepts connections until told to stop, then shows everybody out.
pub async fn listen(
    relay: Relay,
    listener: TcpListener,
    tls: Option<Arc<ServerCertificate>>,
    shutdown: Shutdown,
) -> net::Result<()> {
    listen_with(relay, listener, tls, shutdown, HANDSHAKES).await
}

/// The same with other limits of opening handshakes.
pub async fn listen_with(
    relay: Relay,
    listener: TcpListener,
    tls: Option<Arc<ServerCertificate>>,
    shutdown: Shutdown,
    handshakes: Limits,
) -> net::Result<()> {
    let config = tls.as_ref().map(|certificate| certificate.config()).transpose()?;
    let door = Arc::new(Door(Mutex::new(Opening {
        places: Places::new(handshakes),
        told: HashMap::new(),
    })));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.wait() => break,
        };
        let (tcp, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly "too many open files": there is nothing to do but let some of them close.
                tracing::warn!(%error, "cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(handshake) = door.enter(from.ip()) else { continue };
        let (relay, config) = (relay.clone(), config.clone());
        tokio::spawn(async move {
            let opened = tokio::select! {
                opened = tokio::time::timeout(HANDSHAKE, open(&relay, tcp, config)) => opened,
                () = handshake.told.notified() => return tracing::debug!("a handshake gave way"),
            };
            match opened {
                Ok(Ok((stream, visitor))) => {
                    // From here on the relay's own limits hold.
                    drop(handshake);
                    carry(relay, stream, from.ip(), visitor).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "no WebSocket"),
                Err(_) => tracing::debug!("handshake too slow"),
            }
        });
    }
    relay.stop();
    Ok(())
}

/// Where handshakes are open.
struct Door(Mutex<Opening>);

struct Opening {
    places: Places,
    told: HashMap<Place, Arc<Notify>>,
}

/// An opening handshake's place; free again when dropped.
struct Handshake {
    door: Arc<Door>,
    place: Place,
    told: Arc<Notify>,
}

impl Door {
    fn enter(self: &Arc<Self>, from: IpAddr) -> Option<Handshake> {
        let told = Arc::new(Notify::new());
        let mut opening = self.opening();
        let (place, gone) = opening.places.open(Some(Address::of(from))).ok()?;
        opening.told.insert(place, told.clone());
        if let Some(gone) = gone.and_then(|gone| opening.told.remove(&gone)) {
            gone.notify_one();
        }
        Some(Handshake { door: self.clone(), place, told })
    }

    fn opening(&self) -> MutexGuard<'_, Opening> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        let mut opening = self.door.opening();
        opening.places.close(self.place);
        opening.told.remove(&self.place);
    }
}

/// Who comes, by path and headers.
enum Visitor {
    /// With a ticket.
    Meeting(Origin),
    /// A server with something to say.
    Server,
}

/// Apart from the handshake, so that its buffers are gone while a session lasts.
async fn carry(relay: Relay, stream: BoxStream, from: IpAddr, visitor: Visitor) {
    match visitor {
        Visitor::Meeting(origin) => Box::pin(relay.serve(stream, from, origin)).await,
        Visitor::Server => Box::pin(relay.listen_to(stream, from)).await,
    }
}

async fn open(
    relay: &Relay,
    tcp: TcpStream,
    tls: Option<Arc<net::tls::ServerConfig>>,
) -> net::Result<(BoxStream, Visitor)> {
    tcp.set_nodelay(true)?;
    // A connection that says nothing at all is not worth the time of a handshake.
    if tokio::time::timeout(FIRST_BYTE, tcp.readable()).await.is_err() {
        return Err(net::Error::PeerMisbehaved("said nothing".to_owned()));
    }
    let stream: BoxStream = match tls {
        Some(config) => net::tls::accept(config, tcp).await?,
        None => Box::new(tcp),
    };
    let mut visitor = Visitor::Server;
    let stream = net::ws::accept_raw(stream, |path, headers| {
        let origin = relay.origin(headers.get("origin").map(AsRef::as_ref));
        visitor = match (path, origin) {
            ("/relay", origin) => Visitor::Meeting(origin),
            ("/relay/server", Origin::Absent) => Visitor::Server,
            // No page is a server.
            ("/relay/server", _) => return Err(403),
            _ => return Err(404),
        };
        Ok(())
    })
    .await?;
    Ok((stream, visitor))
}
