//! The archive a workbook is: unfolded into nothing and counted, because what it says of itself is not believed.

use std::io::{Cursor, Read};

use sheet::{Fault, MAX_PARTS, MAX_UNFOLDED};
use zip::ZipArchive;

/// Bytes between two looks at the clock.
const STEP: u64 = 1 << 20;

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
        loop {
            let unfolded = std::io::copy(&mut (&mut entry).take(STEP), &mut std::io::sink()).map_err(broken)?;
            left = left.checked_sub(unfolded).ok_or(Fault::TooLarge)?;
            if over() {
                return Err(Fault::Slow);
            }
            if unfolded < STEP {
                break;
            }
        }
    }
    Ok(())
}
