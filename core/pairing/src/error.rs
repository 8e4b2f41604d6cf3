//! What can be wrong, named by fault.

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Malformed bytes.
    #[error("malformed: {0}")]
    Malformed(#[from] wire::Error),
    /// A malformed text, number or message; the word names it.
    #[error("malformed {0}")]
    Invalid(&'static str),
    /// More than the limit of the named thing.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// A version this build does not know.
    #[error("version {0} is not known")]
    UnknownVersion(u8),
    /// The signature is not the expected key's.
    #[error("the signature does not match")]
    BadSignature,
    /// A public key that is not a point of the curve, or a weak one.
    #[error("not a usable public key")]
    BadKey,
    /// The period has not begun. (If this surprises, compare the clocks of server and agent.)
    #[error("not valid yet; compare the clocks")]
    NotYet,
    /// The period is over. (If this surprises, compare the clocks of server, relay and agent.)
    #[error("no longer valid; compare the clocks")]
    Expired,
    /// It was used before and works only once.
    #[error("already used")]
    Replayed,
    /// It was made for another agent.
    #[error("meant for another agent")]
    WrongAgent,
    /// It names a target that this agent does not offer.
    #[error("names an unknown target")]
    WrongTarget,
    /// It names another zone than the target's own.
    #[error("names another zone than the target's")]
    WrongZone,
    /// It was made for another meeting.
    #[error("made for another meeting")]
    WrongMeeting,
    /// It was made for another body.
    #[error("made for another body")]
    WrongBody,
    /// The device was never paired at this agent, or was removed.
    #[error("the device is not paired here")]
    UnknownDevice,
    /// The device was paired with another key or by another user.
    #[error("another device or user")]
    WrongDevice,
    /// No such invite.
    #[error("no such invite")]
    UnknownInvite,
    /// The invite is another user's.
    #[error("the invite is another user's")]
    WrongUser,
    /// The relay is not on this agent's list.
    #[error("not a relay of this agent's list, or one that leads to this very machine")]
    ForeignRelay,
    /// Too many tries.
    #[error("too many tries")]
    Exhausted,
    /// No room for one more.
    #[error("no room: {0}")]
    Full(&'static str),
    /// The peer broke the rules of the conversation.
    #[error("the peer misbehaved: {0}")]
    PeerMisbehaved(&'static str),
    /// Nothing was heard for too long.
    #[error("silent for too long")]
    Silent,
}
