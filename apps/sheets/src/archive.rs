//! The archive a workbook is: unfolded into nothing and counted, because what it says of itself is
//! not believed.

use std::io::{Cursor, Read};

use sheet::{Fault, MAX_PARTS, MAX_UNFOLDED};
use zip::ZipArchive;

/// Bytes between two looks at the clock.
const STEP: usize = 64 << 10;
/// Longest mark of XML, bytes.
const MAX_TAG: usize = 64 << 10;

/// Unfolds every entry into nothing.
///
/// # Errors
/// [`Fault::NotAnArchive`], [`Fault::TooLarge`], [`Fault::Macros`], [`Fault::Slow`].
pub(crate) fn unfolds_within(bytes: &[u8], over: &mut dyn FnMut() -> bool) -> Result<(), Fault> {
    let broken = |_| Fault::NotAnArchive;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Fault::NotAnArchive)?;
    if archive.len() > MAX_PARTS {
        return Err(Fault::TooLarge);
    }
    let mut left = MAX_UNFOLDED;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|_| Fault::NotAnArchive)?;
        let name = entry.name().map_err(|_| Fault::NotAnArchive)?.to_ascii_lowercase();
        if name.contains("vbaproject") {
            return Err(Fault::Macros);
        }
        // A picture is no XML, whatever its bytes look like.
        let xml = [".xml", ".rels", ".vml"].iter().any(|end| name.ends_with(end));
        let mut tags = Tags::default();
        let mut piece = vec![0; STEP];
        loop {
            let size = entry.read(&mut piece).map_err(broken)?;
            if size == 0 {
                break;
            }
            left = left.checked_sub(size as u64).ok_or(Fault::TooLarge)?;
            if xml {
                tags.take(&piece[..size])?;
            }
            if over() {
                return Err(Fault::Slow);
            }
        }
    }
    Ok(())
}

/// The marks of an XML part. A number format or a font's name stands in an attribute and is taken
/// once for every style that names it:
/// none is as long as this.
#[derive(Default)]
struct Tags {
    /// Bytes of the mark that is open; none outside of one.
    open: Option<usize>,
}

impl Tags {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        for byte in bytes {
            self.open = match (byte, self.open) {
                (b'<', _) => Some(0),
                (b'>', _) => None,
                (_, Some(length)) if length >= MAX_TAG => return Err(Fault::TooLarge),
                (_, open) => open.map(|length| length + 1),
            };
        }
        Ok(())
    }
}
