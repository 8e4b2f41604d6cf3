//! The picture as shown, and the damage cut down to the pixels that differ.

use crate::Frame;
use rfb::{Damage, Rect};

/// Rows looked at together.
const BAND: u16 = 16;

/// A picture of 0x00RRGGBB pixels.
#[derive(Debug)]
pub(super) struct Picture {
    width: u16,
    height: u16,
    pixels: Vec<u32>,
}

impl Picture {
    /// A black picture; the caller has checked the size.
    pub(super) fn new(width: u16, height: u16) -> Picture {
        Picture { width, height, pixels: vec![0; usize::from(width) * usize::from(height)] }
    }

    pub(super) fn width(&self) -> u16 {
        self.width
    }

    pub(super) fn height(&self) -> u16 {
        self.height
    }

    pub(super) fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    pub(super) fn frame(&self) -> Frame<'_> {
        Frame {
            width: self.width,
            height: self.height,
            stride: usize::from(self.width),
            pixels: &self.pixels,
        }
    }

    /// Takes a rectangle over from a picture of the same size, in bytes B, G, R, X.
    pub(super) fn update(&mut self, rect: Rect, bytes: &[u8], damage: &mut Damage) {
        let Some(rect) = rect.intersection(&Rect::new(0, 0, self.width, self.height)) else {
            return;
        };
        let mut y = rect.y;
        while u32::from(y) < rect.bottom() {
            let height = BAND.min((rect.bottom() - u32::from(y)) as u16);
            if let Some(changed) = self.band(Rect { y, height, ..rect }, bytes) {
                damage.paint(changed);
            }
            y += height;
        }
    }

    fn band(&mut self, rect: Rect, bytes: &[u8]) -> Option<Rect> {
        let stride = usize::from(self.width);
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, u16::MAX, 0);
        for y in rect.y..rect.y + rect.height {
            let start = usize::from(y) * stride + usize::from(rect.x);
            let range = start..start + usize::from(rect.width);
            let to = self.pixels.get_mut(range.clone())?;
            let from = bytes.get(range.start * 4..range.end * 4)?.as_chunks::<4>().0;
            let mut changed = false;
            for (i, (pixel, bytes)) in to.iter_mut().zip(from).enumerate() {
                let new = u32::from_le_bytes(*bytes) & 0x00ff_ffff;
                if *pixel != new {
                    *pixel = new;
                    changed = true;
                    (left, right) = (left.min(i), right.max(i + 1));
                }
            }
            if changed {
                (top, bottom) = (top.min(y), y + 1);
            }
        }
        let width = right.checked_sub(left).filter(|width| *width > 0)?;
        Some(Rect::new(rect.x + left as u16, top, width as u16, bottom - top))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_damage() {
        let (mut picture, mut damage) = (Picture::new(40, 40), Damage::default());
        let mut bytes = vec![0; 40 * 40 * 4];
        bytes[(20 * 40 + 7) * 4..][..4].copy_from_slice(&[1, 2, 3, 255]);
        picture.update(Rect::new(0, 0, u16::MAX, u16::MAX), &bytes, &mut damage);
        assert_eq!(damage.rects, [Rect::new(7, 20, 1, 1)]);
        assert_eq!(picture.frame().row(20)[7], 0x030201);
        picture.update(Rect::new(0, 0, 40, 40), &bytes[..100], &mut damage);
        picture.update(Rect::new(50, 50, 4, 4), &bytes, &mut damage);
    }
}
