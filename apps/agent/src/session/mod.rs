//! A session, from the meeting to its last word.
//!
//! One task owns everything: the line, the channel, the desktop, the encoder and the clocks.
//! Nothing is sent that was not decided here, and nothing is decided at home.

use crate::admit::{Admission, admit};
use crate::office::{Office, Seat, Tell};
use crate::pair::{PATIENCE, arrive, expect, reason};
use crate::state::{LiveSession, Open, Place};
use crate::{Error, Line, Result, World};
use channel::{Channel, CloseReason, Handshake, Limits, Opened};
use net::{Message, SystemRng};
use pairing::control::{Meet, Refusal, Report};
use pairing::{MeetingId, UnixMs};
use std::sync::Arc;
use std::time::Duration;
use wire::session::{Hello, ToAgent};

mod convert;
mod desk;
mod hands;
mod live;
mod watch;
mod watermark;

/// How long the last words may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// Judges the grant, goes to the meeting and holds the session.
pub(crate) async fn run<W: World>(office: Arc<Office<W>>, meet: Meet, grant: Vec<u8>) {
    let meeting = meet.meeting;
    let (identity, targets) = (office.identity.clone(), office.targets.borrow().clone());
    let now = office.world.clock().unix();
    // The relay first: a grant that goes nowhere is not used up.
    let judged = match office.relay(&meet.relay) {
        Ok(_) => {
            office
                .update(move |ledger| Ok(admit(&identity, &targets, ledger, meeting, &grant, now)?))
                .await
        }
        Err(foreign) => Err(foreign),
    };
    let free = |admission: &Admission| match office
        .in_use(&admission.grant.target, admission.grant.user)
    {
        true if alone(admission) => Err(Error::InUse),
        _ => Ok(()),
    };
    let admission = match judged.and_then(|admission| free(&admission).map(|()| admission)) {
        Ok(admission) => admission,
        Err(error) => {
            let reason = reason(&error);
            tracing::info!(%meeting, %error, "a session was refused");
            let _ = office.tell.send(Tell::Declined(meeting, reason)).await;
            return refused(&office, meeting, reason).await;
        }
    };
    if let Err(error) = hold(&office, &meet, admission).await {
        let reason = reason(&error);
        tracing::info!(%meeting, %error, "a session did not come about");
        if reason == Refusal::NoRelay {
            let _ = office.tell.send(Tell::Declined(meeting, reason)).await;
        }
        refused(&office, meeting, reason).await;
    }
}

async fn hold<W: World>(office: &Arc<Office<W>>, meet: &Meet, admission: Admission) -> Result<()> {
    let mut line = arrive(office, meet).await?;
    let channel = shake(office, &mut line, &admission).await?;
    let mut guest = Guest { line, channel };
    let (hello, heard) = guest.hello().await?;
    let (started, began) = (office.world.clock().unix(), office.world.clock().ticks());
    let seat = match take_seat(office, &admission, started).await {
        Ok(seat) => seat,
        Err(error) => {
            // Said before the channel closes: the viewer asks the server why it did.
            let _ = office.tell.send(Tell::Declined(meet.meeting, reason(&error))).await;
            guest.leave(CloseReason::REFUSED).await;
            return Err(error);
        }
    };
    let meeting = seat.meeting;
    let grant = admission.grant.clone();
    // Who sat where and when is the record's, which the server keeps for as long as the rules say;
    // a journal names nobody.
    tracing::info!(%meeting, "a session began");
    tracing::debug!(%meeting, login = %grant.login, target = %grant.target, "and whose it is");
    let ended = live::serve(seat, guest, admission, hello, heard).await;
    tracing::info!(%meeting, reason = ?ended.reason, "a session ended");
    office
        .report(Report::SessionEnded {
            meeting,
            user: grant.user,
            device: grant.device,
            target: grant.target,
            reason: ended.reason,
            bytes_up: ended.up,
            bytes_down: ended.down,
            idle_seconds: ended.idle_seconds,
            started,
            // By the clock that never jumps: a calendar that is set back meanwhile must not end it
            // before it began.
            ended: started.plus(office.world.clock().ticks().since(began)),
        })
        .await;
    Ok(())
}

/// The handshake. The device must be the grant's before it is answered.
async fn shake<W: World>(
    office: &Office<W>,
    line: &mut Line,
    admission: &Admission,
) -> Result<Channel> {
    let key = office.identity.channel_key();
    let mut handshake =
        Handshake::session_responder(&admission.prologue, &key, &mut SystemRng::new())?;
    handshake.handle_message(&expect(line).await?)?;
    admission.prove(handshake.remote_static())?;
    if !line.send(Message::Binary(handshake.write(&[])?.into())).await {
        return Err(Error::Meeting("the line was cut"));
    }
    Ok(handshake.into_channel(Limits::AGENT)?)
}

/// A place among the live sessions, and the session on record.
async fn take_seat<W: World>(
    office: &Arc<Office<W>>,
    admission: &Admission,
    started: UnixMs,
) -> Result<Seat<W>> {
    let grant = &admission.grant;
    let (meeting, user, device, target) =
        (grant.meeting, grant.user, grant.device, grant.target.clone());
    let shown =
        LiveSession { meeting, login: grant.login.clone(), target: target.clone(), started };
    let seat = office.sit(shown, user, device, alone(admission)).await?;
    // The handshake took a while: who was revoked meanwhile is not let in.
    if office.ledger.borrow().device(&device).is_none() {
        return Err(pairing::Error::UnknownDevice.into());
    }
    let open = Open { meeting, user, device, target, started, not_after: grant.not_after };
    office.update(move |ledger| ledger.begin(open, &mut SystemRng::new())).await?;
    Ok(seat)
}

/// Whether the target has one desktop for everybody; each session of the sample has its own.
fn alone(admission: &Admission) -> bool {
    !matches!(admission.target.place, Place::Sample)
}

async fn refused<W: World>(office: &Office<W>, meeting: MeetingId, reason: Refusal) {
    let at = office.world.clock().unix();
    office.report(Report::SessionRefused { meeting, reason, at }).await;
}

/// The viewer at the other end of the channel.
struct Guest {
    line: Line,
    channel: Channel,
}

impl Guest {
    /// The first message, which proves that the device is there and not only an old handshake of
    /// it; with its length.
    async fn hello(&mut self) -> Result<(Hello, u64)> {
        let first = async {
            loop {
                let record = self.line.binary().await.ok_or(Error::Meeting("the line was cut"))?;
                match self.channel.open(&record)? {
                    Opened::Message(message) => return Ok(message),
                    Opened::Pending => {}
                    Opened::Closed(_) => return Err(Error::Meeting("the viewer left")),
                }
            }
        };
        let message = tokio::time::timeout(PATIENCE, first)
            .await
            .map_err(|_| Error::Meeting("the viewer fell silent"))??;
        match ToAgent::decode(&message) {
            Ok(ToAgent::Hello(hello)) => Ok((hello, message.len() as u64)),
            _ => {
                self.leave(CloseReason::MISBEHAVED).await;
                Err(Error::Meeting("the viewer did not say hello"))
            }
        }
    }

    /// Closes the channel. The line goes when this value does.
    async fn leave(&mut self, reason: CloseReason) {
        let Ok(records) = self.channel.close(reason) else { return };
        let sent = async {
            for record in records {
                self.line.send(Message::Binary(record.into())).await;
            }
        };
        let _ = tokio::time::timeout(GOODBYE, sent).await;
    }
}
