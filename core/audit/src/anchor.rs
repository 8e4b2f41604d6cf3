//! Anchors: signed lines that say where chains ended at a moment, for a place the server cannot
//! rewrite (spec/audit.md).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use id::{hex, unhex};
use sha2::{Digest, Sha256};

use crate::{Chain, Head};

/// Most chains in one line.
pub const ANCHOR_HEADS: usize = 16;
const MARK: &str = "noren-anchor v1 ";
const CONTEXT: &[u8] = b"noren anchor v1\0";
/// Longest line, in bytes.
const LINE_LIMIT: usize = 2_000;
/// How many lines back a repeated line is recognised.
const KNOWN: usize = 10_000;

/// One anchor: the content of one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// Number of the line, from 1 without a gap.
    pub number: u64,
    /// Time of the line, Unix milliseconds.
    pub at: u64,
    /// SHA-256 of the line before; zeros for the first line.
    pub previous: [u8; 32],
    /// Where chains ended, by ascending code; 1 to [`ANCHOR_HEADS`].
    pub heads: Vec<(Chain, Head)>,
}

/// A fault of a line, or of its place in the sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnchorFault {
    /// The line does not have the form of an anchor.
    #[error("not an anchor")]
    NotAnAnchor,
    /// The line is not signed by this server's key.
    #[error(
        "anchor {number} is not signed by this server's key: it was altered, or is another server's"
    )]
    Signature {
        /// Number of the line.
        number: u64,
    },
    /// A number is missing.
    #[error("anchor {expected} is missing (found {found})")]
    Missing {
        /// The number that should have come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// Two lines have one number.
    #[error("there are two anchors {number}: the server went back between them")]
    Forked {
        /// Their number.
        number: u64,
    },
    /// It does not point to the line before.
    #[error("anchor {number} does not follow the anchor before it")]
    Unlinked {
        /// Number of the line.
        number: u64,
    },
    /// A chain ends earlier than an anchor before says, or with another hash.
    #[error(
        "anchor {number} says {} ended at {found}, and an anchor before it {told}", chain.as_str())]
    WentBack {
        /// The line's number.
        number: u64,
        /// The chain.
        chain: Chain,
        /// The number an anchor before gave.
        told: u64,
        /// The number this line gives.
        found: u64,
    },
}

impl AnchorFault {
    /// The number of the faulty line, or of the missing one; 0 where the line has no number.
    #[must_use]
    pub fn number(&self) -> u64 {
        match self {
            Self::NotAnAnchor => 0,
            Self::Missing { expected, .. } => *expected,
            Self::Signature { number }
            | Self::Forked { number }
            | Self::Unlinked { number }
            | Self::WentBack { number, .. } => *number,
        }
    }
}

impl Anchor {
    /// The line, signed, without a line end.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        let heads: Vec<String> = self
            .heads
            .iter()
            .map(|(chain, head)| format!("{}:{}:{}", chain.as_str(), head.seq, hex(&head.hash)))
            .collect();
        let text = format!(
            "{MARK}{} {} {} {}",
            self.number,
            self.at,
            hex(&self.previous),
            heads.join(",")
        );
        let signature = key.sign(&[CONTEXT, text.as_bytes()].concat());
        format!("{text} {}", STANDARD.encode(signature.to_bytes()))
    }

    /// Reads a line without checking its signature ([`Anchor::signed`]).
    ///
    /// # Errors
    /// [`AnchorFault::NotAnAnchor`].
    pub fn read(line: &str) -> Result<Self, AnchorFault> {
        Self::parse(line).ok_or(AnchorFault::NotAnAnchor)
    }

    /// Checks that the key signed exactly this line.
    ///
    /// # Errors
    /// [`AnchorFault::Signature`].
    pub fn signed(&self, line: &str, key: &VerifyingKey) -> Result<(), AnchorFault> {
        let fault = AnchorFault::Signature { number: self.number };
        let (text, signature) = line.rsplit_once(' ').ok_or(fault)?;
        let signature: [u8; 64] =
            STANDARD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(fault)?;
        key.verify_strict(&[CONTEXT, text.as_bytes()].concat(), &Signature::from_bytes(&signature))
            .map_err(|_| fault)
    }

    /// SHA-256 of a line, which the next line names.
    #[must_use]
    pub fn hash(line: &str) -> [u8; 32] {
        Sha256::digest(line.as_bytes()).into()
    }

    /// The anchor in a collected line, without the text before it. An anchor inside the line of an
    /// event does not count.
    #[must_use]
    pub fn find(collected: &str) -> Option<&str> {
        let from = collected.find(MARK)?;
        (!collected[..from].contains(crate::line::MARK)).then(|| collected[from..].trim_end())
    }

    fn parse(line: &str) -> Option<Self> {
        if line.len() > LINE_LIMIT || !line.is_ascii() {
            return None;
        }
        let mut parts = line.strip_prefix(MARK)?.split(' ');
        let (number, at, previous, heads, _signature) = (
            decimal(parts.next()?)?,
            decimal(parts.next()?)?,
            unhex(parts.next()?)?,
            parts.next()?,
            parts.next()?,
        );
        if parts.next().is_some() || number == 0 {
            return None;
        }
        let mut all: Vec<(Chain, Head)> = Vec::new();
        for part in heads.split(',').take(ANCHOR_HEADS + 1) {
            let (chain, rest) = part.split_once(':')?;
            let (seq, hash) = rest.split_once(':')?;
            let head = (Chain::new(chain)?, Head { seq: decimal(seq)?, hash: unhex(hash)? });
            if all.last().is_some_and(|last| last.0 >= head.0) {
                return None;
            }
            all.push(head);
        }
        (all.len() <= ANCHOR_HEADS).then_some(Self { number, at, previous, heads: all })
    }
}

/// Checks lines in their order.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    last: Option<(u64, [u8; 32])>,
    known: BTreeMap<u64, [u8; 32]>,
    heads: BTreeMap<Chain, (Head, u64)>,
}

impl Trail {
    /// Takes the next line. Returns whether it was new; a repeated line is not.
    ///
    /// # Errors
    /// [`AnchorFault`]. The trail then continues after this line, so that the lines that follow can
    /// be checked too.
    pub fn take(&mut self, anchor: &Anchor, line: &str) -> Result<bool, AnchorFault> {
        let (number, hash) = (anchor.number, Anchor::hash(line));
        match self.known.get(&number) {
            Some(known) if *known == hash => return Ok(false),
            Some(_) => {
                self.stand(anchor, hash);
                return Err(AnchorFault::Forked { number });
            }
            None => {}
        }
        let mut fault = match self.last {
            Some((last, _)) if number != last + 1 => {
                Some(AnchorFault::Missing { expected: last + 1, found: number })
            }
            Some((_, before)) if anchor.previous != before => {
                Some(AnchorFault::Unlinked { number })
            }
            None if number == 1 && anchor.previous != [0; 32] => {
                Some(AnchorFault::Unlinked { number })
            }
            _ => None,
        };
        for (chain, head) in &anchor.heads {
            if let Some((told, _)) = self.heads.get(chain)
                && (head.seq < told.seq || (head.seq == told.seq && head.hash != told.hash))
            {
                fault = fault.or(Some(AnchorFault::WentBack {
                    number,
                    chain: *chain,
                    told: told.seq,
                    found: head.seq,
                }));
            }
        }
        self.stand(anchor, hash);
        fault.map_or(Ok(true), Err)
    }

    /// The highest head told of each chain, with its time in Unix milliseconds.
    pub fn heads(&self) -> impl Iterator<Item = (Chain, Head, u64)> + '_ {
        self.heads.iter().map(|(chain, (head, at))| (*chain, *head, *at))
    }

    /// Number and hash of the last line.
    #[must_use]
    pub fn last(&self) -> Option<(u64, [u8; 32])> {
        self.last
    }

    fn stand(&mut self, anchor: &Anchor, hash: [u8; 32]) {
        self.last = Some((anchor.number, hash));
        self.known.insert(anchor.number, hash);
        if self.known.len() > KNOWN {
            self.known.pop_first();
        }
        for (chain, head) in &anchor.heads {
            let told = self.heads.entry(*chain).or_insert((*head, anchor.at));
            if head.seq >= told.0.seq {
                *told = (*head, anchor.at);
            }
        }
    }
}

/// Reads digits without a leading zero: a number has exactly one form.
fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'));
    // The store keeps numbers as signed 64-bit integers.
    text.parse().ok().filter(|number| plain && *number <= i64::MAX.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn lines(count: u64) -> Vec<String> {
        let mut previous = [0; 32];
        let mut all = Vec::new();
        for number in 1..=count {
            let head = Head { seq: number * 2, hash: [number as u8; 32] };
            let anchor = Anchor {
                number,
                at: 1_000 * number,
                previous,
                heads: vec![(Chain::new("131016").unwrap(), head)],
            };
            let line = anchor.sign(&key());
            previous = Anchor::hash(&line);
            all.push(line);
        }
        all
    }

    fn walk<'a>(lines: impl IntoIterator<Item = &'a String>) -> Result<u64, AnchorFault> {
        let mut trail = Trail::default();
        for line in lines {
            let anchor = Anchor::read(line)?;
            anchor.signed(line, &key().verifying_key())?;
            trail.take(&anchor, line)?;
        }
        Ok(trail.last().map_or(0, |last| last.0))
    }

    #[test]
    fn lines_in_their_order_hold_and_the_same_again_is_the_same() {
        let mut all = lines(5);
        assert_eq!(walk(&all), Ok(5));
        assert_eq!(walk(&all[2..]), Ok(5), "a file may begin anywhere");
        all.insert(3, all[1].clone());
        assert_eq!(walk(&all), Ok(5));
    }

    #[test]
    fn a_tampered_missing_or_second_line_is_named() {
        let all = lines(5);
        let altered = all[2].replace("131016:6:", "131016:4:");
        assert_eq!(
            walk(&[all[0].clone(), all[1].clone(), altered]),
            Err(AnchorFault::Signature { number: 3 })
        );
        assert_eq!(
            walk(&[all[0].clone(), all[2].clone()]),
            Err(AnchorFault::Missing { expected: 2, found: 3 })
        );

        let anchor = Anchor { at: 9, ..Anchor::read(&all[1]).unwrap() };
        assert_eq!(
            walk(&[all[0].clone(), all[1].clone(), anchor.sign(&key())]),
            Err(AnchorFault::Forked { number: 2 })
        );
        let anchor = Anchor { previous: [9; 32], ..Anchor::read(&all[1]).unwrap() };
        assert_eq!(
            walk(&[all[0].clone(), anchor.sign(&key())]),
            Err(AnchorFault::Unlinked { number: 2 })
        );
        let mut anchor = Anchor::read(&all[1]).unwrap();
        anchor.heads[0].1.seq = 1;
        let back = walk(&[all[0].clone(), anchor.sign(&key())]).unwrap_err();
        assert!(
            matches!(back, AnchorFault::WentBack { number: 2, told: 2, found: 1, .. }),
            "{back}"
        );
    }

    #[test]
    fn what_is_not_of_the_form_is_no_anchor() {
        let line = lines(1).remove(0);
        assert!(Anchor::read(&line).is_ok());
        for bad in [
            line.replace(" 1 1000 ", " 01 1000 "),
            line.replace(" 1 1000 ", " 0 1000 "),
            line.replace(" 1 1000 ", " +1 1000 "),
            line.replace("131016:2:01", "131016:2:0G"),
            line.replace("131016:", "13101:"),
            format!("{line} more"),
            line.replace("v1", "v2"),
            line.rsplit_once(' ').unwrap().0.to_owned(),
            String::new(),
        ] {
            assert_eq!(Anchor::read(&bad), Err(AnchorFault::NotAnAnchor), "{bad}");
        }
        let collected =
            format!("<109>1 2026-01-01T00:00:00Z noren noren-server - anchor - {line}\r\n");
        assert_eq!(Anchor::find(&collected), Some(line.as_str()));
        let planted = format!("noren-event v1 {{\"subject\":\"{line}\"}}");
        assert_eq!(Anchor::find(&planted), None, "a name that looks like an anchor hides no event");
    }

    #[test]
    fn a_full_line_fits_a_receiver_that_takes_the_least() {
        let heads = (0..16)
            .map(|n| {
                (
                    Chain::new(&format!("{n:06}")).unwrap(),
                    Head { seq: 999_999_999, hash: [255; 32] },
                )
            })
            .collect();
        let line = Anchor { number: u64::MAX >> 1, at: u64::MAX >> 1, previous: [0; 32], heads }
            .sign(&key());
        assert!(line.len() <= LINE_LIMIT, "{}", line.len());
        assert!(Anchor::read(&line).is_ok());
    }
}
