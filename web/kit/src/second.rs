//! Four eyes are two people. Who approves, and whether anything is approved at all, is not changed by one officer alone: such a change waits for a
//! second person, or for the next midnight in Tokyo where it is a rule or where the body has no second officer. What waits stands on
//! `/admin/changes` for IT, HR and the auditors, with a way to take it back.

use audit::{Event, Kind};
use people::{BodyCode, NEVER, Permit, Staff, StaffId, second_people};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::changes::{Change, ChangeKind, WaitingPerson};

use crate::error::Refusal;
use crate::lang::Lang;
use crate::parts::Kit;
use crate::time;

/// Who is to lead a division and who is to stand in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leads {
    pub superior: Option<StaffId>,
    pub deputy: Option<StaffId>,
}

/// The same as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptLeads {
    superior: String,
    deputy: String,
}

impl Leads {
    pub fn doc(self) -> Result<String, Refusal> {
        let text = |id: Option<StaffId>| id.map(|id| id.to_string()).unwrap_or_default();
        json(&KeptLeads { superior: text(self.superior), deputy: text(self.deputy) })
    }

    pub fn read(doc: &str) -> Result<Self, Refusal> {
        let kept: KeptLeads = unjson(doc)?;
        Ok(Self { superior: kept.superior.parse().ok(), deputy: kept.deputy.parse().ok() })
    }
}

/// The officers of a body who may be a second person now: those whose own power waits are none.
pub struct Officers {
    staff: Vec<Staff>,
    now: i64,
}

impl Officers {
    pub async fn of(conn: &mut Conn, body: BodyCode, now: i64) -> Result<Self, Refusal> {
        let mut staff = store::staff::all(conn, body).await?;
        for change in store::changes::all(conn, body).await? {
            if change.kind == ChangeKind::Person && change.begins > now && unjson::<WaitingPerson>(&change.doc)?.roles != 0 {
                staff.retain(|one| one.id.to_string() != change.subject);
            }
        }
        Ok(Self { staff, now })
    }

    /// When somebody's coming to approve begins: by a second person where there is one, or else at the next midnight.
    pub fn begins(&self, first: StaffId, about: Option<&Staff>, named: &[StaffId]) -> i64 {
        if second_people(&self.staff, first, about, named).is_empty() { next_midnight(self.now) } else { NEVER }
    }

    /// Whether this officer may be the second person.
    pub fn may(&self, me: StaffId, first: StaffId, about: Option<&Staff>, named: &[StaffId]) -> bool {
        second_people(&self.staff, first, about, named).contains(&me)
    }
}

/// The next midnight in Tokyo.
pub fn next_midnight(now: i64) -> i64 {
    time::civil(now).date().tomorrow().ok().and_then(time::start_of).unwrap_or(NEVER)
}

/// Keeps a change that waits; its event for the record.
#[allow(clippy::too_many_arguments)] // What one line of the record says.
pub async fn ask(
    kit: &Kit,
    tx: &mut store::Tx,
    permit: &Permit,
    kind: ChangeKind,
    subject: &str,
    doc: String,
    begins: i64,
    named: &str,
) -> Result<Event, Refusal> {
    let change = Change {
        id: kit.random(),
        body: permit.body(),
        kind,
        subject: subject.to_owned(),
        doc,
        by: permit.actor(),
        asked: tx.now(),
        begins,
    };
    store::changes::put(tx, &change).await?;
    Ok(permit
        .event(Kind::CHANGE_ASKED, named)
        .with("change", kind.name())
        .with("what", &change.doc)
        .with("begins", if begins == NEVER { "second person".to_owned() } else { time::rfc3339(begins) }))
}

/// Takes back what waits about a subject, because a later word settles it; its event for the record.
pub async fn settled(
    tx: &mut store::Tx,
    permit: &Permit,
    kind: ChangeKind,
    subject: &str,
    named: &str,
) -> Result<Option<Event>, Refusal> {
    let Some(change) = store::changes::about(tx, permit.body(), kind, subject).await? else { return Ok(None) };
    store::changes::remove(tx, permit.body(), change.id).await?;
    Ok(Some(permit.event(Kind::CHANGE_WITHDRAWN, named).with("change", kind.name()).with("what", &change.doc)))
}

/// Whether somebody leads or stands in for a division: then a slip of hers is handed out by a second person too.
pub async fn leads_somewhere(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<bool, Refusal> {
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
pub async fn person(conn: &mut Conn, body: BodyCode, id: Option<StaffId>, lang: Lang) -> Result<String, Refusal> {
    let Some(id) = id else { return Ok(lang.t("（なし）", "(none)").to_owned()) };
    Ok(store::staff::find(conn, body, id).await?.map_or(String::new(), |one| format!("{}（{}）", one.name, one.login)))
}
