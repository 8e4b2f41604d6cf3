//! Runs `spec/vectors/channel`: the same files as `viewer/core/channel.test.mjs`.

#![allow(clippy::unwrap_used, missing_docs)]

use channel::{
    Channel, CloseReason, Error, Handshake, Limits, Opened, Prologue, Psk, PublicKey, SecretKey,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

#[test]
fn every_vector_file() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/vectors/channel");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 30, "vectors are missing: {}", files.len());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        Run::new(&text).all(&text, &path.display().to_string());
    }
}

struct Run {
    home: End,
    office: End,
}

enum End {
    Shaking(Box<Handshake>, Limits),
    Open(Box<Channel>),
}

impl Run {
    fn new(text: &str) -> Self {
        let head: BTreeMap<&str, &str> =
            text.lines().take_while(|l| !l.is_empty()).filter_map(|l| l.split_once(": ")).collect();
        let pairing = head["pattern"] == "pairing";
        let own = |side: &str, name: &str| {
            let special = format!("{side}-{name}");
            head.get(special.as_str()).or_else(|| head.get(name)).copied().unwrap_or_default()
        };
        let prologue = |side: &str| {
            let (meeting, agent) = (array(own(side, "meeting")), array(own(side, "agent")));
            let body = own(side, "body").as_bytes().try_into().unwrap();
            if pairing {
                Prologue::pairing(meeting, body, agent)
            } else {
                Prologue::session(meeting, body, agent, &unhex(own(side, "grant")))
            }
        };
        let key = |side: &str| SecretKey::from_bytes(array(own(side, "static")));
        let rng = |side: &str| Fixed(array(own(side, "ephemeral")));
        let number =
            |name: &str, otherwise: u64| head.get(name).map_or(otherwise, |n| n.parse().unwrap());
        let limits = |limits: Limits| Limits {
            key_records: number("key-records", limits.key_records),
            key_bytes: number("key-bytes", limits.key_bytes),
            ..limits
        };
        let (i, r) = ("initiator", "responder");
        let (home, office) = if pairing {
            let psk = |side| Psk::from_secret(own(side, "secret"));
            (
                Handshake::pairing_initiator(&prologue(i), &key(i), &psk(i), &mut rng(i)),
                Handshake::pairing_responder(&prologue(r), &key(r), &psk(r), &mut rng(r)),
            )
        } else {
            let remote = match head.get("initiator-remote") {
                Some(key) => PublicKey::from_bytes(array(key)),
                None => key(r).public(),
            };
            (
                Handshake::session_initiator(&prologue(i), &key(i), &remote, &mut rng(i)),
                Handshake::session_responder(&prologue(r), &key(r), &mut rng(r)),
            )
        };
        Self {
            home: End::Shaking(Box::new(home.unwrap()), limits(Limits::VIEWER)),
            office: End::Shaking(Box::new(office.unwrap()), limits(Limits::AGENT)),
        }
    }

    fn all(mut self, text: &str, file: &str) {
        let steps: Vec<&str> = text
            .lines()
            .skip_while(|l| !l.is_empty())
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .collect();
        assert!(!steps.is_empty(), "{file}: no steps");
        for (number, line) in steps.into_iter().enumerate() {
            let words: Vec<&str> = line.split(' ').collect();
            let (from, to) = if words[1] == ">" {
                (&mut self.home, &mut self.office)
            } else {
                (&mut self.office, &mut self.home)
            };
            step(&words, from, to, &format!("{file}, step {}", number + 1));
        }
    }
}

fn step(words: &[&str], from: &mut End, to: &mut End, at: &str) {
    match words {
        ["handshake", _, payload, message] => {
            assert_eq!(from.shaking(at).write(&unhex(payload)).unwrap(), unhex(message), "{at}");
            assert_eq!(
                to.shaking(at).handle_message(&unhex(message)).unwrap(),
                unhex(payload),
                "{at}"
            );
        }
        // Only written: the other side is going to refuse it.
        ["handshake!", _, payload, message] => {
            assert_eq!(from.shaking(at).write(&unhex(payload)).unwrap(), unhex(message), "{at}");
        }
        ["message", _, message, expected @ ..] => {
            let message = bytes(message);
            let records = from.open().seal(&message).unwrap();
            assert_eq!(records.len(), expected.len(), "{at}");
            for (record, expected) in records.iter().zip(expected) {
                match expected.strip_prefix("sha256:") {
                    Some(digest) => assert_eq!(Sha256::digest(record)[..], unhex(digest), "{at}"),
                    None => assert_eq!(*record, unhex(expected), "{at}"),
                }
            }
            let (last, parts) = records.split_last().unwrap();
            for part in parts {
                assert_eq!(to.open().open(part), Ok(Opened::Pending), "{at}");
            }
            assert_eq!(to.open().open(last), Ok(Opened::Message(message)), "{at}");
        }
        ["rekey", _, record] => {
            assert_eq!(from.open().rekey().unwrap(), unhex(record), "{at}");
            assert_eq!(to.open().open(&unhex(record)), Ok(Opened::Pending), "{at}");
        }
        ["close", _, reason, record] => {
            let reason = CloseReason(unhex(reason)[0]);
            assert_eq!(from.open().close(reason).unwrap(), [unhex(record)], "{at}");
            assert_eq!(from.open().seal(b"more"), Err(Error::Closed), "{at}");
            assert_eq!(to.open().open(&unhex(record)), Ok(Opened::Closed(reason)), "{at}");
        }
        // Sealed by a peer that does as it likes.
        ["part", _, record] => {
            assert_eq!(to.open().open(&unhex(record)), Ok(Opened::Pending), "{at}")
        }
        ["take", _, message, record] => {
            assert_eq!(to.open().open(&unhex(record)), Ok(Opened::Message(unhex(message))), "{at}");
        }
        ["refuse", _, fault, record] => {
            let record = bytes(record);
            let (error, again) = match to {
                End::Shaking(shaking, _) if !shaking.is_finished() => (
                    shaking.handle_message(&record).unwrap_err(),
                    shaking.handle_message(&record).unwrap_err(),
                ),
                _ => (to.open().open(&record).unwrap_err(), to.open().open(&record).unwrap_err()),
            };
            assert_eq!(fault_of(error), *fault, "{at}");
            assert_eq!(again, Error::Spent, "{at}: a failure is final");
        }
        ["end", _, "ok"] => assert_eq!(to.open().ended(), Ok(()), "{at}"),
        ["end", _, fault] => assert_eq!(fault_of(to.open().ended().unwrap_err()), *fault, "{at}"),
        _ => panic!("{at}: unknown step {words:?}"),
    }
}

impl End {
    fn shaking(&mut self, at: &str) -> &mut Handshake {
        match self {
            Self::Shaking(handshake, _) => handshake,
            Self::Open(_) => panic!("{at}: the handshake is over"),
        }
    }

    fn open(&mut self) -> &mut Channel {
        if let Self::Shaking(handshake, limits) = self {
            let spare = Handshake::session_responder(
                &Prologue::pairing([0; 16], [0; 6], [0; 16]),
                &SecretKey::from_bytes([1; 32]),
                &mut Fixed([1; 32]),
            );
            let handshake = std::mem::replace(&mut **handshake, spare.unwrap());
            *self = Self::Open(Box::new(handshake.into_channel(*limits).unwrap()));
        }
        match self {
            Self::Open(channel) => channel,
            Self::Shaking(..) => unreachable!(),
        }
    }
}

fn fault_of(error: Error) -> String {
    format!("{error:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
}

fn bytes(word: &str) -> Vec<u8> {
    match word.split_once(':') {
        Some(("ramp", length)) => {
            (0..length.parse::<usize>().unwrap()).map(|i| (i * 7 + 3) as u8).collect()
        }
        Some(("zeros", length)) => vec![0; length.parse().unwrap()],
        _ => unhex(word),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    if text == "-" {
        return Vec::new();
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}

struct Fixed([u8; 32]);

impl rand_core::RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        unreachable!("only the ephemeral key is drawn")
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!("only the ephemeral key is drawn")
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        dest.copy_from_slice(&self.0);
    }
}

impl rand_core::CryptoRng for Fixed {}
