//! Raw (RFC 6143, 7.7.1): pixels by rows. They are copied as they arrive, so a large rectangle is
//! never held twice.

use super::Progress;
use crate::bytes::Reader;
use crate::framebuffer::Framebuffer;
use crate::{Error, Rect};

/// A raw rectangle on its way in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw {
    rect: Rect,
    row: u16,
    column: u16,
}

impl Raw {
    pub(crate) fn new(rect: Rect) -> Raw {
        Raw { rect, row: 0, column: 0 }
    }

    pub(crate) fn feed(
        &mut self,
        reader: &mut Reader<'_>,
        fb: &mut Framebuffer,
    ) -> Result<Progress, Error> {
        while !self.rect.is_empty() && self.row < self.rect.height {
            let wanted = usize::from(self.rect.width - self.column);
            let count = wanted.min(reader.left() / 4);
            if count == 0 {
                return Ok(Progress::NeedMore);
            }
            let bytes = reader.take_some(count * 4);
            let outside = Error::PeerMisbehaved("a rectangle outside the picture");
            let row = fb
                .row_mut(self.rect.y + self.row, self.rect.x + self.column, count)
                .ok_or(outside)?;
            for (pixel, bytes) in row.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *pixel = u32::from_le_bytes(*bytes) & 0x00ff_ffff;
            }
            self.column += count as u16;
            if self.column == self.rect.width {
                self.column = 0;
                self.row += 1;
            }
        }
        Ok(Progress::Done)
    }
}
