//! The record in the database.

use audit::{Chain, Head, Kind, Record, Seen, Who};
use sqlx::any::AnyRow;

use crate::row::{blob32, int, text};
use crate::{Conn, Fault, Result, Tx};

const COLUMNS: &str =
    "chain, seq, at, kind, who, who_id, who_name, subject, fields, previous, hash";

/// What a reader of the record looks for.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// From, Unix milliseconds, inclusive.
    pub from: Option<i64>,
    /// Until, Unix milliseconds, exclusive.
    pub until: Option<i64>,
    /// Numbers of kinds from this one ...
    pub kind_from: Option<u16>,
    /// ... to this one, both inclusive.
    pub kind_to: Option<u16>,
    /// Part of who or subject.
    pub text: String,
    /// Records before this number (a page goes backwards); 0 from the end.
    pub before: u64,
}

/// One page of a chain, newest first, for a reader: with the addresses that are still kept. What is
/// to be verified is read by [`audit_after`].
///
/// # Errors
/// What the database can meet.
pub async fn audit_page(
    conn: &mut Conn,
    chain: Chain,
    filter: &AuditFilter,
    limit: u32,
) -> Result<Vec<Record>> {
    let like = format!("%{}%", filter.text.replace(['%', '_', '\\'], ""));
    let before = if filter.before == 0 {
        i64::MAX
    } else {
        i64::try_from(filter.before).unwrap_or(i64::MAX)
    };
    let rows = sqlx::query(
        "SELECT chain, seq, at, kind, who, who_id, who_name, subject, fields, previous, hash FROM \
         audit_records \
         WHERE chain = $1 AND seq < $2 AND at >= $3 AND at < $4 AND kind BETWEEN $5 AND $6 AND \
         (who_name LIKE $7 OR subject LIKE $7 \
         OR ($9 = 1 AND seq IN (SELECT seq FROM audit_addresses WHERE chain = $1 AND address LIKE \
         $7))) \
         ORDER BY seq DESC LIMIT $8",
    )
    .bind(chain.as_str().to_owned())
    .bind(before)
    .bind(filter.from.unwrap_or(0))
    .bind(filter.until.unwrap_or(i64::MAX))
    .bind(i64::from(filter.kind_from.unwrap_or(0)))
    .bind(i64::from(filter.kind_to.unwrap_or(u16::MAX)))
    .bind(like)
    .bind(i64::from(limit))
    // Who looks for a name does not look through addresses.
    .bind(i64::from(filter.text.contains(['.', ':'])))
    .fetch_all(&mut *conn)
    .await?;
    let mut records = rows.iter().map(record).collect::<Result<Vec<Record>>>()?;
    crate::addresses::show(conn, &mut records).await?;
    Ok(records)
}

/// Records of a chain after a number, oldest first.
///
/// # Errors
/// What the database can meet.
pub async fn audit_after(
    conn: &mut Conn,
    chain: Chain,
    after: u64,
    limit: u32,
) -> Result<Vec<Record>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit_records WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(chain.as_str().to_owned())
        .bind(signed(after)?)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(record).collect()
}

/// Every chain there is, by code.
///
/// # Errors
/// What the database can meet.
pub async fn chains(conn: &mut Conn) -> Result<Vec<Chain>> {
    // Both tables: a head that was removed must not hide its records.
    let rows = sqlx::query(
        "SELECT chain FROM audit_heads UNION SELECT chain FROM audit_records ORDER BY 1",
    )
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Chain::new(&text(row, "chain")?).ok_or_else(|| Fault::Corrupt("chain".into())))
        .collect()
}

/// Where the store says a chain ends.
///
/// # Errors
/// What the database can meet.
pub async fn kept_head(conn: &mut Conn, chain: Chain) -> Result<Head> {
    let row = sqlx::query("SELECT seq, hash FROM audit_heads WHERE chain = $1")
        .bind(chain.as_str().to_owned())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(Head::EMPTY), |row| {
        Ok(Head { seq: number(int(&row, "seq")?)?, hash: blob32(&row, "hash")? })
    })
}

/// Compares a head that was told before with what the store holds now.
///
/// # Errors
/// What the database can meet.
pub async fn compare_head(conn: &mut Conn, chain: Chain, told: Head) -> Result<Seen> {
    if told.seq == 0 {
        return Ok(Seen::There);
    }
    let sql = format!("SELECT {COLUMNS} FROM audit_records WHERE chain = $1 AND seq = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(chain.as_str().to_owned())
        .bind(signed(told.seq)?)
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(row) = &row
        && record(row)?.hash == told.hash
    {
        return Ok(Seen::There);
    }
    for gap in gaps(conn, chain).await? {
        if gap.is_gap_over(told.seq) {
            return Ok(Seen::InGap { marked_by: gap.seq });
        }
    }
    let at = kept_head(conn, chain).await?.seq;
    Ok(if row.is_none() && at < told.seq { Seen::Behind { at } } else { Seen::Other })
}

/// The records of a chain that mark a gap, by number.
pub(crate) async fn gaps(conn: &mut Conn, chain: Chain) -> Result<Vec<Record>> {
    let sql =
        format!("SELECT {COLUMNS} FROM audit_records WHERE chain = $1 AND kind = $2 ORDER BY seq");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(chain.as_str().to_owned())
        .bind(i64::from(Kind::RECORD_GAP.number()))
        .fetch_all(conn)
        .await?;
    rows.iter().map(record).collect()
}

/// Where every chain ends, as the store says, by code.
///
/// # Errors
/// What the database can meet.
pub async fn heads(conn: &mut Conn) -> Result<Vec<(Chain, Head)>> {
    let sql = "SELECT chain, seq, hash FROM audit_heads WHERE seq > 0 ORDER BY chain";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let chain = Chain::new(&text(row, "chain")?);
            let chain = chain.ok_or_else(|| Fault::Corrupt("chain".into()))?;
            Ok((chain, Head { seq: number(int(row, "seq")?)?, hash: blob32(row, "hash")? }))
        })
        .collect()
}

/// Takes `count` numbers of a chain; the row stays locked until the commit.
pub(crate) async fn take_head(tx: &mut Tx, chain: Chain, count: usize) -> Result<Head> {
    let chain = chain.as_str().to_owned();
    let count = i64::try_from(count).map_err(|_| Fault::Refused("too many events".into()))?;
    sqlx::query(
        "INSERT INTO audit_heads (chain, seq, hash) VALUES ($1, 0, $2) ON CONFLICT (chain) \
        DO NOTHING",
    )
    .bind(chain.clone())
    .bind(vec![0u8; 32])
    .execute(&mut **tx)
    .await?;
    let row =
        sqlx::query("UPDATE audit_heads SET seq = seq + $2 WHERE chain = $1 RETURNING seq, hash")
            .bind(chain)
            .bind(count)
            .fetch_one(&mut **tx)
            .await?;
    Ok(Head { seq: number(int(&row, "seq")? - count)?, hash: blob32(&row, "hash")? })
}

pub(crate) async fn put_head(tx: &mut Tx, chain: Chain, head: Head) -> Result<()> {
    sqlx::query("UPDATE audit_heads SET hash = $2 WHERE chain = $1")
        .bind(chain.as_str().to_owned())
        .bind(head.hash.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Leaves numbers out: the next record of the chain gets `seq`. For a record of
/// [`Kind::RECORD_GAP`] alone, in the same transaction.
///
/// # Errors
/// What the database can meet; [`Fault::Refused`] when the chain is there already.
pub async fn leap(tx: &mut crate::Tx, chain: Chain, seq: u64) -> Result<()> {
    let head = take_head(tx, chain, 0).await?;
    if seq <= head.seq {
        return Err(Fault::Refused("a gap ends behind the chain".into()));
    }
    sqlx::query("UPDATE audit_heads SET seq = $2 WHERE chain = $1")
        .bind(chain.as_str().to_owned())
        .bind(signed(seq - 1)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Puts a record back that was lost with a copy: it must be the very next of its chain, whole, by
/// number and hash.
///
/// # Errors
/// What the database can meet; [`Fault::Refused`] when it is not the next.
pub async fn put_back(tx: &mut crate::Tx, record: &Record) -> Result<()> {
    let head = take_head(tx, record.chain, 0).await?;
    let mut verifier = audit::Verifier::after(record.chain, head);
    verifier.take(record).map_err(|broken| Fault::Refused(broken.to_string()))?;
    insert(tx, record).await?;
    sqlx::query("UPDATE audit_heads SET seq = $2, hash = $3 WHERE chain = $1")
        .bind(record.chain.as_str().to_owned())
        .bind(signed(record.seq)?)
        .bind(record.hash.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn insert(tx: &mut Tx, record: &Record) -> Result<()> {
    let fields =
        serde_json::to_string(&record.fields).map_err(|error| Fault::Refused(error.to_string()))?;
    let sql = format!(
        "INSERT INTO audit_records ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
         $11)"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(record.chain.as_str().to_owned())
        .bind(signed(record.seq)?)
        .bind(signed(record.at)?)
        .bind(i64::from(record.kind.number()))
        .bind(i64::from(record.who.number()))
        .bind(record.who.id().to_owned())
        .bind(record.who.name().to_owned())
        .bind(record.subject.clone())
        .bind(fields)
        .bind(record.previous.to_vec())
        .bind(record.hash.to_vec())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn record(row: &AnyRow) -> Result<Record> {
    let corrupt = |what: &str| Fault::Corrupt(format!("audit record: {what}"));
    let who = u8::try_from(int(row, "who")?).ok();
    let (id, name) = (text(row, "who_id")?, text(row, "who_name")?);
    Ok(Record {
        chain: Chain::new(&text(row, "chain")?).ok_or_else(|| corrupt("chain"))?,
        seq: number(int(row, "seq")?)?,
        at: number(int(row, "at")?)?,
        kind: Kind::from_number(u16::try_from(int(row, "kind")?).map_err(|_| corrupt("kind"))?),
        who: who.and_then(|who| Who::from_parts(who, id, name)).ok_or_else(|| corrupt("who"))?,
        subject: text(row, "subject")?,
        fields: serde_json::from_str(&text(row, "fields")?).map_err(|_| corrupt("fields"))?,
        previous: blob32(row, "previous")?,
        hash: blob32(row, "hash")?,
    })
}

pub(crate) fn number(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| Fault::Corrupt("a negative number in the record".into()))
}

pub(crate) fn signed(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| Fault::Refused("a number too large for the record".into()))
}
