//! Which tiles of the picture change, and their pixels: the coded part of a frame. The same code
//! runs in the encoder and in the decoder.

use crate::coder::{Coder, Reader, Writer};
use crate::photo::{self, Header, Noted, PREDICTORS, Symbols, Unpacked};
use crate::plane::Plane;
use crate::state::{BEHIND, State};
use crate::{Error, Rect};

/// Width and height of a tile, in pixels.
pub(crate) const TILE: usize = 16;

/// What happens to a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mode {
    /// The tile is kept.
    #[default]
    Keep,
    /// It is restored from one of the pictures behind (1 to `BEHIND`).
    Restore(u8),
    /// Its pixels are coded by the model, compared with the picture (0) or one of those behind.
    Model(u8),
    /// The same, but a row that equals the reference or the row above is coded as a whole.
    Rows(u8),
    /// Its pixels are coded as a photograph with this predictor.
    Photo(u8),
}

/// The modes of all tiles of a picture.
#[derive(Clone, Default)]
pub(crate) struct Tiles {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) modes: Vec<Mode>,
}

impl Tiles {
    /// Modes for a picture of this size, every tile kept.
    pub(crate) fn none(width: u16, height: u16) -> Self {
        let (columns, rows) =
            (usize::from(width).div_ceil(TILE), usize::from(height).div_ceil(TILE));
        Self { columns, rows, modes: vec![Mode::Keep; columns * rows] }
    }

    /// The smallest box around the tiles that change: first column, first row, columns, rows.
    /// `None` when no tile changes.
    pub(crate) fn bounds(&self) -> Option<[usize; 4]> {
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        for (i, _) in self.modes.iter().enumerate().filter(|(_, mode)| **mode != Mode::Keep) {
            let (x, y) = (i % self.columns, i / self.columns);
            (left, right, top, bottom) = (left.min(x), right.max(x), top.min(y), bottom.max(y));
        }
        (left <= right).then(|| [left, top, right - left + 1, bottom - top + 1])
    }
}

/// A coder that may be asked whether it still has something to read.
pub(crate) trait Checked: Coder {
    /// Fails when the input has ended.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl Checked for Writer {}

impl Checked for Reader<'_> {
    fn check(&self) -> Result<(), Error> {
        Reader::check(self)
    }
}

/// Codes the tiles of a frame, photographs apart, from `source` (which has the picture's stride and
/// margin); in the decoder `tiles` is filled in. `written` is called with every rectangle that was
/// written. Returns whether photographs follow.
pub(crate) fn code_tiles<C: Checked>(
    coder: &mut C,
    state: &mut State,
    tiles: &mut Tiles,
    source: Option<&Plane>,
    written: &mut impl FnMut(Rect),
) -> Result<bool, Error> {
    let [left, top, columns, rows] = tiles.bounds().unwrap_or_default();
    let (bits_x, bits_y) = (bits_for(tiles.columns), bits_for(tiles.rows));
    let left = coder.bits(bits_x, left as u32) as usize;
    let top = coder.bits(bits_y, top as u32) as usize;
    let columns = coder.bits(bits_x, columns as u32) as usize;
    let rows = coder.bits(bits_y, rows as u32) as usize;
    if left + columns > tiles.columns || top + rows > tiles.rows {
        return Err(Error::OutOfBounds);
    }
    let photos = tiles.modes.iter().any(|mode| matches!(mode, Mode::Photo(_)));
    let photos = coder.flat(u32::from(photos)) == 1;
    for row in top..top + rows {
        for column in left..left + columns {
            let i = row * tiles.columns + column;
            let beside = if column > left { tiles.modes[i - 1] } else { Mode::Keep };
            let above = if row > top { tiles.modes[i - tiles.columns] } else { Mode::Keep };
            let mode = code_mode(coder, state, tiles.modes[i], beside, above, photos);
            tiles.modes[i] = mode;
            let rect = state.tile(column, row);
            match mode {
                Mode::Keep => continue,
                Mode::Restore(which) => {
                    state.refer(rect, which.into());
                    state.touch(column, row);
                    state.restore(rect);
                    written(rect);
                }
                Mode::Model(which) | Mode::Rows(which) => {
                    state.refer(rect, which.into());
                    state.touch(column, row);
                }
                Mode::Photo(_) => state.touch(column, row),
            }
        }
        let height = TILE.min(usize::from(state.plane.height) - row * TILE);
        let runs = runs(tiles, row, state.plane.width.into(), |mode| {
            matches!(mode, Mode::Model(_) | Mode::Rows(_))
        });
        if runs.is_empty() {
            coder.check()?;
            continue;
        }
        state.hits.fill(1);
        state.parts.fill(Part::Unknown);
        for y in row * TILE..row * TILE + height {
            for &(x, width) in &runs {
                for from in (x..x + width).step_by(TILE) {
                    let rows =
                        matches!(tiles.modes[row * tiles.columns + from / TILE], Mode::Rows(_));
                    code_row(coder, state, from, y, TILE.min(x + width - from), rows, source);
                }
            }
            coder.check()?;
        }
        for (x, width) in runs {
            written(Rect::new(x as u16, (row * TILE) as u16, width as u16, height as u16));
        }
    }
    Ok(photos)
}

/// How a row of a tile was coded: the context of the rows beside and below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Pixel by pixel.
    Pixels,
    /// Equal to the reference.
    Kept,
    /// Equal to the row above.
    Above,
    /// Not coded by rows.
    Unknown,
}

/// Codes `width` pixels of one row of a tile, from (x, y) on.
#[inline]
fn code_row<C: Checked>(
    coder: &mut C,
    state: &mut State,
    x: usize,
    y: usize,
    width: usize,
    rows: bool,
    source: Option<&Plane>,
) {
    let State { plane, reference, hits, parts, model, .. } = state;
    let (at, i) = (plane.at(x, y), x / TILE + 1);
    let (own, up) = (at..at + width, at - plane.stride..at - plane.stride + width);
    parts[i] = if !rows {
        Part::Unknown
    } else {
        let context = parts[i] as usize * 4 + parts[i - 1] as usize;
        let same = |with: &[u32]| {
            u32::from(source.is_some_and(|source| source.pixels[own.clone()] == *with))
        };
        if coder.bin(&mut model.kept[context], same(&reference.pixels[own.clone()])) == 1 {
            Part::Kept
        } else if coder.bin(&mut model.above[context], same(&plane.pixels[up.clone()])) == 1 {
            Part::Above
        } else {
            Part::Pixels
        }
    };
    match parts[i] {
        Part::Kept => {
            plane.pixels[own.clone()].copy_from_slice(&reference.pixels[own]);
            hits[x + 1..x + 1 + width].fill(1);
        }
        Part::Above => {
            plane.pixels.copy_within(up, at);
            for k in 0..width {
                hits[x + 1 + k] = u8::from(plane.pixels[at + k] == reference.pixels[at + k]);
            }
        }
        Part::Pixels | Part::Unknown => {
            for k in 0..width {
                let actual = source.map_or(0, |source| source.pixels[at + k]);
                let (old, hits) = (reference.pixels[at + k], &mut hits[x + k..x + k + 3]);
                plane.pixels[at + k] =
                    model.pixel(coder, &plane.pixels, plane.stride, at + k, old, hits, actual);
            }
        }
    }
}

/// Codes what happens to a tile.
fn code_mode(
    coder: &mut impl Coder,
    state: &mut State,
    mode: Mode,
    beside: Mode,
    above: Mode,
    photos: bool,
) -> Mode {
    let kind = |mode| match mode {
        Mode::Keep => 0,
        Mode::Restore(_) => 1,
        Mode::Model(_) | Mode::Rows(_) => 2,
        Mode::Photo(_) => 3,
    };
    let context = kind(beside) * 4 + kind(above);
    let model = &mut *state.model;
    if coder.bin(&mut model.tiles[context], u32::from(mode != Mode::Keep)) == 0 {
        return Mode::Keep;
    }
    if photos && coder.bin(&mut model.tiles[16 + context], u32::from(kind(mode) == 3)) == 1 {
        let predictor = if let Mode::Photo(predictor) = mode { u32::from(predictor) } else { 0 };
        let before =
            if let Mode::Photo(predictor) = beside { usize::from(predictor) + 1 } else { 0 };
        let tree = &mut model.photo.predictor[before * 4..][..4];
        let predictor = coder.tree(tree, 2, predictor);
        // The tree has a fourth value without a predictor: it is read as the last.
        return Mode::Photo((predictor as u8).min(PREDICTORS as u8 - 1));
    }
    if coder.bin(&mut model.tiles[32 + context], u32::from(kind(mode) == 1)) == 1 {
        let which = if let Mode::Restore(which) = mode { u32::from(which) - 1 } else { 0 };
        let which = coder.tree(&mut model.restore, 2, which);
        return Mode::Restore(which.min(BEHIND as u32 - 1) as u8 + 1);
    }
    let which =
        if let Mode::Model(which) | Mode::Rows(which) = mode { u32::from(which) } else { 0 };
    let before = if let Mode::Model(which) | Mode::Rows(which) = beside {
        usize::from(which > 0) + 1
    } else {
        0
    };
    let tree = &mut model.reference[before * 4..][..4];
    let which = coder.tree(tree, 2, which) as u8;
    let rows = |mode| {
        if let Mode::Rows(_) = mode { 2 } else { usize::from(matches!(mode, Mode::Model(_))) }
    };
    let slot = &mut model.rows[rows(beside) * 3 + rows(above)];
    if coder.bin(slot, u32::from(matches!(mode, Mode::Rows(_)))) == 1 {
        Mode::Rows(which)
    } else {
        Mode::Model(which)
    }
}

/// The photographs of a frame, after `code_tiles`.
pub(crate) fn write_photos(
    state: &mut State,
    tiles: &Tiles,
    weights: [i32; 3],
    source: &Plane,
    noted: &mut Noted,
) {
    code_photos(noted, state, tiles, weights, Some(source), &mut |_| Ok(()), &mut |_| ())
        .unwrap_or_default();
}

/// Reads the photographs of a frame, after `code_tiles`.
pub(crate) fn read_photos(
    bytes: &[u8],
    state: &mut State,
    tiles: &Tiles,
    header: &Header,
    written: &mut impl FnMut(Rect),
) -> Result<(), Error> {
    let mut unpacked = Unpacked::new(bytes, &header.frequencies)?;
    code_photos(
        &mut unpacked,
        state,
        tiles,
        header.weights,
        None,
        &mut |unpacked| unpacked.check(),
        written,
    )?;
    unpacked.finish()
}

fn code_photos<S: Symbols>(
    symbols: &mut S,
    state: &mut State,
    tiles: &Tiles,
    weights: [i32; 3],
    source: Option<&Plane>,
    check: &mut impl FnMut(&S) -> Result<(), Error>,
    written: &mut impl FnMut(Rect),
) -> Result<(), Error> {
    let plane = &mut state.plane;
    for row in 0..tiles.rows {
        let runs = runs(tiles, row, plane.width.into(), |mode| matches!(mode, Mode::Photo(_)));
        if runs.is_empty() {
            continue;
        }
        let height = TILE.min(usize::from(plane.height) - row * TILE);
        for y in row * TILE..row * TILE + height {
            for &(x, width) in &runs {
                for from in (x..x + width).step_by(TILE) {
                    let Mode::Photo(predictor) = tiles.modes[row * tiles.columns + from / TILE]
                    else {
                        continue;
                    };
                    let at = plane.at(from, y);
                    photo::run(
                        symbols,
                        plane,
                        source,
                        at,
                        TILE.min(x + width - from),
                        predictor,
                        weights,
                    );
                }
            }
            check(symbols)?;
        }
        for (x, width) in runs {
            written(Rect::new(x as u16, (row * TILE) as u16, width as u16, height as u16));
        }
    }
    Ok(())
}

/// The runs of tiles in a row whose mode is wanted: left edge and width in pixels.
fn runs(
    tiles: &Tiles,
    row: usize,
    width: usize,
    wanted: impl Fn(Mode) -> bool,
) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for column in 0..tiles.columns {
        if !wanted(tiles.modes[row * tiles.columns + column]) {
            continue;
        }
        let (x, end) = (column * TILE, ((column + 1) * TILE).min(width));
        match runs.last_mut() {
            Some((left, run)) if *left + *run == x => *run = end - *left,
            _ => runs.push((x, end - x)),
        }
    }
    runs
}

/// How many bits hold the numbers `0..=most`.
fn bits_for(most: usize) -> u32 {
    usize::BITS - most.leading_zeros()
}
