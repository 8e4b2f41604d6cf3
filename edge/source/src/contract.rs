//! The interface of every source to the agent.

use crate::{Error, Rdp, Sample, Vnc};
use rfb::Damage;
use std::future::Future;

/// Largest side of a picture in pixels.
pub const MOST_SIDE: u16 = 8192;
/// Largest picture in pixels (64 MiB of them).
pub const MOST_PIXELS: usize = 16 * 1024 * 1024;
/// Largest side of a pointer shape in pixels (spec/wire.md, Cursor).
pub const MOST_CURSOR_SIDE: u16 = 256;
/// Longest committed text of one input in bytes (spec/wire.md, Text).
pub const MOST_TEXT: usize = 1024;

/// A desktop that is shared: its picture, and the input it takes.
///
/// One owner drives it: `next` and `input` take `&mut self`, and nothing runs in the background.
pub trait Source: Send {
    /// Waits for the next event. The call itself asks the desktop for a newer picture. A caller
    /// that is behind does not call it, and later gets one `Damage` for everything that changed
    /// meanwhile.
    ///
    /// Cancel-safe: dropping the future loses nothing. After an error or [`Event::Closed`] every
    /// call gives the same.
    fn next(&mut self) -> impl Future<Output = Result<Event, Error>> + Send;

    /// Sends input to the desktop. It never waits for the desktop (what cannot be written at once
    /// is sent during `next`), so it may be called between any two calls of `next`. Values outside
    /// their range are clamped.
    fn input(&mut self, input: Input) -> impl Future<Output = Result<(), Error>> + Send;

    /// Leaves the desktop as it was found: lifts every key and button, and gives it back the size
    /// it had, where that is given and the desktop takes sizes. The caller bounds the time; an
    /// error is nobody's concern any more.
    fn leave(&mut self, size: Option<(u16, u16)>) -> impl Future<Output = ()> + Send {
        let _ = size;
        async {
            let _ = self.input(Input::ReleaseAll).await;
        }
    }

    /// The picture after the last event.
    fn frame(&self) -> Frame<'_>;

    /// The capabilities. They are fixed once connected, except `resize`, which may become true
    /// after the first picture, and false when a second screen comes.
    fn caps(&self) -> Caps;

    /// The desktop's own name (at most 256 bytes, no control characters). The desktop chose it:
    /// treat it as untrusted text.
    fn name(&self) -> &str;
}

/// A picture: `height` rows of `width` pixels, one `u32` 0x00RRGGBB each (in memory B, G, R, 0 on
/// little-endian machines; the top byte is always 0). Row `y` starts at `y * stride`.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Distance of two rows in pixels.
    pub stride: usize,
    /// The pixels by rows.
    pub pixels: &'a [u32],
}

impl<'a> Frame<'a> {
    /// Row `y`, `width` pixels; empty below the picture.
    pub fn row(&self, y: u16) -> &'a [u32] {
        let start = usize::from(y) * self.stride;
        self.pixels.get(start..start + usize::from(self.width)).unwrap_or(&[])
    }
}

/// An event of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The picture changed: moves first, in order, then the rectangles from [`Source::frame`].
    Damage(Damage),
    /// The pointer has a new shape.
    Cursor(Cursor),
    /// The picture has a new size; all of it is new, as if damaged.
    Resized {
        /// Width in pixels.
        width: u16,
        /// Height in pixels.
        height: u16,
    },
    /// No program took the last [`Input::Text`].
    TextNotTaken,
    /// The desktop ended the session without an error.
    Closed,
}

/// A pointer shape. 0 x 0 hides the pointer. The picture itself never holds the pointer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The hot spot's column.
    pub hot_x: u16,
    /// The hot spot's row.
    pub hot_y: u16,
    /// Width in pixels, at most [`MOST_CURSOR_SIDE`].
    pub width: u16,
    /// Height in pixels, at most [`MOST_CURSOR_SIDE`].
    pub height: u16,
    /// `width * height` times R, G, B, A with straight alpha.
    pub rgba: Vec<u8>,
}

/// Input, as spec/wire.md's session messages have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Position of the pointer and the buttons that are down.
    Pointer {
        /// Column of the picture, in pixels.
        x: u16,
        /// Row of the picture, in pixels.
        y: u16,
        /// Bit 0 left, 1 middle, 2 right, 3 back, 4 forward.
        buttons: u8,
    },
    /// The wheel, in 1/120 of a notch; parts of a notch add up.
    Wheel {
        /// Column of the picture, in pixels.
        x: u16,
        /// Row of the picture, in pixels.
        y: u16,
        /// Above 0 scrolls to the right.
        dx: i16,
        /// Above 0 scrolls down.
        dy: i16,
    },
    /// A physical key.
    Key {
        /// True when it was pressed, false when it was released.
        down: bool,
        /// USB HID usage, page 7.
        usage: u16,
        /// X11 keysym the browser believes in, 0 when unknown.
        keysym: u32,
    },
    /// Committed text, at most [`MOST_TEXT`] bytes (the rest is cut off).
    Text(String),
    /// Asks for a desktop of this size. [`Event::Resized`] follows if the desktop accepts.
    Resize {
        /// Width in pixels.
        width: u16,
        /// Height in pixels.
        height: u16,
    },
    /// Releases every key and button that is down.
    ReleaseAll,
}

/// The capabilities of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps {
    /// [`Input::Resize`] can have an effect.
    pub resize: bool,
    /// [`Input::Text`] of any script reaches the desktop as text; without it ASCII does, and text
    /// with anything else is dropped whole.
    pub text: bool,
    /// It needs the user's own name and password to open.
    pub credentials: bool,
}

/// Any source: what the agent holds.
#[derive(Debug)]
pub enum Desktop {
    /// A VNC server.
    Vnc(Box<Vnc>),
    /// An RDP server.
    Rdp(Box<Rdp>),
    /// The built-in sample.
    Sample(Box<Sample>),
}

macro_rules! each {
    ($desktop:expr, $source:ident => $call:expr) => {
        match $desktop {
            Desktop::Vnc($source) => $call,
            Desktop::Rdp($source) => $call,
            Desktop::Sample($source) => $call,
        }
    };
}

impl Source for Desktop {
    async fn next(&mut self) -> Result<Event, Error> {
        each!(self, source => source.next().await)
    }

    async fn input(&mut self, input: Input) -> Result<(), Error> {
        each!(self, source => source.input(input).await)
    }

    async fn leave(&mut self, size: Option<(u16, u16)>) {
        each!(self, source => source.leave(size).await)
    }

    fn frame(&self) -> Frame<'_> {
        each!(self, source => source.frame())
    }

    fn caps(&self) -> Caps {
        each!(self, source => source.caps())
    }

    fn name(&self) -> &str {
        each!(self, source => source.name())
    }
}
