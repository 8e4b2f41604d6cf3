//! `noren-server audit verify --anchors`: what was told, and what is there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use audit::{Anchor, AnchorFault, Chain, Head, Seen, Trail};
use ed25519_dalek::VerifyingKey;
use store::Conn;

use kit::time;

/// Longest line that is read of a collected file.
const LINE: u64 = 1 << 20;
/// Faults that are printed one by one; the rest is counted.
const PRINTED: usize = 100;

/// The lines of a file, each with its number in the file; none longer than a bound.
pub fn lines(path: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(usize, String)>>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reader = BufReader::new(file);
    let mut number = 0;
    Ok(std::iter::from_fn(move || {
        let mut bytes = Vec::new();
        match reader.by_ref().take(LINE).read_until(b'\n', &mut bytes) {
            Ok(0) => None,
            Ok(_) => {
                number += 1;
                // What is not text is no line of ours, and is named as such where one is expected.
                Some(Ok((
                    number,
                    String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned(),
                )))
            }
            Err(error) => Some(Err(error.into())),
        }
    }))
}

/// Prints, chain by chain, where it was told to be and where it is; answers how much does not fit.
pub async fn compare(
    conn: &mut Conn,
    files: &[PathBuf],
    key: &VerifyingKey,
    out: &mut dyn Write,
) -> anyhow::Result<usize> {
    let mut faults = Faults { count: 0, out };
    let mut trail = Trail::default();
    let mut bad: BTreeMap<Chain, (Head, Seen)> = BTreeMap::new();
    let mut any = false;
    for path in files {
        // A write that was cut off is a part of the beginning of the line after it.
        let mut held: Option<(usize, String)> = None;
        for next in lines(path)?.map(Some).chain([None]) {
            let next = next.transpose()?;
            let Some((number, line)) = std::mem::replace(&mut held, next) else { continue };
            let cut_off = held
                .as_ref()
                .is_some_and(|(_, after)| after.len() > line.len() && after.starts_with(&line));
            let found = Anchor::find(&line);
            // In a file of anchors every line is one; what a receiver collected may have others
            // between.
            let Some(text) = found
                .or((line.starts_with("noren-") && !line.starts_with("noren-event"))
                    .then_some(line.as_str()))
            else {
                continue;
            };
            if cut_off {
                continue;
            }
            any = true;
            if let Err(fault) = take(conn, &mut trail, &mut bad, text, key).await? {
                faults.say(&format!("{} line {number}: {fault}", path.display()))?;
            }
        }
    }
    if !any {
        faults.say("there is no anchor in these files")?;
    }
    for (chain, told, at) in trail.heads() {
        let now = store::kept_head(conn, chain).await?;
        let when = time::rfc3339(i64::try_from(at).unwrap_or_default());
        match bad.get(&chain).copied() {
            None => {
                let seen = store::compare_head(conn, chain, told).await?;
                match seen {
                    Seen::InGap { marked_by } => writeln!(
                        faults.out,
                        "{} anchored: was at {} on {when}; those records were lost, as record \
                         {marked_by} says; is at {}",
                        chain.as_str(),
                        told.seq,
                        now.seq
                    )?,
                    _ => writeln!(
                        faults.out,
                        "{} anchored: was at {} on {when}, is at {}",
                        chain.as_str(),
                        told.seq,
                        now.seq
                    )?,
                }
            }
            Some((_, Seen::Behind { at })) => {
                faults.say(&format!(
                    "{} ROLLED BACK: was at {} on {when}, is at {at}",
                    chain.as_str(),
                    told.seq
                ))?;
            }
            Some((told, _)) => faults.say(&format!(
                "{} FORKED: record {} is not the one that was anchored; is at {}",
                chain.as_str(),
                told.seq,
                now.seq
            ))?,
        }
    }
    Ok(faults.count)
}

/// One line: its form, its signature, its place, and each head it names against the store.
async fn take(
    conn: &mut Conn,
    trail: &mut Trail,
    bad: &mut BTreeMap<Chain, (Head, Seen)>,
    line: &str,
    key: &VerifyingKey,
) -> store::Result<Result<(), AnchorFault>> {
    let anchor =
        match Anchor::read(line).and_then(|anchor| anchor.signed(line, key).map(|()| anchor)) {
            Ok(anchor) => anchor,
            // What nobody signed says nothing; the next line shows that one is missing.
            Err(fault) => return Ok(Err(fault)),
        };
    match trail.take(&anchor, line) {
        Ok(false) => return Ok(Ok(())),
        Ok(true) => {}
        Err(fault) => return Ok(Err(fault)),
    }
    for (chain, head) in anchor.heads {
        let Entry::Vacant(first) = bad.entry(chain) else { continue };
        let seen = store::compare_head(conn, chain, head).await?;
        if matches!(seen, Seen::Behind { .. } | Seen::Other) {
            first.insert((head, seen));
        }
    }
    Ok(Ok(()))
}

struct Faults<'a> {
    count: usize,
    out: &'a mut dyn Write,
}

impl Faults<'_> {
    fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.count += 1;
        match self.count {
            ..=PRINTED => writeln!(self.out, "{text}"),
            _ => Ok(()),
        }
    }
}
