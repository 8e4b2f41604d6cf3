//! Connections and the machine that judges them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use net::{BoxStream, Clock, Stream};
use pairing::relay::{Command, Connection, Counts, Listener, Machine, Origin, Refusal};
use pairing::{BodyCode, MeetingId};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::Config;
use crate::early::{Early, Gone};
use crate::frames;
use crate::splice::{drain, splice};

/// A relay. Clones are the same relay; it must be made inside a tokio runtime.
#[derive(Clone)]
pub struct Relay(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    janitor: tokio::task::AbortHandle,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.janitor.abort();
    }
}

pub(crate) struct Shared {
    pub(crate) config: Config,
    clock: Arc<dyn Clock>,
    next: AtomicU64,
    book: Mutex<Book>,
    /// A deadline changed.
    deadline: Notify,
}

struct Book {
    machine: Machine,
    signals: HashMap<Connection, mpsc::UnboundedSender<Signal>>,
}

/// What the machine has for a connection. The machine says each of these at most twice.
pub(crate) enum Signal {
    Wait,
    /// Be the one that carries; the partner's half comes here.
    Lead(MeetingId, oneshot::Receiver<Half>),
    /// Hand yourself over.
    Follow(oneshot::Sender<Half>),
    Close(Refusal),
}

/// One side of a meeting.
pub(crate) struct Half {
    pub(crate) stream: BoxStream,
    /// What was read from it before the join.
    pub(crate) read: Vec<u8>,
    /// Its place; dropped with it.
    pub(crate) seat: Seat,
}

/// A connection's place in the machine; given back when dropped.
pub(crate) struct Seat {
    connection: Connection,
    shared: Arc<Shared>,
}

impl Relay {
    /// A relay that tells the time by `clock`.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Self {
        let machine = Machine::new(config.keys.clone(), config.limits.clone());
        let book = Mutex::new(Book { machine, signals: HashMap::new() });
        let shared = Arc::new(Shared {
            config,
            clock,
            next: AtomicU64::new(0),
            book,
            deadline: Notify::new(),
        });
        let janitor = tokio::spawn(janitor(shared.clone())).abort_handle();
        Self(Arc::new(Handle { shared, janitor }))
    }

    /// What an `Origin` header means here.
    pub fn origin(&self, header: Option<&[u8]>) -> Origin {
        match header {
            None => Origin::Absent,
            Some(origin)
                if self.0.shared.config.origins.iter().any(|known| known.as_bytes() == origin) =>
            {
                Origin::Allowed
            }
            Some(_) => Origin::Foreign,
        }
    }

    /// Serves a stream whose WebSocket handshake is done. Returns when the connection is over, or
    /// when its partner's task carries it on.
    pub async fn serve(&self, stream: impl Stream, from: IpAddr, origin: Origin) {
        self.serve_noting(stream, from, origin, || {}).await;
    }

    /// The same, and calls `admitted` once its ticket is found good.
    pub async fn serve_noting(
        &self,
        stream: impl Stream,
        from: IpAddr,
        origin: Origin,
        admitted: impl FnOnce() + Send,
    ) {
        let shared = self.0.shared.clone();
        let farewell = Duration::from_millis(shared.config.farewell_ms);
        let mut early = Early::new(Box::new(stream));
        let (seat, mut signals) = match shared.open(from, origin) {
            Ok(open) => open,
            Err(refusal) => return say_close(&mut early.stream, refusal, farewell).await,
        };
        let mut asked = false;
        let mut admitted = Some(admitted);
        loop {
            let signal = tokio::select! {
                // Signals first: what the machine decided counts, whatever the peer says meanwhile.
                biased;
                signal = signals.recv() => signal.unwrap_or(Signal::Close(Refusal::Stopping)),
                message = early.message() => match message {
                    Ok(ticket) if !asked => {
                        asked = true;
                        shared.ticket(seat.connection, &ticket);
                        continue;
                    }
                    Ok(_) => Signal::Close(Refusal::Misbehaved),
                    Err(Gone::Closed) => return,
                    Err(Gone::Refused(refusal)) => Signal::Close(refusal),
                },
            };
            if !matches!(signal, Signal::Close(_))
                && let Some(admitted) = admitted.take()
            {
                admitted();
            }
            match signal {
                Signal::Wait => {
                    if say(&mut early.stream, &frames::WAIT, farewell).await.is_err() {
                        return;
                    }
                }
                Signal::Close(refusal) => {
                    tracing::debug!(%refusal, "connection refused");
                    // The place is given back first, so that the partner need not wait for a
                    // farewell.
                    drop(seat);
                    return say_close(&mut early.stream, refusal, farewell).await;
                }
                Signal::Follow(to) => {
                    // If the leader is gone, so is this one.
                    _ = to.send(Half { stream: early.stream, read: early.read, seat });
                    return;
                }
                Signal::Lead(meeting, partner) => {
                    let own = Half { stream: early.stream, read: early.read, seat };
                    let Ok(partner) = partner.await else { return };
                    return splice(meeting, own, partner, signals, &shared).await;
                }
            }
        }
    }

    /// Ends a meeting, and keeps it from beginning. True if it was here.
    pub fn end(&self, meeting: MeetingId) -> bool {
        let calendar = self.0.shared.clock.unix();
        self.0.shared.with(|machine| machine.end(meeting, calendar))
    }

    /// Ends every meeting of a body; answers how many there were.
    pub fn end_body(&self, body: BodyCode) -> usize {
        let calendar = self.0.shared.clock.unix();
        self.0.shared.with(|machine| machine.end_body(body, calendar))
    }

    /// Shows everybody out.
    pub fn stop(&self) {
        self.0.shared.with(Machine::stop);
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    /// What is here.
    pub fn counts(&self) -> Counts {
        self.0.shared.book().machine.counts()
    }
}

impl Shared {
    pub(crate) fn open(
        self: &Arc<Self>,
        from: IpAddr,
        origin: Origin,
    ) -> Result<(Seat, mpsc::UnboundedReceiver<Signal>), Refusal> {
        let connection = Connection(self.next.fetch_add(1, Ordering::Relaxed));
        let (sender, receiver) = mpsc::unbounded_channel();
        {
            let mut book = self.book();
            book.machine.handle_open(connection, from, origin, self.clock.ticks())?;
            book.signals.insert(connection, sender);
        }
        self.deadline.notify_one();
        Ok((Seat { connection, shared: self.clone() }, receiver))
    }

    fn ticket(&self, connection: Connection, ticket: &[u8]) {
        let (unix, ticks) = (self.clock.unix(), self.clock.ticks());
        self.with(|machine| machine.handle_ticket(connection, ticket, unix, ticks));
        self.deadline.notify_one();
    }

    /// A server's word, heard over this seat's line: the meetings it asks for. `None` when it was
    /// none; the seat is then told to close.
    pub(crate) fn word(
        &self,
        seat: &Seat,
        listener: &mut Listener,
        bytes: &[u8],
    ) -> Option<Vec<MeetingId>> {
        let (unix, ticks) = (self.clock.unix(), self.clock.ticks());
        let heard = listener.hear(bytes, &self.config.keys);
        let answer = match heard {
            Ok((key, word)) => Some(
                self.with(|machine| machine.handle_word(seat.connection, &key, word, unix, ticks)),
            ),
            Err(fault) => {
                tracing::warn!(%fault, "somebody who is no server of this relay");
                self.with(|machine| machine.handle_bad_word(seat.connection, ticks));
                None
            }
        };
        self.deadline.notify_one();
        answer
    }

    fn with<T>(&self, work: impl FnOnce(&mut Machine) -> T) -> T {
        let mut book = self.book();
        let result = work(&mut book.machine);
        book.carry_out();
        result
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // The machine's calls do not panic half-way; if one did, its bounds still hold.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn carry_out(&mut self) {
        while let Some(command) = self.machine.poll_command() {
            match command {
                Command::Wait(connection) => self.signal(connection, Signal::Wait),
                Command::Close(connection, refusal) => {
                    self.signal(connection, Signal::Close(refusal))
                }
                Command::Join { viewer, agent, meeting } => {
                    let (to, from) = oneshot::channel();
                    self.signal(viewer, Signal::Lead(meeting, from));
                    self.signal(agent, Signal::Follow(to));
                }
            }
        }
    }

    fn signal(&self, connection: Connection, signal: Signal) {
        if let Some(to) = self.signals.get(&connection) {
            // One that no longer listens is on its way out.
            _ = to.send(signal);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut book = self.shared.book();
        book.signals.remove(&self.connection);
        book.machine.handle_closed(self.connection);
        book.carry_out();
    }
}

async fn janitor(shared: Arc<Shared>) {
    loop {
        let timeout = shared.book().machine.timeout();
        match timeout {
            None => shared.deadline.notified().await,
            Some(at) => {
                let wait = Duration::from_millis(at.since(shared.clock.ticks()));
                tokio::select! {
                    () = tokio::time::sleep(wait) => {
                        let now = shared.clock.ticks();
                        shared.with(|machine| machine.handle_timeout(now));
                    }
                    () = shared.deadline.notified() => {}
                }
            }
        }
    }
}

async fn say(stream: &mut BoxStream, bytes: &[u8], within: Duration) -> Result<(), ()> {
    let all = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    tokio::time::timeout(within, all).await.map_err(|_| ())?.map_err(|_| ())
}

async fn say_close(stream: &mut BoxStream, refusal: Refusal, within: Duration) {
    if say(stream, &frames::close(refusal), within).await.is_ok() {
        let leave = async {
            _ = stream.shutdown().await;
            drain(stream).await;
        };
        _ = tokio::time::timeout(within, leave).await;
    }
}
