//! Mail that waits to be sent, and who wants what sent where. A mail is written in the transaction
//! of what it tells of, and removed once a mail server has taken it; so a crash in between sends it
//! again under the same id, and never loses it.

use people::{BodyCode, MailId, StaffId};
use sqlx::any::AnyRow;

use crate::row::{flag, id, int, parsed, text};
use crate::{Conn, Fault, Result, Tx};

/// A mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// Its id, and that of the message on its way.
    pub id: MailId,
    /// Of which body.
    pub body: BodyCode,
    /// To whom.
    pub staff: StaffId,
    /// The address at the time it was written.
    pub address: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub content: String,
    /// When it was written, Unix milliseconds.
    pub queued: i64,
    /// When it is tried next.
    pub due: i64,
    /// How often it was tried.
    pub tries: i64,
    /// Whether nobody tries any more.
    pub given_up: bool,
    /// What the mail server said last.
    pub fault: String,
}

/// What one person wants sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wishes {
    /// Where.
    pub address: String,
    /// Kinds of notices not wanted, one bit each.
    pub silent: u32,
}

const COLUMNS: &str =
    "id, body, staff, address, subject, content, queued, due, tries, given_up, fault";

/// Writes a mail to be sent.
///
/// # Errors
/// What the database can meet.
pub async fn add(tx: &mut Tx, mail: &Mail) -> Result<()> {
    sqlx::query(
        "INSERT INTO mail_outbox (id, body, staff, address, subject, content, queued, due, tries, \
         given_up, fault)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(mail.id.0.to_vec())
    .bind(mail.body.to_string())
    .bind(mail.staff.0.to_vec())
    .bind(mail.address.clone())
    .bind(mail.subject.clone())
    .bind(mail.content.clone())
    .bind(mail.queued)
    .bind(mail.due)
    .bind(mail.tries)
    .bind(i64::from(mail.given_up))
    .bind(mail.fault.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Mails whose time has come, of all bodies that are not stopped, oldest first, at most `most`.
/// Those of a stopped body keep their turn.
///
/// # Errors
/// What the database can meet.
pub async fn due(conn: &mut Conn, now: i64, most: i64) -> Result<Vec<Mail>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_outbox WHERE given_up = 0 AND due <= $1 \
         AND NOT EXISTS (SELECT 1 FROM bodies WHERE bodies.code = mail_outbox.body AND \
         bodies.suspended <> 0) ORDER BY due LIMIT $2"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).bind(most).fetch_all(conn).await?;
    rows.iter().map(mail).collect()
}

/// Mails nobody tries any more, latest first, at most `most`.
///
/// # Errors
/// What the database can meet.
pub async fn given_up(conn: &mut Conn, most: i64) -> Result<Vec<Mail>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_outbox WHERE given_up = 1 ORDER BY queued DESC LIMIT $1"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(most).fetch_all(conn).await?;
    rows.iter().map(mail).collect()
}

/// How many mails of a body wait.
///
/// # Errors
/// What the database can meet.
pub async fn waiting(conn: &mut Conn, body: BodyCode) -> Result<i64> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM mail_outbox WHERE body = $1 AND given_up = 0")
        .bind(body.to_string());
    int(&row.fetch_one(conn).await?, "n")
}

/// How many mails wait in all, and since when the oldest does.
///
/// # Errors
/// What the database can meet.
pub async fn queue(conn: &mut Conn) -> Result<(i64, Option<i64>)> {
    let sql = "SELECT COUNT(*) AS n, COALESCE(MIN(queued), 0) AS oldest FROM mail_outbox WHERE \
        given_up = 0";
    let row = sqlx::query(sql).fetch_one(conn).await?;
    let n = int(&row, "n")?;
    Ok((n, if n > 0 { Some(int(&row, "oldest")?) } else { None }))
}

/// A mail server took it, or nobody wants it any more.
///
/// # Errors
/// What the database can meet.
pub async fn remove(tx: &mut Tx, mail: MailId) -> Result<()> {
    sqlx::query("DELETE FROM mail_outbox WHERE id = $1")
        .bind(mail.0.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// It was tried in vain: again at `due`, or not again.
///
/// # Errors
/// What the database can meet.
pub async fn put_back(
    tx: &mut Tx,
    mail: MailId,
    due: i64,
    given_up: bool,
    fault: &str,
) -> Result<()> {
    sqlx::query(
        "UPDATE mail_outbox SET due = $2, tries = tries + 1, given_up = $3, fault = $4 \
        WHERE id = $1",
    )
    .bind(mail.0.to_vec())
    .bind(due)
    .bind(i64::from(given_up))
    .bind(fault.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets what was given up before `before`.
///
/// # Errors
/// What the database can meet.
pub async fn sweep(tx: &mut Tx, before: i64) -> Result<()> {
    sqlx::query("DELETE FROM mail_outbox WHERE given_up = 1 AND queued < $1")
        .bind(before)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What a person wants sent; none when she has said nothing.
///
/// # Errors
/// What the database can meet.
pub async fn wishes(conn: &mut Conn, body: BodyCode, staff: StaffId) -> Result<Option<Wishes>> {
    let row = sqlx::query("SELECT address, silent FROM mail_people WHERE staff = $1 AND body = $2")
        .bind(staff.0.to_vec())
        .bind(body.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        let silent =
            u32::try_from(int(&row, "silent")?).map_err(|_| Fault::Corrupt("silent".into()))?;
        Ok(Wishes { address: text(&row, "address")?, silent })
    })
    .transpose()
}

/// People of a body who have given an address, by identity.
///
/// # Errors
/// What the database can meet.
pub async fn listeners(conn: &mut Conn, body: BodyCode) -> Result<Vec<StaffId>> {
    let sql = "SELECT staff FROM mail_people WHERE body = $1 AND address <> '' ORDER BY staff";
    let rows = sqlx::query(sql).bind(body.to_string()).fetch_all(conn).await?;
    rows.iter().map(|row| id(row, "staff")).collect()
}

/// Keeps what a person wants sent.
///
/// # Errors
/// What the database can meet.
pub async fn put_wishes(
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
    wishes: &Wishes,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO mail_people (staff, body, address, silent) VALUES ($1, $2, $3, $4)
         ON CONFLICT (staff) DO UPDATE SET address = excluded.address, silent = excluded.silent",
    )
    .bind(staff.0.to_vec())
    .bind(body.to_string())
    .bind(wishes.address.clone())
    .bind(i64::from(wishes.silent))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn mail(row: &AnyRow) -> Result<Mail> {
    Ok(Mail {
        id: id(row, "id")?,
        body: parsed(row, "body")?,
        staff: id(row, "staff")?,
        address: text(row, "address")?,
        subject: text(row, "subject")?,
        content: text(row, "content")?,
        queued: int(row, "queued")?,
        due: int(row, "due")?,
        tries: int(row, "tries")?,
        given_up: flag(row, "given_up")?,
        fault: text(row, "fault")?,
    })
}
