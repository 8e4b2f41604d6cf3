//! Every file of `spec/vectors/pairing/`.
#![allow(clippy::unwrap_used)] // a test may stop at once

use std::collections::BTreeMap;

use pairing::control::{AgentEvent, AgentSide, Hello, Input, Relays, ToAgent, ToServer};
use pairing::relay::{Listener, Word};
use pairing::{Error, Grant, Head, PublicKey, Side, SigningKey, Slip, Ticket, Ticks};

type Case = BTreeMap<String, String>;

fn cases() -> Vec<(String, Case)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/vectors/pairing");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let lines = std::fs::read_to_string(&path).unwrap();
            let case = lines
                .lines()
                .filter(|line| !line.starts_with('#') && !line.is_empty())
                .map(|line| line.split_once(':').unwrap())
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), case)
        })
        .collect();
    all.sort();
    all
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(case: &Case) -> Result<String, Error> {
    let input = &case["input"];
    let key = || case["key"].parse::<PublicKey>().unwrap();
    match case["kind"].as_str() {
        "ticket" => {
            let ticket = Ticket::verify(&bytes(input), [&key()])?;
            let side = if ticket.side == Side::Viewer { "viewer" } else { "agent" };
            Ok(format!(
                "{} {side} {} {} {}",
                ticket.meeting,
                ticket.body,
                ticket.not_after.0,
                hex(&ticket.nonce)
            ))
        }
        "grant" => {
            let grant = Grant::verify(&bytes(input), &key())?;
            Ok(format!(
                "{} {} {} {:?} {}",
                grant.login, grant.device, grant.target, grant.zone, grant.not_after.0
            ))
        }
        "slip" => {
            let slip: Slip = input.parse()?;
            Ok(format!("{} {}", slip.reveal(), hex(&slip.secret.psk().0)))
        }
        "word" => {
            let mut listener = Listener::new(&mut Told(bytes(&case["challenge"])));
            let (_, word) = listener.hear(&bytes(input), &[key()])?;
            Ok(match word {
                Word::Alive => "Alive".to_owned(),
                Word::Ask => "Ask".to_owned(),
                Word::End(meeting) => format!("End {meeting}"),
                Word::EndBody(body) => format!("EndBody {body}"),
            })
        }
        "said" => {
            let hello = Hello {
                version: 0,
                name: "a".into(),
                program: "0".into(),
                targets: Vec::new(),
                head: None,
            };
            let (agent, own) = (case["agent"].parse()?, SigningKey::from_seed(&[2; 32]));
            let mut side = AgentSide::new(
                agent,
                own,
                key(),
                hello,
                Ticks(0),
                &mut Told(bytes(&case["chance"])),
            );
            side.handle_message(Input::Binary(&bytes(&case["challenge"])), Ticks(0))?;
            side.handle_message(Input::Binary(&bytes(input)), Ticks(0))?;
            match side.poll_event() {
                Some(AgentEvent::Open(welcome)) => {
                    Ok(format!("{} {} {}", welcome.body, welcome.time.0, welcome.body_name))
                }
                other => panic!("{other:?}"),
            }
        }
        "head" => {
            let head: Head = serde_json::from_str(input).map_err(|_| Error::Invalid("head"))?;
            head.verify(&key(), &case["body"].parse()?)?;
            Ok(format!("{} {}", head.seq, hex(&head.hash)))
        }
        "relay" => {
            Relays::new(vec![input.clone()])?.allow(input, &case["server"])?;
            Ok(input.clone())
        }
        "to-agent" => ToAgent::decode(input)?.encode(),
        "to-server" => ToServer::decode(input)?.encode(),
        other => panic!("unknown kind {other}"),
    }
}

/// Chance that was told what to say.
struct Told(Vec<u8>);

impl rand_core::RngCore for Told {
    fn next_u32(&mut self) -> u32 {
        0
    }

    fn next_u64(&mut self) -> u64 {
        0
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        to.copy_from_slice(&self.0);
    }
}

impl rand_core::CryptoRng for Told {}

#[test]
fn every_vector_reads_as_it_says() {
    let cases = cases();
    assert!(cases.len() >= 80, "only {} vectors", cases.len());
    for (name, case) in cases {
        match (read(&case), case.get("want"), case.get("fault")) {
            (Ok(value), Some(want), None) => assert_eq!(value, *want, "{name}"),
            (Err(fault), None, Some(want)) => {
                let fault = format!("{fault:?}");
                let fault = fault.split(['(', ' ']).next().unwrap_or_default();
                assert_eq!(fault, want, "{name}");
            }
            (got, ..) => panic!("{name}: {got:?}"),
        }
    }
}
