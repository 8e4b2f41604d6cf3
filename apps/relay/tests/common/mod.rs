//! A relay on a desk, and people who connect to it.
// Each test file uses its part, and a test may stop at once.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::Arc;

use net::{Clock as _, Limits, Message, SystemClock, SystemRng, WebSocket};
use pairing::relay::{Origin, Speaker};
use pairing::{BodyCode, MeetingId, Side, SigningKey, Ticket};
use relay::{Config, Relay};
use tokio::io::DuplexStream;

pub(crate) struct Desk {
    pub(crate) relay: Relay,
    pub(crate) key: SigningKey,
    pub(crate) meeting: MeetingId,
    pub(crate) body: BodyCode,
    clock: SystemClock,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// One that loses patience soon.
    pub(crate) fn impatient() -> Self {
        Self::with(|config| {
            config.limits.ticket_within_ms = 100;
            config.limits.wait_ms = 300;
            config.ping_ms = 50;
            config.silence_ms = 200;
        })
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let key = SigningKey::from_seed(&[1; 32]);
        let mut config = Config::new(vec![key.public()], vec!["https://noren.example".into()]);
        change(&mut config);
        let clock = SystemClock::new();
        Self {
            relay: Relay::new(config, Arc::new(clock)),
            key,
            meeting: MeetingId::random(&mut SystemRng::new()),
            body: "131016".parse().unwrap(),
            clock,
        }
    }

    /// The same relay for another meeting.
    pub(crate) fn another(&self) -> Self {
        Self {
            relay: self.relay.clone(),
            key: self.key.clone(),
            meeting: MeetingId::random(&mut SystemRng::new()),
            body: self.body,
            clock: self.clock,
        }
    }

    pub(crate) fn ticket(&self, side: Side) -> Ticket {
        let (viewer, agent) =
            Ticket::pair(self.meeting, self.body, self.clock.unix(), &mut SystemRng::new());
        match side {
            Side::Viewer => viewer,
            Side::Agent => agent,
        }
    }

    pub(crate) fn tickets(&self) -> (Vec<u8>, Vec<u8>) {
        (self.ticket(Side::Viewer).sign(&self.key), self.ticket(Side::Agent).sign(&self.key))
    }

    pub(crate) fn raw(&self, origin: Origin) -> DuplexStream {
        let (here, there) = tokio::io::duplex(64 << 10);
        let relay = self.relay.clone();
        tokio::spawn(async move { relay.serve(there, [127, 0, 0, 1].into(), origin).await });
        here
    }

    pub(crate) async fn open(&self, origin: Origin) -> WebSocket {
        WebSocket::connected(self.raw(origin), Limits { message: 1 << 20, read_buffer: 4096 }).await
    }

    pub(crate) async fn connect(&self, origin: Origin, ticket: &[u8]) -> WebSocket {
        let mut socket = self.open(origin).await;
        // One that is refused at once may be gone before the ticket is out.
        _ = socket.send(Message::Binary(ticket.to_vec().into())).await;
        socket
    }

    /// A line on which a server would speak.
    pub(crate) async fn line(&self) -> WebSocket {
        let (here, there) = tokio::io::duplex(64 << 10);
        let relay = self.relay.clone();
        tokio::spawn(async move { relay.listen_to(there, [127, 0, 0, 2].into()).await });
        WebSocket::connected(here, Limits { message: 1 << 20, read_buffer: 4096 }).await
    }

    /// Whoever holds this key, on that line.
    pub(crate) async fn speaker(&self, line: &mut WebSocket, key: &SigningKey) -> Speaker {
        Speaker::new(key.clone(), &data(line).await).unwrap()
    }

    /// A viewer and an agent that were joined.
    pub(crate) async fn meeting(&self) -> (WebSocket, WebSocket) {
        let (viewer, agent) = self.tickets();
        let mut agent = self.connect(Origin::Absent, &agent).await;
        assert_eq!(data(&mut agent).await, [0]);
        let mut viewer = self.connect(Origin::Allowed, &viewer).await;
        joined(&mut viewer).await;
        joined(&mut agent).await;
        (viewer, agent)
    }
}

/// The next binary message.
pub(crate) async fn data(socket: &mut WebSocket) -> Vec<u8> {
    loop {
        match socket.recv().await.unwrap() {
            Some(Message::Binary(bytes)) => return bytes.to_vec(),
            Some(_) => {}
            None => panic!("closed with {:?}", socket.close_reason()),
        }
    }
}

/// Reads up to the answer that says the other side is there.
pub(crate) async fn joined(socket: &mut WebSocket) {
    loop {
        match data(socket).await[..] {
            [0] => {}
            [1] => return,
            ref other => panic!("{other:?}"),
        }
    }
}

/// Reads up to the end; the code the peer closed with.
pub(crate) async fn closed_with(socket: &mut WebSocket) -> Option<u16> {
    while let Ok(Some(_)) = socket.recv().await {}
    socket.close_reason().map(|(code, _)| code)
}

/// A client's binary frame (of at most 125 bytes) with a mask of zeros.
pub(crate) fn frame(payload: &[u8]) -> Vec<u8> {
    [&[0x82, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0], payload].concat()
}

/// A word of a server's.
pub(crate) async fn say(line: &mut WebSocket, word: Vec<u8>) {
    line.send(Message::Binary(word.into())).await.unwrap();
}
