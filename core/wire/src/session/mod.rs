//! The messages of a session, as they travel inside the end-to-end channel (`spec/wire.md`,
//! "Session messages").
//!
//! There is deliberately no message for clipboard, files, printing or sound: what has no encoding
//! cannot leave.

pub use control::{
    AgentCaps, Credentials, EndReason, Hello, Line, Notice, NoticeKind, Typing, Welcome,
};
pub use input::{Buttons, Key, Pointer, Wheel};
pub use screen::{Cursor, Size};

mod control;
mod input;
mod screen;

use crate::{Error, Reader, Result, Writer};

/// Version of the session messages.
pub const VERSION: u16 = 1;
/// Largest message to the agent, in bytes, tag included.
pub const MAX_TO_AGENT: usize = 4 << 10;
/// Largest message to the viewer, in bytes, tag included.
pub const MAX_TO_VIEWER: usize = 16 << 20;
/// Largest committed text in one message, in bytes of UTF-8.
pub const MAX_TEXT: usize = 1024;
/// Largest side of a desktop or viewport, in pixels.
pub const MAX_SIDE: u16 = 16_384;

/// A message from the viewer to the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToAgent {
    /// First message: size, capabilities and typing of the viewer.
    Hello(Hello),
    /// Name and password for the desktop's own sign-in; no other message carries them.
    Credentials(Credentials),
    /// Where the pointer is and which buttons are down.
    Pointer(Pointer),
    /// The wheel turned.
    Wheel(Wheel),
    /// A physical key went down or up.
    Key(Key),
    /// Text committed by the input method at home; at most [`MAX_TEXT`] bytes.
    Text(String),
    /// The viewport changed; the desktop follows where it can.
    Resize(Size),
    /// Acknowledgement of frames; the body is defined in `spec/screen.md`.
    ScreenAck(Vec<u8>),
    /// Asks for a [`ToViewer::Pong`] with the same token.
    Ping(u32),
    /// Asks for the whole picture again.
    Refresh,
    /// Releases every key and button: the page lost the focus.
    ReleaseAll,
    /// A key or a button is still held; said again and again while so.
    Held,
}

/// A message from the agent to the viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToViewer {
    /// Answer to [`ToAgent::Hello`].
    Welcome(Welcome),
    /// A frame; the body is defined in `spec/screen.md`.
    Screen(Vec<u8>),
    /// A new pointer shape.
    Cursor(Cursor),
    /// A notice for the person at home.
    Notice(Notice),
    /// The session is over.
    Ended(EndReason),
    /// Answer to [`ToAgent::Ping`].
    Pong(u32),
    /// The quality of the line.
    Line(Line),
    /// What the desktop can do, where that is not what [`Welcome`] said.
    Caps(AgentCaps),
}

impl ToAgent {
    /// Decodes one message. `bytes` is hostile.
    ///
    /// # Errors
    /// Any [`Error`]; the session ends as misbehaviour of the peer.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = open(bytes, MAX_TO_AGENT)?;
        let message = match r.u8()? {
            0x01 => Self::Hello(Hello::read(&mut r)?),
            0x02 => Self::Credentials(Credentials::read(&mut r)?),
            0x03 => Self::Pointer(Pointer::read(&mut r)?),
            0x04 => Self::Wheel(Wheel::read(&mut r)?),
            0x05 => Self::Key(Key::read(&mut r)?),
            0x06 => Self::Text(r.str16(MAX_TEXT)?.to_owned()),
            0x07 => Self::Resize(Size::read(&mut r)?),
            0x08 => Self::ScreenAck(r.rest().to_vec()),
            0x09 => Self::Ping(r.u32()?),
            0x0a => Self::Refresh,
            0x0b => Self::ReleaseAll,
            0x0c => Self::Held,
            tag => return Err(Error::UnknownTag(tag)),
        };
        r.finish()?;
        Ok(message)
    }

    /// Encodes the message.
    ///
    /// # Errors
    /// [`Error::TooLong`] or [`Error::BadValue`] for a message its own decoder would refuse.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let mut w = Writer::with_capacity(32);
        match self {
            Self::Hello(m) => m.write(w.u8(0x01)),
            Self::Credentials(m) => m.write(w.u8(0x02)),
            Self::Pointer(m) => m.write(w.u8(0x03)),
            Self::Wheel(m) => m.write(w.u8(0x04)),
            Self::Key(m) => m.write(w.u8(0x05)),
            Self::Text(text) => w.u8(0x06).str16(text, MAX_TEXT),
            Self::Resize(m) => m.write(w.u8(0x07)),
            Self::ScreenAck(body) => w.u8(0x08).put(body),
            Self::Ping(token) => w.u8(0x09).u32(*token),
            Self::Refresh => w.u8(0x0a),
            Self::ReleaseAll => w.u8(0x0b),
            Self::Held => w.u8(0x0c),
        };
        close(&mut w, MAX_TO_AGENT)
    }
}

impl ToViewer {
    /// Decodes one message. `bytes` is hostile.
    ///
    /// # Errors
    /// Any [`Error`]; the session ends as misbehaviour of the peer.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = open(bytes, MAX_TO_VIEWER)?;
        let message = match r.u8()? {
            0x41 => Self::Welcome(Welcome::read(&mut r)?),
            0x42 => Self::Screen(r.rest().to_vec()),
            0x43 => Self::Cursor(Cursor::read(&mut r)?),
            0x44 => Self::Notice(Notice::read(&mut r)?),
            0x45 => Self::Ended(EndReason::read(&mut r)?),
            0x46 => Self::Pong(r.u32()?),
            0x47 => Self::Line(Line::read(&mut r)?),
            0x48 => Self::Caps(AgentCaps(r.u16()?)),
            tag => return Err(Error::UnknownTag(tag)),
        };
        r.finish()?;
        Ok(message)
    }

    /// Encodes the message.
    ///
    /// # Errors
    /// [`Error::TooLong`] or [`Error::BadValue`] for a message its own decoder would refuse.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let mut w = match self {
            Self::Screen(frame) => Writer::with_capacity(frame.len() + 1),
            _ => Writer::with_capacity(64),
        };
        match self {
            Self::Welcome(m) => m.write(w.u8(0x41)),
            Self::Screen(frame) => w.u8(0x42).put(frame),
            Self::Cursor(m) => m.write(w.u8(0x43)),
            Self::Notice(m) => m.write(w.u8(0x44)),
            Self::Ended(reason) => w.u8(0x45).u8(*reason as u8),
            Self::Pong(token) => w.u8(0x46).u32(*token),
            Self::Line(m) => m.write(w.u8(0x47)),
            Self::Caps(caps) => w.u8(0x48).u16(caps.0),
        };
        close(&mut w, MAX_TO_VIEWER)
    }
}

fn open(bytes: &[u8], limit: usize) -> Result<Reader<'_>> {
    if bytes.len() > limit {
        return Err(Error::TooLong { length: bytes.len(), limit });
    }
    Ok(Reader::new(bytes))
}

fn close(w: &mut Writer, limit: usize) -> Result<Vec<u8>> {
    let length = w.len();
    if length > limit {
        w.fail(Error::TooLong { length, limit });
    }
    w.finish()
}
