//! The agent's side of the control conversation.

use std::collections::VecDeque;

use rand_core::{CryptoRng, RngCore};

use super::words::{Binding, Words};
use super::{
    ALIVE_MS, End, Hello, Input, Line, Meet, Order, Outbox, Refusal, Settings, TargetState,
    ToAgent, ToServer, VERSION, WAITING_MS, WINDOW, Welcome,
};
use crate::{
    AgentId, BodyCode, Error, Head, MeetingId, PublicKey, Result, SigningKey, TargetId, Ticks,
};

/// What the server said, for the agent to act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentEvent {
    /// The conversation is open. Store the head, then offer the outbox.
    Open(Welcome),
    /// The server has sent everything it owed at the beginning: from now on it counts as heard.
    Heard,
    /// The current head of the body's record: store it.
    Head(Head),
    /// Come to a meeting, or decline it.
    Meet(Meet),
    /// End a session now and report it.
    End(End),
    /// Carry out this order, then call [`AgentSide::done`].
    Order {
        /// Number of the order; grows within one connection.
        number: u64,
        /// What to do.
        order: Order,
    },
    /// Settings that hold from now on.
    Settings(Settings),
    /// These reports are on record: [`Outbox::acknowledge`], save, and offer the outbox again.
    Acknowledged {
        /// Epoch of the reports ([`Outbox::epoch`]).
        epoch: u64,
        /// Number of the last report on record.
        number: u64,
    },
}

/// The agent's side over one connection; a new connection is a new value.
#[derive(Debug)]
pub struct AgentSide {
    agent: AgentId,
    control_key: SigningKey,
    server_key: PublicKey,
    chance: [u8; 32],
    state: State,
    words: Option<Words>,
    line: Line,
    /// When to send the next `alive`.
    due: Ticks,
    /// When the welcome came.
    opened: Ticks,
    /// `fresh`: the server has answered something said since the welcome. `heard`: it has also sent
    /// everything it owed.
    fresh: bool,
    heard: bool,
    hello: Hello,
    /// Epoch and number of the last report offered over this connection, and the number of the last
    /// acknowledged one.
    epoch: u64,
    offered: u64,
    acknowledged: u64,
    outputs: VecDeque<Vec<u8>>,
    events: VecDeque<AgentEvent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AwaitingChallenge,
    AwaitingWelcome,
    Open(BodyCode),
    Failed,
}

impl AgentSide {
    /// A conversation over a WebSocket that has just opened. `hello.version` is set here.
    pub fn new<R: RngCore + CryptoRng>(
        agent: AgentId,
        control_key: SigningKey,
        server_key: PublicKey,
        mut hello: Hello,
        now: Ticks,
        rng: &mut R,
    ) -> Self {
        hello.version = VERSION;
        let mut chance = [0; 32];
        rng.fill_bytes(&mut chance);
        Self {
            agent,
            control_key,
            server_key,
            chance,
            state: State::AwaitingChallenge,
            words: None,
            line: Line::new(now),
            due: now.plus(ALIVE_MS),
            opened: now,
            fresh: false,
            heard: false,
            hello,
            epoch: 0,
            offered: 0,
            acknowledged: 0,
            outputs: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Takes what the WebSocket received. An error ends the conversation: close the WebSocket and
    /// reconnect.
    pub fn handle_message(&mut self, input: Input<'_>, now: Ticks) -> Result<()> {
        let result = self.take(input, now);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    /// When [`AgentSide::handle_timeout`] wants to be called.
    pub fn timeout(&self) -> Ticks {
        if self.is_open() { self.line.timeout().min(self.due) } else { self.line.timeout() }
    }

    /// Sends `alive` when it is due. An error when the line is broken.
    pub fn handle_timeout(&mut self, now: Ticks) -> Result<()> {
        if let Err(error) = self.line.handle_timeout(now) {
            self.state = State::Failed;
            return Err(error);
        }
        if self.is_open() && now >= self.due {
            self.due = now.plus(ALIVE_MS);
            self.send(&ToServer::Alive)?;
        }
        Ok(())
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outputs.pop_front()
    }

    /// The next event to act on.
    pub fn poll_event(&mut self) -> Option<AgentEvent> {
        self.events.pop_front()
    }

    /// Whether the server has said welcome.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Sends reports of the outbox that this connection has not carried yet, as far as
    /// [`WINDOW`](super::WINDOW) allows. Call it when open, after every report pushed (and saved),
    /// and after every acknowledgement.
    pub fn offer(&mut self, outbox: &Outbox) -> Result<()> {
        if !self.is_open() {
            return Ok(());
        }
        if outbox.epoch() != self.epoch {
            (self.epoch, self.offered, self.acknowledged) = (outbox.epoch(), 0, 0);
        }
        for (number, report) in outbox.after(self.offered) {
            let on_the_way =
                outbox.after(self.acknowledged).take_while(|(at, _)| *at < number).count();
            if on_the_way >= WINDOW {
                break;
            }
            let message =
                ToServer::Report { epoch: outbox.epoch(), number, report: report.clone() };
            self.send(&message)?;
            self.offered = number;
        }
        Ok(())
    }

    /// Sends `hello` again: the list of targets changed.
    pub fn set_hello(&mut self, mut hello: Hello) -> Result<()> {
        hello.version = VERSION;
        self.hello = hello;
        if self.is_open() { self.send(&ToServer::Hello(self.hello.clone())) } else { Ok(()) }
    }

    /// Tells the server that a target's state changed.
    pub fn target_state(&mut self, target: &TargetId, state: TargetState) -> Result<()> {
        if let Some(known) = self.hello.targets.iter_mut().find(|known| known.id == *target) {
            known.state = state;
        }
        if self.is_open() {
            self.send(&ToServer::TargetState { target: target.clone(), state })
        } else {
            Ok(())
        }
    }

    /// Tells the server that the agent will not come to a meeting.
    pub fn decline(&mut self, meeting: MeetingId, reason: Refusal) -> Result<()> {
        self.send(&ToServer::Declined { meeting, reason })
    }

    /// Tells the server that orders up to this number were carried out. Save that first.
    pub fn done(&mut self, number: u64) -> Result<()> {
        self.send(&ToServer::Done { number })
    }

    fn take(&mut self, input: Input<'_>, now: Ticks) -> Result<()> {
        self.line.now = now;
        match (self.state, input) {
            (State::Failed, _) => Err(Error::PeerMisbehaved("conversation is over")),
            (_, Input::Life) => Ok(()),
            (_, Input::Text(_)) => Err(Error::PeerMisbehaved("an unsigned word")),
            (State::AwaitingChallenge, Input::Binary(challenge)) => {
                let challenge: &[u8; 32] =
                    challenge.try_into().map_err(|_| Error::PeerMisbehaved("challenge"))?;
                let binding = Binding::new(challenge, &self.chance, self.agent, &self.server_key);
                let proof = binding.prove(&self.control_key);
                self.outputs.push_back(
                    [&VERSION.to_be_bytes()[..], &self.agent.0, &self.chance, &proof.0].concat(),
                );
                self.words =
                    Some(Words::of_agent(binding, self.control_key.clone(), self.server_key));
                self.state = State::AwaitingWelcome;
                self.line.opens_within(WAITING_MS, now);
                self.send(&ToServer::Hello(self.hello.clone()))
            }
            (State::AwaitingWelcome, Input::Binary(bytes)) => match self.listen(bytes)? {
                ToAgent::Welcome(welcome) if welcome.version == VERSION => {
                    welcome
                        .head
                        .iter()
                        .try_for_each(|head| head.verify(&self.server_key, &welcome.body))?;
                    self.line.open(now);
                    self.opened = now;
                    self.fresh = false;
                    self.due = now.plus(ALIVE_MS);
                    self.state = State::Open(welcome.body);
                    self.events.push_back(AgentEvent::Open(welcome));
                    // The welcome may have been delayed. The answer to this `alive` cannot be older
                    // than it.
                    self.send(&ToServer::Alive)
                }
                _ => Err(Error::PeerMisbehaved("no welcome")),
            },
            (State::Open(body), Input::Binary(bytes)) => {
                let message = self.listen(bytes)?;
                self.hear(message, &body)
            }
        }
    }

    /// Verifies the server's next word and reads its message. An error ends the line.
    fn listen(&mut self, bytes: &[u8]) -> Result<ToAgent> {
        let words = self.words.as_mut().ok_or(Error::PeerMisbehaved("message out of order"))?;
        let (text, alive) = words.hear(bytes)?;
        self.line.proved(alive);
        self.fresh |= alive.is_some_and(|at| at >= self.opened);
        ToAgent::decode(text)
    }

    fn hear(&mut self, message: ToAgent, body: &BodyCode) -> Result<()> {
        let event = match message {
            ToAgent::Welcome(_) => return Err(Error::PeerMisbehaved("welcome twice")),
            ToAgent::Meet(meet) => AgentEvent::Meet(meet),
            ToAgent::End(end) => AgentEvent::End(end),
            ToAgent::Order { number, order } => AgentEvent::Order { number, order },
            ToAgent::Settings(settings) => AgentEvent::Settings(settings),
            ToAgent::Head(head) => {
                head.verify(&self.server_key, body)?;
                AgentEvent::Head(head)
            }
            ToAgent::Alive => {
                // The first `alive` says that everything owed was sent. The first one that answers
                // a word said since the welcome proves that this was not replayed late.
                if self.heard || !self.fresh {
                    return Ok(());
                }
                self.heard = true;
                AgentEvent::Heard
            }
            ToAgent::Ack { epoch, number } => {
                if epoch == self.epoch {
                    if number > self.offered {
                        return Err(Error::PeerMisbehaved("acknowledged what was not sent"));
                    }
                    self.acknowledged = self.acknowledged.max(number);
                }
                AgentEvent::Acknowledged { epoch, number }
            }
            ToAgent::Unknown => return Ok(()),
        };
        self.events.push_back(event);
        Ok(())
    }

    fn send(&mut self, message: &ToServer) -> Result<()> {
        let words = self.words.as_mut().ok_or(Error::Invalid("conversation is not open"))?;
        self.outputs.push_back(words.say(&message.encode()?, self.line.now));
        Ok(())
    }
}
