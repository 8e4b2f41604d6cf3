//! Addresses beside the record: kept as long as a body says, then deleted with their keys
//! (spec/audit.md).

use std::ops::RangeInclusive;

use audit::{Chain, Kind, Place, Record};
use rand_core::{OsRng, TryRngCore as _};

use crate::row::{blob32, int, text};
use crate::{Conn, Fault, Result, Tx, audit_after};

/// A key of one record. A system without chance writes nothing.
pub(crate) fn key() -> Result<[u8; 32]> {
    let mut key = [0; 32];
    OsRng
        .try_fill_bytes(&mut key)
        .map_err(|error| Fault::Refused(format!("no randomness: {error}")))?;
    Ok(key)
}

pub(crate) async fn insert(
    tx: &mut Tx,
    record: &Record,
    key: &[u8; 32],
    kept: &[(Place, String)],
) -> Result<()> {
    for (place, address) in kept {
        sqlx::query(
            "INSERT INTO audit_addresses (chain, seq, place, at, address, key) VALUES ($1, \
            $2, $3, $4, $5, $6)",
        )
        .bind(record.chain.as_str().to_owned())
        .bind(number(record.seq)?)
        .bind(i64::from(place.number()))
        .bind(number(record.at)?)
        .bind(address.clone())
        .bind(key.to_vec())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Puts the addresses that are still kept back into records of one chain, for a reader. Such
/// records are shown; what is verified is what was read.
///
/// # Errors
/// What the database can meet.
pub async fn show(conn: &mut Conn, records: &mut [Record]) -> Result<()> {
    let (Some(first), Some(last)) =
        (records.iter().min_by_key(|one| one.seq), records.iter().max_by_key(|one| one.seq))
    else {
        return Ok(());
    };
    let (chain, first, last) = (first.chain, first.seq, last.seq);
    let kept = between(conn, chain, first, last).await?;
    for record in records {
        let seq = record.seq;
        let from = kept.partition_point(|one| one.seq < seq);
        for one in kept[from..].iter().take_while(|one| one.seq == seq) {
            record.show(one.place, &one.key, one.address.clone());
        }
    }
    Ok(())
}

/// What is wrong beside a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beside {
    /// Another address than the record was written with.
    Altered(u64),
    /// None, though nothing on record says that it was deleted or is not there.
    Missing(u64),
}

/// What the addresses beside a chain are worth.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Addresses {
    /// The first faults, at most [`NAMED`].
    pub faults: Vec<Beside>,
    /// How many faults there are.
    pub count: u64,
    /// Records without their addresses of which a gap says that they were put back so.
    pub put_back: u64,
}

/// Faults that are named one by one.
pub const NAMED: usize = 50;

impl Addresses {
    /// Each is the one its record was written with, and none is missing that should be there.
    #[must_use]
    pub fn whole(&self) -> bool {
        self.count == 0
    }

    fn say(&mut self, fault: Beside) {
        self.count += 1;
        if self.faults.len() < NAMED {
            self.faults.push(fault);
        }
    }
}

/// Compares the addresses beside a chain with its records. The chain is verified by itself.
///
/// # Errors
/// What the database can meet.
pub async fn verify(conn: &mut Conn, chain: Chain) -> Result<Addresses> {
    let swept = swept(conn, chain).await?;
    let put_back = put_back(conn, chain).await?;
    let mut found = Addresses::default();
    let mut after = 0;
    loop {
        let records = audit_after(conn, chain, after, 1_000).await?;
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(found) };
        let kept = between(conn, chain, first.seq, last.seq).await?;
        after = last.seq;
        for record in &records {
            let seq = record.seq;
            let from = kept.partition_point(|one| one.seq < seq);
            let own: Vec<&Kept> = kept[from..].iter().take_while(|one| one.seq == seq).collect();
            if own.iter().any(|one| !record.commits_to(one.place, &one.key, &one.address)) {
                found.say(Beside::Altered(seq));
            } else if own.len() < record.commitments().len() && number(record.at)? >= swept {
                match put_back.iter().any(|range| range.contains(&seq)) {
                    true => found.put_back += 1,
                    false => found.say(Beside::Missing(seq)),
                }
            }
        }
    }
}

/// Which records were put back without their addresses, as the gaps of the chain say.
async fn put_back(conn: &mut Conn, chain: Chain) -> Result<Vec<RangeInclusive<u64>>> {
    let gaps = crate::audit_log::gaps(conn, chain).await?;
    Ok(gaps.iter().filter_map(Record::put_back).collect())
}

/// Deletes what was written before `before`: the addresses beside the chain with their keys, and
/// those of the body's sessions. Answers how many of each.
///
/// # Errors
/// What the database can meet.
pub async fn sweep(tx: &mut Tx, chain: Chain, before: i64) -> Result<(u64, u64)> {
    let records = sqlx::query("DELETE FROM audit_addresses WHERE chain = $1 AND at < $2")
        .bind(chain.as_str().to_owned())
        .bind(before)
        .execute(&mut **tx)
        .await?;
    let sessions = sqlx::query(
        "UPDATE sessions SET address = '' WHERE body = $1 AND requested < $2 AND address <> ''",
    )
    .bind(chain.as_str().to_owned())
    .bind(before)
    .execute(&mut **tx)
    .await?;
    Ok((records.rows_affected(), sessions.rows_affected()))
}

/// Whether there is anything to delete: looking needs no turn.
///
/// # Errors
/// What the database can meet.
pub async fn due(conn: &mut Conn, chain: Chain, before: i64) -> Result<bool> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (\
               SELECT 1 FROM (SELECT 1 FROM audit_addresses WHERE chain = $1 AND at < $2 LIMIT 1) \
               AS a \
               UNION ALL SELECT 1 FROM (SELECT 1 FROM sessions WHERE body = $1 AND requested < $2 \
               AND address <> '' LIMIT 1) AS s) AS d";
    let row = sqlx::query(sql).bind(chain.as_str().to_owned()).bind(before).fetch_one(conn).await?;
    Ok(int(&row, "n")? > 0)
}

/// Up to when the record says that addresses were deleted, Unix milliseconds.
async fn swept(conn: &mut Conn, chain: Chain) -> Result<i64> {
    let row = sqlx::query(
        "SELECT fields FROM audit_records WHERE chain = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1",
    )
    .bind(chain.as_str().to_owned())
    .bind(i64::from(Kind::ADDRESSES_DELETED.number()))
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(0) };
    let fields: Vec<(String, String)> = serde_json::from_str(&text(&row, "fields")?)
        .map_err(|_| Fault::Corrupt("fields".into()))?;
    Ok(fields
        .iter()
        .find(|(name, _)| name == "before_ms")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0))
}

struct Kept {
    seq: u64,
    place: Place,
    address: String,
    key: [u8; 32],
}

/// The addresses beside the records of these numbers, in their order.
async fn between(conn: &mut Conn, chain: Chain, first: u64, last: u64) -> Result<Vec<Kept>> {
    let sql = "SELECT seq, place, address, key FROM audit_addresses WHERE chain = $1 AND seq \
        BETWEEN $2 AND $3 ORDER BY seq, place";
    let rows = sqlx::query(sql)
        .bind(chain.as_str().to_owned())
        .bind(number(first)?)
        .bind(number(last)?)
        .fetch_all(conn)
        .await?;
    let corrupt = || Fault::Corrupt("audit address".into());
    rows.iter()
        .map(|row| {
            Ok(Kept {
                seq: u64::try_from(int(row, "seq")?).map_err(|_| corrupt())?,
                place: u8::try_from(int(row, "place")?)
                    .ok()
                    .and_then(Place::from_number)
                    .ok_or_else(corrupt)?,
                address: text(row, "address")?,
                key: blob32(row, "key")?,
            })
        })
        .collect()
}

fn number(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| Fault::Refused("a number too large for the record".into()))
}
