//! The daemon: hears the server, keeps an eye on the state, and starts a task for each meeting.

use crate::office::{Office, Tell};
use crate::state::{Identity, Ledger, Store};
use crate::{Error, Result, World, control, pair, reach, session};
use net::{Shutdown, SystemRng};
use pairing::control::{AgentEvent, EndReason, Meet, MeetKind, Order, Refusal};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How often the state is looked at for what the command line did.
const LOOK: Duration = Duration::from_secs(1);
/// Meetings on their way at once; a session that is open no longer counts.
const MEETINGS: usize = 512;
/// How long sessions may take to say goodbye when the agent stops.
const GOODBYE: Duration = Duration::from_secs(3);

/// The agent as a running program.
pub struct Agent<W: World> {
    office: Arc<Office<W>>,
    tells: mpsc::Receiver<Tell>,
    _lock: std::fs::File,
}

impl<W: World> Agent<W> {
    /// An agent over this state.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`], [`Error::Running`], [`Error::State`], [`Error::Damaged`].
    pub fn new(store: Store, world: W) -> Result<Self> {
        let identity = store.read::<Identity>()?.ok_or(Error::NotEnrolled)?;
        let lock = store.lock_daemon()?;
        if store.read::<Ledger>()?.is_some_and(|ledger| ledger.has_open()) {
            let now = world.clock().unix();
            store.update(|ledger: &mut Ledger| ledger.abandon(now, &mut SystemRng::new()))?;
        }
        let (tell, tells) = mpsc::channel(256);
        let office = Arc::new(Office::new(world, identity, store, tell)?);
        Ok(Self { office, tells, _lock: lock })
    }

    /// Runs until `shutdown`, or until the server retires this agent.
    ///
    /// # Errors
    /// None that are not handled here; the type leaves room.
    pub async fn run(self, shutdown: Shutdown) -> Result<()> {
        let Self { office, tells, _lock } = self;
        let (heard, mut events) = mpsc::channel(64);
        let mut work = JoinSet::new();
        work.spawn(control::run(office.clone(), tells, heard, shutdown.clone()));
        work.spawn(reach::run(office.clone(), shutdown.clone()));
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = events.recv() => {
                    let Some(event) = event else { break };
                    if hear(&office, event, &mut work).await {
                        tracing::warn!("the server retired this agent");
                        break;
                    }
                }
                _ = look.tick() => if let Err(error) = office.look().await {
                    tracing::error!(%error, "the state cannot be read");
                },
                _ = work.join_next(), if !work.is_empty() => {}
                () = shutdown.wait() => break,
            }
        }
        office.end_all(EndReason::AgentStopping);
        shutdown.trigger();
        let goodbye = async { while work.join_next().await.is_some() {} };
        if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
            tracing::warn!("some sessions were cut");
        }
        Ok(())
    }
}

/// Acts on what the server said. True when the agent is to stop.
async fn hear<W: World>(
    office: &Arc<Office<W>>,
    event: AgentEvent,
    work: &mut JoinSet<()>,
) -> bool {
    match event {
        AgentEvent::Meet(meet)
            if work.len() >= MEETINGS + office.settings.borrow().max_sessions as usize =>
        {
            let _ = office.tell.try_send(Tell::Declined(meet.meeting, Refusal::Busy));
        }
        AgentEvent::Meet(meet) => start(office, meet, work),
        AgentEvent::End(end) => office.end_meeting(end.meeting, end.reason),
        AgentEvent::Order { number, order } => return obey(office, number, order).await,
        AgentEvent::Open(_)
        | AgentEvent::Heard
        | AgentEvent::Head(_)
        | AgentEvent::Settings(_)
        | AgentEvent::Acknowledged { .. } => {
            // The conversation's driver has taken them.
        }
    }
    false
}

fn start<W: World>(office: &Arc<Office<W>>, meet: Meet, work: &mut JoinSet<()>) {
    let office = office.clone();
    match meet.kind.clone() {
        MeetKind::Pairing { invite, user, login } => {
            work.spawn(async move { pair::run(&office, &meet, invite, user, login).await });
        }
        MeetKind::Session { grant } => {
            work.spawn(async move { session::run(office, meet, grant).await });
        }
        MeetKind::Unknown => {
            let _ = office.tell.try_send(Tell::Declined(meet.meeting, Refusal::Other));
        }
    }
}

async fn obey<W: World>(office: &Arc<Office<W>>, number: u64, order: Order) -> bool {
    let now = office.world.clock().unix();
    let mut stop = false;
    // Sessions first: whatever the disk does, what was revoked ends now.
    let saved = match order {
        Order::RevokeDevice { device } => {
            office.end_device(device, EndReason::Revoked);
            office
                .update(move |ledger| {
                    ledger.remove(device, true, now, &mut SystemRng::new()).map(drop)
                })
                .await
        }
        Order::RevokeUser { user, login } => {
            office.end_user(user, EndReason::Revoked);
            let change = move |ledger: &mut Ledger| {
                ledger.withdraw(&login);
                let devices: Vec<_> = ledger
                    .devices()
                    .filter(|(_, device)| device.user == user)
                    .map(|(id, _)| id)
                    .collect();
                devices.into_iter().try_for_each(|id| {
                    ledger.remove(id, true, now, &mut SystemRng::new()).map(drop)
                })
            };
            office.update(change).await
        }
        Order::Retire => {
            office.end_all(EndReason::Revoked);
            stop = true;
            office
                .update(|ledger| {
                    ledger.retired = true;
                    Ok(())
                })
                .await
        }
        Order::Unknown => {
            tracing::warn!(number, "the server ordered something this version does not know");
            return false;
        }
    };
    match saved {
        Ok(()) => {
            let _ = office.tell.send(Tell::Done(number)).await;
        }
        // Not done, so the server repeats it at the next connection.
        Err(error) => tracing::error!(%error, number, "an order could not be carried out"),
    }
    stop
}
