//! The one place that knows operating systems: who may read the state, and how a rename is made to last.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder, with its parents, that only this user may enter.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes or empties a file that only this user may read.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes renames inside a folder last over a power cut.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    // Windows has no such call; its renames are journalled.
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}
