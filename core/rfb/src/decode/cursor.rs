//! Pointer shapes: Cursor (RFC 6143, 7.8.1), X Cursor and Cursor With Alpha (rfbproto).

use super::{Progress, need};
use crate::Error;
use crate::bytes::Reader;
use crate::framebuffer::{pixel, rgb};

/// Largest side of a pointer shape in pixels; larger ones are read and cut.
const SIDE: u16 = 256;
/// Largest side of a shape that is read at all.
const MOST_SIDE: u16 = 1024;

/// A pointer shape, at most 256 x 256. 0 x 0 hides the pointer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The hot spot's column.
    pub hot_x: u16,
    /// The hot spot's row.
    pub hot_y: u16,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// `width * height` times R, G, B, A with straight alpha.
    pub rgba: Vec<u8>,
}

/// Place and size from the rectangle's head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) hot_x: u16,
    pub(crate) hot_y: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

/// How the shape is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Colour,
    TwoColours,
    Alpha,
}

pub(crate) fn decode(
    reader: &mut Reader<'_>,
    head: Head,
    form: Form,
    out: &mut Option<Cursor>,
) -> Result<Progress, Error> {
    let (width, height) = (usize::from(head.width), usize::from(head.height));
    if head.width > MOST_SIDE || head.height > MOST_SIDE {
        return Err(Error::TooLarge("a pointer shape"));
    }
    let (area, stride) = (width * height, width.div_ceil(8));
    let bit = |bytes: &[u8], x: usize, y: usize| {
        bytes.get(y * stride + x / 8).is_some_and(|byte| byte >> (7 - x % 8) & 1 == 1)
    };
    let rgba = match form {
        Form::Colour => {
            let pixels = need!(reader.take(area * 4));
            let mask = need!(reader.take(stride * height));
            cut(head, |x, y| {
                let colour = pixels.get((y * width + x) * 4..).map_or(0, pixel);
                opaque(colour, bit(mask, x, y))
            })
        }
        Form::TwoColours if area == 0 => Vec::new(),
        Form::TwoColours => {
            let [r, g, b, r2, g2, b2] = need!(reader.array());
            let shape = need!(reader.take(stride * height));
            let mask = need!(reader.take(stride * height));
            let (front, back) = (rgb(r, g, b), rgb(r2, g2, b2));
            cut(head, |x, y| opaque(if bit(shape, x, y) { front } else { back }, bit(mask, x, y)))
        }
        Form::Alpha => {
            if need!(reader.i32()) != 0 {
                return Err(Error::Unsupported("a pointer shape in another encoding than Raw"));
            }
            let pixels = need!(reader.take(area * 4));
            cut(head, |x, y| match pixels.get((y * width + x) * 4..) {
                Some([r, g, b, a, ..]) => straight([*r, *g, *b, *a]),
                _ => [0; 4],
            })
        }
    };
    let (width, height) = (head.width.min(SIDE), head.height.min(SIDE));
    let (hot_x, hot_y) =
        (head.hot_x.min(width.saturating_sub(1)), head.hot_y.min(height.saturating_sub(1)));
    let empty = width == 0 || height == 0;
    *out =
        Some(if empty { Cursor::default() } else { Cursor { hot_x, hot_y, width, height, rgba } });
    Ok(Progress::Done)
}

fn cut(head: Head, dot: impl Fn(usize, usize) -> [u8; 4]) -> Vec<u8> {
    let (width, height) = (usize::from(head.width.min(SIDE)), usize::from(head.height.min(SIDE)));
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| dot(x, y)).collect()
}

fn opaque(colour: u32, shown: bool) -> [u8; 4] {
    let [_, r, g, b] = colour.to_be_bytes();
    if shown { [r, g, b, 255] } else { [0; 4] }
}

/// From colours multiplied by alpha to plain ones.
fn straight([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let alpha = u16::from(a);
    let part =
        |c: u8| (u16::from(c) * 255 + alpha / 2).checked_div(alpha).unwrap_or(0).min(255) as u8;
    [part(r), part(g), part(b), a]
}
