//! The relay's decisions: who is admitted, who meets whom, which connection is closed. It never
//! sees the data that is carried.
//!
//! Source: `spec/pairing.md`, "Meeting". A machine without I/O: the driver reports connections,
//! tickets and closings, and carries out what [`Machine::poll_command`] gives. Everything kept is
//! bounded by [`Limits`].

pub use limits::{Limits, Refusal};
pub use word::{Listener, Speaker, Word};

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use crate::{BodyCode, Error, MeetingId, PublicKey, Side, Ticket, Ticks, UnixMs};
use addresses::Addresses;
use gate::Address;
use seen::Seen;

mod addresses;
mod limits;
mod seen;
#[cfg(test)]
mod tests;
mod word;

/// A connection, numbered by the driver; numbers are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connection(pub u64);

/// What a WebSocket handshake said about where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// No `Origin` header: not a browser.
    Absent,
    /// An `Origin` that is allowed.
    Allowed,
    /// Any other `Origin`: somebody else's page.
    Foreign,
}

/// What the driver is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Tell this one that it waits (binary `00`).
    Wait(Connection),
    /// Tell both that the other is there (binary `01`) and carry everything between them from now
    /// on.
    Join {
        /// The viewer's connection.
        viewer: Connection,
        /// The agent's connection.
        agent: Connection,
        /// Their meeting.
        meeting: MeetingId,
    },
    /// Close this one.
    Close(Connection, Refusal),
}

/// What the relay holds, for its operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections, in any state.
    pub connections: usize,
    /// Joined meetings.
    pub joined: usize,
    /// Tickets remembered.
    pub tickets: usize,
    /// Ended meetings remembered.
    pub ended: usize,
    /// Addresses remembered.
    pub addresses: usize,
}

/// The relay's machine.
#[derive(Debug)]
pub struct Machine {
    servers: Vec<Server>,
    limits: Limits,
    seen: Seen,
    /// Meetings that were ended and might still begin: a ticket of theirs may be under way.
    ended: Seen,
    /// More were ended than can be remembered: no ticket that was made before this moment may be
    /// taken.
    shut: UnixMs,
    addresses: Addresses,
    connections: BTreeMap<Connection, State>,
    meetings: BTreeMap<MeetingId, Meeting>,
    per_body: BTreeMap<BodyCode, u32>,
    deadlines: BTreeSet<(Ticks, Connection)>,
    commands: VecDeque<Command>,
    joined: usize,
}

/// A server whose tickets are taken.
#[derive(Debug)]
struct Server {
    key: PublicKey,
    meetings: usize,
    /// When it was last heard; before that, when this relay first had to do with it.
    heard: Option<Ticks>,
    /// It was not heard for too long, and its meetings were shown out.
    lost: bool,
}

#[derive(Debug)]
struct State {
    address: Address,
    origin: Origin,
    /// None once joined or shown out.
    deadline: Option<Ticks>,
    meeting: Option<MeetingId>,
}

#[derive(Debug)]
struct Meeting {
    /// Which server's.
    server: usize,
    body: BodyCode,
    viewer: Option<Connection>,
    agent: Option<Connection>,
}

impl Machine {
    /// A relay for the servers whose keys these are.
    pub fn new(keys: Vec<PublicKey>, limits: Limits) -> Self {
        let server = |key| Server { key, meetings: 0, heard: None, lost: false };
        Self {
            servers: keys.into_iter().map(server).collect(),
            seen: Seen::new(limits.tickets),
            ended: Seen::new(limits.tickets),
            shut: UnixMs(0),
            addresses: Addresses::new(&limits),
            limits,
            connections: BTreeMap::new(),
            meetings: BTreeMap::new(),
            per_body: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            commands: VecDeque::new(),
            joined: 0,
        }
    }

    /// A connection came. On refusal nothing of it is kept.
    pub fn handle_open(
        &mut self,
        connection: Connection,
        from: IpAddr,
        origin: Origin,
        now: Ticks,
    ) -> Result<(), Refusal> {
        if origin == Origin::Foreign {
            return Err(Refusal::ForeignOrigin);
        }
        if self.connections.len() >= self.limits.connections {
            return Err(Refusal::Full);
        }
        let address = Address::of(from);
        self.addresses.open(address, now)?;
        let deadline = now.plus(self.limits.ticket_within_ms);
        self.deadlines.insert((deadline, connection));
        self.connections
            .insert(connection, State { address, origin, deadline: Some(deadline), meeting: None });
        Ok(())
    }

    /// The first message of a connection.
    pub fn handle_ticket(
        &mut self,
        connection: Connection,
        bytes: &[u8],
        calendar: UnixMs,
        now: Ticks,
    ) {
        match self.admit(connection, bytes, calendar, now) {
            Ok(()) => {}
            Err(refusal) => {
                if refusal.is_suspicious()
                    && let Some(state) = self.connections.get(&connection)
                {
                    self.addresses.suspect(state.address, now);
                }
                self.close(connection, refusal);
            }
        }
    }

    /// A connection is gone, whoever closed it. Its partner is shown out.
    pub fn handle_closed(&mut self, connection: Connection) {
        let Some(state) = self.connections.remove(&connection) else { return };
        self.addresses.close(state.address);
        if let Some(deadline) = state.deadline {
            self.deadlines.remove(&(deadline, connection));
        }
        let Some(meeting) = state.meeting else { return };
        // The meeting is over for both: a ticket works once, so nobody could come back to it.
        if let Some(gone) = self.meetings.remove(&meeting) {
            if gone.viewer.is_some() && gone.agent.is_some() {
                self.joined -= 1;
            }
            self.release(&gone);
            for partner in [gone.viewer, gone.agent]
                .into_iter()
                .flatten()
                .filter(|partner| *partner != connection)
            {
                if let Some(state) = self.connections.get_mut(&partner) {
                    state.meeting = None;
                }
                self.commands.push_back(Command::Close(partner, Refusal::PartnerGone));
            }
        }
    }

    /// A connection turned out to be a server's line, and this is a word of it. What it ends is its
    /// own; answers the meetings it asks for.
    pub fn handle_word(
        &mut self,
        connection: Connection,
        key: &PublicKey,
        word: Word,
        calendar: UnixMs,
        now: Ticks,
    ) -> Vec<MeetingId> {
        let Some(at) = self.servers.iter().position(|server| server.key == *key) else {
            return Vec::new();
        };
        self.servers[at].heard = Some(now);
        self.servers[at].lost = false;
        if let Some(state) = self.connections.get_mut(&connection)
            && let Some(deadline) = state.deadline.take()
        {
            // It will bring no ticket.
            self.deadlines.remove(&(deadline, connection));
        }
        let mine = |(_, meeting): &(&MeetingId, &Meeting)| meeting.server == at;
        match word {
            Word::Alive => {}
            Word::Ask => return self.meetings.iter().filter(mine).map(|(id, _)| *id).collect(),
            Word::End(meeting) => {
                if self.meetings.get(&meeting).is_none_or(|known| known.server == at) {
                    self.end(meeting, calendar);
                }
            }
            Word::EndBody(body) => {
                let of_body =
                    self.meetings.iter().filter(mine).filter(|(_, meeting)| meeting.body == body);
                let ids: Vec<_> = of_body.map(|(id, _)| *id).collect();
                ids.into_iter().for_each(|meeting| _ = self.end(meeting, calendar));
            }
        }
        Vec::new()
    }

    /// A server's line said what it must not: the address is watched, the line shown out.
    pub fn handle_bad_word(&mut self, connection: Connection, now: Ticks) {
        if let Some(state) = self.connections.get(&connection) {
            self.addresses.suspect(state.address, now);
        }
        self.close(connection, Refusal::Misbehaved);
    }

    /// Shows both sides of a meeting out, and whoever comes to it later. True if there was such a
    /// meeting.
    pub fn end(&mut self, meeting: MeetingId, calendar: UnixMs) -> bool {
        let until = calendar.plus(self.limits.ticket_life_ms);
        if self.ended.remember(meeting.0, until, calendar) == Err(Refusal::Full) {
            // What cannot be remembered is kept out with everything else that might be it.
            self.shut = until;
        }
        let Some(known) = self.meetings.get(&meeting) else { return false };
        let sides = [known.viewer, known.agent];
        sides.into_iter().flatten().for_each(|side| self.close(side, Refusal::Ended));
        true
    }

    /// Shows every meeting of a body out. Answers how many there were.
    pub fn end_body(&mut self, body: BodyCode, calendar: UnixMs) -> usize {
        let of_body: Vec<_> = self
            .meetings
            .iter()
            .filter(|(_, meeting)| meeting.body == body)
            .map(|(id, _)| *id)
            .collect();
        of_body.iter().for_each(|meeting| _ = self.end(*meeting, calendar));
        of_body.len()
    }

    /// Shows everybody out: the relay stops.
    pub fn stop(&mut self) {
        let all: Vec<_> = self.connections.keys().copied().collect();
        all.into_iter().for_each(|connection| self.close(connection, Refusal::Stopping));
    }

    /// When [`Machine::handle_timeout`] wants to be called; `None`: not before something else
    /// happens.
    pub fn timeout(&self) -> Option<Ticks> {
        let silence = self.limits.unheard_ms.and_then(|within| {
            let waited_for =
                self.servers.iter().filter(|server| server.meetings > 0 && !server.lost);
            waited_for.filter_map(|server| server.heard).min().map(|heard| heard.plus(within))
        });
        self.deadlines.first().map(|(deadline, _)| *deadline).into_iter().chain(silence).min()
    }

    /// Shows out whoever has waited for too long, and the meetings of a server that is not heard.
    pub fn handle_timeout(&mut self, now: Ticks) {
        for at in 0..self.servers.len() {
            if self.servers[at].meetings > 0 && !self.servers[at].lost && self.is_unheard(at, now) {
                self.servers[at].lost = true;
                let sides = self.meetings.values().filter(|meeting| meeting.server == at);
                let sides: Vec<_> =
                    sides.flat_map(|meeting| [meeting.viewer, meeting.agent]).flatten().collect();
                sides.into_iter().for_each(|side| self.close(side, Refusal::Unheard));
            }
        }
        while let Some((deadline, connection)) = self.deadlines.first().copied() {
            if deadline > now {
                break;
            }
            let waiting =
                self.connections.get(&connection).is_some_and(|state| state.meeting.is_some());
            self.close(connection, if waiting { Refusal::NobodyCame } else { Refusal::NoTicket });
        }
    }

    /// What to do next.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// What is held.
    pub fn counts(&self) -> Counts {
        Counts {
            connections: self.connections.len(),
            joined: self.joined,
            tickets: self.seen.len(),
            ended: self.ended.len(),
            addresses: self.addresses.len(),
        }
    }

    fn admit(
        &mut self,
        connection: Connection,
        bytes: &[u8],
        calendar: UnixMs,
        now: Ticks,
    ) -> Result<(), Refusal> {
        let state = self.connections.get(&connection).ok_or(Refusal::Misbehaved)?;
        if state.meeting.is_some() || state.deadline.is_none() {
            return Err(Refusal::Misbehaved);
        }
        let origin = state.origin;
        let (server, ticket) = self.read(bytes)?;
        match (ticket.side, origin) {
            (Side::Viewer, Origin::Allowed) | (Side::Agent, Origin::Absent) => {}
            (Side::Viewer, Origin::Absent) if self.limits.viewers_without_origin => {}
            _ => return Err(Refusal::WrongSide),
        }
        if !self.limits.bodies.is_empty() && !self.limits.bodies.contains(&ticket.body) {
            return Err(Refusal::WrongBody);
        }
        if calendar > ticket.not_after {
            return Err(Refusal::Expired);
        }
        if ticket.not_after > calendar.plus(self.limits.ticket_life_ms) {
            return Err(Refusal::TooEarly);
        }
        self.servers[server].heard.get_or_insert(now);
        if self.is_unheard(server, now) {
            return Err(Refusal::Unheard);
        }
        if self.ended.contains(&ticket.meeting.0) {
            return Err(Refusal::Ended);
        }
        if ticket.not_after <= self.shut {
            return Err(Refusal::Full);
        }
        self.seen.remember(ticket.nonce, ticket.not_after, calendar)?;
        match self.meetings.get(&ticket.meeting) {
            Some(meeting) if meeting.body != ticket.body || meeting.server != server => {
                return Err(Refusal::WrongBody);
            }
            Some(meeting) => {
                let taken = match ticket.side {
                    Side::Viewer => meeting.viewer,
                    Side::Agent => meeting.agent,
                };
                if taken.is_some() {
                    return Err(Refusal::Replayed);
                }
            }
            None => {
                let used = self.per_body.entry(ticket.body).or_default();
                if *used >= self.limits.meetings_per_body {
                    return Err(Refusal::TooMany);
                }
                *used += 1;
                self.servers[server].meetings += 1;
                self.meetings.insert(
                    ticket.meeting,
                    Meeting { server, body: ticket.body, viewer: None, agent: None },
                );
            }
        }
        self.seat(connection, &ticket, now);
        Ok(())
    }

    /// A ticket, and the server that signed it.
    fn read(&self, bytes: &[u8]) -> Result<(usize, Ticket), Refusal> {
        for (at, server) in self.servers.iter().enumerate() {
            match Ticket::verify(bytes, [&server.key]) {
                Ok(ticket) => return Ok((at, ticket)),
                Err(Error::BadSignature) => {}
                Err(_) => break,
            }
        }
        Err(Refusal::BadTicket)
    }

    fn is_unheard(&self, server: usize, now: Ticks) -> bool {
        let heard = self.servers[server].heard;
        self.limits.unheard_ms.zip(heard).is_some_and(|(within, heard)| now >= heard.plus(within))
    }

    fn seat(&mut self, connection: Connection, ticket: &Ticket, now: Ticks) {
        let Some(meeting) = self.meetings.get_mut(&ticket.meeting) else { return };
        match ticket.side {
            Side::Viewer => meeting.viewer = Some(connection),
            Side::Agent => meeting.agent = Some(connection),
        }
        if let (Some(viewer), Some(agent)) = (meeting.viewer, meeting.agent) {
            self.joined += 1;
            for side in [viewer, agent] {
                self.rest(side, None, ticket.meeting);
            }
            self.commands.push_back(Command::Join { viewer, agent, meeting: ticket.meeting });
        } else {
            self.rest(connection, Some(now.plus(self.limits.wait_ms)), ticket.meeting);
            self.commands.push_back(Command::Wait(connection));
        }
    }

    fn rest(&mut self, connection: Connection, deadline: Option<Ticks>, meeting: MeetingId) {
        let Some(state) = self.connections.get_mut(&connection) else { return };
        if let Some(before) = state.deadline {
            self.deadlines.remove(&(before, connection));
        }
        state.deadline = deadline;
        state.meeting = Some(meeting);
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, connection));
        }
    }

    fn close(&mut self, connection: Connection, refusal: Refusal) {
        if let Some(state) = self.connections.get_mut(&connection)
            && let Some(deadline) = state.deadline.take()
        {
            self.deadlines.remove(&(deadline, connection));
        }
        self.commands.push_back(Command::Close(connection, refusal));
    }

    fn release(&mut self, meeting: &Meeting) {
        self.servers[meeting.server].meetings -= 1;
        if let Some(used) = self.per_body.get_mut(&meeting.body) {
            *used -= 1;
            if *used == 0 {
                self.per_body.remove(&meeting.body);
            }
        }
    }
}
