//! A relay that strangers crowd: over real sockets, from addresses of its own machine.
#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod common;

use std::net::{IpAddr, SocketAddr};

use common::{Desk, data, joined};
use gate::Limits as Handshakes;
use net::{Limits, Message, Shutdown, WebSocket};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

const FEW: Handshakes = Handshakes { total: 40, strangers: 40, newcomers: 0, each: 16, holder: 0 };

async fn from(address: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((IpAddr::from(address), 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// What a page's request says besides; an agent's says nothing.
const PAGE: &str = "Origin: https://noren.example\r\n";

async fn join(mut tcp: TcpStream, more: &str, ticket: &[u8]) -> WebSocket {
    let ask = format!(
        "GET /relay HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: \
         websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    );
    tcp.write_all(ask.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tcp.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    let mut socket =
        WebSocket::connected(tcp, Limits { message: 1 << 20, read_buffer: 4096 }).await;
    socket.send(Message::Binary(ticket.to_vec().into())).await.unwrap();
    socket
}

#[tokio::test]
async fn silent_handshakes_displace_each_other_and_nobody_else() {
    let desk = Desk::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let shutdown = Shutdown::new();
    tokio::spawn(relay::listen_with(desk.relay.clone(), listener, None, shutdown.clone(), FEW));

    // A session that stands.
    let (viewer, agent) = desk.tickets();
    let mut standing_agent = join(from([127, 0, 0, 2], here).await, "", &agent).await;
    assert_eq!(data(&mut standing_agent).await, [0]);
    let mut standing_viewer = join(from([127, 0, 0, 3], here).await, PAGE, &viewer).await;
    joined(&mut standing_agent).await;
    joined(&mut standing_viewer).await;

    // Two addresses open and say nothing, many times what there is room for; between them others
    // come and join.
    let mut silent = Vec::new();
    for round in 0..10 {
        for n in 0..60 {
            silent.push(from([127, 0, 1, 1 + n % 2], here).await);
        }
        let desk = desk.another();
        let (viewer, agent) = desk.tickets();
        let mut agent = join(from([127, 0, 2, round], here).await, "", &agent).await;
        assert_eq!(data(&mut agent).await, [0]);
        // From the crowded address itself, too: the newest displaces the oldest.
        let mut viewer = join(from([127, 0, 1, 1], here).await, PAGE, &viewer).await;
        joined(&mut viewer).await;
        joined(&mut agent).await;
    }
    // The first of the silent were shown out.
    for stream in &mut silent[..8] {
        assert!(matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_)));
    }
    standing_viewer.send(Message::Binary(vec![7].into())).await.unwrap();
    assert_eq!(data(&mut standing_agent).await, [7]);
    shutdown.trigger();
}
