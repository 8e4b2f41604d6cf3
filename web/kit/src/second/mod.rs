//! Four eyes are two people. Who approves, and whether anything is approved at all, is not changed
//! by one officer alone: such a change waits for a second person, or for the next midnight in Tokyo
//! (eight hours at least) where it is a rule or where the body has no second officer. What waits
//! stands on `/admin/changes` for IT, HR and the auditors, with a way to take it back.

mod division;
mod officers;

use audit::{Event, Kind};
use people::{BodyCode, ChangeId, NEVER, Permit, Staff, StaffId};
use serde::{Deserialize, Serialize};
use store::changes::{Change, ChangeKind};
use store::{Conn, Tx};

pub use division::{Leads, Part, Post};
pub use officers::{Officers, Second};

use crate::error::Refusal;
use crate::lang::Lang;
use crate::mail::{Notice, Topic, queue};
use crate::parts::Kit;
use crate::time;

/// What nobody confirms waits at least so long, however late in the day it was asked for: a change
/// of 23:59 does not begin a minute later.
pub const LEAST_MS: i64 = 8 * 3_600_000;

/// When what was asked for at `asked` begins by itself: at the first midnight in Tokyo after
/// `from`, and never sooner than [`LEAST_MS`] after it was asked for.
#[must_use]
pub fn by_itself(asked: i64, from: i64) -> i64 {
    let midnight = time::civil(from).date().tomorrow().ok().and_then(time::start_of);
    midnight.unwrap_or(NEVER).max(asked.saturating_add(LEAST_MS))
}

/// What waits, as the page that asked for it shows it.
#[derive(Debug)]
pub struct Waits {
    /// What would come to be.
    pub words: String,
    /// When it begins by itself.
    pub begins: Option<i64>,
}

impl Waits {
    #[must_use]
    pub fn of(change: &Change, words: String) -> Self {
        Self { words, begins: (change.begins != NEVER).then_some(change.begins) }
    }
}

/// What is asked for.
pub struct Asked<'a> {
    pub kind: ChangeKind,
    pub subject: &'a str,
    /// What would come to be, as JSON.
    pub doc: String,
    /// When it begins by itself.
    pub begins: i64,
    /// Its name on record.
    pub named: &'a str,
}

/// Keeps a change that waits, tells those who can confirm it, and says it for the record. Whoever
/// asked for what waits about the same stays among those who asked.
///
/// # Errors
/// What the database can meet.
pub async fn ask(
    kit: &Kit,
    tx: &mut Tx,
    permit: &Permit,
    officers: &mut Officers,
    asked: Asked<'_>,
) -> Result<Event, Refusal> {
    let body = permit.body();
    let there = store::changes::about(tx, body, asked.kind, asked.subject).await?;
    let change = Change {
        id: ChangeId(kit.random()),
        body,
        kind: asked.kind,
        subject: asked.subject.to_owned(),
        doc: asked.doc,
        by: askers(there.as_ref(), permit.actor()),
        asked: tx.now(),
        begins: asked.begins,
    };
    store::changes::put(tx, &change).await?;
    notify(kit, tx, officers, &change).await?;
    Ok(permit
        .event(Kind::CHANGE_ASKED, asked.named)
        .with("change", change.kind.name())
        .with("what", &change.doc)
        .with("begins", begins(change.begins)))
}

/// When a change begins, for the record.
#[must_use]
pub fn begins(when: i64) -> String {
    if when == NEVER { "second person".to_owned() } else { time::rfc3339(when) }
}

/// Everybody who asked for what waits, with the one who asks now.
#[must_use]
pub fn askers(there: Option<&Change>, me: StaffId) -> Vec<StaffId> {
    let mut by = there.map(|change| change.by.clone()).unwrap_or_default();
    if !by.contains(&me) {
        by.push(me);
    }
    by
}

/// Mails those who can confirm a change that it waits; each once in a write.
///
/// # Errors
/// What the database can meet.
pub async fn notify(
    kit: &Kit,
    tx: &mut Tx,
    officers: &mut Officers,
    change: &Change,
) -> Result<(), Refusal> {
    let matter = WhatWaits::of(tx, change).await?;
    let notice = Notice::new(
        Topic::ChangeWaits,
        "確認を待つ変更があります",
        "だれが承認するか、または承認が要るかどうかの変更が、別の担当者の確認を待っています。次のページで内容を確認してください。",
        "/admin/changes",
    );
    for one in officers.second_people(change, &matter) {
        if officers.told.insert(one) {
            queue(kit, tx, change.body, one, &notice).await?;
        }
    }
    Ok(())
}

/// Most changes that are counted for a menu.
const COUNTED: usize = 99;

/// How many changes of a body wait for this officer's word, the first of them counted.
///
/// # Errors
/// What the database can meet.
pub async fn waiting_for(
    conn: &mut Conn,
    body: BodyCode,
    me: StaffId,
    now: i64,
) -> Result<usize, Refusal> {
    let changes = store::changes::all(conn, body).await?;
    if changes.is_empty() {
        return Ok(0);
    }
    let officers = Officers::of(conn, body, now).await?;
    let mut count = 0;
    for change in changes.iter().take(COUNTED) {
        let matter = WhatWaits::of(conn, change).await?;
        count += usize::from(officers.why_not(me, change, &matter).is_none());
    }
    Ok(count)
}

/// Whom a change concerns.
#[derive(Debug, Default)]
pub struct WhatWaits {
    /// The person it is about.
    pub about: Option<Staff>,
    /// What it names, part by part: a part needs a word of somebody whom it does not name.
    pub parts: Vec<Part>,
}

impl WhatWaits {
    /// # Errors
    /// What the database can meet.
    pub async fn of(conn: &mut Conn, change: &Change) -> Result<Self, Refusal> {
        let body = change.body;
        match change.kind {
            ChangeKind::Person | ChangeKind::Exempt => {
                let Ok(id) = change.subject.parse::<StaffId>() else { return Ok(Self::default()) };
                Ok(Self { about: store::staff::find(conn, body, id).await?, parts: Vec::new() })
            }
            ChangeKind::Division => {
                let Ok(id) = change.subject.parse() else { return Ok(Self::default()) };
                let now = store::divisions::find(conn, body, id).await?;
                let wanted = Leads::read(&change.doc)?;
                Ok(Self {
                    about: None,
                    parts: now.map(|now| wanted.parts(&now)).unwrap_or_default(),
                })
            }
            ChangeKind::Desks | ChangeKind::Days => Ok(Self::default()),
        }
    }
}

/// Takes back what waits about a subject, because a later word settles it; its event for the
/// record.
///
/// # Errors
/// What the database can meet.
pub async fn settled(
    tx: &mut Tx,
    permit: &Permit,
    kind: ChangeKind,
    subject: &str,
    named: &str,
) -> Result<Option<Event>, Refusal> {
    let Some(change) = store::changes::about(tx, permit.body(), kind, subject).await? else {
        return Ok(None);
    };
    store::changes::remove(tx, permit.body(), change.id).await?;
    Ok(Some(
        permit
            .event(Kind::CHANGE_WITHDRAWN, named)
            .with("change", kind.name())
            .with("what", &change.doc),
    ))
}

/// Whether somebody leads or stands in for a division: then a slip of hers is handed out by a
/// second person too.
///
/// # Errors
/// What the database can meet.
pub async fn leads_somewhere(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
) -> Result<bool, Refusal> {
    Ok(!store::divisions::led_by(conn, body, staff).await?.is_empty())
}

pub fn json(value: &impl Serialize) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(|error| Refusal::Internal(error.to_string()))
}

pub fn unjson<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|error| Refusal::Internal(error.to_string()))
}

/// Somebody by name and sign-in name.
///
/// # Errors
/// What the database can meet.
pub async fn person(
    conn: &mut Conn,
    body: BodyCode,
    id: Option<StaffId>,
    lang: Lang,
) -> Result<String, Refusal> {
    let Some(id) = id else { return Ok(lang.t("（なし）", "(none)").to_owned()) };
    Ok(store::staff::find(conn, body, id)
        .await?
        .map_or(String::new(), |one| format!("{}（{}）", one.name, one.login)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A moment of 2026 in Tokyo.
    fn tokyo(text: &str) -> i64 {
        format!("2026-{text}+09:00").parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn what_is_asked_for_late_in_the_day_still_waits_eight_hours() {
        for (asked, begins) in [
            // At midnight, as long as that leaves eight hours; it does until 16:00.
            ("12-01T00:00:00", "12-02T00:00:00"),
            ("12-01T15:59:59.999", "12-02T00:00:00"),
            ("12-01T16:00:00", "12-02T00:00:00"),
            ("12-01T16:00:00.001", "12-02T00:00:00.001"),
            ("12-01T23:59:00", "12-02T07:59:00"),
            ("12-01T23:59:59.999", "12-02T07:59:59.999"),
        ] {
            let (asked, begins) = (tokyo(asked), tokyo(begins));
            assert_eq!(by_itself(asked, asked), begins);
        }
        // A colleague who counts until just before midnight takes none of the eight hours away.
        let (asked, until) = (tokyo("12-01T23:58:00"), tokyo("12-01T23:59:00"));
        assert_eq!(by_itself(asked, until), tokyo("12-02T07:58:00"));
        assert_eq!(by_itself(asked, tokyo("12-05T12:00:00")), tokyo("12-06T00:00:00"));
    }
}
