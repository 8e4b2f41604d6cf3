//! Sessions on PCs: asked for, begun, over.

use people::{AgentId, BodyCode, DeviceId, MeetingId, PcId, StaffId};
use sqlx::any::AnyRow;

use super::agents::{signed, unsigned};
use crate::row::{id, int, parsed, text};
use crate::{Conn, Fault, Result, Tx};

const COLUMNS: &str = "s.meeting, s.body, s.staff, s.pc, s.agent, s.device, s.address, \
    s.requested, s.not_after, s.started, s.ended, s.reason, \
                       s.bytes_up, s.bytes_down, s.idle_seconds";

/// A session. Its name is its meeting's: 16 random bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
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
    /// From which address, as text (NOREN-R17).
    pub address: String,
    /// When it was granted, Unix milliseconds.
    pub requested: i64,
    /// End of the granted period, Unix milliseconds.
    pub not_after: i64,
    /// When it began, Unix milliseconds; 0 not yet.
    pub started: i64,
    /// When it ended or was refused, Unix milliseconds; 0 not yet.
    pub ended: i64,
    /// Why it ended or was refused; empty while it goes on.
    pub reason: String,
    /// Bytes from home.
    pub bytes_up: u64,
    /// Bytes to home.
    pub bytes_down: u64,
    /// Seconds without keys or pointer.
    pub idle_seconds: u32,
}

/// How a session ended, as its agent reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// When it began, Unix milliseconds; 0 when it was refused.
    pub started: i64,
    /// When it ended, Unix milliseconds.
    pub ended: i64,
    /// Why.
    pub reason: String,
    /// Bytes from home.
    pub bytes_up: u64,
    /// Bytes to home.
    pub bytes_down: u64,
    /// Seconds without keys or pointer.
    pub idle_seconds: u32,
}

/// Adds a session that was granted.
///
/// # Errors
/// What the database can meet.
pub async fn add(tx: &mut Tx, session: &Session) -> Result<()> {
    add_all(tx, std::slice::from_ref(session)).await
}

/// Rows of one statement: fifteen values each.
const BATCH: usize = 100;

/// Adds many sessions: records brought in from elsewhere, the sample body.
///
/// # Errors
/// What the database can meet.
pub async fn add_all(tx: &mut Tx, sessions: &[Session]) -> Result<()> {
    for batch in sessions.chunks(BATCH) {
        let row = |at: usize| {
            let places: Vec<String> = (1..=15).map(|n| format!("${}", at * 15 + n)).collect();
            format!("({})", places.join(", "))
        };
        let sql = format!(
            "INSERT INTO sessions (meeting, body, staff, pc, agent, device, address, requested, \
             not_after, started, ended, reason, \
             bytes_up, bytes_down, idle_seconds) VALUES {}",
            (0..batch.len()).map(row).collect::<Vec<_>>().join(", ")
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for one in batch {
            query = query
                .bind(one.meeting.0.to_vec())
                .bind(one.body.to_string())
                .bind(one.staff.0.to_vec())
                .bind(one.pc.0.to_vec())
                .bind(one.agent.0.to_vec())
                .bind(one.device.0.to_vec())
                .bind(one.address.clone())
                .bind(one.requested)
                .bind(one.not_after)
                .bind(one.started)
                .bind(one.ended)
                .bind(one.reason.clone())
                .bind(signed(one.bytes_up)?)
                .bind(signed(one.bytes_down)?)
                .bind(i64::from(one.idle_seconds));
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

/// One session of a body.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, body: BodyCode, meeting: MeetingId) -> Result<Option<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM sessions s WHERE s.body = $1 AND s.meeting = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(meeting.0.to_vec())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Writes down that a session began. Answers whether that was new.
///
/// # Errors
/// What the database can meet.
pub async fn start(tx: &mut Tx, agent: AgentId, meeting: MeetingId, at: i64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE sessions SET started = $3 WHERE meeting = $1 AND agent = $2 AND started = 0",
    )
    .bind(meeting.0.to_vec())
    .bind(agent.0.to_vec())
    .bind(at)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down that a session ended. Answers whether that was new.
///
/// # Errors
/// What the database can meet.
pub async fn end(tx: &mut Tx, agent: AgentId, meeting: MeetingId, ended: &Ended) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE sessions SET started = $3, ended = $4, reason = $5, bytes_up = $6, bytes_down = \
         $7, idle_seconds = $8 \
         WHERE meeting = $1 AND agent = $2 AND ended = 0",
    )
    .bind(meeting.0.to_vec())
    .bind(agent.0.to_vec())
    .bind(ended.started)
    .bind(ended.ended)
    .bind(ended.reason.clone())
    .bind(signed(ended.bytes_up)?)
    .bind(signed(ended.bytes_down)?)
    .bind(i64::from(ended.idle_seconds))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sessions of a body that go on at `now`, newest first.
///
/// # Errors
/// What the database can meet.
pub async fn live(conn: &mut Conn, body: BodyCode, now: i64) -> Result<Vec<Session>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s WHERE s.body = $1 AND s.started > 0 AND s.ended = 0 AND \
         s.not_after > $2 ORDER BY s.started DESC"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(now)
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// PCs on which a session of this person goes on at `now`.
///
/// # Errors
/// What the database can meet.
pub async fn pcs_in_use_by(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    now: i64,
) -> Result<Vec<PcId>> {
    let rows = sqlx::query(
        "SELECT pc FROM sessions \
         WHERE body = $1 AND staff = $2 AND started > 0 AND ended = 0 AND not_after > $3",
    )
    .bind(body.to_string())
    .bind(staff.0.to_vec())
    .bind(now)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| id(row, "pc")).collect()
}

/// Sessions of a body asked for between two moments (Unix milliseconds), newest first, at most
/// `limit`.
///
/// # Errors
/// What the database can meet.
pub async fn between(
    conn: &mut Conn,
    body: BodyCode,
    from: i64,
    until: i64,
    limit: u32,
) -> Result<Vec<Session>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s WHERE s.body = $1 AND s.requested >= $2 AND s.requested \
         < $3 ORDER BY s.requested DESC LIMIT $4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(from)
        .bind(until)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// Sessions of a person that touch the time between two moments (Unix milliseconds), oldest first.
///
/// # Errors
/// What the database can meet.
pub async fn of_staff(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    from: i64,
    until: i64,
) -> Result<Vec<Session>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s WHERE s.body = $1 AND s.staff = $2 AND s.started > 0 AND \
         s.started < $4 \
         AND (s.ended = 0 OR s.ended >= $3) ORDER BY s.started"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(staff.0.to_vec())
        .bind(from)
        .bind(until)
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// When somebody was connected: what attendance may know of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Connected {
    /// Who.
    pub staff: StaffId,
    /// When it began, Unix milliseconds.
    pub started: i64,
    /// When it ended, Unix milliseconds; 0 not yet, or never reported.
    pub ended: i64,
    /// Seconds without keys or pointer.
    pub idle_seconds: u32,
}

/// A session is asked for at most this long before it begins, milliseconds: its ticket lives for
/// seconds.
const BEFORE: i64 = 3_600_000;

/// Sessions of a body, or of one person, that began between two moments (Unix milliseconds).
///
/// # Errors
/// What the database can meet.
pub async fn connected(
    conn: &mut Conn,
    body: BodyCode,
    staff: Option<StaffId>,
    from: i64,
    until: i64,
) -> Result<Vec<Connected>> {
    let one = if staff.is_some() { " AND staff = $5" } else { "" };
    let sql = format!(
        "SELECT staff, started, ended, idle_seconds FROM sessions \
         WHERE body = $1 AND requested >= $2 AND requested < $4 AND started >= $3 AND started < \
         $4{one}"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(from.saturating_sub(BEFORE))
        .bind(from)
        .bind(until);
    let query = if let Some(staff) = staff { query.bind(staff.0.to_vec()) } else { query };
    let rows = query.fetch_all(conn).await?;
    let read = |row: &AnyRow| {
        let idle = unsigned(row, "idle_seconds")?;
        Ok(Connected {
            staff: id(row, "staff")?,
            started: int(row, "started")?,
            ended: int(row, "ended")?,
            idle_seconds: idle.try_into().map_err(|_| Fault::Corrupt("idle_seconds".into()))?,
        })
    };
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Session> {
    Ok(Session {
        meeting: id(row, "meeting")?,
        body: parsed(row, "body")?,
        staff: id(row, "staff")?,
        pc: id(row, "pc")?,
        agent: id(row, "agent")?,
        device: id(row, "device")?,
        address: text(row, "address")?,
        requested: int(row, "requested")?,
        not_after: int(row, "not_after")?,
        started: int(row, "started")?,
        ended: int(row, "ended")?,
        reason: text(row, "reason")?,
        bytes_up: unsigned(row, "bytes_up")?,
        bytes_down: unsigned(row, "bytes_down")?,
        idle_seconds: unsigned(row, "idle_seconds")?
            .try_into()
            .map_err(|_| Fault::Corrupt("idle_seconds".into()))?,
    })
}
