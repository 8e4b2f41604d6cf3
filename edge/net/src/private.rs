//! Folders and files that only the program's own user may read, whatever the umask and whatever
//! their modes were before.
//!
//! On most machines a folder made by hand is 0755 and a database in it 0644, so the umask does not
//! decide here. A mode that is too wide is narrowed. If such a file belongs to another user it is
//! refused: the program may not change it, or, as root, would lock its owner out.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Makes a folder, with its parents, that only this user may enter. An existing folder is narrowed,
/// and so are the files in it. `but_not` names files that stay unchanged, because their reader
/// itself refuses wide modes. Returns what was narrowed.
///
/// # Errors
/// Errors of the system; [`io::ErrorKind::PermissionDenied`], with the reason in words, for a file
/// of another user.
pub fn folder(path: &Path, but_not: &[&str]) -> io::Result<Vec<PathBuf>> {
    make(path)?;
    let mut narrowed = Vec::new();
    narrow(path, &mut narrowed)?;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        // A link is not followed: it may point outside the folder.
        if entry.file_type()?.is_file() && !but_not.iter().any(|name| entry.file_name() == *name) {
            narrow(&entry.path(), &mut narrowed)?;
        }
    }
    Ok(narrowed)
}

/// Makes or empties a file that only this user may read.
///
/// # Errors
/// As [`folder`].
pub fn emptied(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().write(true).create(true).truncate(true))
}

/// Makes a file that only this user may read. It must not exist yet.
///
/// # Errors
/// As [`folder`]; [`io::ErrorKind::AlreadyExists`].
pub fn new(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().write(true).create_new(true))
}

/// Makes a file that only this user may read, or narrows the existing one and keeps its content.
///
/// # Errors
/// As [`folder`].
pub fn kept(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().append(true).create(true))
}

/// Narrows the file if it exists.
///
/// # Errors
/// As [`folder`].
pub fn narrowed(path: &Path) -> io::Result<()> {
    if path.exists() { narrow(path, &mut Vec::new()) } else { Ok(()) }
}

fn make(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    // The mode above applies only to new files, so an existing one is narrowed before anything is
    // written.
    narrowed(path)?;
    options.open(path)
}

#[cfg(unix)]
fn narrow(path: &Path, narrowed: &mut Vec<PathBuf>) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let refused = |what: &str| {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} {what}", path.display())))
    };
    let found = std::fs::metadata(path)?;
    let mode = found.mode() & 0o7777;
    if found.is_dir() && mode & 0o1000 != 0 {
        return refused("is a folder that many share (sticky): choose one of this program's own");
    }
    if mode & 0o077 == 0 {
        return Ok(());
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return refused(
            "can be read by others and belongs to another user: chown it to this program's user, \
             or take it away",
        );
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & 0o700))?;
    narrowed.push(path.to_owned());
    Ok(())
}

// On Windows the installer sets the rights of the service's folder (under ProgramData).
#[cfg(not(unix))]
fn narrow(_: &Path, _: &mut Vec<PathBuf>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_wide_is_narrowed_and_what_it_holds_stays() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let (file, keys, link) =
            (data.join("noren.sqlite"), data.join("keys.toml"), data.join("link"));
        std::fs::write(&file, "kept").unwrap();
        std::fs::write(&keys, "keys").unwrap();
        let outside = place.path().join("outside");
        std::fs::write(&outside, "").unwrap();
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        for (path, mode) in [(&data, 0o755), (&file, 0o644), (&keys, 0o644), (&outside, 0o644)] {
            set(path, mode);
        }
        assert_eq!(folder(&data, &["keys.toml"]).unwrap(), [data.clone(), file.clone()]);
        assert_eq!((mode(&data), mode(&file)), (0o700, 0o600));
        assert_eq!(
            (mode(&keys), mode(&outside)),
            (0o644, 0o644),
            "left to its reader; not ours to touch"
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
        assert_eq!(folder(&data, &["keys.toml"]).unwrap(), [] as [PathBuf; 0], "said once");
    }

    #[test]
    fn each_way_to_open_narrows_first() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        new(&file).unwrap().write_all(b"one").unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(new(&file).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        set(&file, 0o666);
        drop(kept(&file).unwrap());
        assert_eq!((mode(&file), std::fs::read_to_string(&file).unwrap().as_str()), (0o600, "one"));
        set(&file, 0o644);
        drop(emptied(&file).unwrap());
        assert_eq!((mode(&file), std::fs::read_to_string(&file).unwrap().as_str()), (0o600, ""));
    }

    #[test]
    fn a_folder_of_everybody_is_refused_and_left_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        set(place.path(), 0o1777);
        assert_eq!(folder(place.path(), &[]).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(mode(place.path()), 0o1777);
        set(place.path(), 0o700);
    }
}
