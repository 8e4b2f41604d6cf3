//! One moment of the database, for long reads beside which everybody writes on.

use std::ops::{Deref, DerefMut};

use sqlx::{Connection, Executor};

use crate::connect::{Backend, Store, prepare};
use crate::{Conn, Result};

/// A connection of its own that sees the database as it was at its first statement; it takes no
/// lock that a writer would wait for, and no place in the pool.
/// While it lives, SQLite keeps what was written since in its log, and PostgreSQL keeps old rows:
/// end it soon.
#[derive(Debug)]
pub struct Snapshot(Conn);

impl Store {
    /// Begins a snapshot.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut conn = Conn::connect(&self.address).await?;
        prepare(&mut conn, self.backend).await?;
        conn.execute(match self.backend {
            Backend::Sqlite => "PRAGMA query_only = ON; BEGIN DEFERRED",
            Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })
        .await?;
        Ok(Snapshot(conn))
    }
}

impl Snapshot {
    /// Ends it.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn end(mut self) -> Result<()> {
        self.0.execute("ROLLBACK").await?;
        self.0.close().await?;
        Ok(())
    }
}

impl Deref for Snapshot {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Snapshot {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}
