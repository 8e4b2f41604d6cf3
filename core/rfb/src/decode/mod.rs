//! The encodings, one file each. Every decoder takes what has come so far and says whether that was
//! enough.

pub(crate) mod copyrect;
pub(crate) mod cursor;
pub(crate) mod desktop;
pub(crate) mod raw;
pub(crate) mod tight;
pub(crate) mod zrle;

/// Whether a decoder is through with its rectangle.
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
