//! Changes of who approves that wait: for a second person, or for their day. One a body, kind and
//! subject. What waits of a person is not in force, whoever looks: [`confirmed`] is the one place
//! where that is decided.

use people::{BodyCode, ChangeId, DivisionId, Role, Roles, StaffId};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::row::{id, int, parsed, text};
use crate::{Conn, Fault, Result, Tx};

/// What a change is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ChangeKind {
    /// A person comes to decide or confirm: by a role, or by a slip. The subject is the person.
    Person,
    /// Who leads a division and who stands in. The subject is the division.
    Division,
    /// The desks of the exchange, and whether answers want an approval.
    Desks,
    /// Whether a PC opens only on an approved day.
    Days,
    /// A person needs no approved day. The subject is the person.
    Exempt,
}

impl ChangeKind {
    const ALL: [Self; 5] = [Self::Person, Self::Division, Self::Desks, Self::Days, Self::Exempt];

    /// Its name in the store and on record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Division => "division",
            Self::Desks => "desks",
            Self::Days => "days",
            Self::Exempt => "exempt",
        }
    }
}

/// A change that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// Of which body.
    pub body: BodyCode,
    /// What it is about.
    pub kind: ChangeKind,
    /// Which one: an identity, or empty where the body has one alone.
    pub subject: String,
    /// What begins, as JSON of whoever asked.
    pub doc: String,
    /// Everybody who asked for some of it, the first first; never empty.
    pub by: Vec<StaffId>,
    /// When, Unix milliseconds.
    pub asked: i64,
    /// When it begins by itself; [`people::NEVER`]: a second person alone begins it.
    pub begins: i64,
}

/// What waits of a person: the roles that are not in force yet, and whether a slip is to be handed
/// out by somebody else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WaitingPerson {
    /// Bits of the roles that are not in force.
    pub roles: u8,
    /// Those of them that the person did not have before: taking the change back takes them. The
    /// others are held back after a slip. Nothing: all of them, in what an older version wrote.
    #[serde(default)]
    pub given: Option<u8>,
    /// A slip was asked for.
    pub slip: bool,
}

impl WaitingPerson {
    /// What a change of a person says. What cannot be read holds everything back but what is one's
    /// own.
    #[must_use]
    pub fn read(doc: &str) -> Self {
        let all = Self { roles: !Roles::of(&[Role::Staff]).bits(), given: None, slip: false };
        serde_json::from_str(doc).unwrap_or(all)
    }

    /// Roles that were newly given.
    #[must_use]
    pub fn given(self) -> u8 {
        self.given.unwrap_or(self.roles) & self.roles
    }

    /// Roles the person had and that are held back after a slip.
    #[must_use]
    pub fn held(self) -> u8 {
        self.roles & !self.given()
    }
}

const COLUMNS: &str = "id, body, kind, subject, doc, asked_by, also_by, asked, begins";

/// Keeps a change that waits, in place of one about the same: whoever asked for that one too is
/// among `by`.
///
/// # Errors
/// What the database can meet; [`Fault::Corrupt`] for a change nobody asked for.
pub async fn put(tx: &mut Tx, change: &Change) -> Result<()> {
    let (first, others) =
        change.by.split_first().ok_or_else(|| Fault::Corrupt("nobody asked".into()))?;
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    sqlx::query(
        "INSERT INTO changes (id, body, kind, subject, doc, asked_by, also_by, asked, begins) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (body, kind, subject) DO UPDATE SET id = excluded.id, doc = excluded.doc, \
         asked_by = excluded.asked_by, also_by = excluded.also_by, asked = excluded.asked, \
         begins = excluded.begins",
    )
    .bind(change.id.0.to_vec())
    .bind(change.body.to_string())
    .bind(change.kind.name())
    .bind(change.subject.clone())
    .bind(change.doc.clone())
    .bind(first.0.to_vec())
    .bind(others.join(" "))
    .bind(change.asked)
    .bind(change.begins)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One that waits, by its id.
///
/// # Errors
/// What the database can meet.
pub async fn find(conn: &mut Conn, body: BodyCode, id: ChangeId) -> Result<Option<Change>> {
    let sql = format!("SELECT {COLUMNS} FROM changes WHERE body = $1 AND id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(id.0.to_vec())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// What waits about one subject.
///
/// # Errors
/// What the database can meet.
pub async fn about(
    conn: &mut Conn,
    body: BodyCode,
    kind: ChangeKind,
    subject: &str,
) -> Result<Option<Change>> {
    let sql =
        format!("SELECT {COLUMNS} FROM changes WHERE body = $1 AND kind = $2 AND subject = $3");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(body.to_string())
        .bind(kind.name())
        .bind(subject.to_owned())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// All of a body, the oldest first.
///
/// # Errors
/// What the database can meet.
pub async fn all(conn: &mut Conn, body: BodyCode) -> Result<Vec<Change>> {
    let sql = format!("SELECT {COLUMNS} FROM changes WHERE body = $1 ORDER BY asked, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(body.to_string()).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// All of every body, the oldest first.
///
/// # Errors
/// What the database can meet.
pub async fn everywhere(conn: &mut Conn) -> Result<Vec<Change>> {
    let sql = format!("SELECT {COLUMNS} FROM changes ORDER BY asked, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Those of every body whose day has come, a bounded number.
///
/// # Errors
/// What the database can meet.
pub async fn due(conn: &mut Conn, now: i64) -> Result<Vec<Change>> {
    let sql =
        format!("SELECT {COLUMNS} FROM changes WHERE begins <= $1 ORDER BY begins, id LIMIT 500");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Removes one: it began, or was taken back. Answers whether it was there.
///
/// # Errors
/// What the database can meet.
pub async fn remove(tx: &mut Tx, body: BodyCode, id: ChangeId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM changes WHERE body = $1 AND id = $2")
        .bind(body.to_string())
        .bind(id.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes what waits about a subject that is no more.
///
/// # Errors
/// What the database can meet.
pub async fn forget(tx: &mut Tx, body: BodyCode, kind: ChangeKind, subject: &str) -> Result<()> {
    sqlx::query("DELETE FROM changes WHERE body = $1 AND kind = $2 AND subject = $3")
        .bind(body.to_string())
        .bind(kind.name())
        .bind(subject.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The roles of a person that are in force, and the divisions led.
///
/// # Errors
/// What the database can meet.
pub async fn in_force(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    roles: Roles,
) -> Result<(Roles, Vec<DivisionId>)> {
    let leads = super::divisions::led_by(conn, body, staff).await?;
    let now = confirmed(conn, (body, staff), roles, leads).await?;
    Ok((now.roles, now.leads))
}

/// What of a person is in force.
pub(super) struct InForce {
    /// Without those that wait.
    pub(super) roles: Roles,
    /// None while her being superior waits.
    pub(super) leads: Vec<DivisionId>,
    /// Roles she had are held back after a slip; so is what she may do as an operator.
    pub(super) held: bool,
}

/// The one place where that is decided: no role that waits is there for anybody, until a second
/// person confirmed it or it began on its day. Its day alone is not enough: whether there is a
/// second person by then is looked at first.
pub(super) async fn confirmed(
    conn: &mut Conn,
    (body, staff): (BodyCode, StaffId),
    roles: Roles,
    leads: Vec<DivisionId>,
) -> Result<InForce> {
    let Some(waits) = held(conn, body, staff).await? else {
        return Ok(InForce { roles, leads, held: false });
    };
    let leads = if Roles::from_bits(waits.roles).has(Role::Superior) { Vec::new() } else { leads };
    Ok(InForce {
        roles: Roles::from_bits(roles.bits() & !waits.roles),
        leads,
        held: waits.held() != 0,
    })
}

/// What waits of a person.
async fn held(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<Option<WaitingPerson>> {
    let found = about(conn, body, ChangeKind::Person, &staff.to_string()).await?;
    Ok(found.map(|change| WaitingPerson::read(&change.doc)))
}

fn askers(row: &AnyRow) -> Result<Vec<StaffId>> {
    let mut all = vec![id(row, "asked_by")?];
    for one in text(row, "also_by")?.split_whitespace() {
        all.push(one.parse().map_err(|_| Fault::Corrupt("who asked for a change".into()))?);
    }
    Ok(all)
}

fn read(row: &AnyRow) -> Result<Change> {
    let kind = text(row, "kind")?;
    Ok(Change {
        id: id(row, "id")?,
        body: parsed(row, "body")?,
        kind: ChangeKind::ALL
            .into_iter()
            .find(|one| one.name() == kind)
            .ok_or_else(|| Fault::Corrupt("kind of a change".into()))?,
        subject: text(row, "subject")?,
        doc: text(row, "doc")?,
        by: askers(row)?,
        asked: int(row, "asked")?,
        begins: int(row, "begins")?,
    })
}
