//! A picture with a margin, so that the model can read neighbours without checking for the edge.

use crate::geometry::{Move, Rect};

/// Columns left and right of the picture.
pub(crate) const SIDE: usize = 4;
/// Rows above the picture.
pub(crate) const TOP: usize = 2;

/// A picture of `0x00RRGGBB` pixels with a black margin.
#[derive(Clone, Default)]
pub(crate) struct Plane {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) stride: usize,
    pub(crate) pixels: Vec<u32>,
}

impl Plane {
    /// A black picture.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let stride = usize::from(width) + 2 * SIDE;
        Self { width, height, stride, pixels: vec![0; stride * (usize::from(height) + TOP)] }
    }

    /// The index of a pixel.
    #[inline(always)]
    pub(crate) fn at(&self, x: usize, y: usize) -> usize {
        (y + TOP) * self.stride + x + SIDE
    }

    /// `width` pixels of a row from `x` on.
    #[inline]
    pub(crate) fn row(&self, x: usize, y: usize, width: usize) -> &[u32] {
        let at = self.at(x, y);
        &self.pixels[at..at + width]
    }

    /// `width` pixels of a row from `x` on, to write.
    #[inline]
    pub(crate) fn row_mut(&mut self, x: usize, y: usize, width: usize) -> &mut [u32] {
        let at = self.at(x, y);
        &mut self.pixels[at..at + width]
    }

    /// Copies pixels as if through a buffer. Both rectangles are inside the picture.
    pub(crate) fn shift(&mut self, step: Move) {
        let Rect { x, y, width, height } = step.to;
        let (down, rows) = (step.from_y < y, usize::from(height));
        for i in 0..rows {
            let i = if down { rows - 1 - i } else { i };
            let from = self.at(step.from_x.into(), usize::from(step.from_y) + i);
            let to = self.at(x.into(), usize::from(y) + i);
            self.pixels.copy_within(from..from + usize::from(width), to);
        }
    }
}
