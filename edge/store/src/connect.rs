//! Opening a database.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use people::TokenId;
use sqlx::any::AnyPoolOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Connection, Executor};
use tokio::sync::OwnedSemaphorePermit;

use crate::turns::{Places, Turn, Turns, Work};
use crate::{Conn, Fault, Result, migrate};

/// Which database it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// A file beside the server.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// A database, migrated. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    /// Connections that write: what begins there is a [`crate::Tx`].
    pub(crate) pool: AnyPool,
    /// Connections on which the database itself refuses to write.
    reading: AnyPool,
    /// For a connection of its own.
    pub(crate) address: Arc<str>,
    pub(crate) backend: Backend,
    turns: Turns,
    pub(crate) places: Places,
    work: Work,
    /// No write begins any more: the store is not what it was said to be.
    pub(crate) stopped: Arc<AtomicBool>,
}

impl std::fmt::Debug for Store {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("backend", &self.backend).finish_non_exhaustive()
    }
}

/// How long somebody who has a place waits for its connection. A restart of PostgreSQL takes less;
/// whoever waits longer is told.
const PATIENCE: Duration = Duration::from_secs(4);

/// A connection for reading; the database refuses to write on it.
#[derive(Debug)]
pub struct Reading {
    conn: PoolConnection<Any>,
    _place: OwnedSemaphorePermit,
}

impl Store {
    /// Opens (and makes, when it is SQLite) the database at `address`: `sqlite:PATH` or
    /// `postgres://USER:PASSWORD@HOST/NAME`, and migrates it.
    ///
    /// # Errors
    /// [`Fault::Address`], [`Fault::Gone`], [`Fault::Newer`] and what migrations can meet.
    pub async fn open(address: &str) -> Result<Self> {
        let store = Self::connect(address).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// The same without migrating: the database is as it was.
    ///
    /// # Errors
    /// [`Fault::Address`], [`Fault::Gone`].
    pub async fn connect(address: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let backend = match address.split(':').next() {
            Some("sqlite") => Backend::Sqlite,
            Some("postgres" | "postgresql") => Backend::Postgres,
            _ => return Err(Fault::Address),
        };
        let address = match backend {
            Backend::Sqlite if !address.contains('?') => format!("{address}?mode=rwc"),
            _ => address.to_owned(),
        };
        // Once outside the pool, which would try again for ten seconds and then say no more than
        // that.
        let mut first = Conn::connect(&address).await?;
        prepare(&mut first, backend).await?;
        first.close().await?;
        let places = Places::new(backend);
        // SQLite ends a transaction by itself when the disk is full; the library then counts one
        // that is not there. Such a connection is given up.
        let pool = || {
            AnyPoolOptions::new()
                .acquire_timeout(PATIENCE)
                .before_acquire(|conn, _| Box::pin(async move { Ok(!conn.is_in_transaction()) }))
        };
        let writing = pool()
            .max_connections(places.to_write_at_most())
            .after_connect(move |conn, _| Box::pin(prepare(conn, backend)))
            .connect(&address)
            .await?;
        let reading = pool()
            .max_connections(places.to_read_at_most())
            .after_connect(move |conn, _| Box::pin(prepare_to_read(conn, backend)))
            .connect_lazy(&address)?;
        let address = address.into();
        Ok(Self {
            pool: writing,
            reading,
            address,
            backend,
            turns: Turns::default(),
            places,
            work: Work::Pages,
            stopped: Arc::default(),
        })
    }

    /// Brings the database to this version. Opening does it; once more changes nothing.
    ///
    /// # Errors
    /// What the database can meet; [`Fault::Newer`] and [`Fault::OtherMigration`].
    pub async fn migrate(&self) -> Result<()> {
        migrate::run(self).await
    }

    /// Numbers of the migrations that [`Store::migrate`] would run.
    ///
    /// # Errors
    /// What the database can meet; [`Fault::Newer`] and [`Fault::OtherMigration`].
    pub async fn pending(&self) -> Result<Vec<i64>> {
        migrate::pending(self).await
    }

    /// The SQLite database in a folder.
    ///
    /// # Errors
    /// As [`Store::open`]; [`Fault::Address`] when the path is not UTF-8.
    pub async fn open_folder(folder: &Path) -> Result<Self> {
        Self::open(&Self::address_in(folder)?).await
    }

    /// The address of the SQLite database in a folder.
    ///
    /// # Errors
    /// [`Fault::Address`] when the path is not UTF-8 or holds `?`, `#` or `%`.
    pub fn address_in(folder: &Path) -> Result<String> {
        let path = folder.join("noren.sqlite");
        let path =
            path.to_str().filter(|path| !path.contains(['?', '#', '%'])).ok_or(Fault::Address)?;
        Ok(format!("sqlite:{path}"))
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Lets SQLite count how its rows are spread (<https://www.sqlite.org/lang_analyze.html>), 400
    /// rows an index: without that it takes one index of a body for as good as one of a person, and
    /// reads three years of a city for one day of somebody. PostgreSQL does it by itself.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn analyze(&self) -> Result<()> {
        if self.backend == Backend::Sqlite {
            let _place = self.places.to_write(Work::Lines).await?;
            self.pool.acquire().await?.execute("PRAGMA analysis_limit = 400; ANALYZE").await?;
        }
        Ok(())
    }

    /// From now on every write of this process is refused; what is committed stays, and reading
    /// goes on.
    pub fn stop_writing(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`Fault::Gone`] or [`Fault::Locked`] when there is none in time.
    pub async fn read(&self) -> Result<Reading> {
        let place = self.places.to_read(self.work).await?;
        Ok(Reading { conn: self.reading.acquire().await?, _place: place })
    }

    /// The same store for the agents' lines: connections of their own, so that neither they nor the
    /// pages wait for the other, and more patience.
    #[must_use]
    pub fn for_lines(&self) -> Self {
        Self { work: Work::Lines, ..self.clone() }
    }

    /// How many agents' lines it bears at once: those that come back are let in so many at a time.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.places.for_lines()
    }

    /// Writes down when a sign-in was last used: no act of anybody, and true or not for itself
    /// alone. So it takes no body's turn where the database has more than one writer, and waits for
    /// nothing: whoever asked for a page is to see it.
    ///
    /// # Errors
    /// [`Fault::Locked`] when it cannot be written soon; what the database can meet.
    pub async fn touch_sign_in(&self, hash: &[u8; 32], now: i64) -> Result<()> {
        self.touch(("sign_ins", "hash", "seen"), hash, now).await
    }

    /// The same for an API token.
    ///
    /// # Errors
    /// As [`Store::touch_sign_in`].
    pub async fn touch_token(&self, id: TokenId, now: i64) -> Result<()> {
        self.touch(("api_tokens", "id", "used"), &id.0, now).await
    }

    async fn touch(
        &self,
        (table, key, column): (&str, &str, &str),
        value: &[u8],
        now: i64,
    ) -> Result<()> {
        let _place = self.places.to_touch().await?;
        let mut conn = self.pool.acquire().await?;
        let which = match self.backend {
            Backend::Sqlite => "$1".to_owned(),
            // Somebody who holds the row is ending it.
            Backend::Postgres => {
                format!("(SELECT {key} FROM {table} WHERE {key} = $1 FOR UPDATE SKIP LOCKED)")
            }
        };
        let sql = format!("UPDATE {table} SET {column} = $2 WHERE {key} = {which}");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(value.to_vec())
            .bind(now)
            .execute(&mut *conn)
            .await?;
        Ok(())
    }

    /// A body's turn to write, and a place to do it.
    pub(crate) async fn turn(&self, chain: audit::Chain) -> Result<Turn> {
        self.turns.take(chain, &self.places, self.work).await
    }

    /// Ends every connection; what was committed stays.
    pub async fn close(&self) {
        self.reading.close().await;
        self.pool.close().await;
    }
}

pub(crate) async fn prepare(conn: &mut Conn, backend: Backend) -> sqlx::Result<()> {
    let settings = match backend {
        // FULL: a commit is on the disk before anybody is told. The busy handler is for other
        // programs; ours wait in `turns.rs`.
        Backend::Sqlite => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; \
             PRAGMA foreign_keys = ON; \
             PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16000"
        }
        Backend::Postgres => "SET lock_timeout = '10s'",
    };
    conn.execute(settings).await?;
    Ok(())
}

/// From here on the database refuses whatever would change it:
/// <https://www.sqlite.org/pragma.html>, `query_only`;
/// <https://www.postgresql.org/docs/15/runtime-config-client.html>.
async fn prepare_to_read(conn: &mut Conn, backend: Backend) -> sqlx::Result<()> {
    prepare(conn, backend).await?;
    conn.execute(match backend {
        Backend::Sqlite => "PRAGMA query_only = ON",
        Backend::Postgres => "SET default_transaction_read_only = on",
    })
    .await?;
    Ok(())
}

impl Deref for Reading {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
