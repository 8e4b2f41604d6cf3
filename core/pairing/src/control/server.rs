//! The server's side of the control conversation.

use std::collections::VecDeque;

use rand_core::{CryptoRng, RngCore};

use super::words::{Binding, Words};
use super::{
    End, Hello, Input, Line, Meet, OPENING_MS, Order, Refusal, Report, Settings, TargetState,
    ToAgent, ToServer, VERSION, WAITING_MS, Welcome,
};
use crate::keys::Signature;
use crate::{AgentId, Error, Head, MeetingId, PublicKey, Result, SigningKey, TargetId, Ticks};

/// What an agent of version 1 answers the challenge with: its id and a signature.
const FIRST_VERSION: usize = 16 + 64;

/// What the agent said, for the server to act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// The other side claims to be this agent: look up the agent's control key and call
    /// [`ServerSide::authenticate`].
    Claims(AgentId),
    /// The agent is authenticated and offers this. The first time, call [`ServerSide::welcome`],
    /// send what is owed, then call [`ServerSide::settled`]. The caller checks whether the head is
    /// this server's ([`Head::verify`]).
    Hello(Hello),
    /// A target's state changed.
    TargetState {
        /// The target.
        target: TargetId,
        /// Its state now.
        state: TargetState,
    },
    /// The agent declined a meeting.
    Declined {
        /// The declined meeting.
        meeting: MeetingId,
        /// Why.
        reason: Refusal,
    },
    /// Put this on record unless it is there already, then call [`ServerSide::acknowledge`].
    Report {
        /// Epoch of the number.
        epoch: u64,
        /// Number of the report in its epoch.
        number: u64,
        /// What happened.
        report: Report,
    },
    /// Orders up to this number were carried out.
    Done {
        /// Number of the last order.
        number: u64,
    },
    /// A sign of life, already answered. A good moment to check whether the agent should be told
    /// anything.
    Alive,
}

/// The server's side over one connection.
#[derive(Debug)]
pub struct ServerSide {
    server_key: SigningKey,
    challenge: [u8; 32],
    state: State,
    words: Option<Words>,
    line: Line,
    outputs: VecDeque<Vec<u8>>,
    events: VecDeque<ServerEvent>,
}

#[derive(Debug)]
enum State {
    AwaitingProof,
    Claimed(AgentId, Binding, Signature),
    AwaitingHello,
    AwaitingDriver,
    Open,
    Failed,
}

impl ServerSide {
    /// A conversation over a WebSocket that has just opened.
    pub fn new<R: RngCore + CryptoRng>(server_key: SigningKey, now: Ticks, rng: &mut R) -> Self {
        let mut challenge = [0; 32];
        rng.fill_bytes(&mut challenge);
        Self {
            server_key,
            challenge,
            state: State::AwaitingProof,
            words: None,
            line: Line::new(now),
            outputs: VecDeque::from([challenge.to_vec()]),
            events: VecDeque::new(),
        }
    }

    /// Takes what the WebSocket received. An error ends the conversation: close the WebSocket.
    ///
    /// The driver drains [`ServerSide::poll_event`] after each call and settles a
    /// [`ServerEvent::Claims`] before the next.
    pub fn handle_message(&mut self, input: Input<'_>, now: Ticks) -> Result<()> {
        let result = self.take(input, now);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    /// Checks a claim. `key` is the control key on record for that agent, `None` if there is no
    /// such agent or it was revoked.
    pub fn authenticate(&mut self, key: Option<&PublicKey>) -> Result<AgentId> {
        let State::Claimed(agent, binding, proof) = &self.state else {
            return Err(Error::Invalid("nobody claims anything"));
        };
        let (agent, binding, proof) = (*agent, *binding, *proof);
        self.state = State::Failed;
        let key = key.ok_or(Error::BadSignature)?;
        binding.verify(key, &proof)?;
        self.words = Some(Words::of_server(binding, self.server_key.clone(), *key));
        self.state = State::AwaitingHello;
        Ok(agent)
    }

    /// The agent must wait to be admitted: until [`ServerSide::lets_in`] the limit is
    /// [`WAITING_MS`].
    pub fn makes_wait(&mut self) {
        self.line.opens_within(WAITING_MS, self.line.now);
    }

    /// The agent is admitted: the conversation must be open within [`OPENING_MS`], unless it
    /// already is.
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
        self.line.open(self.line.now);
        self.send(&ToAgent::Welcome(welcome))
    }

    /// Says that everything owed at the beginning was sent. The agent counts this server as heard
    /// once it also has the next answer.
    pub fn settled(&mut self) -> Result<()> {
        self.send(&ToAgent::Alive)
    }

    /// Sends the current head of the record of the agent's body.
    pub fn head(&mut self, head: Head) -> Result<()> {
        self.send(&ToAgent::Head(head))
    }

    /// Calls the agent to a meeting.
    pub fn meet(&mut self, meet: Meet) -> Result<()> {
        self.send(&ToAgent::Meet(meet))
    }

    /// Ends a session.
    pub fn end(&mut self, end: End) -> Result<()> {
        self.send(&ToAgent::End(end))
    }

    /// Sends an order. The caller repeats it at the next connection unless [`ServerEvent::Done`]
    /// came.
    pub fn order(&mut self, number: u64, order: Order) -> Result<()> {
        self.send(&ToAgent::Order { number, order })
    }

    /// Sends the settings of the agent.
    pub fn settings(&mut self, settings: Settings) -> Result<()> {
        self.send(&ToAgent::Settings(settings))
    }

    /// Acknowledges reports of this epoch up to `number`: they are on record.
    pub fn acknowledge(&mut self, epoch: u64, number: u64) -> Result<()> {
        self.send(&ToAgent::Ack { epoch, number })
    }

    /// When [`ServerSide::handle_timeout`] wants to be called.
    pub fn timeout(&self) -> Ticks {
        self.line.timeout()
    }

    /// Checks the line. An error when it is broken.
    pub fn handle_timeout(&mut self, now: Ticks) -> Result<()> {
        let result = self.line.handle_timeout(now);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outputs.pop_front()
    }

    /// The next event to act on.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    fn take(&mut self, input: Input<'_>, now: Ticks) -> Result<()> {
        self.line.now = now;
        match (&self.state, input) {
            (State::Failed, _) => Err(Error::PeerMisbehaved("conversation is over")),
            (_, Input::Life) => Ok(()),
            (_, Input::Text(_)) => Err(Error::PeerMisbehaved("an unsigned word")),
            (State::AwaitingProof, Input::Binary(bytes)) => self.claim(bytes),
            (State::AwaitingHello, Input::Binary(bytes)) => match self.listen(bytes)? {
                ToServer::Hello(hello) if hello.version == VERSION => {
                    self.state = State::AwaitingDriver;
                    self.events.push_back(ServerEvent::Hello(hello));
                    Ok(())
                }
                ToServer::Hello(_) => Err(Error::PeerMisbehaved("version of the conversation")),
                _ => Err(Error::PeerMisbehaved("no hello")),
            },
            (State::Open, Input::Binary(bytes)) => {
                let message = self.listen(bytes)?;
                self.hear(message)
            }
            _ => Err(Error::PeerMisbehaved("message out of order")),
        }
    }

    fn claim(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() == FIRST_VERSION {
            return Err(Error::UnknownVersion(1));
        }
        let mut reader = wire::Reader::new(bytes);
        let version = reader.u16()?;
        if version != VERSION {
            return Err(Error::UnknownVersion(u8::try_from(version).unwrap_or(u8::MAX)));
        }
        let (agent, chance) = (AgentId(reader.array()?), reader.array()?);
        let proof = Signature(reader.array()?);
        reader.finish()?;
        let binding = Binding::new(&self.challenge, &chance, agent, &self.server_key.public());
        self.state = State::Claimed(agent, binding, proof);
        self.events.push_back(ServerEvent::Claims(agent));
        Ok(())
    }

    /// Verifies the agent's next word and reads its message. An error ends the line.
    fn listen(&mut self, bytes: &[u8]) -> Result<ToServer> {
        let words = self.words.as_mut().ok_or(Error::PeerMisbehaved("message out of order"))?;
        let (text, alive) = words.hear(bytes)?;
        self.line.proved(alive);
        ToServer::decode(text)
    }

    fn hear(&mut self, message: ToServer) -> Result<()> {
        let event = match message {
            ToServer::Hello(hello) => ServerEvent::Hello(hello),
            ToServer::TargetState { target, state } => ServerEvent::TargetState { target, state },
            ToServer::Declined { meeting, reason } => ServerEvent::Declined { meeting, reason },
            ToServer::Report { epoch, number, report } => {
                ServerEvent::Report { epoch, number, report }
            }
            ToServer::Done { number } => ServerEvent::Done { number },
            ToServer::Alive => {
                self.send(&ToAgent::Alive)?;
                ServerEvent::Alive
            }
            ToServer::Unknown => return Ok(()),
        };
        self.events.push_back(event);
        Ok(())
    }

    fn send(&mut self, message: &ToAgent) -> Result<()> {
        if !matches!(self.state, State::Open) {
            return Err(Error::Invalid("conversation is not open"));
        }
        let words = self.words.as_mut().ok_or(Error::Invalid("conversation is not open"))?;
        self.outputs.push_back(words.say(&message.encode()?, self.line.now));
        Ok(())
    }
}
