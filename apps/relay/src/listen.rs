//! The program's own listener, for a relay that stands by itself.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use net::tls::ServerCertificate;
use net::{BoxStream, Shutdown};
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
                Ok(Ok((stream, origin))) => {
                    drop(permit);
                    carry(relay, stream, from.ip(), origin).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "no WebSocket"),
                Err(_) => tracing::debug!("handshake too slow"),
            }
        });
    }
    relay.stop();
    Ok(())
}

/// Apart from the handshake, so that its buffers are gone while a session lasts.
async fn carry(relay: Relay, stream: BoxStream, from: IpAddr, origin: pairing::relay::Origin) {
    Box::pin(relay.serve(stream, from, origin)).await;
}

async fn open(
    relay: &Relay,
    tcp: TcpStream,
    tls: Option<Arc<net::tls::ServerConfig>>,
) -> net::Result<(BoxStream, pairing::relay::Origin)> {
    tcp.set_nodelay(true)?;
    let stream: BoxStream = match tls {
        Some(config) => net::tls::accept(config, tcp).await?,
        None => Box::new(tcp),
    };
    let mut origin = pairing::relay::Origin::Absent;
    let stream = net::ws::accept_raw(stream, |path, headers| {
        if path != "/relay" {
            return Err(404);
        }
        origin = relay.origin(headers.get("origin").map(AsRef::as_ref));
        Ok(())
    })
    .await?;
    Ok((stream, origin))
}
