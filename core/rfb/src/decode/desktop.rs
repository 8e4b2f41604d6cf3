//! Messages about the desktop itself: ExtendedDesktopSize and DesktopName (rfbproto).

use super::{Progress, need};
use crate::Error;
use crate::bytes::Reader;
use crate::text::clean;

/// Longest desktop name read, in bytes; what is kept is cut to [`crate::MOST_NAME`].
pub(crate) const MOST_NAME_READ: u32 = 64 * 1024;

/// One screen of the desktop, needed to ask for another size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    pub(crate) id: u32,
    pub(crate) flags: u32,
}

/// The screens of a desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Screens {
    /// One, or none that is named.
    One(Screen),
    /// Several. Which of them is how large is for whoever sits before them to say.
    #[default]
    Several,
}

/// Reads the list of screens.
pub(crate) fn screens(reader: &mut Reader<'_>, out: &mut Screens) -> Result<Progress, Error> {
    let [count, ..] = need!(reader.array::<4>());
    let list = need!(reader.take(usize::from(count) * 16));
    let mut screen = Reader::new(list);
    let id = screen.u32().unwrap_or_default();
    screen.take(8);
    let flags = screen.u32().unwrap_or_default();
    *out = if count > 1 { Screens::Several } else { Screens::One(Screen { id, flags }) };
    Ok(Progress::Done)
}

/// Reads a name.
pub(crate) fn name(reader: &mut Reader<'_>, out: &mut String) -> Result<Progress, Error> {
    let length = need!(reader.u32());
    if length > MOST_NAME_READ {
        return Err(Error::TooLarge("the desktop's name"));
    }
    *out = clean(need!(reader.take(length as usize)));
    Ok(Progress::Done)
}
