//! Sockets: plain on loopback (or behind something that ends TLS), or TLS by itself.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use net::{BoxStream, Shutdown};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::Peer;

/// Connections at once; each costs a task and its buffers.
const CONNECTIONS: usize = 20_000;
/// A request's head arrives within this, or the connection ends.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// A TLS handshake ends within this.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Serves until told to stop; then connections that are in use finish within ten seconds.
///
/// # Errors
/// None once it listens: a connection that fails ends alone.
pub async fn serve(listener: TcpListener, tls: Option<Arc<rustls::ServerConfig>>, router: Router, shutdown: Shutdown) {
    serve_behind(listener, tls, router, shutdown, Vec::new()).await;
}

/// The same, believing `X-Forwarded-For` of these proxies: what ends TLS before this server, and nothing else.
pub async fn serve_behind(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    router: Router,
    shutdown: Shutdown,
    proxies: Vec<IpAddr>,
) {
    let proxies: Arc<[IpAddr]> = proxies.into();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let acceptor = tls.map(TlsAcceptor::from);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.wait() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, mostly: others will end soon.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            tracing::warn!("too many connections");
            continue;
        };
        _ = stream.set_nodelay(true);
        let (acceptor, router, shutdown, proxies) = (acceptor.clone(), router.clone(), shutdown.clone(), proxies.clone());
        tokio::spawn(async move {
            let stream: BoxStream = match acceptor {
                None => Box::new(stream),
                Some(acceptor) => match tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => Box::new(stream),
                    Ok(Err(_)) | Err(_) => return,
                },
            };
            connection(stream, peer.ip(), router, shutdown, &proxies).await;
            drop(place);
        });
    }
    let _ = tokio::time::timeout(Duration::from_secs(10), places.acquire_many(CONNECTIONS as u32)).await;
}

async fn connection(stream: BoxStream, peer: IpAddr, router: Router, shutdown: Shutdown, proxies: &[IpAddr]) {
    let believed = proxies.contains(&peer.to_canonical());
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        let from = if believed { forwarded(request.headers()).unwrap_or(peer) } else { peer };
        request.extensions_mut().insert(Peer(from));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => if let Err(error) = ended { tracing::debug!(%error, "connection") },
        () = shutdown.wait() => {
            connection.as_mut().graceful_shutdown();
            _ = connection.await;
        }
    }
}

/// The last address of `X-Forwarded-For`: the one our own proxy wrote. What stands before it came from outside.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_own_proxy_wrote_is_believed() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded(&headers), None);
        headers.append("x-forwarded-for", "192.0.2.9, 198.51.100.7".parse().unwrap());
        assert_eq!(forwarded(&headers), "198.51.100.7".parse().ok());
        headers.append("x-forwarded-for", "2001:db8::1".parse().unwrap());
        assert_eq!(forwarded(&headers), "2001:db8::1".parse().ok());
        headers.append("x-forwarded-for", "nonsense".parse().unwrap());
        assert_eq!(forwarded(&headers), None);
    }
}
