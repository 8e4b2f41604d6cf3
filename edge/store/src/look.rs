//! What an operator asks a database: whether it takes a write now, what its clock says, how much
//! there is.

use sqlx::Executor;

use crate::connect::{Backend, Store};
use crate::row::int;
use crate::{Conn, Result};

/// How much there is, over all bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Bodies.
    pub bodies: i64,
    /// Agents that were enrolled and not revoked.
    pub agents: i64,
    /// People who may sign in.
    pub staff: i64,
    /// Sessions on a PC that are open.
    pub sessions: i64,
    /// Sign-ins.
    pub sign_ins: i64,
    /// Chains of the record that went on since they were anchored last.
    pub unanchored: i64,
}

impl Store {
    /// Whether the database takes a write now: one is begun and taken back.
    ///
    /// # Errors
    /// What stands in its way.
    pub async fn writable(&self) -> Result<()> {
        let _place = self.places.to_touch().await?;
        let mut tx = match self.backend {
            Backend::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Backend::Postgres => self.pool.begin().await?,
        };
        tx.execute("UPDATE migrations SET hash = hash WHERE number = 1").await?;
        tx.rollback().await?;
        Ok(())
    }

    /// What the clock of the database's server says, Unix milliseconds. SQLite has none but this
    /// machine's.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn clock(&self) -> Result<Option<i64>> {
        if self.backend == Backend::Sqlite {
            return Ok(None);
        }
        let mut conn = self.read().await?;
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now";
        Ok(Some(int(&sqlx::query(sql).fetch_one(&mut *conn).await?, "now")?))
    }

    /// Copies an SQLite database into a new file while others write on (`VACUUM INTO`,
    /// <https://www.sqlite.org/lang_vacuum.html>): one moment of it, whole.
    ///
    /// # Errors
    /// [`crate::Fault::Address`] for another database or a path that is not text; what the database
    /// can meet.
    pub async fn copy_into(&self, file: &std::path::Path) -> Result<()> {
        let path = file.to_str().filter(|_| self.backend == Backend::Sqlite);
        let path = path.ok_or(crate::Fault::Address)?;
        let mut conn = self.pool.acquire().await?;
        sqlx::query("VACUUM INTO $1").bind(path).execute(&mut *conn).await?;
        Ok(())
    }
}

/// How much there is.
///
/// # Errors
/// What the database can meet.
pub async fn amounts(conn: &mut Conn) -> Result<Amounts> {
    let sql = "SELECT (SELECT COUNT(*) FROM bodies) AS bodies,
        (SELECT COUNT(*) FROM agents WHERE revoked = 0) AS agents,
        (SELECT COUNT(*) FROM staff WHERE state = 1) AS staff,
        (SELECT COUNT(*) FROM sessions WHERE ended = 0) AS sessions,
        (SELECT COUNT(*) FROM sign_ins) AS sign_ins,
        (SELECT COUNT(*) FROM audit_heads h LEFT JOIN anchored_heads a ON a.chain = h.chain
            WHERE h.seq > 0 AND (a.seq IS NULL OR a.seq <> h.seq)) AS unanchored";
    let row = sqlx::query(sql).fetch_one(conn).await?;
    Ok(Amounts {
        bodies: int(&row, "bodies")?,
        agents: int(&row, "agents")?,
        staff: int(&row, "staff")?,
        sessions: int(&row, "sessions")?,
        sign_ins: int(&row, "sign_ins")?,
        unanchored: int(&row, "unanchored")?,
    })
}
