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

/// Reads the list of screens; the first one is kept.
pub(crate) fn screens(
    reader: &mut Reader<'_>,
    out: &mut Option<Screen>,
) -> Result<Progress, Error> {
    let [count, ..] = need!(reader.array::<4>());
    let list = need!(reader.take(usize::from(count) * 16));
    *out = list.first_chunk::<16>().map(|bytes| {
        let mut screen = Reader::new(bytes);
        let id = screen.u32().unwrap_or_default();
        screen.take(8);
        Screen { id, flags: screen.u32().unwrap_or_default() }
    });
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
