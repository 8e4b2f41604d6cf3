//! Devices at home, and the agents they were paired with.

use people::{AgentId, BodyCode, DeviceId, Posture, StaffId};
use sqlx::any::AnyRow;

use crate::row::{blob32, id, int, list, parsed, text};
use crate::{Conn, Result, Tx};

const COLUMNS: &str = "d.id, d.body, d.staff, d.device_key, d.name, d.user_agent, d.paired, \
    d.used, d.revoked, d.flags, d.exception, d.asset";

/// A paired browser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Identity: made from its key.
    pub id: DeviceId,
    /// The body.
    pub body: BodyCode,
    /// Whose it is.
    pub staff: StaffId,
    /// X25519 key of the channel.
    pub key: [u8; 32],
    /// What its owner calls it.
    pub name: String,
    /// What the browser said it is.
    pub user_agent: String,
    /// When it was last paired, Unix milliseconds.
    pub paired: i64,
    /// When a session was last opened with it, Unix milliseconds; 0 never.
    pub used: i64,
    /// When it was revoked, Unix milliseconds; 0 not.
    pub revoked: i64,
    /// What is declared about it.
    pub posture: Posture,
}

/// What a pairing came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paired {
    /// The device is this person's.
    Done,
    /// The device is somebody else's already: nothing was changed.
    Other,
}

/// An agent says that a device was paired there: makes it, or pairs it with one more agent.
/// A device that was revoked is in use again only if it was paired after that.
///
/// # Errors
/// What the database can meet.
pub async fn pair(tx: &mut Tx, device: &Device, agent: AgentId, invite: u32) -> Result<Paired> {
    match by_id(tx, device.id).await? {
        Some(known) if known.staff != device.staff || known.body != device.body => {
            return Ok(Paired::Other);
        }
        Some(_) => {
            sqlx::query(
                "UPDATE devices SET name = $2, user_agent = $3, paired = $4, \
                 revoked = CASE WHEN revoked < $4 THEN 0 ELSE revoked END WHERE id = $1",
            )
            .bind(device.id.0.to_vec())
            .bind(device.name.clone())
            .bind(device.user_agent.clone())
            .bind(device.paired)
            .execute(&mut **tx)
            .await?;
        }
        None => {
            sqlx::query(
                "INSERT INTO devices (id, body, staff, device_key, name, user_agent, paired, used, \
                 revoked, flags, exception, asset) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9, $10)",
            )
            .bind(device.id.0.to_vec())
            .bind(device.body.to_string())
            .bind(device.staff.0.to_vec())
            .bind(device.key.to_vec())
            .bind(device.name.clone())
            .bind(device.user_agent.clone())
            .bind(device.paired)
            .bind(device.posture.flags())
            .bind(device.posture.exception.clone())
            .bind(device.posture.asset.clone())
            .execute(&mut **tx)
            .await?;
        }
    }
    sqlx::query(
        "INSERT INTO pairings (device, agent, invite, paired, removed) VALUES ($1, $2, $3, $4, 0) \
         ON CONFLICT (device, agent) DO UPDATE SET invite = excluded.invite, paired = \
         excluded.paired, removed = 0",
    )
    .bind(device.id.0.to_vec())
    .bind(agent.0.to_vec())
    .bind(i64::from(invite))
    .bind(device.paired)
    .execute(&mut **tx)
    .await?;
    Ok(Paired::Done)
}

/// An agent no longer knows a device. Answers whether it did.
///
/// # Errors
/// What the database can meet.
pub async fn unpair(tx: &mut Tx, device: DeviceId, agent: AgentId, now: i64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE pairings SET removed = $3 WHERE device = $1 AND agent = $2 AND removed = 0",
    )
    .bind(device.0.to_vec())
    .bind(agent.0.to_vec())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether an agent knows a device.
///
/// # Errors
/// What the database can meet.
pub async fn paired_with(conn: &mut Conn, device: DeviceId, agent: AgentId) -> Result<bool> {
    let row =
        sqlx::query("SELECT paired FROM pairings WHERE device = $1 AND agent = $2 AND removed = 0")
            .bind(device.0.to_vec())
            .bind(agent.0.to_vec())
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Devices an agent still knows although they were revoked: what it has to be told.
///
/// # Errors
/// What the database can meet.
pub async fn to_forget(conn: &mut Conn, agent: AgentId) -> Result<Vec<DeviceId>> {
    let rows = sqlx::query(
        "SELECT d.id FROM devices d JOIN pairings p ON p.device = d.id WHERE p.agent = $1 AND \
         p.removed = 0 AND d.revoked > 0 ORDER BY d.id",
    )
    .bind(agent.0.to_vec())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| id(row, "id")).collect()
}

/// Agents that still know one of these devices.
///
/// # Errors
/// What the database can meet.
pub async fn known_by(conn: &mut Conn, devices: &[DeviceId]) -> Result<Vec<AgentId>> {
    let mut found = Vec::new();
    for batch in devices.chunks(200) {
        let places = list(1, batch.len());
        let sql = format!(
            "SELECT DISTINCT agent FROM pairings WHERE removed = 0 AND device IN ({places})"
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for one in batch {
            query = query.bind(one.0.to_vec());
        }
        for row in &query.fetch_all(&mut *conn).await? {
            found.push(id(row, "agent")?);
        }
    }
    Ok(found)
}

/// Agents of these bodies that know a device which was revoked.
///
/// # Errors
/// What the database can meet.
pub async fn revoked_known_by(conn: &mut Conn, bodies: &[BodyCode]) -> Result<Vec<AgentId>> {
    let mut found = Vec::new();
    for batch in bodies.chunks(200) {
        let sql = format!(
            "SELECT DISTINCT p.agent FROM devices d JOIN pairings p ON p.device = d.id AND \
             p.removed = 0 \
             WHERE d.revoked > 0 AND d.body IN ({})",
            list(1, batch.len())
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for one in batch {
            query = query.bind(one.to_string());
        }
        for row in &query.fetch_all(&mut *conn).await? {
            found.push(id(row, "agent")?);
        }
    }
    Ok(found)
}

/// One device, of whatever body: for what an agent reports.
///
/// # Errors
/// What the database can meet.
pub async fn by_id(conn: &mut Conn, device: DeviceId) -> Result<Option<Device>> {
    let sql = format!("SELECT {COLUMNS} FROM devices d WHERE d.id = $1");
    let row =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(device.0.to_vec()).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// One device of a body.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, body: BodyCode, device: DeviceId) -> Result<Option<Device>> {
    Ok(by_id(conn, device).await?.filter(|found| found.body == body))
}

/// Every device of a body, newest first.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn, body: BodyCode) -> Result<Vec<Device>> {
    let sql =
        format!("SELECT {COLUMNS} FROM devices d WHERE d.body = $1 ORDER BY d.paired DESC, d.id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string()).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Every device of a person, newest first.
///
/// # Errors
/// What the database can meet.
pub async fn of_staff(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<Vec<Device>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM devices d WHERE d.body = $1 AND d.staff = $2 ORDER BY d.paired \
         DESC, d.id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(staff.0.to_vec())
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// Changes what is declared of a device. Answers whether it was there.
///
/// # Errors
/// What the database can meet.
pub async fn put_posture(
    tx: &mut Tx,
    body: BodyCode,
    device: DeviceId,
    posture: &Posture,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE devices SET flags = $3, exception = $4, asset = $5 WHERE body = $1 AND id = $2",
    )
    .bind(body.to_string())
    .bind(device.0.to_vec())
    .bind(posture.flags())
    .bind(posture.exception.clone())
    .bind(posture.asset.clone())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down that a session is opened with a device.
///
/// # Errors
/// What the database can meet.
pub async fn used(tx: &mut Tx, device: DeviceId, now: i64) -> Result<()> {
    sqlx::query("UPDATE devices SET used = $2 WHERE id = $1")
        .bind(device.0.to_vec())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Revokes a device. Answers whether it was in use. After the commit: `app.cut(Cut::Device(..))`.
///
/// # Errors
/// What the database can meet.
pub async fn revoke(tx: &mut Tx, body: BodyCode, device: DeviceId, now: i64) -> Result<bool> {
    let done =
        sqlx::query("UPDATE devices SET revoked = $3 WHERE body = $1 AND id = $2 AND revoked = 0")
            .bind(body.to_string())
            .bind(device.0.to_vec())
            .bind(now)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<Device> {
    Ok(Device {
        id: id(row, "id")?,
        body: parsed(row, "body")?,
        staff: id(row, "staff")?,
        key: blob32(row, "device_key")?,
        name: text(row, "name")?,
        user_agent: text(row, "user_agent")?,
        paired: int(row, "paired")?,
        used: int(row, "used")?,
        revoked: int(row, "revoked")?,
        posture: Posture::from_parts(
            int(row, "flags")?,
            text(row, "exception")?,
            text(row, "asset")?,
        ),
    })
}
