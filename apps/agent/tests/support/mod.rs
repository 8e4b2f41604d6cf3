//! An office in one process: the real agent between a played server and relay, with viewers as
//! bots, on a clock that only moves when everybody waits.

#![allow(clippy::unwrap_used, dead_code, unused_imports, unreachable_pub, missing_docs)]

pub use bot::{Bot, joined};
pub use desk::{Desks, TestDesk, gone};
pub use server::{RELAY, Server};

use agent::state::{Device, Identity, Ledger, Place, Seed, Store, Target, Targets};
use agent::{Agent, Line, World};
use net::{Clock, Shutdown, SystemRng};
use pairing::{
    AgentId, BodyCode, ChannelKey, Grant, GrantId, MeetingId, Policy, SigningKey, Ticks, UnixMs,
    UserId, Zone,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant};

mod bot;
mod desk;
mod server;

pub const START: UnixMs = UnixMs(1_790_000_000_000);
pub const USER: UserId = UserId([5; 16]);
pub const LOGIN: &str = "tanaka";
pub const TICKET: [u8; pairing::Ticket::LEN] = [0x74; pairing::Ticket::LEN];

pub struct TestWorld {
    clock: TestClock,
    network: mpsc::UnboundedSender<(String, Line)>,
    desks: Arc<Desks>,
}

/// A calendar that runs with tokio's clock.
#[derive(Clone)]
pub struct TestClock(Instant);

impl Clock for TestClock {
    fn unix(&self) -> UnixMs {
        START.plus(self.ticks().0)
    }

    fn ticks(&self) -> Ticks {
        Ticks(self.0.elapsed().as_millis() as u64)
    }
}

impl World for TestWorld {
    type Desktop = TestDesk;

    async fn dial(&self, url: &str, _: usize) -> net::Result<Line> {
        let (near, far) = Line::pair();
        self.network.send((url.to_owned(), far)).map_err(|_| net::Error::Closed)?;
        Ok(near)
    }

    async fn open(
        &self,
        _: &source::Target,
        credentials: Option<&source::Credentials>,
        size: (u16, u16),
    ) -> Result<TestDesk, source::Error> {
        self.desks.open(credentials, size)
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }
}

/// The whole: state, agent, and the far ends of its lines.
pub struct Office {
    pub folder: tempfile::TempDir,
    pub store: Store,
    pub server_key: SigningKey,
    pub agent_key: channel::SecretKey,
    pub agent: AgentId,
    pub clock: TestClock,
    pub desks: Arc<Desks>,
    pub shutdown: Shutdown,
    network: mpsc::UnboundedReceiver<(String, Line)>,
    /// Lines that came while another was waited for.
    waiting: Vec<(String, Line)>,
    running: Option<tokio::task::JoinHandle<()>>,
    next: AtomicU8,
}

impl Office {
    /// An enrolled agent with a target "pc" of this place, running.
    pub fn open(place: Place) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let server_key = SigningKey::from_seed(&[9; 32]);
        let agent = AgentId([1; 16]);
        let identity = Identity {
            server: "https://noren.example".into(),
            name: "office".into(),
            agent,
            number: "0A1B".parse().unwrap(),
            body: body(),
            body_name: "千代田区".into(),
            server_key: server_key.public(),
            channel_key: Seed::new([2; 32]),
            control_key: Seed::new([3; 32]),
            ca: None,
            proxy: None,
        };
        store.create(&identity).unwrap();
        let target = Target::new("pc", Zone::Lgwan, place).unwrap();
        store.update(|targets: &mut Targets| targets.add(target)).unwrap();
        let clock = TestClock(Instant::now());
        let (network, far) = mpsc::unbounded_channel();
        let (desks, shutdown) = (Arc::new(Desks::default()), Shutdown::new());
        let mut office = Self {
            folder,
            store,
            server_key,
            agent_key: channel::SecretKey::from_bytes([2; 32]),
            agent,
            clock: clock.clone(),
            desks: desks.clone(),
            shutdown,
            network: far,
            waiting: Vec::new(),
            running: None,
            next: AtomicU8::new(1),
        };
        office.start(TestWorld { clock, network, desks });
        office
    }

    /// The same state in the hands of a new process.
    pub async fn restart(&mut self) {
        self.shutdown.trigger();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
        let (network, far) = mpsc::unbounded_channel();
        (self.network, self.shutdown) = (far, Shutdown::new());
        self.waiting.clear();
        self.start(TestWorld { clock: self.clock.clone(), network, desks: self.desks.clone() });
    }

    fn start(&mut self, world: TestWorld) {
        let running = Agent::new(self.store.clone(), world).unwrap();
        let shutdown = self.shutdown.clone();
        self.running = Some(tokio::spawn(async move { running.run(shutdown).await.unwrap() }));
    }

    /// The far end of the next line to such an address.
    pub async fn line(&mut self, to: &str) -> Line {
        if let Some(at) = self.waiting.iter().position(|(url, _)| url.contains(to)) {
            return self.waiting.remove(at).1;
        }
        loop {
            let next = tokio::time::timeout(Duration::from_secs(60), self.network.recv());
            let (url, line) = next.await.unwrap_or_else(|_| panic!("no line to {to}")).unwrap();
            if url.contains(to) {
                return line;
            }
            self.waiting.push((url, line));
        }
    }

    /// True when no line to such an address comes within a minute.
    pub async fn no_line(&mut self, to: &str) -> bool {
        let wait = async {
            loop {
                let (url, line) = self.network.recv().await.unwrap();
                if url.contains(to) {
                    return;
                }
                self.waiting.push((url, line));
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.is_err()
    }

    /// The server, in conversation with the agent.
    pub async fn server(&mut self) -> Server {
        let line = self.line("/agent/control").await;
        Server::open(line, &self.server_key, self.clock.clone()).await
    }

    /// A device that was paired before, straight into the file.
    pub fn paired(&self, seed: u8, user: UserId, login: &str) -> channel::SecretKey {
        let key = channel::SecretKey::from_bytes([seed; 32]);
        let device = Device {
            key: ChannelKey(*key.public().as_bytes()),
            user,
            login: login.into(),
            name: "home".into(),
            user_agent: String::new(),
            paired: START,
        };
        let pair = |ledger: &mut Ledger| {
            let slip = ledger.invites.invite(
                "0A1B".parse()?,
                login,
                1000,
                START,
                &mut SystemRng::new(),
            )?;
            ledger.pair(slip.invite, device, &mut SystemRng::new())
        };
        self.store.update(pair).unwrap();
        key
    }

    pub fn ledger(&self) -> Ledger {
        self.store.read().unwrap().unwrap()
    }

    /// A grant for a device, for an hour, with an idle cut after five minutes; each for a new
    /// meeting.
    pub fn grant(&self, device: &channel::SecretKey) -> Grant {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let device_key = ChannelKey(*device.public().as_bytes());
        let now = self.clock.unix();
        Grant {
            id: GrantId([number; 16]),
            meeting: MeetingId([number; 16]),
            body: body(),
            user: USER,
            login: LOGIN.into(),
            name: "田中".into(),
            device: device_key.device_id(),
            device_key,
            agent: self.agent,
            target: "pc".parse().unwrap(),
            zone: Zone::Lgwan,
            issued: now,
            not_before: now,
            not_after: now.plus(3_600_000),
            policy: Policy {
                idle: 300,
                warn: 60,
                watermark: true,
                contrast: 20,
                spacing: 60,
                watermark_text: "{user} {body}".into(),
                resize: true,
            },
        }
    }

    /// Calls the agent to the meeting of a grant and meets it there.
    pub async fn visit(
        &mut self,
        server: &mut Server,
        grant: &Grant,
        device: &channel::SecretKey,
    ) -> Bot {
        let bytes = grant.sign(&self.server_key).unwrap();
        // A server that reads nothing is written nothing: hear what the agent still has to say.
        server.listen(Duration::from_millis(100)).await;
        server.meet_session(grant.meeting, bytes.clone()).await;
        let line = self.line("/relay").await;
        Bot::join(line, self, grant.meeting, &bytes, device).await
    }
}

pub fn body() -> BodyCode {
    BodyCode::new(*b"131016").unwrap()
}

/// An office with the sample desktop, and somebody at home who has been let in.
pub struct Visited {
    pub office: Office,
    pub device: channel::SecretKey,
    pub server: Server,
    pub grant: Grant,
    pub bot: Bot,
}

impl Visited {
    pub async fn sample() -> Self {
        let mut office = Office::open(Place::Sample);
        let device = office.paired(7, USER, LOGIN);
        let mut server = office.server().await;
        let grant = office.grant(&device);
        let mut bot = office.visit(&mut server, &grant, &device).await;
        bot.welcomed().await;
        Self { office, device, server, grant, bot }
    }
}
