//! What the person at home does: pointer, wheel and keys.

use crate::{Error, Reader, Result, Writer};

/// The buttons that are down; bit 0 left, 1 middle, 2 right, 3 back, 4 forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buttons(u8);

impl Buttons {
    /// No button.
    pub const NONE: Self = Self(0);
    /// The left button.
    pub const LEFT: Self = Self(1);
    /// The middle button.
    pub const MIDDLE: Self = Self(2);
    /// The right button.
    pub const RIGHT: Self = Self(4);
    /// The "back" button of the thumb.
    pub const BACK: Self = Self(8);
    /// The "forward" button of the thumb.
    pub const FORWARD: Self = Self(16);

    /// The buttons of a mask; `None` when a bit above 4 is set.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits < 32).then_some(Self(bits))
    }

    /// The mask.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// True when every button of `other` is down.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Position and buttons of the pointer. Tag 0x03.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pointer {
    /// Column on the remote desktop, in pixels.
    pub x: u16,
    /// Row on the remote desktop, in pixels.
    pub y: u16,
    /// Buttons that are down.
    pub buttons: Buttons,
}

/// A turn of the wheel. Tag 0x04.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wheel {
    /// Column on the remote desktop, in pixels.
    pub x: u16,
    /// Row on the remote desktop, in pixels.
    pub y: u16,
    /// Turn to the right in 1/120 of a notch.
    pub dx: i16,
    /// Turn downwards in 1/120 of a notch.
    pub dy: i16,
}

/// A physical key. Tag 0x05.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// True when it went down (or repeats), false when it went up.
    pub down: bool,
    /// USB HID usage of page 7: the place of the key, whatever is printed on it.
    pub usage: u16,
    /// X11 keysym the browser believes in; 0 when unknown.
    pub keysym: u32,
}

impl Pointer {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        let (x, y) = (r.u16()?, r.u16()?);
        let buttons = Buttons::from_bits(r.u8()?).ok_or(Error::BadValue("buttons"))?;
        Ok(Self { x, y, buttons })
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        w.u16(self.x).u16(self.y).u8(self.buttons.bits())
    }
}

impl Wheel {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Self { x: r.u16()?, y: r.u16()?, dx: r.i16()?, dy: r.i16()? })
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        w.u16(self.x).u16(self.y).i16(self.dx).i16(self.dy)
    }
}

impl Key {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Self { down: r.bool("down")?, usage: r.u16()?, keysym: r.u32()? })
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        w.bool(self.down).u16(self.usage).u32(self.keysym)
    }
}
