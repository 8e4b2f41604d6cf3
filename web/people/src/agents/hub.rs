//! What is connected now. In memory only: after a restart the agents come back by themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use kit::http::Ctx;
use pairing::MeetingId;
use pairing::control::{End, Meet, Refusal, TargetState};
use pairing::relay::Word;
use people::{AgentId, BodyCode, StaffId, TargetId};
use tokio::sync::{broadcast, mpsc};

use super::admission::Admission;
use crate::People;

/// What may wait for one agent; more means that it does not take anything.
const WAITING: usize = 256;
/// What may wait for a relay elsewhere; more makes it say what it has.
const WORDS: usize = 1_024;
/// Meetings remembered, and for how long, milliseconds.
const MEETINGS: usize = 100_000;
const MEETING_MS: i64 = 120_000;

/// How a PC stands, as people see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PcState {
    /// Can be opened.
    Ready,
    /// Somebody is on it.
    Busy,
    /// Its agent is connected and does not reach it.
    Unreachable,
    /// It shows another certificate than the one its agent trusts.
    Untrusted,
    /// Its agent is not connected, or no longer offers it.
    Offline,
}

impl PcState {
    /// The state in a word or two.
    #[must_use]
    pub fn words(self, ctx: &Ctx) -> &'static str {
        match self {
            Self::Ready => ctx.t("使えます", "Ready"),
            Self::Busy => ctx.t("使用中", "In use"),
            Self::Unreachable => ctx.t("PCの応答なし", "PC does not answer"),
            Self::Untrusted => ctx.t("証明書の変更", "Certificate changed"),
            Self::Offline => ctx.t("つながっていません", "Not connected"),
        }
    }

    /// The class of its chip.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Ready => "good",
            Self::Busy => "warn",
            Self::Untrusted => "bad",
            Self::Unreachable | Self::Offline => "off",
        }
    }

    /// The state in `GET /api/targets`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
            Self::Untrusted => "untrusted",
            Self::Offline => "offline",
        }
    }
}

/// What is connected now.
#[derive(Debug, Default)]
pub struct Hub {
    inner: Mutex<Inner>,
    pub(super) relay: OnceLock<super::relay::Inside>,
    /// What relays elsewhere are told.
    words: OnceLock<broadcast::Sender<Word>>,
    admission: OnceLock<Admission>,
}

#[derive(Debug, Default)]
struct Inner {
    lines: HashMap<AgentId, Line>,
    meetings: HashMap<MeetingId, Meeting>,
    next: u64,
}

#[derive(Debug)]
struct Line {
    number: u64,
    body: BodyCode,
    to: mpsc::Sender<ToLine>,
    targets: BTreeMap<String, TargetState>,
}

#[derive(Debug)]
struct Meeting {
    staff: StaffId,
    agent: AgentId,
    pairing: bool,
    at: i64,
    declined: Option<Refusal>,
}

/// What the task of a line is told.
#[derive(Debug)]
pub(super) enum ToLine {
    Meet(Meet),
    End(End),
    /// Something the agent must forget was revoked.
    Look,
    /// The agent was revoked: it ends its sessions and stops.
    Retire,
    /// The line is over: its body is stopped, or the agent has a newer one.
    Close,
}

/// A line's place in the hub.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) from: mpsc::Receiver<ToLine>,
}

impl Hub {
    /// How a PC stands.
    #[must_use]
    pub fn state(&self, agent: AgentId, target: &TargetId) -> PcState {
        match self.inner().lines.get(&agent).and_then(|line| line.targets.get(target.as_str())) {
            Some(TargetState::Ready) => PcState::Ready,
            Some(TargetState::Busy) => PcState::Busy,
            Some(TargetState::Unreachable) => PcState::Unreachable,
            Some(TargetState::Untrusted) => PcState::Untrusted,
            _ => PcState::Offline,
        }
    }

    /// Whether an agent is connected.
    #[must_use]
    pub fn is_connected(&self, agent: AgentId) -> bool {
        self.inner().lines.contains_key(&agent)
    }

    /// How many agents are connected, and how many of their PCs stand in each state.
    #[must_use]
    pub fn standing(&self) -> (usize, BTreeMap<&'static str, usize>) {
        let inner = self.inner();
        let mut states = BTreeMap::new();
        for state in inner.lines.values().flat_map(|line| line.targets.values()) {
            let word = match state {
                TargetState::Ready => "ready",
                TargetState::Busy => "busy",
                TargetState::Unreachable => "unreachable",
                TargetState::Untrusted => "untrusted",
                _ => "other",
            };
            *states.entry(word).or_default() += 1;
        }
        (inner.lines.len(), states)
    }

    /// The door by which agents come back.
    pub(super) fn admission(&self, app: &People) -> &Admission {
        self.admission.get_or_init(|| Admission::new(app.store.lines()))
    }

    /// What is said to relays elsewhere.
    pub(super) fn words(&self) -> &broadcast::Sender<Word> {
        self.words.get_or_init(|| broadcast::Sender::new(WORDS))
    }

    /// Says something to every relay elsewhere.
    pub(super) fn say(&self, word: Word) {
        // Nobody to hear it: there is none.
        _ = self.words().send(word);
    }

    /// A line of an agent opens; the one before it closes.
    pub(super) fn enter(&self, agent: AgentId, body: BodyCode) -> Place {
        let (to, from) = mpsc::channel(WAITING);
        let mut inner = self.inner();
        inner.next += 1;
        let number = inner.next;
        if let Some(old) =
            inner.lines.insert(agent, Line { number, body, to, targets: BTreeMap::new() })
        {
            // A line that takes nothing any more notices by its own silence.
            _ = old.to.try_send(ToLine::Close);
        }
        Place { number, from }
    }

    /// A line closes. Answers whether it was the agent's last.
    pub(super) fn leave(&self, agent: AgentId, number: u64) -> bool {
        let mut inner = self.inner();
        let last = inner.lines.get(&agent).is_some_and(|line| line.number == number);
        if last {
            inner.lines.remove(&agent);
        }
        last
    }

    pub(super) fn put_targets(
        &self,
        agent: AgentId,
        number: u64,
        targets: BTreeMap<String, TargetState>,
    ) {
        if let Some(line) = self.inner().lines.get_mut(&agent).filter(|line| line.number == number)
        {
            line.targets = targets;
        }
    }

    /// An agent is there with one PC, without a line: how a test of a page says how the PC stands.
    pub fn place(&self, agent: AgentId, body: BodyCode, target: &TargetId, state: TargetState) {
        let number = self.enter(agent, body).number;
        self.put_targets(agent, number, [(target.as_str().to_owned(), state)].into());
    }

    pub(super) fn put_target(&self, agent: AgentId, number: u64, target: &str, state: TargetState) {
        if let Some(line) = self.inner().lines.get_mut(&agent).filter(|line| line.number == number)
            && let Some(known) = line.targets.get_mut(target)
        {
            *known = state;
        }
    }

    /// Tells an agent something. False when it is not connected (or takes nothing).
    pub(super) fn tell(&self, agent: AgentId, what: ToLine) -> bool {
        self.inner().lines.get(&agent).is_some_and(|line| line.to.try_send(what).is_ok())
    }

    /// Agents of a body that are connected.
    pub(super) fn of_body(&self, body: BodyCode) -> Vec<AgentId> {
        self.inner()
            .lines
            .iter()
            .filter(|(_, line)| line.body == body)
            .map(|(agent, _)| *agent)
            .collect()
    }

    /// The server closes: every line ends, and no relay carries anything of this server's bodies
    /// any more.
    pub(crate) fn close_all(&self, app: &People) {
        let mut bodies = BTreeSet::new();
        for line in self.inner().lines.values() {
            bodies.insert(line.body);
            _ = line.to.try_send(ToLine::Close);
        }
        for code in bodies.into_iter().filter_map(|body| super::meetings::body_code(body).ok()) {
            self.relay(app).end_body(code);
            self.say(Word::EndBody(code));
        }
    }

    /// Remembers who asked for a meeting.
    pub(super) fn remember(
        &self,
        meeting: MeetingId,
        staff: StaffId,
        agent: AgentId,
        pairing: bool,
        now: i64,
    ) {
        let mut inner = self.inner();
        if inner.meetings.len() >= MEETINGS {
            inner.meetings.retain(|_, known| known.at + MEETING_MS > now);
        }
        if inner.meetings.len() < MEETINGS {
            inner
                .meetings
                .insert(meeting, Meeting { staff, agent, pairing, at: now, declined: None });
        }
    }

    /// Whether this is a pairing that was just asked for.
    pub(super) fn is_pairing(&self, meeting: MeetingId, now: i64) -> bool {
        self.inner()
            .meetings
            .get(&meeting)
            .is_some_and(|known| known.pairing && known.at + MEETING_MS > now)
    }

    /// The agent will not come to a meeting of its own.
    pub(super) fn decline(&self, agent: AgentId, meeting: MeetingId, reason: Refusal) {
        if let Some(known) =
            self.inner().meetings.get_mut(&meeting).filter(|known| known.agent == agent)
        {
            known.declined = Some(reason);
        }
    }

    /// What the agent said of a meeting, for whoever asked for it; `None`: no such meeting of this
    /// person.
    pub(super) fn said(
        &self,
        meeting: MeetingId,
        staff: StaffId,
        now: i64,
    ) -> Option<Option<Refusal>> {
        let inner = self.inner();
        let known = inner
            .meetings
            .get(&meeting)
            .filter(|known| known.staff == staff && known.at + MEETING_MS > now)?;
        Some(known.declined)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
