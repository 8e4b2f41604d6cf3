//! The loop of an open session.

use super::desk::{Desk, Happened};
use super::hands::Hands;
use super::watch::{Due, Watch};
use super::{GOODBYE, Guest, convert, watermark};
use crate::World;
use crate::admit::Admission;
use crate::office::Seat;
use crate::state::Ledger;
use channel::{CloseReason, Opened};
use net::{Message, SystemRng};
use pairing::control::{EndReason as Recorded, Report, TargetState};
use pairing::{Grant, Refused, Ticks};
use screen::{Caps, Encoder};
use source::{Event, Source};
use std::collections::VecDeque;
use std::time::Duration;
use wire::session::{
    AgentCaps, EndReason, Hello, Line, Notice, NoticeKind, ToAgent, ToViewer, Welcome,
};

/// How long the desktop may take before the viewer is welcomed without its size.
const WELCOME_MS: u64 = 3000;
/// Between two words on the line's quality.
const LINE_MS: u64 = 2000;

/// What a session was.
pub(super) struct Ended {
    pub(super) reason: Recorded,
    pub(super) up: u64,
    pub(super) down: u64,
    pub(super) idle_seconds: u32,
}

/// Why a session ends.
enum End {
    /// The viewer is told, and it goes on record.
    Told(EndReason, Recorded),
    /// There is nobody to tell.
    Silent(Recorded),
}

impl From<EndReason> for End {
    fn from(reason: EndReason) -> Self {
        Self::Told(reason, convert::recorded(reason))
    }
}

/// Holds an open session until it ends.
pub(super) async fn serve<W: World>(
    seat: Seat<W>,
    guest: Guest,
    admission: Admission,
    hello: Hello,
    heard: u64,
) -> Ended {
    let mut live = match Live::new(seat, guest, admission, hello) {
        Ok(live) => live,
        Err(reason) => return Ended { reason, up: heard, down: 0, idle_seconds: 0 },
    };
    live.up = heard;
    let end = live.run().await;
    live.finish(end).await
}

/// What the loop woke up for.
enum Step {
    Nothing,
    Received(Option<Message>),
    Desk(Happened),
    End(End),
}

struct Live<W: World> {
    seat: Seat<W>,
    guest: Guest,
    grant: Grant,
    name: String,
    desk: Desk<W>,
    encoder: Option<Encoder>,
    viewer: Caps,
    watch: Watch,
    hands: Hands,
    start: Ticks,
    /// Sealed and not yet taken by the line.
    out: VecDeque<Message>,
    welcomed: bool,
    /// What the viewer was told that the desktop can do.
    told_caps: AgentCaps,
    lost: bool,
    /// The account of the PC that was named last.
    account: String,
    /// When the line's quality is told next, and what was told last.
    next_line: Ticks,
    told_line: Option<Line>,
    /// Since when the server cannot be heard.
    unheard: Option<Ticks>,
    up: u64,
    down: u64,
}

impl<W: World> Live<W> {
    fn new(
        seat: Seat<W>,
        guest: Guest,
        admission: Admission,
        hello: Hello,
    ) -> Result<Self, Recorded> {
        let office = seat.office.clone();
        let (now, unix) = (office.world.clock().ticks(), office.world.clock().unix());
        let Admission { grant, target, .. } = admission;
        let source = target.source().map_err(|error| {
            tracing::error!(%error, target = %target.id, "a target of the state cannot be used");
            Recorded::DesktopRefused
        })?;
        let size = (hello.viewport.width, hello.viewport.height);
        Ok(Self {
            desk: Desk::new(office.clone(), target.id.clone(), source, size),
            watch: Watch::new(&grant.policy, grant.not_after, now, unix),
            hands: Hands::new(now),
            encoder: None,
            viewer: Caps::from_bits(hello.caps),
            start: now,
            out: VecDeque::new(),
            welcomed: false,
            told_caps: AgentCaps::default(),
            lost: false,
            account: String::new(),
            next_line: now.plus(LINE_MS),
            told_line: None,
            unheard: None,
            up: 0,
            down: 0,
            name: target.name,
            grant,
            seat,
            guest,
        })
    }

    async fn run(&mut self) -> End {
        let mut connected = self.seat.office.connected.subscribe();
        if self.desk.wants_credentials()
            && let Err(end) = self.welcome().and_then(|()| self.want_credentials())
        {
            return end;
        }
        loop {
            if let Err(end) = self.lift().await {
                return end;
            }
            if let Err(end) = self.tick(*connected.borrow_and_update()).and_then(|()| self.pump()) {
                return end;
            }
            let wait = Duration::from_millis(self.timeout().since(self.now()));
            let step = tokio::select! {
                room = self.guest.line.tx.reserve(), if !self.out.is_empty() => {
                    if let (Ok(room), Some(message)) = (room, self.out.pop_front()) {
                        room.send(message);
                        // The line sends it before the desktop is asked for more.
                        tokio::task::yield_now().await;
                        Step::Nothing
                    } else {
                        Step::End(End::Silent(Recorded::LineLost))
                    }
                }
                message = self.guest.line.rx.recv() => Step::Received(message),
                // Not while the line is full: changes gather at the desktop.
                happened = self.desk.next(), if self.out.is_empty() => Step::Desk(happened),
                Some(reason) = self.seat.ends.recv() => Step::End(
                    End::Told(convert::told(reason), reason)),
                _ = connected.changed() => Step::Nothing,
                () = tokio::time::sleep(wait) => Step::Nothing,
            };
            let step = match step {
                Step::Nothing => Ok(()),
                Step::Received(Some(Message::Binary(record))) => self.hear(&record).await,
                Step::Received(Some(Message::Text(_))) => {
                    Err(End::Silent(Recorded::PeerMisbehaved))
                }
                Step::Received(Some(Message::Ping | Message::Pong)) => Ok(()),
                Step::Received(None) => Err(End::Silent(Recorded::LineLost)),
                Step::Desk(happened) => self.happened(happened).await,
                Step::End(end) => Err(end),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Says the last words and clears the desk.
    async fn finish(mut self, end: End) -> Ended {
        let reason = match end {
            End::Silent(reason) => reason,
            End::Told(told, recorded) => {
                // What is already on its way comes first: records have an order.
                let close = if told == EndReason::PeerMisbehaved {
                    CloseReason::MISBEHAVED
                } else {
                    CloseReason::DONE
                };
                let _ = self.say(&ToViewer::Ended(told));
                if let Ok(records) = self.guest.channel.close(close) {
                    self.out
                        .extend(records.into_iter().map(|record| Message::Binary(record.into())));
                }
                let flush = async {
                    for message in self.out.drain(..) {
                        self.guest.line.send(message).await;
                    }
                };
                let _ = tokio::time::timeout(GOODBYE, flush).await;
                recorded
            }
        };
        // Keys held down at a desk nobody sits at any more would go on repeating.
        let goes_on = reason == Recorded::TakenOver;
        let _ = tokio::time::timeout(GOODBYE, self.desk.leave(goes_on)).await;
        let now = self.now();
        Ended { reason, up: self.up, down: self.down, idle_seconds: self.watch.idle_seconds(now) }
    }

    fn now(&self) -> Ticks {
        self.seat.office.world.clock().ticks()
    }

    /// The encoder's clock.
    fn age(&self) -> Duration {
        Duration::from_millis(self.now().since(self.start))
    }

    /// Lifts what is down at the desktop and is not heard of from home any more.
    async fn lift(&mut self) -> Result<(), End> {
        // What waits to be heard was not silence.
        if !self.guest.line.rx.is_empty() {
            return Ok(());
        }
        let late = self.hands.late(self.now());
        self.pass(late).await
    }

    /// What is due by the clocks.
    fn tick(&mut self, connected: bool) -> Result<(), End> {
        let (now, unix) = (self.now(), self.seat.office.world.clock().unix());
        while let Some(due) = self.watch.poll(now, unix) {
            match due {
                Due::Notice(notice) => self.say(&ToViewer::Notice(notice))?,
                Due::End(reason) => return Err(reason.into()),
            }
        }
        if !self.welcomed && now >= self.start.plus(WELCOME_MS) {
            self.welcome()?;
        }
        self.unheard = if connected { None } else { self.unheard.or(Some(now)) };
        if self.unheard.is_some_and(|since| now >= since.plus(self.grace())) {
            // A revocation could not be heard for too long.
            return Err(End::Told(EndReason::AgentStopping, Recorded::LineLost));
        }
        self.tell_caps()?;
        if self.welcomed && now >= self.next_line {
            self.next_line = now.plus(LINE_MS);
            self.tell_line()?;
        }
        Ok(())
    }

    fn timeout(&self) -> Ticks {
        let mut next = self.watch.timeout().min(self.next_line);
        if !self.welcomed {
            next = next.min(self.start.plus(WELCOME_MS));
        }
        if let Some(since) = self.unheard {
            next = next.min(since.plus(self.grace()));
        }
        if let Some(due) = self.hands.timeout() {
            next = next.min(due);
        }
        match self.encoder.as_ref().and_then(Encoder::timeout) {
            Some(wake) if self.out.is_empty() => next.min(self.start.plus(wake.as_millis() as u64)),
            _ => next,
        }
    }

    fn grace(&self) -> u64 {
        u64::from(self.seat.office.settings.borrow().grace) * 1000
    }

    /// Takes the next frame from the encoder, when the line has taken what was there: what waits
    /// here cannot be replaced by a newer one any more.
    fn pump(&mut self) -> Result<(), End> {
        while self.welcomed && self.out.is_empty() {
            let now = self.age();
            let (Some(desktop), Some(encoder)) = (self.desk.open(), &mut self.encoder) else {
                break;
            };
            let Some(frame) = encoder.poll_frame(&convert::picture(desktop.frame()), now) else {
                break;
            };
            self.say(&ToViewer::Screen(frame))?;
        }
        Ok(())
    }

    async fn hear(&mut self, record: &[u8]) -> Result<(), End> {
        let message = match self.guest.channel.open(record) {
            Ok(Opened::Message(message)) => message,
            Ok(Opened::Pending) => return Ok(()),
            Ok(Opened::Closed(_)) => return Err(End::Silent(Recorded::Viewer)),
            // The keys are gone with the error: nothing can be told any more.
            Err(error) => {
                tracing::warn!(meeting = %self.grant.meeting, %error, "a record was refused");
                return Err(End::Silent(Recorded::PeerMisbehaved));
            }
        };
        self.up += message.len() as u64;
        self.hands.hear(self.now());
        let message = ToAgent::decode(&message).map_err(|error| {
            tracing::warn!(meeting = %self.grant.meeting, %error, "a message was refused");
            EndReason::PeerMisbehaved
        })?;
        if !self.welcomed {
            return Err(EndReason::PeerMisbehaved.into());
        }
        if let Some(input) = convert::input(&message) {
            if let Some(lifted) = self.watch.input(self.now()) {
                self.say(&ToViewer::Notice(lifted))?;
            }
            let told = self.hands.input(input);
            return self.pass(told).await;
        }
        match message {
            ToAgent::Credentials(given) => {
                let wire::session::Credentials { user, password, domain } = given;
                if !self.desk.wants_credentials() {
                    return Ok(());
                }
                // Asked when they come, not when they were wanted: the pause is one person's at one
                // PC, over all sessions.
                match self.pause_s() {
                    0 => {
                        let given = source::Credentials { user, password, domain };
                        self.account = given.account();
                        self.desk.offer(given);
                    }
                    pause => self.notice(NoticeKind::CredentialsPaused, pause)?,
                }
            }
            ToAgent::Resize(size) if self.grant.policy.resize => {
                self.desk.size = (size.width, size.height);
                let wish = source::Input::Resize { width: size.width, height: size.height };
                return self.pass(vec![wish]).await;
            }
            ToAgent::ReleaseAll => {
                let told = self.hands.input(source::Input::ReleaseAll);
                return self.pass(told).await;
            }
            ToAgent::ScreenAck(body) => {
                let now = self.age();
                let known = self
                    .encoder
                    .as_mut()
                    .is_some_and(|encoder| encoder.handle_ack(&body, now).is_ok());
                if !known {
                    return Err(EndReason::PeerMisbehaved.into());
                }
            }
            ToAgent::Ping(token) => self.say(&ToViewer::Pong(token))?,
            ToAgent::Refresh => self.encoder.iter_mut().for_each(Encoder::refresh),
            // A second Hello is out of order; a Resize the policy does not allow is not.
            ToAgent::Hello(_) => return Err(EndReason::PeerMisbehaved.into()),
            _ => {}
        }
        Ok(())
    }

    async fn pass(&mut self, inputs: Vec<source::Input>) -> Result<(), End> {
        for input in inputs {
            if let Some(happened) = self.desk.input(input).await {
                self.happened(happened).await?;
            }
        }
        Ok(())
    }

    async fn happened(&mut self, happened: Happened) -> Result<(), End> {
        match happened {
            Happened::Opened => {
                // Nothing is down at a desktop that was opened just now.
                self.hands.forget();
                self.accepted().await;
                self.seat.office.saw(&self.grant.target, TargetState::Ready);
                self.welcome()?;
                if std::mem::take(&mut self.lost) {
                    self.notice(NoticeKind::DesktopBack, 0)?;
                }
            }
            Happened::Event(Event::Damage(damage)) => {
                let now = self.age();
                if let Some(encoder) = &mut self.encoder {
                    encoder.handle_damage(
                        &convert::rects(&damage.rects),
                        &convert::moves(&damage.moves),
                        now,
                    );
                }
            }
            Happened::Event(Event::Resized { width, height }) => match &mut self.encoder {
                Some(encoder) => encoder.resize(width, height),
                None => {
                    let office = &self.seat.office;
                    let config = watermark::config(
                        &self.grant,
                        &office.identity.body_name,
                        office.world.clock().unix(),
                    );
                    let config = config.map_err(|error| {
                        tracing::error!(%error, "the watermark cannot be drawn");
                        EndReason::DesktopRefused
                    })?;
                    self.encoder = Some(Encoder::new(width, height, self.viewer, config));
                }
            },
            Happened::Event(Event::Cursor(cursor)) => {
                self.say(&ToViewer::Cursor(convert::cursor(cursor)))?
            }
            Happened::Event(Event::TextNotTaken) => self.notice(NoticeKind::TextNotTaken, 0)?,
            Happened::Event(Event::Closed) => {}
            Happened::Lost(error) => {
                tracing::info!(meeting = %self.grant.meeting, %error, "the desktop is lost");
                self.seat.office.saw(&self.grant.target, TargetState::Unreachable);
                self.welcome()?;
                if !std::mem::replace(&mut self.lost, true) {
                    self.notice(NoticeKind::DesktopLost, 0)?;
                }
            }
            Happened::Refused => match self.refused().await? {
                0 => self.notice(NoticeKind::CredentialsRefused, 0)?,
                pause => self.notice(NoticeKind::CredentialsPaused, pause)?,
            },
            Happened::Hopeless(error) => {
                tracing::warn!(target = %self.grant.target, %error, "the desktop cannot be used");
                if let source::Error::PinMismatch { shown, .. } = error {
                    self.seat.office.saw_another_certificate(&self.grant.target, shown);
                }
                self.welcome()?;
                return Err(convert::hopeless(&error).into());
            }
        }
        Ok(())
    }

    fn want_credentials(&mut self) -> Result<(), End> {
        self.notice(NoticeKind::CredentialsWanted, 0)?;
        match self.pause_s() {
            0 => Ok(()),
            pause => self.notice(NoticeKind::CredentialsPaused, pause),
        }
    }

    /// Seconds in which no password of this person is taken to this PC.
    fn pause_s(&self) -> u32 {
        let office = &self.seat.office;
        let now = office.world.clock().unix();
        office.ledger.borrow().tries.wait_s(self.grant.user, &self.grant.target, now)
    }

    /// The PC refused a password: counted and reported, on disk, before the person hears of it. The
    /// pause that begins.
    async fn refused(&mut self) -> Result<u32, End> {
        let Grant { meeting, user, device, .. } = self.grant;
        let (target, account) = (self.grant.target.clone(), self.account.clone());
        let at = self.seat.office.world.clock().unix();
        let count = move |ledger: &mut Ledger| {
            let Refused { wrong, pause_s: pause } =
                ledger.tries.refuse(user, &target, &account, at);
            ledger.report(
                Report::PasswordRefused { meeting, user, device, target, wrong, pause, at },
                &mut SystemRng::new(),
            )?;
            Ok(pause)
        };
        self.seat.office.update(count).await.map_err(|error| {
            // What cannot be counted is not tried again.
            tracing::error!(%meeting, %error, "a refused password could not be counted");
            EndReason::DesktopRefused.into()
        })
    }

    /// The PC took the password.
    async fn accepted(&mut self) {
        let (user, target, account) =
            (self.grant.user, self.grant.target.clone(), self.account.clone());
        if self.seat.office.ledger.borrow().tries.count(user, &target) == 0 {
            return;
        }
        let forget = move |ledger: &mut Ledger| {
            ledger.tries.accept(user, &target, &account);
            Ok(())
        };
        if let Err(error) = self.seat.office.update(forget).await {
            tracing::error!(%error, "that a password was right could not be kept");
        }
    }

    /// Welcomes the viewer, once.
    fn welcome(&mut self) -> Result<(), End> {
        if std::mem::replace(&mut self.welcomed, true) {
            return Ok(());
        }
        let size = self.desk.open().map(|desktop| (desktop.frame().width, desktop.frame().height));
        let (width, height) = size.filter(|(w, h)| *w > 0 && *h > 0).unwrap_or((0, 0));
        self.told_caps = self.caps();
        let welcome = Welcome {
            width,
            height,
            caps: self.told_caps,
            name: self.name.clone(),
            not_after: self.grant.not_after.0,
            idle: self.grant.policy.idle,
        };
        self.say(&ToViewer::Welcome(welcome))
    }

    /// What the desktop can do; of one that is not open yet the best is hoped.
    fn caps(&self) -> AgentCaps {
        let known = self.desk.open().map(Source::caps);
        let mut bits = 0;
        if known.is_none_or(|caps| caps.text) {
            bits |= AgentCaps::TEXT;
        }
        if known.is_none_or(|caps| caps.resize) && self.grant.policy.resize {
            bits |= AgentCaps::RESIZE;
        }
        if self.desk.wants_credentials() {
            bits |= AgentCaps::CREDENTIALS;
        }
        AgentCaps(bits)
    }

    /// Tells the viewer what the desktop can do, where it was told something else.
    fn tell_caps(&mut self) -> Result<(), End> {
        let caps = self.caps();
        if !self.welcomed || self.desk.open().is_none() || caps == self.told_caps {
            return Ok(());
        }
        self.told_caps = caps;
        self.say(&ToViewer::Caps(caps))
    }

    fn notice(&mut self, kind: NoticeKind, seconds: u32) -> Result<(), End> {
        self.say(&ToViewer::Notice(Notice { kind, seconds }))
    }

    fn tell_line(&mut self) -> Result<(), End> {
        let Some(encoder) = &self.encoder else { return Ok(()) };
        let line = encoder.line();
        let line = Line {
            rtt: u16::try_from(line.round_trip.as_millis()).unwrap_or(u16::MAX),
            rate: line.rate,
        };
        if self.told_line == Some(line) {
            return Ok(());
        }
        self.told_line = Some(line);
        self.say(&ToViewer::Line(line))
    }

    /// Seals a message into the queue.
    fn say(&mut self, message: &ToViewer) -> Result<(), End> {
        let sealed = message.encode().ok().and_then(|bytes| {
            self.down += bytes.len() as u64;
            self.guest.channel.seal(&bytes).ok()
        });
        match sealed {
            Some(records) => {
                self.out.extend(records.into_iter().map(|record| Message::Binary(record.into())));
                Ok(())
            }
            None => {
                tracing::error!(meeting = %self.grant.meeting, "a message could not be sealed");
                Err(End::Silent(Recorded::Other))
            }
        }
    }
}
