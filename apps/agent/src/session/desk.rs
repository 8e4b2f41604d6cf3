//! The desktop of a session: waiting for credentials, being opened, open, or lost and tried again.

use crate::World;
use crate::office::Office;
use crate::sizes::Sizes;
use net::{Backoff, SystemRng};
use pairing::TargetId;
use source::{Credentials, Error, Event, Input, Source, Target};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Between two tries to come back to a lost desktop.
const FIRST: Duration = Duration::from_millis(250);
const LAST: Duration = Duration::from_secs(2);

type Opening<D> = Pin<Box<dyn Future<Output = Result<D, Error>> + Send>>;

/// The desktop, whatever its state.
pub(super) struct Desk<W: World> {
    office: Arc<Office<W>>,
    id: TargetId,
    target: Target,
    /// The viewer's own size: a wish.
    pub(super) size: (u16, u16),
    credentials: Option<Credentials>,
    state: State<W::Desktop>,
    backoff: Backoff,
}

enum State<D> {
    /// Credentials are wanted.
    Waiting,
    Opening(Opening<D>),
    Open(Box<D>),
    Lost(Instant),
}

/// What happened to the desktop.
pub(super) enum Happened {
    /// It is open (again).
    Opened,
    /// It tells something.
    Event(Event),
    /// It went away or does not answer; it is tried again by itself.
    Lost(Error),
    /// It refused the credentials; others are wanted.
    Refused,
    /// It will not work.
    Hopeless(Error),
}

impl<W: World> Desk<W> {
    pub(super) fn new(
        office: Arc<Office<W>>,
        id: TargetId,
        target: Target,
        size: (u16, u16),
    ) -> Self {
        let mut desk = Self {
            office,
            id,
            target,
            size,
            credentials: None,
            state: State::Waiting,
            backoff: Backoff::new(FIRST, LAST),
        };
        if !desk.wants_credentials() {
            desk.begin();
        }
        desk
    }

    /// Whether the desktop is opened with the user's own credentials and has none.
    pub(super) fn wants_credentials(&self) -> bool {
        self.target.asks_login() && self.credentials.is_none()
    }

    /// Takes credentials when they are wanted.
    pub(super) fn offer(&mut self, credentials: Credentials) {
        if self.wants_credentials() {
            self.credentials = Some(credentials);
            self.begin();
        }
    }

    /// The open desktop.
    pub(super) fn open(&self) -> Option<&W::Desktop> {
        match &self.state {
            State::Open(desktop) => Some(desktop),
            _ => None,
        }
    }

    /// Passes input on; without an open desktop it is lost, as at a desk nobody sits at.
    pub(super) async fn input(&mut self, input: Input) -> Option<Happened> {
        let State::Open(desktop) = &mut self.state else { return None };
        if matches!(input, Input::Resize { .. }) && desktop.caps().resize {
            self.sizes(Sizes::asked);
        }
        let State::Open(desktop) = &mut self.state else { return None };
        match desktop.input(input).await {
            Ok(()) => None,
            Err(error) => Some(self.failed(error)),
        }
    }

    /// Waits for what happens next. Cancel-safe.
    pub(super) async fn next(&mut self) -> Happened {
        loop {
            match &mut self.state {
                State::Waiting => std::future::pending().await,
                State::Opening(opening) => match opening.await {
                    Ok(desktop) => {
                        self.state = State::Open(Box::new(desktop));
                        self.backoff.reset();
                        return Happened::Opened;
                    }
                    Err(error) => return self.failed(error),
                },
                State::Open(desktop) => match desktop.next().await {
                    // A server that ended in good order has signed the user out; a VNC server has
                    // only stopped.
                    Ok(Event::Closed) if matches!(self.target, Target::Rdp(_)) => {
                        return Happened::Hopeless(Error::Unreachable(source::Detail::new(
                            "the desktop ended the session",
                        )));
                    }
                    Ok(Event::Closed) => {
                        return self
                            .failed(Error::Unreachable(source::Detail::new("the desktop closed")));
                    }
                    Ok(event) => {
                        if let Event::Resized { width, height } = event {
                            self.sizes(|sizes| sizes.resized((width, height)));
                        }
                        return Happened::Event(event);
                    }
                    Err(error) => return self.failed(error),
                },
                State::Lost(again) => {
                    tokio::time::sleep_until(*again).await;
                    self.begin();
                }
            }
        }
    }

    /// Leaves the desktop as it was found, or, when a session `goes_on` with it, as it is.
    pub(super) async fn leave(&mut self, goes_on: bool) {
        let size = if goes_on { None } else { self.sizes(Sizes::give_back) };
        let State::Open(desktop) = &mut self.state else { return };
        desktop.leave(size.flatten()).await;
    }

    /// Only a screen that somebody may sit before has a size of its own; one that comes into being
    /// with its session (Remote Desktop) goes with it.
    fn sizes<R>(&self, change: impl FnOnce(&mut Sizes) -> R) -> Option<R> {
        let kept = matches!(self.target, Target::Vnc(_));
        let mut sizes = self.office.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        kept.then(|| change(sizes.entry(self.id.clone()).or_default()))
    }

    fn begin(&mut self) {
        let (office, target, credentials, size) =
            (self.office.clone(), self.target.clone(), self.credentials.clone(), self.size);
        self.state = State::Opening(Box::pin(async move {
            office.world.open(&target, credentials.as_ref(), size).await
        }));
    }

    fn failed(&mut self, error: Error) -> Happened {
        match error {
            Error::Unreachable(_) => {
                self.state = State::Lost(Instant::now() + self.backoff.wait(&mut SystemRng::new()));
                Happened::Lost(error)
            }
            Error::Refused(_) if self.credentials.take().is_some() => {
                self.state = State::Waiting;
                Happened::Refused
            }
            error => {
                self.state = State::Waiting;
                Happened::Hopeless(error)
            }
        }
    }
}
