//! Which tiles of the picture change, and their pixels: the coded part of a frame. The same code runs in the encoder and in the decoder.

use crate::coder::{Coder, Reader, Slot};
use crate::model::Model;
use crate::plane::Plane;
use crate::{Error, Rect};

/// Width and height of a tile, in pixels.
pub(crate) const TILE: usize = 16;

/// A coder that may be asked whether it still has something to read.
pub(crate) trait Checked: Coder {
    /// Fails when the input has ended.
    fn check(&self) -> Result<(), Error>;
}

impl Checked for Reader<'_> {
    fn check(&self) -> Result<(), Error> {
        Reader::check(self)
    }
}

impl Checked for crate::coder::Writer {
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A set of tiles of a picture.
#[derive(Clone, Default)]
pub(crate) struct Tiles {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) set: Vec<bool>,
}

impl Tiles {
    /// No tile of a picture of this size.
    pub(crate) fn none(width: u16, height: u16) -> Self {
        let (columns, rows) = (usize::from(width).div_ceil(TILE), usize::from(height).div_ceil(TILE));
        Self { columns, rows, set: vec![false; columns * rows] }
    }

    /// The smallest box of tiles around the set ones: first column, first row, columns, rows. `None` when none is set.
    pub(crate) fn bounds(&self) -> Option<[usize; 4]> {
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        for (i, _) in self.set.iter().enumerate().filter(|(_, set)| **set) {
            let (x, y) = (i % self.columns, i / self.columns);
            (left, right, top, bottom) = (left.min(x), right.max(x), top.min(y), bottom.max(y));
        }
        (left <= right).then(|| [left, top, right - left + 1, bottom - top + 1])
    }

    /// The pixels of a tile.
    pub(crate) fn rect(&self, column: usize, row: usize, plane: &Plane) -> Rect {
        Rect::new((column * TILE) as u16, (row * TILE) as u16, TILE as u16, TILE as u16).clip(plane.width, plane.height)
    }
}

/// Codes the tiles of `tiles` (in the decoder: finds out which they are) from `source`, which has the picture's stride and margin, into `plane`.
/// Every rectangle that was written is given to `written`.
pub(crate) fn code_tiles<C: Checked>(
    coder: &mut C,
    model: &mut Model,
    plane: &mut Plane,
    tiles: &mut Tiles,
    source: Option<&Plane>,
    mut written: impl FnMut(Rect),
) -> Result<(), Error> {
    let [left, top, columns, rows] = tiles.bounds().unwrap_or_default();
    let (bits_x, bits_y) = (bits_for(tiles.columns), bits_for(tiles.rows));
    let left = coder.bits(bits_x, left as u32) as usize;
    let top = coder.bits(bits_y, top as u32) as usize;
    let columns = coder.bits(bits_x, columns as u32) as usize;
    let rows = coder.bits(bits_y, rows as u32) as usize;
    if left + columns > tiles.columns || top + rows > tiles.rows {
        return Err(Error::OutOfBounds);
    }
    for row in top..top + rows {
        for column in left..left + columns {
            let i = row * tiles.columns + column;
            let beside = usize::from(column > left && tiles.set[i - 1]);
            let above = usize::from(row > top && tiles.set[i - tiles.columns]);
            let slot: &mut Slot = &mut model.tiles[beside * 2 + above];
            tiles.set[i] = coder.bin(slot, u32::from(tiles.set[i])) == 1;
        }
        let height = TILE.min(usize::from(plane.height) - row * TILE);
        let mut column = left;
        let mut runs = [(0usize, 0usize); 1024];
        let mut count = 0;
        while column < left + columns {
            if !tiles.set[row * tiles.columns + column] {
                column += 1;
                continue;
            }
            let start = column;
            while column < left + columns && tiles.set[row * tiles.columns + column] {
                column += 1;
            }
            let (x, end) = (start * TILE, (column * TILE).min(plane.width.into()));
            if count < runs.len() {
                runs[count] = (x, end - x);
                count += 1;
            }
        }
        for y in row * TILE..row * TILE + height {
            for &(x, width) in &runs[..count] {
                let at = plane.at(x, y);
                for i in at..at + width {
                    let old = plane.pixels[i];
                    let actual = source.map_or(0, |source| source.pixels[i]);
                    plane.pixels[i] = model.pixel(coder, &plane.pixels, plane.stride, i, old, actual);
                }
            }
            coder.check()?;
        }
        for &(x, width) in &runs[..count] {
            written(Rect::new(x as u16, (row * TILE) as u16, width as u16, height as u16));
        }
    }
    Ok(())
}

/// How many bits hold the numbers `0..=most`.
fn bits_for(most: usize) -> u32 {
    usize::BITS - most.leading_zeros()
}
