//! The server's end of the control conversation, with pairing's own machine.

use super::TestClock;
use agent::Line;
use net::{Clock as _, Message, SystemRng};
use pairing::control::{
    End, EndReason, Hello, Input, Meet, MeetKind, Order, Refusal, Relays, Report, ServerEvent,
    ServerSide, Settings, TargetState, VERSION, Welcome,
};
use pairing::{Head, InviteId, MeetingId, SigningKey};
use tokio::time::Duration;

pub struct Server {
    pub line: Line,
    side: ServerSide,
    clock: TestClock,
    /// Everything that was reported, acknowledged at once.
    pub reports: Vec<Report>,
    pub declined: Vec<(MeetingId, Refusal)>,
    pub done: Vec<u64>,
    pub hello: Option<Hello>,
    /// How the target was told to be.
    pub states: Vec<TargetState>,
    /// Where the record stands, as it is told at the welcome.
    head: Option<Head>,
}

/// The relay of the played server's list.
pub const RELAY: &str = "wss://relay.example/relay";

impl Server {
    pub async fn open(line: Line, key: &SigningKey, clock: TestClock) -> Self {
        Self::with_head(line, key, clock, None).await
    }

    pub async fn with_head(
        line: Line,
        key: &SigningKey,
        clock: TestClock,
        head: Option<Head>,
    ) -> Self {
        let side = ServerSide::new(key.clone(), clock.ticks(), &mut SystemRng::new());
        let mut server = Self {
            line,
            side,
            clock,
            reports: vec![],
            declined: vec![],
            done: vec![],
            hello: None,
            states: vec![],
            head,
        };
        server.until(|server| server.hello.is_some()).await;
        server
    }

    /// Talks until something is so; for a minute at most.
    pub async fn until(&mut self, so: impl Fn(&Self) -> bool) {
        let talk = async {
            self.flush().await;
            while !so(self) {
                self.step().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), talk)
            .await
            .expect("the agent says what is waited for");
    }

    /// Talks for a while.
    pub async fn listen(&mut self, time: Duration) {
        let talk = async {
            loop {
                self.step().await;
            }
        };
        let _ = tokio::time::timeout(time, talk).await;
    }

    pub async fn meet_session(&mut self, meeting: MeetingId, grant: Vec<u8>) {
        self.meet(meeting, MeetKind::Session { grant }).await;
    }

    pub async fn meet_pairing(&mut self, meeting: MeetingId, invite: InviteId) {
        let kind = MeetKind::Pairing { invite, user: super::USER, login: super::LOGIN.into() };
        self.meet(meeting, kind).await;
    }

    pub async fn order(&mut self, number: u64, order: Order) {
        self.side.order(number, order).unwrap();
        self.flush().await;
    }

    pub async fn end(&mut self, meeting: MeetingId, reason: EndReason) {
        self.side.end(End { meeting, reason }).unwrap();
        self.flush().await;
    }

    async fn meet(&mut self, meeting: MeetingId, kind: MeetKind) {
        self.meet_at(RELAY, meeting, kind).await;
    }

    pub async fn meet_at(&mut self, relay: &str, meeting: MeetingId, kind: MeetKind) {
        let relay = relay.to_owned();
        self.side.meet(Meet { meeting, kind, relay, ticket: super::TICKET.to_vec() }).unwrap();
        self.flush().await;
    }

    pub async fn relays(&mut self, list: &[&str]) {
        let relays = Relays::new(list.iter().map(|&relay| relay.to_owned()).collect()).unwrap();
        self.side.settings(Settings { relays, ..Settings::default() }).unwrap();
        self.flush().await;
    }

    pub async fn head(&mut self, head: Head) {
        self.side.head(head).unwrap();
        self.flush().await;
    }

    async fn step(&mut self) {
        let message = self.line.rx.recv().await.expect("the agent keeps the line");
        let input = match &message {
            Message::Text(text) => Input::Text(text),
            Message::Binary(bytes) => Input::Binary(bytes),
            Message::Ping | Message::Pong => Input::Life,
        };
        self.side.handle_message(input, self.clock.ticks()).unwrap();
        if message == Message::Ping {
            self.line.send(Message::Pong).await;
        }
        while let Some(event) = self.side.poll_event() {
            match event {
                ServerEvent::Claims(_) => {
                    let key = SigningKey::from_seed(&[3; 32]).public();
                    self.side.authenticate(Some(&key)).unwrap();
                }
                ServerEvent::Hello(hello) => {
                    if self.hello.replace(hello).is_none() {
                        let (time, body, head) = (self.clock.unix(), super::body(), self.head);
                        let welcome = Welcome {
                            version: VERSION,
                            body,
                            body_name: "千代田区".into(),
                            time,
                            head,
                        };
                        self.side.welcome(welcome).unwrap();
                        self.relays(&[RELAY]).await;
                        self.side.settled().unwrap();
                    }
                }
                ServerEvent::Report { epoch, number, report } => {
                    self.reports.push(report);
                    self.side.acknowledge(epoch, number).unwrap();
                }
                ServerEvent::Declined { meeting, reason } => self.declined.push((meeting, reason)),
                ServerEvent::Done { number } => self.done.push(number),
                ServerEvent::TargetState { state, .. } => self.states.push(state),
                ServerEvent::Alive => {}
            }
        }
        self.flush().await;
    }

    async fn flush(&mut self) {
        while let Some(bytes) = self.side.poll_transmit() {
            self.line.send(Message::Binary(bytes.into())).await;
        }
    }
}
