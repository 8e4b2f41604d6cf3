//! A browser proves a slip (`spec/channel.md`, XXpsk3; `spec/pairing.md`, "Slip").

use crate::office::{Office, Tell};
use crate::state::Device;
use crate::{Error, Line, Result, World};
use channel::{
    Accepted, AgentHello, CloseReason, DeviceHello, Handshake, Limits, Opened, Prologue, Psk,
    PublicKey,
};
use net::{Message, SystemRng};
use pairing::control::{Meet, Refusal, Report};
use pairing::{ChannelKey, InviteId, UserId};
use std::sync::Arc;
use std::time::Duration;

/// Largest message from a relay: a Noise message.
pub(crate) const RECORD: usize = channel::MAX_NOISE_MESSAGE;
/// How long the other side may take for each message of a handshake.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long the relay may take to say that the other side is there (it gives up by itself after 30
/// s).
const MEETING: Duration = Duration::from_secs(40);

/// Goes to the meeting and lets the device in if it proves the slip.
pub(crate) async fn run<W: World>(
    office: &Arc<Office<W>>,
    meet: &Meet,
    invite: InviteId,
    user: UserId,
    login: String,
) {
    let now = office.world.clock().unix();
    // The slip may have been printed a moment ago, by another program.
    if let Err(error) = office.look().await {
        tracing::warn!(%error, "the state could not be looked at");
    }
    // A look at a copy: an invite that cannot work is declined at once, and a try is only spent on
    // a real one.
    let looked = office.relay(&meet.relay).and_then(|_| {
        office.ledger.borrow().invites.clone().attempt(invite, &login, now)?;
        Ok(())
    });
    if let Err(error) = looked {
        let reason = reason(&error);
        tracing::info!(%error, "a pairing was declined");
        let _ = office.tell.send(Tell::Declined(meet.meeting, reason)).await;
        return failed(office, meet, invite, user, reason).await;
    }
    match attempt(office, meet, invite, user, &login).await {
        Ok(device) => tracing::info!(%device, "a device was paired"),
        Err(error) => {
            tracing::info!(%error, "a pairing failed");
            failed(office, meet, invite, user, reason(&error)).await;
        }
    }
}

/// Opens a line to the relay, hands in the ticket and waits for the other side.
pub(crate) async fn arrive<W: World>(office: &Office<W>, meet: &Meet) -> Result<Line> {
    let mut line = office.world.dial(&office.relay(&meet.relay)?, RECORD).await?;
    if !line.send(Message::Binary(meet.ticket.clone().into())).await {
        return Err(Error::Meeting("the relay closed the line"));
    }
    let joined = async {
        loop {
            match line.binary().await.as_deref() {
                Some([0]) => {}
                Some([1]) => return Ok(()),
                Some(_) => return Err(Error::Meeting("the relay said something else")),
                None => return Err(Error::Meeting("nobody came to the meeting")),
            }
        }
    };
    tokio::time::timeout(MEETING, joined)
        .await
        .map_err(|_| Error::Meeting("nobody came to the meeting"))??;
    Ok(line)
}

/// The next message of a handshake.
pub(crate) async fn expect(line: &mut Line) -> Result<bytes::Bytes> {
    let next = tokio::time::timeout(PATIENCE, line.binary()).await;
    next.map_err(|_| Error::Meeting("the other side fell silent"))?
        .ok_or(Error::Meeting("the line was cut"))
}

/// Why, for the record.
pub(crate) fn reason(error: &Error) -> Refusal {
    match error {
        Error::Pairing(error) => Refusal::from(error),
        Error::Channel(_) => Refusal::Handshake,
        Error::Net(_) | Error::Meeting(_) => Refusal::NoRelay,
        Error::Source(_) => Refusal::TargetDown,
        Error::InUse => Refusal::InUse,
        _ => Refusal::Other,
    }
}

async fn attempt<W: World>(
    office: &Arc<Office<W>>,
    meet: &Meet,
    invite: InviteId,
    user: UserId,
    login: &str,
) -> Result<channel::DeviceId> {
    let identity = &office.identity;
    let mut line = arrive(office, meet).await?;
    let first = expect(&mut line).await?;
    // The try is spent, on disk, before anything is answered: a cut line does not give it back.
    let (owner, now) = (login.to_owned(), office.world.clock().unix());
    let attempt =
        office.update(move |ledger| Ok(ledger.invites.attempt(invite, &owner, now)?)).await?;
    let prologue = Prologue::pairing(meet.meeting.0, *identity.body.as_bytes(), identity.agent.0);
    let psk = Psk::from_bytes(attempt.psk.0);
    let mut handshake = Handshake::pairing_responder(
        &prologue,
        &identity.channel_key(),
        &psk,
        &mut SystemRng::new(),
    )?;
    handshake.handle_message(&first)?;
    let hello = AgentHello { name: identity.name.chars().take(64).collect() };
    line.send(Message::Binary(handshake.write(&hello.encode()?)?.into())).await;
    let hello = DeviceHello::decode(&handshake.handle_message(&expect(&mut line).await?)?)?;
    let key = handshake.remote_static().ok_or(channel::Error::NotFinished)?;
    keep(office, key, hello, invite, user, login).await?;
    let mut channel = handshake.into_channel(Limits::AGENT)?;
    let device = key.device_id();
    for record in channel.seal(&Accepted { device }.encode())? {
        line.send(Message::Binary(record.into())).await;
    }
    // The browser closes when it has read that; without its close nothing is lost but politeness.
    if let Ok(record) = expect(&mut line).await
        && matches!(channel.open(&record), Ok(Opened::Closed(CloseReason::DONE)))
    {
        tracing::debug!("the browser has its acceptance");
    }
    Ok(device)
}

async fn keep<W: World>(
    office: &Office<W>,
    key: PublicKey,
    hello: DeviceHello,
    invite: InviteId,
    user: UserId,
    login: &str,
) -> Result<()> {
    let device = Device {
        key: ChannelKey(*key.as_bytes()),
        user,
        login: login.to_owned(),
        name: clean(&hello.name),
        user_agent: clean(&hello.user_agent),
        paired: office.world.clock().unix(),
    };
    office.update(move |ledger| ledger.pair(invite, device, &mut SystemRng::new())).await
}

async fn failed<W: World>(
    office: &Office<W>,
    meet: &Meet,
    invite: InviteId,
    user: UserId,
    reason: Refusal,
) {
    let at = office.world.clock().unix();
    office.report(Report::PairingFailed { meeting: meet.meeting, invite, user, reason, at }).await;
}

/// What a browser says of itself is shown in lists and logs.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
