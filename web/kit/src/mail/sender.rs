//! The task that empties the outbox: what is due goes out, what does not leave waits longer each
//! time.

use std::time::Duration;

use net::{Backoff, Shutdown, SystemRng};
use people::StaffState;
use store::mail::Mail;

use super::settings::{self, Settings};
use super::smtp::{Fault, Line};
use crate::error::Refusal;
use crate::parts::Kit;

/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_secs(3);
/// Mails in one conversation.
const BATCH: i64 = 50;
/// A notice older than this tells nobody anything any more.
const STALE_MS: i64 = 3 * 86_400_000;
/// How long what was given up is kept to be seen.
const KEPT_MS: i64 = 30 * 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// What came of a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Nothing was due, or mail is switched off.
    Idle,
    /// The server took what it was given, or said what it thinks of each.
    Sent,
    /// The server could not be reached or would not let us in; everything still waits.
    NoServer,
}

/// Starts the task; it ends with the server.
pub fn start(kit: Kit, shutdown: Shutdown) {
    tokio::spawn(async move {
        let mut rng = SystemRng::new();
        let mut backoff = Backoff::new(Duration::from_secs(15), Duration::from_secs(900));
        loop {
            let wait = match turn(&kit).await {
                Ok(Turn::Idle | Turn::Sent) => {
                    backoff.reset();
                    LOOK
                }
                Ok(Turn::NoServer) => backoff.wait(&mut rng),
                Err(refusal) => {
                    tracing::error!(error = %refusal, "the outbox cannot be read");
                    backoff.wait(&mut rng)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shutdown.wait() => return,
            }
        }
    });
}

/// Sends what is due, once.
pub async fn turn(kit: &Kit) -> Result<Turn, Refusal> {
    let mut conn = kit.store.read().await?;
    let due = store::mail::due(&mut conn, kit.now(), BATCH).await?;
    drop(conn);
    each(kit, due).await
}

/// Sends each of these, by what is so when it is its turn.
pub async fn each(kit: &Kit, due: Vec<Mail>) -> Result<Turn, Refusal> {
    let now = kit.now();
    let settings =
        if due.is_empty() { None } else { settings::load(&mut *kit.store.read().await?).await? };
    let Some(settings) = settings else { return Ok(Turn::Idle) };
    let mut line = None;
    for mail in due {
        if now - mail.queued > STALE_MS {
            after(kit, &mail, Some((0, true, "not delivered within three days"))).await?;
            continue;
        }
        if !settings.permits(&mail.address) {
            after(kit, &mail, Some((0, true, "its domain is not among those mail may go to")))
                .await?;
            continue;
        }
        // By what is so now: a body may have been stopped while the mails before this one went out.
        match reader(kit, &mail).await? {
            Reader::Reads => {}
            // Its turn is kept: when the body goes on within three days it goes out, or else it
            // tells nobody anything any more.
            Reader::Stopped => continue,
            Reader::Gone => {
                after(kit, &mail, Some((0, true, "the person it is for is not active any more")))
                    .await?;
                continue;
            }
        }
        match send(kit, &settings, &mut line, &mail).await {
            Ok(()) => after(kit, &mail, None).await?,
            Err(Fault::Later(said)) => {
                line = None;
                after(kit, &mail, Some((kit.now() + delay(mail.tries), false, &said))).await?;
            }
            Err(Fault::Never(said)) => {
                line = None;
                after(kit, &mail, Some((0, true, &said))).await?;
            }
            Err(Fault::Server(said)) => {
                tracing::warn!(fault = %said, "the mail server cannot be used; mails wait");
                // Its turn is remembered, not its time: it is not this mail's fault.
                after(kit, &mail, Some((mail.due, false, &said))).await?;
                return Ok(Turn::NoServer);
            }
        }
    }
    if let Some(line) = line {
        line.close().await;
    }
    Ok(Turn::Sent)
}

/// Whether there is somebody to read a mail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reader {
    Reads,
    /// The whole body is stopped: its people hear nothing, and nothing of it goes out.
    Stopped,
    Gone,
}

async fn reader(kit: &Kit, mail: &Mail) -> Result<Reader, Refusal> {
    let mut conn = kit.store.read().await?;
    if store::bodies::find(&mut conn, mail.body).await?.is_none_or(|served| served.suspended) {
        return Ok(Reader::Stopped);
    }
    let staff = store::staff::find(&mut conn, mail.body, mail.staff).await?;
    Ok(if staff.is_some_and(|staff| staff.state == StaffState::Active) {
        Reader::Reads
    } else {
        Reader::Gone
    })
}

async fn send(
    kit: &Kit,
    settings: &Settings,
    line: &mut Option<Line>,
    mail: &Mail,
) -> Result<(), Fault> {
    let mut open = match line.take() {
        Some(open) => open,
        None => Line::open(kit, settings).await?,
    };
    open.send(kit, settings, mail).await?;
    *line = Some(open);
    Ok(())
}

/// What follows for one mail: gone (`None`), or when it is tried again, whether it is given up, and
/// why.
async fn after(kit: &Kit, mail: &Mail, again: Option<(i64, bool, &str)>) -> Result<(), Refusal> {
    let mut tx = kit.write_unattended(mail.body).await?;
    match again {
        None => store::mail::remove(&mut tx, mail.id).await?,
        Some((due, given_up, fault)) => {
            store::mail::put_back(&mut tx, mail.id, due, given_up, fault).await?;
            store::mail::sweep(&mut tx, kit.now() - KEPT_MS).await?;
        }
    }
    // Carrying a notice is no act of anybody: what it tells of is on record.
    tx.keep(()).await?;
    Ok(())
}

/// How long a mail waits after its `tries`-th refusal, milliseconds: a minute, doubling to two
/// hours.
fn delay(tries: i64) -> i64 {
    MINUTE_MS << tries.clamp(0, 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_minute_to_two_hours() {
        assert_eq!([0, 1, 2].map(delay), [60_000, 120_000, 240_000]);
        assert_eq!(delay(7), 128 * MINUTE_MS);
        assert_eq!(delay(1_000), delay(7));
    }
}
