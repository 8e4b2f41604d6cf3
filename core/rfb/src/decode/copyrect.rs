//! CopyRect (RFC 6143, 7.7.2): pixels that the client already has, elsewhere in the picture.

use super::{Progress, need};
use crate::bytes::Reader;
use crate::framebuffer::Framebuffer;
use crate::{Damage, Error, Move, Rect};

pub(crate) fn decode(
    reader: &mut Reader<'_>,
    rect: Rect,
    fb: &mut Framebuffer,
    damage: &mut Damage,
) -> Result<Progress, Error> {
    let [a, b, c, d] = need!(reader.array());
    let step =
        Move { from_x: u16::from_be_bytes([a, b]), from_y: u16::from_be_bytes([c, d]), to: rect };
    fb.check(step.from())?;
    fb.shift(step);
    damage.shift(step);
    Ok(Progress::Done)
}
