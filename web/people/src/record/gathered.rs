//! What stands outside, read for `noren-server restored`: where chains were told to be, and records
//! that were collected.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use audit::{Anchor, Chain, Head, Kind, Record, Seen};
use ed25519_dalek::VerifyingKey;
use store::Conn;

use super::compare::lines;

/// What was found outside.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Every head that was anchored.
    pub told: BTreeMap<Chain, BTreeMap<u64, [u8; 32]>>,
    /// Collected records the store does not hold, by number and hash.
    pub lost: BTreeMap<Chain, BTreeMap<(u64, [u8; 32]), Record>>,
    /// The highest collected record of each chain that the store holds.
    pub held: BTreeMap<Chain, u64>,
    /// The last anchor.
    pub last: Option<(u64, String)>,
    /// Lines of records that could not be used: cut off by a receiver, or altered.
    pub unusable: usize,
}

/// Reads files of anchors and of records; both may stand in either.
///
/// # Errors
/// When one cannot be read, has an anchor that another key signed, or nothing of this server.
pub async fn gather(
    conn: &mut Conn,
    files: &[PathBuf],
    key: &VerifyingKey,
) -> anyhow::Result<Gathered> {
    let mut found = Gathered::default();
    let mut strange = Vec::new();
    for path in files {
        let mut ours = false;
        for next in lines(path)? {
            let (number, line) = next?;
            if let Some(text) = Anchor::find(&line) {
                // A part of a line that was cut off says nothing.
                let Ok(anchor) = Anchor::read(text) else { continue };
                anchor
                    .signed(text, key)
                    .with_context(|| format!("{} line {number}", path.display()))?;
                ours = true;
                if found.last.as_ref().is_none_or(|(last, _)| *last < anchor.number) {
                    found.last = Some((anchor.number, text.to_owned()));
                }
                for (chain, head) in anchor.heads {
                    found.told.entry(chain).or_default().insert(head.seq, head.hash);
                }
            } else if let Some(record) = audit::read_event(&line) {
                match record {
                    Ok(record) => ours |= found.collect(conn, record).await?,
                    Err(_) => found.unusable += 1,
                }
            }
        }
        if !ours {
            strange.push(path.display().to_string());
        }
    }
    ensure!(
        strange.is_empty(),
        "no anchor and no record of this server: {}. Give files of anchors, and what \
         `audit export --format syslog` wrote or a receiver collected with --syslog-events",
        strange.join(", ")
    );
    Ok(found)
}

impl Gathered {
    /// Takes a collected record. Whether it is this server's: the store holds it, or the one it
    /// stands on, or ends before it. Another server's begin with another first record.
    async fn collect(&mut self, conn: &mut Conn, record: Record) -> anyhow::Result<bool> {
        let chain = record.chain;
        let seen = store::compare_head(conn, chain, record.head()).await?;
        if seen == Seen::There {
            let held = self.held.entry(chain).or_default();
            *held = record.seq.max(*held);
            return Ok(true);
        }
        let before = Head { seq: record.seq.saturating_sub(1), hash: record.previous };
        let stands =
            before.seq > 0 && store::compare_head(conn, chain, before).await? == Seen::There;
        let behind = matches!(seen, Seen::Behind { at } if at > 0);
        self.lost.entry(chain).or_default().insert((record.seq, record.hash), record);
        Ok(stands || behind || matches!(seen, Seen::InGap { .. }))
    }

    /// The last head that was told of a chain.
    pub fn last_told(&self, chain: Chain) -> Option<Head> {
        self.told.get(&chain)?.last_key_value().map(|(seq, hash)| Head { seq: *seq, hash: *hash })
    }

    /// The highest number of a chain that is known of.
    pub fn highest(&self, chain: Chain) -> u64 {
        let exported = self
            .lost
            .get(&chain)
            .and_then(|lost| lost.last_key_value())
            .map_or(0, |((seq, _), _)| *seq);
        let held = self.held.get(&chain).copied().unwrap_or(0);
        self.last_told(chain).map_or(0, |head| head.seq).max(exported).max(held)
    }

    /// The highest record that was told or collected and that the store holds: up to there they
    /// agree.
    pub async fn common(&self, conn: &mut Conn, chain: Chain) -> store::Result<u64> {
        let held = self.held.get(&chain).copied().unwrap_or(0);
        for (seq, hash) in self.told.get(&chain).into_iter().flatten().rev() {
            if store::compare_head(conn, chain, Head { seq: *seq, hash: *hash }).await?
                == Seen::There
            {
                return Ok((*seq).max(held));
            }
        }
        Ok(held)
    }

    /// Whether every record between the store and the last head that was told was collected: back
    /// along the hashes until one the store holds.
    pub async fn known(&self, conn: &mut Conn, chain: Chain) -> store::Result<bool> {
        let Some(mut head) = self.last_told(chain) else { return Ok(false) };
        let lost = self.lost.get(&chain);
        while head.seq > 0 && store::compare_head(conn, chain, head).await? != Seen::There {
            let Some(record) = lost.and_then(|lost| lost.get(&(head.seq, head.hash))) else {
                return Ok(false);
            };
            head = if record.kind == Kind::RECORD_GAP {
                let Some(before) = self.before_gap(conn, record).await? else { return Ok(false) };
                before
            } else {
                Head { seq: record.seq - 1, hash: record.previous }
            };
        }
        Ok(true)
    }

    /// The head that a collected record of a gap stands on: it leaves numbers out, so the hash
    /// alone names it. A copy that holds that record and not the gap ends with it.
    async fn before_gap(&self, conn: &mut Conn, gap: &Record) -> store::Result<Option<Head>> {
        let kept = store::kept_head(conn, gap.chain).await?;
        let lost =
            self.lost.get(&gap.chain).into_iter().flat_map(BTreeMap::values).map(Record::head);
        let all = lost.chain([kept, Head::EMPTY]);
        Ok(all.filter(|head| head.seq < gap.seq).find(|head| head.hash == gap.previous))
    }

    /// The collected record that follows a head, by its hash: the next number, or a gap.
    pub fn next(&self, chain: Chain, head: Head) -> Option<&Record> {
        let behind =
            self.lost.get(&chain)?.range((head.seq + 1, [0; 32])..).map(|(_, record)| record);
        let mut follow =
            behind.filter(|record| record.seq == head.seq + 1 || record.kind == Kind::RECORD_GAP);
        follow.find(|record| record.previous == head.hash)
    }
}
