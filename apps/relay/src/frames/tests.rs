//! Frames through the forwarder, however they are cut.

use super::*;

#[path = "../../../../fuzz/src/corpus.rs"]
mod corpus;

const MASK: [u8; 4] = [0x5a, 0xa5, 0x3c, 0xc3];

fn client(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ 0..=125 => frame.push(0x80 | len as u8),
        len @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    let mut payload = payload.to_vec();
    unmask(&mut payload, MASK);
    frame.extend_from_slice(&payload);
    frame
}

fn server(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = client(first, payload);
    let header = Header::read(&frame).unwrap().unwrap().size;
    frame.truncate(header - 4);
    frame[1] &= 0x7f;
    frame.extend_from_slice(payload);
    frame
}

fn through(forwarder: &mut Forwarder, bytes: &[u8], chunk: usize) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    for part in bytes.chunks(chunk) {
        let mut buffer = vec![0; HELD];
        buffer.extend_from_slice(part);
        let to = buffer.len();
        let n = forwarder.forward(&mut buffer, HELD, to)?;
        out.extend_from_slice(&buffer[..n]);
    }
    Ok(out)
}

fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 % 251) as u8).collect()
}

#[test]
fn what_goes_in_comes_out_however_it_is_cut() {
    let parts: Vec<(u8, Vec<u8>)> = vec![
        (0x82, payload(0)),
        (0x82, payload(1)),
        (0x82, payload(125)),
        (0x82, payload(126)),
        (0x89, b"ping".to_vec()),
        (0x82, payload(65_535)),
        (0x02, payload(10)),
        (0x8a, b"in between".to_vec()),
        (0x00, payload(300)),
        (0x80, payload(0)),
        (0x82, payload(65_000)),
        (0x88, 1000_u16.to_be_bytes().to_vec()),
    ];
    let sent: Vec<u8> = parts.iter().flat_map(|(first, payload)| client(*first, payload)).collect();
    let wanted: Vec<u8> =
        parts.iter().flat_map(|(first, payload)| server(*first, payload)).collect();
    for chunk in [1, 2, 3, 5, 7, 13, 14, 131, 132, 1000, 4096, 65_536, sent.len()] {
        let mut forwarder = Forwarder::new(65_535);
        assert!(through(&mut forwarder, &sent, chunk).unwrap() == wanted, "cut by {chunk}");
        assert!(forwarder.at_boundary() && forwarder.is_closed());
    }
}

#[test]
fn only_the_answer_to_the_relays_own_ping_stops_here() {
    let mut sent = client(0x8a, b"noren");
    sent.extend(client(0x8a, b"norem"));
    for chunk in [1, 6, 11, sent.len()] {
        let out = through(&mut Forwarder::new(100), &sent, chunk).unwrap();
        assert_eq!(out, server(0x8a, b"norem"), "cut by {chunk}");
    }
}

#[test]
fn nothing_passes_after_a_close() {
    let mut sent = client(0x88, &[]);
    sent.extend(client(0x82, b"late"));
    assert_eq!(through(&mut Forwarder::new(100), &sent, 3).unwrap(), server(0x88, &[]));
}

#[test]
fn each_fault_is_refused_by_name() {
    let mut unmasked = client(0x82, b"x");
    unmasked[1] &= 0x7f;
    let mut long_ping = client(0x82, &payload(126));
    long_ping[0] = 0x89;
    let mut start_twice = client(0x02, b"a");
    start_twice.extend(client(0x82, b"b"));
    let faults = [
        ("unmasked", unmasked, Refusal::Misbehaved),
        ("text", client(0x81, b"x"), Refusal::Misbehaved),
        ("reserved bit", client(0xc2, b"x"), Refusal::Misbehaved),
        ("unknown opcode", client(0x83, b"x"), Refusal::Misbehaved),
        ("fragmented ping", client(0x09, b"x"), Refusal::Misbehaved),
        ("long ping", long_ping, Refusal::Misbehaved),
        ("continuation of nothing", client(0x80, b"x"), Refusal::Misbehaved),
        ("a message inside a message", start_twice, Refusal::Misbehaved),
        ("over the limit", client(0x82, &payload(1001)), Refusal::TooLarge),
        (
            "over the limit in parts",
            [client(0x02, &payload(600)), client(0x80, &payload(401))].concat(),
            Refusal::TooLarge,
        ),
        (
            "a length of 2^64 - 1",
            [&[0x82, 0xff][..], &[0xff; 8], &MASK].concat(),
            Refusal::TooLarge,
        ),
    ];
    for (name, bytes, refusal) in faults {
        for chunk in [1, 5, bytes.len()] {
            assert_eq!(
                through(&mut Forwarder::new(1000), &bytes, chunk),
                Err(refusal),
                "{name}, cut by {chunk}"
            );
        }
    }
}

#[test]
fn a_length_of_all_ones_after_a_part_does_not_overflow() {
    let mut bytes = client(0x02, b"a");
    bytes.extend([&[0x80, 0xff][..], &[0xff; 8], &MASK].concat());
    assert_eq!(through(&mut Forwarder::new(u64::MAX), &bytes, 3), Err(Refusal::TooLarge));
}

#[test]
fn every_file_of_the_corpus_is_survived() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let both_ways = |bytes: &[u8]| {
        let Some((chunk, bytes)) = bytes.split_first() else { return };
        let chunk = usize::from(*chunk).max(1);
        let [whole, parts] = [bytes.len().max(1), chunk]
            .map(|chunk| through(&mut Forwarder::new(1_000), bytes, chunk));
        // What leaves before a fault depends on the cut; the fault does not.
        assert_eq!(whole, parts);
        assert!(whole.is_err() || whole.is_ok_and(|out| out.len() <= bytes.len()));
    };
    assert!(corpus::survived(root, "frames", both_ways) >= 8);
}
