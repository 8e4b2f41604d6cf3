//! Real sockets on loopback: TLS with each kind of trust, the proxy, both sides of WebSocket,
//! reloads.
#![allow(clippy::unwrap_used)] // a test may stop at once

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use net::tls::{self, ServerCertificate, Trust};
use net::{Dialer, Error, Limits, Message, Proxy, WebSocket};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

struct Files {
    folder: PathBuf,
}

impl Drop for Files {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Files {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("noren-net-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    /// Makes a certificate for a name, its own authority; answers its fingerprint.
    fn certificate(&self, name: &str) -> [u8; 32] {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        std::fs::write(self.chain(), made.cert.pem()).unwrap();
        std::fs::write(self.key(), made.signing_key.serialize_pem()).unwrap();
        tls::fingerprint(made.cert.der())
    }

    fn chain(&self) -> PathBuf {
        self.folder.join("chain.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }
}

/// A server that answers every message with itself, over TLS if there is a certificate.
async fn echo(certificate: Option<Arc<ServerCertificate>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let certificate = certificate.clone();
            tokio::spawn(async move {
                let stream: net::BoxStream = match certificate {
                    Some(certificate) => {
                        match tls::accept(certificate.config().unwrap(), tcp).await {
                            Ok(stream) => stream,
                            Err(_) => return,
                        }
                    }
                    None => Box::new(tcp),
                };
                let check = |path: &str, _: &http::HeaderMap| {
                    if path == "/echo" { Ok(()) } else { Err(404) }
                };
                let Ok(stream) = net::ws::accept_raw(stream, check).await else { return };
                let mut socket =
                    WebSocket::accepted(stream, Limits { message: 100_000, read_buffer: 4096 })
                        .await;
                while let Ok(Some(message)) = socket.recv().await {
                    if matches!(message, Message::Text(_) | Message::Binary(_)) {
                        socket.send(message).await.unwrap();
                    }
                }
            });
        }
    });
    address
}

fn dialer(trust: &Trust) -> Dialer {
    Dialer::new(tls::client(trust).unwrap())
}

async fn says_hello(dialer: &Dialer, url: &str) -> Result<(), Error> {
    let mut socket = dialer.websocket(url, Limits::default()).await?;
    socket.send(Message::Text("こんにちは".into())).await?;
    assert_eq!(socket.recv().await?, Some(Message::Text("こんにちは".into())));
    Ok(())
}

#[tokio::test]
async fn each_kind_of_trust_takes_its_own_and_nobody_else() {
    let files = Files::new("trust");
    let fingerprint = files.certificate("localhost");
    let other = Files::new("trust-other");
    other.certificate("localhost");
    let address = echo(Some(ServerCertificate::load(files.chain(), files.key()).unwrap())).await;
    let url = format!("wss://localhost:{}/echo", address.port());
    says_hello(&dialer(&Trust::Only(files.chain())), &url).await.unwrap();
    says_hello(&dialer(&Trust::SystemAnd(files.chain())), &url).await.unwrap();
    says_hello(&dialer(&Trust::Pinned(fingerprint)), &url).await.unwrap();
    // A pinned certificate counts by itself, not by the name in it.
    says_hello(&dialer(&Trust::Pinned(fingerprint)), &url.replace("localhost", "127.0.0.1"))
        .await
        .unwrap();
    let wrong_name = url.replace("localhost", "127.0.0.1");
    for (trust, url) in [
        (Trust::System, &url),
        (Trust::Only(other.chain()), &url),
        (Trust::Pinned([7; 32]), &url),
        (Trust::Only(files.chain()), &wrong_name),
    ] {
        let refused = says_hello(&dialer(&trust), url).await;
        assert!(matches!(refused, Err(Error::Tls(_))), "{trust:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart_and_a_broken_one_is_not() {
    let files = Files::new("renew");
    let first = files.certificate("localhost");
    let certificate = ServerCertificate::load(files.chain(), files.key()).unwrap();
    let address = echo(Some(certificate.clone())).await;
    let url = format!("wss://localhost:{}/echo", address.port());
    says_hello(&dialer(&Trust::Pinned(first)), &url).await.unwrap();
    let second = files.certificate("localhost");
    certificate.reload().unwrap();
    says_hello(&dialer(&Trust::Pinned(second)), &url).await.unwrap();
    assert!(says_hello(&dialer(&Trust::Pinned(first)), &url).await.is_err());
    std::fs::write(files.chain(), "nothing").unwrap();
    assert!(matches!(certificate.reload(), Err(Error::BadCertificate(_))));
    says_hello(&dialer(&Trust::Pinned(second)), &url).await.unwrap();
    // A key of another certificate is no key.
    let other = Files::new("renew-other");
    other.certificate("localhost");
    assert!(matches!(
        ServerCertificate::load(other.chain(), files.key()),
        Err(Error::BadCertificate(_))
    ));
}

/// A proxy that wants a password, offers these ways to give it, and connects to wherever it is
/// told; says what it was asked.
async fn proxy(
    to: SocketAddr,
    offers: &'static str,
) -> (SocketAddr, mpsc::UnboundedReceiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (say, said) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let say = say.clone();
            tokio::spawn(async move {
                let mut client = BufReader::new(tcp);
                let mut head = Vec::new();
                loop {
                    let mut line = String::new();
                    client.read_line(&mut line).await.unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    head.push(line.trim().to_owned());
                }
                let known =
                    head.iter().any(|line| line == "Proxy-Authorization: Basic 5a6u5qmLOnDDpHNz");
                say.send(head).unwrap();
                if !known {
                    let no = format!("HTTP/1.1 407 Proxy Authentication Required\r\n{offers}\r\n");
                    client.write_all(no.as_bytes()).await.unwrap();
                    return;
                }
                let mut server = TcpStream::connect(to).await.unwrap();
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
                _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (address, said)
}

#[tokio::test]
async fn tls_goes_through_a_proxy_that_wants_a_password() {
    let files = Files::new("proxy");
    files.certificate("noren.example");
    let server = echo(Some(ServerCertificate::load(files.chain(), files.key()).unwrap())).await;
    let basic = "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"x\"\r\n";
    let (address, mut said) = proxy(server, basic).await;
    let dialer = dialer(&Trust::Only(files.chain())).with_user_agent("Office/9").unwrap();
    let through = |proxy: Proxy| dialer.clone().with_proxy(Some(proxy));
    let proxy = Proxy::new("127.0.0.1", address.port());
    let right = through(proxy.clone().with_credentials("宮橋", "päss"));
    // The name is the proxy's to resolve: nothing here knows it.
    says_hello(&right, "wss://noren.example/echo").await.unwrap();
    let head = said.recv().await.unwrap();
    assert_eq!(head[0], "CONNECT noren.example:443 HTTP/1.1");
    assert!(head.contains(&"User-Agent: Office/9".to_owned()), "{head:?}");
    let sent = |head: &[String]| head.iter().any(|line| line.starts_with("Proxy-Authorization"));
    assert!(!sent(&head), "no password unasked: {head:?}");
    assert!(sent(&said.recv().await.unwrap()));
    // A proxy that has asked is not made to ask again.
    says_hello(&right, "wss://noren.example/echo").await.unwrap();
    assert!(sent(&said.recv().await.unwrap()));
    let open = async |dialer: Dialer| {
        dialer.websocket("wss://noren.example/echo", Limits::default()).await.map(drop)
    };
    let none = open(through(proxy.clone())).await;
    assert!(matches!(&none, Err(Error::ProxyAsks(ways)) if ways == "Negotiate, Basic"), "{none:?}");
    said.recv().await.unwrap();
    let wrong = open(through(proxy.with_credentials("宮橋", "falsch"))).await;
    assert!(matches!(wrong, Err(Error::ProxyDenied(_))), "{wrong:?}");
    assert!(!sent(&said.recv().await.unwrap()) && sent(&said.recv().await.unwrap()));
    // What is on this machine is not asked of the proxy.
    let plain = echo(None).await;
    says_hello(&right, &format!("ws://127.0.0.1:{}/echo", plain.port())).await.unwrap();
    assert!(said.try_recv().is_err());
}

#[tokio::test]
async fn a_proxy_of_windows_is_told_by_name_and_gets_no_password() {
    let server = echo(None).await;
    let ways = "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n";
    let (address, mut said) = proxy(server, ways).await;
    let proxy = Proxy::new("127.0.0.1", address.port()).with_credentials("宮橋", "päss");
    let dialer = dialer(&Trust::System).with_proxy(Some(proxy));
    for _ in 0..2 {
        let refused = dialer.websocket("wss://noren.example/echo", Limits::default()).await;
        let Err(Error::ProxyScheme(offered)) = refused else { panic!("{refused:?}") };
        assert_eq!(offered, "Negotiate, NTLM");
        let head = said.recv().await.unwrap();
        assert!(!head.iter().any(|line| line.starts_with("Proxy-Authorization")), "{head:?}");
    }
    assert!(said.try_recv().is_err(), "it is asked once each time");
}

#[tokio::test]
async fn both_sides_of_a_websocket_in_two_tasks() {
    let address = echo(None).await;
    let socket = dialer(&Trust::System)
        .websocket(&format!("ws://{address}/echo"), Limits::default())
        .await
        .unwrap();
    let (mut sender, mut receiver) = socket.split();
    let sending = tokio::spawn(async move {
        for len in [0, 1, 125, 126, 65_535, 65_536, 100_000] {
            sender.send(Message::Binary(vec![len as u8; len].into())).await.unwrap();
        }
        sender.send(Message::Ping).await.unwrap();
        sender
    });
    for len in [0, 1, 125, 126, 65_535, 65_536, 100_000] {
        assert_eq!(
            receiver.recv().await.unwrap(),
            Some(Message::Binary(vec![len as u8; len].into()))
        );
    }
    assert_eq!(receiver.recv().await.unwrap(), Some(Message::Pong));
    let mut sender = sending.await.unwrap();
    sender.close(1000, "さようなら").await.unwrap();
    assert_eq!(receiver.recv().await.unwrap(), None);
}

#[tokio::test]
async fn a_message_over_the_limit_is_not_taken() {
    let address = echo(None).await;
    let limits = Limits { message: 1_000, read_buffer: 1_024 };
    let mut socket =
        dialer(&Trust::System).websocket(&format!("ws://{address}/echo"), limits).await.unwrap();
    socket.send(Message::Binary(vec![1; 1_000].into())).await.unwrap();
    assert_eq!(socket.recv().await.unwrap(), Some(Message::Binary(vec![1; 1_000].into())));
    socket.send(Message::Binary(vec![1; 1_001].into())).await.unwrap();
    assert!(matches!(socket.recv().await, Err(Error::TooLarge)));
}

#[tokio::test]
async fn what_is_no_websocket_is_named() {
    let address = echo(None).await;
    let refused =
        dialer(&Trust::System).websocket(&format!("ws://{address}/other"), Limits::default()).await;
    assert!(matches!(refused, Err(Error::Refused(404))), "{refused:?}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap();
    let dialer = dialer(&Trust::System).with_timeout(Duration::from_millis(100));
    let late = dialer.websocket(&format!("ws://{silent}/"), Limits::default()).await;
    assert!(matches!(late, Err(Error::TimedOut)), "{late:?}");
    drop(listener);
    let gone = dialer.websocket(&format!("ws://{silent}/"), Limits::default()).await;
    assert!(matches!(gone, Err(Error::Io(_))), "{gone:?}");
}

/// Answers one request with these bytes; says what it was asked.
async fn answering(answer: &'static [u8]) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\"hanako\"}") {
            request.push(tcp.read_u8().await.unwrap());
        }
        tcp.write_all(answer).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (address, asked)
}

#[tokio::test]
async fn json_is_posted_and_the_answer_is_bounded() {
    let body = std::collections::BTreeMap::from([("name", "hanako")]);
    let dialer = dialer(&Trust::System);
    let (address, asked) =
        answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 21\r\n\r\n{\"error\":\"bad_token\"}")
            .await;
    let (status, answer) =
        dialer.post_json(&format!("http://{address}/agent/enroll"), &body, 1_000).await.unwrap();
    assert_eq!((status, &answer[..]), (403, &b"{\"error\":\"bad_token\"}"[..]));
    let request = asked.await.unwrap().to_lowercase();
    assert!(
        request.starts_with("post /agent/enroll http/1.1\r\n")
            && request.contains("content-type: application/json"),
        "{request}"
    );
    let (address, _) =
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"error\":\"bad_token\"}").await;
    let large = dialer.post_json(&format!("http://{address}/"), &body, 20).await;
    assert!(matches!(large, Err(Error::TooLarge)), "{large:?}");
    let (address, _) = answering(b"SMTP ready\r\n\r\n").await;
    let other = dialer.post_json(&format!("http://{address}/"), &body, 1_000).await;
    assert!(matches!(other, Err(Error::PeerMisbehaved(_))), "{other:?}");
}
