//! Tight (rfbproto, "Tight Encoding"): fill, palette, gradient and plain pixels over four zlib
//! streams.
//!
//! A server sends JPEG only when the client asks for a quality level. This client never does: the
//! picture must be exact.

use super::{Progress, need};
use crate::bytes::Reader;
use crate::framebuffer::{Framebuffer, rgb};
use crate::inflate::Inflate;
use crate::{Error, Rect};

const TPIXEL: usize = 3;
/// Data shorter than this is not compressed.
const PLAIN_BELOW: usize = 12;

/// The streams and their scratch space.
#[derive(Debug)]
pub(crate) struct Tight {
    streams: [Inflate; 4],
    plain: Vec<u8>,
}

enum Filter<'a> {
    Copy,
    Palette(&'a [u8]),
    Gradient,
}

impl Tight {
    pub(crate) fn new() -> Tight {
        Tight { streams: std::array::from_fn(|_| Inflate::new()), plain: Vec::new() }
    }

    /// Decodes a rectangle. Nothing is changed until all of its bytes are there.
    pub(crate) fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        rect: Rect,
        fb: &mut Framebuffer,
    ) -> Result<Progress, Error> {
        let control = need!(reader.u8());
        match control >> 4 {
            0b1000 => {
                let [r, g, b] = need!(reader.array());
                self.reset(control);
                fb.fill(rect, rgb(r, g, b));
                return Ok(Progress::Done);
            }
            0b1001 => {
                return Err(Error::PeerMisbehaved("Tight sends JPEG, which was not asked for"));
            }
            0b1010.. => return Err(Error::PeerMisbehaved("an unknown Tight compression")),
            _ => {}
        }
        let filter = if control & 0x40 == 0 {
            Filter::Copy
        } else {
            match need!(reader.u8()) {
                0 => Filter::Copy,
                1 => {
                    let colours = usize::from(need!(reader.u8())) + 1;
                    Filter::Palette(need!(reader.take(colours * TPIXEL)))
                }
                2 => Filter::Gradient,
                _ => return Err(Error::PeerMisbehaved("an unknown Tight filter")),
            }
        };
        let (width, height) = (usize::from(rect.width), usize::from(rect.height));
        let size = match filter {
            Filter::Copy | Filter::Gradient => width * height * TPIXEL,
            Filter::Palette(palette) if palette.len() <= 2 * TPIXEL => width.div_ceil(8) * height,
            Filter::Palette(_) => width * height,
        };
        let mut plain = std::mem::take(&mut self.plain);
        if size < PLAIN_BELOW {
            let bytes = need!(reader.take(size));
            self.reset(control);
            plain.clear();
            plain.extend_from_slice(bytes);
        } else {
            let length = need!(compact_length(reader));
            if length > size + size / 8 + 1024 {
                return Err(Error::TooLarge("a Tight rectangle"));
            }
            let packed = need!(reader.take(length));
            self.reset(control);
            let stream = usize::from((control >> 4) & 3);
            self.streams[stream].unpack(packed, &mut plain, size)?;
            if plain.len() != size {
                return Err(Error::PeerMisbehaved("a Tight rectangle that ends early"));
            }
        }
        match filter {
            Filter::Copy => copy(&plain, rect, fb),
            Filter::Palette(palette) => indexed(&plain, palette, rect, fb)?,
            Filter::Gradient => gradient(&plain, rect, fb),
        }
        self.plain = plain;
        Ok(Progress::Done)
    }

    fn reset(&mut self, control: u8) {
        for (i, stream) in self.streams.iter_mut().enumerate() {
            if control & (1 << i) != 0 {
                stream.reset();
            }
        }
    }
}

/// One to three bytes, seven bits each but eight in the last.
fn compact_length(reader: &mut Reader<'_>) -> Option<usize> {
    let mut length = 0;
    for (shift, mask) in [(0, 0x7f), (7, 0x7f), (14, 0xff)] {
        let byte = reader.u8()?;
        length |= usize::from(byte & mask) << shift;
        if mask == 0x7f && byte & 0x80 == 0 {
            break;
        }
    }
    Some(length)
}

fn copy(plain: &[u8], rect: Rect, fb: &mut Framebuffer) {
    let width = usize::from(rect.width);
    for (y, bytes) in (rect.y..).zip(plain.chunks_exact((width * TPIXEL).max(1))) {
        let Some(row) = fb.row_mut(y, rect.x, width) else { return };
        for (pixel, [r, g, b]) in row.iter_mut().zip(bytes.as_chunks::<TPIXEL>().0) {
            *pixel = rgb(*r, *g, *b);
        }
    }
}

fn indexed(plain: &[u8], palette: &[u8], rect: Rect, fb: &mut Framebuffer) -> Result<(), Error> {
    let colours: Vec<u32> =
        palette.as_chunks::<TPIXEL>().0.iter().map(|[r, g, b]| rgb(*r, *g, *b)).collect();
    let width = usize::from(rect.width);
    let two = colours.len() <= 2;
    let stride = if two { width.div_ceil(8) } else { width };
    for (y, bytes) in (rect.y..).zip(plain.chunks_exact(stride.max(1))) {
        let Some(row) = fb.row_mut(y, rect.x, width) else { break };
        for (x, pixel) in row.iter_mut().enumerate() {
            let index = if two {
                bytes.get(x / 8).map(|byte| (byte >> (7 - x % 8)) & 1)
            } else {
                bytes.get(x).copied()
            };
            let colour = index.and_then(|index| colours.get(usize::from(index)));
            *pixel = *colour.ok_or(Error::PeerMisbehaved("a Tight colour outside its palette"))?;
        }
    }
    Ok(())
}

/// Each component is what left + above - above-left predicts, plus the difference sent.
fn gradient(plain: &[u8], rect: Rect, fb: &mut Framebuffer) {
    let width = usize::from(rect.width);
    let mut above = vec![[0u8; TPIXEL]; width];
    for (y, bytes) in (rect.y..).zip(plain.chunks_exact((width * TPIXEL).max(1))) {
        let Some(row) = fb.row_mut(y, rect.x, width) else { return };
        let (mut left, mut corner) = ([0u8; TPIXEL], [0u8; TPIXEL]);
        for ((pixel, delta), up) in
            row.iter_mut().zip(bytes.as_chunks::<TPIXEL>().0).zip(above.iter_mut())
        {
            let mut now = [0u8; TPIXEL];
            for c in 0..TPIXEL {
                let guess = i16::from(left[c]) + i16::from(up[c]) - i16::from(corner[c]);
                now[c] = (guess.clamp(0, 255) as u8).wrapping_add(delta[c]);
            }
            *pixel = rgb(now[0], now[1], now[2]);
            corner = *up;
            *up = now;
            left = now;
        }
    }
}
