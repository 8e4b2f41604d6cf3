//! The one write path: state and its record, together or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;

use audit::{Chain, Decision, Event, Head, Kind, Record, Who};
use people::{Actor, Authority};
use sqlx::{Any, Transaction};

use crate::connect::{Backend, Store};
use crate::turns::Turn;
use crate::{Conn, Fault, Result, addresses, audit_log, grounds};

/// A write that has not happened yet. Dropped, it never will have.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    now: i64,
    /// Rows this connection had changed before, where a debug build asks for it: what is written
    /// goes on record.
    changed: Option<i64>,
    proved: Option<Proved>,
    _turn: Turn,
}

/// Who was proved in a transaction: the only person or token whose events it commits, and of these
/// kinds alone.
#[derive(Debug)]
struct Proved {
    who: Who,
    /// As the book has her; nobody where she was only vouched for.
    actor: Option<Actor>,
    kinds: BTreeSet<Kind>,
}

impl Store {
    /// Begins a write in the body (or, for what is no body's, [`Chain::SERVER`]) whose turn it is.
    /// `now` is Unix milliseconds and dates the record.
    ///
    /// # Errors
    /// [`crate::Fault::Locked`], [`crate::Fault::Gone`], [`crate::Fault::Full`];
    /// [`crate::Fault::Stopped`] after [`Store::stop_writing`].
    pub async fn write(&self, turn: Chain, now: i64) -> Result<Tx> {
        if self.stopped.load(Ordering::SeqCst) {
            return Err(Fault::Stopped);
        }
        let held = self.turn(turn).await?;
        match self.backend {
            Backend::Sqlite => {
                let mut inner = self.pool.begin_with("BEGIN IMMEDIATE").await?;
                let changed =
                    if cfg!(debug_assertions) { Some(changed(&mut inner).await?) } else { None };
                Ok(Tx { inner, now, changed, proved: None, _turn: held })
            }
            Backend::Postgres => {
                let mut inner = self.pool.begin().await?;
                // One writer a body: what a write has read stays true until its commit. Freed at
                // the end of the transaction.
                let code: i64 = turn.as_str().parse().unwrap_or_default();
                sqlx::query("SELECT pg_advisory_xact_lock($1)")
                    .bind(code)
                    .execute(&mut *inner)
                    .await?;
                Ok(Tx { inner, now, changed: None, proved: None, _turn: held })
            }
        }
    }

    /// Begins a write of somebody, and proves inside it that she may: what she came with is still
    /// there, she and her body are not stopped, and what she was given would be given again. Until
    /// its commit none of that changes: SQLite has one writer, PostgreSQL keeps these rows shared.
    ///
    /// # Errors
    /// [`Fault::SignedOut`], [`Fault::Denied`], and as [`Store::write`].
    pub async fn write_as(&self, by: &impl Authority, turn: Chain, now: i64) -> Result<Tx> {
        let mut tx = self.write(turn, now).await?;
        let standing = grounds::held(&mut tx.inner, self.backend, by.ground(), now)
            .await?
            .ok_or(Fault::SignedOut)?;
        if !by.holds(&standing.actor) {
            return Err(Fault::Denied);
        }
        let kinds = by.records().into_iter().collect();
        tx.proved = Some(Proved { who: by.who(), actor: Some(standing.actor), kinds });
        Ok(tx)
    }
}

impl Tx {
    /// Somebody whose factors (or slip) were checked inside this write, where there is no sign-in
    /// to prove her by yet, and what that is good for.
    pub fn vouch(&mut self, who: Who, kinds: &[Kind]) {
        let kinds = kinds.iter().copied().collect();
        self.proved = Some(Proved { who, actor: None, kinds });
    }

    /// What the same person does beside it in this write, upon another permit of hers: proved as
    /// the first was.
    ///
    /// # Errors
    /// [`Fault::Denied`] unless it would be given again to whoever was proved in this write.
    pub fn also(&mut self, by: &impl Authority) -> Result<()> {
        let proved = self.proved.as_mut().ok_or(Fault::Denied)?;
        if proved.who != by.who() || !proved.actor.as_ref().is_some_and(|now| by.holds(now)) {
            return Err(Fault::Denied);
        }
        proved.kinds.extend(by.records());
        Ok(())
    }

    /// When this write is, Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Numbers and chains the decision's events and commits them with the state. After this the
    /// value is true.
    ///
    /// # Errors
    /// What the database can meet; then nothing has happened. In a debug build on SQLite, so in the
    /// tests, [`Fault::Unrecorded`] when rows were changed and no event tells of it.
    /// [`Fault::Unproved`] when somebody acts who was not proved in this write; [`Fault::Beyond`]
    /// when she does what the permit of the write is not for.
    pub async fn commit<T>(mut self, decision: Decision<T>) -> Result<T> {
        decision.events.iter().try_for_each(|event| self.covers(event))?;
        if let (true, Some(before)) = (decision.events.is_empty(), self.changed)
            && changed(&mut self.inner).await? != before
        {
            return Err(Fault::Unrecorded);
        }
        let mut by_chain: BTreeMap<Chain, Vec<Event>> = BTreeMap::new();
        for event in decision.events {
            by_chain.entry(event.chain).or_default().push(event);
        }
        // Heads are taken in the order of their codes, so two writers cannot wait for each other.
        for (chain, events) in by_chain {
            append(&mut self, chain, events).await?;
        }
        self.inner.commit().await?;
        Ok(decision.value)
    }

    /// The same where a program only said again what is known: without news it is housekeeping.
    ///
    /// # Errors
    /// What the database can meet; then nothing has happened.
    pub async fn commit_news(self, decision: Decision<()>) -> Result<()> {
        if decision.events.is_empty() { self.keep(()).await } else { self.commit(decision).await }
    }

    /// Commits housekeeping that is no act of anybody and has no place on the record.
    ///
    /// # Errors
    /// What the database can meet; then nothing has happened.
    pub async fn keep<T>(self, value: T) -> Result<T> {
        self.inner.commit().await?;
        Ok(value)
    }
}

impl Tx {
    /// Machines and strangers have proved themselves by what they sent; a person or a token is
    /// proved by [`Store::write_as`], for what the permit is for.
    fn covers(&self, event: &Event) -> Result<()> {
        let kinds = match (&event.who, &self.proved) {
            (
                Who::Person { id, .. },
                Some(Proved { who: Who::Person { id: proved, .. }, kinds, .. }),
            )
            | (Who::Api { id, .. }, Some(Proved { who: Who::Api { id: proved, .. }, kinds, .. }))
                if id == proved =>
            {
                Some(kinds)
            }
            (Who::Person { .. } | Who::Api { .. }, _) => return Err(Fault::Unproved),
            (Who::System | Who::Stranger { .. } | Who::Agent { .. }, _) => None,
        };
        if event.is_beyond() || kinds.is_some_and(|kinds| !kinds.contains(&event.kind)) {
            return Err(Fault::Beyond(event.kind.name()));
        }
        Ok(())
    }
}

/// Rows changed over this connection since it was opened
/// (sqlite.org/lang_corefunc.html#total_changes).
async fn changed(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT total_changes()").fetch_one(conn).await?)
}

async fn append(tx: &mut Tx, chain: Chain, events: Vec<Event>) -> Result<()> {
    let at = u64::try_from(tx.now).unwrap_or_default();
    let mut head: Head = audit_log::take_head(tx, chain, events.len()).await?;
    for event in events {
        // Addresses stand beside the record, under a key of its own: one day they are deleted, and
        // the chain stays whole.
        let key = addresses::key()?;
        let (event, kept) = event.sealed(&key);
        let record = Record::append(head, event, at);
        audit_log::insert(tx, &record).await?;
        addresses::insert(tx, &record, &key, &kept).await?;
        head = record.head();
    }
    audit_log::put_head(tx, chain, head).await
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.inner
    }
}
