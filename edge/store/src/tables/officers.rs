//! The officers of a body (IT and HR), and who was one until lately: whoever was removed a moment
//! ago still counts when it is asked whether an officer is alone.

use std::collections::BTreeMap;

use people::{BodyCode, Roles, Staff, StaffId, StaffState, confirms};

use super::changes::{self, ChangeKind, WaitingPerson};
use super::staff;
use crate::row::{id, int};
use crate::{Conn, Result, Tx};

/// An officer, or who was one until lately.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Officer {
    /// The person, with all of her roles.
    pub staff: Staff,
    /// Those of the roles that are in force.
    pub in_force: Roles,
    /// Those she does not only wait for: in force, or held back after a slip.
    pub settled: Roles,
    /// When she ceased to be one, Unix milliseconds, if she did once.
    pub ended: Option<i64>,
}

/// Everybody of a body who holds an office or held one that ended after `since`.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn, body: BodyCode, since: i64) -> Result<Vec<Officer>> {
    let mut ended = BTreeMap::new();
    let rows =
        sqlx::query("SELECT staff, ended FROM officers_lately WHERE body = $1 AND ended > $2")
            .bind(body.to_string())
            .bind(since)
            .fetch_all(&mut *conn)
            .await?;
    for row in &rows {
        ended.insert(id::<StaffId>(row, "staff")?, int(row, "ended")?);
    }
    let waits: BTreeMap<String, WaitingPerson> = changes::all(conn, body)
        .await?
        .into_iter()
        .filter(|change| change.kind == ChangeKind::Person)
        .map(|change| (change.subject, WaitingPerson::read(&change.doc)))
        .collect();
    let mut found = Vec::new();
    for one in staff::officers(conn, body, since).await? {
        let waits = waits.get(&one.id.to_string()).copied().unwrap_or_default();
        found.push(Officer {
            in_force: Roles::from_bits(one.roles.bits() & !waits.roles),
            settled: Roles::from_bits(one.roles.bits() & !waits.given()),
            ended: ended.get(&one.id).copied(),
            staff: one,
        });
    }
    Ok(found)
}

/// Writes down that somebody ceases to be an officer by what is about to be written of her:
/// suspended, waiting for a slip, without the role.
pub(super) async fn note(
    tx: &mut Tx,
    before: &Staff,
    state: StaffState,
    roles: Roles,
) -> Result<()> {
    let was = before.state == StaffState::Active && confirms(before.roles);
    if !was {
        return Ok(());
    }
    let found = changes::about(tx, before.body, ChangeKind::Person, &before.id.to_string()).await?;
    let given = found.map_or(0, |change| WaitingPerson::read(&change.doc).given());
    let settled = before.roles.bits() & !given;
    // An office that is newly given in the same moment waits: it does not stand for the one taken.
    let is = state == StaffState::Active && confirms(Roles::from_bits(settled & roles.bits()));
    if !confirms(Roles::from_bits(settled)) || is {
        return Ok(());
    }
    let now = tx.now();
    sqlx::query(
        "INSERT INTO officers_lately (staff, body, ended) VALUES ($1, $2, $3) \
         ON CONFLICT (staff) DO UPDATE SET ended = excluded.ended",
    )
    .bind(before.id.0.to_vec())
    .bind(before.body.to_string())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
