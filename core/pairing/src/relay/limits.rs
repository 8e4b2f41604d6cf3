//! The relay's limits, and why it closes a connection.

use std::collections::BTreeSet;

use crate::BodyCode;

/// The limits of a relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections, in any state.
    pub connections: usize,
    /// Most connections of one address (an IPv4 address, or an IPv6 /64). A whole office may be
    /// behind one address.
    pub connections_per_address: u32,
    /// Most new connections of one address in a minute.
    pub opens_per_minute: u32,
    /// Most bad tickets of one address in a minute. Above it, connections of the address are
    /// refused until the rate is lower.
    pub bad_tickets_per_minute: u32,
    /// Most addresses remembered.
    pub addresses: usize,
    /// Most meetings of one body, joined or waiting.
    pub meetings_per_body: u32,
    /// Most used tickets remembered.
    pub tickets: usize,
    /// Time within which the ticket must come, milliseconds.
    pub ticket_within_ms: u64,
    /// Time within which the other side must come, milliseconds.
    pub wait_ms: u64,
    /// Longest remaining life of a ticket, milliseconds. A longer one is refused, because it would
    /// have to be remembered for as long.
    pub ticket_life_ms: u64,
    /// After this long without hearing a server, in milliseconds, its meetings are ended and its
    /// tickets refused, because its revocations could not be heard either. `None` where the relay
    /// is inside the server.
    pub unheard_ms: Option<u64>,
    /// The bodies served; empty for every body that the servers' keys sign for.
    pub bodies: BTreeSet<BodyCode>,
    /// Whether a viewer may connect without an `Origin` (a native program; a browser always sends
    /// one).
    pub viewers_without_origin: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_address: 4_096,
            opens_per_minute: 1_200,
            bad_tickets_per_minute: 30,
            addresses: 65_536,
            meetings_per_body: 5_000,
            tickets: 262_144,
            ticket_within_ms: 5_000,
            wait_ms: 30_000,
            ticket_life_ms: 600_000,
            unheard_ms: None,
            bodies: BTreeSet::new(),
            viewers_without_origin: false,
        }
    }
}

/// Why a connection is closed. [`Refusal::code`] is what the WebSocket close frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// The other side closed or was lost.
    #[error("the other side is gone")]
    PartnerGone,
    /// The server ended the meeting.
    #[error("the meeting was ended")]
    Ended,
    /// A message where none is allowed, or one that breaks RFC 6455.
    #[error("misbehaved")]
    Misbehaved,
    /// A message over the limit.
    #[error("message too large")]
    TooLarge,
    /// The first message is not a ticket, or is not signed by a server of this relay.
    #[error("bad ticket")]
    BadTicket,
    /// A page of another site opened this connection.
    #[error("foreign origin")]
    ForeignOrigin,
    /// The ticket is for the other side.
    #[error("ticket of the other side")]
    WrongSide,
    /// The ticket is another body's.
    #[error("ticket of another body")]
    WrongBody,
    /// No ticket came in time.
    #[error("no ticket came")]
    NoTicket,
    /// The other side did not come in time.
    #[error("nobody came")]
    NobodyCame,
    /// The ticket was used before.
    #[error("ticket already used")]
    Replayed,
    /// The ticket has expired. If it was just made, the clocks of server and relay differ.
    #[error("ticket expired; compare the clocks")]
    Expired,
    /// The ticket expires too far in the future; the clocks of server and relay differ.
    #[error("ticket from the future; compare the clocks")]
    TooEarly,
    /// Too many from this address or of this body.
    #[error("too many")]
    TooMany,
    /// The relay is full.
    #[error("full")]
    Full,
    /// The peer read nothing, or sent nothing, for too long.
    #[error("stalled")]
    Stalled,
    /// The server was not heard for too long, so its revocations would be unknown.
    #[error("the server is not heard")]
    Unheard,
    /// The relay stops.
    #[error("stopping")]
    Stopping,
}

impl Refusal {
    /// The WebSocket close code (RFC 6455, section 7.4; 4000 and up are ours).
    pub fn code(self) -> u16 {
        match self {
            Self::PartnerGone => 4000,
            Self::Ended => 4001,
            Self::Misbehaved => 1002,
            Self::TooLarge => 1009,
            Self::BadTicket => 4003,
            Self::ForeignOrigin => 4004,
            Self::WrongSide => 4005,
            Self::WrongBody => 4006,
            Self::NoTicket => 4007,
            Self::NobodyCame => 4008,
            Self::Replayed => 4009,
            Self::Expired => 4010,
            Self::TooEarly => 4011,
            Self::TooMany => 4012,
            Self::Full => 4013,
            Self::Stalled => 4014,
            Self::Unheard => 4015,
            Self::Stopping => 1001,
        }
    }

    /// Whether it counts against the address: an honest peer never does it. A wrong clock does not
    /// count.
    pub fn is_suspicious(self) -> bool {
        matches!(
            self,
            Self::BadTicket
                | Self::WrongSide
                | Self::WrongBody
                | Self::Replayed
                | Self::Misbehaved
                | Self::TooLarge
        )
    }
}
