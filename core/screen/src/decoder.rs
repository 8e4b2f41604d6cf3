use crate::coder::Reader;
use crate::frame::{
    Cursor, MARK, MAX_MOVES, MAX_SIDE, MOVES, PHOTOS, RESET, TILES, VIDEO, VIDEO_END,
};
use crate::photo::{Header, code_header};
use crate::state::State;
use crate::tiles::{Tiles, code_tiles, read_photos};
use crate::watermark::Watermark;
use crate::{Error, Rect};

/// A picture of a video: to be shown at `rect`, over the picture, until the video ends or a
/// rectangle there is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoUnit {
    /// Where it is shown; even sides.
    pub rect: Rect,
    /// Whether it can be decoded without those before it.
    pub key: bool,
    /// An H.264 access unit, Annex B.
    pub unit: Vec<u8>,
}

/// The reference decoder: what a viewer does with the frames of an [`Encoder`](crate::Encoder).
pub struct Decoder {
    state: Option<State>,
    max_pixels: usize,
    frames: u32,
    video: Option<VideoUnit>,
}

impl Decoder {
    /// A decoder that refuses pictures of more than `max_pixels` pixels.
    pub fn new(max_pixels: usize) -> Self {
        Self { state: None, max_pixels, frames: 0, video: None }
    }

    /// Decodes one frame and returns the rectangles that changed. After an error the picture is
    /// undefined and the session should end.
    pub fn frame(&mut self, bytes: &[u8]) -> Result<Vec<Rect>, Error> {
        let mut cursor = Cursor::new(bytes);
        let flags = cursor.u8()?;
        if flags & !(RESET | MOVES | TILES | PHOTOS | VIDEO | VIDEO_END | MARK) != 0 {
            return Err(Error::Unknown);
        }
        let mut written = Vec::new();
        if flags & RESET != 0 {
            let (width, height) = (cursor.u16()?, cursor.u16()?);
            if width == 0 || height == 0 {
                return Err(Error::OutOfBounds);
            }
            if width > MAX_SIDE
                || height > MAX_SIDE
                || usize::from(width) * usize::from(height) > self.max_pixels
            {
                return Err(Error::TooLarge);
            }
            self.state = Some(State::new(width, height));
            self.video = None;
            written.push(Rect::new(0, 0, width, height));
        }
        let state = self.state.as_mut().ok_or(Error::NoSize)?;
        state.begin();
        if flags & MARK != 0 {
            let (width, height, contrast) = (cursor.u16()?, cursor.u16()?, cursor.u8()?);
            let mask = cursor.bytes32()?;
            state.mark = if (width, height) == (0, 0) && mask.is_empty() {
                None
            } else {
                let mut mark = Watermark::blank(width, height, contrast)?;
                let mut reader = Reader::new(mask)?;
                mark.code_mask(&mut reader);
                reader.finish()?;
                Some(mark)
            };
        }
        if flags & MOVES != 0 {
            let count = usize::from(cursor.u8()?);
            if count > MAX_MOVES {
                return Err(Error::TooLarge);
            }
            for _ in 0..count {
                let step = cursor.moved()?;
                let from = Rect { x: step.from_x, y: step.from_y, ..step.to };
                if !step.to.fits(state.plane.width, state.plane.height)
                    || !from.fits(state.plane.width, state.plane.height)
                {
                    return Err(Error::OutOfBounds);
                }
                state.shift(step);
                written.push(step.to);
            }
        }
        if flags & VIDEO_END != 0 {
            self.video = None;
        }
        if flags & VIDEO != 0 {
            let rect = Rect::new(cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?);
            if !rect.fits(state.plane.width, state.plane.height)
                || !(rect.width | rect.height).is_multiple_of(2)
            {
                return Err(Error::OutOfBounds);
            }
            let key = match cursor.u8()? {
                0 => false,
                1 => true,
                _ => return Err(Error::Unknown),
            };
            let unit = cursor.bytes32()?.to_vec();
            self.video = Some(VideoUnit { rect, key, unit });
        }
        let photos = if flags & PHOTOS != 0 { Some(cursor.bytes32()?) } else { None };
        let rest = cursor.rest();
        if flags & TILES != 0 {
            let mut reader = Reader::new(rest)?;
            let mut tiles = Tiles::none(state.plane.width, state.plane.height);
            let mut header = Header::default();
            let expected =
                code_tiles(&mut reader, state, &mut tiles, None, &mut |rect| written.push(rect))?;
            if expected {
                code_header(&mut reader, &mut state.model.photo, &mut header)?;
            }
            reader.finish()?;
            match photos {
                Some(photos) if expected => {
                    read_photos(photos, state, &tiles, &header, &mut |rect| written.push(rect))?
                }
                None if !expected => {}
                _ => return Err(Error::Corrupt),
            }
        } else if !rest.is_empty() || photos.is_some() {
            return Err(Error::Corrupt);
        }
        self.frames = self.frames.wrapping_add(1);
        Ok(written)
    }

    /// How many frames were decoded.
    pub fn frames(&self) -> u32 {
        self.frames
    }

    /// The last picture of the video, if one is being shown. Its coding is the browser's; the
    /// reference decoder hands it out as it came.
    pub fn video(&self) -> Option<&VideoUnit> {
        self.video.as_ref()
    }

    /// Width and height of the picture; zeros before the first frame.
    pub fn size(&self) -> (u16, u16) {
        self.state.as_ref().map_or((0, 0), |state| (state.plane.width, state.plane.height))
    }

    /// One row of the picture, `0x00RRGGBB`. Empty outside the picture.
    pub fn row(&self, y: u16) -> &[u32] {
        match &self.state {
            Some(State { plane, .. }) if y < plane.height => {
                plane.row(0, y.into(), plane.width.into())
            }
            _ => &[],
        }
    }
}
