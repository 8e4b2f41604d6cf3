//! One FramebufferUpdate on its way in (RFC 6143, 7.6.1).

use crate::bytes::Reader;
use crate::decode::cursor::{Form, Head};
use crate::decode::desktop::Screens;
use crate::decode::raw::Raw;
use crate::decode::tight::Tight;
use crate::decode::zrle::Zrle;
use crate::decode::{Progress, copyrect, cursor, desktop};
use crate::{Cursor, Damage, Encoding, Error, Framebuffer, Rect};
use std::collections::BTreeMap;

/// The decoders that keep state from one rectangle to the next.
#[derive(Debug)]
pub(crate) struct Codecs {
    pub(crate) zrle: Zrle,
    pub(crate) tight: Tight,
    /// Rectangles decoded, by encoding.
    pub(crate) counts: BTreeMap<i32, u64>,
}

impl Codecs {
    pub(crate) fn new() -> Codecs {
        Codecs { zrle: Zrle::new(), tight: Tight::new(), counts: BTreeMap::new() }
    }
}

/// What a step of an update means beyond the picture.
#[derive(Debug)]
pub(crate) enum Effect {
    Cursor(Cursor),
    Name(String),
    QemuKey,
    MoreButtons,
    Screens(Screens),
    Size(u16, u16),
    SizeAndScreens(u16, u16, Screens),
    End(Damage),
}

/// An update: its remaining rectangles, and the damage so far.
#[derive(Debug)]
pub(crate) struct Update {
    /// Rectangles to come; `None` until a LastRect.
    left: Option<u16>,
    raw: Option<(Rect, Raw)>,
    damage: Damage,
}

/// Number of rectangles that means "until LastRect".
const UNTIL_LAST: u16 = 0xffff;

/// Progress, the bytes used up although more is needed, and the effect.
type Stepped = (Progress, usize, Option<Effect>);

impl Update {
    pub(crate) fn new(count: u16) -> Update {
        Update {
            left: (count != UNTIL_LAST).then_some(count),
            raw: None,
            damage: Damage::default(),
        }
    }

    /// Drops the damage so far: the picture has a new size.
    pub(crate) fn forget(&mut self) {
        self.damage = Damage::default();
    }

    /// Decodes one rectangle, or as much of a raw one as has arrived.
    pub(crate) fn step(
        &mut self,
        reader: &mut Reader<'_>,
        fb: &mut Framebuffer,
        codecs: &mut Codecs,
    ) -> Result<Stepped, Error> {
        if let Some((rect, raw)) = &mut self.raw {
            let progress = raw.feed(reader, fb)?;
            if progress == Progress::NeedMore {
                return Ok((progress, reader.used(), None));
            }
            self.damage.paint(*rect);
            self.raw = None;
            return Ok((Progress::Done, 0, None));
        }
        if self.left == Some(0) {
            return Ok((Progress::Done, 0, Some(Effect::End(std::mem::take(&mut self.damage)))));
        }
        let head =
            (|| Some((reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?, reader.i32()?)))(
            );
        let Some((x, y, width, height, encoding)) = head else {
            return Ok((Progress::NeedMore, 0, None));
        };
        let (progress, effect) =
            self.rectangle(encoding, Rect::new(x, y, width, height), reader, fb, codecs)?;
        if progress == Progress::Done {
            self.left = self.left.map(|left| left.saturating_sub(1));
            // Only encodings that are known get here, so the map stays small.
            *codecs.counts.entry(encoding).or_default() += 1;
        }
        Ok((progress, 0, effect))
    }

    fn rectangle(
        &mut self,
        encoding: i32,
        rect: Rect,
        reader: &mut Reader<'_>,
        fb: &mut Framebuffer,
        codecs: &mut Codecs,
    ) -> Result<(Progress, Option<Effect>), Error> {
        const fn is(encoding: i32, which: Encoding) -> bool {
            encoding == which as i32
        }
        let Rect { x, y, width, height } = rect;
        let done = |effect| Ok((Progress::Done, Some(effect)));
        match encoding {
            e if is(e, Encoding::LastRect) => {
                self.left = Some(0);
                return Ok((Progress::Done, None));
            }
            e if is(e, Encoding::QemuExtendedKey) => return done(Effect::QemuKey),
            e if is(e, Encoding::ExtendedMouseButtons) => return done(Effect::MoreButtons),
            e if is(e, Encoding::DesktopSize) => return done(Effect::Size(width, height)),
            e if is(e, Encoding::ExtendedDesktopSize) => {
                let mut screens = Screens::default();
                let progress = desktop::screens(reader, &mut screens)?;
                // x says who asked for the change (1: this client), y whether that was refused.
                let refused = x == 1 && y != 0;
                let effect = if refused {
                    Effect::Screens(screens)
                } else {
                    Effect::SizeAndScreens(width, height, screens)
                };
                return Ok((progress, (progress == Progress::Done).then_some(effect)));
            }
            e if is(e, Encoding::DesktopName) => {
                let mut name = String::new();
                let progress = desktop::name(reader, &mut name)?;
                return Ok((progress, (progress == Progress::Done).then_some(Effect::Name(name))));
            }
            _ => {}
        }
        let form = match encoding {
            e if is(e, Encoding::Cursor) => Some(Form::Colour),
            e if is(e, Encoding::XCursor) => Some(Form::TwoColours),
            e if is(e, Encoding::CursorWithAlpha) => Some(Form::Alpha),
            _ => None,
        };
        if let Some(form) = form {
            let mut shape = None;
            let progress = cursor::decode(
                reader,
                Head { hot_x: x, hot_y: y, width, height },
                form,
                &mut shape,
            )?;
            return Ok((progress, shape.map(Effect::Cursor)));
        }
        fb.check(rect)?;
        let progress = match encoding {
            e if is(e, Encoding::Raw) => {
                self.raw = Some((rect, Raw::new(rect)));
                return Ok((Progress::Done, None));
            }
            e if is(e, Encoding::CopyRect) => {
                return Ok((copyrect::decode(reader, rect, fb, &mut self.damage)?, None));
            }
            e if is(e, Encoding::Zrle) => codecs.zrle.decode(reader, rect, fb)?,
            e if is(e, Encoding::Tight) => codecs.tight.decode(reader, rect, fb)?,
            _ => return Err(Error::PeerMisbehaved("an encoding that was not asked for")),
        };
        if progress == Progress::Done {
            self.damage.paint(rect);
        }
        Ok((progress, None))
    }
}
