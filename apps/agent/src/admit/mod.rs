//! Who may in: all that must agree before a pixel leaves, in one place and without any I/O.
//!
//! Two independent things must agree: a grant signed by the server, and a device key that this
//! agent saw paired. The first is judged by [`admit`] before the agent goes to the meeting, the
//! second by [`Admission::prove`] with what the handshake showed. Source: `spec/pairing.md`,
//! "Grant".

use crate::state::{Identity, Ledger, Target, Targets};
use channel::{Prologue, PublicKey};
use pairing::{ChannelKey, Door, Error, Grant, MeetingId, UnixMs};

/// A grant that opens a target here and now, once the device has proved its key.
#[derive(Debug, Clone)]
pub struct Admission {
    /// What the server signed.
    pub grant: Grant,
    /// The target it opens.
    pub target: Target,
    /// What the handshake is bound to.
    pub prologue: Prologue,
}

/// Judges a grant. When it is good its id is remembered in `ledger`, which must be saved before the
/// agent goes on:
/// a grant works once.
///
/// # Errors
/// A [`pairing::Error`] that names what does not agree; `ledger` is then as it was.
pub fn admit(
    identity: &Identity,
    targets: &Targets,
    ledger: &mut Ledger,
    meeting: MeetingId,
    bytes: &[u8],
    now: UnixMs,
) -> Result<Admission, Error> {
    if ledger.retired {
        return Err(Error::WrongAgent);
    }
    if !ledger.has_room() {
        return Err(Error::Full("reports waiting for the server"));
    }
    let door = Door {
        server_key: &identity.server_key,
        agent: identity.agent,
        body: identity.body,
        meeting,
        now,
    };
    let mut seen = ledger.seen.clone();
    let grant = door.open(
        bytes,
        |id| targets.find(id).map(|target| target.zone),
        |id| ledger.device(id).map(|device| (device.user, device.key)),
        &mut seen,
    )?;
    let target = targets.find(&grant.target).ok_or(Error::WrongTarget)?.clone();
    ledger.seen = seen;
    let prologue = Prologue::session(meeting.0, *identity.body.as_bytes(), identity.agent.0, bytes);
    Ok(Admission { grant, target, prologue })
}

impl Admission {
    /// Whether the handshake showed the device the grant names.
    ///
    /// # Errors
    /// [`Error::WrongDevice`].
    pub fn prove(&self, shown: Option<PublicKey>) -> Result<(), Error> {
        match shown {
            Some(key) if ChannelKey(*key.as_bytes()) == self.grant.device_key => Ok(()),
            _ => Err(Error::WrongDevice),
        }
    }
}

#[cfg(test)]
mod tests;
