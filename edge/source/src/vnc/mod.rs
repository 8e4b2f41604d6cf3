//! A VNC server as a source: the `rfb` machine over TCP or TLS.
//!
//! At most one request for an update is unanswered, and it is sent only while somebody waits in
//! `next`: changes gather at the server, not on the line. The encoding is Raw with CopyRect. The
//! server is near (same machine or office network), so compression would only cost both ends time.

mod keyboard;

use crate::contract::{Caps, Cursor, Event, Frame, Input, MOST_PIXELS, MOST_SIDE, Source};
use crate::line::{self, Line};
use crate::target::{Credentials, VncTarget};
use crate::wheel::notches;
use crate::{Detail, Error, tls};
use keyboard::Keyboard;
use rfb::{Client, Config, Encoding, Limits, Security};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Silence after which the server is asked for a sign of life.
const SILENCE: Duration = Duration::from_secs(10);
/// Silence after which the connection counts as lost.
const DEATH: Duration = Duration::from_secs(20);
/// Bytes read at a time.
const ROOM: usize = 256 * 1024;
/// Bytes of input that may wait for a server that does not read.
const MOST_OUT: usize = 256 * 1024;

/// A desktop behind VNC.
#[derive(Debug)]
pub struct Vnc {
    line: Line,
    client: Client,
    out: Vec<u8>,
    room: Vec<u8>,
    keyboard: Keyboard,
    pointer: Pointer,
    waiting: VecDeque<Event>,
    /// Number of updates when the unanswered request was sent.
    asked: Option<u64>,
    /// The next request is for the whole picture.
    whole: bool,
    heard: Instant,
    doubted: bool,
    failed: Option<Error>,
}

#[derive(Debug, Default)]
struct Pointer {
    x: u16,
    y: u16,
    buttons: u16,
    /// Parts of wheel notches, horizontal and vertical, in 1/120.
    wheel: (i32, i32),
}

impl Vnc {
    /// Connects, signs in and waits for the first picture.
    pub async fn connect(target: &VncTarget) -> Result<Vnc, Error> {
        Vnc::connect_with(target, None, rfb::NEAR).await
    }

    /// The same with the user's own name and password, for a target that is opened with them.
    pub async fn connect_as(
        target: &VncTarget,
        credentials: Option<&Credentials>,
    ) -> Result<Vnc, Error> {
        Vnc::connect_with(target, credentials, rfb::NEAR).await
    }

    /// Connects with encodings of the caller's choice, the preferred one first.
    pub async fn connect_with(
        target: &VncTarget,
        credentials: Option<&Credentials>,
        encodings: &[Encoding],
    ) -> Result<Vnc, Error> {
        // Without a password, ways that need none come first, so that a server that offers both can
        // be used.
        let accept = match (target.pin, &target.password) {
            (Some(_), _) if target.login => vec![Security::X509Plain],
            // A person's password is sent only to a server that has shown the pinned certificate.
            (None, _) if target.login => vec![],
            (Some(_), Some(_)) => vec![Security::X509Vnc, Security::X509None],
            (Some(_), None) => vec![Security::X509None, Security::X509Vnc],
            (None, Some(_)) => vec![Security::VncAuth, Security::None],
            (None, None) => vec![Security::None, Security::VncAuth],
        };
        let config = Config {
            accept,
            password: target.password.as_ref().map(|password| password.as_bytes().to_vec()),
            login: credentials
                .filter(|_| target.login)
                .map(|given| (given.plain_user(), given.password.clone())),
            encodings: encodings.to_vec(),
            limits: Limits { side: MOST_SIDE, pixels: MOST_PIXELS },
            ..Config::default()
        };
        line::in_time(async {
            let mut vnc =
                Vnc::over(Line::Plain(line::connect(&target.address).await?), Client::new(config));
            vnc.sign_in(target).await?;
            Ok(vnc)
        })
        .await
    }

    /// How many rectangles have come in this encoding.
    pub fn rectangles(&self, encoding: Encoding) -> u64 {
        self.client.rectangles(encoding)
    }

    fn over(line: Line, client: Client) -> Vnc {
        Vnc {
            line,
            client,
            out: Vec::new(),
            room: vec![0; ROOM],
            keyboard: Keyboard::default(),
            pointer: Pointer::default(),
            waiting: VecDeque::new(),
            asked: None,
            whole: true,
            heard: Instant::now(),
            doubted: false,
            failed: None,
        }
    }

    /// Signs in and waits for the first whole picture, which also shows the server's extensions.
    async fn sign_in(&mut self, target: &VncTarget) -> Result<(), Error> {
        loop {
            while let Some(event) = self.client.poll_event() {
                match event {
                    rfb::Event::StartTls { .. } => self.start_tls(target).await?,
                    rfb::Event::Cursor(cursor) => {
                        self.waiting.push_back(Event::Cursor(shape(cursor)))
                    }
                    rfb::Event::Ready => self.client.request_update(false),
                    rfb::Event::Resized | rfb::Event::Updated(_) | rfb::Event::TextTaken => {}
                }
            }
            if self.client.updates() > 0 && self.client.framebuffer().width() > 0 {
                let (width, height) =
                    (self.client.framebuffer().width(), self.client.framebuffer().height());
                self.waiting.push_front(Event::Resized { width, height });
                self.whole = false;
                return Ok(());
            }
            self.receive().await?;
        }
    }

    async fn start_tls(&mut self, target: &VncTarget) -> Result<(), Error> {
        self.gather();
        // The choice of TLS must be sent before TLS begins; it is a few bytes.
        while !self.out.is_empty() {
            let Line::Plain(stream) = &mut self.line else { break };
            stream.writable().await.map_err(|error| line::lost(&error))?;
            self.line.push(&mut self.out).await?;
        }
        // TLS takes the stream by value; the line stays empty only inside this call.
        let Line::Plain(stream) = std::mem::replace(&mut self.line, Line::Broken) else {
            return Err(Error::PeerMisbehaved(Detail::new("TLS inside TLS")));
        };
        let (stream, _) = tls::start(stream, &target.address.host, target.pin).await?;
        self.line = Line::Tls(Box::new(stream));
        self.client.tls_established()?;
        Ok(())
    }

    fn gather(&mut self) {
        if let Some(mut bytes) = self.client.poll_transmit() {
            self.out.append(&mut bytes);
        }
    }

    /// One turn of reading and writing.
    async fn receive(&mut self) -> Result<(), Error> {
        self.gather();
        let count = self.line.exchange(&mut self.out, &mut self.room).await?;
        self.heard = Instant::now();
        self.doubted = false;
        self.client.handle_bytes(self.room.get(..count).unwrap_or_default())?;
        Ok(())
    }

    fn event(&mut self) -> Option<Event> {
        if let Some(event) = self.waiting.pop_front() {
            return Some(event);
        }
        if self.keyboard.lost() {
            return Some(Event::TextNotTaken);
        }
        let event = self.client.poll_event()?;
        Some(match event {
            rfb::Event::Updated(damage) => Event::Damage(damage),
            rfb::Event::Cursor(cursor) => Event::Cursor(shape(cursor)),
            rfb::Event::Resized => {
                self.whole = true;
                let (width, height) =
                    (self.client.framebuffer().width(), self.client.framebuffer().height());
                Event::Resized { width, height }
            }
            rfb::Event::TextTaken => {
                self.keyboard.taken(Instant::now());
                return self.event();
            }
            rfb::Event::Ready | rfb::Event::StartTls { .. } => return self.event(),
        })
    }

    async fn turn(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.event() {
                return Ok(event);
            }
            if self.asked.is_none_or(|before| before != self.client.updates()) || self.whole {
                self.client.request_update(!self.whole);
                self.whole = false;
                self.asked = Some(self.client.updates());
            }
            let doubt = self.heard + if self.doubted { DEATH } else { SILENCE };
            let typing = self.keyboard.due();
            let wake = typing.map_or(doubt, |due| due.min(doubt));
            tokio::select! {
                received = self.receive() => received?,
                () = sleep_until(wake) => {
                    let now = Instant::now();
                    self.keyboard.play(&mut self.client, now);
                    if now >= doubt {
                        self.doubt()?;
                    }
                }
            }
        }
    }

    /// After a long silence, asks for a sign of life or gives up.
    fn doubt(&mut self) -> Result<(), Error> {
        if self.doubted {
            return Err(Error::Unreachable(Detail::new("the desktop fell silent")));
        }
        if self.client.extensions().fence {
            self.client.fence();
            self.doubted = true;
        } else {
            self.heard = Instant::now();
        }
        Ok(())
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Pointer { x, y, buttons } => {
                let (low, high) = (u16::from(buttons & 0b111), u16::from(buttons & 0b1_1000));
                self.pointer =
                    Pointer { x, y, buttons: low | high << 4, wheel: self.pointer.wheel };
                self.point(0);
            }
            Input::Wheel { x, y, dx, dy } => {
                (self.pointer.x, self.pointer.y) = (x, y);
                let across = notches(&mut self.pointer.wheel.0, dx);
                let down = notches(&mut self.pointer.wheel.1, dy);
                for (count, back, forth) in [(across, 5, 6), (down, 3, 4)] {
                    for _ in 0..count.unsigned_abs() {
                        self.point(1 << if count < 0 { back } else { forth });
                        self.point(0);
                    }
                }
            }
            Input::Key { down, usage, keysym } => {
                self.keyboard.key(&mut self.client, down, usage, keysym)
            }
            Input::Text(text) => self.keyboard.text(&mut self.client, &text),
            Input::Resize { width, height } => {
                self.client.set_desktop_size(width.clamp(1, MOST_SIDE), height.clamp(1, MOST_SIDE));
            }
            Input::ReleaseAll => {
                self.keyboard.release_all(&mut self.client);
                if std::mem::take(&mut self.pointer.buttons) != 0 {
                    self.point(0);
                }
            }
        }
    }

    fn point(&mut self, wheel: u16) {
        let Pointer { x, y, buttons, .. } = self.pointer;
        self.client.pointer(buttons | wheel, x, y);
    }
}

impl Source for Vnc {
    async fn next(&mut self) -> Result<Event, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let outcome = self.turn().await;
        self.failed = outcome.as_ref().err().cloned();
        outcome
    }

    async fn input(&mut self, input: Input) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.take(input);
        self.gather();
        let outcome = match self.line.push(&mut self.out).await {
            Ok(()) if self.out.len() > MOST_OUT => {
                Err(Error::PeerMisbehaved(Detail::new("the desktop does not read its input")))
            }
            outcome => outcome,
        };
        self.failed = outcome.as_ref().err().cloned();
        outcome
    }

    async fn leave(&mut self, size: Option<(u16, u16)>) {
        let mut left = self.input(Input::ReleaseAll).await;
        if let Some((width, height)) = size.filter(|_| self.client.extensions().resize) {
            left = left.and(self.input(Input::Resize { width, height }).await);
            let given_back = |vnc: &Vnc| {
                let picture = vnc.client.framebuffer();
                (picture.width(), picture.height()) == (width, height)
            };
            // A connection that is closed with something unread may take what was written with it.
            while left.is_ok() && !given_back(self) {
                left = self.next().await.map(drop);
            }
        }
        while left.is_ok() && (self.keyboard.waits() || !self.out.is_empty()) {
            left = self.next().await.map(drop);
        }
    }

    fn frame(&self) -> Frame<'_> {
        let picture = self.client.framebuffer();
        Frame {
            width: picture.width(),
            height: picture.height(),
            stride: usize::from(picture.width()),
            pixels: picture.pixels(),
        }
    }

    fn caps(&self) -> Caps {
        let text = self.keyboard.takes_text(&self.client);
        Caps { resize: self.client.extensions().resize, text, credentials: false }
    }

    fn name(&self) -> &str {
        self.client.name()
    }
}

fn shape(cursor: rfb::Cursor) -> Cursor {
    let rfb::Cursor { hot_x, hot_y, width, height, rgba } = cursor;
    Cursor { hot_x, hot_y, width, height, rgba }
}

impl From<rfb::Error> for Error {
    fn from(error: rfb::Error) -> Error {
        match error {
            rfb::Error::Refused(reason) => Error::Refused(Detail::new(reason)),
            rfb::Error::PasswordNeeded => {
                Error::Refused(Detail::new("the desktop asks for a password"))
            }
            rfb::Error::LoginNeeded => {
                Error::Refused(Detail::new("the desktop asks for a name and a password"))
            }
            rfb::Error::Unsupported(what) => Error::Unsupported(Detail::new(what)),
            rfb::Error::PeerMisbehaved(what) => Error::PeerMisbehaved(Detail::new(what)),
            rfb::Error::TooLarge(what) => Error::TooLarge(Detail::new(what)),
        }
    }
}
