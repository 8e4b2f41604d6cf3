//! The server's half driven by an agent made of its pure machine, over real sockets on loopback.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use net::{Limits, Message, Shutdown, SystemRng, WebSocket};
use pairing::control::{
    AgentEvent, AgentSide, End, EndReason, Hello, Input, Meet, MeetKind, Order, Outbox, Output, PairedBy, Refusal, Report,
    Target, TargetKind, TargetState,
};
use pairing::{ChannelKey, Door, Seen, SigningKey, UnixMs, UserId, enroll};
use people::{Action, Actor, Assignment, AssignmentId, Permit, Resource};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::{PcState, acts};
use crate::http::listen::Listening;
use crate::http::listen;
use crate::testing::{Browser, HOME, ORIGIN, OTHER, Town};

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
        let staff = self.town.person(HOME, "it1").await;
        let (id, body) = (staff.id, staff.body);
        let actor = Actor {
            id,
            login: staff.login,
            name: staff.name,
            body,
            roles: staff.roles,
            operator: staff.operator,
            leads: Vec::new(),
            via: None,
        };
        actor.permit(action, Resource::body(body)).unwrap()
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
        assert!(matches!(line.event().await, AgentEvent::Settings(_)));
        line
    }

    async fn call(&self, agent: &Enrolled, id: pairing::AgentId) -> Line {
        let target = |id: &str| Target {
            id: id.parse().unwrap(),
            name: format!("企画課 {id}"),
            kind: TargetKind::Vnc,
            zone: pairing::Zone::Lgwan,
            state: TargetState::Ready,
        };
        let hello =
            Hello {
                version: 0, name: "本庁舎".into(), program: "0.1.0".into(), targets: vec![target("pc-1"), target("pc-2")]
            };
        let socket = self.socket("/agent/control", None).await.unwrap();
        let side = AgentSide::new(id, agent.control_key.clone(), agent.answer.server_key, hello, pairing::Ticks(0));
        Line { socket, side, heard: VecDeque::new() }
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
        let mut tx = self.town.app.write(staff.body).await.unwrap();
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
        self.heard.extend(std::iter::from_fn(|| self.side.poll_event()));
    }

    async fn send(&mut self) {
        while let Some(output) = self.side.poll_transmit() {
            let message = match output {
                Output::Text(text) => Message::Text(text),
                Output::Binary(bytes) => Message::Binary(bytes.into()),
                Output::Ping => Message::Ping,
            };
            self.socket.send(message).await.unwrap();
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
    let mut tx = office.town.app.write(staff.body).await.unwrap();
    store::staff::put_state(&mut tx, staff.body, staff.id, people::StaffState::Suspended).await.unwrap();
    tx.keep(()).await.unwrap();
    office.town.app.cut(crate::app::Cut::Person(staff.id));
    assert_eq!(line.event().await, AgentEvent::End(End { meeting: meet.meeting, reason: EndReason::Revoked }));
    assert_eq!(
        browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await.status,
        StatusCode::UNAUTHORIZED
    );
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
