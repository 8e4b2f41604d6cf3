use crate::Error;
use crate::coder::{Coder, FRESH};
use crate::geometry::Move;
use crate::plane::Plane;

/// Largest width and height of a mask.
const MAX_SIDE: u16 = 2048;

/// A watermark. It is burnt into the picture before anything else reads it: nothing that leaves the
/// encoder is computed from an unmarked pixel under a stroke. The mask repeats over the whole
/// picture.
///
/// Under a stroke each channel keeps only its four highest bits and is moved towards the other end
/// of the scale by the contrast: dark strokes on light ground, light ones on dark ground. Few
/// levels make strokes cheap to send, and what they hid cannot be computed back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watermark {
    width: u16,
    height: u16,
    mask: Vec<bool>,
    contrast: u8,
}

impl Watermark {
    /// A mark from its mask, row by row, `true` where a stroke is. Sides of at most 2048;
    /// `contrast`, 1 to 128, is how far strokes stand out.
    pub fn new(width: u16, height: u16, mask: Vec<bool>, contrast: u8) -> Result<Self, Error> {
        if width == 0
            || height == 0
            || width > MAX_SIDE
            || height > MAX_SIDE
            || mask.len() != usize::from(width) * usize::from(height)
        {
            return Err(Error::TooLarge);
        }
        if !(1..=128).contains(&contrast) {
            return Err(Error::OutOfBounds);
        }
        Ok(Self { width, height, mask, contrast })
    }

    /// A mark without strokes.
    pub(crate) fn blank(width: u16, height: u16, contrast: u8) -> Result<Self, Error> {
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(Error::TooLarge);
        }
        Self::new(width, height, vec![false; usize::from(width) * usize::from(height)], contrast)
    }

    /// Width and height of the mask and the contrast.
    pub(crate) fn parts(&self) -> (u16, u16, u8) {
        (self.width, self.height, self.contrast)
    }

    /// Codes the mask; in the decoder it is overwritten.
    pub(crate) fn code_mask(&mut self, coder: &mut impl Coder) {
        let mut slots = vec![FRESH; 64];
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        for y in 0..height {
            for x in 0..width {
                let seen = |dx: usize, dy: usize, right: bool| {
                    let x = if right { x + dx } else { x.wrapping_sub(dx) };
                    usize::from(x < width && dy <= y && self.mask[(y - dy) * width + x])
                };
                let context = seen(1, 0, false)
                    | seen(2, 0, false) << 1
                    | seen(0, 1, false) << 2
                    | seen(1, 1, false) << 3
                    | seen(1, 1, true) << 4
                    | seen(0, 2, false) << 5;
                let bit = coder.bin(&mut slots[context], u32::from(self.mask[y * width + x]));
                self.mask[y * width + x] = bit == 1;
            }
        }
    }

    /// Whether a stroke lies on a pixel.
    #[inline]
    fn covers(&self, x: usize, y: usize) -> bool {
        self.mask
            [y % usize::from(self.height) * usize::from(self.width) + x % usize::from(self.width)]
    }

    /// Carries out a move: the strokes stay where they are. `under` remembers, below each stroke, a
    /// colour that moved there and was shown before. It is used as long as marking it gives the
    /// colour shown; otherwise the colour is guessed from the neighbours.
    pub(crate) fn shift(&self, plane: &mut Plane, under: &mut Plane, step: Move) {
        let (width, height) = (usize::from(step.to.width), usize::from(step.to.height));
        let (mut last, mut row) = (vec![0; width], vec![0; width]);
        for i in 0..height {
            let i = if step.from_y < step.to.y { height - 1 - i } else { i };
            let (y, from_y) = (usize::from(step.to.y) + i, usize::from(step.from_y) + i);
            let from = plane.at(step.from_x.into(), from_y);
            for x in 0..width {
                let color = plane.pixels[from + x];
                row[x] = if !self.covers(usize::from(step.from_x) + x, from_y) {
                    color
                } else if self.blend(under.pixels[from + x]) == color {
                    under.pixels[from + x]
                } else {
                    let (w, n, nw) = if x > 0 {
                        (row[x - 1], last[x], last[x - 1])
                    } else {
                        (last[0], last[0], last[0])
                    };
                    if w == nw { n } else { w }
                };
            }
            let to = plane.at(step.to.x.into(), y);
            for (x, color) in row.iter().copied().enumerate() {
                if self.covers(usize::from(step.to.x) + x, y) {
                    under.pixels[to + x] = color;
                    plane.pixels[to + x] = self.blend(color);
                } else {
                    plane.pixels[to + x] = color;
                }
            }
            std::mem::swap(&mut last, &mut row);
        }
    }

    /// Whether a stroke touches a pixel before or after a move.
    pub(crate) fn disturbs(&self, step: Move, x: usize, y: usize) -> bool {
        self.covers(usize::from(step.from_x) + x, usize::from(step.from_y) + y)
            || self.covers(usize::from(step.to.x) + x, usize::from(step.to.y) + y)
    }

    /// Marks a run of pixels that begins at `x`, `y` of the picture.
    pub(crate) fn apply(&self, x: usize, y: usize, pixels: &mut [u32]) {
        let width = usize::from(self.width);
        let row = &self.mask[y % usize::from(self.height) * width..][..width];
        let mut at = x % width;
        for pixel in pixels {
            if row[at] {
                *pixel = self.blend(*pixel);
            }
            at += 1;
            if at == width {
                at = 0;
            }
        }
    }

    fn blend(&self, color: u32) -> u32 {
        let (r, g, b) = (color >> 16 & 255, color >> 8 & 255, color & 255);
        let light = 2 * r + 5 * g + b >= 8 * 128;
        let contrast = u32::from(self.contrast);
        let part = |value: u32| {
            let value = value & 0xf0;
            if light { value.saturating_sub(contrast) } else { (value + contrast).min(255) }
        };
        part(r) << 16 | part(g) << 8 | part(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_hide_and_contrast() {
        let mark = Watermark::new(3, 2, vec![false, true, false, false, false, true], 24).unwrap();
        let mut row = [0xff_ffff, 0xff_ffff, 0x00_0000, 0x123456, 0x12_3456];
        mark.apply(3, 4, &mut row);
        assert_eq!(row, [0xff_ffff, 0xd8_d8d8, 0x00_0000, 0x123456, 0x28_4868]);
        let mut other = [0x00_0000, 0x1f_3f5f];
        mark.apply(0, 0, &mut other);
        assert_eq!(other[1], 0x28_4868, "two colours below, one above");
    }

    #[test]
    fn a_mask_of_the_wrong_size_is_refused() {
        assert_eq!(Watermark::new(3, 2, vec![true; 5], 24), Err(Error::TooLarge));
        assert_eq!(Watermark::new(0, 0, vec![], 24), Err(Error::TooLarge));
    }
}
