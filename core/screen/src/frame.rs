//! The outer form of a frame; spec/screen.md, "frames".

use crate::{Error, Move, Rect};

/// Everything is reset: a size follows, the picture is black, the model is empty.
pub(crate) const RESET: u8 = 1;
/// Moves follow.
pub(crate) const MOVES: u8 = 2;
/// The rest of the frame is coded tiles.
pub(crate) const TILES: u8 = 4;

/// The length (u32) of the photographs' stream and the stream follow.
pub(crate) const PHOTOS: u8 = 8;

/// A picture of a video follows.
pub(crate) const VIDEO: u8 = 16;
/// The video is over.
pub(crate) const VIDEO_END: u8 = 32;

/// A mark follows.
pub(crate) const MARK: u8 = 64;

/// Largest width and height of a picture, in pixels.
pub const MAX_SIDE: u16 = 8192;
/// Largest picture in pixels: two screens of 3840 x 2160 side by side have fewer.
pub const MAX_PIXELS: usize = 1 << 24;
/// Largest number of moves in a frame.
pub(crate) const MAX_MOVES: usize = 64;

/// Reads the sections of a frame.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.rest.split_first().ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        Ok(u16::from(self.u8()?) << 8 | u16::from(self.u8()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }

    pub(crate) fn moved(&mut self) -> Result<Move, Error> {
        let [from_x, from_y, x, y, width, height] =
            [self.u16()?, self.u16()?, self.u16()?, self.u16()?, self.u16()?, self.u16()?];
        Ok(Move { from_x, from_y, to: Rect { x, y, width, height } })
    }

    pub(crate) fn bytes32(&mut self) -> Result<&'a [u8], Error> {
        let length = self.u32()? as usize;
        let (head, rest) = self.rest.split_at_checked(length).ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }
}

/// Writes a move.
pub(crate) fn put_move(out: &mut Vec<u8>, step: Move) {
    let Rect { x, y, width, height } = step.to;
    for value in [step.from_x, step.from_y, x, y, width, height] {
        out.extend_from_slice(&value.to_be_bytes());
    }
}

/// Writes a picture of a video.
pub(crate) fn put_video(out: &mut Vec<u8>, rect: Rect, key: bool, unit: &[u8]) {
    for value in [rect.x, rect.y, rect.width, rect.height] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    out.push(u8::from(key));
    out.extend_from_slice(&(unit.len() as u32).to_be_bytes());
    out.extend_from_slice(unit);
}
