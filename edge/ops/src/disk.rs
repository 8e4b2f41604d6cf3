//! Room on a disk.

use std::path::Path;

/// Bytes that an ordinary user may still write where `path` lies, and the share of all bytes that
/// this is (0 to 1).
///
/// # Errors
/// What `statvfs(3)` meets.
pub fn free(path: &Path) -> std::io::Result<(u64, f64)> {
    let told = rustix::fs::statvfs(path)?;
    let free = told.f_bavail.saturating_mul(told.f_frsize);
    let all = told.f_blocks.saturating_mul(told.f_frsize);
    #[allow(clippy::cast_precision_loss)] // A share of a disk needs no more.
    let share = if all == 0 { 0.0 } else { free as f64 / all as f64 };
    Ok((free, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_told_and_a_place_that_is_not_there_is_an_error() {
        let (free, share) = free(Path::new("/")).unwrap();
        assert!(free > 0 && share > 0.0 && share <= 1.0);
        assert!(super::free(Path::new("/not/there")).is_err());
    }
}
