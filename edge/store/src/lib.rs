//! One store over SQLite and PostgreSQL: migrations, one write path, tables.
//!
//! - Reading: `let mut conn = store.read().await?; staff::find(&mut conn, body, id).await?`.
//! - Writing: `let mut tx = store.write(body.chain()).await?;` then table functions on `&mut tx`,
//!   then `tx.commit(decision).await?`, which numbers the decision's events, chains them and
//!   commits both. A `Tx` that is dropped has not happened. A function that writes takes
//!   `&mut Tx`; one that reads takes `&mut Conn`, which a `Tx` gives too. What [`Store::read`]
//!   gives is no `Tx`, and the database refuses to write on it:
//!
//! ```compile_fail,E0308
//! async fn rename(store: &store::Store, mail: &str) -> store::Result<()> {
//!     let mut conn = store.read().await?;
//!     store::settings::put(&mut conn, "mail", mail).await
//! }
//! ```
//!
//! ```
//! async fn rename(store: &store::Store, mail: &str) -> store::Result<()> {
//!     let mut tx = store.write(audit::Chain::SERVER, 0).await?;
//!     store::settings::put(&mut tx, "mail", mail).await?;
//!     tx.keep(()).await
//! }
//! ```
//!
//! - Housekeeping that is no act (a time of last use) ends with `tx.keep(value)`; it refuses
//!   nothing and records nothing, so say why beside it.
//! - Writes in one body run one after another (SQLite: all writes), so what was read inside the
//!   `Tx` still holds at its commit. Who waits for a turn holds no connection (`turns.rs`);
//!   pages' reads, writes and the agents' lines ([`Store::for_lines`]) have places of their own.
//! - A new table: `migrations/YYYYMMDDHHMM_name.sql` (the minute it is written, UTC; those of the
//!   first days are numbered by area), its line at the end of the list in `migrate.rs`, a file in
//!   `tables/`. SQL both databases take: `$1` placeholders, TEXT, BIGINT (also for flags and times
//!   in Unix ms), BLOB (read as BYTEA by PostgreSQL), `ON CONFLICT`, `RETURNING`;
//!   `CAST(SUM(x) AS BIGINT)`. `tests/upgrade.rs` brings databases of older programs up to it.
//! - A test over both: `#[tokio::test] async fn name() { on_both(async |store| ...).await }` (see
//!   `tests/`).

pub mod addresses;
mod audit_log;
mod connect;
mod error;
mod hold;
mod look;
mod migrate;
mod row;
mod snapshot;
mod tables;
mod transaction;
mod turns;
mod walk;

pub use audit_log::{
    AuditFilter, audit_after, audit_page, chains, compare_head, heads, kept_head, leap, put_back,
};
pub use connect::{Backend, Reading, Store};
pub use error::Fault;
pub use hold::{Held, Hold};
pub use look::{Amounts, amounts};
pub use snapshot::Snapshot;
pub use tables::*;
pub use transaction::Tx;
pub use walk::{Step, Walk, verify_chain};

/// What every table function works on; both [`Reading`] and [`Tx`] give it.
pub type Conn = sqlx::AnyConnection;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Fault>;
