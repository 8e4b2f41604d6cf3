//! What an open session stands on, judged for many sessions by one statement: never all of the
//! country's, always those of somebody.

use people::{AgentId, BodyCode, DeviceId, MeetingId, PcId, Role, Roles, StaffId, StaffState};
use sqlx::any::AnyRow;

use crate::row::{flag, id, list, parsed};
use crate::{Conn, Result};

/// Whose open sessions are looked for. Each has an index of the open ones.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    /// Everything of these bodies.
    Bodies(&'a [BodyCode]),
    /// Through these agents.
    Agents(&'a [AgentId]),
    /// Of these people.
    Staff(&'a [StaffId]),
    /// From these devices.
    Devices(&'a [DeviceId]),
    /// On these PCs.
    Pcs(&'a [PcId]),
    /// These, by their meetings: what a relay says it has.
    Meetings(&'a [MeetingId]),
}

/// A session that was granted and is not over, and whether it may go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Open {
    /// The meeting.
    pub meeting: MeetingId,
    /// The body.
    pub body: BodyCode,
    /// Who.
    pub staff: StaffId,
    /// On which PC.
    pub pc: PcId,
    /// Through which agent.
    pub agent: AgentId,
    /// From which device.
    pub device: DeviceId,
    /// Whether the person is active and still has the role [`Role::Staff`], device and agent are
    /// not revoked, PC and body are not stopped, a permission for the PC holds, and the sign-in it
    /// was opened from was not ended by somebody. A sign-in that grew too old ends nothing: the
    /// sweep forgets what was opened from it. The approved day, where a body asks for one, is not
    /// in it: its rules are no rows.
    pub grounded: bool,
}

/// Keys of one statement.
const BATCH: usize = 500;

/// Open sessions at `now` (Unix milliseconds) of whom is named, each judged.
///
/// # Errors
/// What the database can meet.
pub async fn judged(conn: &mut Conn, of: Of<'_>, now: i64) -> Result<Vec<Open>> {
    let (column, keys): (&str, Vec<Vec<u8>>) = match of {
        Of::Bodies(bodies) => return open_of_bodies(conn, bodies, now).await,
        Of::Agents(ids) => ("agent", ids.iter().map(|id| id.0.to_vec()).collect()),
        Of::Staff(ids) => ("staff", ids.iter().map(|id| id.0.to_vec()).collect()),
        Of::Devices(ids) => ("device", ids.iter().map(|id| id.0.to_vec()).collect()),
        Of::Pcs(ids) => ("pc", ids.iter().map(|id| id.0.to_vec()).collect()),
        Of::Meetings(ids) => ("meeting", ids.iter().map(|id| id.0.to_vec()).collect()),
    };
    let mut found = Vec::new();
    for batch in keys.chunks(BATCH) {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement(column, batch.len()))).bind(now);
        for key in batch {
            query = query.bind(key.clone());
        }
        for row in &query.fetch_all(&mut *conn).await? {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

async fn open_of_bodies(conn: &mut Conn, bodies: &[BodyCode], now: i64) -> Result<Vec<Open>> {
    let mut found = Vec::new();
    for batch in bodies.chunks(BATCH) {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement("body", batch.len()))).bind(now);
        for body in batch {
            query = query.bind(body.to_string());
        }
        for row in &query.fetch_all(&mut *conn).await? {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// `$1` is the moment, the keys follow. A row of another body grounds nothing.
fn statement(column: &str, keys: usize) -> String {
    let (active, staff) = (StaffState::Active.number(), Roles::of(&[Role::Staff]).bits());
    format!(
        "SELECT s.meeting, s.body, s.staff, s.pc, s.agent, s.device, CAST(CASE WHEN \
         EXISTS (SELECT 1 FROM staff w WHERE w.id = s.staff AND w.body = s.body AND w.state = \
         {active} AND (w.roles & {staff}) <> 0) \
         AND EXISTS (SELECT 1 FROM bodies b WHERE b.code = s.body AND b.suspended = 0) \
         AND EXISTS (SELECT 1 FROM devices d WHERE d.id = s.device AND d.body = s.body AND d.staff \
         = s.staff AND d.revoked = 0) \
         AND EXISTS (SELECT 1 FROM agents g WHERE g.id = s.agent AND g.body = s.body AND g.revoked \
         = 0) \
         AND EXISTS (SELECT 1 FROM pcs p WHERE p.id = s.pc AND p.body = s.body AND p.stopped = 0) \
         AND EXISTS (SELECT 1 FROM assignments a WHERE a.staff = s.staff AND a.pc = s.pc AND \
         a.body = s.body \
         AND a.valid_from <= $1 AND a.valid_until > $1) \
         AND NOT EXISTS (SELECT 1 FROM session_sign_ins l WHERE l.meeting = s.meeting \
         AND NOT EXISTS (SELECT 1 FROM sign_ins i WHERE i.hash = l.sign_in)) \
         THEN 1 ELSE 0 END AS BIGINT) AS grounded \
         FROM sessions s WHERE s.ended = 0 AND s.not_after > $1 AND s.{column} IN ({})",
        list(2, keys)
    )
}

fn read(row: &AnyRow) -> Result<Open> {
    Ok(Open {
        meeting: id(row, "meeting")?,
        body: parsed(row, "body")?,
        staff: id(row, "staff")?,
        pc: id(row, "pc")?,
        agent: id(row, "agent")?,
        device: id(row, "device")?,
        grounded: flag(row, "grounded")?,
    })
}
