//! The vectors of `spec/vectors/audit/anchors/`, which were made from the specification by other
//! means.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

use std::path::Path;

use audit::{Anchor, AnchorFault, Trail};
use ed25519_dalek::VerifyingKey;

#[test]
fn every_vector_of_anchors_gives_its_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/audit/anchors");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let values = |wanted: &'static str| {
            text.lines()
                .filter_map(move |line| line.split_once(' '))
                .filter(move |(key, _)| *key == wanted)
                .map(|(_, value)| value)
        };
        let key = values("key").next().unwrap();
        let key: Vec<u8> = (0..64)
            .step_by(2)
            .map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap())
            .collect();
        let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
        let found = match walk(values("line"), &key) {
            Ok(number) => format!("ok {number}"),
            Err(fault) => format!("{} {}", name(fault), fault.number()),
        };
        assert_eq!(found, values("verdict").next().unwrap(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 12);
}

fn walk<'a>(lines: impl Iterator<Item = &'a str>, key: &VerifyingKey) -> Result<u64, AnchorFault> {
    let mut trail = Trail::default();
    for line in lines {
        let anchor = Anchor::read(line)?;
        anchor.signed(line, key)?;
        trail.take(&anchor, line)?;
    }
    Ok(trail.last().map_or(0, |last| last.0))
}

fn name(fault: AnchorFault) -> &'static str {
    match fault {
        AnchorFault::NotAnAnchor => "not-an-anchor",
        AnchorFault::Signature { .. } => "signature",
        AnchorFault::Missing { .. } => "missing",
        AnchorFault::Forked { .. } => "forked",
        AnchorFault::Unlinked { .. } => "unlinked",
        AnchorFault::WentBack { .. } => "went-back",
    }
}
