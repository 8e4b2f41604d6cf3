//! The server's half driven by an agent made of its pure machine, over real sockets on loopback.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use net::{Limits, Message, Shutdown, SystemRng, WebSocket};
use pairing::control::{
    AgentEvent, AgentSide, End, EndReason, Hello, Input, Meet, MeetKind, Order, Outbox, PairedBy, Refusal, Relays, Report,
    Target, TargetKind, TargetState,
};
use pairing::{ChannelKey, Door, Head, Seen, SigningKey, UnixMs, UserId, enroll};
use people::{Action, Assignment, AssignmentId, Permit, Resource};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::{PcState, acts};
use crate::http::listen;
use crate::http::listen::Listening;
use crate::testing::{Browser, HOME, ORIGIN, OTHER, Town};

mod ground;
mod late;

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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        tokio::spawn(listen::serve(listener, None, town.router.clone(), shutdown.clone(), Listening::within(4_096)));
        Self { town, address, shutdown }
    }

    async fn permit(&self, action: Action) -> Permit {
        let actor = self.town.actor(HOME, "it1").await;
        actor.permit(action, Resource::body(actor.body)).unwrap()
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
        let (status, body) =
            dialer.post_json(&format!("http://{}/agent/enroll", self.address), &request, enroll::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn enrol(&self) -> Enrolled {
        let token = acts::issue_token(&self.town.app, &self.permit(Action::ManageAgents).await, "本庁舎").await.unwrap();
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
        assert_eq!((&settings.relays, &agent.answer.relays), (&Relays::inside(), &Relays::inside()));
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
        let hello = Hello { version: 0, name: "本庁舎".into(), program: "0.1.0".into(), targets, head };
        let socket = self.socket("/agent/control", None).await.unwrap();
        let (key, server, now) = (agent.control_key.clone(), agent.answer.server_key, pairing::Ticks(0));
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

    /// An office with one agent, one paired device of `staff1` and one PC that `staff1` may use; and the browser.
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
        let pc = store::pcs::by_target(&mut tx, people::AgentId(agent.answer.agent.0), &"pc-1".parse().unwrap())
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
                let message =
                    self.socket.recv().await.unwrap().unwrap_or_else(|| panic!("closed: {:?}", self.socket.close_reason()));
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
            if self.event().await == (AgentEvent::Acknowledged { epoch: outbox.epoch(), number: last }) {
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
        if let Message::Binary(bytes) = socket.recv().await.unwrap().unwrap_or_else(|| panic!("{:?}", socket.close_reason())) {
            return bytes.to_vec();
        }
    }
}

#[tokio::test]
async fn a_token_makes_one_agent_and_no_second() {
    let office = Office::new().await;
    let token = acts::issue_token(&office.town.app, &office.permit(Action::ManageAgents).await, "支所").await.unwrap();
    let key = SigningKey::random(&mut SystemRng::new());
    let (status, answer) = office.ask_to_enrol(&token.to_lowercase(), &key).await;
    assert_eq!(status, 200, "as people type it: {answer}");
    let answer: enroll::Response = serde_json::from_value(answer).unwrap();
    assert_eq!(answer.body.to_string(), HOME);
    assert_eq!(answer.server_key.as_bytes(), office.town.app.keys.signing.verifying_key().as_bytes());
    for token in [token.as_str(), "0000-0000-0000-0000-0000-0000", ""] {
        let (status, answer) = office.ask_to_enrol(token, &key).await;
        assert_eq!((status, &answer["error"]), (403, &json!("bad_token")), "{answer}");
    }
    let late = acts::issue_token(&office.town.app, &office.permit(Action::ManageAgents).await, "遅い").await.unwrap();
    office.town.clock.advance(acts::TOKEN_MS as u64);
    assert_eq!(office.ask_to_enrol(&late, &key).await.0, 403, "a day and no longer");
}

#[tokio::test]
async fn an_agent_offers_its_pcs_and_is_missed_when_it_goes() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let line = office.connect(&agent).await;
    let (id, target) = (people::AgentId(agent.answer.agent.0), "pc-1".parse().unwrap());
    let hub = &office.town.app.hub;
    assert_eq!(hub.state(id, &target), PcState::Ready);
    drop(line);
    office.is_missed().await;
    assert_eq!(hub.state(id, &target), PcState::Offline);
    let kinds = office.town.record(HOME).await;
    let count = |kind| kinds.iter().filter(|known| **known == kind).count();
    assert_eq!(
        (count(audit::Kind::AGENT_ENROLLED), count(audit::Kind::AGENT_CONNECTED), count(audit::Kind::PC_OFFERED)),
        (1, 1, 2)
    );
    // Back again: the PCs are known.
    let _line = office.connect(&agent).await;
    let kinds = office.town.record(HOME).await;
    assert_eq!(kinds.iter().filter(|kind| **kind == audit::Kind::PC_OFFERED).count(), 2);
}

#[tokio::test]
async fn who_is_not_the_agent_stays_outside() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let stranger = Enrolled { control_key: SigningKey::random(&mut SystemRng::new()), answer: agent.answer.clone() };
    assert!(office.call(&stranger, agent.answer.agent).await.is_closed().await, "another key");
    assert!(office.call(&agent, pairing::AgentId([9; 16])).await.is_closed().await, "no such agent");
    let refused = office.socket("/agent/control", Some("https://elsewhere.example")).await;
    assert!(matches!(refused, Err(net::Error::Refused(403))), "a foreign page");
    let id = people::AgentId(agent.answer.agent.0);
    let mut line = office.connect(&agent).await;
    acts::revoke_agent(&office.town.app, &office.permit(Action::ManageAgents).await, id).await.unwrap();
    assert_eq!(line.event().await, AgentEvent::Order { number: 1, order: Order::Retire });
    assert!(line.is_closed().await, "its line closes, whether or not it says that it has heard");
    // Back again it is told once more, offers nothing, and is shown out.
    let mut line = office.call(&agent, agent.answer.agent).await;
    assert!(matches!(line.event().await, AgentEvent::Open(_)));
    assert_eq!(line.event().await, AgentEvent::Order { number: 1, order: Order::Retire });
    assert!(!office.town.app.hub.is_connected(id));
    line.side.done(1).unwrap();
    assert!(line.is_closed().await);
}

#[tokio::test]
async fn an_agent_of_the_first_version_is_told_so_by_the_close_code() {
    let office = Office::new().await;
    let mut socket = office.socket("/agent/control", None).await.unwrap();
    assert_eq!(bytes(&mut socket).await.len(), 32);
    socket.send(Message::Binary(vec![1; 80].into())).await.unwrap();
    while let Ok(Some(message)) = socket.recv().await {
        assert!(!matches!(message, Message::Text(_) | Message::Binary(_)), "it is told nothing else");
    }
    assert_eq!(socket.close_reason(), Some((4406, "version")));
}

#[tokio::test]
async fn what_is_not_signed_by_the_agent_ends_its_line_and_is_not_on_record() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let staff = office.town.person(HOME, "staff1").await;
    let report = json!({ "type": "report", "epoch": 1, "number": 1, "report": paired(UserId(staff.id.0)) }).to_string();
    for message in [Message::Text(report.clone()), Message::Binary(report.clone().into_bytes().into())] {
        let mut line = office.connect(&agent).await;
        line.socket.send(message).await.unwrap();
        assert!(line.is_closed().await);
        office.is_missed().await;
    }
    assert!(!office.town.record(HOME).await.contains(&audit::Kind::DEVICE_PAIRED));
}

#[tokio::test]
async fn an_agent_is_told_where_the_record_stands_and_tells_a_server_that_lost_it() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let (id, app) = (agent.answer.agent, &office.town.app);
    let body = HOME.parse().unwrap();
    let mut line = office.connect(&agent).await;
    let head = line.head.expect("there is a record");
    let kept = crate::record::head_of(app, body).await.unwrap();
    assert_eq!(Some((head.seq, head.hash)), kept, "the record of this very line is in it");
    assert_eq!(head.verify(&agent.answer.server_key, &agent.answer.body), Ok(()));
    // It moves on with what is reported; the agent is told with its next sign of life, a minute later.
    let mut outbox = Outbox::new(&mut SystemRng::new());
    outbox.push(Report::SessionRefused { meeting: pairing::MeetingId([1; 16]), reason: Refusal::Other, at: UnixMs(1) }).unwrap();
    line.report(&outbox).await;
    drop(line);
    office.is_missed().await;

    // The last head that was told is in the record: welcome.
    let mut line = office.call_with(&agent, id, Some(head)).await;
    assert!(matches!(line.event().await, AgentEvent::Open(_)));
    drop(line);
    // One that was made up closes the line and nothing else.
    let made_up = Head::sign(&SigningKey::from_seed(&[5; 32]), &agent.answer.body, head.seq + 9, [7; 32]);
    assert!(office.call_with(&agent, id, Some(made_up)).await.is_closed().await);
    let elsewhere = Head::sign(&super::meetings::server_key(app), &OTHER.parse().unwrap(), head.seq + 9, [7; 32]);
    assert!(office.call_with(&agent, id, Some(elsewhere)).await.is_closed().await, "another body's");
    assert!(app.closed().is_none());
    // One that this server signed and has not got any more: an old copy of its data.
    let lost = Head::sign(&super::meetings::server_key(app), &agent.answer.body, head.seq + 99, [7; 32]);
    let mut line = office.call_with(&agent, id, Some(lost)).await;
    assert!(line.is_closed().await);
    assert_eq!((line.heard.len(), line.socket.close_reason()), (0, Some((4409, "record"))), "not welcomed");
    assert!(app.closed().is_some());
}

#[tokio::test]
async fn a_password_that_a_pc_refused_is_on_record_with_who_and_how_often() {
    let office = Office::new().await;
    let (_, mut line, ..) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let mut outbox = Outbox::new(&mut SystemRng::new());
    let refused = Report::PasswordRefused {
        meeting: pairing::MeetingId([1; 16]),
        user: UserId(staff.id.0),
        device: DEVICE.device_id(),
        target: "pc-1".parse().unwrap(),
        wrong: 5,
        pause: 60,
        at: UnixMs(1_790_000_000_000),
    };
    // The pairing of `at_work` was number one of another count.
    outbox.push(refused).unwrap();
    line.report(&outbox).await;
    let mut conn = office.town.app.store.read().await.unwrap();
    let records = store::audit_after(&mut conn, staff.body.chain(), 0, 1_000).await.unwrap();
    let record = records.iter().find(|record| record.kind == audit::Kind::PASSWORD_REFUSED).expect("on record");
    let said = |name: &str| record.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    assert_eq!(record.subject, "pc-1");
    assert_eq!((said("login"), said("wrong"), said("pause_s")), (Some("staff1".into()), Some("5".into()), Some("60".into())));
}

#[tokio::test]
async fn a_session_meets_at_the_relay_with_a_grant_the_agent_believes() {
    let office = Office::new().await;
    let (agent, mut line, mut browser, pc) = office.at_work().await;
    let reply = browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    let answer: Value = serde_json::from_str(reply.ok()).unwrap();
    assert_eq!(answer["agent_key"], json!(STANDARD.encode([0xa9; 32])));
    assert_eq!(answer["relay_url"], json!("wss://noren.example/relay"));
    let AgentEvent::Meet(Meet { meeting, kind: MeetKind::Session { grant }, ticket, .. }) = line.event().await else { panic!() };
    assert_eq!(json!(meeting), answer["meeting"]);
    assert_eq!(json!(STANDARD.encode(&grant)), answer["grant"]);
    let staff = office.town.person(HOME, "staff1").await;
    let door = Door {
        server_key: &agent.answer.server_key,
        agent: agent.answer.agent,
        body: agent.answer.body,
        meeting,
        now: UnixMs(office.town.app.now() as u64),
    };
    let owner = |_: &pairing::DeviceId| Some((UserId(staff.id.0), DEVICE));
    let opened = door.open(&grant, |_| Some(pairing::Zone::Lgwan), owner, &mut Seen::default()).unwrap();
    assert_eq!((opened.login.as_str(), opened.target.as_str(), opened.policy.idle), ("staff1", "pc-1", 900));

    let mut here = office.socket("/relay", None).await.unwrap();
    join(&mut here, &ticket).await;
    assert_eq!(bytes(&mut here).await, [0]);
    let mut home = office.socket("/relay", Some(ORIGIN)).await.unwrap();
    join(&mut home, &STANDARD.decode(answer["ticket"].as_str().unwrap()).unwrap()).await;
    assert_eq!((bytes(&mut home).await, bytes(&mut here).await), (vec![1], vec![1]));
    home.send(Message::Binary(vec![7; 40_000].into())).await.unwrap();
    assert_eq!(bytes(&mut here).await, [7; 40_000]);

    // Reported twice over two lines, on record once.
    let mut outbox = Outbox::new(&mut SystemRng::new());
    let (user, device) = (UserId(staff.id.0), DEVICE.device_id());
    let target: pairing::TargetId = "pc-1".parse().unwrap();
    let began = UnixMs(office.town.app.now() as u64);
    outbox.push(Report::SessionStarted { meeting, user, device, target: target.clone(), at: began }).unwrap();
    line.report(&outbox).await;
    let mut line = office.connect(&agent).await;
    line.report(&outbox).await;
    let mut conn = office.town.app.store.read().await.unwrap();
    let live = store::sessions::live(&mut conn, staff.body, office.town.app.now()).await.unwrap();
    assert_eq!((live.len(), live[0].meeting), (1, meeting.0));
    drop(conn);
    let ended = Report::SessionEnded {
        meeting,
        user,
        device,
        target,
        reason: EndReason::Viewer,
        bytes_up: 10,
        bytes_down: 20,
        idle_seconds: 30,
        started: began,
        ended: began.plus(5_000),
    };
    outbox.push(ended).unwrap();
    line.report(&outbox).await;
    let mut conn = office.town.app.store.read().await.unwrap();
    assert!(store::sessions::live(&mut conn, staff.body, office.town.app.now()).await.unwrap().is_empty());
    let row = store::sessions::find(&mut conn, staff.body, &meeting.0).await.unwrap().unwrap();
    assert_eq!((row.reason.as_str(), row.bytes_up, row.bytes_down, row.idle_seconds), ("viewer", 10, 20, 30));
    let kinds = office.town.record(HOME).await;
    let count = |kind| kinds.iter().filter(|known| **known == kind).count();
    assert_eq!(
        (count(audit::Kind::SESSION_STARTED), count(audit::Kind::SESSION_ENDED), count(audit::Kind::DEVICE_PAIRED)),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn revoking_a_device_ends_its_session_and_makes_the_agent_forget_it() {
    let office = Office::new().await;
    let (agent, mut line, mut browser, pc) = office.at_work().await;
    let answer = json(&browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await);
    let AgentEvent::Meet(meet) = line.event().await else { panic!() };
    let mut here = office.socket("/relay", None).await.unwrap();
    join(&mut here, &meet.ticket).await;
    let mut home = office.socket("/relay", Some(ORIGIN)).await.unwrap();
    join(&mut home, &STANDARD.decode(answer["ticket"].as_str().unwrap()).unwrap()).await;
    assert_eq!(bytes(&mut home).await, [1]);

    let id = people::DeviceId(DEVICE.device_id().0);
    acts::revoke_device(&office.town.app, &office.permit(Action::ManageDevices).await, id, "lost").await.unwrap();
    let mut heard = [line.event().await, line.event().await];
    heard.sort_by_key(|event| matches!(event, AgentEvent::Order { .. }));
    assert_eq!(heard[0], AgentEvent::End(End { meeting: meet.meeting, reason: EndReason::Revoked }));
    assert_eq!(heard[1], AgentEvent::Order { number: 1, order: Order::RevokeDevice { device: DEVICE.device_id() } });
    // The relay closes too, should the agent not.
    while let Ok(Some(_)) = home.recv().await {}
    assert_eq!(home.close_reason().map(|(code, _)| code), Some(4001));
    let refused = browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!((refused.status, &json(&refused)["error"]), (StatusCode::FORBIDDEN, &json!("device_revoked")));

    // The agent was cut off before it had carried the order out: it hears it again, and of the session too; then no more.
    let mut line = office.connect(&agent).await;
    let order = AgentEvent::Order { number: 1, order: Order::RevokeDevice { device: DEVICE.device_id() } };
    let mut heard = [line.event().await, line.event().await];
    heard.sort_by_key(|event| matches!(event, AgentEvent::Order { .. }));
    assert_eq!(heard, [AgentEvent::End(End { meeting: meet.meeting, reason: EndReason::Revoked }), order]);
    line.side.done(1).unwrap();
    let mut outbox = Outbox::new(&mut SystemRng::new());
    outbox.push(Report::SessionRefused { meeting: meet.meeting, reason: Refusal::Other, at: UnixMs(1) }).unwrap();
    line.report(&outbox).await;
    let mut conn = office.town.app.store.read().await.unwrap();
    let agent_id = people::AgentId(agent.answer.agent.0);
    assert!(store::devices::to_forget(&mut conn, agent_id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_person_who_is_stopped_loses_the_session_at_once() {
    let office = Office::new().await;
    let (_, mut line, mut browser, pc) = office.at_work().await;
    browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await.ok();
    let AgentEvent::Meet(meet) = line.event().await else { panic!() };
    let staff = office.town.person(HOME, "staff1").await;
    let mut tx = office.town.app.write_unattended(staff.body).await.unwrap();
    store::staff::put_state(&mut tx, staff.body, staff.id, people::StaffState::Suspended).await.unwrap();
    tx.keep(()).await.unwrap();
    office.town.app.cut(crate::app::Cut::Person(staff.id));
    assert_eq!(line.event().await, AgentEvent::End(End { meeting: meet.meeting, reason: EndReason::Revoked }));
    assert_eq!(
        browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await.status,
        StatusCode::UNAUTHORIZED
    );
}

/// The end that must come, of a session that was asked for now.
async fn opened(browser: &mut Browser, line: &mut Line, pc: &str) -> AgentEvent {
    browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await.ok();
    let AgentEvent::Meet(meet) = line.event().await else { panic!() };
    AgentEvent::End(End { meeting: meet.meeting, reason: EndReason::Revoked })
}

#[tokio::test]
async fn what_no_event_told_of_is_found_by_the_look_around() {
    let office = Office::new().await;
    let (_, mut line, mut browser, pc) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let app = &office.town.app;
    let mut told = std::collections::BTreeSet::new();
    let end = opened(&mut browser, &mut line, &pc).await;
    super::look::at_all(app, &mut told).await.unwrap();
    assert!(told.is_empty(), "it stands");
    // The role goes and nobody says a word.
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    let none = people::Staff { roles: people::Roles::of(&[people::Role::Auditor]), ..staff.clone() };
    store::staff::change(&mut tx, &none).await.unwrap();
    tx.keep(()).await.unwrap();
    super::look::at_all(app, &mut told).await.unwrap();
    assert_eq!(line.event().await, end);
    assert_eq!(told.len(), 1);
    // Found again it is not told again; given back, it is forgotten.
    super::look::at_all(app, &mut told).await.unwrap();
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    store::staff::change(&mut tx, &staff).await.unwrap();
    tx.keep(()).await.unwrap();
    super::look::at_all(app, &mut told).await.unwrap();
    assert!(told.is_empty());
    // A device, without its cut: the session ends, and the agent forgets it.
    let end = opened(&mut browser, &mut line, &pc).await;
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    store::devices::revoke(&mut tx, staff.body, people::DeviceId(DEVICE.device_id().0), app.now()).await.unwrap();
    tx.keep(()).await.unwrap();
    super::look::at_all(app, &mut told).await.unwrap();
    let mut heard = [line.event().await, line.event().await, line.event().await];
    heard.sort_by_key(|event| matches!(event, AgentEvent::Order { .. }));
    // The first session has not been reported as over either.
    assert!(heard[..2].contains(&end), "{heard:?}");
    assert_eq!(heard[2], AgentEvent::Order { number: 1, order: Order::RevokeDevice { device: DEVICE.device_id() } });
    // A stopped body, without its cut.
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    store::bodies::suspend(&mut tx, staff.body, true).await.unwrap();
    tx.keep(()).await.unwrap();
    super::look::at_all(app, &mut told).await.unwrap();
    assert!(line.is_closed().await);
}

#[tokio::test]
async fn many_cuts_in_a_row_are_all_seen() {
    let office = Office::new().await;
    let (_, mut line, mut browser, pc) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let ends = [opened(&mut browser, &mut line, &pc).await, opened(&mut browser, &mut line, &pc).await];
    let app = &office.town.app;
    // A permission that still holds ends nothing, whatever is said of it.
    app.cut(crate::app::Cut::Assignment(staff.id, pc.parse().unwrap()));
    for n in 0..100 {
        app.cut(crate::app::Cut::Person(people::StaffId([n; 16])));
        app.cut(crate::app::Cut::Device(people::DeviceId([n; 16])));
    }
    app.cut(crate::app::Cut::Person(staff.id));
    let mut heard = [line.event().await, line.event().await];
    if heard[0] != ends[0] {
        heard.reverse();
    }
    assert_eq!(heard, ends);
}

#[tokio::test]
async fn an_agent_that_was_away_hears_of_a_role_that_is_gone() {
    let office = Office::new().await;
    let (agent, mut line, mut browser, pc) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let end = opened(&mut browser, &mut line, &pc).await;
    drop(line);
    office.is_missed().await;
    let mut tx = office.town.app.write_unattended(staff.body).await.unwrap();
    let none = people::Staff { roles: people::Roles::NONE, ..staff };
    store::staff::change(&mut tx, &none).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut line = office.connect(&agent).await;
    assert_eq!(line.event().await, end);
}

#[tokio::test]
async fn agents_that_come_back_are_let_in_so_many_at_a_time_and_lose_nothing_by_waiting() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let app = &office.town.app;
    // The door is full.
    let mut inside = Vec::new();
    for _ in 0..app.store.lines() {
        inside.push(app.hub.admission(app).enter().await.unwrap());
    }
    let mut line = office.call(&agent, agent.answer.agent).await;
    let message = line.socket.recv().await.unwrap().unwrap();
    line.take(&message);
    // Its proof and its hello are there, and a sign of life; it is not let in, and holds no connection: all of them can be taken.
    line.send().await;
    line.socket.send(Message::Ping).await.unwrap();
    assert_eq!(line.socket.recv().await.unwrap(), Some(Message::Pong));
    let mut taken = Vec::new();
    for _ in 0..app.store.lines() {
        taken.push(app.store.for_lines().read().await.unwrap());
    }
    assert!(!app.hub.is_connected(people::AgentId(agent.answer.agent.0)));
    drop((taken, inside));
    assert!(matches!(line.event().await, AgentEvent::Open(_)));
    // One that says more than its hello before it is let in is shown out.
    let _inside: Vec<_> = {
        let mut all = Vec::new();
        for _ in 0..app.store.lines() {
            all.push(app.hub.admission(app).enter().await.unwrap());
        }
        all
    };
    let mut line = office.call(&agent, agent.answer.agent).await;
    let message = line.socket.recv().await.unwrap().unwrap();
    line.take(&message);
    line.send().await;
    line.socket.send(Message::Text("{}".into())).await.unwrap();
    assert!(line.is_closed().await);
}

#[tokio::test]
async fn a_person_who_leaves_is_forgotten_by_the_agents_with_devices_and_slips() {
    let office = Office::new().await;
    let mut it = office.town.sign_in("it1").await;
    let (agent, mut line, _, _) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let path = format!("/admin/staff/{}", staff.id);
    it.get(&path).await.ok();
    it.post(&format!("{path}/suspend"), &[("devices", "on")]).await;
    let order = Order::RevokeUser { user: UserId(staff.id.0), login: "staff1".into() };
    assert_eq!(line.event().await, AgentEvent::Order { number: 1, order });
    line.side.done(1).unwrap();
    line.send().await;
    let id = people::AgentId(agent.answer.agent.0);
    let heard = async {
        while !store::devices::to_forget(&mut office.town.app.store.read().await.unwrap(), id).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("written down");
    assert!(office.town.record(HOME).await.contains(&audit::Kind::DEVICE_REVOKED));
}

#[tokio::test]
async fn a_slip_is_proved_to_the_agent_of_the_own_body_only() {
    let office = Office::new().await;
    let mut browser = office.town.sign_in("staff1").await;
    let mut other = office.town.sign_in("superior1").await;
    let mut stranger = office.town.sign_in_to(OTHER, "staff1").await;
    let agent = office.enrol().await;
    let mut line = office.connect(&agent).await;
    let invite = format!("{}abcd", agent.answer.number);
    let answer = json(&browser.json("/api/pairings", &json!({ "invite": invite })).await);
    assert_eq!(answer["agent"], json!(agent.answer.agent));
    let AgentEvent::Meet(meet) = line.event().await else { panic!() };
    let staff = office.town.person(HOME, "staff1").await;
    let kind = MeetKind::Pairing { invite: "ABCD".parse().unwrap(), user: UserId(staff.id.0), login: "staff1".into() };
    assert_eq!(meet.kind, kind);

    // What the agent says of it is for whoever asked.
    let said = format!("/api/meetings/{}", meet.meeting);
    assert_eq!(json(&browser.get(&said).await), json!({ "declined": null }));
    line.side.decline(meet.meeting, Refusal::UnknownInvite).unwrap();
    let mut outbox = Outbox::new(&mut SystemRng::new());
    outbox.push(Report::Unknown).unwrap();
    line.report(&outbox).await;
    assert_eq!(json(&browser.get(&said).await), json!({ "declined": "unknown_invite" }));
    assert_eq!(other.get(&said).await.status, StatusCode::NOT_FOUND);

    assert_eq!(stranger.json("/api/pairings", &json!({ "invite": invite })).await.status, StatusCode::NOT_FOUND, "another body");
    for bad in ["", "ABC", "あいうえおかきく", "0000ABCD", &"0".repeat(65)] {
        assert_eq!(browser.json("/api/pairings", &json!({ "invite": bad })).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
    drop(line);
    office.is_missed().await;
    let reply = browser.json("/api/pairings", &json!({ "invite": invite })).await;
    assert_eq!((reply.status, &json(&reply)["error"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("agent_offline")));
}

#[tokio::test]
async fn a_pc_opens_only_with_the_own_device_and_permission() {
    let office = Office::new().await;
    let (_, _line, mut browser, pc) = office.at_work().await;
    let mut ask = async |target: &str, device: &str| {
        let reply = browser.json("/api/sessions", &json!({ "target": target, "device": device })).await;
        (reply.status.as_u16(), json(&reply)["error"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(ask(&pc, &"00".repeat(16)).await, (403, "device_unknown".into()));
    assert_eq!(ask(&"00".repeat(16), &device()).await, (404, "not_found".into()));
    assert_eq!(ask(&pc, "device").await, (400, "malformed".into()));
    let mut other = office.town.sign_in("superior1").await;
    let reply = other.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "not assigned to her");
    let mut stranger = office.town.sign_in_to(OTHER, "staff1").await;
    let reply = stranger.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "another body");
    let mut forged = office.town.sign_in("staff1").await;
    forged.csrf = "0".repeat(64);
    let reply = forged.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!((reply.status, &json(&reply)["error"]), (StatusCode::FORBIDDEN, &json!("csrf")));
    office.town.clock.advance(86_400_000);
    let mut browser = office.town.sign_in("staff1").await;
    let reply = browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!((reply.status, &json(&reply)["error"]), (StatusCode::FORBIDDEN, &json!("outside_period")));
}
