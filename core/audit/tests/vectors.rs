//! The vectors of `spec/vectors/audit/`, which were computed from the specification by other means.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

use std::path::Path;

use audit::{Chain, Head, Kind, Record, Who, verify};

#[test]
fn every_vector_gives_its_bytes_its_hash_and_its_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/audit");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        run(&std::fs::read_to_string(&path).unwrap(), &path.display().to_string());
        count += 1;
    }
    assert!(count >= 9);
}

fn run(text: &str, name: &str) {
    let mut records = Vec::new();
    let (mut head, mut verdict) = (None, None);
    for block in text.split("\n\n") {
        let lines: Vec<(&str, &str)> = block
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .collect();
        if lines.iter().any(|(key, _)| *key == "chain") {
            records.push(record(&lines, name));
            continue;
        }
        for (key, value) in lines {
            match key {
                "head" => head = Some(read_head(value)),
                "verify" => verdict = Some(value.to_owned()),
                other => panic!("{name}: {other}"),
            }
        }
    }
    let verdict = verdict.unwrap_or_else(|| panic!("{name}: no verdict"));
    let chain = Chain::new(if name.ends_with("other-chain.txt") {
        "011002"
    } else {
        records[0].chain.as_str()
    })
    .unwrap();
    match verdict.split_once(' ').unwrap() {
        ("ok", rest) => {
            let head = read_head(rest);
            assert_eq!(verify(chain, &records, head), Ok(head), "{name}");
        }
        ("broken", number) => {
            let broken = verify(chain, &records, head.unwrap()).unwrap_err();
            assert_eq!(broken.seq().to_string(), number, "{name}: {broken}");
        }
        other => panic!("{name}: {other:?}"),
    }
}

fn record(lines: &[(&str, &str)], name: &str) -> Record {
    let get =
        |wanted: &str| lines.iter().find(|(key, _)| *key == wanted).map_or("", |(_, value)| *value);
    let who = ["system", "stranger", "person", "agent", "api"]
        .iter()
        .position(|who| *who == get("who"))
        .unwrap();
    let fields = lines
        .iter()
        .filter(|(key, _)| *key == "field")
        .map(|(_, value)| value.split_once(' ').unwrap());
    let record = Record {
        chain: Chain::new(get("chain")).unwrap(),
        seq: get("number").parse().unwrap(),
        at: get("time").parse().unwrap(),
        kind: Kind::from_number(get("kind").parse().unwrap()),
        who: Who::from_parts(who as u8, get("id").to_owned(), get("name").to_owned()).unwrap(),
        subject: get("subject").to_owned(),
        fields: fields.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        previous: bytes(get("previous")).try_into().unwrap(),
        hash: bytes(get("hash")).try_into().unwrap(),
    };
    if !get("bytes").is_empty() {
        assert_eq!(record.bytes(), bytes(get("bytes")), "{name}");
    }
    record
}

fn read_head(text: &str) -> Head {
    let (seq, hash) = text.split_once(' ').unwrap();
    Head { seq: seq.parse().unwrap(), hash: bytes(hash).try_into().unwrap() }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
