//! Rectangles, moves and borrowed pictures. All units are pixels.

/// A rectangle. It is empty when `width` or `height` is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    /// Left edge, in pixels.
    pub x: u16,
    /// Top edge, in pixels.
    pub y: u16,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
}

impl Rect {
    /// A rectangle from its left, top, width and height.
    pub const fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    /// Whether it holds no pixel.
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The first column right of the rectangle.
    pub const fn right(self) -> u32 {
        self.x as u32 + self.width as u32
    }

    /// The first row below the rectangle.
    pub const fn bottom(self) -> u32 {
        self.y as u32 + self.height as u32
    }

    /// Whether the rectangle is inside a picture of this size and not empty.
    pub const fn fits(self, width: u16, height: u16) -> bool {
        !self.is_empty() && self.right() <= width as u32 && self.bottom() <= height as u32
    }

    /// The part that is inside a picture of this size.
    pub fn clip(self, width: u16, height: u16) -> Self {
        let x = self.x.min(width);
        let y = self.y.min(height);
        Self { x, y, width: self.width.min(width - x), height: self.height.min(height - y) }
    }
}

/// Pixels that were moved to `to` from another place: hinted by a source, or found by the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Left edge of where the pixels were.
    pub from_x: u16,
    /// Top edge of where the pixels were.
    pub from_y: u16,
    /// Where they are now.
    pub to: Rect,
}

/// A borrowed picture: `pixels[y * stride + x]` is `0x00RRGGBB` (the top byte is ignored), which is
/// BGRX in memory on a little-endian machine.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Pixels from one row to the next, at least `width`.
    pub stride: usize,
    /// The pixels, at least `stride * (height - 1) + width` of them.
    pub pixels: &'a [u32],
}

impl<'a> Picture<'a> {
    /// A picture without gaps between its rows; `None` when there are too few pixels.
    pub fn new(width: u16, height: u16, pixels: &'a [u32]) -> Option<Self> {
        (pixels.len() >= usize::from(width) * usize::from(height)).then_some(Self {
            width,
            height,
            stride: usize::from(width),
            pixels,
        })
    }

    /// The pixels of one row from `x` on, `width` of them.
    pub(crate) fn row(&self, x: usize, y: usize, width: usize) -> &'a [u32] {
        &self.pixels[y * self.stride + x..][..width]
    }
}
