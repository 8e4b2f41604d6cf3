//! ZRLE (RFC 6143, 7.7.6): tiles of 64 x 64, run-length or palette coded, in one zlib stream.

use super::{Progress, need};
use crate::bytes::Reader;
use crate::framebuffer::{Framebuffer, pixel};
use crate::inflate::Inflate;
use crate::{Error, Rect};

const TILE: u16 = 64;
/// A pixel has 3 bytes on the wire, because its fourth is unused in the format asked for.
const CPIXEL: usize = 3;
const SHORT: Error = Error::PeerMisbehaved("a ZRLE tile that ends early");

/// The stream and its scratch space.
#[derive(Debug)]
pub(crate) struct Zrle {
    inflate: Inflate,
    plain: Vec<u8>,
    tile: Vec<u32>,
}

impl Zrle {
    pub(crate) fn new() -> Zrle {
        Zrle { inflate: Inflate::new(), plain: Vec::new(), tile: Vec::new() }
    }

    pub(crate) fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        rect: Rect,
        fb: &mut Framebuffer,
    ) -> Result<Progress, Error> {
        let length = need!(reader.u32()) as usize;
        let most = most_plain(rect);
        // Deflate's stored blocks and flushes add little; a length above that cannot be honest.
        if length > most + most / 8 + 1024 {
            return Err(Error::TooLarge("a ZRLE rectangle"));
        }
        let packed = need!(reader.take(length));
        let mut plain = std::mem::take(&mut self.plain);
        self.inflate.unpack(packed, &mut plain, most)?;
        self.tiles(&plain, rect, fb)?;
        self.plain = plain;
        Ok(Progress::Done)
    }

    /// All tiles of a rectangle from their unpacked bytes.
    pub(crate) fn tiles(
        &mut self,
        plain: &[u8],
        rect: Rect,
        fb: &mut Framebuffer,
    ) -> Result<(), Error> {
        let mut tiles = Reader::new(plain);
        let mut y = 0;
        while y < rect.height {
            let height = TILE.min(rect.height - y);
            let mut x = 0;
            while x < rect.width {
                let width = TILE.min(rect.width - x);
                self.tile(&mut tiles, Rect::new(rect.x + x, rect.y + y, width, height), fb)?;
                x += width;
            }
            y += height;
        }
        if tiles.left() > 0 {
            return Err(Error::PeerMisbehaved("bytes after the last ZRLE tile"));
        }
        Ok(())
    }

    fn tile(
        &mut self,
        reader: &mut Reader<'_>,
        rect: Rect,
        fb: &mut Framebuffer,
    ) -> Result<(), Error> {
        let kind = reader.u8().ok_or(SHORT)?;
        let mut palette = [0u32; 128];
        let colours = match kind {
            0 | 128 => 0,
            1..=16 => usize::from(kind),
            130..=255 => usize::from(kind - 128),
            _ => return Err(Error::PeerMisbehaved("an unknown ZRLE tile")),
        };
        for colour in palette.iter_mut().take(colours) {
            *colour = pixel(reader.take(CPIXEL).ok_or(SHORT)?);
        }
        if kind == 1 {
            fb.fill(rect, palette[0]);
            return Ok(());
        }
        self.tile.clear();
        match kind {
            0 => {
                let bytes = reader.take(rect.area() * CPIXEL).ok_or(SHORT)?;
                self.tile.extend(bytes.as_chunks::<CPIXEL>().0.iter().map(|bytes| pixel(bytes)));
            }
            2..=16 => self.packed(reader, rect, palette.get(..colours).unwrap_or_default())?,
            _ => self.runs(reader, rect.area(), palette.get(..colours).unwrap_or_default())?,
        }
        for (y, row) in (rect.y..).zip(self.tile.chunks_exact(usize::from(rect.width))) {
            if let Some(to) = fb.row_mut(y, rect.x, row.len()) {
                to.copy_from_slice(row);
            }
        }
        Ok(())
    }

    fn packed(
        &mut self,
        reader: &mut Reader<'_>,
        rect: Rect,
        palette: &[u32],
    ) -> Result<(), Error> {
        let bits: usize = match palette.len() {
            2 => 1,
            3..=4 => 2,
            _ => 4,
        };
        let width = usize::from(rect.width);
        for _ in 0..rect.height {
            let bytes = reader.take((width * bits).div_ceil(8)).ok_or(SHORT)?;
            for x in 0..width {
                let byte = bytes.get(x * bits / 8).ok_or(SHORT)?;
                let index = (byte >> (8 - bits - x * bits % 8)) & ((1 << bits) - 1);
                self.tile.push(*palette.get(usize::from(index)).ok_or(OUTSIDE)?);
            }
        }
        Ok(())
    }

    /// Runs, of plain colours when the palette is empty.
    fn runs(&mut self, reader: &mut Reader<'_>, area: usize, palette: &[u32]) -> Result<(), Error> {
        while self.tile.len() < area {
            let (colour, long) = if palette.is_empty() {
                (pixel(reader.take(CPIXEL).ok_or(SHORT)?), true)
            } else {
                let index = reader.u8().ok_or(SHORT)?;
                (*palette.get(usize::from(index & 127)).ok_or(OUTSIDE)?, index & 128 != 0)
            };
            let mut run = 1;
            let mut more = if long { 255 } else { 0 };
            while more == 255 && run <= area {
                more = reader.u8().ok_or(SHORT)?;
                run += usize::from(more);
            }
            if run > area - self.tile.len() {
                return Err(LONG);
            }
            self.tile.extend(std::iter::repeat_n(colour, run));
        }
        Ok(())
    }
}

const LONG: Error = Error::PeerMisbehaved("a ZRLE run past its tile");
const OUTSIDE: Error = Error::PeerMisbehaved("a ZRLE colour outside its palette");

/// The most bytes that the tiles of a rectangle can take: runs of one pixel each, and a full
/// palette a tile.
fn most_plain(rect: Rect) -> usize {
    let tiles = usize::from(rect.width).div_ceil(64) * usize::from(rect.height).div_ceil(64);
    rect.area() * (CPIXEL + 1) + tiles * (1 + 127 * CPIXEL)
}
