//! Servers bundles are exchanged with by file: how many were written to each, and which were read.

use ::exchange::bundle::{Inbox, ServerKey};
use ::exchange::form::FormRef;
use ::exchange::value::Sheet;
use people::BodyCode;
use sqlx::any::AnyRow;

use super::{read, write};
use crate::row::{blob32, int, opt_bytes, text};
use crate::{Conn, Fault, Result, Tx};

/// Another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its public key.
    pub key: ServerKey,
    /// What people call it.
    pub name: String,
    /// Bundles written to it.
    pub written: u64,
}

/// Adds a server.
///
/// # Errors
/// [`Fault::Conflict`] when it is there already.
pub async fn add_peer(tx: &mut Tx, key: ServerKey, name: &str, at: i64) -> Result<()> {
    sqlx::query("INSERT INTO exchange_peers (server, name, written, added) VALUES ($1, $2, 0, $3)")
        .bind(key.0.to_vec())
        .bind(name.to_owned())
        .bind(at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Every server, by name.
///
/// # Errors
/// What the database can meet.
pub async fn peers(conn: &mut Conn) -> Result<Vec<Peer>> {
    let rows =
        sqlx::query("SELECT server, name, written FROM exchange_peers ORDER BY name, server")
            .fetch_all(conn)
            .await?;
    rows.iter().map(row_of).collect()
}

/// One server.
///
/// # Errors
/// What the database can meet.
pub async fn peer(conn: &mut Conn, key: ServerKey) -> Result<Option<Peer>> {
    let row = sqlx::query("SELECT server, name, written FROM exchange_peers WHERE server = $1")
        .bind(key.0.to_vec())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(row_of).transpose()
}

/// Takes the number of the next bundle to a server; nothing, when the server is not known.
///
/// # Errors
/// What the database can meet.
pub async fn next_sequence(tx: &mut Tx, key: ServerKey) -> Result<Option<u64>> {
    let row = sqlx::query(
        "UPDATE exchange_peers SET written = written + 1 WHERE server = $1 RETURNING written",
    )
    .bind(key.0.to_vec())
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        u64::try_from(int(&row, "written")?).map_err(|_| Fault::Corrupt("a sequence".into()))
    })
    .transpose()
}

/// Keeps the last bundle written to a server, so that a lost file can be taken again under its own
/// number.
///
/// # Errors
/// What the database can meet.
pub async fn put_last_bundle(tx: &mut Tx, key: ServerKey, bundle: &[u8]) -> Result<()> {
    sqlx::query("UPDATE exchange_peers SET last = $2 WHERE server = $1")
        .bind(key.0.to_vec())
        .bind(bundle.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The last bundle written to a server.
///
/// # Errors
/// What the database can meet.
pub async fn last_bundle(conn: &mut Conn, key: ServerKey) -> Result<Option<Vec<u8>>> {
    let row = sqlx::query("SELECT last FROM exchange_peers WHERE server = $1")
        .bind(key.0.to_vec())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(None), |row| opt_bytes(&row, "last"))
}

/// What was read from other servers.
///
/// # Errors
/// What the database can meet.
pub async fn inbox_of_bundles(conn: &mut Conn) -> Result<Inbox> {
    let row =
        sqlx::query("SELECT doc FROM exchange_inbox WHERE id = 1").fetch_optional(conn).await?;
    row.map_or(Ok(Inbox::default()), |row| read(&text(&row, "doc")?))
}

/// Keeps what was read, in the write that keeps what was in it.
///
/// # Errors
/// What the database can meet.
pub async fn put_inbox_of_bundles(tx: &mut Tx, inbox: &Inbox) -> Result<()> {
    sqlx::query(
        "INSERT INTO exchange_inbox (id, doc) VALUES (1, $1) ON CONFLICT (id) DO UPDATE \
        SET doc = excluded.doc",
    )
    .bind(write(inbox)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps what a body answered to an earlier form on a server this one cannot reach; the later word
/// counts.
///
/// # Errors
/// What the database can meet.
pub async fn put_carried(tx: &mut Tx, form: &FormRef, body: BodyCode, sheet: &Sheet) -> Result<()> {
    sqlx::query(
        "INSERT INTO exchange_carried (form_id, form_version, body, doc) VALUES ($1, $2, $3, $4)
         ON CONFLICT (form_id, form_version, body) DO UPDATE SET doc = excluded.doc",
    )
    .bind(form.id.clone())
    .bind(form.version.clone())
    .bind(body.to_string())
    .bind(write(sheet)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a body answered there.
///
/// # Errors
/// What the database can meet.
pub async fn carried(conn: &mut Conn, form: &FormRef, body: BodyCode) -> Result<Option<Sheet>> {
    let row = sqlx::query(
        "SELECT doc FROM exchange_carried WHERE form_id = $1 AND form_version = $2 AND body = $3",
    )
    .bind(form.id.clone())
    .bind(form.version.clone())
    .bind(body.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| read(&text(&row, "doc")?)).transpose()
}

fn row_of(row: &AnyRow) -> Result<Peer> {
    Ok(Peer {
        key: ServerKey(blob32(row, "server")?),
        name: text(row, "name")?,
        written: u64::try_from(int(row, "written")?)
            .map_err(|_| Fault::Corrupt("a sequence".into()))?,
    })
}
