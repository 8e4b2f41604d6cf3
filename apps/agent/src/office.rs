//! What every task of the daemon shares: identity, state, the sessions that are open, and a way to
//! the server.

use crate::sizes::Sizes;
use crate::state::{
    Identity, Ledger, LiveSession, SeenTarget, Stamp, Status, Store, Target, Targets, Told,
};
use crate::{Error, Result, World};
use pairing::control::{EndReason, Refusal, Report, Settings, TargetState};
use pairing::{DeviceId, Head, MeetingId, TargetId, UserId};
use source::Pin;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

/// Something to tell the server now; lost when the line is down.
#[derive(Debug)]
pub(crate) enum Tell {
    /// The agent will not come to a meeting.
    Declined(MeetingId, Refusal),
    /// How a target is.
    TargetState(TargetId, TargetState),
    /// Orders up to this number were carried out.
    Done(u64),
}

/// The shared office.
pub(crate) struct Office<W> {
    pub(crate) world: W,
    pub(crate) identity: Identity,
    pub(crate) ledger: watch::Sender<Arc<Ledger>>,
    pub(crate) targets: watch::Sender<Arc<Targets>>,
    pub(crate) settings: watch::Sender<Settings>,
    /// Whether the control conversation is open.
    pub(crate) connected: watch::Sender<bool>,
    pub(crate) tell: mpsc::Sender<Tell>,
    store: Store,
    /// Held over every change of the ledger, with the stamp of the version last read.
    stamps: tokio::sync::Mutex<(Stamp, Stamp)>,
    live: Mutex<BTreeMap<MeetingId, Live>>,
    states: Mutex<BTreeMap<TargetId, Seen>>,
    /// Sizes to be given back when a session leaves; a session that takes over takes over them too.
    pub(crate) sizes: Mutex<BTreeMap<TargetId, Sizes>>,
    status: Mutex<Status>,
    told: Mutex<Told>,
}

/// What was last seen of a target, with the certificate it showed where that is not the pinned one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    state: TargetState,
    shown: Option<Pin>,
}

/// An open session, as others see it.
struct Live {
    user: UserId,
    device: DeviceId,
    shown: LiveSession,
    end: mpsc::Sender<EndReason>,
    /// Receives nothing; it closes when the session is gone.
    gone: watch::Receiver<()>,
}

/// A session's place in the office. Dropping it gives the place up.
pub(crate) struct Seat<W: World> {
    pub(crate) office: Arc<Office<W>>,
    pub(crate) meeting: MeetingId,
    /// Reasons to end, from outside.
    pub(crate) ends: mpsc::Receiver<EndReason>,
    _gone: watch::Sender<()>,
}

impl<W: World> Office<W> {
    pub(crate) fn new(
        world: W,
        identity: Identity,
        store: Store,
        tell: mpsc::Sender<Tell>,
    ) -> Result<Self> {
        let stamps = (store.stamp::<Ledger>(), store.stamp::<Targets>());
        let ledger = store.read::<Ledger>()?.unwrap_or_default();
        let targets = store.read::<Targets>()?.unwrap_or_default();
        let told = store.read::<Told>()?.unwrap_or_default();
        let now = world.clock().unix();
        let status =
            Status { process: std::process::id(), started: now, since: now, ..Status::default() };
        Ok(Self {
            world,
            identity,
            ledger: watch::Sender::new(Arc::new(ledger)),
            targets: watch::Sender::new(Arc::new(targets)),
            settings: watch::Sender::new(Settings::default()),
            connected: watch::Sender::new(false),
            tell,
            store,
            stamps: tokio::sync::Mutex::new(stamps),
            live: Mutex::default(),
            states: Mutex::default(),
            sizes: Mutex::default(),
            status: Mutex::new(status),
            told: Mutex::new(told),
        })
    }

    /// Changes the ledger on disk, then here.
    pub(crate) async fn update<R: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Ledger) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let mut stamps = self.stamps.lock().await;
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || {
            let (ledger, value) = store.update(change)?;
            Ok::<_, Error>((ledger, value, store.stamp::<Ledger>()))
        });
        let (ledger, value, stamp) =
            done.await.map_err(|_| Error::Meeting("a change of the state was cut off"))??;
        stamps.0 = stamp;
        self.ledger.send_replace(Arc::new(ledger));
        Ok(value)
    }

    /// What the server told last.
    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what the server tells: on disk, then here.
    async fn keep<R: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Told) -> R + Send + 'static,
    ) -> Result<R> {
        let store = self.store.clone();
        let done =
            tokio::task::spawn_blocking(move || store.update(|told: &mut Told| Ok(change(told))));
        let (told, value) =
            done.await.map_err(|_| Error::Meeting("a change of the state was cut off"))??;
        *self.told() = told;
        Ok(value)
    }

    /// Takes over settings; the list of relays is kept before any meet is heard.
    pub(crate) async fn set(&self, settings: Settings) -> Result<()> {
        if self.told().relays.as_ref() != Some(&settings.relays) {
            let relays = settings.relays.clone();
            self.keep(move |told| told.relays = Some(relays)).await?;
        }
        self.settings.send_replace(settings);
        Ok(())
    }

    /// Keeps where the record of the body stands, and complains when it went back.
    pub(crate) async fn hear_head(&self, head: Head) -> Result<()> {
        let before = self.told().head;
        if before == Some(head) {
            return Ok(());
        }
        let now = self.world.clock().unix();
        if self.keep(move |told| told.hear(head, now)).await? {
            tracing::error!(
                from = before.map(|head| head.seq),
                to = head.seq,
                "the server's record of this body went back: its data is an old copy or was \
                 altered; tell the administrators"
            );
        }
        Ok(())
    }

    /// The address of a relay, if this agent goes there: the one place that says where to.
    pub(crate) fn relay(&self, relay: &str) -> Result<String> {
        let told = self.told();
        told.relays
            .as_ref()
            .ok_or(pairing::Error::ForeignRelay)?
            .allow(relay, &self.identity.server)?;
        Ok(self.identity.relay_url(relay))
    }

    /// Adds a report. A full disk or outbox is logged: there is nobody else to tell.
    pub(crate) async fn report(&self, report: Report) {
        let done =
            self.update(move |ledger| ledger.report(report, &mut net::SystemRng::new())).await;
        if let Err(error) = done {
            tracing::error!(%error, "a report for the server could not be kept");
        }
    }

    /// Takes over what the command line changed meanwhile.
    pub(crate) async fn look(&self) -> Result<()> {
        let mut stamps = self.stamps.lock().await;
        let store = self.store.clone();
        let known = *stamps;
        let looked = tokio::task::spawn_blocking(move || {
            let now = (store.stamp::<Ledger>(), store.stamp::<Targets>());
            let ledger = if now.0 == known.0 { None } else { store.read::<Ledger>()? };
            let targets = if now.1 == known.1 {
                None
            } else {
                Some(store.read::<Targets>()?.unwrap_or_default())
            };
            Ok::<_, Error>((now, ledger, targets))
        });
        let (now, ledger, targets) =
            looked.await.map_err(|_| Error::Meeting("a look at the state was cut off"))??;
        *stamps = now;
        drop(stamps);
        if let Some(targets) = targets {
            self.forget_states(&targets);
            self.targets.send_replace(Arc::new(targets));
            self.show();
        }
        if let Some(ledger) = ledger {
            self.ledger.send_replace(Arc::new(ledger));
            let ledger = self.ledger.borrow().clone();
            self.end(EndReason::Revoked, |live| ledger.device(&live.device).is_none());
        }
        Ok(())
    }

    /// Whether another user is on the target. Asked before the agent goes to the meeting: the
    /// refusal then comes with its name, where a closed channel has none.
    pub(crate) fn in_use(&self, target: &TargetId, user: UserId) -> bool {
        self.live().values().any(|live| live.shown.target == *target && live.user != user)
    }

    /// Takes a seat for a session, if there is one.
    ///
    /// A newer session of the same user on the same target sends the older one away and waits until
    /// it is gone; another user's is not disturbed. (Every session of the sample has a desktop of
    /// its own.)
    pub(crate) async fn sit(
        self: &Arc<Self>,
        shown: LiveSession,
        user: UserId,
        device: DeviceId,
        alone: bool,
    ) -> Result<Seat<W>> {
        loop {
            let older = {
                let mut live = self.live();
                let there = live.values().filter(|live| live.shown.target == shown.target);
                let mut older = there.filter(|live| alone || live.user == user);
                match older.next() {
                    Some(other) if other.user != user => {
                        return Err(Error::InUse);
                    }
                    Some(older) => {
                        let _ = older.end.try_send(EndReason::TakenOver);
                        older.gone.clone()
                    }
                    None if live.len() >= self.settings.borrow().max_sessions as usize => {
                        return Err(pairing::Error::Full("sessions").into());
                    }
                    None => {
                        drop(older);
                        let (end, ends) = mpsc::channel(4);
                        let (gone, watched) = watch::channel(());
                        let meeting = shown.meeting;
                        let target = shown.target.clone();
                        live.insert(meeting, Live { user, device, shown, end, gone: watched });
                        drop(live);
                        self.changed(&target);
                        return Ok(Seat { office: self.clone(), meeting, ends, _gone: gone });
                    }
                }
            };
            let mut older = older;
            // Closes when the older session has given its seat up; no value is ever sent.
            let _ = older.changed().await;
        }
    }

    /// Ends the sessions that `which` names.
    fn end(&self, reason: EndReason, which: impl Fn(&Live) -> bool) {
        for live in self.live().values().filter(|live| which(live)) {
            let _ = live.end.try_send(reason);
        }
    }

    /// Ends one session.
    pub(crate) fn end_meeting(&self, meeting: MeetingId, reason: EndReason) {
        self.end(reason, |live| live.shown.meeting == meeting);
    }

    /// Ends every session of a user.
    pub(crate) fn end_user(&self, user: UserId, reason: EndReason) {
        self.end(reason, |live| live.user == user);
    }

    /// Ends every session of a device.
    pub(crate) fn end_device(&self, device: DeviceId, reason: EndReason) {
        self.end(reason, |live| live.device == device);
    }

    /// Ends everything.
    pub(crate) fn end_all(&self, reason: EndReason) {
        self.end(reason, |_| true);
    }

    /// How a target is: busy while a session is on it, else what was last seen of it.
    pub(crate) fn target_state(&self, target: &TargetId) -> TargetState {
        if self.live().values().any(|live| live.shown.target == *target) {
            return TargetState::Busy;
        }
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.get(target).map_or(TargetState::Ready, |seen| seen.state)
    }

    /// What was seen of a target that is elsewhere now, or has another pin, says nothing any more.
    fn forget_states(&self, new: &Targets) {
        let old = self.targets.borrow().clone();
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.retain(|id, _| {
            let place = |target: &Target| target.place.clone();
            old.find(id).map(place) == new.find(id).map(place)
        });
    }

    /// Notes what was seen of a target.
    pub(crate) fn saw(&self, target: &TargetId, state: TargetState) {
        self.note(target, Seen { state, shown: None });
    }

    /// Notes that a target shows another certificate than the pinned one.
    pub(crate) fn saw_another_certificate(&self, target: &TargetId, shown: Pin) {
        self.note(target, Seen { state: TargetState::Untrusted, shown: Some(shown) });
    }

    fn note(&self, target: &TargetId, seen: Seen) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let before = states
            .insert(target.clone(), seen)
            .unwrap_or(Seen { state: TargetState::Ready, shown: None });
        drop(states);
        if before != seen {
            self.changed(target);
        }
    }

    /// Notes how the control conversation is.
    pub(crate) fn connection(&self, open: bool, trouble: Option<String>, clock_ahead: Option<i64>) {
        let now = self.world.clock().unix();
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        if status.connected != open {
            status.since = now;
        }
        status.connected = open;
        status.trouble = trouble;
        status.clock_ahead = clock_ahead.unwrap_or(status.clock_ahead);
        drop(status);
        self.connected.send_if_modified(|known| std::mem::replace(known, open) != open);
        self.show();
    }

    fn changed(&self, target: &TargetId) {
        let state = self.target_state(target);
        let _ = self.tell.try_send(Tell::TargetState(target.clone(), state));
        self.show();
    }

    /// Writes the status. It is for the person at the machine only, so a failure harms nothing.
    fn show(&self) {
        let targets = self.seen_targets();
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.targets = targets;
        status.sessions = self.live().values().map(|live| live.shown.clone()).collect();
        if let Err(error) = self.store.replace(&*status) {
            tracing::warn!(%error, "the status cannot be written");
        }
    }

    fn seen_targets(&self) -> Vec<SeenTarget> {
        let targets = self.targets.borrow().clone();
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner).clone();
        targets
            .iter()
            .map(|target| SeenTarget {
                target: target.id.clone(),
                state: self.target_state(&target.id),
                shown: states
                    .get(&target.id)
                    .and_then(|seen| seen.shown)
                    .map(|shown| shown.to_string()),
            })
            .collect()
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<MeetingId, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: World> Drop for Seat<W> {
    fn drop(&mut self) {
        let gone = self.office.live().remove(&self.meeting);
        if let Some(live) = gone {
            self.office.changed(&live.shown.target);
        }
    }
}
