//! What the agent keeps on disk: one folder that only its user may read.
//!
//! Every change is: lock, read, change, write a new file beside the old, make it last, rename. So
//! the command line and the daemon never see half of anything, and neither overwrites what the
//! other did.

use crate::{Error, Result, platform};
use net::private;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use identity::{Identity, Seed};
pub use ledger::{Device, Ledger, Open};
pub use status::{LiveSession, SeenTarget, Status};
pub(crate) use targets::zone as parse_zone;
pub use told::{Told, WentBack};

pub use targets::{Place, Target, Targets};

mod identity;
mod ledger;
mod status;
mod targets;
mod told;

/// Something that is one file of the state.
pub trait Document: Serialize + DeserializeOwned {
    /// Name of the file.
    const FILE: &'static str;
    /// Largest size in bytes; more is damage.
    const MAX: u64;
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// Which version of a file was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(Option<(SystemTime, u64)>);

impl Store {
    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens a folder, making it when it is not there. What others could read of it is narrowed,
    /// and said.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn open(folder: &Path) -> Result<Self> {
        let narrowed = private::folder(folder, &[])
            .map_err(|error| Error::State { path: folder.to_owned(), error })?;
        for path in narrowed {
            // Of commands as of the daemon, whose log may not stand yet: keys lie here.
            eprintln!("noren-agent: {} could be read by others; it is closed now", path.display());
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// Reads a document; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Damaged`].
    pub fn read<T: Document>(&self) -> Result<Option<T>> {
        let path = self.folder.join(T::FILE);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::State { path, error }),
        };
        let mut bytes = Vec::new();
        if let Err(error) = file.take(T::MAX + 1).read_to_end(&mut bytes) {
            return Err(Error::State { path, error });
        }
        if bytes.len() as u64 > T::MAX {
            return Err(Error::Damaged { path, reason: format!("more than {} bytes", T::MAX) });
        }
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| Error::Damaged { path, reason: error.to_string() })
    }

    /// Changes a document under the lock; when `change` fails nothing is written.
    ///
    /// # Errors
    /// Those of `change`, [`Error::State`], [`Error::Damaged`].
    pub fn update<T: Document + Default, R>(
        &self,
        change: impl FnOnce(&mut T) -> Result<R>,
    ) -> Result<(T, R)> {
        let _lock = self.lock("lock", true)?;
        let mut document = self.read::<T>()?.unwrap_or_default();
        let value = change(&mut document)?;
        self.write(&document)?;
        Ok((document, value))
    }

    /// Writes a document that did not exist.
    ///
    /// # Errors
    /// [`Error::Enrolled`] when it exists, [`Error::State`].
    pub fn create<T: Document>(&self, document: &T) -> Result<()> {
        let _lock = self.lock("lock", true)?;
        if self.read::<T>()?.is_some() {
            return Err(Error::Enrolled);
        }
        self.write(document)
    }

    /// Writes a document without a look at the old one: for what only the daemon writes.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn replace<T: Document>(&self, document: &T) -> Result<()> {
        self.write(document)
    }

    /// Which version of a document is there now.
    pub fn stamp<T: Document>(&self) -> Stamp {
        let found = std::fs::metadata(self.folder.join(T::FILE)).ok();
        Stamp(found.and_then(|meta| Some((meta.modified().ok()?, meta.len()))))
    }

    /// The daemon's own lock, held while it runs.
    ///
    /// # Errors
    /// [`Error::Running`] when another process holds it, [`Error::State`].
    pub fn lock_daemon(&self) -> Result<File> {
        self.lock("run.lock", false)
    }

    /// Whether a daemon runs with this state.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn daemon_runs(&self) -> Result<bool> {
        match self.lock_daemon() {
            Ok(_) => Ok(false),
            Err(Error::Running) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn lock(&self, name: &str, wait: bool) -> Result<File> {
        let path = self.folder.join(name);
        let file =
            private::emptied(&path).map_err(|error| Error::State { path: path.clone(), error })?;
        let locked =
            if wait { file.lock().map_err(std::fs::TryLockError::Error) } else { file.try_lock() };
        match locked {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(Error::Running),
            Err(std::fs::TryLockError::Error(error)) => Err(Error::State { path, error }),
        }
    }

    fn write<T: Document>(&self, document: &T) -> Result<()> {
        let path = self.folder.join(T::FILE);
        let fault = |error: std::io::Error| Error::State { path: path.clone(), error };
        let mut bytes = serde_json::to_vec_pretty(document).map_err(|error| fault(error.into()))?;
        bytes.push(b'\n');
        let new = self.folder.join(format!("{}.new", T::FILE));
        let mut file = private::emptied(&new).map_err(fault)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(fault)?;
        std::fs::rename(&new, &path).map_err(fault)?;
        platform::sync_folder(&self.folder).map_err(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_change_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.update(|targets: &mut Targets| targets.add(sample("one"))).unwrap();
        let before = store.stamp::<Targets>();
        let failed = store.update(|targets: &mut Targets| {
            targets.add(sample("two"))?;
            Err::<(), _>(Error::Invalid("no".into()))
        });
        assert!(matches!(failed, Err(Error::Invalid(_))));
        assert_eq!(store.stamp::<Targets>(), before);
        assert_eq!(store.read::<Targets>().unwrap().unwrap().iter().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_said_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        std::fs::write(folder.path().join(Targets::FILE), "{").unwrap();
        let failed = store.update(|targets: &mut Targets| targets.add(sample("one")));
        assert!(matches!(failed, Err(Error::Damaged { .. })));
        assert_eq!(std::fs::read_to_string(folder.path().join(Targets::FILE)).unwrap(), "{");
    }

    #[test]
    fn one_daemon_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert!(!store.daemon_runs().unwrap());
        let lock = store.lock_daemon().unwrap();
        assert!(store.daemon_runs().unwrap());
        assert!(matches!(store.lock_daemon(), Err(Error::Running)));
        drop(lock);
        assert!(!store.daemon_runs().unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_may_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("state");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let wide = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap()
        };
        let store = Store::open(&inner).unwrap();
        store.update(|targets: &mut Targets| targets.add(sample("one"))).unwrap();
        assert_eq!((mode(&inner), mode(&inner.join(Targets::FILE))), (0o700, 0o600));
        // As it is after a copy by hand: closed at the next start, and written anew closed too.
        wide(&inner, 0o755);
        wide(&inner.join(Targets::FILE), 0o644);
        let store = Store::open(&inner).unwrap();
        assert_eq!((mode(&inner), mode(&inner.join(Targets::FILE))), (0o700, 0o600));
        std::fs::write(inner.join("targets.json.new"), "").unwrap();
        wide(&inner.join("targets.json.new"), 0o666);
        store.update(|targets: &mut Targets| targets.add(sample("two"))).unwrap();
        assert_eq!(mode(&inner.join(Targets::FILE)), 0o600);
    }

    fn sample(name: &str) -> Target {
        Target::new(name, pairing::Zone::Lgwan, Place::Sample).unwrap()
    }
}
