//! Every agent of a country at one server, played with real handshakes, and one played relay:
//! `cargo run --release -p relay --example country`.
//!
//! Arguments: the server's address, its public key (hex), how many agents, the port of the relay,
//! how many meetings the relay says it has. One JSON object a line: how many are in conversation
//! and what it took, whenever that changed; and what the relay hears of meetings that are over.
//! Identities are those of the seed's `country`.
#![allow(clippy::unwrap_used)] // a tool for the bench, not for the field

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use net::{Backoff, Clock as _, Limits, Message, SystemClock, SystemRng, WebSocket};
use pairing::control::{AgentEvent, AgentSide, BUSY, BUSY_MS, Hello, Input, MAX_WORD};
use pairing::relay::{Listener, Word};
use pairing::{AgentId, PublicKey, SigningKey};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How often it is said how they stand, when that changed.
const SAY: Duration = Duration::from_millis(20);
/// Meetings in one message of the relay (`spec/pairing.md`, "Relays elsewhere"), and messages of
/// one answer.
const LIST: usize = 2_048;
const LISTS: usize = 64;

#[derive(Default)]
struct Counts {
    open: AtomicUsize,
    tries: AtomicUsize,
    /// Told to come again.
    busy: AtomicUsize,
    /// Closed or broken before the welcome, without a word.
    refused: AtomicUsize,
    /// Nobody listens.
    nobody: AtomicUsize,
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let server: SocketAddr = args[0].parse().unwrap();
    let key = PublicKey::new(&hex32(&args[1])).unwrap();
    let agents: usize = args[2].parse().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", args[3].parse().unwrap())).await.unwrap();
    tokio::spawn(relay(listener, key, args[4].parse().unwrap()));
    let counts = Arc::new(Counts::default());
    for number in 0..agents {
        tokio::spawn(agent(number, server, key, counts.clone()));
    }
    // It ends when its parent does, whose end of the pipe then closes.
    std::thread::spawn(|| {
        _ = std::io::Read::read_to_end(&mut std::io::stdin(), &mut Vec::new());
        std::process::exit(0);
    });
    let mut said = String::new();
    loop {
        let of = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        let now = format!(
            r#"{{"open":{},"tries":{},"busy":{},"refused":{},"nobody":{}}}"#,
            of(&counts.open),
            of(&counts.tries),
            of(&counts.busy),
            of(&counts.refused),
            of(&counts.nobody)
        );
        if now != said {
            println!("{now}");
            said = now;
        }
        tokio::time::sleep(SAY).await;
    }
}

fn hex32(text: &str) -> [u8; 32] {
    let bytes: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    bytes.try_into().unwrap()
}

fn id(kind: u8, number: usize) -> [u8; 16] {
    let mut id = [kind; 16];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    id
}

enum Ended {
    Nobody,
    Busy,
    Refused,
    /// It was in conversation.
    Lost,
}

/// One agent, with the waits of the real one.
async fn agent(number: usize, server: SocketAddr, key: PublicKey, counts: Arc<Counts>) {
    let ms = Duration::from_millis;
    let (mut lost, mut busy) =
        (Backoff::full(ms(200), ms(1_000)), Backoff::full(ms(1_000), ms(BUSY_MS)));
    loop {
        let backoff = match converse(number, server, key, &counts).await {
            Ended::Busy => {
                counts.busy.fetch_add(1, Ordering::SeqCst);
                &mut busy
            }
            Ended::Nobody => {
                counts.nobody.fetch_add(1, Ordering::SeqCst);
                &mut lost
            }
            Ended::Refused => {
                counts.refused.fetch_add(1, Ordering::SeqCst);
                &mut lost
            }
            Ended::Lost => {
                busy.reset();
                lost.reset();
                &mut lost
            }
        };
        tokio::time::sleep(backoff.wait(&mut SystemRng::new())).await;
    }
}

async fn converse(number: usize, server: SocketAddr, key: PublicKey, counts: &Counts) -> Ended {
    let Ok(mut stream) = TcpStream::connect(server).await else { return Ended::Nobody };
    counts.tries.fetch_add(1, Ordering::SeqCst);
    match opening(&mut stream, server, number).await {
        Ok(101) => {}
        Ok(429 | 503) => return Ended::Busy,
        _ => return Ended::Refused,
    }
    let mut socket =
        WebSocket::connected(stream, Limits { message: MAX_WORD, ..Limits::default() }).await;
    let mut seed = [0x6e; 32];
    seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let hello = Hello {
        version: 0,
        name: "本庁舎".into(),
        program: "0.1.0".into(),
        targets: Vec::new(),
        head: None,
    };
    let clock = SystemClock::new();
    let agent = AgentId(id(0xa6, number));
    let mut side = AgentSide::new(
        agent,
        SigningKey::from_seed(&seed),
        key,
        hello,
        clock.ticks(),
        &mut SystemRng::new(),
    );
    let mut open = false;
    loop {
        while let Some(bytes) = side.poll_transmit() {
            _ = socket.send(Message::Binary(bytes.into())).await;
        }
        let wait = Duration::from_millis(side.timeout().since(clock.ticks()));
        tokio::select! {
            message = socket.recv() => {
                let Ok(Some(message)) = message else { break };
                let input = match &message {
                    Message::Text(text) => Input::Text(text),
                    Message::Binary(bytes) => Input::Binary(bytes),
                    Message::Ping | Message::Pong => Input::Life,
                };
                if side.handle_message(input, clock.ticks()).is_err() {
                    break;
                }
            }
            () = tokio::time::sleep(wait) => if side.handle_timeout(clock.ticks()).is_err() {
                break;
            },
        }
        while let Some(event) = side.poll_event() {
            match event {
                AgentEvent::Heard => {
                    open = true;
                    counts.open.fetch_add(1, Ordering::SeqCst);
                }
                AgentEvent::Order { number, .. } => _ = side.done(number),
                _ => {}
            }
        }
    }
    if open {
        counts.open.fetch_sub(1, Ordering::SeqCst);
        return Ended::Lost;
    }
    if socket.close_reason().is_some_and(|(code, _)| code == BUSY) {
        Ended::Busy
    } else {
        Ended::Refused
    }
}

/// The opening handshake, from an address of the agent's own, as a proxy in front would say.
/// Answers the status.
async fn opening(
    stream: &mut TcpStream,
    server: SocketAddr,
    number: usize,
) -> std::io::Result<u16> {
    let request = format!(
        "GET /agent/control HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: \
         websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nX-Forwarded-For: 10.1.{}.{}\r\n\r\n",
        number / 250,
        number % 250 + 1
    );
    stream.write_all(request.as_bytes()).await?;
    // Byte by byte: what follows the head is the WebSocket's.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 4_096 {
        head.push(stream.read_u8().await?);
    }
    let status =
        std::str::from_utf8(&head).ok().and_then(|head| head.split(' ').nth(1)?.parse().ok());
    Ok(status.unwrap_or_default())
}

/// Hears what is over, and says that it has the meetings of the country.
async fn relay(listener: TcpListener, key: PublicKey, meetings: usize) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(async move {
            let Ok(stream) = net::ws::accept_raw(stream, |path, _| {
                if path == "/relay/server" { Ok(()) } else { Err(404) }
            })
            .await
            else {
                return;
            };
            let mut socket = WebSocket::accepted(stream, Limits::default()).await;
            let mut ears = Listener::new(&mut SystemRng::new());
            _ = socket.send(Message::Binary(ears.challenge().to_vec().into())).await;
            while let Ok(Some(message)) = socket.recv().await {
                let Message::Binary(bytes) = message else { continue };
                match ears.hear(&bytes, &[key]) {
                    Ok((_, Word::End(meeting))) => println!(r#"{{"end":"{meeting}"}}"#),
                    Ok((_, Word::Ask)) => {
                        let all: Vec<usize> = (0..meetings.min(LIST * LISTS)).collect();
                        for list in all.chunks(LIST) {
                            let bytes: Vec<u8> =
                                list.iter().flat_map(|number| id(0x3e, *number)).collect();
                            _ = socket.send(Message::Binary(bytes.into())).await;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        });
    }
}
