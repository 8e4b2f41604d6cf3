//! The encodings, one file each. Every decoder is given the bytes that have arrived and says
//! whether they were enough.

pub(crate) mod copyrect;
pub(crate) mod cursor;
pub(crate) mod desktop;
pub(crate) mod raw;
pub(crate) mod tight;
pub(crate) mod zrle;

/// Whether a decoder has finished its rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Done,
    NeedMore,
}

/// Reads a value or returns [`Progress::NeedMore`] from the decoder.
macro_rules! need {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok($crate::decode::Progress::NeedMore),
        }
    };
}
pub(crate) use need;
