//! Where the data is: a folder that only the server's user may enter, and a database.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use net::{SystemClock, SystemRng, private};
use store::{Held, Hold};

use crate::{App, watch};
use kit::Site;
use kit::keys::Keys;
use web_people::Making;

/// The database's address where it has a password in it: an argument is read by everybody on the
/// machine (`ps`), an environment is not.
const DATABASE: &str = "NOREN_DATABASE";

/// Where the data is.
#[derive(Clone, Debug, clap::Args)]
pub struct Data {
    /// Folder with keys and (when it is SQLite) the database; made when it is not there, and closed
    /// to others.
    #[arg(long, default_value = "noren-data", env = "NOREN_DATA")]
    pub data: PathBuf,
    /// Database: `sqlite:PATH` or `postgres://USER@HOST/NAME`. Without it what NOREN_DATABASE says,
    /// else SQLite in the folder.
    /// An address with a password goes into NOREN_DATABASE: arguments are seen by everybody on the
    /// machine.
    #[arg(long)]
    pub database: Option<String>,
}

impl Data {
    /// Opens what is there; a wrong folder makes no new database.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn open_existing(&self) -> anyhow::Result<store::Store> {
        let there = self.address()?.is_some() || self.data.join("noren.sqlite").is_file();
        ensure!(there, "there is no database in {}", self.data.display());
        self.open().await
    }

    /// What is there, held alone: no server runs over it and none starts meanwhile.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn alone(&self) -> anyhow::Result<(App, Held)> {
        let store = self.open_existing().await?;
        let keys = Keys::load(&self.data)?;
        ensure!(keys.fit(&mut *store.read().await?).await?, watch::OTHER_KEYS);
        let held = store.hold(Hold::Alone).await?.context(
            "a server runs over this data (or a command that needs it alone): stop it first. \
             Nothing was changed",
        )?;
        Ok((self.app(store, keys)?, held))
    }

    /// The state of a server that serves nobody.
    ///
    /// # Errors
    /// None; the type leaves room.
    pub fn app(&self, store: store::Store, keys: Keys) -> anyhow::Result<App> {
        let site = Site::new("http://localhost", Vec::new())?;
        let (clock, rng) = (Arc::new(SystemClock::new()), Box::new(SystemRng::new()));
        Ok(App::new(Making { store, clock, rng, keys, site }))
    }

    /// What is there, as it is: nothing is made, nothing is migrated.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn connect(&self) -> anyhow::Result<store::Store> {
        let address = match self.address()? {
            Some(address) => address,
            None => {
                let there = self.data.join("noren.sqlite").is_file();
                ensure!(there, "there is no database in {}", self.data.display());
                store::Store::address_in(&self.data)?
            }
        };
        store::Store::connect(&address).await.context("cannot open the database")
    }

    /// Makes the folder and opens the database. What others could read is closed to them, and said.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn open(&self) -> anyhow::Result<store::Store> {
        // Not the keys: a file of keys that others could read is refused where it is read, because
        // closing it makes nothing secret again.
        let narrowed = private::folder(&self.data, &[Keys::FILE])
            .with_context(|| format!("the folder {} cannot be used", self.data.display()))?;
        for path in narrowed {
            tracing::warn!(path = %path.display(), "could be read by others; it is closed now");
        }
        let address = self.address()?;
        let file = match &address {
            Some(address) => sqlite_file(address),
            None => Some(self.data.join("noren.sqlite")),
        };
        if let Some(file) = file {
            close(&file)
                .with_context(|| format!("the database {} cannot be used", file.display()))?;
        }
        let store = match &address {
            Some(address) => store::Store::open(address).await,
            None => store::Store::open_folder(&self.data).await,
        };
        store.context("cannot open the database")
    }

    /// The address of the PostgreSQL database.
    ///
    /// # Errors
    /// When the data is not in one.
    pub fn postgres(&self) -> anyhow::Result<String> {
        let address = self.address()?.filter(|address| address.starts_with("postgres"));
        address.context("no PostgreSQL database was named")
    }

    /// The address that was given, by the argument or by the environment.
    fn address(&self) -> anyhow::Result<Option<String>> {
        // Here and not while the command line is read: that would repeat what was typed.
        if let Some(address) = &self.database {
            return without_password(address).map(Some).map_err(anyhow::Error::msg);
        }
        match std::env::var(DATABASE) {
            Ok(address) => Ok(Some(address).filter(|address| !address.is_empty())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => bail!("{DATABASE} is not text"),
        }
    }
}

/// Makes the file before SQLite does, whose files beside it (`-wal`, `-shm`, `-journal`) get its
/// mode (sqlite.org/src, `findCreateFileMode`).
fn close(file: &Path) -> std::io::Result<()> {
    private::kept(file)?;
    let beside = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    ["-wal", "-shm", "-journal"]
        .into_iter()
        .try_for_each(|suffix| private::narrowed(&beside(suffix)))
}

/// The file of an SQLite address; `None` for one in memory and for other databases.
fn sqlite_file(address: &str) -> Option<PathBuf> {
    let path = address.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path =
        path.split('?').next().filter(|path| !path.is_empty() && !path.contains(":memory:"))?;
    Some(PathBuf::from(path))
}

/// Refuses an argument with a password in it.
fn without_password(address: &str) -> Result<String, String> {
    // Also `?password=`, which PostgreSQL's own library takes.
    let typed = url::Url::parse(address).ok().filter(|url| !url.cannot_be_a_base());
    let secret = typed.is_some_and(|url| {
        url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
    });
    if secret {
        return Err(format!(
            "an argument with a password in it is seen by everybody on this machine: put the \
             address into the environment as {DATABASE}, or the password into ~/.pgpass"
        ));
    }
    Ok(address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_holds_no_password() {
        for open in [
            "postgres://noren@localhost/noren",
            "postgres:///noren?host=/run/postgresql",
            "sqlite:/var/lib/noren/a.sqlite",
        ] {
            assert_eq!(without_password(open).as_deref(), Ok(open));
        }
        for secret in [
            "postgres://noren:geheim@localhost/noren",
            "postgresql://noren@localhost/noren?password=geheim",
        ] {
            let said = without_password(secret).unwrap_err();
            assert!(said.contains(DATABASE) && !said.contains("geheim"), "{said}");
        }
    }

    #[test]
    fn the_file_of_an_address() {
        let file = |address| sqlite_file(address).map(|path| path.display().to_string());
        assert_eq!(file("sqlite:a/b.sqlite").as_deref(), Some("a/b.sqlite"));
        assert_eq!(file("sqlite:///a/b.sqlite?mode=rwc").as_deref(), Some("/a/b.sqlite"));
        assert_eq!(file("sqlite::memory:"), None);
        assert_eq!(file("postgres://noren@localhost/noren"), None);
    }
}
