//! The machine: bytes in, bytes and events out.

use crate::bytes::Reader;
use crate::commit::commit;
use crate::decode::Progress;
use crate::decode::desktop::{Screen, Screens};
use crate::handshake::{Handshake, Step};
use crate::update::{Codecs, Effect, Update};
use crate::{Config, Cursor, Damage, Encoding, Error, Framebuffer, message};

/// Most bytes that wait to be sent. A server that asks for answers and does not read them is cut
/// off here.
const MOST_OUT: usize = 1024 * 1024;
/// Longest clipboard text that is skipped.
const MOST_CUT_TEXT: u32 = 64 * 1024 * 1024;
/// Longest text offered, in bytes.
pub const MOST_OFFER: usize = 16 * 1024;

/// What the caller should do or know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Establish TLS on the line now, then call [`Client::tls_established`] and feed what is
    /// inside.
    StartTls {
        /// Anonymous Diffie-Hellman, without any certificate.
        anonymous: bool,
    },
    /// The session is open; the picture has its first size and is black.
    Ready,
    /// The picture has a new size.
    Resized,
    /// The picture changed.
    Updated(Damage),
    /// The pointer has a new shape.
    Cursor(Cursor),
    /// The desktop fetched the text of [`Client::offer_text`].
    TextTaken,
}

/// The extensions the server has shown to support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extensions {
    /// [`Client::set_desktop_size`] can have an effect: the desktop has one screen and takes sizes.
    pub resize: bool,
    /// Keys may be sent by scancode.
    pub qemu_key: bool,
    /// Buttons above the seventh may be sent.
    pub more_buttons: bool,
    /// Fences may be sent.
    pub fence: bool,
    /// [`Client::continuous_updates`] can be switched on.
    pub continuous_updates: bool,
    /// [`Client::offer_text`] can have an effect.
    pub text: bool,
}

/// A VNC client. Feed it with [`handle_bytes`](Client::handle_bytes), send what
/// [`poll_transmit`](Client::poll_transmit) gives, act on [`poll_event`](Client::poll_event).
#[derive(Debug)]
pub struct Client {
    config: Config,
    state: State,
    pending: Vec<u8>,
    out: Vec<u8>,
    /// The picture that updates are decoded into.
    drawing: Framebuffer,
    /// The picture after the last whole update.
    shown: Framebuffer,
    name: String,
    screen: Option<Screen>,
    extensions: Extensions,
    codecs: Codecs,
    offered: String,
    events: Waiting,
    fences: u32,
    updates: u64,
    failed: Option<Error>,
}

#[derive(Debug)]
enum State {
    Handshake(Handshake),
    Message,
    Update(Box<Update>),
    /// Bytes still to be skipped.
    Skip(u32),
}

/// Events, at most one of each kind: newer ones replace or extend older ones, so the memory is
/// bounded.
#[derive(Debug, Default)]
struct Waiting {
    start_tls: Option<bool>,
    ready: bool,
    resized: bool,
    damage: Damage,
    cursor: Option<Cursor>,
    text_taken: bool,
}

impl Client {
    /// A client that waits for the server's greeting.
    pub fn new(config: Config) -> Client {
        Client {
            state: State::Handshake(Handshake::new(&config)),
            config,
            pending: Vec::new(),
            out: Vec::new(),
            drawing: Framebuffer::default(),
            shown: Framebuffer::default(),
            name: String::new(),
            screen: None,
            extensions: Extensions::default(),
            codecs: Codecs::new(),
            offered: String::new(),
            events: Waiting::default(),
            fences: 0,
            updates: 0,
            failed: None,
        }
    }

    /// Takes in bytes from the server. After an error every call gives the same error.
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let outcome = self.take_in(bytes);
        if let Err(error) = &outcome {
            self.failed = Some(error.clone());
            self.pending = Vec::new();
        }
        outcome
    }

    /// Call it when TLS is established after [`Event::StartTls`]. [`Error::LoginNeeded`] when the
    /// server asks for a name and a password and the configuration has none.
    pub fn tls_established(&mut self) -> Result<(), Error> {
        let State::Handshake(handshake) = &mut self.state else { return Ok(()) };
        let outcome = handshake.tls_established(&self.config, &mut self.out);
        self.failed = outcome.as_ref().err().cloned();
        outcome
    }

    /// Bytes to send, when there are any.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        (!self.out.is_empty()).then(|| std::mem::take(&mut self.out))
    }

    /// The next event, in this order: TLS, ready, new size, text, pointer, picture.
    pub fn poll_event(&mut self) -> Option<Event> {
        let events = &mut self.events;
        if let Some(anonymous) = events.start_tls.take() {
            return Some(Event::StartTls { anonymous });
        }
        if std::mem::take(&mut events.ready) {
            return Some(Event::Ready);
        }
        if std::mem::take(&mut events.resized) {
            return Some(Event::Resized);
        }
        if std::mem::take(&mut events.text_taken) {
            return Some(Event::TextTaken);
        }
        if let Some(cursor) = events.cursor.take() {
            return Some(Event::Cursor(cursor));
        }
        (!events.damage.is_empty()).then(|| Event::Updated(std::mem::take(&mut events.damage)))
    }

    /// The picture after the last whole update; an unfinished update does not show.
    pub fn framebuffer(&self) -> &Framebuffer {
        &self.shown
    }

    /// The desktop's name: at most [`crate::MOST_NAME`] bytes, no control characters.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The extensions the server supports.
    pub fn extensions(&self) -> Extensions {
        self.extensions
    }

    /// How many of our fences the server has answered.
    pub fn fences_returned(&self) -> u32 {
        self.fences
    }

    /// How many updates have come in whole, empty ones too. Each answers one request or more.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// How many rectangles have come in this encoding.
    pub fn rectangles(&self, encoding: Encoding) -> u64 {
        self.codecs.counts.get(&(encoding as i32)).copied().unwrap_or(0)
    }

    /// Asks for the picture: what changed since the last update, or all of it.
    pub fn request_update(&mut self, incremental: bool) {
        if self.is_ready() {
            message::update_request(
                &mut self.out,
                incremental,
                self.drawing.width(),
                self.drawing.height(),
            );
        }
    }

    /// Asks for other encodings from now on, the preferred one first.
    pub fn set_encodings(&mut self, encodings: &[Encoding]) {
        if self.is_ready() {
            self.config.encodings = encodings.to_vec();
            message::set_encodings(&mut self.out, encodings);
        }
    }

    /// Presses or releases a key. The scancode (XT set 1, 0x80 for a prefix of 0xE0) is sent when
    /// the server supports it.
    pub fn key(&mut self, down: bool, keysym: u32, scancode: Option<u32>) {
        if !self.is_ready() {
            return;
        }
        match scancode {
            Some(scancode) if self.extensions.qemu_key => {
                message::qemu_key(&mut self.out, down, keysym, scancode)
            }
            _ => message::key(&mut self.out, down, keysym),
        }
    }

    /// Moves the pointer. Bits of `buttons`: 0 left, 1 middle, 2 right, 3 to 6 the wheel up, down,
    /// left and right, 7 back, 8 forward.
    pub fn pointer(&mut self, buttons: u16, x: u16, y: u16) {
        if self.is_ready() {
            let (x, y) = (
                x.min(self.drawing.width().saturating_sub(1)),
                y.min(self.drawing.height().saturating_sub(1)),
            );
            message::pointer(&mut self.out, buttons & 0x1ff, x, y, self.extensions.more_buttons);
        }
    }

    /// Asks for a desktop of another size, as one screen. A size outside the limits is ignored, and
    /// so is a size for a desktop of several screens.
    pub fn set_desktop_size(&mut self, width: u16, height: u16) {
        if let (true, Some(screen)) =
            (self.config.limits.check(width, height).is_ok() && self.extensions.resize, self.screen)
        {
            message::set_desktop_size(&mut self.out, width, height, screen);
        }
    }

    /// Sends a fence, which comes back once the server has handled everything before it.
    pub fn fence(&mut self) {
        if self.extensions.fence {
            message::fence(&mut self.out, message::FENCE_REQUEST | 1, b"noren");
        }
    }

    /// Lets the server send updates without a request for each, or stops that.
    pub fn continuous_updates(&mut self, on: bool) {
        if self.extensions.continuous_updates {
            message::continuous_updates(
                &mut self.out,
                on,
                self.drawing.width(),
                self.drawing.height(),
            );
        }
    }

    /// Offers text (at most [`MOST_OFFER`] bytes) to the program on the desktop that pastes next.
    /// It replaces the desktop's own clipboard, whose content is never fetched.
    pub fn offer_text(&mut self, text: &str) {
        if self.extensions.text && text.len() <= MOST_OFFER {
            self.offered = text.to_owned();
            self.events.text_taken = false;
            message::clipboard(&mut self.out, message::CLIP_NOTIFY | message::CLIP_TEXT, &[]);
        }
    }

    fn is_ready(&self) -> bool {
        !matches!(self.state, State::Handshake(_))
    }

    fn take_in(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.pending.is_empty() {
            let used = self.consume(bytes)?;
            self.pending.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(bytes);
            let used = self.consume(&pending)?;
            pending.drain(..used);
            self.pending = pending;
        }
        if let State::Handshake(handshake) = &self.state
            && handshake.awaits_tls()
            && !self.pending.is_empty()
        {
            return Err(Error::PeerMisbehaved("bytes in the clear where TLS begins"));
        }
        Ok(())
    }

    /// Handles every complete message and returns how many bytes they took.
    fn consume(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let mut used = 0;
        loop {
            let mut reader = Reader::new(bytes.get(used..).unwrap_or_default());
            let (progress, partial) = match &mut self.state {
                State::Handshake(_) => (self.handshake(&mut reader)?, 0),
                State::Message => (self.message(&mut reader)?, 0),
                State::Skip(count) => {
                    *count -= reader.take_some(*count as usize).len() as u32;
                    let (done, partial) = (*count == 0, reader.used());
                    if done {
                        self.state = State::Message;
                    }
                    (if done { Progress::Done } else { Progress::NeedMore }, partial)
                }
                State::Update(_) => self.update(&mut reader)?,
            };
            if self.out.len() > MOST_OUT {
                return Err(Error::PeerMisbehaved(
                    "answers pile up because the server does not read them",
                ));
            }
            match progress {
                Progress::Done => used += reader.used(),
                Progress::NeedMore => return Ok(used + partial),
            }
        }
    }

    fn handshake(&mut self, reader: &mut Reader<'_>) -> Result<Progress, Error> {
        let State::Handshake(handshake) = &mut self.state else { return Ok(Progress::Done) };
        match handshake.step(&self.config, reader, &mut self.out)? {
            Step::Progress(progress) => return Ok(progress),
            Step::StartTls { anonymous } => self.events.start_tls = Some(anonymous),
            Step::Ready { width, height, name } => {
                self.config.limits.check(width, height)?;
                self.drawing = Framebuffer::new(width, height);
                self.shown = self.drawing.clone();
                self.name = name;
                self.state = State::Message;
                self.events.ready = true;
                message::set_pixel_format(&mut self.out);
                message::set_encodings(&mut self.out, &self.config.encodings);
            }
        }
        Ok(Progress::Done)
    }

    fn message(&mut self, reader: &mut Reader<'_>) -> Result<Progress, Error> {
        let read = match reader.u8() {
            None => None,
            Some(0) => reader.array::<3>().map(|[_, a, b]| {
                self.state = State::Update(Box::new(Update::new(u16::from_be_bytes([a, b]))));
            }),
            Some(1) => reader.array::<5>().map(|[.., a, b]| {
                self.state = State::Skip(6 * u32::from(u16::from_be_bytes([a, b])))
            }),
            Some(2) => Some(()),
            Some(3) => match reader.array::<7>() {
                None => None,
                Some([_, _, _, length @ ..]) => {
                    let length = i32::from_be_bytes(length);
                    if length.unsigned_abs() > MOST_CUT_TEXT {
                        return Err(Error::TooLarge("a clipboard text, which nobody asked for"));
                    }
                    if length < 0 {
                        self.clipboard(reader, length.unsigned_abs())?
                    } else {
                        self.state = State::Skip(length as u32);
                        Some(())
                    }
                }
            },
            Some(150) => {
                self.extensions.continuous_updates = true;
                Some(())
            }
            Some(248) => self.answer_fence(reader)?,
            Some(_) => return Err(Error::PeerMisbehaved("an unknown message")),
        };
        Ok(if read.is_some() { Progress::Done } else { Progress::NeedMore })
    }

    /// The extended clipboard (rfbproto): text is handed out on request; contents of the desktop's
    /// clipboard are skipped unread.
    fn clipboard(&mut self, reader: &mut Reader<'_>, length: u32) -> Result<Option<()>, Error> {
        let rest = length
            .checked_sub(4)
            .ok_or(Error::PeerMisbehaved("a clipboard message without flags"))?;
        let Some(flags) = reader.u32() else { return Ok(None) };
        if flags & message::CLIP_CAPS != 0 {
            self.extensions.text =
                flags & message::CLIP_TEXT != 0 && flags & message::CLIP_NOTIFY != 0;
            // A server that knows we understand notices sends those instead of the clipboard's
            // content; they carry no content.
            let known = message::CLIP_CAPS
                | message::CLIP_REQUEST
                | message::CLIP_NOTIFY
                | message::CLIP_TEXT;
            message::clipboard(&mut self.out, known, &[0; 4]);
        } else if flags & message::CLIP_REQUEST != 0 && flags & message::CLIP_TEXT != 0 {
            let packed =
                pack_text(&self.offered).ok_or(Error::Unsupported("text that cannot be packed"))?;
            message::clipboard(&mut self.out, message::CLIP_PROVIDE | message::CLIP_TEXT, &packed);
            self.events.text_taken = !self.offered.is_empty();
        }
        self.state = State::Skip(rest);
        Ok(Some(()))
    }

    fn answer_fence(&mut self, reader: &mut Reader<'_>) -> Result<Option<()>, Error> {
        let Some([_, _, _, flags @ .., length]) = reader.array::<8>() else { return Ok(None) };
        if length > 64 {
            return Err(Error::TooLarge("a fence"));
        }
        let Some(payload) = reader.take(usize::from(length)) else { return Ok(None) };
        let flags = u32::from_be_bytes(flags);
        self.extensions.fence = true;
        if flags & message::FENCE_REQUEST != 0 {
            message::fence(&mut self.out, flags & message::FENCE_KNOWN, payload);
        } else {
            self.fences = self.fences.wrapping_add(1);
        }
        Ok(Some(()))
    }

    fn update(&mut self, reader: &mut Reader<'_>) -> Result<(Progress, usize), Error> {
        let State::Update(update) = &mut self.state else { return Ok((Progress::Done, 0)) };
        let (progress, partial, effect) =
            update.step(reader, &mut self.drawing, &mut self.codecs)?;
        match effect {
            None => {}
            Some(Effect::Cursor(cursor)) => self.events.cursor = Some(cursor),
            Some(Effect::Name(name)) => self.name = name,
            Some(Effect::QemuKey) => self.extensions.qemu_key = true,
            Some(Effect::MoreButtons) => self.extensions.more_buttons = true,
            Some(Effect::Screens(screens)) => self.know(screens),
            Some(Effect::Size(width, height)) => self.resize(width, height)?,
            Some(Effect::SizeAndScreens(width, height, screens)) => {
                self.know(screens);
                self.resize(width, height)?;
            }
            Some(Effect::End(damage)) => {
                self.state = State::Message;
                self.updates += 1;
                self.events.damage.extend(commit(&mut self.shown, &self.drawing, damage));
            }
        }
        Ok((progress, partial))
    }

    /// The server tells its screens: it takes sizes. A size for several screens would leave one.
    fn know(&mut self, screens: Screens) {
        self.screen = match screens {
            Screens::One(screen) => Some(screen),
            Screens::Several => None,
        };
        self.extensions.resize = self.screen.is_some();
    }

    fn resize(&mut self, width: u16, height: u16) -> Result<(), Error> {
        self.config.limits.check(width, height)?;
        if (width, height) != (self.drawing.width(), self.drawing.height()) {
            self.drawing.resize(width, height);
            self.shown = self.drawing.clone();
            self.events.resized = true;
            self.events.damage = Damage::default();
            // What was drawn before belongs to the old size.
            if let State::Update(update) = &mut self.state {
                update.forget();
            }
        }
        Ok(())
    }
}

/// A text as the extended clipboard has it: its length and itself with a closing zero, packed by
/// zlib.
fn pack_text(text: &str) -> Option<Vec<u8>> {
    let mut plain = (text.len() as u32 + 1).to_be_bytes().to_vec();
    plain.extend(text.bytes());
    plain.push(0);
    // Deflate's worst case adds a few bytes a block; this much room never fills.
    let mut packed = Vec::with_capacity(plain.len() + plain.len() / 8 + 128);
    let mut stream = flate2::Compress::new(flate2::Compression::fast(), true);
    let status = stream.compress_vec(&plain, &mut packed, flate2::FlushCompress::Finish).ok()?;
    (status == flate2::Status::StreamEnd).then_some(packed)
}
