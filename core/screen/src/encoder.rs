use std::time::Duration;

use crate::ack::Ack;
use crate::choose;
use crate::coder::Writer;
use crate::flow::Flow;
use crate::frame::{
    MARK, MAX_MOVES, MOVES, PHOTOS, RESET, TILES, VIDEO, VIDEO_END, put_move, put_video,
};
use crate::geometry::{Move, Picture, Rect};
use crate::photo::{Header, Noted, choose_weights, code_header};
use crate::plane::Plane;
use crate::scroll;
use crate::state::{State, copy, same};
use crate::tiles::{Mode, TILE, Tiles, code_tiles, write_photos};
use crate::video::{Heat, REST, Video, look};
use crate::{Caps, Config, Error, Line, Watermark};

/// The agent's side: turns a changing picture into frames for one viewer. It is a pure machine:
/// every call is given the time.
pub struct Encoder {
    /// The viewer's state once it has decoded everything sent; inside a video, its state before the
    /// video.
    state: State,
    /// The source's picture at the last look, with the watermark.
    next: Plane,
    /// The picture the tiles are coded towards: the source's, and inside a video the viewer's.
    goal: Plane,
    /// Tiles of the source that may have changed since the last look.
    dirty: Vec<bool>,
    any_dirty: bool,
    /// Tiles in which the viewer's picture may differ from the source's.
    stale: Vec<bool>,
    /// Stale tiles to be sent even if the viewer's state is right, because its canvas shows a video
    /// there.
    unsure: Vec<bool>,
    any_stale: bool,
    /// Tiles that became stale since small changes were looked for last.
    fresh: Vec<usize>,
    hints: Vec<Move>,
    tiles: Tiles,
    heat: Heat,
    video: Option<Video>,
    /// The viewer must still be told that the video ended.
    video_ended: bool,
    /// The last large frame was tiles, so the next one belongs to the video.
    video_next: bool,
    reset: bool,
    /// The picture of the last poll had another size than the encoder.
    mismatched: bool,
    /// The viewer must still be told of the mark.
    mark_told: bool,
    writer: Writer,
    noted: Noted,
    /// Ratio of a frame's real size to the estimate for its tiles.
    bias: f64,
    flow: Flow,
    caps: Caps,
    config: Config,
}

impl Encoder {
    /// An encoder for a picture of this size and a viewer with these capabilities (wire message
    /// Hello). The first frames send everything.
    pub fn new(width: u16, height: u16, caps: Caps, config: Config) -> Self {
        let mut encoder = Self {
            state: State::new(0, 0),
            next: Plane::default(),
            goal: Plane::default(),
            dirty: Vec::new(),
            any_dirty: true,
            stale: Vec::new(),
            unsure: Vec::new(),
            any_stale: true,
            fresh: Vec::new(),
            hints: Vec::new(),
            tiles: Tiles::default(),
            heat: Heat::default(),
            video: None,
            video_ended: false,
            video_next: false,
            reset: true,
            mismatched: false,
            mark_told: true,
            writer: Writer::default(),
            noted: Noted::default(),
            bias: 1.0,
            flow: Flow::default(),
            caps,
            config,
        };
        encoder.resize(width, height);
        encoder
    }

    /// The source's picture changed inside `rects`. `moves` are hints that pixels were moved
    /// unchanged, in this order, before the other changes. Neither has to be exact, but `rects` and
    /// the targets of `moves` must cover every change.
    pub fn handle_damage(&mut self, rects: &[Rect], moves: &[Move], now: Duration) {
        let _ = now;
        rects.iter().for_each(|rect| self.mark(*rect));
        let (width, height) = self.size();
        for step in moves {
            self.mark(step.to);
            let from = Rect { x: step.from_x, y: step.from_y, ..step.to };
            if step.to.fits(width, height)
                && from.fits(width, height)
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

    /// The next frame (the body of wire message 0x42), if there is something to send and the line
    /// can take it. `picture` is the source's picture now; call again until `None`. A picture of
    /// another size than the encoder's is ignored: call `resize` first.
    pub fn poll_frame(&mut self, picture: &Picture<'_>, now: Duration) -> Option<Vec<u8>> {
        self.mismatched = (picture.width, picture.height) != self.size()
            || picture.width == 0
            || picture.height == 0;
        if self.mismatched {
            return None;
        }
        if self.reset {
            // A frame of its own, so small that its acknowledgement measures the round trip.
            self.reset = false;
            self.state.begin();
            let [a, b] = picture.width.to_be_bytes();
            let [c, d] = picture.height.to_be_bytes();
            return Some(self.sent(vec![RESET, a, b, c, d], now));
        }
        let (bulk, eager) = (self.flow.bulk(now), self.flow.eager(now));
        if !bulk && !eager {
            return None;
        }
        if !self.mark_told {
            return Some(self.mark_frame(now));
        }
        if self.any_dirty {
            self.take(picture, now);
        }
        self.follow(now);
        let video = self.video.as_ref().is_some_and(|video| video.pending);
        if !(self.any_stale || video || self.video_ended) {
            return None;
        }
        if video && bulk && self.video_next {
            self.video_next = false;
            if let Some(frame) = self.video_frame(now) {
                return Some(frame);
            }
        }
        if let Some(frame) = self.tiles_frame(bulk, now) {
            return Some(frame);
        }
        if bulk && self.video.as_ref().is_some_and(|video| video.pending) {
            self.video_frame(now)
        } else {
            None
        }
    }

    /// When to call `poll_frame` next even if nothing happens until then; in whole milliseconds, so
    /// that a coarse clock has reached it.
    pub fn timeout(&self) -> Option<Duration> {
        if self.mismatched {
            return None;
        }
        let free = self.flow.free_at()?;
        let video = self.video.as_ref();
        let waiting = self.any_dirty
            || self.any_stale
            || self.video_ended
            || self.reset
            || !self.mark_told
            || video.is_some_and(|video| video.pending);
        let at = match video {
            _ if waiting => free,
            Some(video) => free.max(video.changed_at + REST),
            None => return None,
        };
        Some(Duration::from_millis(at.as_micros().div_ceil(1000) as u64))
    }

    /// The viewer asked for the whole picture again (wire message Refresh).
    pub fn refresh(&mut self) {
        let (width, height) = self.size();
        self.resize(width, height);
    }

    /// The source's picture has another size now; the next frame resets everything. Sides beyond
    /// [`MAX_SIDE`](crate::MAX_SIDE) are cut.
    pub fn resize(&mut self, width: u16, height: u16) {
        let (width, height) = (width.min(crate::MAX_SIDE), height.min(crate::MAX_SIDE));
        self.state = State::new(width, height);
        self.next = Plane::new(width, height);
        self.goal = Plane::new(width, height);
        self.tiles = Tiles::none(width, height);
        let count = self.tiles.modes.len();
        self.dirty = vec![true; count];
        self.stale = vec![true; count];
        self.unsure = vec![false; count];
        self.heat = Heat::new(self.tiles.columns, count);
        (self.any_dirty, self.any_stale, self.reset) = (true, true, true);
        (self.video, self.video_ended, self.mismatched) = (None, false, false);
        self.mark_told = self.config.watermark.is_none();
        self.hints.clear();
        self.fresh.clear();
    }

    /// Sets another mark (when its time changed, for example) or none, from the next frame on.
    pub fn set_watermark(&mut self, watermark: Option<Watermark>) {
        if self.config.watermark != watermark {
            self.config.watermark = watermark;
            self.mark_told = false;
            self.dirty.fill(true);
            self.any_dirty = true;
        }
    }

    /// Round trip and rate of the line.
    pub fn line(&self) -> Line {
        self.flow.line()
    }

    fn size(&self) -> (u16, u16) {
        (self.state.plane.width, self.state.plane.height)
    }

    fn sent(&mut self, frame: Vec<u8>, now: Duration) -> Vec<u8> {
        self.flow.sent(frame.len(), now);
        frame
    }

    fn mark(&mut self, rect: Rect) {
        let (width, height) = self.size();
        self.any_dirty |= mark(&mut self.dirty, self.tiles.columns, rect.clip(width, height));
    }

    /// Copies the dirty tiles of the source's picture and learns how they changed.
    fn take(&mut self, picture: &Picture<'_>, now: Duration) {
        self.any_dirty = false;
        for i in 0..self.dirty.len() {
            if !std::mem::take(&mut self.dirty[i]) {
                continue;
            }
            let rect = self.state.tile(i % self.tiles.columns, i / self.tiles.columns);
            let Some(span) = self.config.take(picture, &mut self.next, rect) else { continue };
            self.stale[i] = true;
            self.any_stale = true;
            self.fresh.push(i);
            if self.heat.changed(i, span, now) {
                self.heat.vivid(i, choose::vivid(&self.next, rect));
            }
            if let Some(video) = self.video.as_mut().filter(|video| touches(video.rect, rect)) {
                (video.pending, video.changed_at) = (true, now);
            }
        }
    }

    /// Begins and ends the video.
    fn follow(&mut self, now: Duration) {
        let (width, height) = self.size();
        let moving = if self.caps.h264() { self.heat.moving(now, width, height) } else { None };
        if let Some(video) = &self.video {
            let rested = now >= video.changed_at + REST;
            let outgrown = moving.is_some_and(|rect| !contains(video.rect, rect));
            if !rested && !outgrown {
                return;
            }
            let rect = video.rect;
            self.end_video(rect);
            if rested {
                self.heat.cool();
                return;
            }
        }
        if let Some(rect) = moving {
            self.video = Some(Video::new(rect, now, self.flow.rate()));
        }
    }

    /// From now on all of the rectangle is sent as tiles.
    fn end_video(&mut self, rect: Rect) {
        (self.video, self.video_ended, self.any_stale) = (None, true, true);
        mark(&mut self.stale, self.tiles.columns, rect);
        mark(&mut self.unsure, self.tiles.columns, rect);
    }

    /// Sends the mark to the viewer, so that both ends leave it in place when pixels move.
    fn mark_frame(&mut self, now: Duration) -> Vec<u8> {
        self.mark_told = true;
        self.state.begin();
        self.state.mark = self.config.watermark.clone();
        let (width, height, contrast) =
            self.state.mark.as_ref().map_or((0, 0, 1), Watermark::parts);
        let mut mask = Vec::new();
        if let Some(mark) = &mut self.state.mark {
            mark.code_mask(&mut self.writer);
            self.writer.finish(&mut mask);
        }
        let mut out = vec![MARK];
        out.extend_from_slice(&width.to_be_bytes());
        out.extend_from_slice(&height.to_be_bytes());
        out.push(contrast);
        out.extend_from_slice(&(mask.len() as u32).to_be_bytes());
        out.append(&mut mask);
        self.sent(out, now)
    }

    /// The next picture of the video.
    fn video_frame(&mut self, now: Duration) -> Option<Vec<u8>> {
        let video = self.video.as_mut()?;
        let rect = video.rect;
        let Some((unit, key)) = video.encode(&self.next, now, self.flow.rate()) else {
            // Without an H.264 coder everything is sent as tiles from now on.
            self.caps = Caps::default();
            self.end_video(rect);
            return None;
        };
        if unit.is_empty() {
            return None;
        }
        let mut out =
            vec![VIDEO | if std::mem::take(&mut self.video_ended) { VIDEO_END } else { 0 }];
        put_video(&mut out, rect, key, &unit);
        self.state.begin();
        Some(self.sent(out, now))
    }

    /// A frame of moves and tiles, if something is to be sent and the line can take it now.
    fn tiles_frame(&mut self, bulk: bool, now: Duration) -> Option<Vec<u8>> {
        if !bulk && self.fresh.is_empty() {
            return None;
        }
        self.state.begin();
        let mut out = vec![0];
        let mut flags = 0;
        let moves = self.moves(bulk);
        if !moves.is_empty() {
            flags |= MOVES;
            out.push(moves.len() as u8);
            moves.iter().for_each(|step| put_move(&mut out, *step));
        }
        let guess = self.choose(bulk, now);
        if guess > 0 {
            flags |= TILES;
            flags |= self.code(&mut out);
            let ratio = out.len() as f64 / guess as f64;
            self.bias = (self.bias * 0.8 + ratio * 0.2).clamp(0.1, 3.0);
            self.video_next = guess > EAGER;
        }
        if flags == 0 && !(bulk && self.video_ended) {
            self.state.undo_begin();
            return None;
        }
        if std::mem::take(&mut self.video_ended) {
            flags |= VIDEO_END;
        }
        out[0] = flags;
        Some(self.sent(out, now))
    }

    /// Appends the chosen tiles.
    fn code(&mut self, out: &mut Vec<u8>) -> u8 {
        // The writer has nothing to read, so neither can fail.
        let (state, tiles, writer) = (&mut self.state, &mut self.tiles, &mut self.writer);
        let photos =
            code_tiles(writer, state, tiles, Some(&self.goal), &mut |_| ()).unwrap_or_default();
        if photos {
            let places =
                (0..tiles.modes.len()).filter(|i| matches!(tiles.modes[*i], Mode::Photo(_)));
            let weights = choose_weights(
                &self.goal,
                places.map(|i| (i % tiles.columns * TILE, i / tiles.columns * TILE)),
            );
            write_photos(state, tiles, weights, &self.goal, &mut self.noted);
            let mut header = Header { weights, frequencies: self.noted.frequencies() };
            code_header(writer, &mut state.model.photo, &mut header).unwrap_or_default();
            let at = out.len();
            self.noted.finish(&header.frequencies, out);
            let length = (out.len() - at) as u32;
            out.splice(at..at, length.to_be_bytes());
        }
        writer.finish(out);
        if photos { PHOTOS } else { 0 }
    }

    /// The moves (hinted or found) that bring the viewer's picture nearer to the source's. They are
    /// carried out on the state.
    fn moves(&mut self, bulk: bool) -> Vec<Move> {
        let mut kept = Vec::new();
        if bulk && self.hints.is_empty() && self.video.is_none() {
            let changed: Vec<bool> = (0..self.stale.len())
                .map(|i| {
                    self.stale[i]
                        && !same(
                            &self.state.plane,
                            &self.next,
                            self.state.tile(i % self.tiles.columns, i / self.tiles.columns),
                        )
                })
                .collect();
            self.hints.extend(scroll::find(&self.state, &self.next, &self.tiles, &changed));
        }
        for step in std::mem::take(&mut self.hints) {
            let Rect { x, y, width, height } = step.to;
            let plane = &self.state.plane;
            let mut gain = 0i64;
            for row in 0..usize::from(height) {
                let want = self.next.row(x.into(), usize::from(y) + row, width.into());
                let have = plane.row(x.into(), usize::from(y) + row, width.into());
                let moved =
                    plane.row(step.from_x.into(), usize::from(step.from_y) + row, width.into());
                for i in 0..want.len() {
                    if self.state.mark.as_ref().is_some_and(|mark| mark.disturbs(step, i, row)) {
                        continue;
                    }
                    gain += i64::from(want[i] == moved[i]) - i64::from(want[i] == have[i]);
                }
            }
            if gain > 64 {
                self.state.shift(step);
                self.any_stale = true;
                mark(&mut self.stale, self.tiles.columns, step.to);
                if !bulk {
                    self.fresh.extend((0..self.stale.len()).filter(|i| self.stale[*i]));
                }
                kept.push(step);
            }
        }
        if !kept.is_empty() && self.video.is_none() {
            self.heat.cool();
        }
        kept
    }

    /// Chooses the mode of each stale tile in this frame. Returns an estimate of the bytes; 0 when
    /// nothing is to be sent now.
    fn choose(&mut self, bulk: bool, now: Duration) -> usize {
        self.tiles.modes.fill(Mode::Keep);
        let limit = (self.flow.budget() as f64 / self.bias) as usize;
        let (mut guess, mut photos, mut photo_guess) = (0, 0, 0);
        let mut left = !bulk;
        let mut vivid = Vec::new();
        let fresh = std::mem::take(&mut self.fresh);
        let all = if bulk { 0..self.stale.len() } else { 0..0 };
        for i in all.chain(if bulk { Vec::new() } else { fresh }) {
            if !self.stale[i] || self.tiles.modes[i] != Mode::Keep {
                continue;
            }
            let rect = self.state.tile(i % self.tiles.columns, i / self.tiles.columns);
            copy(&self.next, &mut self.goal, rect);
            if let Some(video) = &self.video {
                keep_inside(&self.state.plane, &mut self.goal, rect, video.rect);
            }
            let (mut mode, cost) = choose::mode(&self.state, &self.goal, rect);
            if mode == Mode::Keep {
                if !self.unsure[i] {
                    self.stale[i] = false;
                    continue;
                }
                mode = Mode::Model(0);
            }
            let photo = matches!(mode, Mode::Photo(_));
            if photo && !self.unsure[i] {
                vivid.push(rect);
            }
            if guess + photo_guess + cost > limit && guess + photo_guess > 0 {
                left = true;
                continue;
            }
            if photo {
                photos += 1;
                photo_guess += cost;
            } else {
                guess += cost;
            }
            self.tiles.modes[i] = mode;
        }
        if bulk && self.look(&vivid, now) {
            self.tiles.modes.fill(Mode::Keep);
            return 0;
        }
        // The line is not free for a large frame: small changes only.
        if !bulk && (guess > EAGER || guess == 0) {
            self.tiles.modes.fill(Mode::Keep);
            return 0;
        }
        for i in 0..self.stale.len() {
            if let Mode::Photo(_) = self.tiles.modes[i] {
                if !bulk {
                    self.tiles.modes[i] = Mode::Keep;
                    left = true;
                    continue;
                }
                if photos < MIN_PHOTOS {
                    self.tiles.modes[i] = Mode::Model(0);
                }
            }
            if self.tiles.modes[i] != Mode::Keep {
                self.stale[i] = false;
                self.unsure[i] = false;
            }
        }
        self.any_stale = left;
        guess + if bulk { photo_guess } else { 0 }
    }

    /// Shows photographs that would take the line too long as one picture of a video first. The
    /// video rests and ends, and the exact tiles follow.
    fn look(&mut self, vivid: &[Rect], now: Duration) -> bool {
        let Some(rate) = self.flow.rate() else { return false };
        let bytes = vivid.len() * TILE * TILE * 3 / 2;
        if !self.caps.h264()
            || self.video.is_some()
            || self.video_ended
            || (bytes as f64) < rate * LOOK
        {
            return false;
        }
        let Some(rect) = look(vivid.iter().copied()) else { return false };
        self.video = Some(Video::new(rect, now, Some(rate)));
        true
    }
}

/// Photographs that need the line for longer than this, in seconds, are shown lossy first.
const LOOK: f64 = 0.25;
/// With fewer photographic tiles the tables cost more than they save.
const MIN_PHOTOS: usize = 24;
/// Frames with an estimate up to this many bytes count as small answers to the user.
const EAGER: usize = 6 * 1024;

/// Sets the tiles of a rectangle. True if it held any.
fn mark(tiles: &mut [bool], columns: usize, rect: Rect) -> bool {
    if rect.is_empty() {
        return false;
    }
    for row in usize::from(rect.y) / TILE..(rect.bottom() as usize).div_ceil(TILE) {
        let right = (rect.right() as usize).div_ceil(TILE);
        tiles[row * columns + usize::from(rect.x) / TILE..row * columns + right].fill(true);
    }
    true
}

fn touches(a: Rect, b: Rect) -> bool {
    u32::from(a.x) < b.right()
        && u32::from(b.x) < a.right()
        && u32::from(a.y) < b.bottom()
        && u32::from(b.y) < a.bottom()
}

fn contains(outer: Rect, inner: Rect) -> bool {
    outer.x <= inner.x
        && outer.y <= inner.y
        && outer.right() >= inner.right()
        && outer.bottom() >= inner.bottom()
}

/// Inside the video the goal of a tile is what the viewer has.
fn keep_inside(plane: &Plane, goal: &mut Plane, tile: Rect, video: Rect) {
    if !touches(tile, video) {
        return;
    }
    let (left, right) = (tile.x.max(video.x), tile.right().min(video.right()));
    let (top, bottom) = (tile.y.max(video.y), tile.bottom().min(video.bottom()));
    for y in u32::from(top)..bottom {
        let width = (right - u32::from(left)) as usize;
        goal.row_mut(left.into(), y as usize, width).copy_from_slice(plane.row(
            left.into(),
            y as usize,
            width,
        ));
    }
}
