//! The agent's side of the control conversation.

use std::collections::VecDeque;

use super::{
    CONTEXT, End, Hello, Input, Line, Meet, Order, Outbox, Output, Refusal, Settings, TargetState, ToAgent, ToServer, VERSION,
    WAITING_MS, WINDOW, Welcome,
};
use crate::{AgentId, Error, MeetingId, PublicKey, Result, SigningKey, TargetId, Ticks};

/// What the server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentEvent {
    /// The conversation is open. Offer the outbox now.
    Open(Welcome),
    /// Come to a meeting, or decline it.
    Meet(Meet),
    /// End a session now and report it.
    End(End),
    /// Carry this out, then [`AgentSide::done`].
    Order {
        /// Its number.
        number: u64,
        /// What to do.
        order: Order,
    },
    /// What holds from now on.
    Settings(Settings),
    /// These reports are on record: [`Outbox::acknowledge`], save, and offer the outbox again.
    Acknowledged {
        /// The epoch.
        epoch: u64,
        /// The number.
        number: u64,
    },
}

/// The agent's side over one connection; a new connection is a new value.
#[derive(Debug)]
pub struct AgentSide {
    agent: AgentId,
    control_key: SigningKey,
    server_key: PublicKey,
    state: State,
    line: Line,
    hello: Hello,
    /// Of which epoch the last report offered over this connection is, its number, and that of the last acknowledged one.
    epoch: u64,
    offered: u64,
    acknowledged: u64,
    outputs: VecDeque<Output>,
    events: VecDeque<AgentEvent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AwaitingChallenge,
    AwaitingWelcome,
    Open,
    Failed,
}

impl AgentSide {
    /// A conversation over a WebSocket that has just opened. `hello.version` is set here.
    pub fn new(agent: AgentId, control_key: SigningKey, server_key: PublicKey, mut hello: Hello, now: Ticks) -> Self {
        hello.version = VERSION;
        Self {
            agent,
            control_key,
            server_key,
            state: State::AwaitingChallenge,
            line: Line::new(now),
            hello,
            epoch: 0,
            offered: 0,
            acknowledged: 0,
            outputs: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// What the WebSocket brought. An error ends the conversation: close the WebSocket and connect anew.
    pub fn handle_message(&mut self, input: Input<'_>, now: Ticks) -> Result<()> {
        let result = self.take(input, now);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    /// When [`AgentSide::handle_timeout`] wants to be called.
    pub fn timeout(&self) -> Ticks {
        self.line.timeout()
    }

    /// Pings when it is time; an error when the line is dead.
    pub fn handle_timeout(&mut self, now: Ticks) -> Result<()> {
        match self.line.handle_timeout(now) {
            Ok(true) => self.outputs.push_back(Output::Ping),
            Ok(false) => {}
            Err(error) => {
                self.state = State::Failed;
                return Err(error);
            }
        }
        Ok(())
    }

    /// What to send next.
    pub fn poll_transmit(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What to do next.
    pub fn poll_event(&mut self) -> Option<AgentEvent> {
        self.events.pop_front()
    }

    /// Whether the server has said welcome.
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Sends what the outbox holds and this connection has not carried yet, as far as the window reaches.
    /// Call it when open, after every report pushed (and saved), and after every acknowledgement.
    pub fn offer(&mut self, outbox: &Outbox) -> Result<()> {
        if self.state != State::Open {
            return Ok(());
        }
        if outbox.epoch() != self.epoch {
            (self.epoch, self.offered, self.acknowledged) = (outbox.epoch(), 0, 0);
        }
        for (number, report) in outbox.after(self.offered) {
            let on_the_way = outbox.after(self.acknowledged).take_while(|(at, _)| *at < number).count();
            if on_the_way >= WINDOW {
                break;
            }
            let message = ToServer::Report { epoch: outbox.epoch(), number, report: report.clone() };
            self.outputs.push_back(Output::Text(message.encode()?));
            self.offered = number;
        }
        Ok(())
    }

    /// The list of targets changed.
    pub fn set_hello(&mut self, mut hello: Hello) -> Result<()> {
        hello.version = VERSION;
        self.hello = hello;
        if self.state == State::Open { self.send(&ToServer::Hello(self.hello.clone())) } else { Ok(()) }
    }

    /// A target's state changed.
    pub fn target_state(&mut self, target: &TargetId, state: TargetState) -> Result<()> {
        if let Some(known) = self.hello.targets.iter_mut().find(|known| known.id == *target) {
            known.state = state;
        }
        if self.state == State::Open { self.send(&ToServer::TargetState { target: target.clone(), state }) } else { Ok(()) }
    }

    /// The agent will not come to a meeting.
    pub fn decline(&mut self, meeting: MeetingId, reason: Refusal) -> Result<()> {
        self.send(&ToServer::Declined { meeting, reason })
    }

    /// Orders up to this number were carried out, and that is saved.
    pub fn done(&mut self, number: u64) -> Result<()> {
        self.send(&ToServer::Done { number })
    }

    fn take(&mut self, input: Input<'_>, now: Ticks) -> Result<()> {
        self.line.heard(now);
        match (self.state, input) {
            (State::Failed, _) => Err(Error::PeerMisbehaved("conversation is over")),
            (_, Input::Life) => Ok(()),
            (State::AwaitingChallenge, Input::Binary(challenge)) => {
                let challenge: &[u8; 32] = challenge.try_into().map_err(|_| Error::PeerMisbehaved("challenge"))?;
                let signature = self.control_key.sign(CONTEXT, &proof(challenge, &self.server_key));
                self.outputs.push_back(Output::Binary([&self.agent.0[..], &signature.0].concat()));
                self.send(&ToServer::Hello(self.hello.clone()))?;
                self.state = State::AwaitingWelcome;
                self.line.opens_within(WAITING_MS, now);
                Ok(())
            }
            (State::AwaitingWelcome, Input::Text(text)) => match ToAgent::decode(text)? {
                ToAgent::Welcome(welcome) if welcome.version == VERSION => {
                    self.line.open();
                    self.state = State::Open;
                    self.events.push_back(AgentEvent::Open(welcome));
                    Ok(())
                }
                _ => Err(Error::PeerMisbehaved("no welcome")),
            },
            (State::Open, Input::Text(text)) => self.hear(ToAgent::decode(text)?),
            _ => Err(Error::PeerMisbehaved("message out of order")),
        }
    }

    fn hear(&mut self, message: ToAgent) -> Result<()> {
        let event = match message {
            ToAgent::Welcome(_) => return Err(Error::PeerMisbehaved("welcome twice")),
            ToAgent::Meet(meet) => AgentEvent::Meet(meet),
            ToAgent::End(end) => AgentEvent::End(end),
            ToAgent::Order { number, order } => AgentEvent::Order { number, order },
            ToAgent::Settings(settings) => AgentEvent::Settings(settings),
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
        self.outputs.push_back(Output::Text(message.encode()?));
        Ok(())
    }
}

/// What the agent signs, after the context: the server's challenge and the server it means.
pub(super) fn proof(challenge: &[u8; 32], server_key: &PublicKey) -> [u8; 64] {
    let mut message = [0; 64];
    message[..32].copy_from_slice(challenge);
    message[32..].copy_from_slice(server_key.as_bytes());
    message
}
