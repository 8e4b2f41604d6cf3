//! What can go wrong with a database, by what somebody has to do about it.

/// Named by fault. Texts go to logs and the operator, never to a page.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The disk (or the database's quota) is full. Nothing committed is lost.
    #[error(
        "the disk of the database is full; nothing that was committed is lost. Free some space; no \
         restart is needed"
    )]
    Full,
    /// Another program holds the lock, or a deadlock was broken: try again.
    #[error("the database is locked by another program")]
    Locked,
    /// The database cannot be reached: file gone or not readable, server down.
    #[error("the database cannot be reached: {0}")]
    Gone(String),
    /// Something with this key is already there.
    #[error("something with this key is already there")]
    Conflict,
    /// What is stored is not what this program writes.
    #[error("the database holds something this program does not write: {0}")]
    Corrupt(String),
    /// A newer program wrote this database.
    #[error("the database is of a newer version (migration {0})")]
    Newer(i64),
    /// A migration that ran differs from the one this program carries.
    #[error("migration {0} of the database is not the one of this program")]
    OtherMigration(i64),
    /// The address of a database is neither sqlite: nor postgres:.
    #[error("not the address of a database: sqlite:PATH or postgres://...")]
    Address,
    /// Rows were changed and nothing of it was to go on record: a fault of this program, found
    /// before it is true.
    #[error("a write that no event tells of")]
    Unrecorded,
    /// The server is closed: its store is older than what was said of it before.
    #[error("nothing is written while the server is closed")]
    Stopped,
    /// What a write was to be done upon is over: the sign-in or token ended, the person or the body
    /// was stopped.
    #[error("whoever acts is not signed in any more")]
    SignedOut,
    /// What a write was to be done with was taken back meanwhile.
    #[error("the right to do so was taken back")]
    Denied,
    /// Somebody acts who was not proved in the write: a fault of this program, found before it is
    /// true.
    #[error("an act of somebody who was not proved in this write")]
    Unproved,
    /// An act tells of itself by an event that is not of the right it was done upon: a fault of
    /// this program, found before it is true.
    #[error("an event of a kind that the permit of this write is not for: {0}")]
    Beyond(&'static str),
    /// A statement the database refused: a fault of this program.
    #[error("the database refused a statement: {0}")]
    Refused(String),
}

impl Fault {
    /// Whether trying again in a moment can help.
    #[must_use]
    pub fn passing(&self) -> bool {
        matches!(self, Self::Locked | Self::Gone(_) | Self::Full | Self::Stopped)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(error) => {
                let code = error.code().map(|code| code.into_owned()).unwrap_or_default();
                let message = error.message().to_owned();
                match sqlite_primary(&code) {
                    // SQLite result codes (sqlite.org/rescode.html); extended ones carry the
                    // primary in the low byte.
                    Some(13) => Self::Full,
                    Some(5 | 6) => Self::Locked,
                    Some(19) if matches!(code.as_str(), "1555" | "2067" | "2579") => Self::Conflict,
                    Some(8 | 10 | 14) => Self::Gone(message),
                    Some(11 | 26) => Self::Corrupt(message),
                    Some(_) => Self::Refused(message),
                    // PostgreSQL SQLSTATE.
                    None => match code.as_str() {
                        "53100" => Self::Full,
                        "55P03" | "40001" | "40P01" => Self::Locked,
                        "23505" => Self::Conflict,
                        _ if code.starts_with("57P")
                            || code.starts_with("08")
                            || code.starts_with("53") =>
                        {
                            Self::Gone(message)
                        }
                        _ if code.starts_with("XX") => Self::Corrupt(message),
                        _ => Self::Refused(message),
                    },
                }
            }
            E::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => Self::Full,
            E::Io(error) => Self::Gone(error.to_string()),
            E::PoolTimedOut => Self::Gone("no connection in time".to_owned()),
            E::PoolClosed | E::WorkerCrashed | E::Tls(_) | E::Protocol(_) => {
                Self::Gone(error.to_string())
            }
            E::ColumnDecode { .. } | E::Decode(_) | E::ColumnNotFound(_) => {
                Self::Corrupt(error.to_string())
            }
            E::Configuration(_) => Self::Address,
            error => Self::Refused(error.to_string()),
        }
    }
}

impl From<people::Fault> for Fault {
    fn from(fault: people::Fault) -> Self {
        Self::Corrupt(fault.to_string())
    }
}

/// SQLite gives a number of one to four digits, PostgreSQL five characters.
fn sqlite_primary(code: &str) -> Option<u32> {
    (code.len() < 5).then(|| code.parse::<u32>().ok()).flatten().map(|code| code & 0xff)
}
