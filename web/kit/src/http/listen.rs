//! Sockets: plain on loopback (or behind something that ends TLS), or TLS by itself.
//!
//! A stranger costs a place and a little memory for a little time. Who gives way when there is no
//! place left, the door decides ([`super::door`]); a head, a body and an answer each have their
//! time ([`super::slow`], [`super::strict`]).

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use gate::{Address, Limits, Stage};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use net::{BoxStream, Shutdown, Stream};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::Peer;
use super::buffers::Socket;
use super::door::{Door, Standing};
use super::slow::{Resting, Timed};
use super::strict::Strict;

/// Connections at once, where the machine has sockets for so many; each costs a task and its
/// buffers.
const CONNECTIONS: usize = 20_000;
/// Files and sockets that are kept for everything but connections: the database, the press, what is
/// being closed.
const OTHERS: usize = 1_024;
/// A request's head arrives within this, or the connection ends.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// A TLS handshake ends within this.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// What a listener is told beside where it listens.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Addresses whose `X-Forwarded-For` is believed: what ends TLS before this server, and nothing
    /// else.
    pub proxies: Vec<IpAddr>,
    /// How many connections at once, and how they are shared.
    pub places: Limits,
}

impl Listening {
    /// As many connections as so many files and sockets allow.
    #[must_use]
    pub fn within(descriptors: usize) -> Self {
        // On a machine that gives few, half of them: the database has to be opened too.
        let connections = descriptors.saturating_sub(OTHERS).max(descriptors / 2).min(CONNECTIONS);
        Self { proxies: Vec::new(), places: Limits::of(connections) }
    }
}

/// Serves until told to stop; then connections that are in use finish within ten seconds.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    router: Router,
    shutdown: Shutdown,
    listening: Listening,
) {
    let proxies: Arc<[IpAddr]> = listening.proxies.into();
    let door = Door::new(listening.places);
    let acceptor = tls.map(TlsAcceptor::from);
    let (alive, mut ended) = mpsc::channel::<()>(1);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.wait() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, mostly, though there should be more than places.
                tracing::warn!(%error, "cannot accept a connection");
                door.relieve();
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let believed = proxies.contains(&peer.ip().to_canonical());
        let Some(standing) = door.enter((!believed).then(|| Address::of(peer.ip()))) else {
            tracing::warn!("too many connections, and all of them known");
            continue;
        };
        _ = stream.set_nodelay(true);
        let (acceptor, router, shutdown, alive) =
            (acceptor.clone(), router.clone(), shutdown.clone(), alive.clone());
        tokio::spawn(async move {
            let carry = async {
                let taken_over = Arc::new(AtomicBool::new(false));
                let stream = Socket::new(stream, taken_over.clone());
                let stream: BoxStream = match acceptor {
                    None => Box::new(stream),
                    Some(acceptor) => {
                        match tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await {
                            Ok(Ok(stream)) => Box::new(stream),
                            Ok(Err(_)) | Err(_) => return,
                        }
                    }
                };
                connection(
                    stream,
                    Origin { peer: peer.ip(), believed },
                    router,
                    shutdown,
                    standing.clone(),
                    taken_over,
                )
                .await;
            };
            tokio::select! {
                () = carry => {}
                () = standing.shown_out() => tracing::debug!("a connection gave way"),
            }
            drop(alive);
        });
    }
    drop(alive);
    _ = tokio::time::timeout(Duration::from_secs(10), ended.recv()).await;
}

/// Where a connection comes from.
#[derive(Clone, Copy)]
struct Origin {
    peer: IpAddr,
    /// It is our own proxy.
    believed: bool,
}

async fn connection(
    stream: impl Stream,
    origin: Origin,
    router: Router,
    shutdown: Shutdown,
    standing: Standing,
    taken_over: Arc<AtomicBool>,
) {
    let stream = Strict::new(stream, standing.clone(), taken_over.clone());
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let forwarded = if origin.believed { forwarded(request.headers()) } else { None };
        let stage = if request.body().is_end_stream() { Stage::Answering } else { Stage::Asking };
        standing.asks(forwarded.map(Address::of), stage);
        let upgrade = request.headers().contains_key(header::UPGRADE);
        let mut request = request.map(|body| Body::new(Timed::new(body, standing.clone())));
        request.extensions_mut().insert(Peer(forwarded.unwrap_or(origin.peer)));
        request.extensions_mut().insert(standing.clone());
        let (router, standing, taken_over) = (router.clone(), standing.clone(), taken_over.clone());
        async move {
            let mut response = router.oneshot(request).await?;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                taken_over.store(true, Ordering::Relaxed);
                return Ok(response);
            }
            if upgrade {
                // What came behind the head was not looked at, since it would have been another
                // protocol's.
                response
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, std::convert::Infallible>(
                response.map(|body| Body::new(Resting::new(body, standing))),
            )
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(gate::HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => if let Err(error) = ended {
            tracing::debug!(%error, "connection") },
        () = shutdown.wait() => {
            connection.as_mut().graceful_shutdown();
            _ = connection.await;
        }
    }
}

/// The last address of `X-Forwarded-For`: the one our own proxy wrote. What stands before it came
/// from outside.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    gate::forwarded(
        headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()?,
    )
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
    use tokio::time::Instant;

    use super::*;
    use crate::error::Refusal;
    use crate::http::bounded;

    #[test]
    fn only_what_our_own_proxy_wrote_is_believed() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded(&headers), None);
        headers.append("x-forwarded-for", "192.0.2.9, 198.51.100.7".parse().unwrap());
        assert_eq!(forwarded(&headers), "198.51.100.7".parse().ok());
        headers.append("x-forwarded-for", "2001:db8::1".parse().unwrap());
        assert_eq!(forwarded(&headers), "2001:db8::1".parse().ok());
        headers.append("x-forwarded-for", "192.0.2.9, [2001:db8::2]:443".parse().unwrap());
        assert_eq!(forwarded(&headers), "2001:db8::2".parse().ok());
        headers.append("x-forwarded-for", "203.0.113.9:5555".parse().unwrap());
        assert_eq!(forwarded(&headers), "203.0.113.9".parse().ok());
        headers.append("x-forwarded-for", "nonsense".parse().unwrap());
        assert_eq!(forwarded(&headers), None);
    }

    /// A connection to a router, in memory, on a clock that the runtime moves on when nobody has
    /// anything to do.
    struct Wire {
        stream: DuplexStream,
        door: Arc<Door>,
    }

    impl Wire {
        fn new(router: Router, buffer: usize) -> Self {
            let (stream, there) = tokio::io::duplex(buffer);
            let door = Door::new(Limits::of(16));
            let standing = door.enter(None).unwrap();
            let peer = Ipv4Addr::LOCALHOST.into();
            tokio::spawn(connection(
                there,
                Origin { peer, believed: true },
                router,
                Shutdown::new(),
                standing,
                Arc::default(),
            ));
            Self { stream, door }
        }

        async fn say(&mut self, text: &str) {
            self.stream.write_all(text.as_bytes()).await.unwrap();
        }

        /// All that is answered until the connection ends.
        async fn rest(mut self) -> String {
            let mut answer = Vec::new();
            _ = self.stream.read_to_end(&mut answer).await;
            while self.door.len() > 0 {
                tokio::task::yield_now().await;
            }
            String::from_utf8_lossy(&answer).into_owned()
        }
    }

    async fn read_all(request: axum::extract::Request) -> Result<String, Refusal> {
        Ok(bounded(request.into_body(), 1 << 20).await?.len().to_string())
    }

    fn router() -> Router {
        let big = || async { vec![b'x'; 4 << 20] };
        Router::new()
            .route("/read", axum::routing::post(read_all))
            .route("/big", axum::routing::get(big))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_held_back_is_answered_and_its_connection_ended() {
        let began = Instant::now();
        let mut wire = Wire::new(router(), 64 << 10);
        wire.say("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nthe first bytes")
            .await;
        let answer = wire.rest().await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(began.elapsed() < Duration::from_secs(30));
        // Much at first is no credit: the last byte is not waited for any longer.
        let began = Instant::now();
        let mut wire = Wire::new(router(), 64 << 10);
        wire.say("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 500001\r\n\r\n").await;
        wire.say(&"x".repeat(500_000)).await;
        let answer = wire.rest().await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_upload_over_a_slow_line_is_taken() {
        let mut wire = Wire::new(router(), 64 << 10);
        wire.say(
            "POST /read HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 409600\r\n\r\n",
        )
        .await;
        // Twenty times four kilobytes in ten seconds would be twice the least.
        for _ in 0..100 {
            wire.say(&"x".repeat(4 << 10)).await;
            tokio::time::advance(Duration::from_secs(2)).await;
        }
        let answer = wire.rest().await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("409600"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_reads_nothing_is_let_go() {
        let began = Instant::now();
        let mut wire = Wire::new(router(), 64 << 10);
        wire.say("GET /big HTTP/1.1\r\nHost: a\r\n\r\n").await;
        while wire.door.len() > 0 {
            tokio::time::advance(Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
            assert!(began.elapsed() < Duration::from_secs(120), "still there");
        }
        assert!(wire.rest().await.len() < 1 << 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_its_time_has_all_of_it() {
        let mut wire = Wire::new(router(), 64 << 10);
        wire.say("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        let (mut read, mut piece) = (0, vec![0; 64 << 10]);
        loop {
            tokio::time::advance(Duration::from_secs(20)).await;
            match wire.stream.read(&mut piece).await.unwrap() {
                0 => break,
                size => read += size,
            }
        }
        assert!(read > 4 << 20, "{read}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_half_a_head_is_let_go() {
        for text in ["", "GET / HTTP/1.1\r\nHost: a\r\n"] {
            let began = Instant::now();
            let mut wire = Wire::new(router(), 64 << 10);
            wire.say(text).await;
            wire.rest().await;
            assert!(began.elapsed() < Duration::from_secs(30), "{text:?}");
        }
    }

    #[tokio::test]
    async fn what_could_be_read_in_two_ways_is_answered_400_on_a_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        tokio::spawn(serve(listener, None, router(), shutdown.clone(), Listening::within(4_096)));
        let ask = async |text: &str| {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            _ = stream.read_to_end(&mut answer).await;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            // A request of HTTP/1.0 is answered in kind.
            let heads = answer.split("HTTP/1.").skip(1);
            heads
                .map(|head| head.get(2..5).unwrap_or_default().parse().unwrap())
                .collect::<Vec<u16>>()
        };
        let host = "Host: a\r\n";
        for bad in [
            format!(
                "POST /read HTTP/1.1\r\n{host}Content-Length: 6\r\nTransfer-Encoding: \
                 chunked\r\n\r\n0\r\n\r\n"
            ),
            format!(
                "POST /read HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nContent-Length: \
                 6\r\n\r\n0\r\n\r\n"
            ),
            "GET /big HTTP/1.1\nHost: a\n\n".to_owned(),
            format!("GET /big HTTP/1.1\r\n{host}X: a\n\r\n"),
            "GET /big HTTP/1.1\r\n\r\n".to_owned(),
            format!("GET /big HTTP/1.1\r\n{host}{host}\r\n"),
        ] {
            assert_eq!(ask(&bad).await, [400], "{bad:?}");
            // Behind a good one on the same connection, too, and after a body.
            let good = format!("POST /read HTTP/1.1\r\n{host}Content-Length: 3\r\n\r\nabc");
            assert_eq!(ask(&format!("{good}{bad}{good}")).await, [200, 400], "{bad:?}");
        }
        let chunked = format!(
            "POST /read HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        );
        let last = "GET /none HTTP/1.0\r\n\r\n";
        assert_eq!(ask(&format!("{chunked}{chunked}{last}")).await, [200, 200, 404]);
        // What is no upgrade ends the connection: what follows was not looked at.
        let upgrade = format!(
            "GET /none HTTP/1.1\r\n{host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n{last}"
        );
        assert_eq!(ask(&upgrade).await, [404]);
        shutdown.trigger();
    }

    #[tokio::test]
    async fn behind_our_proxy_places_are_counted_by_the_address_it_names() {
        let door = Door::new(Limits { total: 12, strangers: 12, newcomers: 1, each: 2, holder: 4 });
        let lines: Vec<Standing> = (0..6).map(|_| door.enter(None).unwrap()).collect();
        let from = |text: &str| Some(Address::of(text.parse().unwrap()));
        for line in &lines[..3] {
            line.asks(from("2001:db8:0:1::5"), Stage::Asking);
        }
        // The third of one /64 took the place of its first; the proxy's idle lines and others'
        // requests go on.
        lines[0].shown_out().await;
        lines[3].asks(from("2001:db8:0:2::5"), Stage::Asking);
        assert_eq!(door.len(), 5);
    }
}
