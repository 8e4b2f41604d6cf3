//! The program's own listener, for a relay that stands by itself.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use net::tls::ServerCertificate;
use net::{BoxStream, Shutdown};
use pairing::relay::Origin;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::Relay;

/// The opening handshakes (TLS and WebSocket) must be done after this long.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Opening handshakes at once.
const HANDSHAKES: usize = 1024;

/// Accepts connections until told to stop, then shows everybody out.
pub async fn listen(
    relay: Relay,
    listener: TcpListener,
    tls: Option<Arc<ServerCertificate>>,
    shutdown: Shutdown,
) -> net::Result<()> {
    let config = tls.as_ref().map(|certificate| certificate.config()).transpose()?;
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
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
        let Ok(permit) = handshakes.clone().try_acquire_owned() else {
            tracing::debug!("too many handshakes at once");
            continue;
        };
        let (relay, config) = (relay.clone(), config.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(HANDSHAKE, open(&relay, tcp, config)).await {
                Ok(Ok((stream, visitor))) => {
                    drop(permit);
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

async fn open(relay: &Relay, tcp: TcpStream, tls: Option<Arc<net::tls::ServerConfig>>) -> net::Result<(BoxStream, Visitor)> {
    tcp.set_nodelay(true)?;
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
