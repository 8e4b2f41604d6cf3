//! Who has the data: servers share it, `restored` has it alone.
//!
//! With SQLite it is a lock of the system over a file beside the database, with PostgreSQL an
//! advisory lock of the session: both end with the program that holds them, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use sqlx::{Connection, Executor};

use crate::connect::{Backend, Store, prepare};
use crate::{Conn, Fault, Result};

/// The advisory lock: above every body's code, which are the locks of writes ("noren").
const KEY: i64 = 0x6e_6f72_656e;

/// How the data is to be held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    /// With other servers of the same database.
    Shared,
    /// By nobody else.
    Alone,
}

/// The data, held until this is dropped.
#[derive(Debug)]
pub struct Held(Lock);

#[derive(Debug)]
enum Lock {
    /// A database in memory is nobody else's.
    None,
    File(#[allow(dead_code)] File), // Closed, it is free.
    Session(Conn),
}

impl Store {
    /// Holds the data. `None`: somebody has it who does not share it, or has it shared.
    ///
    /// # Errors
    /// What the database can meet; [`Fault::Refused`] when the file cannot be made.
    pub async fn hold(&self, hold: Hold) -> Result<Option<Held>> {
        match self.backend {
            Backend::Sqlite => {
                let Some(path) = beside(&self.address) else { return Ok(Some(Held(Lock::None))) };
                let refused = |error: std::io::Error| {
                    Fault::Refused(format!("cannot lock {}: {error}", path.display()))
                };
                let file = open(&path).map_err(refused)?;
                let tried = match hold {
                    Hold::Shared => file.try_lock_shared(),
                    Hold::Alone => file.try_lock(),
                };
                match tried {
                    Ok(()) => Ok(Some(Held(Lock::File(file)))),
                    Err(TryLockError::WouldBlock) => Ok(None),
                    Err(TryLockError::Error(error)) => Err(refused(error)),
                }
            }
            Backend::Postgres => {
                let mut conn = Conn::connect(&self.address).await?;
                prepare(&mut conn, self.backend).await?;
                // A server that does nothing for a night keeps it.
                conn.execute("SET idle_session_timeout = 0").await?;
                let sql = match hold {
                    Hold::Shared => "SELECT pg_try_advisory_lock_shared($1)",
                    Hold::Alone => "SELECT pg_try_advisory_lock($1)",
                };
                let got: bool = sqlx::query_scalar(sql).bind(KEY).fetch_one(&mut conn).await?;
                Ok(got.then_some(Held(Lock::Session(conn))))
            }
        }
    }
}

impl Held {
    /// Whether it is still held: a session of PostgreSQL ends with the server it is at.
    pub async fn stands(&mut self) -> bool {
        match &mut self.0 {
            Lock::None | Lock::File(_) => true,
            Lock::Session(conn) => conn.execute("SELECT 1").await.is_ok(),
        }
    }
}

/// The file beside an SQLite database.
fn beside(address: &str) -> Option<PathBuf> {
    let path = address.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path).split('?').next()?;
    let memory = path.is_empty() || path.contains(":memory:") || address.contains("mode=memory");
    (!memory).then(|| PathBuf::from(format!("{path}.lock")))
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
