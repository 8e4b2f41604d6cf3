//! Every file of spec/vectors/rfb, cut in every way.

#![allow(clippy::unwrap_used, reason = "a test")]

use rfb::{Client, Config, Cursor, Encoding, Error, Event, FAR, Security};
use std::path::PathBuf;

#[derive(Default)]
struct Vector {
    name: String,
    start: Option<(u16, u16)>,
    accept: Option<Security>,
    password: Option<Vec<u8>>,
    expect: String,
    rows: Vec<Vec<u32>>,
    cursor: Option<String>,
    bytes: Vec<u8>,
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn vectors() -> Vec<Vector> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/rfb");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &std::path::Path) -> Vector {
    let mut vector = Vector {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        ..Vector::default()
    };
    for line in std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with('#'))
    {
        let (key, value) = line.split_once(':').unwrap();
        let value = value.trim();
        match key {
            "start" => {
                let (width, height) = value.split_once(' ').unwrap();
                vector.start = Some((width.parse().unwrap(), height.parse().unwrap()));
            }
            "accept" => {
                vector.accept = Some(match value {
                    "VncAuth" => Security::VncAuth,
                    "X509None" => Security::X509None,
                    "X509Vnc" => Security::X509Vnc,
                    other => panic!("{other}"),
                });
            }
            "password" => vector.password = Some(value.as_bytes().to_vec()),
            "expect" => vector.expect = value.to_owned(),
            "row" => vector.rows.push(
                value.split(' ').map(|pixel| u32::from_str_radix(pixel, 16).unwrap()).collect(),
            ),
            "cursor" => vector.cursor = Some(value.to_owned()),
            "bytes" => vector.bytes.extend(hex(value)),
            other => panic!("{}: {other}", vector.name),
        }
    }
    vector
}

/// What a server says up to its first picture.
fn greeting(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"RFB 003.008\n\x01\x01\0\0\0\0".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([0; 16]);
    bytes.extend([0, 0, 0, 1, b'v']);
    bytes
}

struct Outcome {
    word: &'static str,
    pixels: Vec<u32>,
    cursor: Option<Cursor>,
}

fn run(vector: &Vector, chunk: usize) -> Outcome {
    let mut client = Client::new(Config {
        accept: vec![vector.accept.unwrap_or(Security::None)],
        password: vector.password.clone(),
        encodings: FAR.to_vec(),
        ..Config::default()
    });
    let mut bytes = vector.start.map(|(width, height)| greeting(width, height)).unwrap_or_default();
    bytes.extend(&vector.bytes);
    let (mut word, mut cursor) = ("waits", None);
    for part in bytes.chunks(chunk) {
        if let Err(error) = client.handle_bytes(part) {
            word = match &error {
                Error::Refused(_) => "Refused",
                Error::PasswordNeeded => "PasswordNeeded",
                Error::LoginNeeded => "LoginNeeded",
                Error::Unsupported(_) => "Unsupported",
                Error::PeerMisbehaved(_) => "PeerMisbehaved",
                Error::TooLarge(_) => "TooLarge",
            };
            assert_eq!(client.handle_bytes(b"more"), Err(error), "an error stays");
            break;
        }
        while let Some(event) = client.poll_event() {
            match event {
                Event::Ready => word = "ready",
                Event::StartTls { anonymous: false } => word = "tls",
                Event::Cursor(shape) => cursor = Some(shape),
                _ => {}
            }
        }
        if client.updates() > 0 {
            word = "ok";
        }
    }
    Outcome { word, pixels: client.framebuffer().pixels().to_vec(), cursor }
}

#[test]
fn every_vector_has_its_outcome() {
    let vectors = vectors();
    assert!(vectors.len() > 70, "the vectors are there");
    for vector in &vectors {
        for chunk in [1, 2, 3, 7, 64, usize::MAX] {
            let outcome = run(vector, chunk);
            let name = &vector.name;
            assert_eq!(outcome.word, vector.expect, "{name}, {chunk} bytes at a time");
            if !vector.rows.is_empty() {
                assert_eq!(outcome.pixels, vector.rows.concat(), "{name}, {chunk} bytes at a time");
            }
            if let Some(wanted) = &vector.cursor {
                let c = outcome.cursor.unwrap_or_else(|| panic!("{name} gives no pointer shape"));
                let rgba: String = c.rgba.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(
                    format!("{} {} {} {} {rgba}", c.hot_x, c.hot_y, c.width, c.height).trim(),
                    wanted.trim(),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn answers_are_bounded() {
    let mut client = Client::new(Config::default());
    client.handle_bytes(&greeting(8, 8)).unwrap();
    client.poll_transmit();
    let fence: Vec<u8> = [&[248, 0, 0, 0, 0x80, 0, 0, 1, 64][..], &[7; 64]].concat();
    let error = (0..100_000).find_map(|_| client.handle_bytes(&fence).err());
    assert!(matches!(error, Some(Error::PeerMisbehaved(_))), "fences without end are cut");
    assert!(client.poll_transmit().is_some_and(|out| out.len() < 2 * 1024 * 1024));
}

#[test]
fn what_the_client_says() {
    let mut client = Client::new(Config { encodings: vec![Encoding::Raw], ..Config::default() });
    client.handle_bytes(&greeting(300, 200)).unwrap();
    let format = [0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
    let sent = client.poll_transmit().unwrap();
    assert_eq!(sent, [b"RFB 003.008\n\x01\x01", &format[..], &[2, 0, 0, 1, 0, 0, 0, 0]].concat());
    client.request_update(true);
    client.key(true, 0x61, Some(0x1e));
    client.pointer(0b1000_0001, 9999, 5);
    client.set_desktop_size(100, 100);
    client.offer_text("not known to the server");
    let sent = client.poll_transmit().unwrap();
    let request = [3, 1, 0, 0, 0, 0, 1, 44, 0, 200];
    assert_eq!(
        sent,
        [&request[..], &[4, 1, 0, 0, 0, 0, 0, 0x61], &[5, 0x81, 1, 43, 0, 5]].concat()
    );
    // The server shows that it knows QEMU's keys, more buttons and other sizes.
    let mut update = vec![0, 0, 0, 3];
    for (encoding, body) in [
        (-258i32, &[][..]),
        (-316, &[]),
        (-308, &[1, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 1, 44, 0, 200, 0, 0, 0, 3]),
    ] {
        update.extend([0, 0, 0, 0, 1, 44, 0, 200]);
        update.extend(encoding.to_be_bytes());
        update.extend(body);
    }
    client.handle_bytes(&update).unwrap();
    client.key(false, 0x61, Some(0x9e));
    client.pointer(0b1_0000_0001, 1, 2);
    client.set_desktop_size(100, 80);
    let sent = client.poll_transmit().unwrap();
    let key = [255, 0, 0, 0, 0, 0, 0, 0x61, 0, 0, 0, 0x9e];
    let size = [251, 0, 0, 100, 0, 80, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 100, 0, 80, 0, 0, 0, 3];
    assert_eq!(sent, [&key[..], &[5, 0x81, 0, 1, 0, 2, 2], &size].concat());
}
