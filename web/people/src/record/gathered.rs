//! What stands outside, read for `noren-server restored`: where chains were told to be, and records that were collected.

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
    /// The last anchor.
    pub last: Option<(u64, String)>,
    /// Lines of records that could not be used: cut off by a receiver, or altered.
    pub unusable: usize,
}

/// Reads files of anchors and of records; both may stand in either.
pub async fn gather(conn: &mut Conn, files: &[PathBuf], key: &VerifyingKey) -> anyhow::Result<Gathered> {
    let mut found = Gathered::default();
    for path in files {
        for next in lines(path)? {
            let (number, line) = next?;
            if let Some(text) = Anchor::find(&line) {
                // A part of a line that was cut off says nothing.
                let Ok(anchor) = Anchor::read(text) else { continue };
                anchor.signed(text, key).with_context(|| format!("{} line {number}", path.display()))?;
                if found.last.as_ref().is_none_or(|(last, _)| *last < anchor.number) {
                    found.last = Some((anchor.number, text.to_owned()));
                }
                for (chain, head) in anchor.heads {
                    found.told.entry(chain).or_default().insert(head.seq, head.hash);
                }
            } else if let Some(record) = audit::read_event(&line) {
                match record {
                    Ok(record) => {
                        if store::compare_head(conn, record.chain, record.head()).await? != Seen::There {
                            found.lost.entry(record.chain).or_default().insert((record.seq, record.hash), record);
                        }
                    }
                    Err(_) => found.unusable += 1,
                }
            }
        }
    }
    ensure!(
        files.is_empty() || found.last.is_some() || !found.lost.is_empty() || found.unusable == 0,
        "nothing in these files can be used"
    );
    Ok(found)
}

impl Gathered {
    /// The last head that was told of a chain.
    pub fn last_told(&self, chain: Chain) -> Option<Head> {
        self.told.get(&chain)?.last_key_value().map(|(seq, hash)| Head { seq: *seq, hash: *hash })
    }

    /// The highest number of a chain that is known of.
    pub fn highest(&self, chain: Chain) -> u64 {
        let exported = self.lost.get(&chain).and_then(|lost| lost.last_key_value()).map_or(0, |((seq, _), _)| *seq);
        self.last_told(chain).map_or(0, |head| head.seq).max(exported)
    }

    /// The highest head that was told and that the store holds: up to there they agree.
    pub async fn common(&self, conn: &mut Conn, chain: Chain) -> store::Result<u64> {
        for (seq, hash) in self.told.get(&chain).into_iter().flatten().rev() {
            if store::compare_head(conn, chain, Head { seq: *seq, hash: *hash }).await? == Seen::There {
                return Ok(*seq);
            }
        }
        Ok(0)
    }

    /// Whether every record between the store and the last head that was told was collected: back along the hashes until one the store holds.
    pub async fn known(&self, conn: &mut Conn, chain: Chain) -> store::Result<bool> {
        let Some(mut head) = self.last_told(chain) else { return Ok(false) };
        let lost = self.lost.get(&chain);
        while head.seq > 0 && store::compare_head(conn, chain, head).await? != Seen::There {
            let Some(record) = lost.and_then(|lost| lost.get(&(head.seq, head.hash))) else { return Ok(false) };
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
        let lost = self.lost.get(&gap.chain).into_iter().flat_map(BTreeMap::values).map(Record::head);
        let all = lost.chain([kept, Head::EMPTY]);
        Ok(all.filter(|head| head.seq < gap.seq).find(|head| head.hash == gap.previous))
    }

    /// The collected record that follows a head, by its hash: the next number, or a gap.
    pub fn next(&self, chain: Chain, head: Head) -> Option<&Record> {
        let behind = self.lost.get(&chain)?.range((head.seq + 1, [0; 32])..).map(|(_, record)| record);
        let mut follow = behind.filter(|record| record.seq == head.seq + 1 || record.kind == Kind::RECORD_GAP);
        follow.find(|record| record.previous == head.hash)
    }
}
