use std::time::Duration;

use crate::ack::Ack;
use crate::choose;
use crate::coder::Writer;
use crate::flow::Flow;
use crate::frame::{MAX_MOVES, MOVES, PHOTOS, RESET, TILES, put_move};
use crate::geometry::{Move, Picture, Rect};
use crate::photo::{Header, Noted, choose_weights, code_header};
use crate::plane::Plane;
use crate::scroll;
use crate::state::{State, same};
use crate::tiles::{Mode, TILE, Tiles, code_tiles, write_photos};
use crate::{Caps, Config, Error, Line};

/// The office's half: turns a changing picture into frames for one viewer. A pure machine: time is a value that is handed in.
pub struct Encoder {
    /// What the viewer shows once it has decoded everything sent.
    state: State,
    /// The picture to be sent: masked and marked; valid where `dirty` was set.
    next: Plane,
    writer: Writer,
    noted: Noted,
    /// Tiles of the source that may have changed.
    dirty: Vec<bool>,
    tiles: Tiles,
    any: bool,
    hints: Vec<Move>,
    reset: bool,
    flow: Flow,
    config: Config,
}

impl Encoder {
    /// An encoder for a picture of this size and a viewer with these capabilities (wire message Hello). The first frame sends everything.
    pub fn new(width: u16, height: u16, caps: Caps, config: Config) -> Self {
        let _ = caps;
        let mut encoder = Self {
            state: State::new(0, 0),
            next: Plane::default(),
            writer: Writer::default(),
            noted: Noted::default(),
            dirty: Vec::new(),
            tiles: Tiles::default(),
            any: true,
            hints: Vec::new(),
            reset: true,
            flow: Flow::default(),
            config,
        };
        encoder.resize(width, height);
        encoder
    }

    /// The source's picture has changed inside `rects`. `moves` are hints that pixels were moved as they were, in order, before the other changes.
    /// Neither has to be exact, but every change must be covered by `rects` or the targets of `moves`.
    pub fn handle_damage(&mut self, rects: &[Rect], moves: &[Move], now: Duration) {
        let _ = now;
        for rect in rects {
            self.mark(*rect);
        }
        for step in moves {
            self.mark(step.to);
            let from = Rect { x: step.from_x, y: step.from_y, ..step.to };
            if step.to.fits(self.state.plane.width, self.state.plane.height)
                && from.fits(self.state.plane.width, self.state.plane.height)
                && self.hints.len() < MAX_MOVES
            {
                self.hints.push(*step);
            }
        }
    }

    /// A ScreenAck (wire message 0x08) has arrived.
    pub fn handle_ack(&mut self, body: &[u8], now: Duration) -> Result<(), Error> {
        self.flow.handle_ack(Ack::decode(body)?, now)
    }

    /// The next frame (the body of wire message 0x42), if there is something to send and the line can take it. `picture` is the source's picture
    /// now; call again until `None`.
    pub fn poll_frame(&mut self, picture: &Picture<'_>, now: Duration) -> Option<Vec<u8>> {
        if !(self.any || self.reset) || !self.flow.may_send(now) {
            return None;
        }
        if (picture.width, picture.height) != (self.state.plane.width, self.state.plane.height) {
            return None;
        }
        let mut out = vec![0];
        let mut flags = 0;
        if self.reset {
            flags |= RESET;
            out.extend_from_slice(&picture.width.to_be_bytes());
            out.extend_from_slice(&picture.height.to_be_bytes());
            self.reset = false;
        }
        self.take(picture);
        self.state.begin();
        let moves = self.moves();
        if !moves.is_empty() {
            flags |= MOVES;
            out.push(moves.len() as u8);
            moves.iter().for_each(|step| put_move(&mut out, *step));
        }
        if self.choose() {
            flags |= TILES;
            // The writer has nothing to read, so neither can fail.
            let (state, tiles, writer) = (&mut self.state, &mut self.tiles, &mut self.writer);
            let photos = code_tiles(writer, state, tiles, Some(&self.next), &mut |_| ()).unwrap_or_default();
            if photos {
                flags |= PHOTOS;
                let places = (0..tiles.modes.len()).filter(|i| matches!(tiles.modes[*i], Mode::Photo(_)));
                let weights = choose_weights(&self.next, places.map(|i| (i % tiles.columns * TILE, i / tiles.columns * TILE)));
                write_photos(state, tiles, weights, &self.next, &mut self.noted);
                let mut header = Header { weights, frequencies: self.noted.frequencies() };
                code_header(writer, &mut state.model.photo, &mut header).unwrap_or_default();
                let at = out.len();
                self.noted.finish(&header.frequencies, &mut out);
                let length = (out.len() - at) as u32;
                out.splice(at..at, length.to_be_bytes());
            }
            writer.finish(&mut out);
        }
        self.dirty.fill(false);
        self.any = false;
        if flags == 0 {
            return None;
        }
        out[0] = flags;
        self.flow.sent(out.len(), now);
        Some(out)
    }

    /// When to call `poll_frame` next even if nothing happens until then.
    pub fn timeout(&self) -> Option<Duration> {
        None
    }

    /// The viewer asks for everything anew (wire message Refresh).
    pub fn refresh(&mut self) {
        let (width, height) = (self.state.plane.width, self.state.plane.height);
        self.resize(width, height);
    }

    /// The source's picture has another size now; the next frame starts anew.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.state = State::new(width, height);
        self.next = Plane::new(width, height);
        self.tiles = Tiles::none(width, height);
        self.dirty = vec![true; self.tiles.modes.len()];
        self.any = true;
        self.hints.clear();
        self.reset = true;
    }

    /// What is known of the line.
    pub fn line(&self) -> Line {
        self.flow.line()
    }

    fn mark(&mut self, rect: Rect) {
        let rect = rect.clip(self.state.plane.width, self.state.plane.height);
        if rect.is_empty() {
            return;
        }
        self.any = true;
        for row in usize::from(rect.y) / TILE..(rect.bottom() as usize).div_ceil(TILE) {
            for column in usize::from(rect.x) / TILE..(rect.right() as usize).div_ceil(TILE) {
                self.dirty[row * self.tiles.columns + column] = true;
            }
        }
    }

    /// Copies the dirty tiles of the source's picture.
    fn take(&mut self, picture: &Picture<'_>) {
        let _ = &self.config;
        for i in (0..self.dirty.len()).filter(|i| self.dirty[*i]) {
            let Rect { x, y, width, height } = self.state.tile(i % self.tiles.columns, i / self.tiles.columns);
            for y in usize::from(y)..usize::from(y) + usize::from(height) {
                let to = self.next.row_mut(x.into(), y, width.into());
                for (to, from) in to.iter_mut().zip(picture.row(x.into(), y, width.into())) {
                    *to = from & 0xff_ffff;
                }
            }
        }
    }

    /// The hints that bring the viewer's picture nearer to the source's; they are carried out on `shown`.
    fn moves(&mut self) -> Vec<Move> {
        let mut kept = Vec::new();
        if self.hints.is_empty() {
            let changed: Vec<bool> = (0..self.dirty.len())
                .map(|i| {
                    self.dirty[i]
                        && !same(&self.state.plane, &self.next, self.state.tile(i % self.tiles.columns, i / self.tiles.columns))
                })
                .collect();
            self.hints.extend(scroll::find(&self.state, &self.next, &self.tiles, &changed));
        }
        for step in std::mem::take(&mut self.hints) {
            let Rect { x, y, width, height } = step.to;
            let mut gain = 0i64;
            for row in 0..usize::from(height) {
                let want = self.next.row(x.into(), usize::from(y) + row, width.into());
                let have = self.state.plane.row(x.into(), usize::from(y) + row, width.into());
                let moved = self.state.plane.row(step.from_x.into(), usize::from(step.from_y) + row, width.into());
                for i in 0..want.len() {
                    gain += i64::from(want[i] == moved[i]) - i64::from(want[i] == have[i]);
                }
            }
            if gain > 64 {
                self.state.shift(step);
                self.mark(step.to);
                kept.push(step);
            }
        }
        kept
    }

    /// Decides what happens to each dirty tile; whether anything does.
    fn choose(&mut self) -> bool {
        self.tiles.modes.fill(Mode::Keep);
        let (mut any, mut photos) = (false, 0);
        for i in (0..self.dirty.len()).filter(|i| self.dirty[*i]) {
            let rect = self.state.tile(i % self.tiles.columns, i / self.tiles.columns);
            let mode = choose::mode(&self.state, &self.next, rect);
            any |= mode != Mode::Keep;
            photos += usize::from(matches!(mode, Mode::Photo(_)));
            self.tiles.modes[i] = mode;
        }
        if photos < MIN_PHOTOS {
            for mode in &mut self.tiles.modes {
                if let Mode::Photo(_) = mode {
                    *mode = Mode::Model(0);
                }
            }
        }
        any
    }
}

/// With fewer photographic tiles the tables cost more than they save.
const MIN_PHOTOS: usize = 24;
