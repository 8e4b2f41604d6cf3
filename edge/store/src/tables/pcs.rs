//! PCs that agents offer.

use people::{
    AgentId, Assignment, AssignmentId, BodyCode, Name, Pc, PcId, StaffId, TargetId, Zone,
};
use sqlx::any::AnyRow;

use crate::row::{flag, id, int, parsed};
use crate::{Conn, Fault, Result, Tx};

/// What an offer came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offered {
    /// A new PC.
    New,
    /// Known, as before.
    Known,
    /// Known in another zone: that is refused, since grants never cross zones (NOREN-G10).
    OtherZone,
}

/// An agent offers a PC: makes it, or writes down that it was seen. `pc.id` is used when it is new.
///
/// # Errors
/// What the database can meet.
pub async fn offer(tx: &mut Tx, pc: &Pc) -> Result<Offered> {
    if let Some(known) = by_target(tx, pc.agent, &pc.target).await? {
        if known.zone != pc.zone || known.body != pc.body {
            return Ok(Offered::OtherZone);
        }
        sqlx::query("UPDATE pcs SET seen = $2 WHERE id = $1")
            .bind(known.id.0.to_vec())
            .bind(pc.seen)
            .execute(&mut **tx)
            .await?;
        return Ok(Offered::Known);
    }
    sqlx::query(
        "INSERT INTO pcs (id, body, agent, target, name, zone, stopped, seen) VALUES ($1, \
        $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(pc.id.0.to_vec())
    .bind(pc.body.to_string())
    .bind(pc.agent.0.to_vec())
    .bind(pc.target.to_string())
    .bind(pc.name.to_string())
    .bind(i64::from(pc.zone.number()))
    .bind(i64::from(pc.stopped))
    .bind(pc.seen)
    .execute(&mut **tx)
    .await?;
    redeem(tx, pc).await?;
    Ok(Offered::New)
}

/// Somebody who is to have a PC as soon as an agent of the body offers it; the permission was put
/// on record when it was promised.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Promise {
    /// Identity of the assignment it becomes.
    pub assignment: AssignmentId,
    /// Who.
    pub staff: StaffId,
    /// From, Unix milliseconds.
    pub from: i64,
    /// Until, Unix milliseconds.
    pub until: i64,
    /// Who permitted it.
    pub by: StaffId,
}

/// Promises a PC that is not there yet.
///
/// # Errors
/// What the database can meet.
pub async fn promise(
    tx: &mut Tx,
    body: BodyCode,
    target: &TargetId,
    promises: &[Promise],
) -> Result<()> {
    let text =
        serde_json::to_string(promises).map_err(|error| Fault::Refused(error.to_string()))?;
    super::settings::put(tx, &promise_name(body, target), &text).await
}

async fn redeem(tx: &mut Tx, pc: &Pc) -> Result<()> {
    let name = promise_name(pc.body, &pc.target);
    let Some(text) = super::settings::find(tx, &name).await? else { return Ok(()) };
    let promises: Vec<Promise> =
        serde_json::from_str(&text).map_err(|_| Fault::Corrupt(name.clone()))?;
    for promise in promises {
        let Promise { assignment: id, staff, from, until, by } = promise;
        super::assignments::add(
            tx,
            &Assignment { id, body: pc.body, staff, pc: pc.id, from, until, by },
        )
        .await?;
    }
    super::settings::remove(tx, &name).await
}

fn promise_name(body: BodyCode, target: &TargetId) -> String {
    format!("promise/{body}/{target}")
}

/// One PC of a body.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, body: BodyCode, pc: PcId) -> Result<Option<Pc>> {
    let row = sqlx::query(
        "SELECT id, body, agent, target, name, zone, stopped, seen FROM pcs \
        WHERE body = $1 AND id = $2",
    )
    .bind(body.to_string())
    .bind(pc.0.to_vec())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The PC an agent offers under this name.
///
/// # Errors
/// What the database can meet.
pub async fn by_target(conn: &mut Conn, agent: AgentId, target: &TargetId) -> Result<Option<Pc>> {
    let row = sqlx::query(
        "SELECT id, body, agent, target, name, zone, stopped, seen FROM pcs \
        WHERE agent = $1 AND target = $2",
    )
    .bind(agent.0.to_vec())
    .bind(target.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Every PC of a body, by name.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn, body: BodyCode) -> Result<Vec<Pc>> {
    let rows = sqlx::query(
        "SELECT id, body, agent, target, name, zone, stopped, seen FROM pcs WHERE body \
            = $1 ORDER BY name, id",
    )
    .bind(body.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Renames a PC. Answers whether it was there.
///
/// # Errors
/// What the database can meet.
pub async fn rename(tx: &mut Tx, body: BodyCode, pc: PcId, name: &Name) -> Result<bool> {
    let done = sqlx::query("UPDATE pcs SET name = $3 WHERE body = $1 AND id = $2")
        .bind(body.to_string())
        .bind(pc.0.to_vec())
        .bind(name.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Stops or resumes a PC. Answers whether anything changed.
///
/// # Errors
/// What the database can meet.
pub async fn stop(tx: &mut Tx, body: BodyCode, pc: PcId, stopped: bool) -> Result<bool> {
    let done =
        sqlx::query("UPDATE pcs SET stopped = $3 WHERE body = $1 AND id = $2 AND stopped <> $3")
            .bind(body.to_string())
            .bind(pc.0.to_vec())
            .bind(i64::from(stopped))
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) fn read(row: &AnyRow) -> Result<Pc> {
    Ok(Pc {
        id: id(row, "id")?,
        body: parsed(row, "body")?,
        agent: id(row, "agent")?,
        target: parsed(row, "target")?,
        name: parsed(row, "name")?,
        zone: Zone::from_number(
            u8::try_from(int(row, "zone")?).map_err(|_| Fault::Corrupt("zone".into()))?,
        )?,
        stopped: flag(row, "stopped")?,
        seen: int(row, "seen")?,
    })
}
