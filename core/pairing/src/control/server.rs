//! The server's side of the control conversation.

use std::collections::VecDeque;

use rand_core::{CryptoRng, RngCore};

use super::agent::proof;
use super::{
    CONTEXT, End, Hello, Input, Line, Meet, OPENING_MS, Order, Output, Refusal, Report, Settings, TargetState, ToAgent, ToServer,
    VERSION, Welcome,
};
use crate::keys::Signature;
use crate::{AgentId, Error, MeetingId, PublicKey, Result, TargetId, Ticks};

/// What the agent said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// Somebody says to be this agent: look its control key up and call [`ServerSide::authenticate`].
    Claims(AgentId),
    /// The agent is who it says, and this is what it offers. The first time, answer [`ServerSide::welcome`].
    Hello(Hello),
    /// A target's state changed.
    TargetState {
        /// Which.
        target: TargetId,
        /// How it is.
        state: TargetState,
    },
    /// The agent will not come.
    Declined {
        /// To this meeting.
        meeting: MeetingId,
        /// Why.
        reason: Refusal,
    },
    /// Put this on record unless it is already, then [`ServerSide::acknowledge`].
    Report {
        /// Which count.
        epoch: u64,
        /// Its number.
        number: u64,
        /// What happened.
        report: Report,
    },
    /// Orders up to this number were carried out.
    Done {
        /// The number.
        number: u64,
    },
}

/// The server's side over one connection.
#[derive(Debug)]
pub struct ServerSide {
    server_key: PublicKey,
    challenge: [u8; 32],
    state: State,
    line: Line,
    outputs: VecDeque<Output>,
    events: VecDeque<ServerEvent>,
}

#[derive(Debug)]
enum State {
    AwaitingProof,
    Claimed(AgentId, Signature),
    AwaitingHello,
    AwaitingDriver,
    Open,
    Failed,
}

impl ServerSide {
    /// A conversation over a WebSocket that has just opened. `server_key` is the public half of this server's key.
    pub fn new<R: RngCore + CryptoRng>(server_key: PublicKey, now: Ticks, rng: &mut R) -> Self {
        let mut challenge = [0; 32];
        rng.fill_bytes(&mut challenge);
        Self {
            server_key,
            challenge,
            state: State::AwaitingProof,
            line: Line::new(now),
            outputs: VecDeque::from([Output::Binary(challenge.to_vec())]),
            events: VecDeque::new(),
        }
    }

    /// What the WebSocket brought. An error ends the conversation: close the WebSocket.
    ///
    /// The driver drains [`ServerSide::poll_event`] after each call and settles a [`ServerEvent::Claims`] before the next.
    pub fn handle_message(&mut self, input: Input<'_>, now: Ticks) -> Result<()> {
        let result = self.take(input, now);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    /// Settles a claim: `key` is the control key on record for that agent, `None` if there is no such agent (or no more).
    pub fn authenticate(&mut self, key: Option<&PublicKey>) -> Result<AgentId> {
        let State::Claimed(agent, signature) = &self.state else {
            return Err(Error::Invalid("nobody claims anything"));
        };
        let (agent, signature) = (*agent, *signature);
        let proof = proof(&self.challenge, &self.server_key);
        let verdict = key.ok_or(Error::BadSignature).and_then(|key| key.verify(CONTEXT, &proof, &signature));
        self.state = if verdict.is_ok() { State::AwaitingHello } else { State::Failed };
        verdict.map(|()| agent)
    }

    /// The agent waits for us, not we for it: until [`ServerSide::lets_in`] only silence ends the conversation.
    pub fn makes_wait(&mut self) {
        self.line.open();
    }

    /// It is the agent's turn again: the conversation must be open within [`OPENING_MS`], unless it is.
    pub fn lets_in(&mut self, now: Ticks) {
        if !matches!(self.state, State::Open) {
            self.line.opens_within(OPENING_MS, now);
        }
    }

    /// Opens the conversation after the first hello.
    pub fn welcome(&mut self, mut welcome: Welcome) -> Result<()> {
        if !matches!(self.state, State::AwaitingDriver) {
            return Err(Error::Invalid("nobody to welcome"));
        }
        welcome.version = VERSION;
        self.state = State::Open;
        self.line.open();
        self.send(&ToAgent::Welcome(welcome))
    }

    /// Calls the agent to a meeting.
    pub fn meet(&mut self, meet: Meet) -> Result<()> {
        self.send(&ToAgent::Meet(meet))
    }

    /// Ends a session.
    pub fn end(&mut self, end: End) -> Result<()> {
        self.send(&ToAgent::End(end))
    }

    /// Sends an order. The caller repeats it at the next connection unless [`ServerEvent::Done`] came.
    pub fn order(&mut self, number: u64, order: Order) -> Result<()> {
        self.send(&ToAgent::Order { number, order })
    }

    /// Sends what holds for the whole agent.
    pub fn settings(&mut self, settings: Settings) -> Result<()> {
        self.send(&ToAgent::Settings(settings))
    }

    /// Says that reports up to `number` are on record.
    pub fn acknowledge(&mut self, epoch: u64, number: u64) -> Result<()> {
        self.send(&ToAgent::Ack { epoch, number })
    }

    /// When [`ServerSide::handle_timeout`] wants to be called.
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
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    fn take(&mut self, input: Input<'_>, now: Ticks) -> Result<()> {
        self.line.heard(now);
        match (&self.state, input) {
            (State::Failed, _) => Err(Error::PeerMisbehaved("conversation is over")),
            (_, Input::Life) => Ok(()),
            (State::AwaitingProof, Input::Binary(bytes)) => {
                let mut reader = wire::Reader::new(bytes);
                let agent = AgentId(reader.array()?);
                let signature = Signature(reader.array()?);
                reader.finish()?;
                self.state = State::Claimed(agent, signature);
                self.events.push_back(ServerEvent::Claims(agent));
                Ok(())
            }
            (State::AwaitingHello, Input::Text(text)) => match ToServer::decode(text)? {
                ToServer::Hello(hello) if hello.version == VERSION => {
                    self.state = State::AwaitingDriver;
                    self.events.push_back(ServerEvent::Hello(hello));
                    Ok(())
                }
                ToServer::Hello(_) => Err(Error::PeerMisbehaved("version of the conversation")),
                _ => Err(Error::PeerMisbehaved("no hello")),
            },
            (State::Open, Input::Text(text)) => {
                self.hear(ToServer::decode(text)?);
                Ok(())
            }
            _ => Err(Error::PeerMisbehaved("message out of order")),
        }
    }

    fn hear(&mut self, message: ToServer) {
        let event = match message {
            ToServer::Hello(hello) => ServerEvent::Hello(hello),
            ToServer::TargetState { target, state } => ServerEvent::TargetState { target, state },
            ToServer::Declined { meeting, reason } => ServerEvent::Declined { meeting, reason },
            ToServer::Report { epoch, number, report } => ServerEvent::Report { epoch, number, report },
            ToServer::Done { number } => ServerEvent::Done { number },
            ToServer::Unknown => return,
        };
        self.events.push_back(event);
    }

    fn send(&mut self, message: &ToAgent) -> Result<()> {
        if !matches!(self.state, State::Open) {
            return Err(Error::Invalid("conversation is not open"));
        }
        self.outputs.push_back(Output::Text(message.encode()?));
        Ok(())
    }
}
