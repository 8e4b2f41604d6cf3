//! The server's half driven by an agent made of its pure machine, over real sockets on loopback.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use net::{Limits, Message, Shutdown, SystemRng, WebSocket};
use pairing::control::{
    AgentEvent, AgentSide, End, EndReason, Hello, Input, Meet, MeetKind, Order, Outbox, PairedBy,
    Refusal, Relays, Report, Target, TargetKind, TargetState,
};
use pairing::{ChannelKey, Door, Head, Seen, SigningKey, UnixMs, UserId, enroll};
use people::{Assignment, AssignmentId, Deed, Permit, Resource};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::{PcState, acts};
use crate::testing::{Browser, HOME, ORIGIN, OTHER, Town};
use kit::http::listen;
use kit::http::listen::Listening;

mod ground;
mod late;
mod lines;
mod meeting;
mod slips;

/// Nothing here takes so long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(20);
const DEVICE: ChannelKey = ChannelKey([0x0d; 32]);

struct Office {
    town: Town,
    address: SocketAddr,
    shutdown: Shutdown,
}

impl Drop for Office {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

/// An agent that is enrolled.
struct Enrolled {
    control_key: SigningKey,
    answer: enroll::Response,
}

/// Its line.
struct Line {
    socket: WebSocket,
    side: AgentSide,
    heard: VecDeque<AgentEvent>,
    /// Where the record stood, as it was told last.
    head: Option<Head>,
}

impl Office {
    async fn new() -> Self {
        let town = Town::new().await;
        town.app.watch();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        tokio::spawn(listen::serve(
            listener,
            None,
            town.router.clone(),
            shutdown.clone(),
            Listening::within(4_096),
        ));
        Self { town, address, shutdown }
    }

    async fn permit(&self, deed: Deed) -> Permit {
        let actor = self.town.actor(HOME, "it1").await;
        actor.permit(deed, Resource::body(actor.body)).unwrap()
    }

    async fn ask_to_enrol(&self, token: &str, control_key: &SigningKey) -> (u16, Value) {
        let request = enroll::Request {
            token: token.to_owned(),
            name: "本庁舎".into(),
            version: "0.1.0".into(),
            channel_key: ChannelKey([0xa9; 32]),
            control_key: control_key.public(),
        };
        let dialer = net::Dialer::new(net::tls::client(&net::tls::Trust::System).unwrap());
        let (status, body) = dialer
            .post_json(&format!("http://{}/agent/enroll", self.address), &request, enroll::MAX)
            .await
            .unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn enrol(&self) -> Enrolled {
        let token =
            acts::issue_token(&self.town.app, &self.permit(Deed::ManageAgents).await, "本庁舎")
                .await
                .unwrap();
        let control_key = SigningKey::random(&mut SystemRng::new());
        let (status, answer) = self.ask_to_enrol(&token, &control_key).await;
        assert_eq!(status, 200, "{answer}");
        Enrolled { control_key, answer: serde_json::from_value(answer).unwrap() }
    }

    async fn socket(&self, path: &str, origin: Option<&str>) -> net::Result<WebSocket> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let mut request = axum::http::Request::get(format!("ws://{}{path}", self.address))
            .header("host", self.address.to_string())
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        WebSocket::handshake(Box::new(stream), request.body(()).unwrap(), Limits::default()).await
    }

    /// Connects an agent and waits for the welcome (with the settings that follow it).
    async fn connect(&self, agent: &Enrolled) -> Line {
        let mut line = self.call(agent, agent.answer.agent).await;
        let AgentEvent::Open(welcome) = line.event().await else { panic!("no welcome") };
        assert_eq!(welcome.body.to_string(), HOME);
        line.head = welcome.head;
        let AgentEvent::Settings(settings) = line.event().await else { panic!("no settings") };
        assert_eq!(
            (&settings.relays, &agent.answer.relays),
            (&Relays::inside(), &Relays::inside())
        );
        line
    }

    async fn call(&self, agent: &Enrolled, id: pairing::AgentId) -> Line {
        self.call_with(agent, id, None).await
    }

    /// An agent's line on which it says that it was told this head.
    async fn call_with(&self, agent: &Enrolled, id: pairing::AgentId, head: Option<Head>) -> Line {
        let target = |id: &str| Target {
            id: id.parse().unwrap(),
            name: format!("企画課 {id}"),
            kind: TargetKind::Vnc,
            zone: pairing::Zone::Lgwan,
            state: TargetState::Ready,
        };
        let targets = vec![target("pc-1"), target("pc-2")];
        let hello =
            Hello { version: 0, name: "本庁舎".into(), program: "0.1.0".into(), targets, head };
        let socket = self.socket("/agent/control", None).await.unwrap();
        let (key, server, now) =
            (agent.control_key.clone(), agent.answer.server_key, pairing::Ticks(0));
        let side = AgentSide::new(id, key, server, hello, now, &mut SystemRng::new());
        Line { socket, side, heard: VecDeque::new(), head: None }
    }

    /// Waits until the server has noticed that the agent is gone.
    async fn is_missed(&self) {
        tokio::time::timeout(PATIENCE, async {
            while !self.town.record(HOME).await.contains(&audit::Kind::AGENT_LOST) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("nobody misses the agent");
    }

    /// An office with one agent, one paired device of `staff1` and one PC that `staff1` may use;
    /// and the browser.
    async fn at_work(&self) -> (Enrolled, Line, Browser, String) {
        // First, because it moves the clock on, and a line would take that for silence.
        let browser = self.town.sign_in("staff1").await;
        let agent = self.enrol().await;
        let mut line = self.connect(&agent).await;
        let staff = self.town.person(HOME, "staff1").await;
        let mut outbox = Outbox::new(&mut SystemRng::new());
        outbox.push(paired(UserId(staff.id.0))).unwrap();
        line.report(&outbox).await;
        let mut tx = self.town.app.write_unattended(staff.body).await.unwrap();
        let pc = store::pcs::by_target(
            &mut tx,
            people::AgentId(agent.answer.agent.0),
            &"pc-1".parse().unwrap(),
        )
        .await
        .unwrap()
        .unwrap();
        let now = self.town.app.now();
        let assignment = Assignment {
            id: AssignmentId([1; 16]),
            body: staff.body,
            staff: staff.id,
            pc: pc.id,
            from: 0,
            until: now + 86_400_000,
            by: staff.id,
        };
        store::assignments::add(&mut tx, &assignment).await.unwrap();
        tx.keep(()).await.unwrap();
        (agent, line, browser, pc.id.to_string())
    }
}

impl Line {
    /// Runs until the agent has something to do.
    async fn event(&mut self) -> AgentEvent {
        tokio::time::timeout(PATIENCE, async {
            loop {
                self.send().await;
                if let Some(event) = self.heard.pop_front() {
                    return event;
                }
                let message = self
                    .socket
                    .recv()
                    .await
                    .unwrap()
                    .unwrap_or_else(|| panic!("closed: {:?}", self.socket.close_reason()));
                self.take(&message);
            }
        })
        .await
        .expect("nothing came")
    }

    fn take(&mut self, message: &Message) {
        let input = match message {
            Message::Text(text) => Input::Text(text),
            Message::Binary(bytes) => Input::Binary(bytes),
            Message::Ping | Message::Pong => Input::Life,
        };
        self.side.handle_message(input, pairing::Ticks(0)).unwrap();
        while let Some(event) = self.side.poll_event() {
            match event {
                AgentEvent::Head(head) => self.head = Some(head),
                AgentEvent::Heard => {}
                other => self.heard.push_back(other),
            }
        }
    }

    async fn send(&mut self) {
        while let Some(bytes) = self.side.poll_transmit() {
            self.socket.send(Message::Binary(bytes.into())).await.unwrap();
        }
    }

    /// Sends what the outbox holds and waits until it is on record.
    async fn report(&mut self, outbox: &Outbox) {
        self.side.offer(outbox).unwrap();
        let last = outbox.after(0).last().unwrap().0;
        loop {
            if self.event().await
                == (AgentEvent::Acknowledged { epoch: outbox.epoch(), number: last })
            {
                return;
            }
        }
    }

    /// True when the server closes the line.
    async fn is_closed(&mut self) -> bool {
        let end = async {
            self.send().await;
            while let Ok(Some(message)) = self.socket.recv().await {
                self.take(&message);
                self.send().await;
            }
        };
        tokio::time::timeout(PATIENCE, end).await.is_ok()
    }
}

fn paired(user: UserId) -> Report {
    Report::DevicePaired {
        device: DEVICE.device_id(),
        key: DEVICE,
        user,
        login: "staff1".into(),
        name: "自宅のPC".into(),
        user_agent: "Chromium".into(),
        invite: "ABCD".parse().unwrap(),
        by: PairedBy::Slip,
        at: UnixMs(1_790_000_000_000),
    }
}

fn json(reply: &crate::testing::Reply) -> Value {
    serde_json::from_slice(&reply.bytes).unwrap()
}

fn device() -> String {
    DEVICE.device_id().to_string()
}

/// Sends a ticket and reads up to the answer that both are there.
async fn join(socket: &mut WebSocket, ticket: &[u8]) {
    socket.send(Message::Binary(ticket.to_vec().into())).await.unwrap();
}

async fn bytes(socket: &mut WebSocket) -> Vec<u8> {
    loop {
        if let Message::Binary(bytes) =
            socket.recv().await.unwrap().unwrap_or_else(|| panic!("{:?}", socket.close_reason()))
        {
            return bytes.to_vec();
        }
    }
}

/// The end that must come, of a session that was asked for now.
async fn opened(browser: &mut Browser, line: &mut Line, pc: &str) -> AgentEvent {
    browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await.ok();
    let AgentEvent::Meet(meet) = line.event().await else { panic!() };
    AgentEvent::End(End { meeting: meet.meeting, reason: EndReason::Revoked })
}
