//! What is seen: sizes and pointer shapes. Frames and acknowledgements are opaque here
//! (`spec/screen.md`).

use super::MAX_SIDE;
use crate::{Error, Reader, Result, Writer};

/// Largest side of a pointer shape, in pixels.
const MAX_CURSOR: u16 = 256;

/// A size in device pixels, each side from 1 to [`MAX_SIDE`]. Tag 0x07.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// A pointer shape. Tag 0x43.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Column of the point that clicks, in pixels from the left of the shape.
    pub hot_x: u16,
    /// Row of the point that clicks, in pixels from the top of the shape.
    pub hot_y: u16,
    /// Columns, at most 256; 0 (with 0 rows) hides the pointer.
    pub width: u16,
    /// Rows, at most 256.
    pub height: u16,
    /// `width * height` pixels of red, green, blue, alpha; alpha is straight, not multiplied in.
    pub rgba: Vec<u8>,
}

impl Cursor {
    /// The shape that hides the pointer.
    pub fn hidden() -> Self {
        Self { hot_x: 0, hot_y: 0, width: 0, height: 0, rgba: Vec::new() }
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        let (hot_x, hot_y, width, height) = (r.u16()?, r.u16()?, r.u16()?, r.u16()?);
        check(hot_x, hot_y, width, height)?;
        let rgba = r.take(pixels(width, height))?.to_vec();
        Ok(Self { hot_x, hot_y, width, height, rgba })
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        if let Err(error) = check(self.hot_x, self.hot_y, self.width, self.height) {
            return w.fail(error);
        }
        if self.rgba.len() != pixels(self.width, self.height) {
            return w.fail(Error::BadValue("rgba"));
        }
        w.u16(self.hot_x).u16(self.hot_y).u16(self.width).u16(self.height).put(&self.rgba)
    }
}

impl Size {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self> {
        let size = Self { width: r.u16()?, height: r.u16()? };
        size.check()?;
        Ok(size)
    }

    pub(super) fn write<'w>(&self, w: &'w mut Writer) -> &'w mut Writer {
        match self.check() {
            Ok(()) => w.u16(self.width).u16(self.height),
            Err(error) => w.fail(error),
        }
    }

    fn check(&self) -> Result<()> {
        let side = 1..=MAX_SIDE;
        if !side.contains(&self.width) {
            return Err(Error::BadValue("width"));
        }
        if !side.contains(&self.height) {
            return Err(Error::BadValue("height"));
        }
        Ok(())
    }
}

fn check(hot_x: u16, hot_y: u16, width: u16, height: u16) -> Result<()> {
    if width > MAX_CURSOR || (width == 0) != (height == 0) {
        return Err(Error::BadValue("width"));
    }
    if height > MAX_CURSOR {
        return Err(Error::BadValue("height"));
    }
    if hot_x > width || hot_y > height {
        return Err(Error::BadValue("hot spot"));
    }
    Ok(())
}

fn pixels(width: u16, height: u16) -> usize {
    usize::from(width) * usize::from(height) * 4
}
