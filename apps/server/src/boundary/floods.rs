//! The emergency stop under each flood: over real sockets, with more strangers than there are
//! places.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gate::Limits;
use net::{BoxStream, Shutdown};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;

use crate::testing::{Browser, HOME, ORIGIN, Town};
use kit::http::listen::{Listening, serve};

/// Nothing here takes so long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Few places, so that thousands of strangers are many times more.
const PLACES: usize = 400;
/// Strangers, from two addresses: one alone is held to a share of its own.
const STRANGERS: usize = 2_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flood {
    /// Requests whose bodies never come.
    HeldBodies,
    /// Readers that read nothing.
    DeafReaders,
    /// Connections that say nothing.
    Silence,
    /// TLS handshakes that never end.
    HalfHandshakes,
}

impl Flood {
    fn says(self) -> Vec<u8> {
        match self {
            Self::HeldBodies => format!(
                "POST /sign-in HTTP/1.1\r\nHost: noren.example\r\nOrigin: {ORIGIN}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n"
            )
            .into_bytes(),
            Self::DeafReaders => "GET /api/openapi.json HTTP/1.1\r\nHost: noren.example\r\n\r\n"
                .repeat(4)
                .into_bytes(),
            Self::Silence => Vec::new(),
            // A record of a handshake that promises more than comes.
            Self::HalfHandshakes => b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        }
    }
}

struct Site {
    town: Town,
    address: SocketAddr,
    shutdown: Shutdown,
    trust: Option<Arc<rustls::ClientConfig>>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

impl Site {
    async fn new(tls: bool) -> Self {
        net::raise_descriptors();
        let town = Town::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let listening = Listening { proxies: Vec::new(), places: Limits::of(PLACES) };
        let (server, trust) = if tls { certificate(town.folder.path()) } else { (None, None) };
        tokio::spawn(serve(listener, server, town.router.clone(), shutdown.clone(), listening));
        Self { town, address, shutdown, trust }
    }

    async fn from(&self, address: [u8; 4]) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4 << 10)?;
        socket.bind((IpAddr::from(address), 0).into())?;
        socket.connect(self.address).await
    }

    /// One request over a connection of its own: status and all that was answered. Tried again
    /// while it is displaced, as a browser does.
    async fn ask(&self, from: [u8; 4], request: &str) -> (u16, String) {
        loop {
            if let Ok(answer) = self.try_ask(from, request).await
                && let Some(status) = answer.get(9..12).and_then(|status| status.parse().ok())
            {
                return (status, answer);
            }
        }
    }

    async fn try_ask(&self, from: [u8; 4], request: &str) -> std::io::Result<String> {
        let tcp = self.from(from).await?;
        let mut stream: BoxStream = match &self.trust {
            None => Box::new(tcp),
            Some(trust) => {
                let name = "noren.example".try_into().unwrap();
                Box::new(tokio_rustls::TlsConnector::from(trust.clone()).connect(name, tcp).await?)
            }
        };
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Opens connections and holds them, and goes on opening as long as `hold` is not dropped. Says
    /// once that all were opened.
    fn flood(self: &Arc<Self>, flood: Flood) -> (mpsc::Receiver<()>, tokio::task::JoinHandle<()>) {
        let (all, heard) = mpsc::channel(1);
        let site = self.clone();
        let task = tokio::spawn(async move {
            let mut held = std::collections::VecDeque::new();
            loop {
                let source = [127, 0, 3, u8::try_from(1 + held.len() % 2).unwrap()];
                let Ok(mut stream) = site.from(source).await else { continue };
                _ = stream.write_all(&flood.says()).await;
                held.push_back(stream);
                if held.len() == STRANGERS {
                    _ = all.try_send(());
                    held.pop_front();
                }
            }
        });
        (heard, task)
    }
}

fn certificate(
    folder: &std::path::Path,
) -> (Option<Arc<rustls::ServerConfig>>, Option<Arc<rustls::ClientConfig>>) {
    let made = rcgen::generate_simple_self_signed(vec!["noren.example".to_owned()]).unwrap();
    let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let trust = net::tls::Trust::Pinned(net::tls::fingerprint(made.cert.der()));
    let server = net::tls::ServerCertificate::load(chain, key).unwrap().config().unwrap();
    (Some(server), Some(net::tls::client(&trust).unwrap()))
}

fn stop(browser: &Browser) -> String {
    let cookie = browser.cookie("__Host-noren").unwrap();
    let body = format!("csrf={}", browser.csrf);
    format!(
        "POST /admin/body/stop HTTP/1.1\r\nHost: noren.example\r\nOrigin: {ORIGIN}\r\nCookie: \
         __Host-noren={cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: \
         {}\r\n\r\n{body}",
        body.len()
    )
}

/// Floods, waits until every stranger was there once, and stops the body while the flood goes on:
/// from elsewhere, and then, once the body is in use again, from the very address the flood comes
/// from.
async fn stopped_under(flood: Flood) {
    let site = Arc::new(Site::new(flood == Flood::HalfHandshakes).await);
    let it = site.town.sign_in("it1").await;
    let (mut all, task) = site.flood(flood);
    tokio::time::timeout(PATIENCE, all.recv()).await.unwrap();
    for from in [[127, 0, 0, 9], [127, 0, 3, 1]] {
        let (status, answer) =
            tokio::time::timeout(PATIENCE, site.ask(from, &stop(&it))).await.unwrap();
        assert_eq!(status, 303, "{flood:?}: {answer}");
        let body = HOME.parse().unwrap();
        let mut tx = site.town.app.write_unattended(body).await.unwrap();
        assert!(store::bodies::find(&mut tx, body).await.unwrap().unwrap().suspended, "{flood:?}");
        store::bodies::suspend(&mut tx, body, false).await.unwrap();
        tx.keep(()).await.unwrap();
    }
    task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_is_stopped_under_thousands_of_held_bodies() {
    stopped_under(Flood::HeldBodies).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_is_stopped_under_readers_that_read_nothing() {
    stopped_under(Flood::DeafReaders).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_is_stopped_under_silent_connections() {
    stopped_under(Flood::Silence).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_is_stopped_under_tls_handshakes_that_never_end() {
    stopped_under(Flood::HalfHandshakes).await;
}
