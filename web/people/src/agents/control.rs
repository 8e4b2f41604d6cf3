//! `GET /agent/control`: one agent's conversation, from its proof to its last word.

use std::collections::BTreeMap;
use std::time::Duration;

use audit::{Decision, Event, Kind, Who};
use axum::extract::{Request, State};
use axum::response::Response;
use net::{Limits, Message, Stream, WebSocket};
use pairing::control::{
    End, EndReason, Hello, Input, MAX_WORD, Order, ServerEvent, ServerSide, Settings, TargetState,
    Welcome,
};
use pairing::{Head, MeetingId, PublicKey, UnixMs, UserId};
use people::{BodyCode, DeviceId, Name, Pc, PcId, StaffId, StaffState, Zone};
use store::agents::Agent;
use store::open_sessions::Of;
use store::pcs::Offered;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::hub::{Place, ToLine};
use super::meetings::{body_code, relays, server_key};
use super::over::Over;
use super::relay::{peer, upgrade};
use super::{grounds, reports};
use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::{Access, Standing, get};
use kit::limit::{ByAddress, Rule};

/// Conversations begun from one address: an office may have many agents, and they come back all at
/// once.
const CONTROL: ByAddress = ByAddress(Rule { name: "control", burst: 300, refill_ms: 200 });
/// Words of one agent that are written down: more than an agent keeps while it is away
/// (`pairing::control::Outbox::MAX`), then five a second. One office box that was taken over fills
/// neither its body's record nor everybody's disk.
pub(super) const WRITTEN: Rule = Rule { name: "agent written", burst: 12_000, refill_ms: 200 };
/// An agent that takes nothing for this long is gone.
const SENDING: Duration = Duration::from_secs(15);
/// How long an agent that is told to retire may take to end its sessions.
const RETIRING: Duration = Duration::from_millis(1_500);

async fn control(State(app): State<People>, request: Request) -> Result<Response, Refusal> {
    app.limiter.take_from(CONTROL, Some(peer(&request)), app.now()).map_err(Refusal::TooMany)?;
    let standing = request.extensions().get::<Standing>().cloned();
    upgrade(request, move |stream| async move { converse(app, stream, standing).await })
}

/// A line is told at most so often where the record stands, unless a meet is on its way.
const HEAD_MS: i64 = 60_000;

struct Conversation {
    app: People,
    socket: WebSocket,
    side: ServerSide,
    /// Its place at the door, kept once it has proved who it is.
    standing: Option<Standing>,
    agent: Option<Agent>,
    /// What came while it waited to be let in: its hello, which it sends without waiting.
    early: Option<Message>,
    /// It was let in, and its hello is next.
    inside: Option<OwnedSemaphorePermit>,
    place: Option<Place>,
    /// Orders under way over this line, with the devices each one makes the agent forget.
    orders: BTreeMap<u64, Vec<DeviceId>>,
    next_order: u64,
    /// Where the record stood when the agent was told last, and when that was asked.
    head: Option<Head>,
    head_asked: i64,
    /// The agent was told to retire: the line closes when it has done so, or then.
    retires: Option<Instant>,
}

async fn converse(app: People, stream: impl Stream, standing: Option<Standing>) {
    let socket =
        WebSocket::accepted(stream, Limits { message: MAX_WORD, read_buffer: 4 << 10 }).await;
    let side = {
        let mut rng = app.rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        ServerSide::new(server_key(&app), app.clock.ticks(), &mut *rng)
    };
    let mut talk = Conversation {
        app,
        socket,
        side,
        standing,
        agent: None,
        early: None,
        inside: None,
        place: None,
        orders: BTreeMap::new(),
        next_order: 1,
        head: None,
        head_asked: 0,
        retires: None,
    };
    let over = match talk.run().await {
        Ok(never) => match never {},
        Err(over) => over,
    };
    talk.leave(&over).await;
}

impl Conversation {
    async fn run(&mut self) -> Result<std::convert::Infallible, Over> {
        loop {
            self.transmit().await?;
            if let Some(message) = self.early.take() {
                self.side.handle_message(input(&message), self.app.clock.ticks())?;
            } else {
                // A hello that is not here yet is waited for outside.
                self.inside = None;
                let wait = Duration::from_millis(self.side.timeout().since(self.app.clock.ticks()));
                tokio::select! {
                    () = over(self.retires) => return Err(Over::Closed),
                    received = self.socket.recv() => {
                        let message = received?.ok_or(Over::Closed)?;
                        self.side.handle_message(input(&message), self.app.clock.ticks())?;
                    }
                    told = told(&mut self.place) => self.told(told.ok_or(Over::Closed)?).await?,
                    () = tokio::time::sleep(wait) => self.side.handle_timeout(
                        self.app.clock.ticks())?,
                }
            }
            while let Some(event) = self.side.poll_event() {
                self.happened(event).await?;
            }
        }
    }

    async fn transmit(&mut self) -> Result<(), Over> {
        while let Some(bytes) = self.side.poll_transmit() {
            tokio::time::timeout(SENDING, self.socket.send(Message::Binary(bytes.into())))
                .await
                .map_err(|_| Over::Closed)??;
        }
        Ok(())
    }

    /// Waits until the store has room for one more. Nothing is said meanwhile, and the agent's one
    /// message kept that may come.
    async fn let_in(&mut self) -> Result<(), Over> {
        if self.inside.is_some() {
            return Ok(());
        }
        self.side.makes_wait();
        let app = self.app.clone();
        let waits = app.hub.admission(&app).enter();
        tokio::pin!(waits);
        let place = loop {
            self.transmit().await?;
            let wait = Duration::from_millis(self.side.timeout().since(self.app.clock.ticks()));
            tokio::select! {
                biased;
                place = &mut waits => break place?,
                received = self.socket.recv() => match received?.ok_or(Over::Closed)? {
                    Message::Ping
                        | Message::Pong => self.side.handle_message(
                            Input::Life, self.app.clock.ticks())?,
                    message if self.early.is_none() => self.early = Some(message),
                    _ => return Err(pairing::Error::PeerMisbehaved("more than a hello").into()),
                },
                () = tokio::time::sleep(wait) => self.side.handle_timeout(self.app.clock.ticks())?,
            }
        };
        self.side.lets_in(self.app.clock.ticks());
        self.inside = Some(place);
        Ok(())
    }

    async fn told(&mut self, what: ToLine) -> Result<(), Over> {
        match what {
            ToLine::Meet(meet) => {
                self.side.meet(meet)?;
                self.tell_head().await?;
            }
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
            return if matches!(event, ServerEvent::Done { .. }) {
                Err(Over::Closed)
            } else {
                Ok(())
            };
        }
        match (event, &self.agent) {
            (ServerEvent::Claims(id), _) => {
                self.let_in().await?;
                let known = look_up(&self.app, people::AgentId(id.0)).await?;
                let key =
                    known.as_ref().and_then(|(agent, _)| PublicKey::new(&agent.control_key).ok());
                self.side.authenticate(key.as_ref())?;
                // Told to nobody but the agent itself.
                if let Some((agent, true)) = &known {
                    return Err(Over::Stopped(agent.id));
                }
                self.agent = known.map(|(agent, _)| agent);
            }
            (ServerEvent::Hello(_), Some(agent)) if agent.revoked > 0 => {
                let agent = agent.clone();
                self.welcome(&agent).await?;
                self.retire()?;
            }
            (ServerEvent::Hello(hello), Some(agent)) => {
                let agent = agent.clone();
                self.counted(&agent)?;
                if let Some(standing) = &self.standing {
                    standing.admit(agent.id.0);
                }
                if self.place.is_none() {
                    self.let_in().await?;
                }
                self.hello(&agent, hello).await?;
                self.inside = None;
            }
            (ServerEvent::TargetState { target, state }, Some(agent)) => {
                if let Some(place) = &self.place {
                    self.app.hub.put_target(agent.id, place.number, target.as_str(), state);
                }
            }
            (ServerEvent::Alive, Some(_)) => {
                if self.place.is_some() && self.app.now() >= self.head_asked + HEAD_MS {
                    self.tell_head().await?;
                }
            }
            (ServerEvent::Declined { meeting, reason }, Some(agent)) => {
                self.app.hub.decline(agent.id, meeting, reason)
            }
            (ServerEvent::Report { epoch, number, report }, Some(agent)) => {
                self.counted(agent)?;
                reports::record(&self.app, agent, epoch, number, report).await?;
                self.side.acknowledge(epoch, number)?;
            }
            (ServerEvent::Done { number }, Some(agent)) => {
                let agent = agent.id;
                let open = self.orders.split_off(&number.saturating_add(1));
                let done = std::mem::replace(&mut self.orders, open);
                if let (Some(body), false) =
                    (self.agent.as_ref().map(|agent| agent.body), done.is_empty())
                {
                    // The revocation is on record; that the agent has heard of it is housekeeping.
                    let mut tx = self.app.write_line(body).await?;
                    for device in done.into_values().flatten() {
                        store::devices::unpair(&mut tx, device, agent, self.app.now()).await?;
                    }
                    tx.keep(()).await?;
                }
            }
            (_, None) => {
                return Err(
                    pairing::Error::PeerMisbehaved("said something before who it is").into()
                );
            }
        }
        Ok(())
    }

    /// Counts what is about to be written for an agent. Too much ends the line: nothing is lost, it
    /// comes again with what was not acknowledged.
    fn counted(&self, agent: &Agent) -> Result<(), Over> {
        let taken = self.app.limiter.take(WRITTEN, &agent.id.to_string(), self.app.now());
        taken.map_err(|_| Over::Busy)
    }

    async fn hello(&mut self, agent: &Agent, hello: Hello) -> Result<(), Over> {
        let first = self.place.is_none();
        if first && let Some(told) = &hello.head {
            compare(&self.app, agent, told).await?;
        }
        // Before the write: what is revoked after it finds the line here, what was revoked before
        // it is read in it.
        let place = first.then(|| self.app.hub.enter(agent.id, agent.body));
        let written = match put_down(&self.app, agent, &hello, first).await {
            Ok(Some(written)) => written,
            other => {
                if let Some(place) = place {
                    self.app.hub.leave(agent.id, place.number);
                }
                other?;
                // Revoked while it waited.
                if first {
                    self.welcome(agent).await?;
                }
                return self.retire();
            }
        };
        if let Some(place) = place {
            self.place = Some(place);
            self.welcome(agent).await?;
            self.side.settings(Settings { relays: relays(&self.app)?, ..Settings::default() })?;
            written
                .orders
                .into_iter()
                .try_for_each(|(order, devices)| self.send_order(order, devices))?;
            for meeting in written.over {
                self.side.end(End { meeting, reason: EndReason::Revoked })?;
            }
            // Last: what answers the agent from here on tells it that it has heard all this.
            self.side.settled()?;
        }
        if let Some(place) = &self.place {
            self.app.hub.put_targets(agent.id, place.number, written.targets);
        }
        Ok(())
    }

    /// Where the record of a body stands, in this server's hand.
    async fn signed_head(&mut self, body: BodyCode) -> Result<Option<Head>, Over> {
        self.head_asked = self.app.now();
        let Some((seq, hash)) = crate::record::head_of(&self.app, body).await? else {
            return Ok(None);
        };
        Ok(Some(Head::sign(&server_key(&self.app), &body_code(body)?, seq, hash)))
    }

    /// Tells the agent where the record stands, where it has moved on.
    async fn tell_head(&mut self) -> Result<(), Over> {
        let Some(body) = self.agent.as_ref().map(|agent| agent.body) else { return Ok(()) };
        let head = self.signed_head(body).await?;
        if let Some(head) = head.filter(|head| Some(*head) != self.head) {
            self.side.head(head)?;
            self.head = Some(head);
        }
        Ok(())
    }

    async fn welcome(&mut self, agent: &Agent) -> Result<(), Over> {
        self.head = self.signed_head(agent.body).await?;
        Ok(self.side.welcome(Welcome {
            head: self.head,
            version: pairing::control::VERSION,
            body: body_code(agent.body)?,
            body_name: self.app.bodies().full_name(agent.body).into_owned(),
            time: UnixMs(u64::try_from(self.app.now()).unwrap_or_default()),
        })?)
    }

    /// Says which devices the agent must forget, unless it was told over this line already.
    async fn order(&mut self) -> Result<(), Over> {
        let Some(agent) = &self.agent else { return Ok(()) };
        let mut conn = self.app.store.for_lines().read().await?;
        let told = |device| self.orders.values().flatten().any(|known| *known == device);
        let orders = forgotten(&mut conn, agent, told).await?;
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
        self.inside = None;
        let (code, reason) = over.code(self.agent.is_some());
        if let Some(agent) = &self.agent {
            tracing::info!(agent = %agent.id, %over, "agent's line over");
            let last =
                self.place.as_ref().is_some_and(|place| self.app.hub.leave(agent.id, place.number));
            if last && let Err(fault) = record_loss(&self.app, agent).await {
                tracing::error!(%fault, "cannot record that an agent was lost");
            }
        } else if let Over::Stopped(agent) = over {
            tracing::info!(%agent, %over, "an agent was sent away");
        } else {
            tracing::info!(%over, "a stranger at the agents' door");
        }
        _ = tokio::time::timeout(SENDING, self.socket.close(code, reason)).await;
    }
}

/// What the agent was told of its body's record must still be in it. The signature is asked first:
/// an agent cannot make a head up.
async fn compare(app: &People, agent: &Agent, told: &Head) -> Result<(), Over> {
    told.verify(&server_key(app).public(), &body_code(agent.body)?)?;
    if crate::record::agent_saw(app, agent.body, told.seq, told.hash).await? {
        Ok(())
    } else {
        Err(Over::WentBack)
    }
}

/// What a hello made true, and what its agent has to hear.
struct Written {
    targets: BTreeMap<String, TargetState>,
    orders: Vec<(Order, Vec<DeviceId>)>,
    over: Vec<MeetingId>,
}

/// Puts a hello on record and reads in the same write what the agent did not hear while it was
/// away; none when it was revoked meanwhile.
async fn put_down(
    app: &People,
    agent: &Agent,
    hello: &Hello,
    first: bool,
) -> Result<Option<Written>, Over> {
    let who = Who::Agent { id: agent.id.to_string(), name: agent.name.clone() };
    let event = |kind, subject: &str| Event::new(agent.body.chain(), who.clone(), kind, subject);
    let now = app.now();
    let mut tx = app.write_line(agent.body).await?;
    // It was looked up before; its body may have been stopped since.
    if !store::grounds::agent_stands(&mut tx, agent.id).await? {
        drop(tx);
        return match look_up(app, agent.id).await? {
            Some((_, true)) => Err(Over::Stopped(agent.id)),
            Some((agent, false)) if agent.revoked > 0 => Ok(None),
            _ => Err(Over::Closed),
        };
    }
    store::agents::seen(&mut tx, agent.id, &hello.program, now).await?;
    let mut decision = Decision { value: (), events: Vec::new() };
    if first {
        decision =
            decision.and(event(Kind::AGENT_CONNECTED, &agent.name).with("version", &hello.program));
    }
    let mut targets = BTreeMap::new();
    for target in &hello.targets {
        let Ok(id) = target.id.as_str().parse::<people::TargetId>() else { continue };
        // A name that cannot be shown is replaced by the id; an administrator gives it a better
        // one.
        let name: Result<Name, _> = target.name.parse().or_else(|_| target.id.as_str().parse());
        let Ok(name) = name else { continue };
        let zone = match target.zone {
            pairing::Zone::Lgwan => Zone::Lgwan,
            pairing::Zone::Internet => Zone::Internet,
        };
        let pc = Pc {
            id: PcId(app.random()),
            body: agent.body,
            agent: agent.id,
            target: id,
            name,
            zone,
            stopped: false,
            seen: now,
        };
        let known =
            |kind| event(kind, pc.name.as_str()).with("target", &pc.target).with("zone", zone.ja());
        match store::pcs::offer(&mut tx, &pc).await? {
            Offered::New => decision = decision.and(known(Kind::PC_OFFERED)),
            Offered::Known => {}
            Offered::OtherZone => {
                decision = decision.and(known(Kind::PC_REFUSED));
                continue;
            }
        }
        targets.insert(target.id.to_string(), target.state);
    }
    let (mut orders, mut over) = (Vec::new(), Vec::new());
    if first {
        orders = forgotten(&mut tx, agent, |_| false).await?;
        let fallen =
            grounds::fallen(&*app.ports.openings, &mut tx, Of::Agents(&[agent.id]), now).await?;
        over = fallen.into_iter().map(|open| MeetingId(open.meeting.0)).collect();
    }
    tx.commit_news(decision).await?;
    Ok(Some(Written { targets, orders, over }))
}

/// What makes the agent forget devices that were revoked, those apart that it was told of.
async fn forgotten(
    conn: &mut store::Conn,
    agent: &Agent,
    told: impl Fn(DeviceId) -> bool,
) -> Result<Vec<(Order, Vec<DeviceId>)>, Over> {
    let mut new: BTreeMap<StaffId, Vec<DeviceId>> = BTreeMap::new();
    for device in store::devices::to_forget(conn, agent.id).await? {
        if !told(device)
            && let Some(found) = store::devices::by_id(conn, device).await?
        {
            new.entry(found.staff).or_default().push(device);
        }
    }
    let mut orders = Vec::new();
    for (staff, devices) in new {
        match gone(conn, agent.body, staff).await? {
            Some(login) => {
                orders.push((Order::RevokeUser { user: UserId(staff.0), login }, devices))
            }
            None => orders.extend(
                devices
                    .into_iter()
                    .map(|id| (Order::RevokeDevice { device: pairing::DeviceId(id.0) }, vec![id])),
            ),
        }
    }
    Ok(orders)
}

/// The sign-in name of a person who was stopped and has no device in use any more: then what is
/// left of them goes too, slips included.
async fn gone(
    conn: &mut store::Conn,
    body: BodyCode,
    staff: StaffId,
) -> Result<Option<String>, Over> {
    let stopped = store::staff::find(conn, body, staff)
        .await?
        .filter(|staff| staff.state == StaffState::Suspended);
    let none =
        store::devices::of_staff(conn, body, staff).await?.iter().all(|device| device.revoked > 0);
    Ok(stopped.filter(|_| none).map(|staff| staff.login.to_string()))
}

/// An agent that is known, and whether its body is stopped. One that was revoked is told so, and no
/// more.
async fn look_up(app: &People, id: people::AgentId) -> Result<Option<(Agent, bool)>, Over> {
    Ok(store::agents::at_the_door(&mut *app.store.for_lines().read().await?, id).await?)
}

async fn record_loss(app: &People, agent: &Agent) -> store::Result<()> {
    let tx = app.write_line(agent.body).await?;
    let who = Who::Agent { id: agent.id.to_string(), name: agent.name.clone() };
    tx.commit(Decision::new((), Event::new(agent.body.chain(), who, Kind::AGENT_LOST, &agent.name)))
        .await
}

/// What the hub has for this line; never, before there is one.
async fn told(place: &mut Option<Place>) -> Option<ToLine> {
    match place {
        Some(place) => place.from.recv().await,
        None => std::future::pending().await,
    }
}

fn input(message: &Message) -> Input<'_> {
    match message {
        Message::Text(text) => Input::Text(text),
        Message::Binary(bytes) => Input::Binary(bytes),
        Message::Ping | Message::Pong => Input::Life,
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
