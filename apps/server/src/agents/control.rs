//! `GET /agent/control`: one agent's conversation, from its proof to its last word.

use std::collections::BTreeMap;
use std::time::Duration;

use audit::{Decision, Event, Kind, Who};
use axum::extract::{Request, State};
use axum::response::Response;
use net::{Limits, Message, Stream, WebSocket};
use pairing::control::{End, EndReason, Hello, Input, Order, Output, ServerEvent, ServerSide, Settings, Welcome};
use pairing::{PublicKey, UnixMs, UserId};
use people::{BodyCode, DeviceId, Name, Pc, PcId, StaffId, StaffState, Zone};
use store::agents::Agent;
use store::pcs::Offered;
use tokio::time::Instant;

use super::hub::{Place, ToLine};
use super::meetings::{body_code, server_key};
use super::relay::{peer, upgrade};
use super::{cuts, reports};
use crate::app::App;
use crate::error::Refusal;
use crate::http::{Access, Route, Standing, get};
use crate::limit::{ByAddress, Rule};

/// Conversations begun from one address: an office may have many agents, and they come back all at once.
const CONTROL: ByAddress = ByAddress(Rule { name: "control", burst: 300, refill_ms: 200 });
/// An agent that takes nothing for this long is gone.
const SENDING: Duration = Duration::from_secs(15);
/// How long an agent that is told to retire may take to end its sessions.
const RETIRING: Duration = Duration::from_millis(1_500);

async fn control(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    app.limiter.take_from(CONTROL, Some(peer(&request)), app.now()).map_err(Refusal::TooMany)?;
    app.hub.watch(&app);
    let standing = request.extensions().get::<Standing>().cloned();
    upgrade(request, move |stream| async move { converse(app, stream, standing).await })
}

/// Why a conversation ends; logged once, here.
#[derive(Debug, thiserror::Error)]
enum Over {
    #[error("{0}")]
    Line(#[from] net::Error),
    #[error("{0}")]
    Protocol(#[from] pairing::Error),
    #[error("{0}")]
    Store(#[from] store::Fault),
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("closed")]
    Closed,
}

struct Conversation {
    app: App,
    socket: WebSocket,
    side: ServerSide,
    /// Its place at the door, kept once it has proved who it is.
    standing: Option<Standing>,
    agent: Option<Agent>,
    place: Option<Place>,
    /// Orders under way over this line, with the devices each one makes the agent forget.
    orders: BTreeMap<u64, Vec<DeviceId>>,
    next_order: u64,
    /// The agent was told to retire: the line closes when it has done so, or then.
    retires: Option<Instant>,
}

async fn converse(app: App, stream: impl Stream, standing: Option<Standing>) {
    let socket = WebSocket::accepted(stream, Limits { message: pairing::control::MAX_MESSAGE, read_buffer: 4 << 10 }).await;
    let side = {
        let mut rng = app.rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        ServerSide::new(server_key(&app).public(), app.clock.ticks(), &mut *rng)
    };
    let mut talk =
        Conversation { app, socket, side, standing, agent: None, place: None, orders: BTreeMap::new(), next_order: 1, retires: None };
    let over = match talk.run().await {
        Ok(never) => match never {},
        Err(over) => over,
    };
    talk.leave(&over).await;
}

impl Conversation {
    async fn run(&mut self) -> Result<std::convert::Infallible, Over> {
        loop {
            while let Some(output) = self.side.poll_transmit() {
                let message = match output {
                    Output::Text(text) => Message::Text(text),
                    Output::Binary(bytes) => Message::Binary(bytes.into()),
                    Output::Ping => Message::Ping,
                };
                tokio::time::timeout(SENDING, self.socket.send(message)).await.map_err(|_| Over::Closed)??;
            }
            let wait = Duration::from_millis(self.side.timeout().since(self.app.clock.ticks()));
            tokio::select! {
                () = over(self.retires) => return Err(Over::Closed),
                received = self.socket.recv() => {
                    let message = received?.ok_or(Over::Closed)?;
                    let input = match &message {
                        Message::Text(text) => Input::Text(text),
                        Message::Binary(bytes) => Input::Binary(bytes),
                        Message::Ping | Message::Pong => Input::Life,
                    };
                    self.side.handle_message(input, self.app.clock.ticks())?;
                }
                told = told(&mut self.place) => self.told(told.ok_or(Over::Closed)?).await?,
                () = tokio::time::sleep(wait) => self.side.handle_timeout(self.app.clock.ticks())?,
            }
            while let Some(event) = self.side.poll_event() {
                self.happened(event).await?;
            }
        }
    }

    async fn told(&mut self, what: ToLine) -> Result<(), Over> {
        match what {
            ToLine::Meet(meet) => self.side.meet(meet)?,
            ToLine::End(end) => self.side.end(end)?,
            ToLine::Look => self.order().await?,
            ToLine::Retire => self.retire()?,
            ToLine::Close => return Err(Over::Closed),
        }
        Ok(())
    }

    async fn happened(&mut self, event: ServerEvent) -> Result<(), Over> {
        if self.retires.is_some() {
            // Nothing it says counts any more, but that it has heard.
            return if matches!(event, ServerEvent::Done { .. }) { Err(Over::Closed) } else { Ok(()) };
        }
        match (event, &self.agent) {
            (ServerEvent::Claims(id), _) => {
                let known = look_up(&self.app, people::AgentId(id.0)).await?;
                let key = known.as_ref().and_then(|agent| PublicKey::new(&agent.control_key).ok());
                self.side.authenticate(key.as_ref())?;
                self.agent = known;
            }
            (ServerEvent::Hello(_), Some(agent)) if agent.revoked > 0 => {
                let agent = agent.clone();
                self.welcome(&agent)?;
                self.retire()?;
            }
            (ServerEvent::Hello(hello), Some(agent)) => {
                let agent = agent.clone();
                if let Some(standing) = &self.standing {
                    standing.admit(agent.id.0);
                }
                self.hello(&agent, hello).await?;
            }
            (ServerEvent::TargetState { target, state }, Some(agent)) => {
                if let Some(place) = &self.place {
                    self.app.hub.put_target(agent.id, place.number, target.as_str(), state);
                }
            }
            (ServerEvent::Declined { meeting, reason }, Some(agent)) => self.app.hub.decline(agent.id, meeting, reason),
            (ServerEvent::Report { epoch, number, report }, Some(agent)) => {
                reports::record(&self.app, agent, epoch, number, report).await?;
                self.side.acknowledge(epoch, number)?;
            }
            (ServerEvent::Done { number }, Some(agent)) => {
                let agent = agent.id;
                let open = self.orders.split_off(&number.saturating_add(1));
                let done = std::mem::replace(&mut self.orders, open);
                if let (Some(body), false) = (self.agent.as_ref().map(|agent| agent.body), done.is_empty()) {
                    // The revocation is on record; that the agent has heard of it is housekeeping.
                    let mut tx = self.app.write(body).await?;
                    for device in done.into_values().flatten() {
                        store::devices::unpair(&mut tx, device, agent, self.app.now()).await?;
                    }
                    tx.keep(()).await?;
                }
            }
            (_, None) => return Err(pairing::Error::PeerMisbehaved("said something before who it is").into()),
        }
        Ok(())
    }

    async fn hello(&mut self, agent: &Agent, hello: Hello) -> Result<(), Over> {
        let first = self.place.is_none();
        let who = Who::Agent { id: agent.id.to_string(), name: hello.name.clone() };
        let event = |kind, subject: &str| Event::new(agent.body.chain(), who.clone(), kind, subject);
        let now = self.app.now();
        let mut tx = self.app.write(agent.body).await?;
        store::agents::seen(&mut tx, agent.id, &hello.name, &hello.program, now).await?;
        let mut decision = Decision { value: (), events: Vec::new() };
        if first {
            decision = decision.and(event(Kind::AGENT_CONNECTED, &hello.name).with("version", &hello.program));
        }
        let mut targets = BTreeMap::new();
        for target in &hello.targets {
            let Ok(id) = target.id.as_str().parse::<people::TargetId>() else { continue };
            // A name that cannot be shown is replaced by the id; an administrator gives it a better one.
            let name: Result<Name, _> = target.name.parse().or_else(|_| target.id.as_str().parse());
            let Ok(name) = name else { continue };
            let zone = match target.zone {
                pairing::Zone::Lgwan => Zone::Lgwan,
                pairing::Zone::Internet => Zone::Internet,
            };
            let pc = Pc {
                id: PcId(self.app.random()),
                body: agent.body,
                agent: agent.id,
                target: id,
                name,
                zone,
                stopped: false,
                seen: now,
            };
            match store::pcs::offer(&mut tx, &pc).await? {
                Offered::New => {
                    decision = decision
                        .and(event(Kind::PC_OFFERED, pc.name.as_str()).with("target", &pc.target).with("zone", zone.ja()));
                }
                Offered::Known => {}
                Offered::OtherZone => {
                    decision = decision
                        .and(event(Kind::PC_REFUSED, pc.name.as_str()).with("target", &pc.target).with("zone", zone.ja()));
                    continue;
                }
            }
            targets.insert(target.id.to_string(), target.state);
        }
        tx.commit_news(decision).await?;
        if first {
            self.place = Some(self.app.hub.enter(agent.id, agent.body));
            self.welcome(agent)?;
            self.side.settings(Settings::default())?;
            self.order().await?;
            for session in cuts::unwarranted(&self.app, agent.id).await? {
                self.side.end(End { meeting: pairing::MeetingId(session.meeting), reason: EndReason::Revoked })?;
            }
        }
        if let Some(place) = &self.place {
            self.app.hub.put_targets(agent.id, place.number, targets);
        }
        Ok(())
    }

    fn welcome(&mut self, agent: &Agent) -> Result<(), Over> {
        Ok(self.side.welcome(Welcome {
            version: pairing::control::VERSION,
            body: body_code(agent.body)?,
            body_name: people::body(agent.body).map(|body| body.full_name).unwrap_or_default().to_owned(),
            time: UnixMs(u64::try_from(self.app.now()).unwrap_or_default()),
        })?)
    }

    /// Says which devices the agent must forget, unless it was told over this line already.
    async fn order(&mut self) -> Result<(), Over> {
        let Some(agent) = &self.agent else { return Ok(()) };
        let mut conn = self.app.store.read().await?;
        let mut new: BTreeMap<StaffId, Vec<DeviceId>> = BTreeMap::new();
        for device in store::devices::to_forget(&mut conn, agent.id).await? {
            if self.orders.values().flatten().all(|known| *known != device)
                && let Some(found) = store::devices::by_id(&mut conn, device).await?
            {
                new.entry(found.staff).or_default().push(device);
            }
        }
        let mut orders = Vec::new();
        for (staff, devices) in new {
            match gone(&mut conn, agent.body, staff).await? {
                Some(login) => orders.push((Order::RevokeUser { user: UserId(staff.0), login }, devices)),
                None => orders
                    .extend(devices.into_iter().map(|id| (Order::RevokeDevice { device: pairing::DeviceId(id.0) }, vec![id]))),
            }
        }
        drop(conn);
        orders.into_iter().try_for_each(|(order, devices)| self.send_order(order, devices))
    }

    /// Tells the agent that it is no longer one of ours.
    fn retire(&mut self) -> Result<(), Over> {
        self.retires = Some(Instant::now() + RETIRING);
        self.send_order(Order::Retire, Vec::new())
    }

    fn send_order(&mut self, order: Order, devices: Vec<DeviceId>) -> Result<(), Over> {
        let number = self.next_order;
        self.next_order += 1;
        self.orders.insert(number, devices);
        Ok(self.side.order(number, order)?)
    }

    async fn leave(&mut self, over: &Over) {
        let Some(agent) = &self.agent else {
            tracing::info!(%over, "a stranger at the agents' door");
            _ = tokio::time::timeout(SENDING, self.socket.close(4401, "not known")).await;
            return;
        };
        tracing::info!(agent = %agent.id, %over, "agent's line over");
        let last = self.place.as_ref().is_some_and(|place| self.app.hub.leave(agent.id, place.number));
        if last && let Err(fault) = record_loss(&self.app, agent).await {
            tracing::error!(%fault, "cannot record that an agent was lost");
        }
        _ = tokio::time::timeout(SENDING, self.socket.close(1000, "")).await;
    }
}

/// The sign-in name of a person who was stopped and has no device in use any more: then what is left of them goes too, slips included.
async fn gone(conn: &mut store::Conn, body: BodyCode, staff: StaffId) -> Result<Option<String>, Over> {
    let stopped = store::staff::find(conn, body, staff).await?.filter(|staff| staff.state == StaffState::Suspended);
    let none = store::devices::of_staff(conn, body, staff).await?.iter().all(|device| device.revoked > 0);
    Ok(stopped.filter(|_| none).map(|staff| staff.login.to_string()))
}

/// An agent that may connect: known, of a body that is in use. One that was revoked is told so, and no more.
async fn look_up(app: &App, id: people::AgentId) -> Result<Option<Agent>, Over> {
    let mut conn = app.store.read().await?;
    let Some(agent) = store::agents::by_id(&mut conn, id).await? else { return Ok(None) };
    let served = store::bodies::find(&mut conn, agent.body).await?;
    Ok(served.filter(|body| !body.suspended).map(|_| agent))
}

async fn record_loss(app: &App, agent: &Agent) -> store::Result<()> {
    let tx = app.write(agent.body).await?;
    let who = Who::Agent { id: agent.id.to_string(), name: agent.name.clone() };
    tx.commit(Decision::new((), Event::new(agent.body.chain(), who, Kind::AGENT_LOST, &agent.name))).await
}

/// What the hub has for this line; never, before there is one.
async fn told(place: &mut Option<Place>) -> Option<ToLine> {
    match place {
        Some(place) => place.from.recv().await,
        None => std::future::pending().await,
    }
}

/// That moment; never, where there is none.
async fn over(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/agent/control", Access::Machine, control)]
}
