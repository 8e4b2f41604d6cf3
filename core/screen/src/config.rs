use crate::geometry::{Picture, Rect};
use crate::plane::Plane;
use crate::tiles::TILE;
use crate::watermark::Watermark;

/// What the viewer can decode: `caps` of wire message Hello. Unknown bits are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps(u32);

impl Caps {
    /// H.264 by WebCodecs.
    pub const H264: u32 = 1;

    /// From the number in Hello.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether H.264 can be decoded.
    pub const fn h264(self) -> bool {
        self.0 & Self::H264 != 0
    }
}

/// The agent's settings for the picture.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The watermark that is burnt into every picture; `None` for no mark.
    pub watermark: Option<Watermark>,
}

impl Config {
    /// Takes a tile of the source's picture, marked; returns where it differs from the one before
    /// (left, top, right, bottom inside the tile).
    pub(crate) fn take(
        &self,
        picture: &Picture<'_>,
        next: &mut Plane,
        tile: Rect,
    ) -> Option<[u8; 4]> {
        let mut span: Option<[u8; 4]> = None;
        for row in 0..tile.height {
            let y = usize::from(tile.y + row);
            let from = picture.row(tile.x.into(), y, tile.width.into());
            let to = next.row_mut(tile.x.into(), y, tile.width.into());
            let mut fresh = [0; TILE];
            for (fresh, from) in fresh.iter_mut().zip(from) {
                *fresh = from & 0xff_ffff;
            }
            let fresh = &mut fresh[..to.len()];
            if let Some(watermark) = &self.watermark {
                watermark.apply(tile.x.into(), y, fresh);
            }
            if to == fresh {
                continue;
            }
            let differs = |i: &usize| to[*i] != fresh[*i];
            let left = (0..to.len()).find(differs).unwrap_or(0) as u8;
            let right = (0..to.len()).rev().find(differs).unwrap_or(0) as u8;
            let row = row as u8;
            let old = span.unwrap_or([left, row, right, row]);
            span = Some([old[0].min(left), old[1], old[2].max(right), row]);
            to.copy_from_slice(fresh);
        }
        span
    }
}
