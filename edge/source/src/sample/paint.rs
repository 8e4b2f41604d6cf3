//! Drawing into the sample's picture.

use crate::text::Mask;
use rfb::Rect;

/// The picture; every drawing is cut at its edges.
#[derive(Debug)]
pub(super) struct Canvas {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) pixels: Vec<u32>,
}

impl Canvas {
    pub(super) fn new(width: u16, height: u16) -> Canvas {
        Canvas { width, height, pixels: vec![0; usize::from(width) * usize::from(height)] }
    }

    pub(super) fn fill(&mut self, rect: Rect, colour: u32) {
        let Some(rect) = rect.intersection(&Rect::new(0, 0, self.width, self.height)) else {
            return;
        };
        for y in rect.y..rect.y + rect.height {
            self.row(y, rect.x, rect.width).fill(colour);
        }
    }

    /// A frame one pixel wide along the inside of the rectangle.
    pub(super) fn edge(&mut self, rect: Rect, colour: u32) {
        let Rect { x, y, width, height } = rect;
        self.fill(Rect::new(x, y, width, 1), colour);
        self.fill(Rect::new(x, (y + height).saturating_sub(1), width, 1), colour);
        self.fill(Rect::new(x, y, 1, height), colour);
        self.fill(Rect::new((x + width).saturating_sub(1), y, 1, height), colour);
    }

    /// Colours the mask's shape, cut at `clip`.
    pub(super) fn stamp(&mut self, mask: &Mask, x: i32, y: i32, colour: u32, clip: Rect) {
        let Some(clip) = clip.intersection(&Rect::new(0, 0, self.width, self.height)) else {
            return;
        };
        for (line, alpha) in (0i32..).zip(mask.alpha.chunks_exact(mask.width.max(1) as usize)) {
            let Ok(to_y) = u16::try_from(y + line) else { continue };
            if to_y < clip.y || u32::from(to_y) >= clip.bottom() {
                continue;
            }
            for (column, &cover) in (0i32..).zip(alpha) {
                let Ok(to_x) = u16::try_from(x + column) else { continue };
                if cover == 0 || to_x < clip.x || u32::from(to_x) >= clip.right() {
                    continue;
                }
                if let Some(pixel) = self.row(to_y, to_x, 1).first_mut() {
                    *pixel = mix(*pixel, colour, cover);
                }
            }
        }
    }

    /// Moves rows of a rectangle up (`by` < 0) or down inside it; the uncovered rows keep their old
    /// pixels.
    pub(super) fn scroll(&mut self, rect: Rect, by: i32) {
        let Some(rect) = rect.intersection(&Rect::new(0, 0, self.width, self.height)) else {
            return;
        };
        let distance = by.unsigned_abs() as usize;
        let rows = usize::from(rect.height);
        let (x, y, stride) = (usize::from(rect.x), usize::from(rect.y), usize::from(self.width));
        let mut copy = |from: usize, to: usize| {
            let start = (y + from) * stride + x;
            self.pixels.copy_within(start..start + usize::from(rect.width), (y + to) * stride + x);
        };
        if distance == 0 || distance >= rows {
        } else if by < 0 {
            (distance..rows).for_each(|row| copy(row, row - distance));
        } else {
            (distance..rows).rev().for_each(|row| copy(row - distance, row));
        }
    }

    /// Pixels of a row; the caller has cut the place to the picture.
    fn row(&mut self, y: u16, x: u16, width: u16) -> &mut [u32] {
        let start = usize::from(y) * usize::from(self.width) + usize::from(x);
        self.pixels.get_mut(start..start + usize::from(width)).unwrap_or_default()
    }
}

fn mix(under: u32, over: u32, cover: u8) -> u32 {
    let cover = u32::from(cover);
    [0, 8, 16].iter().fold(0, |sum, shift| {
        let (a, b) = ((under >> shift) & 0xff, (over >> shift) & 0xff);
        sum | ((a * (255 - cover) + b * cover + 127) / 255) << shift
    })
}
