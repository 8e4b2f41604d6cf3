//! What operating systems do differently: how a rename is made to last. Who may read the state is
//! `net::private`.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes renames inside a folder last over a power cut.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    // Windows has no such call; its renames are journalled.
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}
