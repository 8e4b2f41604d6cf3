//! Writing anchors: which chains changed, signed lines into the store, from where file and syslog
//! take them (spec/audit.md).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use audit::{ANCHOR_HEADS, Anchor, Chain, Head, Seen};
use store::anchors::AnchorLine;

use super::Closed;
use crate::People;

/// Lines that wait for a receiver at most; a week of a busy server.
const WAITING: u64 = 200_000;

/// Where this process saw each chain end: someone who rewrites the store does not rewrite this.
#[derive(Debug, Default)]
pub struct Anchored(Mutex<BTreeMap<Chain, Head>>);

impl Anchored {
    /// Keeps where chains end.
    pub fn learn(&self, heads: impl IntoIterator<Item = (Chain, Head)>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(heads);
    }

    fn all(&self) -> BTreeMap<Chain, Head> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Looks whether the store still holds what this process saw of it, and closes the server if not;
/// with or without anything outside that is told. Whether the server is open.
///
/// # Errors
/// What the database can meet.
pub async fn watch(app: &People) -> store::Result<bool> {
    if app.closed().is_some() {
        return Ok(false);
    }
    let mut conn = app.store.read().await?;
    let heads: BTreeMap<Chain, Head> = store::heads(&mut conn).await?.into_iter().collect();
    for (chain, told) in app.anchored.all() {
        if heads.get(&chain) == Some(&told) {
            continue;
        }
        match store::compare_head(&mut conn, chain, told).await? {
            Seen::There | Seen::InGap { .. } => {}
            found => {
                let by = "what this server saw before";
                app.close(Closed::Other { chain, told, found, by });
                return Ok(false);
            }
        }
    }
    drop(conn);
    app.anchored.learn(heads);
    Ok(true)
}

/// Anchors what changed since the last time (`all`: every chain). Answers how many lines that took.
///
/// # Errors
/// What the database can meet.
pub async fn write(app: &People, all: bool) -> store::Result<usize> {
    if !watch(app).await? {
        return Ok(0);
    }
    let mut conn = app.store.read().await?;
    let due = store::anchors::due(&mut conn, all).await?;
    drop(conn);
    if due.is_empty() {
        return Ok(0);
    }
    // The server's turn: whoever else serves this database writes its lines before or after these,
    // in one sequence.
    let mut tx = app.store.write(Chain::SERVER, app.now()).await?;
    let due = store::anchors::due(&mut tx, all).await?;
    let last = store::anchors::last(&mut tx).await?;
    let (mut number, mut previous) =
        last.map_or((0, [0; 32]), |last| (last.number, Anchor::hash(&last.line)));
    let mut lines = 0;
    for heads in due.chunks(ANCHOR_HEADS) {
        number += 1;
        let at = u64::try_from(app.now()).unwrap_or_default();
        let line = Anchor { number, at, previous, heads: heads.to_vec() }.sign(&app.keys.signing);
        previous = Anchor::hash(&line);
        store::anchors::add(&mut tx, &AnchorLine { number, line }, app.now()).await?;
        lines += 1;
    }
    for (chain, head) in &due {
        store::anchors::put_anchored(&mut tx, *chain, *head).await?;
    }
    if number > WAITING {
        store::anchors::forget(&mut tx, number - WAITING).await?;
    }
    // An anchor tells of the record; a record that told of anchors would need the next one.
    tx.keep(()).await?;
    app.anchored.learn(due);
    Ok(lines)
}
