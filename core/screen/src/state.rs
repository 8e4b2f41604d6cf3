//! The state both ends share: the picture, the pictures behind it, and the model. Every change of
//! the picture goes through here, in the encoder and in the decoder, so that the two cannot differ.

use crate::Rect;
use crate::geometry::Move;
use crate::model::Model;
use crate::plane::Plane;
use crate::tiles::{Part, TILE};
use crate::watermark::Watermark;

/// Pictures remembered behind the present one.
pub(crate) const BEHIND: usize = 3;
/// A tile that was unchanged for this many frames is remembered when it changes.
const SETTLED: u32 = 12;

/// The shared state.
pub(crate) struct State {
    pub(crate) plane: Plane,
    pub(crate) behind: [Plane; BEHIND],
    /// The picture that coded tiles are compared with, pixel by pixel.
    pub(crate) reference: Plane,
    /// Per column: whether the pixel coded last there was equal to its reference. One column of
    /// margin on both sides.
    pub(crate) hits: Vec<u8>,
    /// Per column of tiles: how its last row was coded. One column of margin on the left.
    pub(crate) parts: Vec<Part>,
    pub(crate) model: Box<Model>,
    /// The picture's watermark, if it has one. It stays in place when pixels move.
    pub(crate) mark: Option<Watermark>,
    /// Colours below the strokes, as far as they were shown elsewhere before.
    under: Plane,
    columns: usize,
    /// Number of the frame being coded, from 1 at the reset.
    frame: u32,
    /// For each tile: when it changed last, and which picture behind is to be overwritten next.
    changed: Vec<u32>,
    turn: Vec<u8>,
}

impl State {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let (columns, rows) =
            (usize::from(width).div_ceil(TILE), usize::from(height).div_ceil(TILE));
        Self {
            plane: Plane::new(width, height),
            behind: std::array::from_fn(|_| Plane::new(width, height)),
            reference: Plane::new(width, height),
            hits: vec![1; usize::from(width) + 2],
            parts: vec![Part::Unknown; columns + 1],
            model: Box::new(Model::new()),
            mark: None,
            under: Plane::new(width, height),
            columns,
            frame: 0,
            changed: vec![0; columns * rows],
            turn: vec![0; columns * rows],
        }
    }

    /// A new frame begins.
    pub(crate) fn begin(&mut self) {
        self.frame = self.frame.wrapping_add(1);
    }

    /// Takes back [`State::begin`]: no frame is sent.
    pub(crate) fn undo_begin(&mut self) {
        self.frame = self.frame.wrapping_sub(1);
    }

    /// The pixels of a tile.
    pub(crate) fn tile(&self, column: usize, row: usize) -> Rect {
        Rect::new((column * TILE) as u16, (row * TILE) as u16, TILE as u16, TILE as u16)
            .clip(self.plane.width, self.plane.height)
    }

    /// A tile is about to change: remembers its content if that was settled.
    pub(crate) fn touch(&mut self, column: usize, row: usize) {
        let i = row * self.columns + column;
        if self.frame.wrapping_sub(self.changed[i]) >= SETTLED {
            let rect = self.tile(column, row);
            if (0..BEHIND).all(|k| !same(&self.plane, &self.behind[k], rect)) {
                copy(&self.plane, &mut self.behind[usize::from(self.turn[i])], rect);
                self.turn[i] = (self.turn[i] + 1) % BEHIND as u8;
            }
        }
        self.changed[i] = self.frame;
    }

    /// Carries out a move inside the picture.
    pub(crate) fn shift(&mut self, step: Move) {
        for row in usize::from(step.to.y) / TILE..(step.to.bottom() as usize).div_ceil(TILE) {
            for column in usize::from(step.to.x) / TILE..(step.to.right() as usize).div_ceil(TILE) {
                self.touch(column, row);
            }
        }
        match &self.mark {
            Some(mark) => mark.shift(&mut self.plane, &mut self.under, step),
            None => self.plane.shift(step),
        }
    }

    /// Sets a tile of the reference from the present picture (0) or one of those behind (1 to
    /// [`BEHIND`]).
    pub(crate) fn refer(&mut self, rect: Rect, which: usize) {
        let from = if which == 0 { &self.plane } else { &self.behind[which - 1] };
        copy(from, &mut self.reference, rect);
    }

    /// Makes a tile of the picture equal to the reference.
    pub(crate) fn restore(&mut self, rect: Rect) {
        copy(&self.reference, &mut self.plane, rect);
    }
}

/// Copies a rectangle of one plane to another.
pub(crate) fn copy(from: &Plane, to: &mut Plane, rect: Rect) {
    for y in rows(rect) {
        to.row_mut(rect.x.into(), y, rect.width.into()).copy_from_slice(from.row(
            rect.x.into(),
            y,
            rect.width.into(),
        ));
    }
}

/// Whether two planes agree in a rectangle.
pub(crate) fn same(a: &Plane, b: &Plane, rect: Rect) -> bool {
    rows(rect).all(|y| {
        a.row(rect.x.into(), y, rect.width.into()) == b.row(rect.x.into(), y, rect.width.into())
    })
}

fn rows(rect: Rect) -> std::ops::Range<usize> {
    usize::from(rect.y)..usize::from(rect.y) + usize::from(rect.height)
}
