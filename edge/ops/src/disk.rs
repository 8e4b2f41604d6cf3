//! Room on a disk.

use std::path::Path;

/// Bytes that an ordinary user may still write where `path` lies.
///
/// # Errors
/// What `statvfs(3)` meets.
#[cfg(unix)]
pub fn free(path: &Path) -> std::io::Result<u64> {
    let told = rustix::fs::statvfs(path)?;
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}

/// Not told on this system.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn free(_: &Path) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn room_is_told_and_a_place_that_is_not_there_is_an_error() {
        assert!(free(Path::new("/")).unwrap() > 0);
        assert!(super::free(Path::new("/not/there")).is_err());
    }
}
