//! The picture as the server last drew it.

use crate::{Error, Move, Rect};

/// Largest picture that is accepted from a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest side in pixels.
    pub side: u16,
    /// Largest picture in pixels.
    pub pixels: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { side: 8192, pixels: 16 * 1024 * 1024 }
    }
}

impl Limits {
    pub(crate) fn check(&self, width: u16, height: u16) -> Result<(), Error> {
        if width == 0 || height == 0 {
            return Err(Error::PeerMisbehaved("a picture without pixels"));
        }
        let fits = width <= self.side
            && height <= self.side
            && usize::from(width) * usize::from(height) <= self.pixels;
        fits.then_some(()).ok_or(Error::TooLarge("the picture"))
    }
}

/// A picture: `height` rows of `width` pixels 0x00RRGGBB, without gaps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Framebuffer {
    width: u16,
    height: u16,
    pixels: Vec<u32>,
}

impl Framebuffer {
    /// A black picture. The caller has checked the size.
    pub(crate) fn new(width: u16, height: u16) -> Framebuffer {
        Framebuffer { width, height, pixels: vec![0; usize::from(width) * usize::from(height)] }
    }

    /// Width in pixels.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u16 {
        self.height
    }

    /// The pixels by rows.
    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// Refuses a rectangle that does not lie in the picture.
    pub(crate) fn check(&self, rect: Rect) -> Result<(), Error> {
        rect.fits(self.width, self.height)
            .then_some(())
            .ok_or(Error::PeerMisbehaved("a rectangle outside the picture"))
    }

    /// Changes the size. What both sizes show is kept; the rest is black.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        let mut next = Framebuffer::new(width, height);
        let columns = usize::from(width.min(self.width));
        for y in 0..height.min(self.height) {
            if let (Some(to), Some(from)) = (next.row_mut(y, 0, columns), self.row(y, 0, columns)) {
                to.copy_from_slice(from);
            }
        }
        *self = next;
    }

    /// Part of a row to write; `None` outside the picture.
    pub(crate) fn row_mut(&mut self, y: u16, x: u16, width: usize) -> Option<&mut [u32]> {
        let range = self.span(y, x, width)?;
        self.pixels.get_mut(range)
    }

    pub(crate) fn row(&self, y: u16, x: u16, width: usize) -> Option<&[u32]> {
        self.pixels.get(self.span(y, x, width)?)
    }

    fn span(&self, y: u16, x: u16, width: usize) -> Option<std::ops::Range<usize>> {
        let fits = y < self.height && usize::from(x) + width <= usize::from(self.width);
        let start = usize::from(y) * usize::from(self.width) + usize::from(x);
        fits.then_some(start..start + width)
    }

    pub(crate) fn fill(&mut self, rect: Rect, pixel: u32) {
        for y in rect.y..rect.y.saturating_add(rect.height) {
            if let Some(row) = self.row_mut(y, rect.x, usize::from(rect.width)) {
                row.fill(pixel);
            }
        }
    }

    /// Moves pixels; source and destination may overlap. Both have been checked.
    pub(crate) fn shift(&mut self, step: Move) {
        let width = usize::from(step.to.width);
        let mut copy = |line: u16| {
            let from = self.span(step.from_y.saturating_add(line), step.from_x, width);
            let to = self.span(step.to.y.saturating_add(line), step.to.x, width);
            if let (Some(from), Some(to)) = (from, to) {
                self.pixels.copy_within(from, to.start);
            }
        };
        if step.from_y < step.to.y {
            (0..step.to.height).rev().for_each(&mut copy);
        } else {
            (0..step.to.height).for_each(&mut copy);
        }
    }
}

/// Reads a pixel in the requested format: B, G, R, unused.
pub(crate) fn pixel(bytes: &[u8]) -> u32 {
    match *bytes {
        [b, g, r, ..] => rgb(r, g, b),
        _ => 0,
    }
}

pub(crate) fn rgb(r: u8, g: u8, b: u8) -> u32 {
    u32::from(r) << 16 | u32::from(g) << 8 | u32::from(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_moves_in_every_direction() {
        for (from_x, from_y, x, y) in
            [(0, 0, 2, 1), (2, 1, 0, 0), (2, 0, 0, 1), (0, 1, 2, 0), (1, 0, 0, 0), (0, 0, 1, 0)]
        {
            let mut fb = Framebuffer::new(8, 8);
            for (i, pixel) in fb.pixels.iter_mut().enumerate() {
                *pixel = i as u32;
            }
            let before = fb.clone();
            fb.shift(Move { from_x, from_y, to: Rect::new(x, y, 5, 6) });
            for row in 0..6u16 {
                assert_eq!(
                    fb.row(y + row, x, 5),
                    before.row(from_y + row, from_x, 5),
                    "{from_x},{from_y} to {x},{y}"
                );
            }
        }
    }

    #[test]
    fn sizes_are_bounded() {
        let limits = Limits::default();
        assert_eq!(limits.check(4096, 4096), Ok(()));
        assert_eq!(limits.check(8192, 8192), Err(Error::TooLarge("the picture")));
        assert_eq!(limits.check(u16::MAX, 1), Err(Error::TooLarge("the picture")));
        assert!(matches!(limits.check(0, 5), Err(Error::PeerMisbehaved(_))));
    }
}
